"""A settlement on counts says so wherever it is read, is proven like any other, and answers no
question that only evidence of single participants can.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.comparison.comparison import compare
from impactbond.errors import RecordError, SettlementError
from impactbond.evidence.counts import Counts
from impactbond.evidence.read_counts import read_claims
from impactbond.explanation.explain import explain, explain_line
from impactbond.explanation.nearest import nearest_change
from impactbond.records.following import settle
from impactbond.records.forget import forget
from impactbond.records.record import read_record, write_record
from impactbond.records.regenerate import regenerate
from impactbond.records.verify import verify
from impactbond.settlement.settlement import Settlement
from impactbond.statements.from_source import make_statement
from impactbond.statements.source import statement_source
from impactbond.statements.summary import statement_html, summary_text
from impactbond.statements.write import statement_files, table_files, write_statements

TERMS = """
milestones: {consent: {title: Consent, when: {observed: consent, in: year one}, price: 100.00}}
funding: [{for: every milestone, shares: {council: 75%, lottery: the rest}}]
"""


def settled(
    *numbers: int, as_of: str = "2017-07-31", earlier: Settlement | Path | None = None
) -> Settlement:
    contract = contract_of(TERMS)
    rows = [
        {"milestone": "consent", "achieved_on": "2017-05-01", "number": number, "ref": f"r{place}"}
        for place, number in enumerate(numbers)
    ]
    counts = read_claims(pd.DataFrame(rows), contract)
    return settle(contract, claims=counts, as_of=as_of, earlier=earlier)


def cells(workbook: bytes, sheet: str) -> list[str]:
    book = openpyxl.load_workbook(BytesIO(workbook))
    return [str(cell.value) for row in book[sheet].iter_rows() for cell in row if cell.value]


def test_statement_summary_and_page_say_that_no_evidence_stands_behind_it(tmp_path: Path) -> None:
    settlement = settled(3, 4)
    for workbook in statement_files(settlement).values():
        cover, notes = cells(workbook, "Cover"), cells(workbook, "Notes")
        assert "Counts without evidence" in cover
        assert "Counts recorded up to" in cover
        assert "SHA-256 of the counts" in cover
        assert notes[notes.index("[note 1]") + 1] == "Counts without evidence"
        # Nothing on the cover says that evidence was delivered, or that participants appear.
        assert not [text for text in cover if "evidence" in text and "without" not in text]
        assert not [text for text in cover if "personal data" in text]
    page = statement_html(make_statement(statement_source(settlement)))
    assert "<strong>Counts without evidence.</strong>" in page
    assert "evidence recorded" not in page.casefold().replace("without evidence", "")
    text = summary_text(settlement, tmp_path, [])
    assert "Counted to date, without evidence:\n      7  Consent  £700.00" in text
    assert "Counts without evidence recorded up to 2017-07-31" in settlement._repr_html_()
    assert "decisions.csv" not in table_files(settlement)


def test_large_numbers_stand_in_the_column_of_small_ones(tmp_path: Path) -> None:
    rows = [
        {"milestone": "consent", "achieved_on": "2017-05-01", "number": 123_456, "ref": "r1"},
        {"milestone": "sign_up", "achieved_on": "2017-05-01", "number": 7, "ref": "r2"},
    ]
    contract = contract_of("""
milestones:
  sign_up: {title: Up, when: {observed: consent, in: year one}, price: 1.00}
  consent: {title: Consent, when: {observed: consent, in: year one}, price: 100.00}
funding: [{for: every milestone, shares: {council: 100%}}]
""")
    settlement = settle(
        contract, claims=read_claims(pd.DataFrame(rows), contract), as_of="2017-07-31"
    )
    told = summary_text(settlement, tmp_path, [])
    assert "        7  Up                £7.00\n  123,456  Consent  £12,345,600.00" in told


def test_a_statement_over_evidence_does_not_speak_of_counts() -> None:
    from tests.spec.drawn_tables import settled as on_evidence

    settlement = on_evidence(TERMS, "child | metric | on | value\nc1 | consent | 2017-05-01 | yes")
    for workbook in statement_files(settlement).values():
        told = " ".join([*cells(workbook, "Cover"), *cells(workbook, "Notes")])
        assert "Counts without evidence" not in told
        assert "SHA-256 of the evidence" in told


def test_a_record_keeps_the_counts_and_settles_again(tmp_path: Path) -> None:
    settlement = settled(3, 4)
    path = write_record(settlement, tmp_path / "kept.zip")
    record = read_record(path)
    assert "evidence/counts.csv" in record.parts
    assert "evidence/participants.csv" not in record.parts
    assert isinstance(record.counts, Counts)
    result = regenerate(path)
    assert result.same, result.text
    assert "counts without evidence" in result.text
    for workbook in write_statements(settlement, tmp_path / "out"):
        if workbook.suffix == ".xlsx":
            assert verify(workbook, path).same
    # A funder's view is cut from it like from any other.
    view = write_record(settlement, tmp_path / "view.zip", funder="council")
    assert "evidence/counts.csv" not in read_record(view).parts
    # The next claim closes on it: what is counted since is an adjustment of £100.00.
    later = settled(3, 4, 1, as_of="2017-10-31", earlier=path)
    assert (later.claim.label, later.due_pence()) == ("2017-Q3", 100_00)
    assert later.lines_table["kind"].to_pylist() == ["claim", "adjustment"]


def test_what_a_changed_count_moves_is_told_with_its_row() -> None:
    found = compare(settled(3, 4), settled(3, 5))
    moved = found.claims_table.to_pylist()
    assert [(row["funder"], row["difference_pence"]) for row in moved] == [
        ("council", 75_00),
        ("lottery", 25_00),
    ]
    assert {row["reason"] for row in moved} == {"rows of counts: 1 new (row 2), 1 gone (row 2)"}
    assert compare(settled(3), settled(3)).same


def test_a_line_is_led_back_to_the_rows_that_count_it() -> None:
    told = explain_line(settled(3, 4), "2017-Q2/0001")
    assert told.standing == (
        "No participant stands behind this line: it is of counts without evidence."
    )
    assert told.milestones[0].sentence == (
        "7 counted on that day, without evidence: 3 in the frame, row 1, recorded 2017-05-01; "
        "4 in the frame, row 2, recorded 2017-05-01."
    )
    assert told.entitled_pence == 700_00
    assert "Counts" not in told.text.split("COUNTED")[0]


def test_what_needs_a_participant_is_refused_in_one_sentence() -> None:
    settlement = settled(3)
    asked = (
        lambda: explain(settlement, participant="c1"),
        lambda: nearest_change(settlement, participant="c1", milestone="consent"),
        lambda: settlement.decisions,
    )
    for ask in asked:
        with pytest.raises(SettlementError, match="this settlement rests on counts") as told:
            ask()
        assert [fault.code for fault in told.value.faults] == ["counts_without_evidence"]


def test_a_settlement_rests_on_evidence_or_on_counts() -> None:
    contract = contract_of(TERMS)
    with pytest.raises(SettlementError, match="found neither"):
        settle(contract, as_of="2017-07-31")
    with pytest.raises(SettlementError, match="claims is nothing that can be settled"):
        settle(contract, claims="counts.csv", as_of="2017-07-31")  # type: ignore[arg-type]


def test_a_record_of_counts_holds_nobody_to_forget(tmp_path: Path) -> None:
    """It says how many, and of nobody; unless somebody wrote a reference among its own."""
    path = write_record(settled(3, 4), tmp_path / "kept.record")
    columns = read_record(path).counts.counts_table.column_names  # type: ignore[union-attr]
    assert "participant" not in columns
    assert columns[:6] == [
        "milestone",
        "achieved_on",
        "period",
        "number",
        "recorded_on",
        "standing",
    ]
    for who, code in (("C-0001", "counts_hold_nobody"), ("r1", "still_named")):
        with pytest.raises(RecordError) as caught:
            forget([path], [who], tmp_path / "out")
        assert [(one.file, one.code) for one in caught.value.faults] == [("kept.record", code)]
        assert who not in str(caught.value)
    assert not (tmp_path / "out").exists()
