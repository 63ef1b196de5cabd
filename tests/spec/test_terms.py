"""Every term that can change a payment changes it: one scene, and one term at a time."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import due_by_day

TERMS = """
calendar:
  term: 2017-01-01 through 2018-12-31
  claims: {every: quarter, made: 1 month after the period}
  evidence: {within: 90 days, late: nothing}
  payment: {within: 30 days}
windows: {spring: start through 70 days after start}
participants:
  eligible: {level: sdq, pick: first, in: baseline, is: at least 17}
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  engaged: {after: consent, when: {count: meeting, in: year one, at_least: 2}, price: 300.00}
funding: [{for: every milestone, shares: {council: 60%, trust: 40%}}]
limits:
  - {milestone: engaged, at_most: 500.00, beyond: unpaid}
"""
# c2's consent is recorded on the 90th day and c4's on the day after; c3 is not at risk.
EVIDENCE = """
    child | metric  | on                    | recorded   | value
    c1 c4 | sdq     | 2017-01-10            |            | 20
    c2    | sdq     | 2017-01-10            |            | 17
    c3    | sdq     | 2017-01-10            |            | 10
    c1 c3 | consent | 2017-02-01            |            | yes
    c2    | consent | 2017-02-01            | 2017-05-02 | yes
    c4    | consent | 2017-02-01            | 2017-05-03 | yes
    c1    | meeting | 2017-02-10 2017-03-10 |            | yes
    c2    | meeting | 2017-02-20 2017-03-31 |            | yes
"""
Due = dict[str, dict[str, str]]


def due(council_1: str, trust_1: str, council_2: str = "", trust_2: str = "") -> Due:
    """What is paid on 30 May and, where given, on 30 August 2017."""
    first = {"2017-05-30": {"council": council_1, "trust": trust_1}}
    return first | ({"2017-08-30": {"council": council_2, "trust": trust_2}} if council_2 else {})


# First c1: 100 and 300. Then c2, whose consent is known by 31 July: 100, and 200 of the 300 for
# being engaged, which is all that the limit of 500 leaves.
AS_AGREED = due("240.00", "160.00", "180.00", "120.00")
CHANGES: dict[str, tuple[str, str, Due]] = {
    "no term": ("", "", AS_AGREED),
    # 410, and 110 + 200
    "price": ("price: 100.00", "price: 110.00", due("246.00", "164.00", "186.00", "124.00")),
    "shares": (
        "council: 60%, trust: 40%",
        "council: 70%, trust: 30%",
        due("280.00", "120.00", "210.00", "90.00"),
    ),
    # 100 + 150 for c2
    "limit": ("at_most: 500.00", "at_most: 450.00", due("240.00", "160.00", "150.00", "100.00")),
    # the council keeps 300 of its 420
    "funder limit": (
        "beyond: unpaid}",
        "beyond: unpaid}\n  - {funder: council, at_most: 300.00, beyond: {funder: trust}}",
        due("240.00", "160.00", "60.00", "240.00"),
    ),
    # c2 scored 17
    "threshold": ("at least 17", "at least 18", due("240.00", "160.00")),
    # c3 consented and scored 10
    "eligibility": (
        "  eligible: {level: sdq, pick: first, in: baseline, is: at least 17}",
        "  covered: {borough: [north]}",
        due("300.00", "200.00", "180.00", "120.00"),
    ),
    "coverage": ("participants:", "participants:\n  covered: {borough: [south]}", {}),
    # nobody met three times
    "at least": ("at_least: 2", "at_least: 3", due("60.00", "40.00", "60.00", "40.00")),
    # c2's second meeting was on 31 March, after the 70th day, 20 March
    "window": (
        "meeting, in: year one",
        "meeting, in: spring",
        due("240.00", "160.00", "60.00", "40.00"),
    ),
    # c2 need not wait for consent: 100 + 300 + 200, then 100
    "prerequisite": ("after: consent, ", "", due("360.00", "240.00", "60.00", "40.00")),
    "evidence deadline": ("within: 90 days", "within: 89 days", due("240.00", "160.00")),
    # c4's 100 too
    "late evidence": (
        "late: nothing",
        "late: next claim",
        due("240.00", "160.00", "240.00", "160.00"),
    ),
    # made on 31 May, when c2's consent was known, and due on 30 June
    "claim date": (
        "1 month after",
        "2 months after",
        {"2017-06-30": {"council": "420.00", "trust": "280.00"}},
    ),
    # February's is due on Sunday 30 April; Monday 1 May is a bank holiday
    "claim period": (
        "every: quarter",
        "every: month",
        {
            "2017-05-02": {"council": "60.00", "trust": "40.00"},
            "2017-05-30": {"council": "180.00", "trust": "120.00"},
            "2017-06-30": {"council": "180.00", "trust": "120.00"},
        },
    ),
    # the only claim date is 15 April, before c2's consent is recorded
    "end of the term": (
        "2018-12-31",
        "2017-03-15",
        {"2017-05-15": {"council": "240.00", "trust": "160.00"}},
    ),
    "payment days": (
        "within: 30 days",
        "within: 14 days",  # 14 May is a Sunday
        {
            "2017-05-15": {"council": "240.00", "trust": "160.00"},
            "2017-08-14": {"council": "180.00", "trust": "120.00"},
        },
    ),
    # half of the council's 240 comes back, 120, and then the 30 that are left
    "tranche": (
        "limits:",
        "tranches:\n  start-up: {pay: 150.00, on: 2017-01-16, by: {council: 100%},"
        " recovered: {at: 50%}}\nlimits:",
        {"2017-01-16": {"council": "150.00"}} | due("120.00", "160.00", "150.00", "120.00"),
    ),
}


@pytest.mark.mechanic(1, 5, 8, 12, 67, 71, 75, 94, 99, 100, 101, 103, 118)
@pytest.mark.parametrize("term", CHANGES)
def test_every_term_that_can_change_a_payment_changes_it(term: str) -> None:
    written, changed, expected = CHANGES[term]
    assert written in TERMS
    found = due_by_day(TERMS.replace(written, changed), EVIDENCE)
    assert found == expected
    assert (found == AS_AGREED) == (term == "no term")
