"""Damage that stands in published data of real contracts is refused with a reason, wherever it
would stand here: in a contract, and in evidence.

The cases are those of the INDIGO Impact Bond Dataset: formulas published as money (0004, 0059,
0321), dragged months (0001), two amounts in one cell (0091), copied rows (0175, 0135 and 0136).
"""

from __future__ import annotations

import pandas as pd
import pytest
from tests.damaged_contracts import damaged, line_of
from tests.damaged_contracts import faults_of as faults_in
from tests.spec.drawn_tables import BASE, contract_of

from impactbond.errors import ContractError
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence

FORMULAS = ("=D41-D36", "=M33", "=450+408+490")
TERMS = """
metrics: {earnings: {kind: quantity, unit: pounds, decimals: 2}}
milestones:
  earns: {when: {total: earnings, in: year one, at_least: 768}, price: 100.00}
"""


def faults_of(terms: str) -> list[tuple[str, str]]:
    """Where the faults of a contract are, and what they are called."""
    with pytest.raises(ContractError) as caught:
        contract_of(terms)
    return [(fault.clause, fault.code) for fault in caught.value.faults]


def read(metric: str, *values: object, terms: str = BASE, **columns: list[object]) -> Evidence:
    """Evidence of one child with these values, the first three days of February one after another
    unless other columns are given.
    """
    count = len(values)
    seen: dict[str, list[object]] = {
        "participant": ["c1"] * count,
        "metric": [metric] * count,
        "value": list(values),
        "observed_on": ["2017-02-01", "2017-02-02", "2017-02-03"][:count],
        "recorded_on": ["2017-02-10"] * count,
        **columns,
    }
    people = {"participant": ["c1"], "started_on": ["2017-01-09"], "recorded_on": ["2017-01-09"],
              "school": ["Elm"], "borough": ["north"]}  # fmt: skip
    frames = {
        "participants": pd.DataFrame(people),
        "observations": pd.DataFrame(seen, dtype=object),
    }
    return read_evidence(frames, contract_of(terms))


def refusals(evidence: Evidence) -> list[tuple[int, str]]:
    """Which rows were refused, and why."""
    return [(row["row"], row["code"]) for row in evidence.refused_table.to_pylist()]


@pytest.mark.mechanic(112)
@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(
    ("terms", "place"),
    [
        ("milestones: {paid: {when: {observed: consent, in: year one}, price: '%s'}}", "price"),
        ("limits: [{contract: whole, at_most: '%s', beyond: unpaid}]", "at_most"),
        (
            "tranches: {first: {pay: '%s', on: 2017-01-09, by: {council: 100%%},"
            " recovered: {at: 50%%}}}",
            "pay",
        ),
        ("fees: {grant: {kind: grant, pay: '%s', on: 2017-02-01}}", "pay"),
        (
            "funders: {council: {commits: [{from: 2017-01-01, amount: '%s'}]}}",
            "amount",
        ),
    ],
    ids=["price", "limit", "tranche", "fee", "commitment"],
)  # fmt: skip
def test_a_formula_where_money_should_be_is_a_fault_of_the_contract(
    terms: str, place: str, formula: str
) -> None:
    faults = faults_of(terms % formula)
    assert [clause.split(" > ")[-1] for clause, _ in faults] == [place]


@pytest.mark.mechanic(112)
@pytest.mark.parametrize(
    "amounts", ["£1,200 and £1,300", "1200; 1300", "1,200", "£1200", "1200 SEK"]
)
def test_two_amounts_in_one_cell_or_one_with_its_currency_are_a_fault_of_the_contract(
    amounts: str,
) -> None:
    terms = (
        f"milestones: {{paid: {{when: {{observed: consent, in: year one}}, price: '{amounts}'}}}}"
    )
    assert [clause for clause, _ in faults_of(terms)] == ["milestones > paid > price"]


@pytest.mark.parametrize("month", ["2018-13", "2018-14", "2018-15", "2018-16"])
@pytest.mark.parametrize(
    "terms",
    [
        "calendar: {term: %s-01 through 2018-12-31}",
        "windows: {year one: start to %s-01}",
        "fees: {grant: {kind: grant, pay: 1.00, on: '%s-01'}}",
    ],
    ids=["term", "window", "fee"],
)
def test_a_dragged_month_13_is_a_fault_of_the_contract(terms: str, month: str) -> None:
    assert len(faults_of(terms % month)) >= 1


@pytest.mark.parametrize("month", ["2018-13", "2018-14", "2018-15", "2018-16"])
def test_a_dragged_month_in_a_whole_contract_is_told_with_its_line(month: str) -> None:
    text = damaged(("signed_on: 2016-11-01", f"signed_on: {month}-01"))
    (fault,) = faults_in(text)
    assert (fault.code, fault.line) == ("not_allowed", line_of(text, month))
    assert "a day that does not exist" in str(fault)


@pytest.mark.mechanic(112)
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_as_text_is_no_value_and_the_other_rows_are_kept(formula: str) -> None:
    evidence = read("earnings", "700.00", formula, "68.00", terms=TERMS)
    assert refusals(evidence) == [(2, "formula_as_text")]
    assert evidence.observations_table["value"].to_pylist() == [70000, 6800]


@pytest.mark.mechanic(112)
@pytest.mark.parametrize("cell", ["1200 1300", "1200; 1300", "£1200 / £1300", "1,200"])
def test_two_amounts_in_one_cell_of_evidence_are_refused_and_not_added(cell: str) -> None:
    assert refusals(read("earnings", "700.00", cell, terms=TERMS)) == [(2, "text_in_number")]


@pytest.mark.parametrize("month", ["2018-13-01", "2018-14-01", "2018-13", "2018-16"])
def test_a_dragged_month_in_evidence_is_no_date(month: str) -> None:
    evidence = read("consent", "yes", "yes", observed_on=["2017-02-01", month])
    assert refusals(evidence) == [(2, "not_a_date")]


@pytest.mark.mechanic(112)
def test_a_copied_reference_on_rows_that_differ_is_refused_on_every_one_of_them() -> None:
    evidence = read("sdq", "5", "8", "9", observation=["r1", "r1", "r2"])
    assert refusals(evidence) == [(1, "reference_reused"), (2, "reference_reused")]


@pytest.mark.mechanic(112)
def test_a_row_that_is_copied_whole_is_counted_once_and_said_so() -> None:
    twice = {"observed_on": ["2017-02-01"] * 2, "observation": ["r1", "r1"]}
    evidence = read("meeting", "yes", "yes", **twice)  # type: ignore[arg-type]
    assert (evidence.observations_table.num_rows, evidence.repeated) == (1, 1)
    without_reference = read("meeting", "yes", "yes", observed_on=["2017-02-01"] * 2)
    assert without_reference.observations_table.num_rows == 1
    assert any("counted once" in caution for caution in without_reference.cautions)


@pytest.mark.mechanic(112)
def test_two_values_for_one_child_measure_and_day_are_refused_on_both_sides() -> None:
    evidence = read("sdq", "5", "8", observed_on=["2017-02-01"] * 2)
    assert refusals(evidence) == [(1, "contradictory_values"), (2, "contradictory_values")]


def test_no_refusal_repeats_what_stood_in_the_cell() -> None:
    evidence = read("earnings", "=SECRET+1", "777 888", terms=TERMS)
    told = str(evidence.refused_table.to_pylist())
    assert "SECRET" not in told
    assert "777" not in told
