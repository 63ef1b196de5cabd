"""What a year end shows beside its figures: what came after it, what is on the way, what is in
dispute, what was refused and left out, what notes to the accounts say, and what every funder is
asked to confirm.

Takes  a Year, its tables, evidence and receipts, and the previous year end as filed.
Gives  the tables AFTER, WITHHELD, IN_PROGRESS, DISPUTED, DISCLOSURE, CONFIRMATIONS and REFUSED.
Keeps  nothing here is in a journal, but for what is in dispute. No participant is named; of what
       was refused there is the reason and no value: the rows are told where the files are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from impactbond.closing.aged import Matched
from impactbond.closing.filed import Filed
from impactbond.closing.inputs import Year
from impactbond.closing.ledger import Constraint
from impactbond.closing.left_of_limits import LeftOfLimits
from impactbond.closing.position import IN_HAND
from impactbond.closing.sums import summed
from impactbond.evidence.evidence import Evidence
from impactbond.money import minor_units, round_fraction, show_share
from impactbond.receipts.match import REFUND_OF
from impactbond.receipts.receipts import Receipts
from impactbond.settlement.funding import UNFUNDED
from impactbond.settlement.values import part_paid
from impactbond.tables import rows_table, schema_of

AFTER = schema_of("on_or_by_on", "what", "funder", "about", "amount_pence", "counted")
WITHHELD = schema_of("funder", "value_pence", "withheld_pence", "moved_pence", "entitled_pence")
IN_PROGRESS = schema_of(
    *("milestone", "participants", "price_pence", "in_all_pence", "within_limits_pence"),
    participants=pa.int64(),
)
DISPUTED = schema_of("funder", "since_on", "reason", "basis", "amount_pence")
DISCLOSURE = schema_of("label", "this_year_pence", "previous_year_pence")
CONFIRMATIONS = schema_of(
    *("funder", "item", "claim_period", "due_on", "asked_pence", "open_pence"),
)
REFUSED = schema_of("of", "reason", "rows", rows=pa.int64())
STATEMENT, REFUNDED, CARRIED = "asked for", "paid back", "received in advance"
UP_FRONT_HELD, EARNED = "up-front money held", "earned, not claimed yet"
IN_FIGURES, NOT_IN_FIGURES = "yes", "no"


def after_table(year: Year, cut_off: pa.Table) -> pa.Table:
    """The table `after`: what evidence between year end and sign-off changed, which is counted; and
    what was paid in those days, which is not. Evidence is told by the day on which it was recorded;
    by the day of the sign-off where it was recorded before, and something else changed its money.
    """
    changed: dict[tuple[date, str, str, str], int] = {}
    for row in cut_off.to_pylist():
        if row["layer"] != IN_HAND:
            came = row["recorded_on"]
            # A row recorded before the year end can change money after it, where another one does:
            # it has no day of its own in between.
            day = came if came is not None and came > year.on else year.evidence_to
            key = (day, row["layer"], row["funder"], row["milestone"])
            changed[key] = changed.get(key, 0) + row["amount_pence"]
    rows = [(*about, pence, IN_FIGURES) for about, pence in sorted(changed.items())]
    return rows_table([*rows, *_paid_after(year)], AFTER)


def _paid_after(year: Year) -> Iterator[tuple[Any, ...]]:
    """What was paid, paid back and written off between year end and sign-off."""
    if year.receipts is None:
        return
    by_then = year.receipts.received_by(year.evidence_to)
    tables = ((by_then.received_table, ""), (by_then.written_off_table, "written off"))
    for table, told in tables:
        for row in table.to_pylist():
            if row["received_on"] > year.on:
                pence = row["amount_pence"]
                what = told or ("paid" if pence > 0 else "paid back")
                about = (row["funder"], row["receipt"], abs(pence), NOT_IN_FIGURES)
                yield (row["received_on"], what, *about)


def withheld_table(year: Year) -> pa.Table:
    """The table `withheld`: what is claimed and unclaimed is worth at its prices, what limits and
    disputes withhold of it, and what one funder takes over from another, to date. What lies beyond
    the funders' limits stands last, under a name of its own: nobody pays it.
    """
    names = ("value", "withheld", "moved", "amount")
    found = {one.id: [0, 0, 0, 0] for one in year.funders}
    for one in (year.made, year.cut):
        for row in [] if one is None else one.shares_table.to_pylist():
            sums = found.setdefault(row["funder"], [0, 0, 0, 0])
            for place, name in enumerate(names):
                sums[place] += row[f"{name}_pence"]
    nobody = found.pop(UNFUNDED, [0, 0, 0, 0])
    rows = [(funder, *sums) for funder, sums in found.items()]
    return rows_table([*rows, (UNFUNDED, *nobody)] if any(nobody) else rows, WITHHELD)


def in_progress_table(year: Year, waiting: Mapping[str, int]) -> pa.Table:
    """The table `in_progress`: how many participants can still achieve a milestone, at its price
    before rates and changes; and the most of a result of many that is first measured later; and of
    that what limits on all claims together leave. No estimate, and nothing of it is earned.
    """
    terms, left = year.terms, LeftOfLimits.of(year)
    rows: list[tuple[str, int | None, int | None, int | None, int | None]] = []
    for name, term in terms.milestones.items():
        if count := waiting.get(name, 0):
            part = part_paid(terms, term)
            priced = minor_units(term.price, terms.currency_of_prices)
            price = int(round_fraction(np.array([priced]), part, terms.rounding.rule)[0])
            # At today's price and for everybody: it says what is at stake, and nothing of what will
            # come.
            within = left.within(name, count * price, price)
            rows.append((name, count, price, count * price, within))
    for name, result in terms.results.items():
        if result.on is not None and result.on > year.on:
            most = result.most
            paid = None if most is None else minor_units(most, terms.currency)
            rows.append((name, None, None, paid, None if paid is None else left.within(name, paid)))
    return rows_table(rows, IN_PROGRESS)


def disputed_table(year: Year) -> pa.Table:
    """The table `disputed`: the constraints of the ledger map that hold on the year end."""
    rows = [
        (one.funder, one.since, one.reason, _how_much(one), pence)
        for one, pence in year.constraints
    ]
    return rows_table(rows, DISPUTED)


def _how_much(one: Constraint) -> str:
    """How a constraint comes to its amount."""
    if one.share is None:
        return "an amount"
    return f"{show_share(one.share)} of {', '.join(one.claims)}"


def on_the_way_pence(year: Year, in_progress: pa.Table) -> int:
    """The most that what is on the way comes to, all of it together and within limits."""
    names, pence = in_progress["milestone"], in_progress["within_limits_pence"]
    told = zip(names.to_pylist(), pence.to_pylist(), strict=True)
    return LeftOfLimits.of(year).of_all((name, one) for name, one in told if one is not None)


def disclosure_table(
    position: pa.Table,
    income: pa.Table,
    previous: Filed | None,
    words: tuple[str, str],
    on_the_way: int,
) -> pa.Table:
    """The table `disclosure`: totals beside those of the previous year as filed, in the words of
    the framework; last what is on the way, which is in no other figure and was not filed.
    """
    labels = {
        "earned": "Earned to date",
        "asked": "Asked for to date",
        "received": "Received to date, less paid back",
        "contract_asset": words[0],
        "contract_liability": words[1],
        "receivable": "Receivable",
        "in_advance": "Received in advance",
        "on_account": "Up-front money on account",
        "constrained": "In dispute, or may be taken back",
        "written_off": "Written off to date",
        "passed_on": "Passed on to others, to date",
    }
    income_of_year = sum(income["income_pence"].to_pylist())
    # What an earlier engine filed does not tell the income of its year.
    told = {} if previous is None else previous.income
    # None and not nought: a year whose income nobody filed had some.
    filed = sum(told.values()) if told else None
    rows: list[tuple[str, int, int | None]] = [("Income of the year", income_of_year, filed)]
    for name, label in labels.items():
        now = sum(position[f"{name}_pence"].to_pylist())
        was = None
        if previous is not None:
            was = sum(row[f"{name}_pence"] for row in previous.position)
        rows.append((label, now, was))
    rows.append(("On the way, not earned, at most", on_the_way, None))
    return rows_table(rows, DISCLOSURE)


def confirmations_table(found: Iterable[Matched], position: pa.Table) -> pa.Table:
    """The table `confirmations`: what each funder is asked to confirm. What is open of it, less
    what it sent in advance, is what it owes; up-front money held stands for itself, and so does
    what was earned and is in no claim yet: a later one asks for it.
    """
    rows: list[tuple[str, str, str, date | None, int, int]] = []
    standing = {row["funder"]: row for row in position.to_pylist()}
    for funder, dues, money, _ in found:
        for due in dues:
            if due.open_pence:
                item = REFUNDED if due.is_refund else STATEMENT
                period = due.claim.claim_period.removeprefix(REFUND_OF)
                rows.append((funder, item, period, due.due_on, due.amount_pence, due.open_pence))
        for one in money:
            if one.left_pence:
                about = (one.receipt or one.claim_period or "", one.day, one.amount_pence)
                # What no claim has used up is the funder's, and comes off what it is asked for.
                rows.append((funder, CARRIED, *about, -one.left_pence))
        # Both are confirmed beside what is owed and not taken off it: the funder's books hold them
        # apart too.
        for item, key in ((EARNED, "unclaimed_pence"), (UP_FRONT_HELD, "on_account_pence")):
            if pence := standing[funder][key]:
                rows.append((funder, item, "", None, pence, 0))
    return rows_table(rows, CONFIRMATIONS)


def open_by_funder(confirmations: pa.Table) -> dict[str, int]:
    """What every funder is asked to confirm that it owes."""
    return summed((row["funder"], row["open_pence"]) for row in confirmations.to_pylist())


def refused_rows_table(evidence: Evidence, receipts: Receipts | None) -> pa.Table:
    """The table `refused`, the most frequent reason first."""
    given = {"evidence": evidence.refused_table}
    if receipts is not None:
        given["receipts"] = receipts.refused_table
    rows = []
    for of, refused in given.items():
        counts = Counter(refused["code"].to_pylist())
        rows += [(of, code, count) for code, count in sorted(counts.items(), key=_most_first)]
    return rows_table(rows, REFUSED)


def _most_first(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]
