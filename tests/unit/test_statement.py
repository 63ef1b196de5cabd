"""Statements as data: what each funder is asked for, summed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.statement_sources import (
    FUNDERS,
    Movement,
    Settling,
    large_source,
    make_source,
    small_source,
    with_cells,
)

from impactbond.errors import InvariantError, StatementError
from impactbond.statements import LimitTerm, make_statement

# Every figure below is worked out by hand from the five lines of `small_source`: shares of 3/10,
# 1/5, 1/9 and the rest, cut on running totals for each school.
DUE = {
    "lbhf": 2_250,
    "school: Brook Green Primary": -9_000,
    "school: St Mary's, Fulham": 12_000,
    "lottery": -1_333,
    "trust": 4_417,
}


def test_the_movements_of_a_claim_are_those_of_its_lines_and_tranches() -> None:
    account = make_statement(small_source(), "lbhf").accounts[0]
    assert account.opening_pence == 17_100 + 600_000 + 13_500 - 6_750
    assert account.milestones_pence == 18_000
    assert account.adjustments_pence == -13_500
    assert account.up_front_pence == 0
    assert account.recovered_pence == -2_250
    assert account.due_pence == 2_250
    assert account.closing_pence == 626_100


@pytest.mark.parametrize("funder", DUE)
def test_each_funder_is_asked_for_its_own_part(funder: str) -> None:
    statement = make_statement(small_source(), funder)
    assert statement.due_pence == DUE[funder]
    assert statement.about.funder_name == dict((row[0], row[1]) for row in FUNDERS)[funder]
    assert [account.funder for account in statement.accounts] == [funder]
    assert statement.failing == ()


def test_all_funders_together_are_asked_for_the_sum_of_their_parts() -> None:
    whole = make_statement(small_source())
    assert {account.funder: account.due_pence for account in whole.accounts} == DUE
    assert whole.due_pence == sum(DUE.values()) == 8_334
    assert whole.due_dates == ((date(2018, 3, 2), 8_334),)
    assert whole.failing == ()


def test_a_funder_beyond_its_limit_passes_on_and_keeps_no_headroom() -> None:
    settling = Settling(lottery_limit_pence=5_000)
    settling.settle(
        [
            Movement(
                "2017-Q4",
                "C-1",
                "St Mary's, Fulham",
                "engaged_year_1",
                "2017-Q4",
                date(2017, 11, 3),
            )
        ]
    )
    source = make_source(settling)
    lottery = make_statement(source, "lottery").accounts[0]
    assert (lottery.value_pence, lottery.moved_pence) == (6_667, -1_667)
    assert (lottery.due_pence, lottery.limit_pence, lottery.headroom_pence) == (5_000, 5_000, 0)
    trust = make_statement(source, "trust").accounts[0]
    assert (trust.moved_pence, trust.due_pence) == (1_667, 23_333 + 1_667)


def test_a_funder_sees_only_its_own_lines_shares_and_terms() -> None:
    school = make_statement(small_source(), "school: Brook Green Primary")
    assert [(line.participant, line.kind) for line in school.lines] == [("C-01", "Adjustment")]
    assert {share.funder for line in school.lines for share in line.shares} == {
        "school: Brook Green Primary"
    }
    assert [term.written for term in school.share_rules] == ["20%"]
    assert [term.what for term in school.limits] == ["Whole contract"]
    assert school.tranches == ()
    assert {row.funder_name for row in school.schedule} == {"Brook Green Primary"}


def test_a_statement_of_an_earlier_claim_does_not_look_ahead() -> None:
    statement = make_statement(small_source(), claim_period="2017-Q3")
    assert statement.about.claim_date == date(2017, 10, 31)
    assert {row.claim_period for row in statement.schedule} == {"2017-Q2", "2017-Q3"}
    assert [line.line for line in statement.lines] == ["2017-Q3/0001"]
    assert statement.failing == ()


def test_opening_and_movements_make_closing() -> None:
    for account in make_statement(large_source(400)).accounts:
        assert account.opening_pence + account.due_pence == account.closing_pence


def test_opening_is_what_earlier_claims_closed_with() -> None:
    source = small_source()
    earlier = {
        it.funder: it.closing_pence
        for it in make_statement(source, claim_period="2017-Q3").accounts
    }
    assert {it.funder: it.opening_pence for it in make_statement(source).accounts} == earlier


def test_adjustments_name_the_period_that_they_concern() -> None:
    adjustments = make_statement(small_source()).adjustments
    assert [(place, line.period, line.because) for place, line in adjustments] == [
        (1, "2017-Q2", "Taken back")
    ]


def test_what_nobody_funds_is_told_and_asked_of_nobody() -> None:
    settling = Settling(lottery_limit_pence=5_000, passes_on_to="unfunded")
    settling.settle(
        [
            Movement(
                "2017-Q4",
                "C-1",
                "St Mary's, Fulham",
                "engaged_year_1",
                "2017-Q4",
                date(2017, 11, 3),
            )
        ]
    )
    statement = make_statement(make_source(settling))
    assert statement.due_pence == 60_000 - 1_667
    assert "unfunded" not in {account.funder for account in statement.accounts}
    assert any("£16.67" in note.text for note in statement.notes)
    assert statement.failing == ()
    assert make_statement(make_source(settling), "lottery").failing == ()


@pytest.mark.parametrize(("rows", "told"), [(0, "No row"), (1, "One row"), (1_200, "1,200 rows")])
def test_the_notes_count_refused_evidence(rows: int, told: str) -> None:
    notes = make_statement(small_source(refused_rows=rows)).notes
    assert sum(told in note.text for note in notes) == 1
    assert [note.label for note in notes] == [
        f"[note {place}]" for place in range(1, len(notes) + 1)
    ]


def test_every_check_holds_for_every_funder_of_a_larger_settlement() -> None:
    source = large_source(400)
    for funder in (None, *DUE):
        statement = make_statement(source, funder)
        assert len(statement.checks) >= 13
        assert statement.failing == ()


@pytest.mark.parametrize(
    ("table", "column", "key"),
    [
        ("payments", "amount_pence", "due as settled"),
        ("balances", "due_pence", "due as settled"),
        ("balances", "settled_pence", "opening as settled"),
        ("balances", "value_pence", "to date"),
        ("lines", "value_pence", "shares to lines"),
        ("lines", "entitled_pence", "lines as settled"),
        ("shares", "value_pence", "shares to lines"),
    ],
)
def test_a_penny_out_anywhere_fails_a_check(table: str, column: str, key: str) -> None:
    source = small_source()
    rows = getattr(source, table)
    place = rows.num_rows - 1
    changed = with_cells(source, table, column, {place: rows[column][place].as_py() + 1})
    assert key in {check.key for check in make_statement(changed).failing}


def test_a_missing_line_fails_a_check() -> None:
    source = small_source()
    lines = source.lines.filter(pc.not_equal(source.lines["line"], "2017-Q4/0002"))
    failing = {check.key for check in make_statement(replace(source, lines=lines), "trust").failing}
    assert "line count" in failing


def test_a_line_that_is_there_twice_fails_a_check() -> None:
    source = small_source()
    twice = pa.concat_tables([source.lines, source.lines.slice(source.lines.num_rows - 1)])
    failing = {check.key for check in make_statement(replace(source, lines=twice)).failing}
    assert "line order" in failing


def test_more_than_a_limit_fails_a_check() -> None:
    source = small_source(
        limits=(
            LimitTerm("Whole contract", 1, "unpaid", "", whole_contract=True),
            LimitTerm("Trust", 100, "unpaid", "", "trust"),
        )
    )
    assert {check.key for check in make_statement(source).failing} == {
        "funder limits",
        "contract limit",
    }
    assert {check.key for check in make_statement(source, "trust").failing} == {"funder limits"}


def test_shares_that_do_not_make_a_whole_fail_a_check() -> None:
    source = small_source()
    first = replace(source.share_rules[0], fraction=Fraction(29, 100))
    changed = replace(source, share_rules=(first, *source.share_rules[1:]))
    assert {check.key for check in make_statement(changed).failing} == {"shares whole"}


def test_an_unknown_funder_or_claim_is_refused() -> None:
    with pytest.raises(StatementError, match="no funder 'nobody'"):
        make_statement(small_source(), "nobody")
    with pytest.raises(StatementError, match="2017-Q2, 2017-Q3, 2017-Q4"):
        make_statement(small_source(), claim_period="2020-Q1")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(StatementError, match="XAU"):
        make_statement(small_source(currency="XAU"))


@pytest.mark.parametrize("table", ["payments", "shares"])
def test_money_asked_of_a_stranger_is_refused(table: str) -> None:
    source = small_source()
    place = getattr(source, table).num_rows - 1
    with pytest.raises(StatementError, match="not among the funders"):
        make_statement(with_cells(source, table, "funder", {place: "stranger"}))


def test_two_shares_of_one_funder_in_a_line_are_refused() -> None:
    source = small_source()
    twice = pa.concat_tables([source.shares, source.shares.slice(source.shares.num_rows - 1)])
    with pytest.raises(InvariantError, match="two shares"):
        make_statement(replace(source, shares=twice))


def test_a_line_without_a_number_is_refused() -> None:
    source = small_source()
    with pytest.raises(StatementError, match="2017-Q4/0001"):
        make_statement(with_cells(source, "lines", "line", {source.lines.num_rows - 1: "last"}))
