"""Plans beside what came: every version of a plan, period by period.

Takes  a settlement.
Gives  what each plan made by the latest claim date says for each of its periods, what came in it,
       and the difference, as a table and as text.
Keeps  where a plan says nothing there is no number; what came is only told of whole claim periods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

import pyarrow as pa

from impactbond.dates import Period
from impactbond.money import CURRENCIES, major_units, rounded, show, show_amount
from impactbond.settlement.settlement import Settlement
from impactbond.tables import aligned, as_kind, rows_table, schema_of
from impactbond.terms.expected import TOTAL, Plan

PLANNED = schema_of(
    *("plan", "made_on", "claim_period", "first_on", "last_on", "name", "planned"),
    *("planned_pence", "actual_pence", "difference_pence", "is_over"),
    planned=pa.decimal128(38, 10),
    is_over=pa.bool_(),
)


def planned_beside(settlement: Settlement) -> Any:
    """Every plan made by the latest claim date beside what was settled.

    A row for each plan, period and name that the plan speaks of: the plan's own periods that have
    begun, and claim periods that no period of the plan holds. `planned` is exact, in pounds or the
    like, and `planned_pence` its nearest minor unit; both are null where the plan says nothing.
    `actual_pence` is what came at the claims of the period so far, null where the period cuts one
    in two; `is_over` says that all its claims are made, without which there is no difference.

    For a milestone, result or fee what came is what was entitled at that claim, adjustments
    included; for a funder and in total it is what was due.
    """
    return as_kind(planned_table(settlement), settlement.evidence.kind)


def planned_table(settlement: Settlement) -> pa.Table:
    """The same as an Arrow table."""
    return rows_table(_planned(settlement), PLANNED)


def planned_text(settlement: Settlement) -> str:
    """The same in plain words, for a terminal."""
    rows, currency = planned_table(settlement).to_pylist(), settlement.contract.currency
    until = settlement.claim
    told = [
        f"{settlement.contract.contract}: what was planned beside what came, up to claim"
        f" {until.label} of {until.known_by}"
    ]
    if not rows:
        return f"{told[0]}\n  No plan had been made."
    for name in dict.fromkeys(row["plan"] for row in rows):
        own = [row for row in rows if row["plan"] == name]
        cells = [["Period", "Name", "Planned", "Came", "Difference"]]
        for row in own:
            came = row["actual_pence"]
            planned = "" if row["planned"] is None else show_amount(row["planned"], currency)
            so_far = "" if row["is_over"] else " so far"
            actual = "not told" if came is None else f"{show(came, currency)}{so_far}"
            difference = row["difference_pence"]
            off = "" if difference is None else show(difference, currency)
            cells.append([row["claim_period"], row["name"], planned, actual, off])
        told += ["", f"  {name}, made on {own[0]['made_on']}"]
        told += [f"    {line}" for line in aligned(cells, 2)]
    # A plan may be finer than the currency, and what came never is: without the note the columns do
    # not add up.
    if any(row["planned"] is not None and not _is_whole(row, currency) for row in rows):
        told += ["", "  Differences are from what was planned, to the nearest minor unit."]
    return "\n".join(told)


def _is_whole(row: dict[str, Any], currency: str) -> bool:
    """Whether what was planned is a whole number of minor units."""
    return bool(major_units(row["planned_pence"], currency) == row["planned"])


def _planned(settlement: Settlement) -> Iterator[tuple[Any, ...]]:
    contract, came = settlement.contract, _came(settlement)
    periods = contract.calendar.periods
    claimed = periods[: len(settlement.claim_dates)]
    made = [
        (plan.made_on, name, plan)
        for name, plan in contract.plans.items()
        if plan.made_on <= settlement.claim.known_by
    ]
    in_one, halves = CURRENCIES[contract.currency].in_one, contract.rounding.rule
    for made_on, name, plan in sorted(made, key=lambda one: one[:2]):
        named = dict.fromkeys(paid for sums in plan.payments.values() for paid in sums)
        for label, first, last in _periods_of(plan, periods, claimed):
            inside = [one for one in periods if first <= one.first and one.last <= last]
            # What came is known by claim period. Where the plan's own period cuts one in two nobody
            # knows its part, and a number for the rest would read as the whole.
            whole = [one for one in periods if one.first <= last and first <= one.last] == inside
            is_over = whole and set(inside) <= set(claimed)
            for paid in named:
                planned = plan.payments.get(label, {}).get(paid)
                pence = None if planned is None else rounded(Fraction(planned) * in_one, halves)
                actual = sum(came[one.label, paid] for one in inside) if whole else None
                off = None if pence is None or actual is None or not is_over else actual - pence
                yield (
                    *(name, made_on, label, first, last, paid),
                    *(planned, pence, actual, off, is_over),
                )


def _periods_of(
    plan: Plan, periods: tuple[Period, ...], claimed: tuple[Period, ...]
) -> Iterator[tuple[str, date, date]]:
    """The plan's own periods that have begun, and the claim periods that none of them holds."""
    known = {one.label: (one.first, one.last) for one in periods}
    own = [(label, *plan.days_of(label, known)) for label in plan.payments]
    begun = [one for one in own if one[1] <= claimed[-1].last]
    others = [
        (one.label, one.first, one.last)
        for one in claimed
        if not any(first <= one.last and one.first <= last for _, first, last in own)
    ]
    return iter(sorted([*begun, *others], key=lambda one: (one[1], one[2])))


def _came(settlement: Settlement) -> dict[tuple[str, str], int]:
    """What came in each claim period, by payable, by funder of the contract, and in total."""
    came: dict[tuple[str, str], int] = defaultdict(int)
    columns = ["claim_period", "milestone", "entitled_pence"]
    for line in settlement.lines_table.select(columns).to_pylist():
        came[line["claim_period"], line["milestone"]] += line["entitled_pence"]
    terms = {funder.id: funder.term for funder in settlement.funders.all}
    for payment in settlement.payments_table.to_pylist():
        for name in (terms[payment["funder"]], TOTAL):
            came[payment["claim_period"], name] += payment["amount_pence"]
    return came
