"""What is worth a look: for each thing a contract that has it, and one close by that has not."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.damaged_contracts import damaged

import impactbond as ib
from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.check import ContractCheck, check
from impactbond.contract.diagnostics.limits import most_of, most_price
from impactbond.contract.read import parse_contract
from impactbond.contract.reading.yaml_document import load

BASE = """
impactbond: 1
contract: base
title: A contract with nothing to look at
version: {number: 1, kind: original, signed_on: 2020-01-01, effective_on: 2020-01-01}
provider: The charity
funders: {city: {name: The city, kind: council}, fund: {name: The fund, kind: health}}
calendar:
  term: 2020-01-01 through 2022-12-31
  claims: {every: quarter, made: 2 months after the period}
  evidence: {within: 30 days, late: next claim}
  payment: {within: 30 days, working_days_of: England}
metrics:
  joined: {kind: event}
  score: {kind: score, range: [0, 40], better: lower}
windows:
  year one: start to 1 year after start
  year two: 1 year after start to 2 years after start
milestones:
  joined: {when: {observed: joined, in: year one}, price: 100.00}
  better: {after: joined, when: {level: score, in: year two, is: below 10}, price: 300.00}
funding: [{for: every milestone, shares: {city: 50%, fund: 50%}}]
"""
WHOLE = ("when", "eligible", "pays")  # terms of one of several kinds
PAYS = "results: {r: {measure: {claims: joined}, pays: "


def merged(base: Any, change: Any) -> Any:
    """A document with parts of another written over it; lists are replaced."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    return {
        **base,
        **{
            key: value if key in WHOLE else merged(base.get(key), value)
            for key, value in change.items()
        },
    }


def contract(change: str = "") -> Contract:
    """The base contract with a change; it need only have the right shape."""
    value = copy.deepcopy(load(BASE, "base.yaml").value)
    if change:
        value = merged(value, load(change, "change.yaml").value)
    return Contract.model_validate(value, by_name=False)


def codes(change: str) -> list[str]:
    return [found.code for found in check(contract(change))]


def limits(*entries: str) -> str:
    return f"limits: [{', '.join(entries)}]"


JOINED = "milestones: {joined: %s}"
CASES = [
    (case["code"], case["has"], case["not"])
    for case in YAML().load(Path(__file__).parents[1].joinpath("look_at.yaml"))
]


def test_the_base_contract_has_nothing_to_look_at() -> None:
    assert check(contract()) == ()


@pytest.mark.parametrize(("code", "has", "has_not"), CASES, ids=[case[0] for case in CASES])
def test_what_is_worth_a_look_is_told_where_it_is_and_not_where_it_is_not(
    code: str, has: str, has_not: str
) -> None:
    assert code in codes(has)
    assert code not in codes(has_not)


def test_every_finding_says_what_and_where_without_a_line_for_terms_that_were_not_read() -> None:
    for _, has, _ in CASES:
        for found in check(contract(has)):
            assert (found.level, found.line) == ("look at", 0)
            assert found.path
            assert found.problem
            assert not found.problem[0].isupper()
            assert not found.problem.endswith(".")


def test_the_examples_are_told_of_evidence_that_may_come_after_its_claim() -> None:
    for name in ("west_london_zone", "west_london_zone_kensington"):
        [found] = check(ib.read_contract(f"fixtures/contracts/{name}.yaml"))
        assert (found.code, found.clause) == ("deadline_after_claim", "Sch 4 §2")
        assert found.path == "calendar > evidence > within"


def test_findings_stand_in_the_order_of_the_lines_with_the_clause_that_is_nearest() -> None:
    text = damaged(
        (
            "  consent:       {kind: event}",
            "  consent:       {kind: event}\n  unused: {kind: event}",
        ),
        ("price: 600.00}", "price: 0.00}"),
    )
    text = text.replace("Surveys:\n", "Surveys:\n", 1)
    found = check(_parsed(text))
    assert [one.code for one in found] == [
        "deadline_after_claim",
        "unused_metric",
        "price_of_nothing",
    ]
    lines = text.splitlines()
    assert "unused: {kind: event}" in lines[found[1].line - 1]
    assert "engaged_year_1" in lines[found[2].line - 1]
    assert (found[1].clause, found[2].clause) == ("", "Sch 2 §3")
    assert str(found[2]).startswith(f"line {found[2].line}, at milestones > engaged_year_1 > price")


def _parsed(text: str) -> Contract:
    metric = "metrics: {consent: Parental consent"
    return parse_contract(text.replace(metric, metric + ", unused: Unused").encode(), name="c.yaml")


def test_a_file_that_is_refused_gives_its_faults_as_findings(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(damaged(("price: 450.00", "price: a lot")), encoding="utf-8")
    [found] = check(path)
    assert (found.level, found.path) == ("refused", "milestones > sign_up > price")
    assert found.line
    assert "allowed:" in found.found
    path.write_text(damaged(), encoding="utf-8")
    assert [one.level for one in check(str(path))] == ["look at"]


def test_a_finding_is_plain_data() -> None:
    found = ContractCheck("look at", "code", "metrics > a", 0, "§1", "a thing", "", "")
    assert found.as_dict()["level"] == "look at"
    assert str(found) == "at metrics > a [§1]: a thing."


@pytest.mark.parametrize(
    ("change", "most"),
    [
        (JOINED % "{changes: [{by: +10%}, {by: -50%}]}", 110),
        (JOINED % "{rates: [{price: 120.00, through: 2020-12-31}], paid_for: 5/6}", 100),
        ("prices_in: {currency: EUR, rate: 0.5}", 50),
        (
            "indices: {cpi: [{from: 2020-01-01, is: 100}, {from: 2021-01-01, is: 120}]}\n"
            + JOINED % "{changes: [{index: cpi, base: 2020-06-01}], rounded: {to: 1.00, way: up}}",
            121,
        ),
    ],
)
def test_the_highest_price_is_that_of_all_that_may_apply(change: str, most: int) -> None:
    told = contract(change)
    assert most_price(told, told.milestones["joined"]) == most


@pytest.mark.parametrize(
    ("change", "name", "most"),
    [
        ("fees: {f: {kind: grant, pay: 5.00, on: 2020-02-01}}", "f", 5),
        ("fees: {f: {kind: grant, in_all: 50.00, on: [2020-02-01, 2020-03-01]}}", "f", 50),
        (PAYS + "{tiers: [{is: above 1, pays: 7.00}]}}}", "r", 7),
        (PAYS + "{slides: [{at: 1, pays: 7.00}, {at: 2, pays: 9.00}]}}}", "r", 9),
        (PAYS + "{each: 1, pays: 7.00, at_most: 21.00}}}", "r", 21),
        (PAYS + "{each: 1, pays: 7.00}}}", "r", None),
        (PAYS + "{each: 1, pays: 7.00, at_most: 21.00}, counted: each year}}", "r", None),
        ("contract: unbounded", "joined", None),
        (
            limits("{contract: whole, at_most: 5 participants, beyond: unpaid}")
            + "\n" + JOINED % "{units: {rows: joined, in: year one, at_most: 4}}",
            "joined",
            2000,
        ),
    ],
)  # fmt: skip
def test_the_most_that_is_paid_is_known_where_the_contract_bounds_it(
    change: str, name: str, most: int | None
) -> None:
    assert most_of(contract(change), name) == most


@pytest.mark.parametrize(
    ("price", "does"), [("price: 100.00", "only a step"), ("price: 300.00", "take the milestone")]
)
def test_a_price_of_nothing_that_others_come_after_is_not_to_be_taken_out(
    price: str, does: str
) -> None:
    found = check(parse_contract(BASE.replace(price, "price: 0").encode(), name="c.yaml"))
    [hint] = [one.hint for one in found if one.code == "price_of_nothing"]
    assert does in hint
