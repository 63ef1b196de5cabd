"""Whether the days of a contract can be: its term, its windows, who may start when, and listed
periods that make up the term, one after another.
"""

from __future__ import annotations

from datetime import date, timedelta

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import TERM
from impactbond.dates import EPOCH, LAST_DAY_NUMBER, from_day_number
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.phrases import Window

_LISTED: Path = ("calendar", "claims", "listed")
_FIRST_THEN_LAST = "Write the first day, then the last"


def check_term(contract: Contract) -> Diagnostics:
    """A term that has no days, or too many, and a version that takes effect after it."""
    first, last = contract.calendar.term
    earliest, latest = EPOCH, from_day_number(LAST_DAY_NUMBER)
    days = f"{first} through {last}"
    if last < first:
        problem = "the term ends before it starts"
        yield fault_at(TERM, "term_reversed", problem, found=days, hint=_FIRST_THEN_LAST)
    elif first < earliest or last > latest:
        problem = "the term is outside the days that can be reckoned with"
        allowed = f"{earliest} through {latest}"
        yield fault_at(TERM, "term_too_far", problem, found=days, allowed=allowed)
    if contract.version.effective_on > last:
        yield fault_at(
            ("version", "effective_on"),
            "effective_after_term",
            "the version takes effect after the term has ended",
            found=contract.version.effective_on,
            allowed=f"a day up to {last}, the last of the term",
            rests=(TERM,),
        )


def check_windows(contract: Contract) -> Diagnostics:
    """Windows that have no day for anybody."""
    for name, window in contract.windows.items():
        # Where one end is a date, it depends on the start whether the window has a day at all.
        is_mixed = (window.opens.fixed is None) != (window.closes.fixed is None)
        starts = contract.calendar.term if is_mixed else contract.calendar.term[:1]
        if all(_is_reversed(window, start) for start in starts):
            yield fault_at(
                ("windows", name),
                "window_reversed",
                f"the window '{name}' ends before it starts",
                found=window,
                hint="Write the earlier end first; 'A to B' ends the day before B, 'A through B'"
                " on B",
                rests=(TERM,) if is_mixed else (),
            )


def _is_reversed(window: Window, start: date) -> bool:
    opens, closes = window.days(start)
    return closes < opens


def check_started(contract: Contract) -> Diagnostics:
    """Days of starting that nobody can start on."""
    if contract.participants.started is None:
        return
    path: Path = ("participants", "started")
    (first, last), ends = contract.participants.started, contract.calendar.term[1]
    days = f"{first} through {last}"
    if last < first:
        problem = "the last day of starting is before the first"
        yield fault_at(path, "started_reversed", problem, found=days, hint=_FIRST_THEN_LAST)
    elif first > ends:
        problem = "nobody can start before the term has ended"
        allowed = f"days up to {ends}, the last of the term"
        rests = (TERM,)
        yield fault_at(
            path, "started_after_term", problem, found=days, allowed=allowed, rests=rests
        )


def check_periods(contract: Contract) -> Diagnostics:
    """Every fault of listed periods: they must follow one another and cover the term."""
    claims = contract.calendar.claims
    if (claims.every == "listed") != bool(claims.listed):
        yield fault_at(
            _LISTED[:-1],
            "periods_not_listed",
            "periods are listed, and 'every' does not say so"
            if claims.listed
            else "the periods are to be listed, and none is",
            hint="Write every: listed, and under listed each period with its first and last day",
            rests=(_LISTED, (*_LISTED[:-1], "every")),
        )
        return
    due, last = contract.calendar.term
    for name, (opens, closes) in claims.listed.items():
        path = (*_LISTED, name)
        if closes < opens:
            yield fault_at(path, "period_reversed", "the period ends before it starts", found=opens)
        if opens != due:
            yield fault_at(
                path,
                "period_gap" if opens > due else "period_overlap",
                f"the period '{name}' does not start where the one before it ended, or the"
                " term begins",
                found=opens,
                allowed=str(due),
                rests=(TERM,),
            )
        due = closes + timedelta(days=1)
    if claims.listed and due != last + timedelta(days=1):
        yield fault_at(
            _LISTED,
            "period_gap",
            "the last period does not end with the term",
            found=due - timedelta(days=1),
            allowed=str(last),
            rests=(TERM, *((*_LISTED, name) for name in claims.listed)),
        )
