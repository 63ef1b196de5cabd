"""Explanations: a term that can change a payment appears in that payment's explanation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from tests.spec.drawn_tables import settled

from impactbond.explanation.explain import explain
from impactbond.settlement.settlement import Settlement

TERMS = """
version: {number: 3, kind: amendment, signed_on: 2016-12-01, effective_on: 2017-01-01}
participants:
  covered: {borough: [north, south]}
  eligible: {level: sdq, pick: first, in: baseline, is: at least 17}
milestones:
  consent: {title: Consent, when: {observed: consent, in: year one}, price: 100.00}
  engaged:
    title: Engaged
    after: consent
    when: {share: session, marked: attended, in: year one, at_least: 50%}
    price: 60.00
  steady: {title: Steady, when: {count: meeting, in: year one, at_least: 2}, price: 40.00}
  calmer: {title: Calmer, when: {improves: sdq, by: 5, between: [baseline, end]}, price: 30.01}
funding:
  - {for: every milestone, shares: {council: 50%, lottery: 30%, school: the rest}, clause: Sch 3}
tranches:
  first: {title: Opening, pay: 150.00, on: 2017-01-02, by: {council: 100%}, recovered: {at: 40%}}
limits:
  - {milestone: steady, at_most: 70.00, beyond: unpaid}
  - {contract: whole, at_most: 380.00, beyond: unpaid}
  - {funder: lottery, at_most: 100.00, beyond: {funder: trust}}
"""
EVIDENCE = """
    child | start      | school | borough | left
    c1    | 2017-01-09 | Elm    | north   | 2018-06-01
    c2    | 2017-01-09 | Oak    | south   |
    ---
    child | metric  | on                                           | value    | recorded
    c1 c2 | sdq     | 2017-01-20                                   | 20       |
    c1 c2 | sdq     | 2018-02-20                                   | 12       |
    c1 c2 | consent | 2017-02-01                                   | yes      | 2017-06-15
    c1 c2 | session | 2017-03-01 2017-04-01 2017-05-01 2017-06-01  | attended |
    c1 c2 | session | 2017-08-01 2017-09-01                        | missed   |
    c1 c2 | meeting | 2017-03-01 2017-05-01 2017-09-01             | yes      |
"""
PERTURBED = [
    ("price of", "price: 60.00", "price: 65.00", "price: £65.00"),
    ("share", "council: 50%", "council: 45%", "council 45%"),
    ("odd share", "lottery: 30%", "lottery: 1/7", "lottery 1/7"),
    ("limit on a milestone", "at_most: 70.00", "at_most: 55.00", "steady: at most £55.00"),
    ("limit on the contract", "at_most: 380.00", "at_most: 290.00", "contract: at most £290.00"),
    ("limit on a funder", "at_most: 100.00", "at_most: 45.00", "lottery: at most £45.00"),
    (
        "beyond a limit",
        "beyond: {funder: trust}",
        "beyond: {funder: council}",
        "beyond it: council pays",
    ),
    ("share of sessions", "at_least: 50%", "at_least: 75%", "at least 75% needed"),
    ("mark", "marked: attended", "marked: cancelled", "cancelled 0 of 6 scheduled"),
    ("count", "at_least: 2}", "at_least: 3}", "at least 3 needed"),
    ("distance", "by: 5,", "by: 9,", "better by at least 9"),
    ("threshold", "is: at least 17", "is: at least 21", "at least 21 needed"),
    ("eligibility", "pick: first, in: baseline", "pick: last, in: end", "last sdq in 'end'"),
    ("coverage", "borough: [north, south]", "borough: [south]", "covered: borough: south"),
    ("prerequisite", "after: consent", "after: [consent, calmer]", "after: 'Consent', 'Calmer'"),
    ("up-front money", "pay: 150.00", "pay: 35.00", "£35.00 on 2017-01-02"),
    ("its date", "on: 2017-01-02", "on: 2017-05-02", "£150.00 on 2017-05-02"),
    (
        "year",
        "{contract: whole, at_most: 380.00",
        "{contract: whole, each: year, at_most: 38.00",
        "a year of the contract starts on 1 January",
    ),
    *(
        (term, "price: 60.00", f"price: 60.00\n    {added}", told)
        for term, added, told in (
            (
                "rate",
                "rates: [{price: 55.00, only: {borough: [south]}}]",
                "instead £55.00 for participants with borough south",
            ),
            ("band", "bands: [{after: 1, price: 44.00}]", "after its first 1 claim, in the order"),
            ("change", "changes: [{by: +10%}]", "the price is raised by 10%"),
            (
                "rounded price",
                "changes: [{by: +1%}]\n    rounded: {to: 50.00, way: up}",
                "rounded up to the next £50.00",
            ),
            ("share of all claims", "paid_for: 5/6", "of all its claims together, 5/6 is paid"),
            ("segment", "only: {borough: [south]}", "for participants with borough south only"),
            ("alternatives", "instead_of: steady", "of this and “Steady”, only the first"),
        )
    ),
    (
        "its payer",
        "by: {council: 100%}",
        "by: {council: 80%, lottery: 20%}",
        "by council 80%, lottery 20%",
    ),
    ("its recovery", "recovered: {at: 40%}", "recovered: {at: 70%}", "recovered at 70%"),
]
ADDED = [
    (
        "window",
        "windows: {year one: start to 5 months after start}",
        "start to 5 months after start",
    ),
    ("term", "calendar: {term: 2017-01-01 through 2018-01-31}", "2017-01-01 through 2018-01-31"),
    ("claims", "calendar: {claims: {every: year}}", "every year"),
    (
        "claim date",
        "calendar: {claims: {made: 2 months after the period}}",
        "2 months after the period",
    ),
    ("deadline", "calendar: {evidence: {late: nothing}}", "later evidence earns nothing"),
    ("due day", "calendar: {payment: {within: 45 days}}", "within 45 days of the claim date"),
    ("nation", "calendar: {payment: {within: 27 days, working_days_of: Scotland}}", "in Scotland"),
    (
        "closed day",
        "calendar: {payment: {if_closed: previous working day}}",
        "previous working day",
    ),
    ("rounding", "rounding: {half: even}", "halves go even"),
    ("rate of prices", "prices_in: {currency: EUR, rate: 0.5}", "paid at 0.5 GBP for each EUR"),
    ("late share", "calendar: {evidence: {late_pays: 50%}}", "later evidence earns 50% of the"),
]


def figures(settlement: Settlement) -> list[object]:
    """Everything that is decided or paid."""
    names = ("decisions", "lines", "shares", "payments")
    return [getattr(settlement, f"{name}_table").to_pylist() for name in names]


def texts(settlement: Settlement) -> Iterator[str]:
    """Every child's explanation, made when it is asked for."""
    return (explain(settlement, participant=name).text for name in ("c1", "c2"))


@cache
def before() -> tuple[list[object], str]:
    """What is decided, paid and told under the terms as they stand."""
    settlement = settled(TERMS, EVIDENCE)
    return figures(settlement), "\n".join(texts(settlement))


@pytest.mark.parametrize(
    ("term", "changed", "told"),
    [(term, TERMS.replace(was, is_, 1), told) for term, was, is_, told in PERTURBED]
    + [(term, f"{TERMS}\n{added}", told) for term, added, told in ADDED],
    ids=[term for term, *_ in (*PERTURBED, *ADDED)],
)
def test_a_term_that_changes_the_payment_appears_in_the_explanation(
    term: str, changed: str, told: str
) -> None:
    (paid, said), after = before(), settled(changed, EVIDENCE)
    assert changed != TERMS
    assert paid != figures(after), f"the {term} changes nothing: draw other evidence"
    assert told not in said
    assert any(told in text for text in texts(after))


def test_clauses_are_cited_beside_what_they_say() -> None:
    settlement = settled(TERMS, EVIDENCE)
    text = explain(settlement, participant="c1", milestone="engaged").text
    assert "shares: council 50%, lottery 30%, school 20% (the rest) [Sch 3]" in text
    assert "version: 3, amendment, signed on 2016-12-01, in effect from 2017-01-01" in text
    assert "limit on milestone steady" not in text


def test_terms_of_funders_who_do_not_pay_are_left_out() -> None:
    terms = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  meeting: {when: {count: meeting, in: year one, at_least: 1}, price: 50.00}
funding:
  - {for: consent, shares: {council: 100%}}
  - {for: meeting, shares: {lottery: 100%}}
tranches: {first: {pay: 20.00, on: 2017-01-02, by: {lottery: 100%}, recovered: {at: 40%}}}
limits: [{funder: lottery, at_most: 500.00, beyond: unpaid}]
"""
    settlement = settled(terms, EVIDENCE)
    theirs = explain(settlement, participant="c1", milestone="meeting").milestones[0].terms
    others = explain(settlement, participant="c1", milestone="consent").milestones[0].terms
    told = {"up-front money", "limit on funder lottery"}
    assert told <= {term.term for term in theirs}
    assert told.isdisjoint(term.term for term in others)
