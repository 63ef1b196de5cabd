"""Rounding to a unit: funders that pay in whole pounds, in fives of a penny, or in tens."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import contract_of, due_of, settled

from impactbond.contract.wording.render import render
from impactbond.errors import ContractError
from impactbond.explanation.explain import explain
from impactbond.statements import make_statement
from impactbond.statements.source import statement_source

THIRDS = """
milestones: {consent: {when: {observed: consent, in: year one}, price: 100.00}}
funding: [{for: every milestone, shares: {council: 1/3, school: the rest}}]
"""
EVIDENCE = """
    child  | metric  | on         | value
    c1     | consent | 2017-02-01 | yes
    c2     | consent | 2017-05-01 | yes
    c3     | consent | 2017-08-01 | yes
"""


@pytest.mark.mechanic(144)
@pytest.mark.parametrize(
    ("to", "way", "council", "school"),
    [
        # To date the council owes 33.33, 66.67 and 100.00, the school 66.67, 133.33 and 200.00.
        ("1.00", "down", ["33.00", "33.00", "34.00"], ["66.00", "67.00", "67.00"]),
        ("1.00", "nearest", ["33.00", "34.00", "33.00"], ["67.00", "66.00", "67.00"]),
        ("1.00", "up", ["34.00", "33.00", "33.00"], ["67.00", "67.00", "66.00"]),
        ("0.05", "down", ["33.30", "33.35", "33.35"], ["66.65", "66.65", "66.70"]),
        ("10.00", "down", ["30.00", "30.00", "40.00"], ["60.00", "70.00", "70.00"]),
        ("10.00", "nearest", ["30.00", "40.00", "30.00"], ["70.00", "60.00", "70.00"]),
    ],
)
def test_each_funder_pays_whole_units_to_date_and_the_rest_waits(
    to: str, way: str, council: list[str], school: list[str]
) -> None:
    settlement = settled(f"{THIRDS}rounding: {{to: {to}, way: {way}}}", EVIDENCE, "2017-10-31")
    due = due_of(settlement)
    assert [due[period]["council"] for period in due] == council
    assert [due[period]["school: Elm"] for period in due] == school
    # Nothing is lost: of every claim, what is paid and what waits make the price.
    lines = settlement.lines_table.to_pylist()
    shares = settlement.shares_table.to_pylist()
    for line in lines:
        parts = [one["amount_pence"] for one in shares if one["line"] == line["line"]]
        assert sum(parts) == line["entitled_pence"] == 10000
    source = statement_source(settlement)
    for period in due:
        for funder in (None, "council", "school: Elm"):
            checks = make_statement(source, funder, period).checks
            assert [check.name for check in checks if check.difference] == []


@pytest.mark.mechanic(144)
def test_a_funder_at_its_limit_pays_whole_units_below_it() -> None:
    terms = f"""{THIRDS}
limits: [{{funder: council, at_most: 50.50, beyond: unpaid}}]
rounding: {{to: 1.00}}
"""
    due = due_of(settled(terms, EVIDENCE, "2017-10-31"))
    assert [due[period].get("council") for period in due] == ["33.00", "17.00", None]


@pytest.mark.mechanic(144)
def test_words_and_explanation_say_the_unit_and_what_becomes_of_the_rest() -> None:
    terms = f"{THIRDS}rounding: {{to: 1.00}}"
    said = " ".join(render(contract_of(terms)).split())
    assert "is rounded down to a whole number of £1.00; what is left over stays earned" in said
    told = str(explain(settled(terms, EVIDENCE), participant="c1", milestone="consent"))
    assert "each funder pays whole units of £1.00 to date, rounded down" in " ".join(told.split())


@pytest.mark.mechanic(144)
@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ("rounding: {to: 0}", "rounded_to_nothing"),
        ("rounding: {to: 0.005}", "too_fine"),
        ("rounding: {way: up}", "way_of_nothing"),
        (
            "rounding: {to: 1, way: up}\nlimits: [{contract: whole, at_most: 99, beyond: unpaid}]",
            "rounded_over_limits",
        ),
        (
            "rounding: {to: 1}\ntranches: {a: {pay: 9.00, on: 2017-04-14, by: {council: 100%}, "
            "recovered: {at: 50%}}}",
            "units_beside_tranches",
        ),
    ],
)
def test_a_unit_that_cannot_be_paid_in_is_refused(terms: str, code: str) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(terms)
    assert [fault.code for fault in refused.value.faults] == [code]
