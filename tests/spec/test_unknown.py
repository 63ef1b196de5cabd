"""What was not observed is unknown and stays so, unless something shows that somebody looked."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import paid, verdicts

ABOUT = """
metrics:
  offence: {kind: event, repeats: true}
  order:   {kind: event}
  earned:  {kind: quantity}
  home:    {kind: state, states: [street, housed]}
"""


def when(condition: str) -> str:
    """A contract that pays £100.00 for this condition."""
    return f"{ABOUT}milestones: {{goal: {{when: {condition}, price: 100.00}}}}"


TWICE = "{count: offence, in: year one, at_least: 2}"
HOUSED = "{sustained: home, as: housed, for: 3 months, in: year one}"
NOT_KNOWN = "not evidenced: no evidence"


@pytest.mark.mechanic(127)
@pytest.mark.parametrize(
    ("condition", "recorded"),
    [
        (TWICE, "offence | 2017-02-01 | yes"),  # one of two: nobody says there was no other
        (TWICE, "offence | 2017-02-01 | no"),  # of that occasion
        ("{observed: offence, in: year one}", "offence | 2017-02-01 | no"),
        ("{count: session, marked: missed, in: year one, at_least: 1}",
         "session | 2017-02-01 | attended"),
        ("{reaches: reading, in: year one, is: at least 100}", "reading | 2017-02-01 | 99"),
        ("{total: earned, in: year one, at_least: 100}", "earned | 2017-02-01 | 99"),
        (HOUSED, "home | 2017-02-01 | housed"),  # of one day of 365
        ("{absence: offence, in: year one, shown_by: {observed: assessed, in: year one}}",
         "assessed | 2017-02-01 | no"),  # nobody looked, so that it may well be absent
    ],
)  # fmt: skip
def test_too_few_records_do_not_show_that_something_is_not_so(
    condition: str, recorded: str
) -> None:
    evidence = f"child | metric | on | value\nc1 | {recorded}"
    assert verdicts(when(condition), evidence) == {"c1 goal": "not achieved: not met"}
    assert verdicts(when(f"{{not: {condition}}}"), evidence) == {"c1 goal": NOT_KNOWN}
    assert paid(when(f"{{not: {condition}}}"), evidence) == {}


@pytest.mark.mechanic(127)
def test_one_offence_and_none_are_both_unknown_until_somebody_looked() -> None:
    evidence = """
        child | start
        c4    | 2017-01-09
        ---
        child    | metric   | on                    | value
        c1       | offence  | 2017-02-01            | yes
        c2       | offence  | 2017-02-01 2017-06-01 | yes
        c1 c2 c3 | assessed | 2017-12-01            | yes
        c5       | offence  | 2017-02-01            | yes
    """
    # The year ends on 8 January 2018. c3 has no row about an offence at all, and was looked at.
    assert verdicts(when(f"{{not: {TWICE}}}"), evidence) == {
        "c1 goal": NOT_KNOWN,
        "c2 goal": "not achieved: not met",
        "c3 goal": NOT_KNOWN,
        "c4 goal": NOT_KNOWN,
        "c5 goal": NOT_KNOWN,
    }
    shown = when(f"{{not: {TWICE}, shown_by: {{observed: assessed, in: year one}}}}")
    assert verdicts(shown, evidence) == {
        "c1 goal": "achieved 2018-01-08",
        "c2 goal": "not achieved: not met",
        "c3 goal": "achieved 2018-01-08",
        "c4 goal": NOT_KNOWN,
        "c5 goal": NOT_KNOWN,
    }
    assert paid(shown, evidence) == {"2018-Q1": {"council": "200.00"}}


@pytest.mark.mechanic(127)
def test_what_is_shown_later_counts_from_its_own_day() -> None:
    never = "{count: offence, in: baseline, at_least: 1}"
    terms = when(f"{{not: {never}, shown_by: {{observed: assessed, in: end}}}}")
    evidence = """
        child | metric   | on         | value
        c1    | assessed | 2017-11-01 | yes
        c2    | assessed | 2017-11-01 | no
    """
    # c2: what would show it was looked for and is not so.
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-11-01",
        "c2 goal": "not achieved: not met",
    }


@pytest.mark.mechanic(127)
def test_a_state_is_known_not_to_have_lasted_where_every_day_is_known() -> None:
    evidence = """
        child | metric | on         | value
        c1 c2 | home   | 2017-01-09 | street
        c1 c2 | home   | 2017-05-01 | housed
        c1 c2 | home   | 2017-07-31 | street
        c1    | home   | 2018-01-08 | street
        c2    | home   | 2018-01-07 | street
        c3    | home   | 2017-01-09 | street
        c3    | home   | 2017-05-01 | housed
        c3    | home   | 2017-08-01 | street
        c3    | home   | 2018-01-08 | street
    """
    # Housed from 1 May through 30 July is a day short of three months, and the year, 9 January 2017
    # through 8 January 2018, is known to its last day for c1. Of c2 the last day is not. c3 was
    # housed through 31 July.
    assert verdicts(when(f"{{not: {HOUSED}}}"), evidence) == {
        "c1 goal": "achieved 2018-01-08",
        "c2 goal": NOT_KNOWN,
        "c3 goal": "not achieved: not met",
    }


CLEAN = "{absence: offence, in: year one, shown_by: {observed: assessed, in: year one}}"
AGREED = "{observed: agreement, in: year one}"
# Child yn: clean it is known to be, and agreed known not. Clean may also be short, where nobody
# looked enough (s), and either may be without any record (x).
SEEN = """
    child          | metric    | on         | value
    yy yn yx       | assessed  | 2017-02-01 | yes
    sy sn sx       | assessed  | 2017-02-01 | no
    ny nn nx       | offence   | 2017-02-01 | yes
    yy ny sy xy    | agreement | 2017-02-01 | yes
    yn nn sn xn    | agreement | 2017-02-01 | no
"""


@pytest.mark.mechanic(127)
@pytest.mark.parametrize(
    ("joined", "held", "known_not_to_hold"),
    [
        ("all", "yy", "nn nx ny sn xn yn"),
        ("any", "ny sy xy yn yx yy", "nn"),
        ("at_least: 2, of", "yy", "nn nx ny sn xn yn"),
        ("at_least: 1, of", "ny sy xy yn yx yy", "nn"),
    ],
)
def test_what_is_unknown_stays_so_through_what_joins_conditions(
    joined: str, held: str, known_not_to_hold: str
) -> None:
    """All is known not to hold with one part, any only with every part: Kleene's logic."""
    both = f"{{{joined}: [{CLEAN}, {AGREED}]}}"
    assert achieved(both) == held
    assert achieved(f"{{not: {both}}}") == known_not_to_hold
    assert achieved(f"{{not: {{not: {both}}}}}") == held


def achieved(condition: str) -> str:
    """Who achieved it, in the order of their names."""
    decided = verdicts(when(condition), SEEN).items()
    return " ".join(who.split()[0] for who, why in decided if why.startswith("achieved"))
