"""Every name in a contract that stands for something else is found, by the types of its terms."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field
from tests.spec.drawn_tables import contract_of

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.names import check_names
from impactbond.contract.read import read_contract
from impactbond.contract.references import Defined, home_of, meant_by
from impactbond.terms.conditions.counts import Observed
from impactbond.terms.conditions.junctions import All
from impactbond.terms.conditions.scales import Level
from impactbond.terms.funding import Funding
from impactbond.terms.reference import (
    EVERY_MILESTONE,
    MetricName,
    MilestoneName,
    PayableOrEvery,
    WindowName,
    references,
)
from impactbond.terms.term import Listed, OneOrMany, Term

CONTRACTS = Path(__file__).parents[2] / "fixtures" / "contracts"


class Inner(Term):
    metric: MetricName


class Outer(Term):
    window: WindowName = Field(alias="in")
    title: str = ""
    after: OneOrMany[MilestoneName] = ()
    by: dict[MetricName, Inner] = Field(default_factory=dict)
    parts: Listed[Inner] = ()
    maybe: MetricName | Inner | None = None
    for_: OneOrMany[PayableOrEvery] = Field(default=(), alias="for")


def places_of(contract: Contract, section: str, name: str) -> list[tuple[str | int, ...]]:
    """Where it is defined, then every place at which its name stands for it."""
    sought = Defined(section, name)
    used = (one.path for one in references(contract) if meant_by(contract, one) == sought)
    return [(*home_of(section), name), *used]


def found(term: Term) -> list[tuple[tuple[str | int, ...], str, str]]:
    return [(one.path, one.name, one.to.sections[0]) for one in references(term, ("here",))]


def test_a_name_is_found_where_it_is_written() -> None:
    term = Outer(window="year", title="year", after=("one", "two"))
    assert found(term) == [
        (("here", "in"), "year", "windows"),
        (("here", "after", 0), "one", "milestones"),
        (("here", "after", 1), "two", "milestones"),
    ]


def test_one_name_alone_stands_without_a_list() -> None:
    term = Outer(window="year", after=("one",))
    assert (("here", "after"), "one", "milestones") in found(term)


def test_names_are_found_in_keys_lists_choices_and_terms() -> None:
    inner = Inner(metric="sdq")
    for term, place in (
        (Outer(window="year", parts=(inner,)), ("here", "parts", 0, "metric")),
        (Outer(window="year", maybe=inner), ("here", "maybe", "metric")),
        (Outer(window="year", maybe="sdq"), ("here", "maybe")),
    ):
        assert [one for one in found(term) if one[2] == "metrics"] == [(place, "sdq", "metrics")]
    by = Outer(window="year", by={"reading": inner})
    assert found(by)[1:] == [
        (("here", "by", "reading"), "reading", "metrics"),
        (("here", "by", "reading", "metric"), "sdq", "metrics"),
    ]


def test_words_that_stand_in_place_of_a_name_are_none() -> None:
    assert len(found(Outer(window="year", for_=(EVERY_MILESTONE,)))) == 1
    assert found(Outer(window="year", for_=("consent",)))[1][1] == "consent"


def test_conditions_say_what_they_name() -> None:
    level = Level(level="sdq", window="end", is_="at least 17")
    whole = All(all=("at risk", level, Observed(observed="consent", window="year")))
    assert found(whole) == [
        (("here", "all", 0), "at risk", "conditions"),
        (("here", "all", 1, "level"), "sdq", "metrics"),
        (("here", "all", 1, "in"), "end", "windows"),
        (("here", "all", 2, "observed"), "consent", "metrics"),
        (("here", "all", 2, "in"), "year", "windows"),
    ]


def test_every_place_at_which_a_name_stands_is_what_a_new_name_touches() -> None:
    contract = contract_of(
        """
participants: {attributes: {consent: [north, south]}}
milestones:
  consent: {only: {consent: [north]}, when: {observed: consent, in: year one}, price: 1.00}
  sign_up: {title: consent, after: consent, when: {observed: agreement, in: year one}, price: 2.00}
  engaged: {after: [sign_up, consent], when: paid, price: 3.00}
conditions: {paid: {all: [{observed: consent, in: year one}, {observed: agreement, in: year two}]}}
funding:
  - {for: [consent, sign_up], only: {consent: [north]}, shares: {council: 100%}}
  - {for: every milestone, shares: {council: 100%}}
limits: [{milestone: consent, each: consent, at_most: 5 claims, beyond: unpaid}]
examples:
  - name: one
    given: [{participant: c1, start: 2017-01-02, consent: north}, {claims: consent, on: 2017-01-03}]
    expect: {2017-Q1: {consent: 1.00, total: 1.00}}
"""
    )
    assert places_of(contract, "milestones", "consent") == [
        ("milestones", "consent"),
        ("milestones", "sign_up", "after"),
        ("milestones", "engaged", "after", 1),
        ("funding", 0, "for", 0),
        ("limits", 0, "milestone"),
        ("examples", 0, "expect", "2017-Q1", "consent"),
        ("examples", 0, "given", 1, "claims"),
    ]
    assert places_of(contract, "attributes", "consent")[:3] == [
        ("participants", "attributes", "consent"),
        ("milestones", "consent", "only", "consent"),
        ("funding", 0, "only", "consent"),
    ]
    assert places_of(contract, "metrics", "consent")[1:3] == [
        ("conditions", "paid", "all", 0, "observed"),
        ("milestones", "consent", "when", "observed"),
    ]


@pytest.mark.parametrize("name", ["west_london_zone", "fair_chance_fund", "educate_girls"])
def test_every_name_in_a_contract_stands_for_something(name: str) -> None:
    contract = read_contract(CONTRACTS / f"{name}.yaml")
    named = list(references(contract))
    assert len(named) > 15
    assert [one for one in named if meant_by(contract, one) is None] == []


def test_a_name_that_nothing_has_and_a_circle_are_told_where_they_stand() -> None:
    funding = Funding(for_=("consnet",), shares={"councl": "100%"})
    wrong = {"funding": (funding,), "conditions": {"one": "other", "other": "one"}}
    contract = contract_of("{}").model_copy(update=wrong)
    told = {one.path: one.fault for one in check_names(contract)}
    assert set(told) == {
        ("funding", 0, "for"),
        ("funding", 0, "shares", "councl"),
        ("conditions", "other"),
    }
    unknown = told["funding", 0, "for"]
    assert (unknown.code, unknown.hint) == ("unknown_milestone", "Did you mean 'consent'?")
    assert unknown.allowed.startswith("every milestone, consent")
    assert told["funding", 0, "shares", "councl"].problem == "there is no funder 'councl'"
    assert told["conditions", "other"].problem == "the condition 'one' refers to itself"
    assert told["conditions", "other"].found == "'one' needs 'other' needs 'one'"
