"""Bytes and streams are read by the rules of files: the same answer, refusals and record."""

from __future__ import annotations

import gc
import io
import tempfile
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest
from tests.spec.drawn_tables import contract_of

import impactbond as ib
from impactbond.duckdb_instances import close_idle_instances
from impactbond.evidence.template import write_template

CONTRACT = contract_of("")
PEOPLE = b"participant,started_on,recorded_on,school,borough\nc1,2017-01-09,2017-01-12,Elm,north\n"
SEEN = (
    b"observation,participant,metric,value,observed_on,recorded_on\n"
    b"r1,c1,consent,yes,2017-01-12,2017-01-13\n"
)
WRONG = SEEN.replace(b"yes", b"perhaps").replace(b"r1", b"r2")


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One child who consents, and a row that cannot be used."""
    path = tmp_path_factory.mktemp("given") / "march.xlsx"
    write_template(CONTRACT, path)
    book = openpyxl.load_workbook(path)
    for sheet, text in (("Participants", PEOPLE), ("Observations", SEEN), ("Observations", WRONG)):
        heads, row = (line.split(",") for line in text.decode().splitlines())
        places = {cell.value: cell.column for cell in book[sheet][1]}
        at = 3 if text is WRONG else 2
        for head, value in zip(heads, row, strict=True):
            book[sheet].cell(
                at, places[head], f"{value}-2" if text is WRONG and value == "r1" else value
            )
    book.save(path)
    return path


def record_of(source: object) -> str:
    evidence = ib.read_evidence(source, CONTRACT)  # type: ignore[arg-type]
    settlement = ib.settle(CONTRACT, evidence, as_of="2017-04-30", leave_out_refused=True)
    assert settlement.due_pence() == 10_000
    return sha256(ib.record_bytes(settlement)).hexdigest()


def test_a_workbook_in_bytes_has_the_refusals_and_the_record_of_its_file(workbook: Path) -> None:
    content = workbook.read_bytes()
    refused = ib.read_evidence(workbook, CONTRACT).refused_table
    assert refused["code"].to_pylist() == ["not_yes_or_no"]
    with workbook.open("rb") as stream:
        given = ib.GivenFile("march.xlsx", content)
        assert ib.read_evidence(given, CONTRACT).refused_table.equals(refused)
        # Some browsers send the whole path.
        assert record_of(workbook) == record_of(ib.GivenFile("c:\\in\\march.xlsx", stream))
    unnamed = ib.read_evidence([content, io.BytesIO(content)], CONTRACT)  # delivered twice
    assert unnamed.refused_table["file"].to_pylist() == ["evidence.xlsx"]
    assert unnamed.observations_table.num_rows == 1


@pytest.mark.parametrize("at_rest", [True, False])
def test_tables_in_bytes_pay_what_their_files_pay(tmp_path: Path, at_rest: bool) -> None:
    found = set()
    paths = {"participants": tmp_path / "participants.csv", "observations": tmp_path / "seen.csv"}
    for (name, path), content in zip(paths.items(), (PEOPLE, SEEN), strict=True):
        path.write_bytes(content)
        assert name
    streams = {
        "participants": io.StringIO(PEOPLE.decode()),
        "observations": ib.GivenFile("seen.csv", SEEN),
    }
    for source in (paths, streams):
        evidence = ib.read_evidence(source, CONTRACT, at_rest=at_rest)
        gc.collect()  # what is read later, where it lies, is still there
        settlement = ib.settle(CONTRACT, evidence, as_of="2017-04-30")
        assert settlement.due_pence() == 10_000
        found.add(ib.record_bytes(settlement))
    assert len(found) == 1


def test_what_was_laid_down_goes_when_nobody_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    evidence = ib.read_evidence({"participants": PEOPLE, "observations": SEEN}, CONTRACT)
    assert evidence.observations_table.num_rows == 1
    del evidence
    gc.collect()
    close_idle_instances()  # an empty one that is at hand has a folder of its own
    assert list(tmp_path.iterdir()) == []


class _Broken(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise ValueError("c1 and what else stands there")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (_Broken(), "no_stream"),
        (ib.GivenFile("march\n.xlsx", b"PK"), "not_a_name"),
        (ib.GivenFile("..", b"PK"), "not_a_name"),
        (b"no workbook", "not_xlsx"),
        (b"PK\x03\x04 broken", "not_a_workbook"),
    ],
)
def test_what_cannot_be_read_is_told_as_of_a_file(given: object, code: str) -> None:
    with pytest.raises(ib.EvidenceError) as caught:
        ib.read_evidence(given, CONTRACT)  # type: ignore[arg-type]
    assert [fault.code for fault in caught.value.faults] == [code]
    assert "c1" not in str(caught.value)
    assert "impactbond_" not in str(caught.value)


def test_receipts_and_counts_are_taken_in_bytes() -> None:
    received = ib.read_receipts(
        b"receipt,funder,received_on,amount\nB1,council,2017-06-01,30\n", CONTRACT
    )
    assert received.total_pence == 3_000
    counted = ib.read_claims(b"milestone,achieved_on,number\nconsent,2017-01-12,3\n", CONTRACT)
    assert counted.counts_table["number"].to_pylist() == [3]
    with pytest.raises(ib.ReceiptError, match="stream"):
        ib.read_receipts(_Broken(), CONTRACT)
