"""A secret in every field that evidence has, looked for in everything that comes of it.

Who may see what stands in SECURITY.md: nothing of a child is in errors, refused rows, cautions,
pictures, names of files, printed answers and public views; no score, answer, source or attribute
that money does not hang on is in tables and statements; no evidence is in a funder's view.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

import pytest
from tests.evidence_workbooks import (
    CONTRACT,
    FEB,
    HEADINGS,
    JAN,
    MAR,
    Rows,
    small_contract,
    write_book,
)

import impactbond as ib
from impactbond.cli.commands import app
from impactbond.disclosure.published import log_bytes, public_files
from impactbond.errors import ImpactBondError

REFERENCE, FILE = "zq-child", "zq-file"
# In rows that are in order; a score of 76,543.21 is held as 7654321.
KEPT = {
    "school": "zq-school",
    "observation": "zq-row",
    "source": "zq-source",
    "proof": "zq-scan",
    "score": "7654321",
    "score as written": "76543.21",
    "withdrawn": "zq-replaced",
}
# In cells that are refused, and in columns and sheets that nobody reads.
REFUSED = ("zq-answer", "zq-mark", "zq-date", "zq-borough", "zq-unread", "zq-other", "9876543")
EVERY = (REFERENCE, FILE, *KEPT.values(), *REFUSED)
ROWS: Rows = {
    "Children": [
        [REFERENCE, JAN, None, None, FEB, "zq-school", "north"],
        ["zq-other", JAN, None, None, FEB, "zq-school", "zq-borough"],
        ["C-1", JAN, None, None, FEB, "Oak", "north"],
    ],
    "Forms": [
        ["zq-row", REFERENCE, FEB, FEB, None, "zq-source", "zq-scan", "yes", "yes"],
        ["zq-replaced", REFERENCE, FEB, FEB, None, "zq-source", "zq-scan", None, "zq-answer"],
    ],
    "Surveys": [
        ["zq-row", REFERENCE, "zq-date", FEB, None, 7, None, None, "zq-unread"],
        ["zq-replaced", REFERENCE, FEB, FEB, None, 9876543, 76543.21, None, "zq-unread"],
    ],
    "Sessions": [[REFERENCE, MAR, MAR, "zq-mark"]],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "contract.yaml").write_text(CONTRACT, "utf-8")
    headings = HEADINGS | {"Surveys": (*HEADINGS["Surveys"], "Remarks"), "zq-unread": ("zq-other",)}
    write_book(folder / f"{FILE}.xlsx", ROWS, headings)
    return folder


@pytest.fixture(scope="module")
def evidence(place: Path) -> Any:
    return ib.read_evidence(place / f"{FILE}.xlsx", small_contract())


@pytest.fixture(scope="module")
def settlement(evidence: Any) -> Any:
    return ib.settle(small_contract(), evidence, as_of="2017-04-30", leave_out_refused=True)


def texts(content: bytes) -> Iterator[bytes]:
    """What bytes say: themselves, and where they are a zip file, each part and the name of it."""
    yield content
    if is_zipfile(BytesIO(content)):
        with ZipFile(BytesIO(content)) as parts:
            for name in parts.namelist():
                yield name.encode()
                yield from texts(parts.read(name))


def found(secrets: Iterable[str], *contents: str | bytes) -> set[str]:
    """Which of the secrets are in any of these."""
    said = b"\0".join(
        part for one in contents for part in texts(one.encode() if isinstance(one, str) else one)
    )
    return {one for one in secrets if one.encode() in said}


def test_the_secrets_are_in_the_evidence(evidence: Any) -> None:
    """The search finds what is there: every secret that is kept, and nothing that was refused."""
    said = str(evidence.participants_table.to_pylist() + evidence.observations_table.to_pylist())
    kept = {REFERENCE, FILE, *KEPT.values()} - {"76543.21", "zq-replaced"}
    assert found(EVERY, said) == kept | {"zq-replaced"}
    assert evidence.refused_table.num_rows >= 5


def test_nothing_is_in_what_evidence_and_settlement_say_of_themselves(
    evidence: Any, settlement: Any
) -> None:
    refused = [{**row, "file": ""} for row in evidence.refused_table.to_pylist()]
    said = [repr(evidence), evidence._repr_html_(), *evidence.cautions, str(refused)]
    said += [repr(settlement), settlement._repr_html_()]
    assert found(EVERY, *said) == set()


def test_nothing_is_in_errors(evidence: Any) -> None:
    said = []
    for asked in (
        lambda: ib.settle(small_contract(), evidence, as_of="2017-04-30"),
        lambda: ib.settle(small_contract(), evidence, as_of=REFERENCE),
        lambda: ib.explain(
            ib.settle(small_contract(), evidence, as_of="2017-04-30", leave_out_refused=True),
            participant="zq-other",
        ),
        lambda: ib.read_evidence(
            {
                "participants": evidence.participants,
                "observations": evidence.observations.assign(value="zq-answer"),
            },
            small_contract(),
            at_rest=True,
        ),
    ):
        with pytest.raises(ImpactBondError) as raised:
            asked()
        said += [str(raised.value), repr(raised.value)]
    # Where a row was delivered is told, and that is its file.
    assert found(set(EVERY) - {FILE}, *(one for one in said if "as_of" not in one)) == set()


def test_tables_and_statements_hold_references_and_nothing_else(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["settle", str(place / "contract.yaml"), str(place / f"{FILE}.xlsx")]
    words += ["--as-of", "2017-04-30", "--leave-out-refused", "--out", str(place / "out")]
    app(words, standalone_mode=False)
    shown = capsys.readouterr()
    assert found(EVERY, shown.out, shown.err) == set()
    app([*words, "--json"], standalone_mode=False)
    assert found(EVERY, capsys.readouterr().out) == set()
    written = list((place / "out").iterdir())
    assert found(EVERY, *(path.name for path in written)) == set()
    # Which file a refused row stands in is what its table is for.
    refused = [path for path in written if path.name == "refused.csv"]
    assert found(EVERY, *(path.read_bytes() for path in refused)) == {FILE}
    others = (path.read_bytes() for path in written if path not in refused)
    assert found(EVERY, *others) == {REFERENCE}


def test_a_record_holds_the_evidence_and_a_funders_view_does_not(
    place: Path, settlement: Any
) -> None:
    record = ib.write_record(settlement, place / "whole.zip", leave_out_refused=True)
    assert {REFERENCE, "zq-school", "zq-scan"} <= found(EVERY, record.read_bytes())
    assert found(REFUSED, record.read_bytes()) == set()
    assert found(EVERY, repr(ib.read_record(record))) == set()
    view = ib.write_record(settlement, place / "view.zip", leave_out_refused=True, funder="council")
    assert found(EVERY, view.read_bytes()) == {REFERENCE}


def test_public_views_and_year_ends_hold_nothing(settlement: Any, evidence: Any) -> None:
    view = ib.public_view(settlement, by="borough", least=2)
    said = [*public_files(view), *public_files(view).values(), log_bytes(view)]
    said += [view.text, repr(view), str(view.as_dict())]
    assert found(EVERY, *said) == set()
    days = {"on": "2017-02-28", "evidence_to": "2017-04-30"}
    year = ib.year_end(small_contract(), evidence, **days, leave_out_refused=True)
    assert found(EVERY, year.text, repr(year), str(year.as_dict())) == set()


def test_an_explanation_is_of_the_child_that_was_asked_for(settlement: Any) -> None:
    said = ib.explain(settlement, participant=REFERENCE)
    assert REFERENCE in said.text
    assert found(REFUSED, said.text, str(said.as_dict()), said._repr_html_()) == set()
    other = ib.explain(settlement, participant="C-1")
    told = other.text, str(other.as_dict()), other._repr_html_()
    assert found(set(EVERY) - {FILE}, *told) == set()  # its own rows stand in that file
