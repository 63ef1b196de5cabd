"""What is said of what is not known, of bars that are reached, and of states that are confirmed."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import contract_of, settled

from impactbond.contract.wording.conditions import condition_words
from impactbond.errors import ContractError
from impactbond.explanation.explain import explain
from impactbond.explanation.nearest import nearest_change

BASELINE, END = "2016-10-09 through 2017-04-08", "2017-10-09 through 2018-04-08"
YEAR = "'year one' (2017-01-09 through 2018-01-08)"
TWICE = "{count: offence, in: year one, at_least: 2}"


def terms(condition: str, often: str = "every 30 days") -> str:
    """A contract with one milestone; homes are confirmed so often."""
    return f"""
metrics:
  offence: {{kind: event, repeats: true}}
  home: {{kind: state, states: [street, housed], confirmed: {often}}}
milestones: {{goal: {{when: {condition}, price: 1.00}}}}
"""


SEEN = """
    child | metric   | on         | value
    c1    | offence  | 2017-02-01 | yes
    c1    | assessed | 2017-03-01 | yes
    c1    | sdq      | 2017-01-10 | 20
    c1    | sdq      | 2017-11-01 | 17
    c1    | sdq      | 2017-12-01 | 15
    c1    | home     | 2017-02-01 | housed
    c1    | home     | 2017-03-01 | housed
    c1    | home     | 2017-05-01 | housed
"""


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (
            f"{{not: {TWICE}}}",
            "what must be evidenced and not be so is not known, for silence shows nothing: offence"
            f" observed 1 time in {YEAR}, at least 2 needed",
        ),
        (
            f"{{not: {TWICE}, shown_by: {{observed: assessed, in: year one}}}}",
            f"what must be evidenced and not be so is not met: offence observed 1 time in {YEAR},"
            f" at least 2 needed; somebody looked: assessed observed on 2017-03-01, in {YEAR}",
        ),
        (
            f"{{not: {TWICE}, shown_by: {{observed: agreement, in: year one}}}}",
            "what must be evidenced and not be so is not known, for silence shows nothing: offence"
            f" observed 1 time in {YEAR}, at least 2 needed; nothing shows that somebody looked:"
            f" nothing recorded of agreement in {YEAR}, a yes needed",
        ),
        (
            "{reaches: sdq, in: end, is: below 18}",
            f"sdq in 'end' ({END}) first reached it with 17 on 2017-11-01, below 18 needed",
        ),
        (
            "{reaches: sdq, in: end, is: below 10}",
            f"sdq in 'end' ({END}) did not reach it, the nearest was 15 on 2017-12-01, below 10"
            " needed",
        ),
        (
            "{reaches: sdq, by: 4, between: [baseline, end]}",
            f"sdq in 'end' ({END}) after 20 on 2017-01-10 in 'baseline' ({BASELINE}) first reached"
            " it with 15 on 2017-12-01, better by at least 4 (lower is better) needed",
        ),
        (
            "{sustained: home, as: housed, for: 40 days, in: year one}",
            # 1 March is confirmed on the 28th day after 1 February; 1 May is 61 days after it.
            f"home housed in {YEAR}: 2017-02-01 through 2017-03-01; 2017-05-01 through 2017-05-01"
            " (30 days, the longest stretch 29), 40 days without a break needed",
        ),
    ],
)
def test_what_is_known_is_told_with_its_figures(condition: str, sentence: str) -> None:
    explanation = explain(settled(terms(condition), SEEN), participant="c1")
    found = explanation.milestones[0].condition
    assert found is not None
    assert found.sentence == sentence


def test_the_nearest_row_confirms_a_state_on_the_last_day_that_does() -> None:
    goal = "{sustained: home, as: housed, for: 55 days, in: year one}"
    near = nearest_change(settled(terms(goal), SEEN), participant="c1", milestone="goal")
    # 30 days after 1 March is 31 March, and 1 May is 31 days after that. From 1 February on, 31
    # March is the 59th day, so that the 55th, 27 March, is known. From the first day of the year,
    # 9 January, it would be 52 days through 1 March.
    added = [one for one in near.changes if not one.was]
    assert [(one.would_be, str(one.achieved_on)) for one in added] == [("housed", "2017-03-27")]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (
            "{reaches: sdq, in: end, is: below 18}",
            "a “sdq” recorded in “end” (9 months after start to 15 months after start) is below 18,"
            " counted on the day of the first such record",
        ),
        (
            "{level: sdq, pick: best, in: end, is: below 18}",
            "the best “sdq” recorded in “end” (9 months after start to 15 months after start) is"
            " below 18, counted on its own day, which a better one moves",
        ),
        (
            "{not: one, shown_by: other}",
            "the first of the following is not the case, and, unless that is evidenced of it, the"
            " second holds, to show that somebody looked: “one” and “other”",
        ),
    ],
)
def test_the_contract_cannot_be_read_two_ways(condition: str, words: str) -> None:
    named = f"conditions: {{one: {TWICE}, other: {{observed: assessed, in: year one}}}}\n"
    whole = contract_of(named + terms(condition))
    assert condition_words(whole, whole.milestones["goal"].when) == words


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (terms("{reaches: sdq, in: end}"), "bar_or_gain"),
        (terms("{reaches: sdq, in: end, is: below 9, by: 5}"), "bar_or_gain"),
        (terms("{reaches: sdq, between: [baseline, end], is: below 9}"), "bar_or_gain"),
        (terms("{reaches: sdq, in: end, is: below 99}"), "threshold_outside_range"),
        (terms("{reaches: sdq, by: 99, between: [baseline, end]}"), "cannot_be_met"),
        (terms("{reaches: offence, in: end, is: below 9}"), "wrong_metric_kind"),
        (terms(TWICE, "every 0 days"), "never_lasts"),
        (terms(TWICE, "92 days"), "not_allowed"),
        (terms(f"{{not: {TWICE}, shown_by: {{not: {TWICE}}}}}"), "shows_nothing"),
    ],
)
def test_what_says_nothing_is_refused(text: str, code: str) -> None:
    with pytest.raises(ContractError) as caught:
        contract_of(text)
    assert [fault.code for fault in caught.value.faults] == [code]
