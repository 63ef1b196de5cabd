"""Funding entries that leave somebody, some day or some fee without a funder, and what is told."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.errors import ContractError

FEE = "fees: {grant: {kind: grant, pay: 50.00, on: 2017-03-01}}"
RESULT = """
results:
  many: {measure: {claims: consent}, each: borough, pays: {each: 1, pays: 10.00}}
"""


def faults_of(terms: str) -> list[tuple[str, str]]:
    """Where the faults are and what they are called."""
    with pytest.raises(ContractError) as caught:
        contract_of(terms)
    return [(fault.clause, fault.code) for fault in caught.value.faults]


def funding(*entries: str) -> str:
    """A list of funding entries."""
    return "\n".join(["funding:", *(f"  - {entry}" for entry in entries)])


@pytest.mark.mechanic(79, 82)
@pytest.mark.parametrize(
    "entries",
    [
        [
            "{for: consent, only: {borough: [north]}, shares: {council: 100%}}",
            "{for: consent, only: {borough: [south]}, shares: {trust: 100%}}",
        ],
        [
            "{for: consent, through: 2017-12-31, shares: {council: 100%}}",
            "{for: consent, from: 2018-01-01, shares: {trust: 100%}}",
        ],
        [
            "{for: consent, only: {school: [Elm]}, shares: {school: 100%}}",
            "{for: consent, shares: {trust: 100%}}",
        ],
    ],
    ids=["every borough", "every day", "one school and all others"],
)
def test_entries_that_together_fund_everybody_on_every_day_are_in_order(entries: list[str]) -> None:
    assert contract_of(funding(*entries)).funding


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (["{for: consent, only: {borough: [north]}, shares: {council: 100%}}"], "borough south"),
        (["{for: consent, only: {school: [Elm]}, shares: {council: 100%}}"], "school any other"),
        (["{for: consent, from: 2017-02-01, shares: {council: 100%}}"], "on 2017-01-01"),
        (["{for: consent, through: 2018-06-30, shares: {council: 100%}}"], "on 2018-07-01"),
        (
            [
                "{for: consent, only: {borough: [north]}, shares: {council: 100%}}",
                "{for: consent, only: {borough: [south]}, from: 2018-01-01, shares: {trust: 100%}}",
            ],
            "borough south on 2017-01-01",
        ),
    ],
)
def test_whoever_nobody_funds_is_told_with_the_first_day(entries: list[str], told: str) -> None:
    with pytest.raises(ContractError, match="nobody funds the milestone 'consent'") as caught:
        contract_of(funding(*entries))
    (fault,) = caught.value.faults
    assert fault.code == "not_always_funded"
    assert told in fault.problem


def test_an_entry_after_one_that_always_applies_never_does() -> None:
    entries = (
        "{for: consent, shares: {council: 100%}}",
        "{for: consent, only: {borough: [south]}, shares: {trust: 100%}}",
    )
    assert faults_of(funding(*entries)) == [("funding > entry 2 > for", "funded_twice")]


def test_a_fee_that_no_entry_names_is_not_funded() -> None:
    terms = f"{FEE}\n{funding('{for: consent, shares: {council: 100%}}')}"
    assert faults_of(terms) == [("fees > grant", "not_funded")]


def test_every_milestone_is_for_results_and_fees_too_where_no_entry_before_names_them() -> None:
    named = (
        "{for: grant, shares: {trust: 100%}}",
        "{for: every milestone, shares: {council: 1/1}}",
    )
    contract = contract_of(f"{FEE}\n{RESULT}\n{funding(*named)}")
    assert [list(contract.funding_of(name).shares) for name in contract.payables] == [
        ["council"],
        ["council"],
        ["trust"],
    ]


def test_a_fee_is_nobodys_and_cannot_be_funded_by_an_attribute() -> None:
    entries = (
        "{for: [consent, grant], only: {borough: [north]}, shares: {council: 100%}}",
        "{for: [consent, grant], only: {borough: [south]}, shares: {trust: 100%}}",
    )
    assert faults_of(f"{FEE}\n{funding(*entries)}") == [("fees > grant", "not_always_funded")]


@pytest.mark.parametrize("terms", [FEE, RESULT], ids=["fee", "result"])
def test_a_childs_own_school_cannot_pay_for_what_is_no_childs(terms: str) -> None:
    entry = "{for: every milestone, shares: {school: 100%}}"
    assert faults_of(f"{terms}\n{funding(entry)}") == [
        ("funding > entry 1 > shares > school", "resolved_funder")
    ]


def test_an_entry_outside_the_term_and_a_misspelt_attribute_are_told() -> None:
    entries = (
        "{for: consent, from: 2030-01-01, shares: {trust: 100%}}",
        "{for: consent, only: {boroug: [north]}, shares: {trust: 100%}}",
        "{for: consent, shares: {council: 100%}}",
    )
    assert faults_of(funding(*entries)) == [
        ("funding > entry 1", "outside_term"),
        ("funding > entry 2 > only > boroug", "unknown_attribute"),
    ]
