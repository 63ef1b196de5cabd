"""What limits let through of a statement's lines: from which running total and which amount of a
limit it follows what is withheld of each line, or passed on to others.

Takes  the lines of one claim and of all claims before it, and the limits of the statement.
Gives  for every limit that can be followed, the running total that meets it, line by line; for
       every other one, why its effect is only stated.
Keeps  a limit is followed only where the least of what was asked for and its amount gives all that
       it withheld of this claim, to the penny; to one funder, only where every line that meets the
       limit is one that the funder has a part in, so that it is told nothing of others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.statements.limit_terms import LimitReach, LimitTerm
from impactbond.statements.limit_totals import LetThrough, Limited
from impactbond.statements.source import StatementSource, is_for

_OTHERS = "others have lines under it"
_IN_ITS_OWN = "it is worked out in the funder's own statement"
_IN_NUMBER = "it counts claims"
_KIND = "it is no sum to date"
_NO_LINE = "it withheld something of which no line is here"
_MIXED = "what it withheld cannot be told apart"
_NOT_FOLLOWED = "what it withheld does not follow line by line"
_PASSED_ON = "what others took over stays with them"
_EMPTY = "no line of this claim is under it"
_COLUMNS = ("line", "participant", "milestone", "period", "achieved_on")
_AMOUNTS = ("value_pence", "withheld_pence", "withheld_by")


@dataclass(slots=True, repr=False)
class _Meeting:
    """One line as it meets limits: what is asked for, what was withheld, and by which of them."""

    row: dict[str, Any]
    is_now: bool
    asked: int
    held: int
    by: tuple[int, ...]


@dataclass(slots=True)
class _Group:
    """What one limit holds apart: what was asked for, and let through, up to some line."""

    asked: int = 0
    through: int = 0
    last: int = -1
    between: int = 0


@dataclass(slots=True)
class _Chains:
    """The limits that are followed, and what keeps others from being followed."""

    found: list[LetThrough] = field(default_factory=list)
    otherwise: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)


def limited(
    source: StatementSource, limits: Sequence[LimitTerm], funder: str | None, claim_period: str
) -> Limited:
    """What the limits of a statement let through of its lines."""
    stated = {place: told for place, term in enumerate(limits) if (told := _unfit(term, funder))}
    fit = {place: term for place, term in enumerate(limits) if place not in stated}
    whole = {place: term for place, term in fit.items() if term.whose is None}
    own = {place: term for place, term in fit.items() if term.whose is not None}
    # By the period, and everything else by its day: a later claim is no part of this statement,
    # though the settlement has it.
    now = pc.equal(source.lines["claim_period"], claim_period)
    earlier = pc.less(source.lines["claim_date"], source.claim_dates[claim_period])
    lines = source.lines.filter(pc.or_(now, earlier))
    # Whether lines of others meet a limit is first asked of columns: most statements have thousands
    # of lines, and no limit for which each must be looked at.
    shares = None if funder is None else _shares(source, funder, lines)
    if shares is not None:
        # A limit that lines of others meet is not followed in a funder's statement: its running
        # total would tell what they are owed.
        _take_out(whole, stated, lambda reach: _has_others(lines, shares, reach))
    if not whole and not own:
        return Limited(stated=stated)
    rows = _rows(lines)
    if shares is not None:
        _take_out(whole, stated, lambda reach: _meets_others(rows, shares, reach))
        rows = [row for row in rows if row["line"] in shares]
    on_whole = _settled(rows, whole, stated, claim_period)
    on_own = _own(rows, shares or {}, own, stated, claim_period)
    return Limited(tuple(on_whole.found), tuple(on_own.found), on_whole.otherwise, stated)


def _unfit(term: LimitTerm, funder: str | None) -> str:
    """Why a limit cannot be followed, by its kind or because it is on what others pay; nothing
    where it can be.
    """
    if term.at_most_pence is None:
        return _IN_NUMBER
    if term.reach is None:
        return _KIND
    if term.whose is None or (funder is not None and is_for(term.whose, funder)):
        return ""
    return _IN_ITS_OWN


def _take_out(
    limits: dict[int, LimitTerm], stated: dict[int, str], is_others: Callable[[LimitReach], bool]
) -> None:
    """Takes out the limits that lines of others meet too."""
    for place, term in list(limits.items()):
        if is_others(_reach(term)):
            stated[place] = _OTHERS
            del limits[place]


def _reach(term: LimitTerm) -> LimitReach:
    assert term.reach is not None, "a limit that is followed has its reach"
    return term.reach


def _shares(source: StatementSource, funder: str, lines: pa.Table) -> dict[str, tuple[int, int]]:
    """What a funder's share of each of its lines is, after limits on the whole, and what it took
    over or passed on.
    """
    shares = source.shares.filter(pc.equal(source.shares["funder"], funder))
    shares = shares.filter(pc.is_in(shares["line"], lines["line"]))
    columns = ("line", "value_pence", "withheld_pence", "moved_pence")
    return {
        line: (value - withheld, moved)
        for line, value, withheld, moved in zip(
            *(shares[name].to_pylist() for name in columns), strict=True
        )
    }


def _has_others(lines: pa.Table, mine: Mapping[str, object], reach: LimitReach) -> bool:
    """Whether a limit that holds nothing apart is met by lines of others alone: known without a
    look at each line, of which there may be many for each of many schools.
    """
    if reach.only or reach.each != "":
        return False
    if reach.milestones is not None:
        on = pa.array(sorted(reach.milestones), pa.string())
        lines = lines.filter(pc.is_in(lines["milestone"], on))
    own = pa.array(list(mine), pa.string())
    return bool(lines.filter(pc.is_in(lines["line"], own)).num_rows != lines.num_rows)


def _rows(lines: pa.Table) -> list[dict[str, Any]]:
    columns = ["claim_period", "claim_date", *_COLUMNS, *_AMOUNTS]
    columns += ["group"] if "group" in lines.column_names else []
    rows = lines.select(columns).to_pylist()
    # By the claim date alone: within one, as they were settled.
    return sorted(rows, key=lambda row: row["claim_date"])


def _meets_others(
    rows: Sequence[dict[str, Any]], mine: Mapping[str, object], reach: LimitReach
) -> bool:
    """Whether lines of others meet a limit together with lines of the funder."""
    own, others = set[str](), set[str]()
    for row in rows:
        if (group := reach.group(row)) is not None:
            (own if row["line"] in mine else others).add(group)
    return bool(own & others)


def _settled(
    rows: Sequence[dict[str, Any]],
    limits: dict[int, LimitTerm],
    stated: dict[int, str],
    claim_period: str,
) -> _Chains:
    """The limits on the whole, followed on what each line is worth. One that cannot be followed is
    taken out, with why, and the others are followed again: what it withheld is then stated.
    """
    while True:
        places = {term.name: place for place, term in limits.items()}
        meetings, otherwise, mixed = [], [], set[int]()
        for row in rows:
            names = [name for name in row["withheld_by"].split("; ") if name]
            by = tuple(places[name] for name in names if name in places)
            # What a limit withheld that is not followed comes off before those that are: the line
            # says one sum for all, so a line of both kinds cannot be told apart.
            # Withheld for a reason that is not followed: it comes off what the limits are asked
            # for.
            apart = row["withheld_pence"] if len(by) < len(names) or not names else 0
            mixed |= set(by) if by and apart else set()
            is_now = row["claim_period"] == claim_period
            held = row["withheld_pence"] - apart
            meetings.append(_Meeting(row, is_now, row["value_pence"] - apart, held, by))
            otherwise += [apart] if is_now else []
        chains = _followed(meetings, limits)
        chains.failed |= dict.fromkeys(mixed, _MIXED)
        chains.otherwise = otherwise
        if not chains.failed:
            return chains
        stated |= chains.failed
        for place in chains.failed:
            del limits[place]


def _own(
    rows: Sequence[dict[str, Any]],
    shares: Mapping[str, tuple[int, int]],
    limits: dict[int, LimitTerm],
    stated: dict[int, str],
    claim_period: str,
) -> _Chains:
    """The funder's own limits, followed on its share of what limits on the whole let through."""
    while limits:
        meetings = []
        for row in rows:
            payable, moved = shares[row["line"]]
            by = tuple(limits) if moved else ()
            is_now = row["claim_period"] == claim_period
            meetings.append(_Meeting(row, is_now, payable, -moved, by))
        chains = _followed(meetings, limits)
        if not chains.failed:
            return chains
        stated |= chains.failed
        for place in chains.failed:
            del limits[place]
    return _Chains()


def _followed(meetings: Sequence[_Meeting], limits: Mapping[int, LimitTerm]) -> _Chains:
    """The limits in their order, each on what the one before let through."""
    chains = _Chains()
    for place, term in limits.items():
        reach, most = _reach(term), term.at_most_pence
        assert most is not None, "a limit that is followed is in money"
        met = [(one, reach.group(one.row)) for one in meetings]
        groups, why = _before(place, met)
        now = [(one, name) for one, name in met if one.is_now]
        # What was withheld before waits for room. Where the room that this claim makes goes to it,
        # there has to be a line of this claim on which that can stand.
        # Asked for, and not let through by earlier claims.
        waiting = {name for name, group in groups.items() if group.asked != group.through}
        if waiting and reach.passes_on:
            why = _PASSED_ON
        elif waiting - {name for _, name in now}:
            why = _NO_LINE
        found = _line_by_line(place, most, now, groups, is_apart=reach.each != "")
        if any(group.between for group in groups.values()):
            why = why or _NOT_FOLLOWED
        if found.first is None:
            why = why or _EMPTY
        if why:
            chains.failed[place] = why
        chains.found.append(found)
    return chains


def _before(
    place: int, met: Sequence[tuple[_Meeting, str | None]]
) -> tuple[defaultdict[str, _Group], str]:
    """What earlier claims asked for under a limit, and what it let through, by what it holds apart;
    and why that cannot be told, where two limits withheld of one line.
    """
    groups, why = defaultdict[str, _Group](_Group), ""
    for one, name in met:
        if name is None or one.is_now:
            continue
        if len(one.by) > 1 and place in one.by:
            why = _MIXED
        # Of a line that one limit withheld of, all is its.
        held = one.held if one.by == (place,) else 0
        groups[name].asked += one.asked
        groups[name].through += one.asked - held
        one.asked -= held
    return groups, why


def _line_by_line(
    place: int,
    most: int,
    now: Sequence[tuple[_Meeting, str | None]],
    groups: Mapping[str, _Group],
    *,
    is_apart: bool,
) -> LetThrough:
    """How one limit meets the lines of this claim, one after another.

    Limits are settled by period and day of achievement, lines stand in the order in which they
    moved: what is withheld of one line may so be let through of another. That much is stated, and
    comes to nothing.
    """
    found = LetThrough(place, is_apart)
    for index, (one, name) in enumerate(now):
        if name is None:
            found.add()
            continue
        group = groups[name]
        after = group.asked + one.asked
        through = min(after, most)
        chained = one.asked - (through - group.through)
        held = chained
        if place not in one.by:
            held = 0
        # The last limit named takes what is left: with those before it, it comes to all that the
        # line says.
        elif one.by[-1] == place:
            held = one.held
        found.add(
            group.last,
            group.asked if group.last < 0 else None,
            group.through if group.last < 0 else None,
            asked=after,
            held=held,
            between=held - chained,
        )
        one.asked -= held
        one.held -= held
        group.between += held - chained
        group.asked, group.through, group.last = after, through, index
    return found
