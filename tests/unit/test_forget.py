"""A child is taken out of the records of its claims: nothing that names it is left, every payment
is proven as before, and what is not proven any more is said.
"""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pyarrow as pa
import pytest
from tests.commands import run
from tests.spec.drawn_tables import contract_of, evidence_of

import impactbond as ib
from impactbond.errors import RecordError
from impactbond.records.verify_record import verify_record
from impactbond.settlement.settle import settle

CONTRACT = contract_of("")
PAGE = (Path(__file__).parents[2] / "docs" / "retention.md").read_text("utf-8")
EVIDENCE = """
child    | metric  | on         | value
Ann-01   | consent | 2017-01-16 | yes
Ann-012  | consent | 2017-02-01 | yes
Zed&Co-3 | consent | 2017-05-02 | yes
17       | consent | 2017-05-03 | yes
C-0001   | consent | 2017-05-04 | yes
"""
AS_OF = ("2017-04-30", "2017-07-31")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Records of two claims: £200.00 of the first quarter, £300.00 of the second."""
    folder = tmp_path_factory.mktemp("kept")
    evidence = evidence_of(EVIDENCE, CONTRACT)
    first = ib.write_record(settle(CONTRACT, evidence, as_of=AS_OF[0]), folder / "q1.record")
    on = ib.read_record(first)
    later = settle(CONTRACT, evidence, as_of=AS_OF[1], earlier=on)
    return [first, ib.write_record(later, folder / "q2.record")]


def texts_in(content: bytes) -> str:
    """Everything in a file, and in the files within it."""
    if not content.startswith(b"PK"):
        return content.decode(errors="replace")
    with ZipFile(BytesIO(content)) as file:
        return "\n".join(texts_in(file.read(name)) for name in file.namelist())


def paid(record: ib.Record) -> list[tuple[object, ...]]:
    table: pa.Table = record.result("payments")
    return sorted(tuple(row.values()) for row in table.to_pylist())


def test_nothing_that_names_the_child_is_left_and_all_money_is_proven(
    before: list[Path], tmp_path: Path
) -> None:
    done = ib.forget(before[::-1], ["Ann-01", " Zed&Co-3 "], tmp_path / "new")
    assert done.participants == 2
    old = [ib.read_record(path) for path in before]
    new = [ib.read_record(path) for path in done.written]
    for was, now in zip(old, new, strict=True):
        assert "Ann-01\n" in texts_in(before[0].read_bytes()).replace(",", "\n")
        told = texts_in(tmp_path.joinpath("new", now.name).read_bytes())
        # Ann-012 is another child, and stays.
        assert "Ann-01" not in told.replace("Ann-012", "")
        assert "Zed&Co" not in told
        assert "Zed&amp;Co" not in told
        assert "Ann-012" in told
        ids = was.evidence.observations_table
        gone = [row["observation"] for row in ids.to_pylist() if row["participant"] in ("Ann-01",)]
        assert gone
        kept = now.evidence.observations_table["observation"].to_pylist()
        assert not set(gone) & set(kept)
        assert paid(now) == paid(was)
        assert now.manifest.forgotten is not None
        assert now.manifest.forgotten.of_record == was.digest
        again = ib.regenerate(tmp_path / "new" / now.name)
        assert again.same
        assert "of whom their rows are is not proven" in again.text
    # The chain holds among the new records, and does not among new and old.
    verify_record(done.written[1], previous=done.written[0])
    with pytest.raises(RecordError, match="does not follow"):
        verify_record(done.written[1], previous=before[0])
    # One child is one pseudonym in both; nobody could have told which.
    names = [set(one.evidence.participants_table["participant"].to_pylist()) for one in new]
    assert names[0] == names[1]
    assert sum(name.startswith("P-") for name in names[0]) == 2


def test_the_page_says_what_comes_of_it_and_a_later_claim_follows(
    before: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "kept").symlink_to(before[0].parent)
    monkeypatch.chdir(tmp_path)
    [block] = re.findall(r"```python\n(.*?)```\n\n    ([^\n]*)\n", PAGE, flags=re.DOTALL)
    exec(compile(block[0], "retention.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == [block[1]]
    on = ib.read_record(tmp_path / "forgotten" / "q2.record")
    later = settle(CONTRACT, on.evidence, as_of="2017-10-31", earlier=on)
    assert later.payments_table.num_rows == on.result("payments").num_rows


@pytest.mark.parametrize(
    ("which", "who", "code"),
    [
        ([0, 1], ["Ann-02"], "unknown_participant"),
        ([1], ["Ann-01"], "earlier_named"),
        ([0, 0], ["Ann-01"], "name_twice"),
        ([0], [], "nothing_named"),
    ],
)
def test_nothing_is_written_where_somebody_would_still_be_named(
    before: list[Path], tmp_path: Path, which: list[int], who: list[str], code: str
) -> None:
    with pytest.raises(RecordError) as caught:
        ib.forget([before[one] for one in which], who, tmp_path / "new")
    assert [fault.code for fault in caught.value.faults] == [code]
    assert not (tmp_path / "new").exists()
    assert "Ann" not in str(caught.value)


def test_the_command_forgets_whom_a_file_names(before: list[Path], tmp_path: Path) -> None:
    who = tmp_path / "who.txt"
    who.write_text("Ann-01\n\n")
    words = ["forget", str(before[0]), "--participants", str(who), "--out", str(tmp_path / "n")]
    told = json.loads(run(*words, "--json").stdout)
    assert told["participants"] == 1
    assert [one["rows"] for one in told["records"]] == [2]
    assert "Ann" not in json.dumps(told)
