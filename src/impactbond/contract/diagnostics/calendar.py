"""Whether the days of a contract can be: its term, its windows, who may start when, listed periods,
and whether what is dated is within the term. Worth a look: gaps and overlaps between windows that
follow one another, dates of prices and listed periods, and evidence that comes after its claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from impactbond.contract.conditions import every_condition
from impactbond.contract.contract import Contract
from impactbond.dates import (
    EPOCH,
    LAST_DAY_NUMBER,
    ONE_DAY,
    from_day_number,
    has_regions,
    known_years,
    weekend_of,
)
from impactbond.terms.applicability import Dated
from impactbond.terms.conditions import Leaf
from impactbond.terms.diagnostic import Diagnostics, Path, around, fault_at, listing
from impactbond.terms.phrases import Window
from impactbond.terms.words import counted

TERM: Path = ("calendar", "term")
_CLAIMS: Path = ("calendar", "claims")
_PAYMENT: Path = ("calendar", "payment")
_LISTED: Path = (*_CLAIMS, "listed")
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
        path, code = ("version", "effective_on"), "effective_after_term"
        problem = "the version takes effect after the term has ended"
        allowed = f"a day up to {last}, the last of the term"
        yield fault_at(path, code, problem, found=effective, allowed=allowed, rests=(TERM,))


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
            code = "period_gap" if opens > due else "period_overlap"
            problem = f"the period '{name}' does not start where the one before it ended, or the"
            problem += " term begins"
            yield fault_at(path, code, problem, found=opens, allowed=str(due), rests=(TERM,))
        due = closes + ONE_DAY
    if claims.listed and due != last + ONE_DAY:
        problem, ends = "the last period does not end with the term", due - ONE_DAY
        rests = (TERM, *((*_LISTED, name) for name in claims.listed))
        yield fault_at(_LISTED, "period_gap", problem, found=ends, allowed=str(last), rests=rests)


def check_payment(contract: Contract) -> Diagnostics:
    """Bank holidays of nobody, or of years that nobody knows, and the weekend of another place."""
    payment, path = contract.calendar.payment, _PAYMENT
    yield from payment.errors(path)
    place, (first, last) = payment.working_days_of, contract.calendar.payment_years
    if place is None or next(check_term(contract), None) is not None:
        return
    missing, _ = known_years(place, first, last - 1)
    if missing:
        problem = f"payments fall due in years whose bank holidays in {place} are not known"
        found, known = listing(missing), next(iter(missing.values()))
        hint = "List the days under bank_holidays, in place of working_days_of"
        rests = (TERM, _CLAIMS)
        code, where = "unknown_bank_holidays", (*path, "working_days_of")
        yield fault_at(where, code, problem, found=found, allowed=known, hint=hint, rests=rests)
    weekend = weekend_of(place)
    if not {*weekend} <= {*payment.weekend}:
        problem, allowed = f"the weekend is another one in {place}", ", ".join(weekend)
        found, hint = ", ".join(payment.weekend), f"Write weekend: [{allowed}]"
        # Where a day of it could not be read, another stands in its stead, and that alone is told.
        days: Path = (*path, "weekend")
        read, least = around(days, range(len(payment.weekend))), f"at least {allowed}"
        yield fault_at(
            path, "other_weekend", problem, found=found, allowed=least, hint=hint, rests=read
        )


def look_at_bank_holidays(contract: Contract) -> Diagnostics:
    """Bank holidays of which some may be missing: of a country whose regions have more, of years
    that are known in part, of years of which a list names none.
    """
    payment, (first, last) = contract.calendar.payment, contract.calendar.payment_years
    place, days = payment.working_days_of, payment.bank_holidays
    if place is not None:
        if has_regions(place):
            problem = f"the regions of {place} have bank holidays of their own, which do not count"
            path, hint = (*_PAYMENT, "working_days_of"), f"Name the region, as {place}-…"
            yield fault_at(path, "no_region", problem, found=place, hint=hint)
        _, partly = known_years(place, first, last - 1)
        if partly:
            problem = f"of some years not all bank holidays in {place} are known"
            path, found = (*_PAYMENT, "working_days_of"), listing(partly)
            hint = next(iter(partly.values()))
            yield fault_at(path, "few_bank_holidays", problem, found=found, hint=hint)
    elif isinstance(days, tuple):
        none_in = sorted({*range(first, last)} - {day.year for day in days})
        if none_in:
            problem = "of some years in which payments fall due no bank holiday is listed"
            path, found = (*_PAYMENT, "bank_holidays"), listing(none_in)
            yield fault_at(path, "no_bank_holidays", problem, found=found)


def check_dated(contract: Contract, term: Dated, path: Path) -> Diagnostics:
    """A dated term at a place that ends before it starts, or never applies within the term."""
    yield from check_days(term.from_, term.through, path)
    first, last = contract.calendar.term
    if first <= last and ((term.from_ or first) > last or (term.through or last) < first):
        problem = "its dates are outside the term, so that it never applies"
        found = f"{term.from_ or first} through {term.through or last}"
        allowed = f"days from {first} through {last}"
        rests = (TERM, (*path, "from"), (*path, "through"))
        yield fault_at(path, "outside_term", problem, found=found, allowed=allowed, rests=rests)


def check_days(first: date | None, last: date | None, path: Path) -> Diagnostics:
    """A term at a place that ends before it starts."""
    if first is not None and last is not None and last < first:
        problem, found = "it ends before it starts", f"{first} through {last}"
        hint = "Write the earlier day under from, the later one under through"
        place, rests = (*path, "through"), ((*path, "from"),)
        yield fault_at(place, "dates_reversed", problem, found=found, hint=hint, rests=rests)


def check_in_term(contract: Contract, day: date, path: Path) -> Diagnostics:
    """A day that is not in the term; nothing is told where the term is reversed."""
    first, last = contract.calendar.term
    if first <= last and not first <= day <= last:
        problem, allowed = "the date is outside the term", f"{first} through {last}"
        yield fault_at(path, "outside_term", problem, found=day, allowed=allowed, rests=(TERM,))


def look_at_dates(contract: Contract) -> Diagnostics:
    """Every gap and overlap, and evidence that may come after its claim."""
    yield from _windows(contract)
    for name, milestone in contract.milestones.items():
        path: Path = ("milestones", name)
        yield from _dated((*path, "rates"), milestone.rates, "the first of them applies")
        changes = [one for one in milestone.changes if isinstance(one, Dated)]
        if len(changes) == len(milestone.changes):
            yield from _overlapping((*path, "changes"), changes, "both of them apply")
    yield from _periods(contract)
    if contract.calendar.periods:
        yield from _deadline(contract)


def _windows(contract: Contract) -> Diagnostics:
    """Windows in which the same is asked, one after the other."""
    series: dict[str, list[str]] = {}
    for _, condition in every_condition(contract):
        if isinstance(condition, Leaf) and condition.asks_rows and len(condition.windows) == 1:
            windows = series.setdefault(_asked(condition), [])
            windows += [name for name in condition.windows if name not in windows]
    told: set[tuple[str, str]] = set()
    start = contract.calendar.term[0]
    for windows in series.values():
        in_order = sorted(windows, key=lambda name: contract.windows[name].days(start))
        for earlier, later in pairwise(in_order):
            if (earlier, later) not in told:
                told.add((earlier, later))
                yield from _between_windows(contract, earlier, later, start)


def _asked(leaf: Leaf) -> str:
    """What a condition asks, whatever its window."""
    return f"{type(leaf).__name__} {leaf.model_dump_json(exclude={'window', 'clause'})}"


def _between_windows(contract: Contract, earlier: str, later: str, start: date) -> Diagnostics:
    closes = contract.windows[earlier].days(start)[1]
    opens = contract.windows[later].days(start)[0]
    what = f"'{earlier}' and '{later}', in which the same is asked,"
    if closes >= opens:
        problem = f"the windows {what} overlap: one record may count in both"
        hint = "'A to B' ends the day before B, 'A through B' on B"
        found = _days((closes - opens).days + 1, start)
        yield fault_at(("windows", later), "windows_overlap", problem, found=found, hint=hint)
    elif closes + ONE_DAY < opens:
        problem = f"between the windows {what} there is a gap in which nothing counts"
        found = _days((opens - closes).days - 1, start)
        yield fault_at(("windows", later), "windows_gap", problem, found=found)


def _days(count: int, start: date) -> str:
    return f"{counted(count, 'day')}, for whoever starts on {start}"


def _dated(path: Path, terms: Sequence[Dated], which: str) -> Diagnostics:
    yield from _overlapping(path, terms, which)
    for (_, earlier), (index, later) in _alike(terms):
        if earlier.through and later.from_ and earlier.through + ONE_DAY < later.from_:
            problem = "between two prices that follow each other, the milestone's own price applies"
            found = f"{earlier.through + ONE_DAY} through {later.from_ - ONE_DAY}"
            hint = "Let one end the day before the next starts, if that is not meant"
            yield fault_at((*path, index, "from"), "price_gap", problem, found=found, hint=hint)


def _overlapping(path: Path, terms: Sequence[Dated], which: str) -> Diagnostics:
    for (_, earlier), (index, later) in _alike(terms):
        ends, begins = earlier.through or date.max, later.from_ or date.min
        if ends >= begins:
            problem = f"two entries for the same participants apply on the same days: {which}"
            found = "no day on which one ends and the other starts"
            if later.from_ and earlier.through:
                found = f"from {begins} through {ends}"
            hint = "Write through and from so that they follow each other"
            yield fault_at((*path, index), "dates_overlap", problem, found=found, hint=hint)


Placed = tuple[int, Dated]


def _alike(terms: Sequence[Dated]) -> Iterator[tuple[Placed, Placed]]:
    """Entries for the same participants, each with the one that comes after it in time."""
    groups: dict[tuple[tuple[str, tuple[str, ...]], ...], list[Placed]] = {}
    for index, term in enumerate(terms):
        groups.setdefault(tuple(sorted(term.only.items())), []).append((index, term))
    for group in groups.values():
        in_order = sorted(group, key=lambda placed: placed[1].from_ or date.min)
        yield from pairwise(in_order)


def _periods(contract: Contract) -> Diagnostics:
    claims, (first, last) = contract.calendar.claims, contract.calendar.term
    if claims.every != "listed":
        return
    in_order = sorted(claims.listed.items(), key=lambda entry: entry[1])
    edges = [("", (first, first - ONE_DAY)), *in_order, ("", (last + ONE_DAY, last))]
    for (_, (_, ended)), (label, (begins, _)) in pairwise(edges):
        place = (*_LISTED, label) if label else _LISTED
        if begins <= ended:
            problem = "two periods have days in common: what is achieved then is in both"
            days = f"{begins} through {ended}"
            yield fault_at(place, "periods_overlap", problem, found=days)
        elif begins > ended + ONE_DAY:
            problem = "some days of the term are in no period: what is achieved then is not claimed"
            days = f"{ended + ONE_DAY} through {begins - ONE_DAY}"
            hint = "Let the periods follow each other"
            yield fault_at(place, "periods_gap", problem, found=days, hint=hint)


def _deadline(contract: Contract) -> Diagnostics:
    calendar, path = contract.calendar, ("calendar", "evidence", "within")
    period, within = max(calendar.periods), calendar.evidence.within
    recorded, claimed = within.after(period.last), calendar.claim_date(period)
    if recorded > claimed:
        problem = "evidence that is in time may come after the claim date, and after the last claim"
        problem += " date it is never paid"
        found = f"{within} for evidence; the last claim is on {claimed}, and "
        found += f"evidence of the last day is in time until {recorded}"
        hint = "Let claims be made later, or evidence be recorded sooner"
        yield fault_at(path, "deadline_after_claim", problem, found=found, hint=hint)
