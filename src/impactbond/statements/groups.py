"""What a statement's lines come to by what a funder is resolved by: by school, where each school
pays for its own pupils.

Takes  the lines of this claim and of earlier claims, with the shares of all funders.
Gives  for each such name a row for every group: what was claimed for its people, and what all
       funders, and of that the group itself, pay for it, now and to date.
Keeps  made for all funders together alone: their lines say already whose school pays. In another
       funder's statement the few people of one group would tell who goes where; what the contract
       lets one see is in `groups_seen`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import pyarrow.compute as pc

from impactbond.statements.line_totals import Grouped, GroupTotals
from impactbond.statements.milestones import Before, paid_pence
from impactbond.statements.source import StatementSource
from impactbond.statements.statement import Account, StatementLine

NO_GROUP = "none"  # the number of the row of lines in which no group has a part


def by_group(
    source: StatementSource,
    lines: Sequence[StatementLine],
    before: Before,
    accounts: Sequence[Account],
) -> tuple[Grouped, ...]:
    """The totals by every name that stands for several funders ("school: ..."), in their order; by
    none of which two share a line, because such a line would count twice.
    """
    members: defaultdict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        resolved_by, is_many, _ = account.funder.partition(": ")
        if is_many:
            members[resolved_by].append(account)
    found: list[Grouped] = []
    for name, of in members.items():
        shares = _shares_of(source, name)
        if shares is not None:
            sheet = sheet_name(name, [one.sheet for one in found])
            found.append(Grouped(name, sheet, _rows(name, of, lines, before, shares)))
    return tuple(found)


def sheet_name(name: str, taken: Sequence[str]) -> str:
    """A name that Excel allows for a sheet, in which capital letters are none of their own: at
    most 31 letters and digits, and given once.
    """
    plain = " ".join(re.sub(r"[\W_]+", " ", name).split()) or "group"
    others = {"by milestone", *(one.lower() for one in taken)}
    words = ("", "each ", *(f"{number} " for number in range(2, 99)))
    names = (f"By {word}{plain}"[:31].strip() for word in words)
    return next(one for one in names if one.lower() not in others)


# For each line the group that has a part in it, and what the group pays.
_Shares = dict[str, tuple[str, int]]


def _shares_of(source: StatementSource, name: str) -> _Shares | None:
    """The shares of a name's groups by line; None where two of them share one."""
    shares = source.shares.filter(pc.starts_with(source.shares["funder"], f"{name}: "))
    columns = (shares[one].to_pylist() for one in ("line", "funder", "amount_pence"))
    found = {line: (funder, pence) for line, funder, pence in zip(*columns, strict=True)}
    return found if len(found) == shares.num_rows else None


def _rows(
    name: str,
    members: Sequence[Account],
    lines: Sequence[StatementLine],
    before: Before,
    shares: _Shares,
) -> tuple[GroupTotals, ...]:
    """A row for every group, and last one for what no group has a part in, where there is any."""
    rows = {one.funder: GroupTotals(one.code, one.name) for one in members}
    rows[""] = GroupTotals(NO_GROUP, f"No {name} has a part")
    for line in lines:
        funder, own = shares.get(line.line, ("", 0))
        row = rows[funder]
        rows[funder] = replace(
            row,
            claimed=row.claimed + max(line.quantity, 0),
            taken_back=row.taken_back + min(line.quantity, 0),
            value_pence=row.value_pence + line.value_pence,
            withheld_pence=row.withheld_pence + line.withheld_pence,
            paid_pence=row.paid_pence + paid_pence(line),
            own_pence=row.own_pence + own,
        )
    for of in before.rows:
        funder, own = shares.get(of["line"], ("", 0))
        row = rows[funder]
        rows[funder] = replace(
            row,
            number_before=row.number_before + of["quantity"],
            paid_before_pence=row.paid_before_pence + of["paid"],
            own_before_pence=row.own_before_pence + own,
        )
    last = rows.pop("")
    has_none = last != GroupTotals(last.code, last.name)
    return (*rows.values(), *((last,) if has_none else ()))
