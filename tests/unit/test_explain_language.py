"""Explanations of totals, states, time, ways, absences, units, routes, places and standings."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import settled
from tests.spec.test_more_conditions import CLEAN, HALFWAY
from tests.spec.test_more_conditions import when as when_more
from tests.spec.test_states import QUARTER, when
from tests.spec.test_units import weekly
from tests.spec.test_who_and_how import AGED, HALF_LATE, REPLACED, ROUTES, slots

from impactbond.explanation.explain import explain
from impactbond.explanation.parts import MilestoneExplained

YEAR = "'year one' (2017-01-09 through 2018-01-08)"
END = "'end' (2017-10-09 through 2018-04-08)"
SEEN = """
    child | metric     | on         | value
    c1    | work       | 2017-02-01 | part time
    c1    | work       | 2017-04-30 | none
    c1    | work       | 2017-06-01 | full time
    c1    | work       | 2017-08-31 | full time
"""
TAKEN = """
    child | metric     | on         | value
    c1    | earned     | 2017-02-28 | 767.99
    c1    | earned     | 2017-03-31 | 0.01
    c1    | order      | 2017-02-01 | no
    c1    | assessed   | 2017-02-01 | yes
    c1    | offence    | 2017-02-01 | no
    c1    | sdq        | 2017-01-10 | 20
    c1    | reading    | 2017-01-10 | 80
    c1    | attendance | 2017-01-10 | 95.0
    c1    | sdq        | 2017-11-01 | 17
    c1    | sdq        | 2017-12-01 | 17
    c1    | reading    | 2017-12-01 | 83
"""


def told(terms: str, evidence: str, milestone: str, child: str = "c1") -> MilestoneExplained:
    """What is told of one milestone of a child."""
    explanation = explain(settled(terms, evidence), participant=child, milestone=milestone)
    assert explanation.milestones[0].sentence in str(explanation)
    return explanation.milestones[0]


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (
            QUARTER,
            "work part time or full time in 'twenty months' (2017-01-09 through 2018-09-08):"
            " 2017-02-01 through 2017-04-29; 2017-06-01 through 2017-08-31 (180 days, the longest"
            " stretch 92), complete on 2017-08-31, 3 months without a break needed",
        ),
        (
            "{state: work, pick: first, in: year one, is: [none, part time]}",
            f"first work in {YEAR} was part time on 2017-02-01, none or part time needed",
        ),
    ],
)
def test_states_are_told_with_their_days(condition: str, sentence: str) -> None:
    assert told(when(condition), SEEN, "goal").sentence == sentence


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (
            "{total: earned, in: year one, at_least: 768}",
            f"total earned in {YEAR} was 768.00 pounds in 2 rows, reached on 2017-03-31, at least"
            " 768 pounds needed",
        ),
        (
            CLEAN,
            "offence in 'quarter' (2017-01-09 through 2017-04-08) recorded 0 times, no more than 0"
            " allowed; somebody looked",
        ),
        (
            "{not: {observed: order, in: year one}}",
            "what must be evidenced and not be so is not met: order answered no in"
            f" {YEAR} (1 row), a yes needed",
        ),
        (
            "{level: sdq, pick: best, in: end, is: below 18}",
            f"best sdq in {END} was 17 on 2017-11-01, below 18 needed",
        ),
        (
            "{level: sdq, pick: mean, in: end, is: below 18}",
            f"mean sdq in {END} was 17.0 in 2 rows, below 18 needed",
        ),
    ],
)
def test_what_was_looked_at_is_told_with_its_figures(condition: str, sentence: str) -> None:
    assert told(when_more(condition), TAKEN, "goal").sentence == sentence


def test_ways_are_told_each_with_its_share() -> None:
    assert told(HALFWAY, TAKEN, "goal").sentence == (
        "sdq 20 on 2017-01-10 to 17 on 2017-12-01, 75.00% of the way to at most 16; reading 80 on"
        " 2017-01-10 to 83 on 2017-12-01, 30.00% of the way to at least 90; attendance 95.0% on"
        " 2017-01-10, no way to go to at least 92%; on average 52.50%, on average at least 50% of"
        " the way needed"
    )


def test_units_are_told_with_their_number_and_terms() -> None:
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
        c1    | home    | 2017-01-20 | family
        c1    | home    | 2017-02-20 | care
    """
    found = told(weekly("days: home, as: family, in: year one, every: 7 days"), evidence, "weeks")
    assert found.sentence.endswith("2 units from that day on, as known so far")
    # 1 to 19 February are known: two weeks, and five days that make none.
    assert "; 2017-02-01 through 2017-02-14 (2 units): 2 units" in found.sentence
    says = {term.term: term.says for term in found.terms}
    assert says["price"] == "£50.00, for each unit"
    assert says["units"].startswith(
        "a unit is every 7 days on which “home” is family, in “year one”"
    )
    assert "family" in says["metric home"]
    assert "care" in says["metric home"]


def test_units_are_told_from_when_to_when() -> None:
    evidence = """
        child | metric  | on                                          | value
        c1    | consent | 2017-02-01                                  | yes
        c1    | home    | 2017-01-20                                  | family
        c1    | home    | 2017-03-05                                  | care
        c1    | home    | 2017-03-20 2017-06-05                       | family
        c1    | meeting | 2017-02-01 2017-02-02 2017-02-10 2017-02-11 | yes
    """
    units = (
        "days: home, as: family, in: year one, every: 1 month, lapses: none, from: the day after"
    )
    found = told(weekly(units), evidence, "weeks")
    # From 2 February a month is to 2 March; from 20 March one is to 20 April, two to 20 May.
    assert found.sentence.endswith(
        "; 2017-02-02 through 2017-03-01 (1 unit), 2017-03-20 through 2017-05-19 (2 units): "
        "3 units from the day after on, as known so far"
    )
    found = told(weekly("rows: meeting, in: year one, every: 2"), evidence, "weeks")
    assert "; 2017-02-01 through 2017-02-02 (1 unit), 2017-02-10 through 2017" in found.sentence


@pytest.mark.parametrize(
    ("terms", "evidence", "child", "milestone", "words", "term"),
    [
        (
            ROUTES,
            """
        child | metric    | on         | value
        c1    | agreement | 2017-02-01 | yes
        c1    | consent   | 2017-03-01 | yes
            """,
            "c1",
            "work",
            "'school_and_crime', achieved on 2017-02-01, stands instead",
            "instead of",
        ),
        (
            slots("restarts"),
            REPLACED,
            "c2",
            "joins",
            "paid once for the place, place P1, and was achieved there by another participant",
            "places",
        ),
        (
            slots("goes on"),
            REPLACED,
            "c2",
            "joins",
            "nothing recorded of consent in 'quarter' (2017-01-09 through 2017-04-08)",
            "places",
        ),
        (
            HALF_LATE,
            """
        child | metric  | on         | value | recorded
        c1    | consent | 2017-03-01 | yes   | 2017-04-01
            """,
            "c1",
            "consent",
            "on evidence recorded after more than 30 days, which earns 50%",
            "evidence",
        ),
        (
            "",
            """
        child | metric  | on         | value | status
        c1    | consent | 2017-02-01 | yes   | disputed
            """,
            "c1",
            "consent",
            "on evidence in dispute, and so withheld until that is settled",
            "evidence",
        ),
        (
            AGED,
            """
        child | start      | age at start
        c1    | 2017-01-09 | 13
        ---
        child | metric   | on         | value
        c1    | assessed | 2017-03-01 | yes
            """,
            "c1",
            "school",
            "for participants with age at start 14 or 15 at the start, and this one had age at"
            " start 13",
            "only",
        ),
    ],
)
def test_who_is_paid_for_and_how_it_stands_is_told(
    terms: str, evidence: str, child: str, milestone: str, words: str, term: str
) -> None:
    found = told(terms, evidence, milestone, child)
    assert words in found.sentence
    assert term in {one.term for one in found.terms}


def test_who_started_too_late_is_told_so() -> None:
    evidence = """
        child | start
        c1    | 2017-01-09
        c2    | 2017-04-01
    """
    terms = "participants: {started: 2017-01-01 through 2017-03-31}"
    explanation = explain(settled(terms, evidence), participant="c2")
    missed = "not covered by the contract: it covers those who started from 2017-01-01 through"
    assert missed in explanation.standing


REACHED_BY_ANOTHER = """
    child | start      | left       | place
    c1    | 2017-01-09 | 2017-03-01 | P1
    c2    | 2017-03-02 |            | P1
    ---
    child | metric   | on         | value
    c1    | assessed | 2017-02-01 | yes
    c2    | consent  | 2017-03-20 | yes
"""
MET_BEFORE_ANOTHER = """
    child | start      | left       | place
    c1    | 2017-01-09 | 2017-03-01 | P1
    c2    | 2017-03-02 |            | P1
    ---
    child | metric   | on         | value
    c1    | consent  | 2017-02-20 | yes
    c2    | assessed | 2017-02-01 | yes
"""


@pytest.mark.parametrize(
    ("evidence", "child", "words"),
    [
        (REACHED_BY_ANOTHER, "c1", "reached on 2017-03-20, after leaving on 2017-03-01: "),
        (
            MET_BEFORE_ANOTHER,
            "c2",
            "; met on 2017-02-01 and counted from 2017-02-20, when what it comes after was achieved"
            " for the place",
        ),
    ],
)
def test_what_another_holder_of_the_place_reached_later_counts(
    evidence: str, child: str, words: str
) -> None:
    assert words in told(slots("goes on"), evidence, "stays", child).sentence
