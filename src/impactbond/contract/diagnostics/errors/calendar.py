"""Whether the days of a contract can be: its term, its windows, who may start when, and listed
periods that make up the term, one after another; and whether what is dated is within the term.
"""

from __future__ import annotations

from datetime import date, timedelta

from impactbond.contract.contract import Contract
from impactbond.dates import EPOCH, LAST_DAY_NUMBER, from_day_number
from impactbond.terms.applicability import Dated
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.phrases import Window

TERM: Path = ("calendar", "term")
_CLAIMS: Path = ("calendar", "claims")
_LISTED: Path = (*_CLAIMS, "listed")
_DAY = timedelta(days=1)
_FIRST_THEN_LAST = "Write the first day, then the last"


def check_term(contract: Contract) -> Diagnostics:
    """A term that has no days, or too many, and a version that takes effect after it."""
    first, last = contract.calendar.term
    earliest, latest = EPOCH, from_day_number(LAST_DAY_NUMBER)
    days, effective = f"{first} through {last}", contract.version.effective_on
    if last < first:
        problem = "the term ends before it starts"
        yield fault_at(TERM, "term_reversed", problem, found=days, hint=_FIRST_THEN_LAST)
    elif first < earliest or last > latest:
        problem = "the term is outside the days that can be reckoned with"
        allowed = f"{earliest} through {latest}"
        yield fault_at(TERM, "term_too_far", problem, found=days, allowed=allowed)
    if effective > last:
        yield fault_at(
            ("version", "effective_on"),
            "effective_after_term",
            "the version takes effect after the term has ended",
            found=effective,
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
            problem = f"the window '{name}' ends before it starts"
            hint = "Write the earlier end first; 'A to B' ends the day before B, 'A through B' on B"
            rests, path = [TERM] if is_mixed else [], ("windows", name)
            yield fault_at(path, "window_reversed", problem, found=window, hint=hint, rests=rests)


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
        problem, code = "nobody can start before the term has ended", "started_after_term"
        allowed = f"days up to {ends}, the last of the term"
        yield fault_at(path, code, problem, found=days, allowed=allowed, rests=(TERM,))


def check_periods(contract: Contract) -> Diagnostics:
    """Every fault of listed periods: they must follow one another and cover the term."""
    claims = contract.calendar.claims
    if (claims.every == "listed") != bool(claims.listed):
        problem = "the periods are to be listed, and none is"
        if claims.listed:
            problem = "periods are listed, and 'every' does not say so"
        hint = "Write every: listed, and under listed each period with its first and last day"
        rests: tuple[Path, ...] = (_LISTED, (*_CLAIMS, "every"))
        yield fault_at(_CLAIMS, "periods_not_listed", problem, hint=hint, rests=rests)
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
        due = closes + _DAY
    if claims.listed and due != last + _DAY:
        problem, ends = "the last period does not end with the term", due - _DAY
        rests = (TERM, *((*_LISTED, name) for name in claims.listed))
        yield fault_at(_LISTED, "period_gap", problem, found=ends, allowed=str(last), rests=rests)


def check_dated(contract: Contract, term: Dated, path: Path) -> Diagnostics:
    """A dated term at a place that ends before it starts, or never applies within the term."""
    yield from check_days(term.from_, term.through, path)
    first, last = contract.calendar.term
    if first <= last and ((term.from_ or first) > last or (term.through or last) < first):
        yield fault_at(
            path,
            "outside_term",
            "its dates are outside the term, so that it never applies",
            found=f"{term.from_ or first} through {term.through or last}",
            allowed=f"days from {first} through {last}",
            rests=(TERM, (*path, "from"), (*path, "through")),
        )


def check_days(first: date | None, last: date | None, path: Path) -> Diagnostics:
    """A term at a place that ends before it starts."""
    if first is not None and last is not None and last < first:
        yield fault_at(
            (*path, "through"),
            "dates_reversed",
            "it ends before it starts",
            found=f"{first} through {last}",
            hint="Write the earlier day under from, the later one under through",
            rests=((*path, "from"),),
        )


def check_in_term(contract: Contract, day: date, path: Path) -> Diagnostics:
    """A day that is not in the term; nothing is told where the term is reversed."""
    first, last = contract.calendar.term
    if first <= last and not first <= day <= last:
        problem, allowed = "the date is outside the term", f"{first} through {last}"
        yield fault_at(path, "outside_term", problem, found=day, allowed=allowed, rests=(TERM,))
