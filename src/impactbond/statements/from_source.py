"""From the tables of a settlement to the statement of one funder, or of all together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.errors import InvariantError, StatementError
from impactbond.money import CURRENCIES
from impactbond.reasons import Because, LineKind, Outcome
from impactbond.settlement.funding import UNFUNDED
from impactbond.settlement.results import MeasuredResult
from impactbond.statements.about import About
from impactbond.statements.checks import checks_of
from impactbond.statements.groups import by_group
from impactbond.statements.groups_seen import groups_seen
from impactbond.statements.let_through import limited
from impactbond.statements.milestones import Before, adjusted, by_milestone, planned_to_date
from impactbond.statements.notes import opened_again, opening_words, statement_notes, vat_notes
from impactbond.statements.receipts_account import account_of
from impactbond.statements.source import StatementSource, is_for
from impactbond.statements.statement import (
    ADJUSTMENT,
    CLAIM,
    EARLIER_CLAIM,
    KINDS,
    RESULT,
    THIS_CLAIM,
    Account,
    Control,
    LineShare,
    Planned,
    ScheduleRow,
    Statement,
    StatementLine,
)
from impactbond.statements.working import parts_in_all, working_of


def make_statement(
    source: StatementSource, funder: str | None = None, claim_period: str | None = None
) -> Statement:
    """The statement for one funder, or for all together, at one claim: the latest, unless another
    is named.

    Raises StatementError when the settlement knows no such funder or claim period, or nobody knows
    its currency.
    """
    if source.currency not in CURRENCIES:
        raise StatementError(f"The currency '{source.currency}' is not known.")
    currency = CURRENCIES[source.currency]
    rows = StatementRows(source, funder, claim_period or source.claim_period)
    schedule, lines, control = rows.schedule(), rows.lines(), rows.control()
    account = account_of(source, funder, rows.claim_date, rows.names, rows.codes)
    before = [claim for claim, day in source.claim_dates.items() if day < rows.claim_date]
    again = [claim for claim in before if not source.is_closed(claim)]
    plans = _plans(source, rows)
    earlier = Before.of(source, funder, rows.claim_date)
    share_rules = tuple(term for term in source.share_rules if rows.shows(term.funder))
    limits = tuple(term for term in source.limits if term.whose is None or rows.shows(term.whose))
    through = limited(source, limits, funder, rows.claim_period)
    working = working_of(source, lines, source.rates, share_rules, rows.claim_date, through)
    stated = sum(working.stated_parts(lines, whole=funder is None))
    control = replace(control, stated_parts=stated)
    accounts = rows.accounts(schedule, lines)
    statement = Statement(
        about=_about(source, rows),
        currency=currency,
        accounts=accounts,
        schedule=schedule,
        lines=lines,
        milestones=dict(source.milestones),
        rates=source.rates,
        share_rules=share_rules,
        limits=limits,
        tranches=tuple(term for term in source.tranches if rows.shows(term.funder)),
        notes=statement_notes(
            funder=funder,
            currency=currency,
            rounding=source.rounding,
            refused_rows=source.refused_rows,
            unfunded_pence=_unfunded(lines),
            refused_receipts=None if account is None else account.refused_rows,
            opening=opening_words(before, again, counted=source.counted),
            counted=source.counted,
            ahead=bool(source.ahead_of),
            of_contract=(*source.notes, *vat_notes(source.vat, control.due_pence, currency)),
        ),
        control=control,
        checks=(),
        account=account,
        opening=opened_again(source.counted) if again else "",
        results=rows.results(lines) if source.results else None,
        plans=plans,
        working=working,
        by_milestone=by_milestone(source, lines, earlier, planned_to_date(plans)),
        by_group=by_group(source, lines, earlier, accounts)
        if funder is None
        else groups_seen(source, funder, lines, rows.claim_date),
        adjusted=adjusted(source, lines, earlier, funder, rows.claim_date),
        half=source.half,
    )
    # Last, so that the checks are of what the statement shows, and not of what it was made from.
    return replace(statement, checks=checks_of(statement))


class StatementRows:
    """The settlement seen at one claim, by one funder or by all.

    Raises StatementError when the settlement knows no such funder or claim period.
    """

    def __init__(self, source: StatementSource, funder: str | None, claim_period: str) -> None:
        dates = source.claim_dates
        if claim_period not in dates:
            raise StatementError(
                f"No claim was settled for '{claim_period}'; there are {', '.join(dates)}."
            )
        rows = source.funders.to_pylist()
        names = {row["funder"]: row["name"] for row in rows if row["funder"] != UNFUNDED}
        if funder is not None and funder not in names:
            raise StatementError(f"The settlement has no funder '{funder}'.")
        self.source = source
        self.funder = funder
        self.claim_period = claim_period
        self.claim_date = dates[claim_period]
        self.names: dict[str, str] = names if funder is None else {funder: names[funder]}
        width = max(2, len(str(len(self.names))))
        self.codes = {name: f"F{place:0{width}d}" for place, name in enumerate(self.names, 1)}

    def shows(self, term_funder: str) -> bool:
        """Whether a term written for one funder belongs in this statement."""
        return self.funder is None or is_for(term_funder, self.funder)

    def schedule(self) -> tuple[ScheduleRow, ...]:
        """Every payment up to this claim, by claim date, funder and kind."""
        titles = {term.tranche: term.title for term in self.source.tranches}
        kinds = list(KINDS)
        found: list[tuple[tuple[date, str, int, str], ScheduleRow]] = []
        for row in self._own(self.source.payments).to_pylist():
            if row["claim_date"] > self.claim_date:
                continue
            if row["funder"] not in self.codes:
                raise StatementError(
                    f"The schedule asks '{row['funder']}' to pay, who is not among the funders."
                )
            code = self.codes[row["funder"]]
            item = ScheduleRow(
                standing=THIS_CLAIM if row["claim_period"] == self.claim_period else EARLIER_CLAIM,
                code=code,
                funder_name=self.names[row["funder"]],
                kind=KINDS[row["kind"]],
                title=titles.get(row["name"], row["name"]),
                **{name: row[name] for name in _AS_SCHEDULED},
            )
            found.append(((row["claim_date"], code, kinds.index(row["kind"]), row["name"]), item))
        return tuple(item for _, item in sorted(found, key=lambda pair: pair[0]))

    def lines(self) -> tuple[StatementLine, ...]:
        """The lines of this claim, in the order of the settlement, each with the shares that may be
        shown.
        """
        shares: defaultdict[str, list[LineShare]] = defaultdict(list)
        columns = ("line", "funder", "value_pence", "withheld_pence", "moved_pence")
        known = {*self.codes, UNFUNDED}
        for line, *share in _tuples(self._own(self._of_claim(self.source.shares)), *columns):
            shares[line].append(LineShare(*share))
            if share[0] not in known:
                raise StatementError(
                    f"A line is shared with '{share[0]}', who is not among the funders."
                )
        if any(len(parts) != len({part.funder for part in parts}) for parts in shares.values()):
            raise InvariantError("A line has two shares of one funder.")
        found = []
        for row in self._of_claim(self.source.lines).to_pylist():
            if self.funder is None or row["line"] in shares:
                found.append(self._line(row, tuple(shares[row["line"]])))
        return tuple(found)

    def _line(self, row: dict[str, Any], shares: tuple[LineShare, ...]) -> StatementLine:
        number = row["line"].rpartition("/")[2]
        if not number.isdecimal():
            raise StatementError("A line's name does not end in its number, as 2017-Q4/0001 does.")
        title, _ = self.source.milestones.get(row["milestone"], (row["milestone"], ""))
        kind, group = LineKind(row["kind"]).printed, ""
        if row["milestone"] in self.source.results:
            # A result is of one group at most: of the attributes that tell groups apart, its own.
            kind, group = RESULT if kind == CLAIM else kind, "".join(row["group"])
            title = f"{title}: {group}" if group else title
        return StatementLine(
            number=int(number),
            kind=kind,
            group=group,
            milestone_title=title,
            because=Because(row["because"]).printed,
            shares=shares,
            priced_in=self.source.prices_in.get(row["milestone"], ""),
            **{name: row[name] for name in _AS_SETTLED},
        )

    def accounts(
        self, schedule: tuple[ScheduleRow, ...], lines: tuple[StatementLine, ...]
    ) -> tuple[Account, ...]:
        """One account for every funder of the statement, summed from its schedule and lines."""
        scheduled: defaultdict[tuple[str, str], int] = defaultdict(int)
        for row in schedule:
            scheduled[row.code, row.standing] += row.amount_pence
            scheduled[row.code, f"{row.standing}: {row.kind}"] += row.amount_pence
        earned: defaultdict[tuple[str, str], int] = defaultdict(int)
        for line in lines:
            for share in line.shares:
                earned[share.funder, line.kind] += share.amount_pence
        balances = {
            row["funder"]: row
            for row in self._own(self._of_claim(self.source.balances)).to_pylist()
        }
        return tuple(
            Account(
                code=code,
                funder=funder,
                name=self.names[funder],
                opening_pence=scheduled[code, EARLIER_CLAIM],
                milestones_pence=earned[funder, CLAIM],
                results_pence=earned[funder, RESULT],
                adjustments_pence=earned[funder, ADJUSTMENT],
                up_front_pence=scheduled[code, f"{THIS_CLAIM}: {KINDS['up-front']}"],
                recovered_pence=sum(
                    scheduled[code, f"{THIS_CLAIM}: {KINDS[kind]}"]
                    for kind in ("recovered", "returned")
                ),
                closing_pence=scheduled[code, EARLIER_CLAIM] + scheduled[code, THIS_CLAIM],
                limit_pence=self._limit(funder),
                **{name: balances[funder][name] if funder in balances else 0 for name in _TO_DATE},
            )
            for funder, code in self.codes.items()
        )

    def results(self, lines: tuple[StatementLine, ...]) -> tuple[MeasuredResult, ...]:
        """The results measured at this claim that the statement shows: those of which it has a
        line, or its funder a share. What is not measured yet is not shown.
        """
        shown = {line.milestone for line in lines}
        for term in self.source.share_rules:
            shown |= set(term.milestones) if self.shows(term.funder) else set()
        return tuple(
            one
            for one in self.source.measured
            if one.claim_period == self.claim_period
            and one.result in shown
            and (one.outcome != Outcome.NOT_YET or one.value_pence)
        )

    def control(self) -> Control:
        """The totals that the settlement itself states for this claim, summed before anything is
        shown.
        """
        lines = self._of_claim(self.source.lines)
        shares = self._own(self._of_claim(self.source.shares))
        balances = self._own(self._of_claim(self.source.balances))
        balances = balances.filter(pc.not_equal(balances["funder"], UNFUNDED))
        adjusting = lines.filter(pc.equal(lines["kind"], LineKind.ADJUSTMENT.value))
        if self.funder is None:
            count, listed, adjustments = lines.num_rows, lines, adjusting
        else:
            count = pc.count_distinct(shares["line"]).as_py()
            listed = shares
            adjustments = shares.filter(pc.is_in(shares["line"], adjusting["line"]))
        pence = "entitled_pence" if self.funder is None else "amount_pence"
        return Control(
            line_count=count,
            lines_pence=_total(listed, pence),
            results_pence=_total(self._of_results(lines, shares), "value_pence"),
            adjustments_pence=_total(adjustments, pence),
            opening_pence=_total(balances, "settled_pence"),
            due_pence=_total(balances, "due_pence"),
            priced_otherwise=self._priced_otherwise(lines, shares),
            terms_pence=self._terms_pence(),
            share_parts=parts_in_all(
                [term for term in self.source.share_rules if self.shows(term.funder)]
            ),
        )

    def _terms_pence(self) -> int:
        """What prices, limits and up-front money of the contract come to, in the currency of
        payments: no sum of anything, and yet another where one of them is.
        """
        prices = [one.price_pence for one in self.source.rates if not one.priced_in]
        limits = [
            one.at_most_pence
            for one in self.source.limits
            if one.whose is None or self.shows(one.whose)
        ]
        money = [one.amount_pence for one in self.source.tranches if self.shows(one.funder)]
        return sum(filter(None, [*prices, *limits, *money]))

    def _priced_otherwise(self, lines: pa.Table, shares: pa.Table) -> int:
        """How many lines of the statement are not worth their quantity × price."""
        if self.funder is not None:
            lines = lines.filter(pc.is_in(lines["line"], shares["line"]))
        columns = ("milestone", "quantity", "price_pence", "value_pence")
        return sum(
            milestone in self.source.prices_in or quantity * price != value
            for milestone, quantity, price, value in _tuples(lines, *columns)
        )

    def _of_results(self, lines: pa.Table, shares: pa.Table) -> pa.Table:
        """The lines of results, of those that are shared with the funder of the statement."""
        names = pa.array(sorted(self.source.results), pa.string())
        lines = lines.filter(pc.is_in(lines["milestone"], names))
        if self.funder is None:
            return lines
        return lines.filter(pc.is_in(lines["line"], shares["line"]))

    def _limit(self, funder: str) -> int | None:
        """The lowest of the funder's own limits on what it pays to date."""
        limits = self.source.limits
        own = [one for one in limits if one.funder is not None and is_for(one.funder, funder)]
        found = (one.at_most_pence for one in own if one.at_most_pence is not None)
        return min(found, default=None)

    def _own(self, table: pa.Table) -> pa.Table:
        return (
            table if self.funder is None else table.filter(pc.equal(table["funder"], self.funder))
        )

    def _of_claim(self, table: pa.Table) -> pa.Table:
        return table.filter(pc.equal(table["claim_period"], self.claim_period))


_AS_SETTLED = (
    *("line", "participant", "milestone", "period", "achieved_on", "quantity", "price_pence"),
    *("value_pence", "withheld_pence", "withheld_by", "entitled_pence"),
    "share_rule",
)
_AS_SCHEDULED = ("claim_period", "claim_date", "due_on", "amount_pence")
_TO_DATE = ("value_pence", "moved_pence", "withheld_pence", "on_account_pence")


def _tuples(table: pa.Table, *columns: str) -> Iterator[tuple[Any, ...]]:
    """The rows of some columns, as tuples."""
    return zip(*(table[column].to_pylist() for column in columns), strict=True)


def _plans(source: StatementSource, rows: StatementRows) -> tuple[Planned, ...]:
    """Plans beside what came by the latest claim; to one funder, what concerns it alone."""
    if source.plans is None or rows.claim_period != source.claim_period:
        return ()
    names = ("plan", "made_on", "claim_period", "name")
    amounts = ("planned_pence", "actual_pence", "difference_pence")
    return tuple(
        Planned(*(row[name] for name in (*names, *amounts)))
        for row in source.plans.to_pylist()
        if rows.funder in (None, row["name"])
    )


def _unfunded(lines: Sequence[StatementLine]) -> int:
    """What of lines is asked of nobody."""
    shares = (share for line in lines for share in line.shares)
    return sum(share.amount_pence for share in shares if share.funder == UNFUNDED)


def _total(table: pa.Table, column: str) -> int:
    return int(pc.sum(table[column]).as_py() or 0)


def _about(source: StatementSource, rows: StatementRows) -> About:
    as_stated = ("contract_id", "title", "version", "effective_on", "provider", "as_of")
    digests = ("engine_version", "contract_sha256", "evidence_sha256")
    return About(
        funder=rows.funder,
        funder_name="All funders" if rows.funder is None else rows.names[rows.funder],
        claim_period=rows.claim_period,
        claim_date=rows.claim_date,
        refused_rows=source.refused_rows,
        counted=source.counted,
        mapped=source.mapped,
        how=source.how.shown_to(rows.funder),
        ahead_of=source.ahead_of,
        replaces=source.replaced(rows.claim_period).get(rows.funder),
        replaced_of=source.replaced(rows.claim_period) if rows.funder is None else {},
        **{name: getattr(source, name) for name in (*as_stated, *digests)},
    )
