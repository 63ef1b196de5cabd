"""Whether listed periods make up the term, one after another."""

from __future__ import annotations

from datetime import timedelta

from impactbond.contract.contract import Contract
from impactbond.errors import Fault
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path

_TERM: Path = ("calendar", "term")


def check_periods(contract: Contract) -> Diagnostics:
    """Every fault of listed periods: they must follow one another and cover the term."""
    claims, path = contract.calendar.claims, ("calendar", "claims", "listed")
    if (claims.every == "listed") != bool(claims.listed):
        fault = Fault(
            code="periods_not_listed",
            problem="periods are listed, and 'every' does not say so"
            if claims.listed
            else "the periods are to be listed, and none is",
            hint="Write every: listed, and under listed each period with its first and last day",
        )
        yield Diagnostic(path[:-1], fault, (path, (*path[:-1], "every")))
        return
    due, last = contract.calendar.term
    for name, (opens, closes) in claims.listed.items():
        if closes < opens:
            yield Diagnostic(
                (*path, name), _fault("period_reversed", "ends before it starts", opens)
            )
        if opens != due:
            fault = Fault(
                code="period_gap" if opens > due else "period_overlap",
                problem=f"the period '{name}' does not start where the one before it ended, or the"
                " term begins",
                found=str(opens),
                allowed=str(due),
            )
            yield Diagnostic((*path, name), fault, (_TERM,))
        due = closes + timedelta(days=1)
    if claims.listed and due != last + timedelta(days=1):
        fault = Fault(
            code="period_gap",
            problem="the last period does not end with the term",
            found=str(due - timedelta(days=1)),
            allowed=str(last),
        )
        yield Diagnostic(path, fault, (_TERM, *((*path, name) for name in claims.listed)))


def _fault(code: str, problem: str, found: object) -> Fault:
    return Fault(code=code, problem=f"the period {problem}", found=str(found))
