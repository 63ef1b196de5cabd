"""Up-front money is asked for on its own day, and no claim changes for it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow.compute as pc
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from tests.commands import run
from tests.opened import beside, opened, rows_of
from tests.spec.drawn_tables import contract_of, contract_text, settled

from impactbond.errors import StatementError
from impactbond.pages.statement_page import statement_page
from impactbond.statements import make_statement, statement_workbook
from impactbond.statements.source import StatementSource, statement_source
from impactbond.statements.up_front import up_front_source, write_up_front

# 14 January 2017 is a Saturday: banks open again on the 16th.
TERMS = """
tranches:
  starting: {title: To begin with, pay: 100.01, on: 2017-01-14,
             by: {council: 75%, lottery: 25%}, recovered: {at: 50%}}
"""
EVIDENCE = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
"""


def test_each_funder_is_asked_for_its_part_on_the_day() -> None:
    source = up_front_source(contract_of(TERMS), "starting")
    # Of £100.01 the council pays three quarters, £75.0075, and so £75.01; the lottery the rest.
    assert {row["funder"]: row["amount_pence"] for row in source.payments.to_pylist()} == {
        "council": 7_501,
        "lottery": 2_500,
    }
    for funder, pence in ((None, 10_001), ("council", 7_501), ("lottery", 2_500)):
        statement = make_statement(source, funder)
        assert (statement.due_pence, statement.failing) == (pence, ())
        assert statement.due_dates == ((date(2017, 1, 16), pence),)
        assert statement.about.claim_date == date(2017, 1, 14)


def test_the_claim_shows_the_same_payment_again_under_the_same_reference() -> None:
    ahead = up_front_source(contract_of(TERMS), "starting")
    claim = statement_source(settled(TERMS, EVIDENCE, "2017-05-01"))
    assert ahead.ahead_of == claim.claim_period == "2017-Q1"
    asked = claim.payments.filter(pc.equal(claim.payments["kind"], "up-front"))
    columns = ["due_on", "funder", "kind", "name", "amount_pence"]
    assert ahead.payments.select(columns).equals(asked.select(columns))
    for funder in ("council", "lottery"):
        (first,) = rows_of(slips(ahead, funder))
        again = [row for row in rows_of(slips(claim, funder)) if row["Due on"] == first["Due on"]]
        told = ("Payment reference", "Amount (£)", "From", "To", "Due on", "Statement No.")
        assert [{name: row[name] for name in told} for row in again] == [
            {name: first[name] for name in told}
        ]
        assert first["Due on"] == datetime(2017, 1, 16)


def slips(source: StatementSource, funder: str) -> Worksheet:
    return opened(statement_workbook(make_statement(source, funder)), values=True)["Remittance"]


def test_all_statements_of_claims_together_are_the_settlement() -> None:
    source = statement_source(settled(TERMS, EVIDENCE, "2017-08-01"))
    asked = sum(row["amount_pence"] for row in source.payments.to_pylist())
    whole = [make_statement(source, None, claim).due_pence for claim in source.claim_dates]
    assert sum(whole) == asked
    # £100.01 up-front and £100.00 for the consent, less the half of the council's claim that
    # recovers its part: the whole of £50.00.
    assert asked == 10_001 + 10_000 - 5_000


def test_its_cover_says_which_claim_counts_it() -> None:
    source = up_front_source(contract_of(TERMS), "starting")
    cover = opened(statement_workbook(make_statement(source, "council")), values=True)["Cover"]
    assert beside(cover, "Asked for ahead of claim") == "2017-Q1"
    labels = [row[0].value for row in cover.iter_rows()]
    assert "SHA-256 of the evidence" not in labels
    assert "Evidence recorded up to" not in labels


def test_its_notes_say_that_no_evidence_was_asked_for() -> None:
    source = up_front_source(contract_of(TERMS), "starting")
    notes = {note.subject: note.text for note in make_statement(source, "council").notes}
    assert "no evidence was asked for" in notes["Evidence"]
    assert not notes.keys() & {"Evidence left out", "Participants"}
    page = statement_page(source, "council")
    assert "claim 2017-Q1, without evidence" in page
    assert "refused" not in page
    assert ", evidence " not in page.partition("<footer")[2]


def test_a_tranche_that_the_contract_has_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StatementError) as refused:
        write_up_front(contract_of(TERMS), "startng", tmp_path / "out")
    (fault,) = refused.value.faults
    assert (fault.code, fault.allowed) == ("unknown_tranche", "starting")
    assert "starting" in fault.hint
    assert not (tmp_path / "out").exists()


def test_the_command_writes_a_statement_for_each_funder(tmp_path: Path) -> None:
    contract = tmp_path / "contract.yaml"
    contract.write_text(contract_text(TERMS), encoding="utf-8")
    done = run("up-front", contract, "starting", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The council: £75.01, due on 2017-01-16" in done.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "manifest.json",
        "specification_starting-up-front_all_funders.xlsx",
        "specification_starting-up-front_council.xlsx",
        "specification_starting-up-front_lottery.xlsx",
    ]
