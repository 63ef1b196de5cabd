"""Days that leave something out: what nobody can reach, by its days or by bars that exclude others,
and gaps and overlaps between windows that follow one another, dates of prices, listed periods.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from impactbond.contract.conditions import every_condition, in_term, reach_of
from impactbond.contract.contract import Contract
from impactbond.terms.applicability import Dated
from impactbond.terms.conditions import Condition, ConditionTerm, Junction, Leaf
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.phrases import Threshold

_DAY = timedelta(days=1)


def look_at_reach(contract: Contract) -> Diagnostics:
    """Everything that nobody who starts when the contract allows can reach in its term."""
    for name, milestone in contract.milestones.items():
        yield from _milestone(contract, name)
        yield from _order(contract, name, milestone.after)
    for path, condition in every_condition(contract):
        if isinstance(condition, Junction) and condition.alternatives:
            for place, part in condition.inside:
                if not in_term(contract, reach_of(contract, part)):
                    yield fault_at(
                        (*path, *place),
                        "dead_alternative",
                        "nobody who starts in time can meet this alternative within the term",
                        found=_told(contract, part),
                        hint="Move its window, or take it out",
                    )
        if isinstance(condition, ConditionTerm):
            for metric, bars in _contradictions(contract, condition):
                problem = f"no value of '{metric}' meets all of these at once"
                found, hint = " and ".join(map(str, bars)), "Join them with any, or move a bar"
                yield fault_at(path, "contradiction", problem, found=found, hint=hint)


def _milestone(contract: Contract, name: str) -> Diagnostics:
    milestone = contract.milestones[name]
    needs = [milestone.when]
    if contract.participants.eligible is not None:
        needs.append(contract.participants.eligible)
    reached = [reach_of(contract, need) for need in needs]
    spans = [span for span in reached if span is not None]
    is_met = len(spans) == len(reached)
    first, last = contract.calendar.term
    if is_met and max(span[0] for span in spans) <= last and spans[0][1] >= first:
        return
    yield fault_at(
        ("milestones", name, "when"),
        "cannot_be_reached",
        f"nobody who starts in time can reach '{name}' within the term",
        found=_told(contract, milestone.when),
        hint=f"Move its window, or the term ({first} through {last})",
    )


def _told(contract: Contract, condition: Condition) -> str:
    span = reach_of(contract, condition)
    return f"met from {span[0]} through {span[1]}" if span else "a window in which it cannot be met"


def _order(contract: Contract, name: str, after: tuple[str, ...]) -> Diagnostics:
    own = reach_of(contract, contract.milestones[name].when)
    for earlier in after:
        before = reach_of(contract, contract.milestones[earlier].when)
        if own is not None and before is not None and before[1] > own[1]:
            yield fault_at(
                ("milestones", name, "after"),
                "prerequisite_closes_later",
                f"'{name}' comes after '{earlier}', which can still be reached when its own window"
                " has closed",
                found=f"{before[1]} against {own[1]}, for whoever starts last",
                hint="It is then reached on the later day; check that both windows are meant",
            )


def _contradictions(
    contract: Contract, condition: ConditionTerm
) -> Iterator[tuple[str, list[Threshold]]]:
    by_value: dict[tuple[str, ...], list[Threshold]] = {}
    for value, bar in condition.bars(contract):
        by_value.setdefault(value, []).append(bar)
    for (metric, *_), bars in by_value.items():
        if not _together(bars):
            yield metric, bars


def _together(bars: list[Threshold]) -> bool:
    lowest = [bar for bar in bars if bar.comparison in ("at least", "above")]
    highest = [bar for bar in bars if bar.comparison in ("at most", "below")]
    return all(_overlap(low, high) for low in lowest for high in highest)


def _overlap(low: Threshold, high: Threshold) -> bool:
    gap: Decimal = high.bar - low.bar
    touches = low.comparison == "at least" and high.comparison == "at most"
    return gap > 0 or (gap == 0 and touches)


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
        days = (closes - opens).days + 1
        found = _days(days, start)
        yield fault_at(("windows", later), "windows_overlap", problem, found=found, hint=hint)
    elif closes + _DAY < opens:
        problem = f"between the windows {what} there is a gap in which nothing counts"
        days = (opens - closes).days - 1
        yield fault_at(("windows", later), "windows_gap", problem, found=_days(days, start))


def _days(count: int, start: date) -> str:
    return f"{count:,} day{'' if count == 1 else 's'}, for whoever starts on {start}"


def _dated(path: Path, terms: Sequence[Dated], which: str) -> Diagnostics:
    yield from _overlapping(path, terms, which)
    for (_, earlier), (index, later) in _alike(terms):
        if earlier.through and later.from_ and earlier.through + _DAY < later.from_:
            yield fault_at(
                (*path, index, "from"),
                "price_gap",
                "between two prices that follow each other, the milestone's own price applies",
                found=f"{earlier.through + _DAY} through {later.from_ - _DAY}",
                hint="Let one end the day before the next starts, if that is not meant",
            )


def _overlapping(path: Path, terms: Sequence[Dated], which: str) -> Diagnostics:
    for (_, earlier), (index, later) in _alike(terms):
        ends, begins = earlier.through or date.max, later.from_ or date.min
        if ends >= begins:
            yield fault_at(
                (*path, index),
                "dates_overlap",
                f"two entries for the same participants apply on the same days: {which}",
                found=f"from {begins} through {ends}"
                if later.from_ and earlier.through
                else "no day on which one ends and the other starts",
                hint="Write through and from so that they follow each other",
            )


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
    path: Path = ("calendar", "claims", "listed")
    in_order = sorted(claims.listed.items(), key=lambda entry: entry[1])
    edges = [("", (first, first - _DAY)), *in_order, ("", (last + _DAY, last))]
    for (_, (_, ended)), (label, (begins, _)) in pairwise(edges):
        place = (*path, label) if label else path
        if begins <= ended:
            problem = "two periods have days in common: what is achieved then is in both"
            days = f"{begins} through {ended}"
            yield fault_at(place, "periods_overlap", problem, found=days)
        elif begins > ended + _DAY:
            problem = "some days of the term are in no period: what is achieved then is not claimed"
            days, hint = (
                f"{ended + _DAY} through {begins - _DAY}",
                "Let the periods follow each other",
            )
            yield fault_at(place, "periods_gap", problem, found=days, hint=hint)


def _deadline(contract: Contract) -> Diagnostics:
    calendar = contract.calendar
    period = max(calendar.periods)
    recorded, claimed = calendar.evidence.within.after(period.last), calendar.claim_date(period)
    if recorded <= claimed:
        return
    yield fault_at(
        ("calendar", "evidence", "within"),
        "deadline_after_claim",
        "evidence that is in time may come after the claim date, and after the last claim date it"
        " is never paid",
        found=f"{calendar.evidence.within} for evidence; the last claim is on {claimed}, and "
        f"evidence of the last day is in time until {recorded}",
        hint="Let claims be made later, or evidence be recorded sooner",
    )
