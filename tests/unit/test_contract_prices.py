"""What is wrong with prices, measures, results and fees is told, each with its place."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.errors import ContractError

MILESTONE = "milestones: {{goal: {{when: {{observed: consent, in: year one}}, price: 100.00, {}}}}}"
TRACKED = "milestones: {goal: {when: {observed: consent, in: year one}, price: 0.00}}\n"
RESULT = TRACKED.replace("{", "{{").replace("}", "}}") + "results: {{rate: {{{}}}}}"
FEE = "fees: {{service: {{kind: service fee, {}}}}}"
PAYS = "pays: {each: 1, pays: 1.00}"


def codes(terms: str) -> set[str]:
    """The codes of everything that is wrong with a contract."""
    with pytest.raises(ContractError) as error:
        contract_of(terms)
    return {fault.code for fault in error.value.faults}


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ("rates: [{price: 1.00, only: {area: [a]}}]", "unknown_attribute"),
        ("rates: [{price: 1.00, only: {borough: [east]}}]", "unknown_value"),
        ("rates: [{price: 1.00, from: 2017-05-01, through: 2017-04-30}]", "dates_reversed"),
        ("rates: [{price: 1.00, from: 2020-05-01}]", "outside_term"),
        ("rates: [{price: 1.00}]", "always_applies"),
        ("rates: [{price: 1.00}, {price: 2.00, from: 2017-05-01}]", "never_applies"),
        ("rates: [{price: 1.001, from: 2017-05-01}]", "too_fine"),
        ("bands: [{after: 3, price: 1.00}, {after: 3, price: 2.00}]", "not_in_order"),
        ("bands: [{after: 3, price: 1.00}], changes: [{by: +1%}]", "bands_beside_rates"),
        ("changes: [{index: cpi, base: 2017-01-01}]", "unknown_index"),
        ("rounded: {to: 1.00, way: up}", "nothing_to_round"),
        ("changes: [{by: +1%}], rounded: {to: 0, way: up}", "rounded_to_nothing"),
        ("paid_for: 0%", "pays_nothing"),
    ],
)
def test_a_price_that_cannot_be_worked_out_is_refused(terms: str, code: str) -> None:
    assert code in codes(MILESTONE.format(terms))


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ("prices_in: {currency: XYZ, rate: 2}", "unknown_currency"),
        ("prices_in: {currency: GBP, rate: 2}", "same_currency"),
        ("indices: {cpi: [{from: 2017-01-01, is: 1}, {from: 2017-01-01, is: 2}]}", "not_in_order"),
        (
            "indices: {cpi: [{from: 2018-01-01, is: 1}]}\n"
            + MILESTONE.format("changes: [{index: cpi, base: 2018-01-01}]"),
            "no_index_value",
        ),
        ("calendar: {evidence: {late: nothing, late_pays: 50%}}", "late_pays_nothing"),
        ("calendar: {claims: {every: listed}}", "periods_not_listed"),
        ("calendar: {claims: {listed: {a: 2017-01-01 through 2018-12-31}}}", "periods_not_listed"),
        (
            "calendar: {claims: {every: listed, listed: {a: 2017-01-01 through 2017-06-30,"
            " b: 2017-08-01 through 2018-12-31}}}",
            "period_gap",
        ),
        (
            "calendar: {claims: {every: listed, listed: {a: 2017-01-01 through 2017-06-30,"
            " b: 2017-06-01 through 2018-12-31}}}",
            "period_overlap",
        ),
        (
            "calendar: {claims: {every: listed, listed: {a: 2017-01-01 through 2017-06-30}}}",
            "period_gap",
        ),
    ],
)
def test_currencies_indices_and_periods_that_do_not_fit_are_refused(terms: str, code: str) -> None:
    assert code in codes(terms)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (f"measure: nothing such, {PAYS}", "unknown_measure"),
        (f"measure: {{claims: gaol}}, {PAYS}", "unknown_milestone"),
        (f"measure: {{value: []}}, {PAYS}", "measures_nothing"),
        (f"measure: {{claims: goal}}, each: area, {PAYS}", "unknown_attribute"),
        (f"measure: {{claims: goal}}, over: 2, {PAYS}", "over_to_date"),
        (f"measure: {{claims: goal}}, on: 2030-01-01, {PAYS}", "outside_term"),
        (f"measure: {{claims: goal}}, less: rate, {PAYS}", "unknown_earlier result"),
        ("measure: {claims: goal}, pays: {each: 0, pays: 1.00}", "each_nothing"),
        (
            "measure: {claims: goal}, pays: {each: 1, pays: 1.00, at_least: 2.00, at_most: 1.00}",
            "bounds_reversed",
        ),
        (
            "measure: {claims: goal}, pays: {slides: [{at: 2, pays: 1.00}, {at: 1, pays: 2.00}]}",
            "not_in_order",
        ),
        (
            "measure: {claims: goal},"
            " pays: {tiers: [{is: at least 2, pays: 1.00}, {is: at least 2, pays: 2.00}]}",
            "tier_twice",
        ),
        ("measure: {claims: goal}, pays: {tiers: [{is: at least 2, pays: 1.001}]}", "too_fine"),
        ("measure: {claims: goal}, pays: {bonus: 1}", "not_a_way_to_pay"),
        (f"measure: {{speed: goal}}, {PAYS}", "not_a_measure"),
    ],
)
def test_a_result_that_cannot_be_worked_out_is_refused(terms: str, code: str) -> None:
    assert code in codes(RESULT.format(terms))


def test_a_measure_that_needs_itself_is_refused() -> None:
    measures = "measures: {a: {ratio: [b, {claims: goal}]}, b: {product: [a]}}\n"
    assert "circular_measure" in codes(TRACKED + measures)


def test_one_name_for_a_milestone_and_a_fee_is_refused() -> None:
    assert "same_name" in codes("fees: {consent: {kind: grant, pay: 1.00, on: 2017-02-01}}")


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ("on: 2017-02-01", "pay_or_in_all"),
        ("pay: 1.00, in_all: 2.00, on: 2017-02-01", "pay_or_in_all"),
        ("pay: 1.00, on: 2027-02-01", "outside_term"),
        ("pay: 1.001, on: 2017-02-01", "too_fine"),
        ("pay: 1.00, on: {every: month, from: 2017-03-01, through: 2017-02-01}", "dates_reversed"),
        (
            "pay: 1.00, on: 2017-02-01, deferred_until: {milestone: gaol, at_least: 1}",
            "unknown_milestone",
        ),
        (
            "pay: 1.00, on: 2017-02-01,"
            " instead_of: {milestones: gaol, from: 2017-01-01, through: 2017-02-01}",
            "unknown_milestone",
        ),
        (
            "pay: 1.00, on: 2017-02-01,"
            " instead_of: {milestones: consent, from: 2017-03-01, through: 2017-02-01}",
            "dates_reversed",
        ),
    ],
)
def test_a_fee_that_cannot_fall_due_is_refused(terms: str, code: str) -> None:
    assert code in codes(FEE.format(terms))
