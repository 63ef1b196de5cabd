"""Explanations: every kind of condition, in each of its states, with the rows that it relied on."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pyarrow.compute as pc
import pytest
from tests.spec.drawn_tables import contract_of, evidence_of, settled

from impactbond.explanation.explain import explain, explain_each
from impactbond.explanation.parts import ConditionExplained
from impactbond.settlement.settle import settle

BASELINE = "'baseline' (2016-10-09 through 2017-04-08)"
END = "'end' (2017-10-09 through 2018-04-08)"
YEAR = "'year one' (2017-01-09 through 2018-01-08)"


def finding(condition: str, evidence: str, **more: str) -> ConditionExplained:
    """How the evidence about c1 stands to one condition."""
    named = more.get("conditions", "")
    terms = f"{named}\nmilestones: {{m: {{when: {condition}, price: 1.00}}}}"
    explanation = explain(settled(terms, evidence), participant="c1")
    found = explanation.milestones[0].condition
    assert found is not None
    assert found.sentence in explanation.text or found.parts
    return found


HEADINGS = "child | metric | on | value"


def rows_of(child: str, metric: str, *observed: str) -> list[str]:
    """The drawn rows of one metric for a child, from `day value` pairs."""
    return [f"{child} | {metric} | {' | '.join(pair.split(' ', 1))}" for pair in observed]


def drawn(metric: str, *observed: str) -> str:
    """A drawn table of one metric for c1, from `day value` pairs."""
    # Another child, and another metric, are always there: their rows could be mistaken.
    others = ["c9 | consent | 2017-03-01 | yes", "c1 | assessed | 2017-01-20 | yes"]
    return "\n".join([HEADINGS, *others, *rows_of("c1", metric, *observed)])


OBSERVED = "{observed: consent, in: year one}"
TWO_MEETINGS = "{count: meeting, in: year one, at_least: 2}"
TWO_SESSIONS = "{count: session, in: year one, at_least: 2}"
TWO_ATTENDED = "{count: session, marked: attended, in: year one, at_least: 2}"
MOST_ATTENDED = "{share: session, marked: attended, in: year one, at_least: 75%}"
TWO_THIRDS = "{share: session, marked: attended, in: year one, at_least: 2/3}"
AT_RISK = "{level: sdq, pick: first, in: baseline, is: at least 17}"
ABSENT = "{level: attendance, pick: last, in: end, is: below 92%}"
ABOVE_17 = "{level: sdq, in: end, is: above 17}"
CALMER = "{improves: sdq, by: 5, between: [baseline, end]}"
READS_BETTER = "{improves: reading, by: 5, between: [baseline, end]}"
NOW_CALM = "{crosses: sdq, from: at least 17, to: below 17, between: [baseline, end]}"
# condition; metric and what was observed of it; state; what the sentence says
LEAVES = [
    (OBSERVED, "consent; 2017-02-01 yes; 2017-01-15 yes", "met",
     f"consent observed on 2017-01-15, in {YEAR}"),
    (OBSERVED, "consent; 2017-02-01 no; 2017-02-02 no", "not met",
     f"consent answered no in {YEAR} (2 rows), a yes needed"),
    (OBSERVED, "consent", "not evidenced",
     f"nothing recorded of consent in {YEAR}, a yes needed"),
    (TWO_MEETINGS, "meeting; 2017-02-01 yes; 2017-03-01 yes", "met",
     f"meeting observed 2 times in {YEAR}, at least 2 needed"),
    (TWO_MEETINGS, "meeting; 2017-02-01 yes; 2017-03-01 no", "not met",
     f"meeting observed 1 time (1 more said no) in {YEAR}, at least 2 needed"),
    (TWO_MEETINGS, "meeting; 2018-02-01 yes", "not evidenced",
     f"nothing recorded of meeting in {YEAR}, at least 2 needed"),
    (TWO_SESSIONS, "session; 2017-02-01 missed", "not met",
     f"session recorded 1 time in {YEAR}, at least 2 needed"),
    (TWO_ATTENDED, "session; 2017-02-01 missed; 2017-03-01 attended", "not met",
     f"attended 1 of 2 scheduled session sessions in {YEAR}, at least 2 needed"),
    (MOST_ATTENDED, "session; 2017-02-01 missed; 2017-03-01 attended", "not met",
     f"attended 1 of 2 scheduled session sessions in {YEAR}: 50.0%, at least 75% needed"),
    (TWO_THIRDS, "session; 2017-02-01 missed; 2017-03-01 attended; 2017-03-02 attended", "met",
     f"attended 2 of 3 scheduled session sessions in {YEAR}: 66.7%, at least 2/3 needed"),
    (MOST_ATTENDED, "session", "not evidenced",
     f"nothing recorded of session in {YEAR}, at least 75% needed"),
    (AT_RISK, "sdq; 2017-01-15 17; 2017-02-01 3", "met",
     f"first sdq in {BASELINE} was 17 on 2017-01-15, at least 17 needed"),
    (ABSENT, "attendance; 2018-01-15 91.9; 2018-02-01 92", "not met",
     f"last attendance in {END} was 92.0% on 2018-02-01, below 92% needed"),
    (ABOVE_17, "sdq; 2017-01-15 20", "not evidenced",
     f"no sdq recorded in {END}, above 17 needed"),
    (CALMER, "sdq; 2017-01-15 20; 2018-01-15 15", "met",
     f"sdq went from 20 on 2017-01-15 in {BASELINE} to 15 on 2018-01-15 in {END}, better by 5, "
     "better by at least 5 (lower is better) needed"),
    (READS_BETTER, "reading; 2017-01-15 90; 2018-01-15 86", "not met",
     "worse by 4, better by at least 5 (higher is better) needed"),
    (READS_BETTER, "reading; 2017-01-15 90; 2018-01-15 90", "not met",
     "unchanged, better by at least 5"),
    (CALMER, "sdq; 2017-01-15 20", "not evidenced",
     f"sdq was 20 on 2017-01-15 in {BASELINE} and none later is recorded in {END}"),
    (NOW_CALM, "sdq; 2017-01-15 20; 2018-01-15 16", "met",
     f"to 16 on 2018-01-15 in {END}, from at least 17 to below 17 needed"),
    (NOW_CALM, "sdq; 2017-01-15 16; 2018-01-15 16", "not met",
     "sdq went from 16 on 2017-01-15"),
    (NOW_CALM, "sdq; 2018-01-15 16", "not evidenced",
     f"no sdq recorded in {BASELINE}; 16 on 2018-01-15 in {END}"),
    (NOW_CALM, "sdq", "not evidenced",
     f"no sdq recorded in {BASELINE}, nor in {END}"),
]  # fmt: skip


@cache
def leaves_found() -> list[ConditionExplained]:
    """Every leaf as a milestone of one contract, and how the evidence about a child of its own
    stands to it; of the other children there are other rows.
    """
    asked, table = [], [HEADINGS]
    for at, (condition, observed, _, _) in enumerate(LEAVES):
        asked.append(f"  m{at}: {{when: {condition}, price: 1.00}}")
        table += [f"c{at} | assessed | 2017-01-20 | yes"]
        table += rows_of(f"c{at}", *observed.split("; "))
    settlement = settled("\n".join(["milestones:", *asked]), "\n".join(table))
    each = explain_each(settlement, [f"c{at}" for at in range(len(LEAVES))])
    found = [told.milestones[at].condition for at, told in enumerate(each)]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("at", range(len(LEAVES)), ids=[row[3] for row in LEAVES])
def test_a_leaf_is_told_with_its_figures_days_and_windows(at: int) -> None:
    _, _, state, sentence = LEAVES[at]
    found = leaves_found()[at]
    assert found.state == state
    assert sentence in found.sentence


def test_a_share_just_below_its_bar_is_never_shown_as_reaching_it() -> None:
    observed = [f"2017-02-01 {'missed' if number < 501 else 'attended'}" for number in range(2000)]
    table = "\n".join(
        f"c1 | session | {pair.split()[0]} | {pair.split()[1]} | s{number}"
        for number, pair in enumerate(observed)
    )
    share = "{share: session, marked: attended, in: year one, at_least: 75%}"
    found = finding(share, f"child | metric | on | value | ref\n{table}")
    assert (found.state, found.found) == ("not met", "1499 of 2000: 74.95%")


def test_a_condition_that_is_met_relies_on_the_rows_that_met_it() -> None:
    count = "{count: meeting, in: year one, at_least: 2}"
    days = ["2017-04-01 yes", "2017-02-01 no", "2017-03-01 yes", "2017-05-01 yes"]
    found = finding(count, drawn("meeting", *days))
    assert [(str(row.observed_on), row.taken_as) for row in found.rows] == [
        ("2017-03-01", "counts"),
        ("2017-04-01", "counts"),
    ]
    assert str(found.on) == "2017-04-01"


def test_a_condition_that_is_not_met_shows_every_row_that_it_looked_at() -> None:
    count = "{count: meeting, in: year one, at_least: 3}"
    found = finding(count, drawn("meeting", "2017-04-01 yes", "2017-02-01 no", "2018-03-01 yes"))
    assert [(str(row.observed_on), row.value, row.taken_as) for row in found.rows] == [
        ("2017-02-01", "no", "does not count"),
        ("2017-04-01", "yes", "counts"),
    ]


def test_a_change_relies_on_its_first_and_its_last_row() -> None:
    improves = "{improves: sdq, by: 5, between: [baseline, end]}"
    days = ["2017-01-15 20", "2017-02-15 30", "2018-01-15 9", "2018-02-15 15"]
    found = finding(improves, drawn("sdq", *days))
    assert [(row.value, row.taken_as) for row in found.rows] == [
        ("20", "first in 'baseline'"),
        ("15", "last in 'end'"),
    ]
    places = [(row.sheet, row.row, row.metric, str(row.recorded_on)) for row in found.rows]
    assert places == [
        ("observations", 3, "sdq", "2017-01-15"),
        ("observations", 6, "sdq", "2018-02-15"),
    ]


def test_rows_left_aside_are_told_with_the_reason() -> None:
    evidence = """
        child | metric  | on         | value | recorded   | ref | replaces | status
        c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |          |
        c1    | consent | 2017-02-01 | no    | 2017-03-01 | b   | a        |
        c1    | consent | 2017-02-03 | yes   | 2017-02-03 | c   |          |
        c1    | consent | 2017-02-03 |       | 2017-03-03 | d   | c        | withdrawn
        c1    | consent | 2017-02-05 | yes   | 2017-06-05 | e   |          |
    """
    explanation = explain(settled("", evidence, "2017-04-30"), participant="c1")
    found = explanation.milestones[0].condition
    assert found is not None
    assert [row.observation for row in found.rows] == ["b"]
    assert {row.observation: row.taken_as for row in found.left_aside} == {
        "a": "replaced by row 2",
        "c": "replaced by row 4",
        "d": "takes back the row that it replaces",
        "e": "recorded after the claim date 2017-04-30",
    }
    assert explanation.rows_recorded_later == 1
    # What was recorded later was not known: it is told where it stands, not what it says.
    assert "consent in frame 'observations', row 5\n" in explanation.text
    assert "consent in frame 'observations', row 1 (yes)\n" in explanation.text


JUNCTIONS = """
conditions:
  calm:    {level: sdq, in: end, is: below 17, clause: Sch 9}
  reading: {level: reading, in: end, is: at least 90}
  present: {level: attendance, in: end, is: at least 92%}
  steady:  {count: meeting, in: year one, at_least: 2}
"""


JOINED = [
    ("{all: [calm, reading]}", "met",
     "2 of 2 met, all needed; met: calm (last sdq in"),
    ("{all: [calm, present]}", "not evidenced",
     "not evidenced: present (no attendance recorded"),
    ("{all: [calm, steady, present]}", "not met",
     "1 of 3 met, all needed; not met: steady (meeting observed 1"),
    ("{any: [steady, calm]}", "met",
     "1 of 2 met, at least 1 needed; met: calm (last sdq"),
    ("{any: [steady, present]}", "not evidenced",
     "0 of 2 met, at least 1 needed; not met: steady"),
    ("{any: [steady]}", "not met",
     "meeting observed 1 time in"),
    ("{at_least: 2, of: [calm, reading, steady, present]}", "met",
     "2 of 4 met, at least 2 needed"),
    ("{at_least: 3, of: [calm, reading, steady, present]}", "not evidenced",
     "2 of 4 met, at least 3 needed"),
]  # fmt: skip


@cache
def junctions_found() -> list[ConditionExplained]:
    """Every junction as a milestone of one contract, found on the same evidence about c1."""
    asked = [f"  m{at}: {{when: {row[0]}, price: 1.00}}" for at, row in enumerate(JOINED)]
    evidence = drawn("sdq", "2018-01-15 10") + "\nc1 | reading | 2018-01-20 | 95"
    evidence += "\nc1 | meeting | 2017-02-01 | yes"
    terms = "\n".join([JUNCTIONS, "milestones:", *asked])
    told = explain(settled(terms, evidence), participant="c1")
    return [one.condition for one in told.milestones if one.condition is not None]


@pytest.mark.parametrize("at", range(len(JOINED)), ids=[row[0] for row in JOINED])
def test_a_junction_is_told_with_how_many_parts_are_met_and_which(at: int) -> None:
    condition, state, sentence = JOINED[at]
    found = junctions_found()[at]
    assert found.state == state
    assert sentence in found.sentence
    assert [part.name in condition for part in found.parts] == [True] * len(found.parts)


def test_the_day_of_every_part_and_the_clause_of_a_named_condition_are_told() -> None:
    evidence = drawn("sdq", "2018-01-15 10") + "\nc1 | reading | 2018-01-20 | 95"
    found = finding("{all: [calm, reading]}", evidence, conditions=JUNCTIONS)
    assert [(part.name, str(part.on), part.clause) for part in found.parts] == [
        ("calm", "2018-01-15", "Sch 9"),
        ("reading", "2018-01-20", ""),
    ]
    assert (found.kind, str(found.on), str(found.due_on)) == ("all", "2018-01-20", "2018-04-08")


def test_a_condition_met_again_in_another_milestone_is_told_once() -> None:
    terms = (
        JUNCTIONS
        + """
milestones:
  one: {when: calm, price: 1.00}
  two: {when: {all: [calm, reading]}, price: 1.00}
"""
    )
    text = explain(settled(terms, drawn("sdq", "2018-01-15 10")), participant="c1").text
    assert text.count("row 3, 10, observed 2018-01-15") == 1
    assert text.count("(told above)") == 1


def test_rows_that_two_conditions_rely_on_are_told_once() -> None:
    terms = """
milestones:
  calmer:
    when:
      any:
        - {improves: sdq, by: 5, between: [baseline, end]}
        - {crosses: sdq, from: at least 17, to: below 17, between: [baseline, end]}
    price: 1.00
"""
    evidence = drawn("sdq", "2017-01-15 20", "2018-01-15 12")
    text = explain(settled(terms, evidence), participant="c1").text
    assert text.count("row 3, 20, observed 2017-01-15") == 1
    assert text.count("on the same rows as told above") == 1


def test_a_row_that_replaces_one_that_is_not_there_is_said_to() -> None:
    contract = contract_of("")
    evidence = evidence_of(
        """
        child | metric  | on         | value | recorded   | ref | replaces
        c1    | consent | 2017-02-01 | no    | 2017-02-01 | a   |
        c1    | consent | 2017-02-01 | yes   | 2017-02-03 | b   | a
        """,
        contract,
    )
    rows = evidence.observations_table
    alone = replace(evidence, observations_table=rows.filter(pc.equal(rows["observation"], "b")))
    found = explain(settle(contract, alone, as_of="2017-04-30"), participant="c1")
    condition = found.milestones[0].condition
    assert condition is not None
    assert [row.replaces for row in condition.rows] == ["a row that is not there"]
