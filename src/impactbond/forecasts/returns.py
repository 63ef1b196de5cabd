"""What an investment earns in every drawn future: multiple, gain, payback and rate, with a status
for each future.

Takes  a forecast of a contract with investment terms, and what its measures come to.
Gives  FutureReturns: a row for each future, and how they spread.
Keeps  every future goes through the schedule that one does. A rate is told of those futures alone
       that have one; how many have none or several stands beside it, and they are in no percentile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from impactbond.forecasts.cash import received_by_day, spread_of
from impactbond.investment.cash_flows import CashFlows
from impactbond.investment.schedule import Measured, investor_schedule
from impactbond.money import show
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.spread import PERCENTS
from impactbond.tables import aligned, as_kind, plain_rows, rows_table, schema_of

RETURNS = schema_of(
    *("trial", "paid_in_pence", "came_back_pence", "gain_pence", "peak_need_pence", "payback_on"),
    *("multiple", "status", "rate"),
    trial=pa.int64(),
    **dict.fromkeys(("multiple", "rate"), pa.float64()),
)
STATUSES = ("one", "several", "none", "total loss")
OfTrial = Mapping[str, Measured] | Callable[[int], Mapping[str, Measured]]


@dataclass(frozen=True, eq=False, repr=False)
class FutureReturns:
    """The cash flows of an investment in every future, `flows`, and what they come to.

    `arrow` (RETURNS) has a row for each future: `multiple` is what came back for each unit paid in,
    none where nothing was; `status` says how many internal rates there are, and `rate` is the one
    where there is one alone, -1 of a total loss.
    """

    forecast: Forecast
    about: str
    flows: tuple[CashFlows, ...]

    @cached_property
    def arrow(self) -> pa.Table:
        """A row for each future (RETURNS).

        Raises SettlementError where pyxirr, of the extra `investors`, is not installed.
        """
        told = {id(one): _told(one) for one in self.flows}  # equal futures share their flows
        rows = ((trial, *told[id(one)]) for trial, one in enumerate(self.flows))
        return rows_table(rows, RETURNS)

    @property
    def frame(self) -> Any:
        """The rows as a frame."""
        return as_kind(self.arrow, self.forecast.kind)

    @cached_property
    def statuses(self) -> dict[str, int]:
        """How many futures have one rate, several, none, or lose everything."""
        found = Counter(self.arrow["status"].to_pylist())
        return {status: found[status] for status in STATUSES}

    def spread(self, name: str) -> tuple[float, ...] | None:
        """The 5th, 50th and 95th percentile of `multiple` or `rate`, of the futures that have one;
        each is that of a future. None where no future has.
        """
        values = np.sort([one for one in self.arrow[name].to_pylist() if one is not None])
        if not len(values):
            return None
        places = (max(1, -(-percent * len(values) // 100)) - 1 for percent in PERCENTS)
        return tuple(float(values[place]) for place in places)

    @property
    def paid_back(self) -> tuple[int, date | None]:
        """In how many futures all that was paid in comes back, and by when in the middle one of
        these.
        """
        days = sorted(day for day in self.arrow["payback_on"].to_pylist() if day is not None)
        return len(days), days[(len(days) - 1) // 2] if days else None

    def as_dict(self) -> dict[str, Any]:
        """The rows and how they spread, as plain data."""
        number, middle = self.paid_back
        return {
            "about": self.about,
            "trials": len(self.flows),
            "statuses": self.statuses,
            "multiple": self.spread("multiple"),
            "rate": self.spread("rate"),
            "paid_back_trials": number,
            "paid_back_on": None if middle is None else str(middle),
            "returns": plain_rows(self.arrow),
        }

    @property
    def text(self) -> str:
        """How the returns spread, for a terminal: what is certain of every future before rates."""
        contract, trials = self.forecast.contract, len(self.flows)
        cells = [["", "5%", "Median", "95%"]]
        for name, label in (
            ("paid_in", "Paid in"),
            ("came_back", "Came back"),
            ("gain", "Net gain"),
        ):
            _, *own = spread_of(self.arrow[f"{name}_pence"].to_numpy())
            cells.append([label, *(show(pence, contract.currency) for pence in own)])
        cells.append(["Money multiple", *_shown(self.spread("multiple"), lambda one: f"{one:.3f}")])
        has_rate = self.statuses["one"] + self.statuses["total loss"]
        rates = _shown(self.spread("rate"), lambda one: f"{100 * one:.2f}%")
        cells.append([f"Internal rate, of {has_rate:,} futures with one alone", *rates])
        number, middle = self.paid_back
        by = "" if middle is None else f", in the middle one of these on {middle}"
        other = ", ".join(
            f"{status} in {often:,}" for status, often in self.statuses.items() if often
        )
        return "\n".join(
            [
                f"{contract.title}: what {self.about} earns in {trials:,} futures",
                *(f"  {line}" for line in aligned(cells, 1)),
                f"  All comes back in {number:,} of {trials:,} futures{by}.",
                f"  Internal rates: {other}.",
            ]
        )

    def __repr__(self) -> str:
        return f"FutureReturns({self.about}, {len(self.flows)} futures)"


def returns_of(
    forecast: Forecast,
    *,
    measured: OfTrial | None = None,
    of_class: str | None = None,
    investor: str | None = None,
    until: date | str | None = None,
    principal_from: date | str | None = None,
    fees: Mapping[date, int] | None = None,
) -> FutureReturns:
    """What everybody who invests in a contract earns in every future of a forecast, or a class, or
    an investor; by the schedule of `investor_schedule`, whose arguments these are.

    What funders pay comes on its due days. `measured` may be a function of the number of the
    future, where what a class rests on differs from one to the next.

    Raises SettlementError for whatever `investor_schedule` refuses.
    """
    days, received = received_by_day(forecast)
    found: dict[Any, CashFlows] = {}
    flows = []
    for trial, own in enumerate(received.tolist()):
        given = measured(trial) if callable(measured) else measured
        # Many futures pay the same: their schedule is worked out once.
        key = (tuple(own), repr(given) if callable(measured) else "")
        if key not in found:
            schedule = investor_schedule(
                forecast.contract,
                dict(zip(days, own, strict=True)),
                measured=given,
                until=until,
                principal_from=principal_from,
                fees=fees,
            )
            found[key] = schedule.flows(investor, of_class)
        flows.append(found[key])
    parts = [investor or "", f"class {of_class}" if of_class else ""]
    return FutureReturns(forecast, " in ".join(filter(None, parts)) or "everybody", tuple(flows))


def _told(flows: CashFlows) -> tuple[Any, ...]:
    multiple, rate = flows.multiple, flows.internal_rate
    sums = (flows.paid_in_pence, flows.came_back_pence, flows.gain_pence, flows.peak_need_pence)
    times = None if multiple is None else float(multiple)
    return (*sums, flows.payback_on, times, rate.status, rate.rate)


def _shown(values: Sequence[float] | None, how: Callable[[float], str]) -> list[str]:
    return ["none"] * len(PERCENTS) if values is None else [how(value) for value in values]
