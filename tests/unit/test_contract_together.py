"""A contract with many mistakes: all of them at once, each once, in the order of the lines."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.damaged_contracts import NAME, WHOLE, damaged, faults_of, jargon_in, line_of

from impactbond.contract.read import parse_contract
from impactbond.contract.reading.yaml_document import load
from impactbond.errors import ContractError
from impactbond.terms.diagnostic import Path

MANY = [
    # what is written, what is told of it
    ("signed_on: 2016-11-01", "signed_on: 2016-11-31", "not_allowed"),
    ("currency: GBP", "currency: gbp", "unknown_currency"),
    ("kind: council}", "kind: counsil}", "not_a_choice"),
    ("each: school", "each: scool", "unknown_attribute"),
    ("every: quarter", "every: quarterly", "not_a_choice"),
    ("{borough: [lbhf]}", "{borough: [lbfh]}", "unknown_value"),
    ("repeats: true", "repeats: yes", "wrong_kind"),
    ("range: [0, 10], better: lower", "range: [10, 0], better: lower", "range_empty"),
    ("start to 1 year after start", "the first year", "not_allowed"),
    ("is: below 20}", "is: below 20.5}", "finer_than_metric"),
    ("{crosses: sdq, from", "{crosses: sqd, from", "unknown_metric"),
    ("by: 6, ", "by: six, ", "not_allowed"),
    ("{title: Parental consent", "{titel: Parental consent", "unknown_key"),
    ("price: 450.00", "price: £450 / £500", "wrong_kind"),
    ("when: one outcome", "when: no outcome", "unknown_condition"),
    ("{lbhf: 30%, school: 20%", "{lbhf: 60%, school: 20%", "shares_not_whole"),
    ("on: 2016-12-01", "on: 2015-12-01", "outside_term"),
    ("{funder: lottery", "{funder: lotery", "unknown_funder"),
    ("odd_penny: in the order", "odd_penny: out of the order", "not_a_choice"),
    ("{specialist: Mark}", "{specialist: each row}", "each_row_needs_event"),
]


def test_mistakes_of_shape_and_of_meaning_are_told_together_in_the_order_of_the_lines() -> None:
    text = damaged(*((old, new) for old, new, _ in MANY))
    told = [(fault.line, fault.code) for fault in faults_of(text)]
    assert told == [(line_of(WHOLE, old), code) for old, _, code in MANY]
    with pytest.raises(ContractError) as caught:
        parse_contract(text.encode(), name=NAME)
    assert str(caught.value).startswith(f"The contract {NAME} has {len(MANY)} faults:\n  - ")


# A part that cannot be read, and text elsewhere that would be wrong for whatever stands in for it.
FOLLOWS = [
    ("kind: score, range: [0, 40]", "kind: thermometer, range: [0, 40]"),
    ("  sdq:           {kind", "  sdq:           # {kind"),
    ("range: [0, 40]", "range: [0, forty]"),
    ("[attended, missed]", "[attended, 7]"),
    ("attributes: {school: text", "attributes: [school] #"),
    ("borough: [lbhf, rbkc]", "borough: lbhf"),
    ("2016-11-01 through 2019-03-31", "three years"),
    ("baseline:  3 months before start", "baseline:  before start"),
    ("  at risk:\n", "  at risk: {}\n  not at risk:\n"),
    ("price: 120.00", "price: a lot"),
    ("{lbhf: 30%", "{lbhf: a third"),
    ("for: [consent, sign_up,", "for: [7, sign_up, consent,"),
    ("for: [one_outcome, two_outcomes, three_outcomes]", "for:"),
    ("{funder: trust}", "{funder: 7}"),
    ("at_most: ", "at_most: about "),
    ("each: school", "each: [school]"),
    ("holds: participants", "holds: people"),
    ("columns: {ref: Ref", "columns: [ref: Ref] #"),
    ("metrics: {sdq: SDQ total", "metrics: [sdq: SDQ total] #"),
    ("currency: GBP", "currency: [GBP]"),
]


@pytest.mark.parametrize(("old", "new"), FOLLOWS, ids=[new.strip()[:40] for _, new in FOLLOWS])
def test_what_only_follows_from_a_mistake_is_not_told(old: str, new: str) -> None:
    (fault,) = faults_of(damaged((old, new)))
    assert fault.line == line_of(WHOLE, old)


PARTS = ("version", "funders", "calendar", "participants", "metrics", "windows", "conditions")


@pytest.mark.parametrize("part", [*PARTS, "milestones", "funding"])
def test_where_a_whole_part_cannot_be_read_nothing_else_is_told(part: str) -> None:
    value = load(WHOLE, NAME).value
    (fault,) = faults_of(written({**value, part: "later"}))
    assert (fault.clause, fault.code) == (part, "wrong_kind")
    del value[part]
    if part in ("participants", "conditions"):
        return  # These may be left out: then it is their names that nothing in the contract has.
    (fault,) = faults_of(written(value))
    assert (fault.clause, fault.code) == (part, "missing_key")


def test_the_same_faults_whichever_of_two_mistakes_is_put_right_first() -> None:
    changes = [(old, new) for old, new, _ in MANY]
    for left in range(len(changes)):
        kept = changes[:left] + changes[left + 1 :]
        codes = [code for index, (_, _, code) in enumerate(MANY) if index != left]
        assert [fault.code for fault in faults_of(damaged(*kept))] == codes


ODD: list[Any] = [
    *(None, True, 0, -1, 3, 10**30, Decimal("1.5"), Decimal("1E+40"), Decimal("1E-41"), "", "x"),
    *("the rest", "30%", "130%", "1/0", "=1+1", "at least 3", "start to 1 year after start"),
    *(
        "2017-02-30 through 2018-01-01",
        "1999-01-01 through 2500-01-01",
        "0 days",
        "every milestone",
    ),
    *("start through 100 years after start", "100 years before start to start", "unfunded"),
    *("0001-01-01 to start", "start to 9999-12-31", "at least 999999999999", date(9999, 12, 31)),
    *([], ["x"], [None], [[]], [1, 2], {}, {"x": 1}, {"kind": "event"}, {"funder": "trust"}),
    *({"kind": "session", "marks": ["a"]}, {"observed": "consent", "in": "enrolment"}),
    *({"all": []}, {"any": ["at risk"]}, {"of": ["at risk"], "at_least": 1}, {"contract": "whole"}),
]
KEYS = ("x", "price", "kind", "in", "of", "any", "at_least", "for", "", "<<", "each", "clause", "9")


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a value, the outer before the inner."""
    listed = enumerate(value) if isinstance(value, list) else ()
    for part, entry in value.items() if isinstance(value, dict) else listed:
        yield (*path, part)
        yield from places(entry, (*path, part))


def written(value: Any) -> str:
    """A value as JSON, a line for each place, with numbers and days as they stand in YAML."""

    def plain(part: Any) -> Any:
        return f"@@{part}@@"

    return re.sub(r'"@@(.*?)@@"', r"\1", json.dumps(value, default=plain, indent=1))


@st.composite
def spoilt(draw: st.DrawFn) -> str:
    """The fixture contract with one to six places spoilt."""
    value = load(WHOLE, NAME).value
    for _ in range(draw(st.integers(1, 6))):
        *path, part = draw(st.sampled_from(list(places(value))))
        above = value
        for step in path:
            above = above[step]
        match draw(st.sampled_from(("odd", "gone", "moved", "renamed", "added", "letter"))):
            case "odd":
                above[part] = copy.deepcopy(draw(st.sampled_from(ODD)))
            case "gone":
                del above[part]
            case "moved":
                other = draw(st.sampled_from(list(above) if isinstance(above, dict) else [part]))
                above[part], above[other] = above[other], above[part]
            case "renamed" if isinstance(above, dict):
                above[draw(st.sampled_from(KEYS)) + str(part)[1:]] = above.pop(part)
            case "added" if isinstance(above, dict):
                above[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(st.sampled_from(ODD)))
            case "letter" if isinstance(above[part], str):
                at = draw(st.integers(0, len(above[part])))
                letter = draw(st.sampled_from("0 a%/-"))
                above[part] = above[part][:at] + letter + above[part][at + 1 :]
    return written(value)


@settings(max_examples=70, deadline=None)
@given(spoilt())
def test_however_a_contract_is_spoilt_it_is_read_or_everything_wrong_is_told(text: str) -> None:
    try:
        contract = parse_contract(text.encode(), name=NAME)
    except ContractError as error:
        told = [(fault.line, fault.clause, fault.problem) for fault in error.faults]
        assert told
        assert len(set(told)) == len(told)
        for fault in error.faults:
            assert fault.line > 0
            assert fault.code
            assert not jargon_in(fault), str(fault)
            assert fault.allowed or fault.hint or fault.found, str(fault)
    else:
        assert contract.milestones
