"""Conditions: tests on evidence. Each is met, not met, or not evidenced; only met pays."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import BASE, paid, verdicts


def when(condition: str) -> str:
    """A contract that pays £100.00 for this condition."""
    return f"milestones: {{goal: {{when: {condition}, price: 100.00}}}}"


@pytest.mark.mechanic(1, 16)
def test_an_event_is_met_on_the_first_day_on_which_it_happened() -> None:
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-01-20 | no
        c1    | consent | 2017-02-10 | yes
        c1    | consent | 2017-05-10 | yes
    """
    assert verdicts(BASE, evidence) == {"c1 consent": "achieved 2017-02-10"}


@pytest.mark.mechanic(1)
def test_an_event_that_was_asked_about_and_did_not_happen_is_not_met() -> None:
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-01-20 | no
    """
    assert verdicts(BASE, evidence) == {"c1 consent": "not achieved: not met"}
    assert paid(BASE, evidence) == {}


@pytest.mark.mechanic(1)
def test_an_event_that_has_happened_is_not_undone_by_a_later_no() -> None:
    # Only a correction, a row that replaces another, takes anything back.
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-10 | yes
        c1    | consent | 2017-05-10 | no
    """
    assert verdicts(BASE, evidence) == {"c1 consent": "achieved 2017-02-10"}


@pytest.mark.mechanic(5)
def test_a_count_is_met_on_the_day_of_the_last_one_needed() -> None:
    terms = when("{count: meeting, in: year one, at_least: 3}")
    evidence = """
        child | metric  | on                                          | value
        c1    | meeting | 2017-02-01 2017-03-01 2017-04-04 2017-05-01 | yes
        c2    | meeting | 2017-02-01 2017-03-01                       | yes
        c2    | meeting | 2017-04-04                                  | no
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-04-04",
        "c2 goal": "not achieved: not met",  # the meeting that did not happen does not count
    }


@pytest.mark.mechanic(5)
def test_a_count_of_one_mark_counts_only_that_mark() -> None:
    terms = when("{count: session, marked: attended, in: year one, at_least: 2}")
    evidence = """
        child | metric  | on                               | value
        c1    | session | 2017-02-01            2017-04-01 | attended
        c1    | session |            2017-03-01            | missed
        c2    | session | 2017-02-01                       | attended
        c2    | session |            2017-03-01 2017-04-01 | missed
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-04-01",
        "c2 goal": "not achieved: not met",
    }


@pytest.mark.mechanic(6)
def test_a_share_is_met_when_it_is_exactly_the_share_asked_for() -> None:
    terms = when("{share: session, marked: attended, in: year one, at_least: 75%}")
    evidence = """
        child | metric  | on                                          | value
        c1    | session | 2017-02-01 2017-03-01 2017-04-01            | attended
        c1    | session | 2017-05-01                                  | missed
        c2    | session | 2017-02-01 2017-03-01 2017-04-01 2017-05-01 | attended
        c2    | session | 2017-06-01                                  | missed
        c2    | session | 2017-07-01                                  | cancelled
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2018-01-08",  # 3 of 4
        "c2 goal": "not achieved: not met",  # 4 of 6, for a cancelled session was scheduled too
    }


@pytest.mark.mechanic(6)
def test_a_share_is_decided_on_the_last_day_of_its_window_and_not_before() -> None:
    terms = when("{share: session, marked: attended, in: year one, at_least: 75%}")
    evidence = """
        child | metric  | on         | value
        c1    | session | 2017-02-01 | attended
    """
    assert verdicts(terms, evidence, as_of="2018-01-31") == {"c1 goal": "not yet due: window open"}
    assert paid(terms, evidence) == {"2018-Q1": {"council": "100.00"}}


@pytest.mark.mechanic(12)
@pytest.mark.parametrize(
    ("pick", "day"),
    [("", "achieved 2018-03-05"), ("pick: last,", "achieved 2018-03-05"),
     ("pick: first,", "not achieved: not met")],
)  # fmt: skip
def test_a_level_looks_at_the_last_measure_unless_the_first_is_asked_for(
    pick: str, day: str
) -> None:
    terms = when(f"{{level: sdq, {pick} in: end, is: below 17}}")
    evidence = """
        child | metric | on         | value
        c1    | sdq    | 2017-11-01 | 20
        c1    | sdq    | 2018-03-05 | 16
    """
    assert verdicts(terms, evidence) == {"c1 goal": day}


@pytest.mark.mechanic(12)
@pytest.mark.parametrize(
    ("threshold", "who_passes"),
    [
        ("at least 17", ["c17", "c18"]),
        ("above 17", ["c18"]),
        ("at most 17", ["c16", "c17"]),
        ("below 17", ["c16"]),
    ],
)
def test_a_threshold_says_on_which_side_the_bar_itself_lies(
    threshold: str, who_passes: list[str]
) -> None:
    terms = when(f"{{level: sdq, in: baseline, is: {threshold}}}")
    evidence = """
        child | metric | on         | value
        c16   | sdq    | 2017-01-10 | 16
        c17   | sdq    | 2017-01-10 | 17
        c18   | sdq    | 2017-01-10 | 18
    """
    decided = verdicts(terms, evidence).items()
    assert [who.split()[0] for who, why in decided if why.startswith("achieved")] == who_passes


@pytest.mark.mechanic(13)
@pytest.mark.parametrize(
    ("metric", "before", "enough", "short"),
    [("sdq", 20, 15, 16), ("reading", 80, 85, 84), ("attendance", 88.4, 93.4, 93.3)],
)
def test_an_improvement_goes_the_way_in_which_the_metric_gets_better(
    metric: str, before: float, enough: float, short: float
) -> None:
    terms = when(f"{{improves: {metric}, by: 5, between: [baseline, end]}}")
    evidence = f"""
        child | metric   | on         | value
        c1 c2 | {metric} | 2017-01-10 | {before}
        c1    | {metric} | 2017-11-01 | {enough}
        c2    | {metric} | 2017-11-01 | {short}
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-11-01",
        "c2 goal": "not achieved: not met",
    }


@pytest.mark.mechanic(13)
def test_an_improvement_is_from_the_first_measure_before_to_the_last_after() -> None:
    terms = when("{improves: sdq, by: 5, between: [baseline, end]}")
    evidence = """
        child | metric | on         | value
        c1 c2 | sdq    | 2017-01-10 | 20
        c1 c2 | sdq    | 2017-02-10 | 30
        c1    | sdq    | 2017-11-01 | 18
        c1    | sdq    | 2018-02-01 | 15
        c2    | sdq    | 2017-11-01 | 10
        c2    | sdq    | 2018-02-01 | 16
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2018-02-01",  # 20 to 15
        "c2 goal": "not achieved: not met",  # 20 to 16; the 30 and the 10 lie between
    }


@pytest.mark.mechanic(12, 26)
def test_a_threshold_is_crossed_only_by_a_child_who_began_on_the_other_side() -> None:
    terms = when("{crosses: sdq, from: at least 17, to: below 17, between: [baseline, end]}")
    evidence = """
        child | metric | on         | value
        c1    | sdq    | 2017-01-10 | 17
        c2    | sdq    | 2017-01-10 | 16
        c3    | sdq    | 2017-01-10 | 40
        c1 c2 | sdq    | 2017-11-01 | 16
        c3    | sdq    | 2017-11-01 | 17
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-11-01",
        "c2 goal": "not achieved: not met",  # was never at risk
        "c3 goal": "not achieved: not met",  # much better, and still at risk
    }


@pytest.mark.mechanic(5, 106)
def test_all_of_several_are_met_on_the_last_of_their_days() -> None:
    terms = when("{all: [{observed: consent, in: year one}, {observed: agreement, in: year one}]}")
    evidence = """
        child | metric    | on         | value
        c1 c2 | consent   | 2017-02-01 | yes
        c1    | agreement | 2017-05-01 | yes
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-05-01",
        "c2 goal": "not evidenced: no evidence",
    }


@pytest.mark.mechanic(22, 23, 106)
def test_any_of_several_is_met_on_the_first_of_their_days_and_pays_once() -> None:
    terms = when("{any: [{observed: consent, in: year one}, {observed: agreement, in: year one}]}")
    evidence = """
        child | metric    | on         | value
        c1    | consent   | 2017-05-01 | yes
        c1    | agreement | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "100.00"}}


@pytest.mark.mechanic(10)
def test_steps_for_one_two_and_three_outcomes_whichever_they_are() -> None:
    terms = """
conditions:
  calmer:  {improves: sdq, by: 5, between: [baseline, end]}
  reads:   {improves: reading, by: 8, between: [baseline, end]}
  present: {improves: attendance, by: 5%, between: [baseline, end]}
milestones:
  one:   {when: {at_least: 1, of: [calmer, reads, present]}, price: 350.00}
  two:   {when: {at_least: 2, of: [calmer, reads, present]}, price: 325.00}
  three: {when: {at_least: 3, of: [calmer, reads, present]}, price: 300.00}
"""
    evidence = """
        child | metric     | on         | value
        c1 c2 | sdq        | 2017-01-10 | 20
        c1 c2 | reading    | 2017-01-10 | 80
        c1 c2 | attendance | 2017-01-10 | 90
        c1 c2 | sdq        | 2017-11-01 | 12
        c1 c2 | reading    | 2018-02-01 | 88
        c1    | attendance | 2018-04-01 | 95
    """
    assert paid(terms, evidence) == {
        "2017-Q4": {"council": "700.00"},
        "2018-Q1": {"council": "650.00"},
        "2018-Q2": {"council": "300.00"},  # c1 alone
    }


@pytest.mark.mechanic(10)
def test_at_least_two_is_not_met_once_the_parts_without_evidence_could_not_make_it_two() -> None:
    terms = """
conditions:
  agrees:    {observed: consent, in: year one}
  signs:     {observed: agreement, in: year one}
  is seen:   {observed: assessed, in: year one}
milestones: {goal: {when: {at_least: 2, of: [agrees, signs, is seen]}, price: 100.00}}
"""
    evidence = """
        child | metric    | on         | value
        c1 c2 | consent   | 2017-02-01 | no
        c2    | agreement | 2017-02-01 | no
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "not evidenced: no evidence",  # the other two might both be yes
        "c2 goal": "not achieved: not met",
    }


@pytest.mark.mechanic(10)
@pytest.mark.parametrize("wanted", range(1, 10))
def test_at_least_so_many_of_nine_is_met_on_the_day_of_that_many(wanted: int) -> None:
    # Part k is met on the day of the k-th meeting; nine parts can be chosen in up to 126 ways.
    part = "{{count: meeting, in: year one, at_least: {}}}"
    parts = ", ".join(part.format(k) for k in (5, 9, 1, 7, 3, 2, 8, 4, 6))
    evidence = """
        child | metric  | on         | value
        c1    | meeting | 2017-02-01 2017-02-02 2017-02-03 2017-02-04 2017-02-05 | yes
        c1    | meeting | 2017-02-06 2017-02-07 2017-02-08 2017-02-09            | yes
        c2    | meeting | 2017-02-01 2017-02-02 2017-02-03 2017-02-04            | yes
    """
    found = verdicts(when(f"{{at_least: {wanted}, of: [{parts}]}}"), evidence)
    assert found == {
        "c1 goal": f"achieved 2017-02-0{wanted}",
        "c2 goal": f"achieved 2017-02-0{wanted}" if wanted <= 4 else "not achieved: not met",
    }
    paid_for = paid(when(f"{{at_least: {wanted}, of: [{parts}]}}"), evidence)
    assert paid_for == {"2017-Q1": {"council": "200.00" if wanted <= 4 else "100.00"}}


@pytest.mark.mechanic(5)
def test_all_is_not_met_as_soon_as_one_part_is_not_met() -> None:
    terms = when("{all: [{observed: consent, in: year one}, {observed: agreement, in: year one}]}")
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | no
    """
    assert verdicts(terms, evidence) == {"c1 goal": "not achieved: not met"}


@pytest.mark.mechanic(5)
def test_high_engagement_needs_enough_meetings_and_enough_of_the_sessions() -> None:
    terms = """
conditions:
  meets:   {count: meeting, in: year one, at_least: 6}
  attends: {share: session, marked: attended, in: year one, at_least: 75%}
milestones: {goal: {when: {all: [meets, attends]}, price: 100.00}}
"""
    evidence = """
        child    | metric  | on                                          | value
        c1 c2 c3 | meeting | 2017-02-01 2017-03-01 2017-04-01            | yes
        c1 c3    | meeting | 2017-05-01 2017-06-01 2017-07-01            | yes
        c1 c2    | session | 2017-02-02 2017-03-02 2017-04-02 2017-05-02 | attended
        c3       | session | 2017-02-02 2017-03-02                       | attended
        c3       | session | 2017-04-02                                  | missed
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2018-01-08",
        "c2 goal": "not achieved: not met",  # 3 meetings
        "c3 goal": "not achieved: not met",  # 2 sessions of 3
    }


@pytest.mark.mechanic(112)
@pytest.mark.parametrize(
    "condition",
    [
        "{observed: consent, in: year one}",
        "{count: meeting, in: year one, at_least: 1}",
        "{share: session, marked: attended, in: year one, at_least: 1%}",
        "{level: sdq, in: end, is: below 40}",
        "{improves: sdq, by: 1, between: [baseline, end]}",
        "{crosses: sdq, from: at least 17, to: below 17, between: [baseline, end]}",
        "{all: [{observed: consent, in: year one}]}",
        "{any: [{observed: consent, in: year one}, {level: sdq, in: end, is: below 40}]}",
        "{at_least: 1, of: [{observed: consent, in: year one}]}",
    ],
)
def test_of_a_child_of_whom_nothing_is_recorded_nothing_is_met_and_nothing_paid(
    condition: str,
) -> None:
    evidence = """
        child | start
        c1    | 2017-01-09
    """
    assert verdicts(when(condition), evidence) == {"c1 goal": "not evidenced: no evidence"}
    assert paid(when(condition), evidence) == {}


@pytest.mark.mechanic(12, 13)
@pytest.mark.parametrize(
    "condition",
    [
        "{improves: sdq, by: 5, between: [baseline, end]}",
        "{crosses: sdq, from: at least 17, to: below 17, between: [baseline, end]}",
    ],
)
def test_a_change_of_which_only_one_end_was_measured_is_not_evidenced(condition: str) -> None:
    evidence = """
        child | metric | on         | value
        c1    | sdq    | 2017-01-10 | 30
        c2    | sdq    | 2017-11-01 | 1
    """
    assert verdicts(when(condition), evidence) == {
        "c1 goal": "not evidenced: no evidence",
        "c2 goal": "not evidenced: no evidence",
    }
