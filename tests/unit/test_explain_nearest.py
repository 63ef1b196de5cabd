"""What smallest change of evidence would have achieved a milestone, tried with the engine."""

from __future__ import annotations

import json

import pytest
from tests.spec.drawn_tables import settled

from impactbond.errors import SettlementError
from impactbond.explanation.nearest import Nearest, nearest_change

SCORES = """
milestones:
  better: {when: {level: reading, pick: last, in: end, is: at least 90}, price: 100.00}
  after:  {after: better, when: {observed: consent, in: year one}, price: 50.00}
"""
SESSIONS = """
milestones:
  often: {when: {count: meeting, in: year one, at_least: 3}, price: 100.00}
  shown: {when: {share: session, marked: attended, in: year one, at_least: 75%}, price: 10.00}
"""


def near(terms: str, evidence: str, milestone: str, as_of: str = "2018-07-31") -> Nearest:
    settlement = settled(terms, f"child | metric | on | value\n{evidence}", as_of)
    return nearest_change(settlement, participant="c1", milestone=milestone)


def test_a_score_below_its_threshold_names_the_score_that_would_have_been_enough() -> None:
    found = near(SCORES, "c1 | reading | 2018-01-09 | 86", "better")
    assert found.verdict == "not achieved"
    assert str(found.changes[0]) == (
        "90 in place of 86 of reading in observations row 1: achieved on 2018-01-09"
    )
    assert json.loads(json.dumps(found.as_dict()))["changes"][0]["would_be"] == "90"


def test_a_threshold_below_nothing_is_tried_with_its_sign() -> None:
    terms = """
metrics:
  mood: {kind: score, range: [-20, 20], better: higher}
milestones:
  brighter: {when: {level: mood, pick: last, in: end, is: at least -5}, price: 100.00}
"""
    found = near(terms, "c1 | mood | 2018-01-09 | -12", "brighter")
    # 5 and its neighbours, the values 12 ± 5 below nothing and the ends of the range miss it.
    assert (found.changes[0].was, found.changes[0].would_be) == ("-12", "-5")


def test_what_is_not_evidenced_names_the_row_that_is_missing() -> None:
    found = near("", "c1 | sdq | 2017-02-01 | 10", "consent")
    assert found.verdict == "not evidenced"
    assert (
        str(found.changes[0]) == "a row of consent saying yes on 2017-01-09: achieved on 2017-01-09"
    )
    table = found.table
    assert table.loc[0, ["change", "metric", "would_be"]].tolist() == [
        "row added",
        "consent",
        "yes",
    ]


def test_one_meeting_too_few_is_one_row_and_two_are_more_than_one_change() -> None:
    two = near(SESSIONS, "c1 | meeting | 2017-03-01 2017-03-02 | yes", "often")
    assert str(two.changes[0]).startswith("a row of meeting saying yes on ")
    one = near(SESSIONS, "c1 | meeting | 2017-03-01 | yes", "often")
    assert one.changes == ()
    assert "No one row added or value changed would have achieved it" in one.text


def test_a_mark_is_changed_into_another() -> None:
    days = "2017-03-01 2017-03-02 2017-03-03"
    evidence = f"c1 | session | {days} | attended\nc1 | session | 2017-03-04 2017-03-05 | missed"
    found = near(SESSIONS, evidence, "shown")
    assert "attended in place of missed of session in observations row" in found.text


def test_a_change_may_lie_in_what_must_come_first() -> None:
    evidence = "c1 | reading | 2018-01-09 | 86\nc1 | consent | 2017-02-01 | yes"
    found = near(SCORES, evidence, "after")
    assert "needs" in found.sentence
    assert found.changes[0].metric == "reading"


def test_an_achieved_milestone_needs_no_change() -> None:
    found = near("", "c1 | consent | 2017-02-01 | yes", "consent")
    assert (found.changes, found.tried) == ((), 0)
    assert "Nothing need change." in str(found)
    assert "<pre>" in found._repr_html_()


def test_later_evidence_and_replaced_rows_are_not_changed() -> None:
    terms = SCORES
    evidence = """
        child | metric  | on         | value | recorded   | ref | replaces
        c1    | reading | 2018-01-09 | 70    | 2018-01-09 | a   |
        c1    | reading | 2018-01-09 | 86    | 2018-01-19 | b   | a
        c1    | reading | 2018-01-20 | 95    | 2018-09-01 | c   |
    """
    settlement = settled(terms, evidence, "2018-07-31")
    found = nearest_change(settlement, participant="c1", milestone="better")
    assert {change.was for change in found.changes} <= {"86", ""}


def test_nobody_unknown_is_named() -> None:
    settlement = settled("", "child | metric | on | value\nc1 | consent | 2017-02-01 | yes")
    with pytest.raises(SettlementError) as caught:
        nearest_change(settlement, participant="c-unknown", milestone="consent")
    assert "c-unknown" not in str(caught.value)
    with pytest.raises(SettlementError, match="there is no milestone 'x'"):
        nearest_change(settlement, participant="c1", milestone="x")


@pytest.mark.parametrize(
    "condition",
    [
        "{level: reading, pick: last, in: end, is: at least 90}",
        "{crosses: reading, from: below 90, to: at least 90, between: [baseline, end]}",
        "{improves: reading, by: 8, between: [baseline, end]}",
    ],
)
def test_no_smaller_change_of_a_value_would_have_been_enough(condition: str) -> None:
    """Every value of the range is tried by a child of its own, for each of the two rows."""
    terms = f"milestones: {{better: {{when: {condition}, price: 100.00}}}}"
    scores = {"2017-02-01": 85, "2018-01-09": 88}
    drawn = ["child | metric | on | value"]
    changed = {}
    for place, (day, now) in enumerate(scores.items()):
        for value in range(60, 141):
            child = f"x{place}{value}"
            changed[child] = abs(value - now)
            drawn += [
                f"{child} | reading | {on} | {is_}" for on, is_ in (scores | {day: value}).items()
            ]
    decided = settled(terms, "\n".join(drawn), "2018-07-31").decisions_table.to_pylist()
    enough = [changed[row["participant"]] for row in decided if row["verdict"] == "achieved"]
    found = near(
        terms,
        "\n".join(f"c1 | reading | {day} | {value}" for day, value in scores.items()),
        "better",
    )
    best = next(change for change in found.changes if change.was)
    assert abs(int(best.would_be) - int(best.was)) == min(enough)
