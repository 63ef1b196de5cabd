"""What a funder's own statement says by school, where the contract lets it (`sees`): what it pays
for the people of each.

Takes  the lines of all claims up to this one with the funder's parts, and whose people each is of.
Gives  a row for each school, and one for those that are not told apart.
Keeps  a line itself never says whose it is, and no row stands for fewer people than the contract
       says: neither to date nor in any claim, because who keeps all statements could subtract one
       from the next. Those with fewer stand in one row, from then on, and where they would still be
       too few the next smallest with them. What stood there once stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow.compute as pc

from impactbond.statements.groups import NO_GROUP, sheet_name
from impactbond.statements.line_totals import Grouped, GroupTotals
from impactbond.statements.milestones import paid_pence
from impactbond.statements.source import StatementSource, is_for
from impactbond.statements.statement import StatementLine

_NOBODY = ""  # stands for the lines in which no group has a part


@dataclass(slots=True)
class _Moved:
    """What moved of one group in one claim: who, how many, and what the funder pays for it."""

    people: set[str] = field(default_factory=set)
    number: int = 0
    pence: int = 0

    def add(self, other: _Moved) -> None:
        self.people |= other.people
        self.number += other.number
        self.pence += other.pence


# By claim, in the order of their dates, and by group.
_Claims = dict[date, dict[str, _Moved]]


def groups_seen(
    source: StatementSource, funder: str, lines: Sequence[StatementLine], claim_date: date
) -> tuple[Grouped, ...]:
    """The groups that a funder sees; none where the contract does not say so, or where all of them
    together are too few.
    """
    term = next((told for name, told in source.sees.items() if is_for(name, funder)), None)
    if term is None or source.counted:
        return ()
    each, least = term
    claims = _claims(source, funder, each, claim_date)
    together = _together(claims, least)
    if together is None:
        return ()
    now, before = _summed(claims, claim_date)
    # The lines are what the statement shows: the rows must come to the same.
    assert sum(one.pence for one in now.values()) == sum(map(paid_pence, lines))
    names = dict(
        zip(source.funders["funder"].to_pylist(), source.funders["name"].to_pylist(), strict=True)
    )
    rows = [
        _row(str(number), names[group], now[group], before[group])
        for number, group in enumerate(sorted(set(now) | set(before)), 1)
        if group not in together and group != _NOBODY
    ]
    if together:
        rest_now, rest_before = _Moved(), _Moved()
        for group in together:
            rest_now.add(now[group])
            rest_before.add(before[group])
        words = f"All others together: fewer than {least} of some" if rows else "All together"
        rows.append(_row("others", words, rest_now, rest_before))
    elif _NOBODY in now or _NOBODY in before:
        rows.append(_row(NO_GROUP, f"No {each} has a part", now[_NOBODY], before[_NOBODY]))
    return (Grouped(each, sheet_name(each, ()), tuple(rows)),)


def _claims(source: StatementSource, funder: str, each: str, claim_date: date) -> _Claims:
    """What moved of every group in every claim so far, of the lines that the funder pays for."""
    shares = source.shares
    own = shares.filter(pc.equal(shares["funder"], funder))
    pays = dict(zip(own["line"].to_pylist(), own["amount_pence"].to_pylist(), strict=True))
    theirs = shares.filter(pc.starts_with(shares["funder"], f"{each}: "))
    whose = dict(zip(theirs["line"].to_pylist(), theirs["funder"].to_pylist(), strict=True))
    found: _Claims = defaultdict(lambda: defaultdict(_Moved))
    columns = ("line", "claim_date", "participant", "quantity")
    known = source.lines.filter(pc.less_equal(source.lines["claim_date"], claim_date))
    for row in known.select(columns).to_pylist():
        if row["line"] in pays:
            moved = found[row["claim_date"]][whose.get(row["line"], _NOBODY)]
            # A child counts once, however often lines of it move.
            moved.add(_Moved({row["participant"]}, row["quantity"], pays[row["line"]]))
    return dict(sorted(found.items()))


def _together(claims: _Claims, least: int) -> set[str] | None:
    """The groups that are not told apart; None where all together are too few to be told."""
    found: set[str] = set()
    before, untold = dict[str, set[str]](), dict[str, set[str]]()
    is_told = True
    for claim in claims.values():
        now = {group: one.people for group, one in claim.items()}
        found |= {group for group, people in now.items() if 0 < len(people) < least}
        to_date = _joined(before, now)
        others = sorted(((len(people), one) for one, people in to_date.items() if one not in found))
        # A reader of all statements knows what moved since the one that told it last, too.
        # In this claim, since they were last told, and before: a reader subtracts any of these from
        # another.
        apart = (now, untold, before)
        tried = set(found)
        # The smallest first: as few as possible are merged.
        while others and any(_are_few(people, tried, least) for people in apart):
            tried.add(others.pop(0)[1])
        is_told = not any(_are_few(people, tried, least) for people in apart)
        # Where even all together are too few nothing is told this time, and nothing is merged for
        # good.
        found = tried if is_told else found
        before = to_date
        untold = {} if is_told else _joined(untold, now)
    return found if is_told else None


def _are_few(people: Mapping[str, set[str]], groups: set[str], least: int) -> bool:
    """Whether fewer people than may be told apart are of some groups, though somebody is."""
    found = set[str]().union(*(people.get(group, ()) for group in groups))
    return 0 < len(found) < least


def _joined(first: Mapping[str, set[str]], then: Mapping[str, set[str]]) -> dict[str, set[str]]:
    return {one: {*first.get(one, ()), *then.get(one, ())} for one in {**first, **then}}


def _summed(
    claims: _Claims, claim_date: date
) -> tuple[defaultdict[str, _Moved], defaultdict[str, _Moved]]:
    """What moved of every group in this claim, and in all before it."""
    now, before = defaultdict[str, _Moved](_Moved), defaultdict[str, _Moved](_Moved)
    for day, moved in claims.items():
        for group, one in moved.items():
            (now if day == claim_date else before)[group].add(one)
    return now, before


def _row(label: str, name: str, now: _Moved, before: _Moved) -> GroupTotals:
    return GroupTotals(
        label,
        name,
        claimed=now.number,
        paid_pence=now.pence,
        number_before=before.number,
        paid_before_pence=before.pence,
    )
