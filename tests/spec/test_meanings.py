"""What the words of a condition mean at their edges, decided from the words alone."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import THE_END, contract_of, evidence_of, lines, settled, verdicts

from impactbond.contract.wording.conditions import condition_words
from impactbond.contract.wording.render import render
from impactbond.dialect import Engine
from impactbond.errors import ContractError
from impactbond.explanation.explain import explain
from impactbond.explanation.nearest import nearest_change
from impactbond.settlement.settle import settle

ANY_TIME = "windows: {any time: start to 1 year after start}\n"


def when(condition: str, also: str = "") -> str:
    """A contract that pays £100.00 for this condition."""
    return f"{also}milestones: {{goal: {{when: {condition}, price: 100.00}}}}\n"


def refused(terms: str) -> list[tuple[str, str]]:
    """The codes and places of what refuses a contract."""
    with pytest.raises(ContractError) as error:
        contract_of(terms)
    return [(fault.code, fault.clause) for fault in error.value.faults]


@pytest.mark.mechanic(10)
def test_one_record_in_both_windows_is_no_change_and_shows_none() -> None:
    evidence = """
        child | metric | on         | value
        c1    | sdq    | 2017-02-10 | 18
        c2    | sdq    | 2017-02-10 | 18
        c2    | sdq    | 2017-06-10 | 17
        c3    | sdq    | 2017-02-10 | 18
        c3    | sdq    | 2017-06-10 | 13
    """
    change = "{improves: sdq, by: 5, between: [any time, any time]}"
    # "not evidenced without a first record and a last": c1 has one, of which nobody knows what
    # became of it, and which shows no more that it did not improve.
    assert verdicts(when(change, ANY_TIME), evidence) == {
        "c1 goal": "not evidenced: no evidence",
        "c2 goal": "not achieved: not met",
        "c3 goal": "achieved 2017-06-10",
    }
    assert verdicts(when(f"{{not: {change}}}", ANY_TIME), evidence) == {
        "c1 goal": "not evidenced: no evidence",
        "c2 goal": "achieved 2018-01-08",
        "c3 goal": "not achieved: not met",
    }


@pytest.mark.mechanic(11, 12)
def test_one_record_crosses_nothing_and_travels_no_way() -> None:
    evidence = """
        child | metric  | on         | value
        c1 c2 | sdq     | 2017-02-10 | 18
        c1 c2 | reading | 2017-02-10 | 80
        c1 c2 | reading | 2017-08-10 | 90
        c2    | sdq     | 2017-08-10 | 18
    """
    crossing = "{crosses: sdq, from: at least 17, to: below 20, between: [any time, any time]}"
    assert verdicts(when(crossing, ANY_TIME), evidence) == {
        "c1 goal": "not evidenced: no evidence",
        "c2 goal": "achieved 2017-08-10",
    }
    ways = "{travels: {sdq: at most 16, reading: at least 90}, between: [any time, any time],"
    # All of the one way, and of the other nothing is known of c1: not half on average.
    assert verdicts(when(f"{ways} at_least: 50%}}", ANY_TIME), evidence) == {
        "c1 goal": "not evidenced: no evidence",
        "c2 goal": "achieved 2017-08-10",
    }


def test_a_record_that_is_older_than_the_first_is_no_last() -> None:
    # The first in 'late' is of June, the last in 'early' of May: from 18 to 10 is backwards.
    evidence = """
        child | metric | on         | value
        c1    | sdq    | 2017-05-12 | 10
        c1    | sdq    | 2017-06-20 | 18
    """
    windows = "windows: {late: 5 months after start to 1 year after start, early: start to 7 months"
    windows += " after start}\n"
    change = "{improves: sdq, by: 5, between: [late, early]}"
    assert verdicts(when(change, windows), evidence) == {"c1 goal": "not evidenced: no evidence"}


@pytest.mark.parametrize(
    "change",
    [
        "{improves: sdq, by: 5, between: [end, baseline]}",
        "{reaches: sdq, by: 5, between: [end, baseline]}",
        "{crosses: sdq, from: at least 17, to: below 17, between: [end, baseline]}",
        "{travels: {sdq: at most 16, reading: at least 90}, between: [end, baseline],"
        " at_least: 50%}",
    ],
)
def test_a_change_from_a_later_window_to_an_earlier_one_is_refused(change: str) -> None:
    # It paid a child that went from 12 at the baseline to 18 at the end as better by 6.
    assert refused(when(change)) == [("cannot_be_met", "milestones > goal > when > between")]


@pytest.mark.parametrize(
    ("window", "is_refused"),
    [("start through start", False), ("3 months before start through 1 day before start", True)],
)
def test_windows_of_a_change_may_share_days_as_long_as_one_can_be_later(
    window: str, is_refused: bool
) -> None:
    windows = f"windows: {{first day: {window}, from then: start through start}}\n"
    change = "{improves: sdq, by: 5, between: [from then, first day]}"
    assert refused(when(change, windows)) == [
        ("cannot_be_met", "milestones > goal > when > between")
    ]
    change = "{improves: sdq, by: 5, between: [first day, from then]}"
    if is_refused:
        assert contract_of(when(change, windows))  # before the start, then on its day
    else:
        assert refused(when(change, windows))  # one day has one record of a score


def test_windows_with_a_day_of_the_calendar_are_in_order_for_whoever_starts_soon_enough() -> None:
    # Who starts on 2017-01-01 can have a last record after a first, who starts a year later none.
    windows = "windows: {by summer: start through 2017-08-31, later: 3 months after start to 1 year"
    windows += " after start}\n"
    change = "{improves: sdq, by: 5, between: [later, by summer]}"
    evidence = """
        child | metric | on         | value
        c1    | sdq    | 2017-05-10 | 18
        c1    | sdq    | 2017-08-31 | 13
    """
    assert verdicts(when(change, windows), evidence) == {"c1 goal": "achieved 2017-08-31"}


@pytest.mark.parametrize(
    "alike",
    [
        "[{all: [{observed: consent, in: year one}]}, {observed: consent, in: year one}]",
        "[{any: [agreed]}, {at_least: 1, of: [{observed: agreement, in: year one}]}]",
        "[{not: agreed}, {not: {observed: agreement, in: year one}}]",
        "[{all: [agreed, met]}, {all: [{count: meeting, in: year one, at_least: 3}, agreed]}]",
        "[{level: sdq, in: end, is: below 17}, {level: sdq, in: end, is: below 17.0}]",
        "[{level: sdq, in: end, is: below 17}, {level: sdq, in: the end, is: below 17}]",
        "[agreed, {count: agreement, in: year one, at_least: 1}]",
        "[{state: home, in: end, is: [a, b]}, {state: home, in: end, is: [b, a]}]",
    ],
)
def test_one_outcome_is_one_however_it_is_written(alike: str) -> None:
    also = """
metrics: {home: {kind: state, states: [a, b, c]}}
windows: {the end: 9 months after start to 15 months after start}
conditions:
  agreed: {observed: agreement, in: year one}
  met: {count: meeting, in: year one, at_least: 3}
"""
    places = refused(when(f"{{at_least: 2, of: {alike}}}", also))
    assert places == [("counted_twice", "milestones > goal > when > of > entry 2")]


@pytest.mark.parametrize(
    "differ",
    [
        "[{all: [agreed, met]}, {any: [agreed, met]}]",
        "[{level: sdq, in: end, is: below 17}, {level: sdq, in: end, is: at most 17}]",
        "[{level: sdq, in: end, is: below 17}, {level: sdq, in: end, is: below 16}]",
        "[{level: sdq, in: end, is: below 17}, {level: sdq, pick: best, in: end, is: below 17}]",
        "[{improves: sdq, by: 5, between: [year one, end]},"
        " {improves: sdq, by: 5, between: [end, year one]}]",
        "[{not: agreed}, agreed]",
        "[{observed: meeting, in: year one}, {count: meeting, in: year one, at_least: 2}]",
        "[{count: session, marked: missed, in: end, at_least: 1},"
        " {count: session, in: end, at_least: 1}]",
        "[{not: agreed}, {not: agreed, shown_by: met}]",
    ],
)
def test_what_differs_in_anything_counts_by_itself(differ: str) -> None:
    also = """
conditions:
  agreed: {observed: agreement, in: year one}
  met: {count: meeting, in: year one, at_least: 3}
"""
    assert contract_of(when(f"{{at_least: 2, of: {differ}}}", also))


@pytest.mark.parametrize(
    ("one", "mean", "bar", "is_met"),
    [
        (18, "17.02", "at most 17", False),
        (18, "17.02", "above 17", True),
        (16, "16.98", "at least 17", False),
        (16, "16.98", "below 17", True),
        (17, "17.0", "at least 17", True),
    ],
)
def test_a_mean_is_told_on_its_own_side_of_the_bar(
    one: int, mean: str, bar: str, is_met: bool
) -> None:
    days = [f"2017-0{month}-{day:02d}" for month in (2, 3) for day in range(1, 26)]
    evidence = "child | metric | on | value\n"
    evidence += f"c1 | sdq | {' '.join(days[1:])} | 17\nc1 | sdq | {days[0]} | {one}"
    terms = when(f"{{level: sdq, pick: mean, in: year one, is: {bar}}}")
    told = explain(settled(terms, evidence), participant="c1", milestone="goal").milestones[0]
    # 851 in 50 rows are 17.02, which with one decimal read as 17.0: at most 17, and not achieved.
    assert f"was {mean} in 50 rows, {bar} needed" in told.sentence
    assert (told.verdict == "achieved") == is_met


def test_the_absence_of_sessions_is_that_of_any_mark_and_says_so() -> None:
    absent = "{absence: session, %sin: year one, shown_by: {observed: consent, in: year one}}"
    evidence = """
        child | metric  | on         | value
        c1 c2 | consent | 2017-02-01 | yes
        c1    | session | 2017-03-01 | cancelled
    """
    assert verdicts(when(absent % ""), evidence) == {
        "c1 goal": "not achieved: not met",
        "c2 goal": "achieved 2018-01-08",
    }
    said = {
        also: condition_words(contract, contract.milestones["goal"].when)
        for also in ("", "allowing: 2, ", "marked: missed, ")
        for contract in [contract_of(when(absent % also))]
    }
    assert said[""].startswith("“session”, whatever its mark, is not once recorded in")
    assert said["allowing: 2, "].startswith(
        "“session”, whatever its mark, is recorded no more than 2 times in"
    )
    assert said["marked: missed, "].startswith("“session” is not once recorded as missed in")


def test_the_day_of_a_milestone_is_that_of_the_last_that_it_needs_and_the_contract_says_so() -> (
    None
):
    terms = """
participants: {eligible: {level: sdq, in: baseline, is: at least 17}}
milestones:
  joined: {when: {observed: consent, in: year one}, price: 10.00}
  agreed: {after: joined, when: {observed: agreement, in: year one}, price: 20.00}
"""
    evidence = """
        child | metric    | on         | value
        c1    | sdq       | 2017-01-10 | 20
        c1    | consent   | 2017-05-12 | yes
        c1    | agreement | 2017-02-01 | yes
        c2    | sdq       | 2017-01-10 | 20
        c2    | sdq       | 2017-04-05 | 18
        c2    | consent   | 2017-01-12 | yes
        c2    | agreement | 2017-06-01 | yes
    """
    assert verdicts(terms, evidence) == {
        "c1 joined": "achieved 2017-05-12",
        "c1 agreed": "achieved 2017-05-12",  # agreed before joining: as of joining
        "c2 joined": "achieved 2017-04-05",  # eligible by the last score of the baseline
        "c2 agreed": "achieved 2017-06-01",
    }
    says = " ".join(render(contract_of(terms)).split())
    assert (
        "A milestone is achieved on the day on which the last of its own condition, that of being"
        " eligible and those of the milestones that it comes after is met."
    ) in says
    assert "on which the last of" not in render(contract_of(""))


def test_the_nearest_change_of_what_adds_up_is_what_is_missing() -> None:
    money = "metrics: {earnings: {kind: quantity, unit: pounds, decimals: 2}}\n"
    terms = when("{total: earnings, in: year one, at_least: 768.00}", money)
    evidence = """
        child | metric   | on         | value
        c1    | earnings | 2017-02-01 | 700.00
        c1    | earnings | 2017-03-01 | 60.00
    """
    # £8.00 are missing; it was told that no one row added or value changed would have been enough.
    nearest = nearest_change(settled(terms, evidence), participant="c1", milestone="goal")
    assert [(one.was, one.would_be, str(one.achieved_on)) for one in nearest.changes] == [
        ("700.00", "708.00", "2017-03-01"),
        ("", "8.00", "2017-03-01"),
    ]


def test_the_nearest_change_of_a_mean_is_the_smallest_that_moves_it_over_the_bar() -> None:
    terms = when("{level: sdq, pick: mean, in: year one, is: at most 16.5}")
    evidence = """
        child | metric | on                    | value
        c1    | sdq    | 2017-02-01 2017-03-01 | 18
    """
    # Two rows of 33 at most: 15 beside 18. Three of 49 at most: 13 beside 36; 16.33.
    nearest = nearest_change(settled(terms, evidence), participant="c1", milestone="goal")
    assert [(one.was, one.would_be) for one in nearest.changes] == [("18", "15"), ("", "13")]


@pytest.mark.parametrize(("measures", "is_compared"), [(4, True), (5, False)])
def test_ways_too_long_to_be_compared_together_are_refused(
    measures: int, is_compared: bool
) -> None:
    # 10,000 steps each and a share in thirds: 4 x 3 x 10^16 are below 2^60, 5 x 3 x 10^20 are not.
    names = [f"m{number}" for number in range(measures)]
    metrics = [f"{name}: {{kind: percentage, better: higher, decimals: 2}}" for name in names]
    ways = ", ".join(f"{name}: at least 50%" for name in names)
    terms = when(
        f"{{travels: {{{ways}}}, between: [baseline, end], at_least: 1/3}}",
        f"metrics: {{{', '.join(metrics)}}}\n",
    )
    if is_compared:
        assert contract_of(terms)
    else:
        assert refused(terms) == [("range_too_wide", "milestones > goal > when > travels > m4")]


@pytest.mark.parametrize("engine", ["duckdb", "polars", "pandas"])
def test_the_longest_ways_are_compared_exactly_on_every_engine(engine: Engine) -> None:
    names = ("m0", "m1", "m2", "m3")
    metrics = [f"{name}: {{kind: percentage, better: higher, decimals: 2}}" for name in names]
    ways = ", ".join(f"{name}: at least 100%" for name in names)
    terms = when(
        f"{{travels: {{{ways}}}, between: [baseline, end], at_least: 1/3}}",
        f"metrics: {{{', '.join(metrics)}}}\n",
    )
    # 2/3 of one way and 4/9, 1/9 and 1/9 of others are a third on average; a hundredth less of the
    # last is not: 99.99 - 66.66 and so on, all of ways of 99.99 points.
    evidence = "child | metric | on | value\n" + "\n".join(
        f"c1 c2 | {name} | 2017-01-10 | 0.01\nc1 | {name} | 2017-11-01 | {own}\n"
        f"c2 | {name} | 2017-11-01 | {other}"
        for name, own, other in zip(
            names,
            ("66.67", "44.45", "11.12", "11.12"),
            ("66.67", "44.45", "11.12", "11.11"),
            strict=True,
        )
    )
    contract = contract_of(terms)
    found = settle(contract, evidence_of(evidence, contract), as_of=THE_END, engine=engine)
    assert found.lines_table["participant"].to_pylist() == ["c1"]


@pytest.mark.parametrize(
    ("status", "recorded", "due"),
    [
        ("", "2017-04-01", []),
        ("", "2017-05-01", []),  # the thirtieth day
        ("", "2017-05-02", [("100.00", "0.00")]),
        ("disputed", "2017-04-01", [("100.00", "0.00")]),
    ],
)
def test_what_is_late_or_in_dispute_is_left_out_also_where_it_speaks_against_a_payment(
    status: str, recorded: str, due: list[tuple[str, str]]
) -> None:
    also = """
calendar: {evidence: {within: 30 days, late: nothing}}
metrics: {offence: {kind: event, repeats: true}, register: {kind: event, repeats: true}}
"""
    register = "{count: register, in: year one, at_least: 1}"
    terms = when(f"{{absence: offence, in: year one, shown_by: {register}}}", also)
    evidence = f"""
        child | metric   | on         | value | status   | recorded
        c1    | register | 2017-03-01 | yes   |          | 2017-03-01
        c1    | offence  | 2017-04-01 | yes   | {status} | {recorded}
    """
    assert [(row["value"], row["withheld"]) for row in lines(terms, evidence)] == due
