"""Process terms: termly periods, moving between payers, plans beside actuals, invoices, VAT."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import contract_of, paid, settled, verdicts

from impactbond.errors import ContractError
from impactbond.money import CURRENCIES
from impactbond.settlement.plans import planned_table
from impactbond.statements.from_source import make_statement
from impactbond.statements.notes import vat_notes
from impactbond.statements.source import statement_source

TERMLY = """
calendar:
  term: 2017-01-04 through 2017-08-31
  claims:
    every: listed
    made: 2 weeks after the period
    listed: {Spring 2017: 2017-01-04 through 2017-04-21, Summer 2017: 2017-04-22 through 2017-08-31}
"""
BY_SCHOOL = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  sign_up: {when: {observed: agreement, in: year one}, price: 60.00}
funding: [{for: every milestone, shares: {school: 50%, council: the rest}}]
"""


@pytest.mark.mechanic(99)
def test_periods_can_be_the_terms_of_a_school() -> None:
    drawn = """
        child | metric  | on         | value
        c1    | consent | 2017-04-21 | yes
        c2    | consent | 2017-04-22 | yes
    """
    assert paid(TERMLY, drawn) == {
        "Spring 2017": {"council": "100.00"},
        "Summer 2017": {"council": "100.00"},
    }
    settlement = settled(TERMLY, drawn)
    assert [str(claim.known_by) for claim in settlement.claim_dates] == ["2017-05-05", "2017-09-14"]


@pytest.mark.mechanic(112)
def test_evidence_that_is_taken_back_takes_back_what_it_earned() -> None:
    # Without a record there is no pay: c1's record could not be found again.
    drawn = """
        child | metric  | on         | recorded   | value | ref | replaces | status
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |          | recorded
        c1    | consent | 2017-02-01 | 2017-06-01 | yes   | r2  | r1       | withdrawn
    """
    assert paid("", drawn) == {
        "2017-Q1": {"council": "100.00"},
        "2017-Q2": {"council": "-100.00"},
    }
    assert verdicts("", drawn) == {"c1 consent": "not evidenced: no evidence"}


@pytest.mark.mechanic(114)
def test_a_child_who_moves_school_is_paid_for_by_each_school_for_its_own_time() -> None:
    drawn = """
        child | start      | from       | recorded   | school
        c1    | 2017-01-09 | 2017-01-09 | 2017-01-09 | Elm
        c1    | 2017-01-09 | 2017-03-01 | 2017-03-02 | Oak
        ---
        child | metric    | on         | value
        c1    | consent   | 2017-02-28 | yes
        c1    | agreement | 2017-03-01 | yes
    """
    assert paid(BY_SCHOOL, drawn) == {
        "2017-Q1": {"council": "80.00", "school: Elm": "50.00", "school: Oak": "30.00"}
    }


@pytest.mark.mechanic(114, 116)
def test_a_move_that_is_told_late_passes_the_money_from_one_school_to_the_other() -> None:
    drawn = """
        child | start      | from       | recorded   | school
        c1    | 2017-01-09 | 2017-01-09 | 2017-01-09 | Elm
        c1    | 2017-01-09 | 2017-02-01 | 2017-06-02 | Oak
        ---
        child | metric  | on         | value
        c1    | consent | 2017-02-28 | yes
    """
    assert paid(BY_SCHOOL, drawn) == {
        "2017-Q1": {"council": "50.00", "school: Elm": "50.00"},
        "2017-Q2": {"school: Elm": "-50.00", "school: Oak": "50.00"},
    }


PLANS = """
plans:
  plan 2:
    made_on: 2017-06-01
    payments: {2017-Q2: {consent: 250.00}, 2017-Q3: {total: 100.00}}
  plan 1:
    made_on: 2016-12-01
    payments: {2017-Q1: {consent: 200.00, council: 200.00}, 2017-Q2: {consent: 300.00}}
"""


@pytest.mark.mechanic(117)
def test_every_plan_is_kept_beside_what_came() -> None:
    drawn = """
        child | metric  | on         | recorded   | value
        c1    | consent | 2017-02-01 | 2017-02-01 | yes
        c2 c3 | consent | 2017-02-01 | 2017-07-01 | yes
    """
    settlement = settled(PLANS, drawn, "2017-07-31")
    names = ("plan", "claim_period", "name", "planned_pence", "actual_pence", "difference_pence")
    found = [tuple(row[name] for name in names) for row in planned_table(settlement).to_pylist()]
    assert found == [
        ("plan 1", "2017-Q1", "consent", 20000, 10000, -10000),
        ("plan 1", "2017-Q1", "council", 20000, 10000, -10000),
        ("plan 1", "2017-Q2", "consent", 30000, 20000, -10000),
        ("plan 1", "2017-Q2", "council", None, 20000, None),
        ("plan 2", "2017-Q1", "consent", None, 10000, None),
        ("plan 2", "2017-Q1", "total", None, 10000, None),
        ("plan 2", "2017-Q2", "consent", 25000, 20000, -5000),
        ("plan 2", "2017-Q2", "total", None, 20000, None),
    ]


@pytest.mark.mechanic(117)
def test_a_plan_that_was_not_made_yet_is_not_shown() -> None:
    drawn = "child | metric | on | value\n c1 | consent | 2017-02-01 | yes"
    plans = planned_table(settled(PLANS, drawn, "2017-04-30"))["plan"].unique().to_pylist()
    assert plans == ["plan 1"]


def note(terms: str, subject: str) -> str:
    drawn = "child | metric | on | value\n c1 | consent | 2017-02-01 | yes"
    statement = make_statement(statement_source(settled(terms, drawn, "2017-04-30")), "council")
    return next((one.text for one in statement.notes if one.subject == subject), "")


@pytest.mark.mechanic(118)
def test_a_statement_says_who_makes_the_invoice_and_when_it_is_payable() -> None:
    payment = "calendar: {payment: {within: 30 days, working_days_of: England, invoiced: %s}}"
    assert "payable within 30 days of the claim date" in note(
        payment % "by the provider", "Invoices"
    )
    assert "stands for the invoice" in note(payment % "by the funder itself", "Invoices")
    assert note("", "Invoices") == ""


@pytest.mark.mechanic(119)
@pytest.mark.parametrize(
    ("vat", "told"),
    [
        ("{treatment: exempt}", "exempt from VAT: none is charged"),
        ("{treatment: outside the scope, clause: §7}", "outside the scope of VAT [§7]"),
        # A sixth of £100.00 is £16.666…; a fifth on top of it is £20.00.
        ("{treatment: included, rate: 20%}", "£16.67 of it is VAT"),
        ("{treatment: added, rate: 20%}", "£20.00, so that £120.00 is to be paid"),
    ],
)
def test_a_statement_says_how_vat_stands_to_what_is_due(vat: str, told: str) -> None:
    assert told in note(f"vat: {vat}", "VAT")


@pytest.mark.mechanic(119)
def test_vat_on_what_is_taken_back_is_that_on_what_was_asked() -> None:
    sterling, rate = CURRENCIES["GBP"], contract_of(VAT).vat.rate  # type: ignore[union-attr]
    for treatment in ("included", "added"):
        asked, back = (
            vat_notes((treatment, rate, ""), pence, sterling)[0][1] for pence in (12345, -12345)
        )
        assert back.replace("-", "") == asked


PLAN = "plans: {p: {made_on: 2017-01-01, payments: {%s}}}"
VAT = "vat: {treatment: added, rate: 17.5%}"


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ("vat: {treatment: added}", "vat_rate"),
        ("vat: {treatment: exempt, rate: 20%}", "vat_rate"),
        (PLAN % "2019-Q1: {consent: 1.00}", "unknown_period"),
        (PLAN % "2017-Q1: {consents: 1.00}", "unknown_payable_or_funder"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(terms: str, code: str) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(terms)
    assert code in {fault.code for fault in refused.value.faults}
