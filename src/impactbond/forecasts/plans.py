"""Plans beside what came and what is forecast: every version of a plan, to date, on one scale.

Takes  a contract with plans; what came, as a settlement or whole minor units by claim period; and a
       forecast.
Gives  PlansBeside: a row for each plan and period of it, for each claim that is made, and for each
       that is forecast, all of them in total and to date.
Keeps  what came is told at a plan's period only where all claims by then are made. A plan that says
       nothing of the total has no row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.errors import AssumptionError, Fault
from impactbond.forecasts.cash import spread_of
from impactbond.money import CURRENCIES, rounded, show
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.forecast import Forecast
from impactbond.tables import aligned, as_kind, plain_rows, rows_table, schema_of
from impactbond.terms.expected import TOTAL, Plan

PLAN, CAME, FORECAST = "plan", "came", "forecast"
BESIDE = schema_of(
    *("kind", "plan", "made_on", "period", "last_on", "pence", "to_date_pence"),
    *("came_to_date_pence", "difference_pence", "p5_to_date_pence", "p95_to_date_pence"),
)
Came = Settlement | Mapping[str, int]


@dataclass(frozen=True, eq=False, repr=False)
class PlansBeside:
    """Every plan of a contract beside what came and what is forecast, in total.

    `arrow` (BESIDE) has a row of the kind "plan" for each period of each plan, "came" for each
    claim made, and "forecast" for each that is not: what it comes to alone (`pence`; of a forecast
    the mean) and to date (of a forecast the median, with 5% and 95%). Beside a plan stands what
    came by the same day, and by how much that is more.
    """

    contract: Contract
    arrow: pa.Table
    frame_kind: str = "pandas"

    @property
    def frame(self) -> Any:
        """The rows as a frame."""
        return as_kind(self.arrow, self.frame_kind)

    def rows(self, kind: str, plan: str | None = None) -> list[dict[str, Any]]:
        """The rows of a kind, of one plan or of all."""
        return [
            row
            for row in self.arrow.to_pylist()
            if row["kind"] == kind and plan in (None, row["plan"])
        ]

    @property
    def plans(self) -> list[str]:
        """The plans that say anything of the total, in the order in which they were made."""
        return list(dict.fromkeys(row["plan"] for row in self.rows(PLAN)))

    def as_dict(self) -> dict[str, Any]:
        """The rows as plain data."""
        return {"contract": self.contract.contract, "rows": plain_rows(self.arrow)}

    @property
    def text(self) -> str:
        """The same for a terminal."""
        currency = self.contract.currency
        told = [f"{self.contract.title}: plans, what came and what is forecast, to date"]
        for name in self.plans:
            own = self.rows(PLAN, name)
            cells = [["Period", "Planned", "Planned to date", "Came to date", "More than planned"]]
            for row in own:
                amounts = ("pence", "to_date_pence", "came_to_date_pence", "difference_pence")
                cells.append([row["period"], *(_shown(row[key], currency) for key in amounts)])
            told += ["", f"  {name}, made on {own[0]['made_on']}"]
            told += [f"    {line}" for line in aligned(cells, 1)]
        if left := self.rows(FORECAST):
            cells = [["Claim", "Mean", "To date, 5%", "Median", "95%"]]
            for row in left:
                to_date = ("pence", "p5_to_date_pence", "to_date_pence", "p95_to_date_pence")
                cells.append([row["period"], *(_shown(row[key], currency) for key in to_date)])
            told += ["", "  Forecast", *(f"    {line}" for line in aligned(cells, 1))]
        return "\n".join(told)

    def __repr__(self) -> str:
        return f"PlansBeside({self.contract.contract}, {self.arrow.num_rows} rows)"


def plans_beside(
    contract: Contract, came: Came | None = None, forecast: Forecast | None = None
) -> PlansBeside:
    """Every plan of a contract beside what came and what is forecast, to date.

    `came` is a settlement, or whole minor units by the name of a claim period, such as what was
    published; by default what is settled in the forecast. Of a re-forecast only what is left is
    forecast.

    Raises AssumptionError where the contract has no plan, the forecast is of another contract, or
    what came cannot be used.
    """
    by_claim = _came(contract, came, forecast)
    to_date, last = 0, []
    for period, pence in by_claim:
        to_date += pence
        last.append((period, to_date))
    ends = {one.label: one.last for one in contract.calendar.periods}
    known = [(ends[period], sum_) for period, sum_ in last]
    rows = [
        row for name, plan in _in_order(contract) for row in _planned(contract, name, plan, known)
    ]
    for (period, pence), (_, sum_) in zip(by_claim, last, strict=True):
        rows.append((CAME, None, None, period, ends[period], pence, sum_, *[None] * 4))
    if forecast is not None:
        rows += _forecast(forecast)
    kind = came.evidence.kind if isinstance(came, Settlement) else "pandas"
    return PlansBeside(contract, rows_table(rows, BESIDE), kind)


def _in_order(contract: Contract) -> list[tuple[str, Plan]]:
    return sorted(contract.plans.items(), key=lambda one: (one[1].made_on, one[0]))


def _planned(
    contract: Contract, name: str, plan: Plan, known: list[tuple[date, int]]
) -> Iterator[tuple[Any, ...]]:
    """A plan's periods in the order of their last days. A period adds to what was planned by the
    day before it: so a plan may write quarters, years, or sums to date.
    """
    periods = {one.label: (one.first, one.last) for one in contract.calendar.periods}
    in_one, halves = CURRENCIES[contract.currency].in_one, contract.rounding.rule
    own = [(*plan.days_of(label, periods), label) for label in plan.payments]
    points: list[tuple[date, int]] = []
    for first, last, label in sorted(own, key=lambda one: (one[1], one[0])):
        amount = plan.payments[label].get(TOTAL)
        if amount is None:
            continue
        pence = rounded(Fraction(amount) * in_one, halves)
        to_date = next((sum_ for day, sum_ in reversed(points) if day < first), 0) + pence
        points.append((last, to_date))
        came = _by(contract, known, last)
        off = None if came is None else came - to_date
        yield (PLAN, name, plan.made_on, label, last, pence, to_date, came, off, None, None)


def _by(contract: Contract, known: list[tuple[date, int]], day: date) -> int | None:
    """What came by a day; None where a claim whose period ends by then is not made."""
    ended = sum(one.last <= day for one in contract.calendar.periods)
    if ended > len(known):
        return None
    return known[ended - 1][1] if ended else 0


def _forecast(forecast: Forecast) -> Iterator[tuple[Any, ...]]:
    asked = forecast.due_pence[..., :-1].sum(axis=2)
    to_date = asked.cumsum(axis=1)
    periods = forecast.contract.calendar.periods
    for claim in forecast.claim_dates[forecast.settled_claims :]:
        mean, *_ = spread_of(asked[:, claim.number])
        _, low, middle, high = spread_of(to_date[:, claim.number])
        row = (FORECAST, None, None, claim.label, periods[claim.number].last, mean, middle)
        yield (*row, None, None, low, high)


def _came(
    contract: Contract, came: Came | None, forecast: Forecast | None
) -> list[tuple[str, int]]:
    """What came at each claim made so far, in order."""
    labels = [one.label for one in contract.calendar.periods]
    faults = list(_unusable(contract, came, forecast, labels))
    if faults:
        raise AssumptionError("Plans cannot be set beside what came.", faults)
    if isinstance(came, Settlement):
        sums = dict.fromkeys((claim.label for claim in came.claim_dates), 0)
        for payment in came.payments_table.to_pylist():
            sums[payment["claim_period"]] += payment["amount_pence"]
        return list(sums.items())
    if came is None:
        return [] if forecast is None else _came_before(forecast, labels)
    made = max((labels.index(label) for label in came), default=-1) + 1
    return [(label, came.get(label, 0)) for label in labels[:made]]


def _came_before(forecast: Forecast, labels: list[str]) -> list[tuple[str, int]]:
    """What came by the claims that a forecast goes on from: the same in every trial."""
    settled = forecast.settled_claims
    asked = forecast.due_pence[0, :settled, :-1].sum(axis=1).tolist()
    return list(zip(labels, asked, strict=False))


def _unusable(
    contract: Contract, came: Came | None, forecast: Forecast | None, labels: list[str]
) -> Iterator[Fault]:
    if not contract.plans:
        hint = "Write plans: in the contract, each with the day on which it was made"
        yield Fault(code="no_plan", problem="the contract has no plan", hint=hint)
    others = [one.contract for one in (came, forecast) if isinstance(one, Settlement | Forecast)]
    for other in others:
        if other.contract != contract.contract:
            problem = "what came, or the forecast, is of another contract"
            yield Fault(code="other_contract", problem=problem, found=other.contract)
    if isinstance(came, Mapping):
        yield from _unusable_amounts(came, labels)


def _unusable_amounts(came: Mapping[str, int], labels: list[str]) -> Iterator[Fault]:
    for label, pence in came.items():
        if label not in labels:
            problem = "no claim period has this name"
            allowed = f"{labels[0]} to {labels[-1]}"
            yield Fault(code="unknown_period", problem=problem, found=label, allowed=allowed)
        if isinstance(pence, bool) or not isinstance(pence, int):
            problem = f"what came in {label} is no whole number of minor units"
            hint = "Write 1050 for £10.50"
            found = f"a {type(pence).__name__}"
            yield Fault(code="not_whole", problem=problem, found=found, hint=hint)


def _shown(pence: int | None, currency: str) -> str:
    return "" if pence is None else show(pence, currency)
