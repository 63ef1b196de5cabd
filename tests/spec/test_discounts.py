"""A discount off the whole rate card: one term, after a price's own changes, before rounding."""

from __future__ import annotations

import pytest
from tests.opened import book_of, rows_of
from tests.spec.drawn_tables import contract_of, lines, settled

from impactbond.contract.difference import difference
from impactbond.contract.wording.render import render
from impactbond.errors import ContractError
from impactbond.explanation.explain import explain
from impactbond.statements.source import statement_source

TERMS = """
milestones:
  consent:   {when: {observed: consent, in: year one}, price: 100.00}
  agreement: {when: {observed: agreement, in: year one}, price: 33.33, changes: [{by: +10%}]}
  assessed:  {when: {observed: assessed, in: year one}, price: 47.11, rounded: {to: 0.50, way: up}}
  meeting:
    {when: {observed: meeting, in: year one}, price: 10.00, bands: [{after: 1, price: 20.00}]}
discounts:
  - {off: 5%, from: 2017-04-01, clause: "Sch 3 §2"}
  - {off: 10%, for: [consent, agreement], from: 2017-07-01, only: {borough: [south]}}
"""
EVIDENCE = """
    child | start      | recorded   | borough
    n1    | 2017-01-09 | 2017-01-09 | north
    n2    | 2017-01-09 | 2017-01-09 | north
    s1    | 2017-01-09 | 2017-01-09 | south
    ---
    child | metric    | on         | value
    n1    | consent   | 2017-03-31 | yes
    n2    | consent   | 2017-04-01 | yes
    s1    | consent   | 2017-07-01 | yes
    n1    | agreement | 2017-04-01 | yes
    s1    | agreement | 2017-07-01 | yes
    n1    | assessed  | 2017-04-01 | yes
    n1    | meeting   | 2017-02-01 | yes
    n2    | meeting   | 2017-05-01 | yes
    s1    | meeting   | 2017-02-02 | yes
"""


@pytest.mark.mechanic(145)
def test_a_discount_is_taken_off_every_price_in_the_stated_order() -> None:
    found = {f"{row['child']} {row['milestone']}": row["value"] for row in lines(TERMS, EVIDENCE)}
    assert found == {
        "n1 consent": "100.00",  # the day before
        "n2 consent": "95.00",
        "s1 consent": "85.50",  # 100.00 × 0.95 × 0.90
        "n1 agreement": "34.83",  # 33.33 × 1.10 × 0.95 = 34.82985
        "s1 agreement": "31.35",  # that × 0.90 = 31.346865
        "n1 assessed": "45.00",  # 47.11 × 0.95 = 44.7545, up to the next 0.50
        "n1 meeting": "10.00",  # the first
        "s1 meeting": "20.00",  # the second, in the other band
        "n2 meeting": "19.00",  # the third, 20.00 × 0.95
    }


@pytest.mark.mechanic(145)
def test_rates_words_and_explanation_state_what_is_taken_off() -> None:
    first = "a discount of 5% is taken off the price for what is achieved from 1 April 2017"
    second = (
        "a discount of 10% is taken off the price for participants with borough south, for what is "
        "achieved from 1 July 2017"
    )
    settlement = settled(TERMS, EVIDENCE)
    rates = rows_of(book_of(statement_source(settlement))["Rates and limits"])
    applies = {row["How it applies"] for row in rates if row["What"] == "agreement"}
    assert applies == {f"the price is raised by 10%; {first}; {second}"}
    said = " ".join(render(contract_of(TERMS)).split())
    assert said.count(first) == 2 * 4  # in the sentence of each milestone and in the price table
    assert "What changes the price" in said
    assert said.casefold().count("a discount of 5% ") == 2 * 4  # no sentence that reads as another
    assert "The discount of 5% that is stated above is one and the same for the prices of" in said
    told = str(explain(settlement, participant="s1", milestone="agreement"))
    assert second in " ".join(told.split())


@pytest.mark.mechanic(145)
def test_the_table_of_prices_says_bands_rates_and_rounding() -> None:
    said = " ".join(render(contract_of(TERMS)).split())
    table = said.split("What changes the price")[1]
    assert "after its first 1 claim, in the order of settlement, the price is £20.00" in table
    assert "the price is then rounded up to the next £0.50" in table


@pytest.mark.mechanic(145)
@pytest.mark.parametrize(
    ("discount", "code"),
    [
        ("{off: 0%}", "discount_of_nothing"),
        ("{off: 5%, for: []}", "discount_for_nothing"),
        ("{off: 5%, for: nobody}", "unknown_milestone"),
        ("{off: 5%, for: [every milestone, consent]}", "every_and_one"),
        ("{off: 5%, only: {borough: [south]}}", "discount_in_bands"),
        ("{off: 5%, only: {borough: [east]}, for: consent}", "unknown_value"),
        ("{off: 5%, from: 2020-01-01}", "outside_term"),
    ],
)
def test_a_discount_that_cannot_be_meant_is_refused(discount: str, code: str) -> None:
    before = TERMS[: TERMS.index("discounts:")]
    with pytest.raises(ContractError) as refused:
        contract_of(f"{before}discounts: [{discount}]")
    assert code in [fault.code for fault in refused.value.faults]


@pytest.mark.mechanic(145)
def test_a_discount_that_changes_between_contracts_names_the_milestones_it_moves() -> None:
    other = contract_of(TERMS.replace("off: 10%", "off: 11%"))
    (change,) = difference(contract_of(TERMS), other)
    assert change.milestones == ("consent", "agreement")
    assert (change.was, change.now) == ("10%", "11%")
