"""What is wrong with conditions, units, alternatives, places and sources is told, where it is."""

from __future__ import annotations

import pytest
from tests.damaged_contracts import jargon_in
from tests.spec.drawn_tables import contract_of

from impactbond.errors import ContractError

METRICS = """
metrics:
  work: {kind: state, states: [none, part time, full time]}
  earned: {kind: quantity, decimals: 2}
"""
CONSENT = "{observed: consent, in: year one}"


def told(terms: str) -> list[tuple[str, str]]:
    """The code and the place of everything that is wrong with a contract, without jargon."""
    with pytest.raises(ContractError) as error:
        contract_of(METRICS + terms)
    assert not [word for fault in error.value.faults for word in jargon_in(fault)]
    return [(fault.code, fault.clause) for fault in error.value.faults]


def condition(text: str) -> str:
    return f"milestones: {{goal: {{when: {text}, price: 1.00}}}}"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("{total: sdq, in: year one, at_least: 1}", "wrong_metric_kind", "total"),
        ("{total: earnd, in: year one, at_least: 1}", "unknown_metric", "total"),
        ("{total: earned, in: year won, at_least: 1}", "unknown_window", "in"),
        ("{total: earned, in: year one, at_least: 0}", "always_met", "at_least"),
        ("{total: earned, in: year one, at_least: 0.001}", "finer_than_metric", "at_least"),
        ("{state: earned, in: year one, is: none}", "wrong_metric_kind", "state"),
        ("{state: work, in: year one, is: full tme}", "unknown_state", "is"),
        ("{state: work, in: year one, is: [none, fll]}", "unknown_state", "is > entry 2"),
        ("{state: work, in: year one, is: []}", "no_state", "is"),
        (
            "{state: work, in: year one, is: [none, part time, full time]}",
            "always_met",
            "is",
        ),
        ("{sustained: consent, as: yes, for: 1 day, in: year one}", "wrong_metric_kind", None),
        ("{sustained: work, as: fll, for: 1 day, in: year one}", "unknown_state", "as"),
        ("{sustained: work, as: none, for: 0 days, in: year one}", "always_met", "for"),
        ("{sustained: work, as: none, for: 13 months, in: year one}", "cannot_be_met", "for"),
        (
            "{sustained: work, as: none, for: 13 weeks, within: 3 months, in: year one}",
            "cannot_be_met",
            "within",
        ),
        (
            "{travels: {sdq: at most 16, consent: at least 1}, between: [baseline, end],"
            " at_least: 50%}",
            "wrong_metric_kind",
            "travels > consent",
        ),
        (
            "{travels: {sdq: at least 16}, between: [baseline, end], at_least: 50%}",
            "wrong_way",
            "travels > sdq",
        ),
        (
            "{travels: {sdq: at most 40}, between: [baseline, end], at_least: 50%}",
            "threshold_outside_range",
            "travels > sdq",
        ),
        (
            "{travels: {sdq: at most 16}, between: [baseline, ende], at_least: 50%}",
            "unknown_window",
            "between > entry 2",
        ),
        ("{level: sdq, pick: best, in: end, is: below 16.5}", "finer_than_metric", "is"),
        (f"{{absence: sdq, in: year one, shown_by: {CONSENT}}}", "wrong_metric_kind", "absence"),
        (
            f"{{absence: session, marked: mised, in: year one, shown_by: {CONSENT}}}",
            "unknown_mark",
            "marked",
        ),
        (
            "{absence: meeting, in: year one, shown_by: {observed: consnt, in: year one}}",
            "unknown_metric",
            "shown_by > observed",
        ),
        (
            f"{{absence: meeting, in: year one, shown_by: {{not: {CONSENT}}}}}",
            "shows_nothing",
            "shown_by",
        ),
        (
            f"{{absence: meeting, in: year one, shown_by: {{any: [{CONSENT},"
            f" {{not: {CONSENT}}}]}}}}",
            "shows_nothing",
            "shown_by",
        ),
        ("{not: {observed: consnt, in: year one}}", "unknown_metric", "not > observed"),
        ("{not: {count: sdq, marked: x, in: year one, at_least: 1}}", "unknown_mark", None),
    ],
)
def test_a_condition_that_cannot_be_weighed_is_refused(
    text: str, code: str, place: str | None
) -> None:
    found = told(condition(text))
    assert [one for one, _ in found] == [code]
    if place is not None:
        assert found[0][1] == f"milestones > goal > when > {place}"


@pytest.mark.parametrize(
    "text",
    [
        "{level: sdq, pick: mean, in: end, is: below 16.5}",  # a mean may be finer than the metric
        f"{{absence: meeting, in: year one, shown_by: {{all: [{CONSENT}, {{not: {CONSENT}}}]}}}}",
        "{sustained: work, as: none, for: 1 year, in: year one}",
        "{travels: {sdq: below 17}, between: [baseline, end], at_least: 0%}",
    ],
)
def test_a_condition_that_is_only_unusual_is_taken(text: str) -> None:
    assert contract_of(METRICS + condition(text)).milestones


def test_conditions_that_name_each_other_through_not_and_absence_are_a_circle() -> None:
    terms = """
conditions:
  one: {not: two}
  two: {absence: meeting, in: year one, shown_by: {all: [{observed: consent, in: year one}, one]}}
milestones: {goal: {when: one, price: 1.00}}
"""
    place = "conditions > two > shown_by > all > entry 2"
    assert told(terms) == [("circular_condition", place)]


def goal(more: str, others: str = "") -> str:
    return f"milestones:\n  goal: {{when: {CONSENT}, price: 1.00, {more}}}\n{others}"


OTHER = "  other: {{when: {{observed: agreement, in: year one}}, price: 1.00, {}}}\n"


@pytest.mark.parametrize(
    ("terms", "code", "place"),
    [
        (goal("only: {area: [a]}"), "unknown_attribute", "only > area"),
        (goal("only: {borough: [north, east]}"), "unknown_value", "only > borough > entry 2"),
        (goal("instead_of: othr", OTHER.format("")), "unknown_milestone", "instead_of"),
        (goal("instead_of: goal"), "instead_of_itself", "instead_of"),
        (goal("instead_of: other, after: other", OTHER.format("")), "after_alternative", "after"),
        (goal("units: {rows: consnt, in: year one}"), "unknown_metric", "units > rows"),
        (goal("units: {rows: work, in: year one}"), "wrong_metric_kind", "units > rows"),
        (goal("units: {rows: session, marked: x, in: year one}"), "unknown_mark", "units > marked"),
        (
            goal("units: {days: earned, as: none, in: year one}"),
            "wrong_metric_kind",
            "units > days",
        ),
        (goal("units: {days: work, as: fll, in: year one}"), "unknown_state", "units > as"),
        (goal("units: {days: work, as: none, in: year 1}"), "unknown_window", "units > in"),
        (goal("units: {amounts: work, in: year one, every: 1}"), "wrong_metric_kind", None),
        (goal("units: {amounts: earned, in: year one, every: 0}"), "always_met", "units > every"),
        (
            goal("units: {amounts: earned, in: year one, every: 0.005}"),
            "finer_than_metric",
            "units > every",
        ),
        (
            "participants: {places: {by: borough, clock: restarts}}\n"
            + goal("units: {rows: meeting, in: year one}"),
            "units_of_places",
            "units",
        ),
    ],
)
def test_a_milestone_that_cannot_be_reached_or_counted_is_refused(
    terms: str, code: str, place: str | None
) -> None:
    found = told(terms)
    assert [one for one, _ in found] == [code]
    if place is not None:
        assert found[0][1] == f"milestones > goal > {place}"


def test_what_comes_after_an_alternative_cannot_come_before_another_of_its_kind() -> None:
    terms = goal(
        "instead_of: other",
        OTHER.format("after: between")
        + "  between: {after: goal, when: {observed: assessed, in: year one}, price: 1.00}\n",
    )
    assert [code for code, _ in told(terms)] == ["after_alternative"]


@pytest.mark.parametrize(
    ("terms", "code", "place"),
    [
        (
            "participants: {places: {by: slot, clock: restarts}}",
            "unknown_attribute",
            "participants > places > by",
        ),
        (
            "participants: {started: 2017-03-31 through 2017-01-01}",
            "started_reversed",
            "participants > started",
        ),
        (
            "participants: {started: 2019-01-01 through 2019-03-31}",
            "started_after_term",
            "participants > started",
        ),
        (
            "metrics: {work: {kind: state, states: [none, none]}}",
            "state_twice",
            "metrics > work > states > entry 2",
        ),
        (
            "metrics: {consent: {kind: event, sources: [school, school]}}",
            "source_twice",
            "metrics > consent > sources > entry 2",
        ),
    ],
)
def test_terms_about_participants_and_metrics_that_make_no_sense_are_refused(
    terms: str, code: str, place: str
) -> None:
    with pytest.raises(ContractError) as error:
        contract_of(terms)
    assert [(fault.code, fault.clause) for fault in error.value.faults] == [(code, place)]


def test_a_sheet_that_tells_no_source_cannot_deliver_what_some_sources_alone_may_say() -> None:
    terms = """
metrics: {consent: {kind: event, sources: [school]}}
sheets:
  Children: {holds: participants, columns: {participant: Child, started_on: Start,
    recorded_on: Recorded, school: School, borough: Borough}}
  All:
    columns: {participant: Child, observed_on: Day, recorded_on: Recorded}
    metrics: {consent: C, agreement: A, assessed: S, meeting: M, session: N, sdq: Q, reading: R,
      attendance: T}
"""
    with pytest.raises(ContractError) as error:
        contract_of(terms)
    assert [(fault.code, fault.clause) for fault in error.value.faults] == [
        ("source_not_mapped", "sheets > All > metrics > consent")
    ]
