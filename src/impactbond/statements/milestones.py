"""What a statement's lines come to by milestone, and what each adjustment adjusts: this claim
beside all claims before it.

Takes  the lines of this claim, and those of earlier claims with their shares.
Gives  for each milestone what was claimed, taken back and paid, now and before; for each adjustment
       the line that it adjusts, what was paid for it, and what is.
Keeps  a funder's statement counts the lines that it has a part in, and its own parts alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.money import show
from impactbond.reasons import Because
from impactbond.settlement.funding import UNFUNDED
from impactbond.statements.about import reference
from impactbond.statements.limit_terms import LimitTerm, limit_words
from impactbond.statements.line_totals import Adjusted, MilestoneTotals
from impactbond.statements.source import StatementSource
from impactbond.statements.statement import ADJUSTMENT, Planned, StatementLine

_KEY = ("participant", "milestone", "period", "group")


@dataclass(frozen=True, slots=True, repr=False)
class Before:
    """The lines of the claims before that a statement may show, each with what was paid for it."""

    rows: list[dict[str, Any]]

    @classmethod
    def of(cls, source: StatementSource, funder: str | None, claim_date: date) -> Before:
        """The earlier lines: of all, or those that a funder has a part in."""
        lines = source.lines.filter(pc.less(source.lines["claim_date"], claim_date))
        shares = source.shares.filter(pc.is_in(source.shares["line"], lines["line"]))
        mine = pc.not_equal(shares["funder"], UNFUNDED)
        if funder is not None:
            mine = pc.equal(shares["funder"], funder)
            lines = lines.filter(pc.is_in(lines["line"], shares.filter(mine)["line"]))
        paid = Counter[str]()
        own = shares.filter(mine)
        for line, pence in _pairs(own, "line", "amount_pence"):
            paid[line] += pence
        columns = ["line", "claim_period", *_KEY[:3], "quantity", "value_pence", "entitled_pence"]
        columns += ["group"] if "group" in lines.column_names else []
        rows = lines.select(columns).to_pylist()
        for row in rows:
            row["paid"] = paid[row["line"]]
            # With all funders together a line is shown in full, whoever pays it, or nobody.
            row["listed"] = row["paid"] if funder is not None else row["entitled_pence"]
        return cls(rows)


def planned_to_date(plans: Sequence[Planned]) -> dict[str, int]:
    """What the plan made last says of each name, in its periods that are over."""
    latest = max((row.made_on for row in plans), default=None)
    found = Counter[str]()
    for row in plans:
        # Only of a period that is over is there a difference.
        is_over = row.difference_pence is not None
        if row.made_on == latest and is_over and row.planned_pence is not None:
            found[row.name] += row.planned_pence
    return dict(found)


def by_milestone(
    source: StatementSource,
    lines: Sequence[StatementLine],
    before: Before,
    planned: Mapping[str, int],
) -> tuple[MilestoneTotals, ...]:
    """The totals of every milestone, result and fee that a line was ever for, in the contract's
    order.
    """
    earlier = _sums(
        (row["milestone"], row["quantity"], row["value_pence"], row["paid"]) for row in before.rows
    )
    now = _sums(
        (line.milestone, line.quantity, line.value_pence, paid_pence(line)) for line in lines
    )
    prices = defaultdict[str, list[str]](list)
    for rate in source.rates:
        if rate.price_pence is not None:
            prices[rate.milestone].append(show(rate.price_pence, rate.priced_in or source.currency))
    # What only earlier claims paid for stays: without it the sums to date would not add up.
    known = [name for name in source.milestones if name in earlier or name in now]
    most = {term.milestone: term.at_most_pence for term in source.limits if term.milestone}
    return tuple(
        MilestoneTotals(
            code=f"M{number:02d}",
            milestone=name,
            title=source.milestones[name][0],
            price="; ".join(dict.fromkeys(prices[name])) or "as measured",
            claimed=sum(max(line.quantity, 0) for line in lines if line.milestone == name),
            taken_back=sum(min(line.quantity, 0) for line in lines if line.milestone == name),
            value_pence=now[name][1],
            withheld_pence=sum(one.withheld_pence for one in lines if one.milestone == name),
            paid_pence=now[name][2],
            number_before=earlier[name][0],
            paid_before_pence=earlier[name][2],
            most_pence=most.get(name),
            planned_pence=planned.get(name),
        )
        for number, name in enumerate(known, 1)
    )


def paid_pence(line: StatementLine) -> int:
    """What the funders shown pay for a line; what nobody funds is not paid."""
    return sum(share.amount_pence for share in line.shares if share.funder != UNFUNDED)


def adjusted(
    source: StatementSource,
    lines: Sequence[StatementLine],
    before: Before,
    funder: str | None,
    claim_date: date,
) -> tuple[Adjusted, ...]:
    """For every adjustment, in the order of the lines: the first line of the same claim, and what
    was paid for it before this line, whichever claims paid it.
    """
    first: dict[tuple[str, ...], dict[str, Any]] = {}
    paid = Counter[tuple[str, ...]]()
    for row in before.rows:
        key = (row["participant"], row["milestone"], row["period"], "".join(row.get("group") or ()))
        first.setdefault(key, row)
        paid[key] += row["listed"]
    since = max((day for day in source.claim_dates.values() if day < claim_date), default=None)
    limits = [one for one in source.limits if one.whose is None or funder in (None, one.whose)]
    found = []
    for line in lines:
        if line.kind != ADJUSTMENT:
            continue
        key = (line.participant, line.milestone, line.period, line.group)
        of = first.get(key)
        # Counted on line by line: of two adjustments of one claim the second is made to what
        # the first left.
        was, moves = paid[key], line.payable_pence if funder is None else line.amount_pence
        paid[key] += moves
        found.append(
            Adjusted(
                line="" if of is None else of["line"],
                statement=""
                if of is None
                else reference(source.contract_id, of["claim_period"], funder),
                was_pence=was,
                now_pence=was + moves,
                cause=_cause(line, since, claim_date, limits, is_new=of is None),
            )
        )
    return tuple(found)


def _cause(
    line: StatementLine,
    since: date | None,
    until: date,
    limits: Sequence[LimitTerm],
    *,
    is_new: bool,
) -> str:
    """What changed, in a sentence: the evidence, a term, or room under a limit."""
    because = Because(line.because.lower())
    told = because.sentence
    days = f"recorded by {until}" if since is None else f"recorded after {since}, by {until}"
    if because in (Because.TAKEN_BACK, Because.ACHIEVED):
        told = f"{told}: evidence {days}"
    if is_new and because == Because.ACHIEVED:
        told = f"claimed late: evidence {days}"
    if line.withheld_by:
        told += f"; {limit_words(line.withheld_by, limits)}"
    return told[:1].upper() + told[1:]


def _sums(rows: Iterable[tuple[str, int, int, int]]) -> defaultdict[str, tuple[int, int, int]]:
    found: defaultdict[str, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for name, quantity, value, paid in rows:
        number, worth, sent = found[name]
        found[name] = (number + quantity, worth + value, sent + paid)
    return found


def _pairs(table: pa.Table, *columns: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[column].to_pylist() for column in columns), strict=True)
