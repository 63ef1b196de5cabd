"""What a forecast comes to: exposure of each funder, claim by claim, plans, limits, cash, cost
of a child.

Takes  a forecast, and what the provider has to begin with.
Gives  an Outlook: tables of whole pence, a row for what a reader asks for.
Keeps  percentiles are amounts that occur in a future, and the most is the most of the futures that
       were drawn; beside it stands what the funder committed, where the contract says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from impactbond.forecasts.cash import Cash, cash_of, spread_of, unpaid_pence
from impactbond.forecasts.plans import PLAN, plans_beside
from impactbond.money import Pence, half_up, minor_units, rounded
from impactbond.simulation.forecast import Forecast
from impactbond.tables import plain_rows, rows_table, schema_of

_SPREAD = ("mean_pence", "p5_pence", "p50_pence", "p95_pence", "most_pence")
_COUNTS = dict.fromkeys(("over_trials", "trials"), pa.int64())
EXPOSURE = schema_of("funder", *_SPREAD, "committed_pence", "over_trials", "trials", **_COUNTS)
TO_DATE = schema_of("claim_period", "claim_date", *_SPREAD)
CASH = schema_of("on", *_SPREAD, "below_trials", on=pa.date32(), below_trials=pa.int64())
FIGURES = schema_of("figure", *_SPREAD)
PLANNED = schema_of(
    *("plan", "made_on", "period", "last_on", "planned_pence"),
    *("p5_pence", "p50_pence", "p95_pence", "more_pence"),
)
ALL_FUNDERS = "All funders"


@dataclass(frozen=True, eq=False, repr=False)
class Outlook:
    """A forecast, as those who must decide read it. `opening_pence` is what the provider has to
    begin with.
    """

    forecast: Forecast
    opening_pence: int = 0

    @cached_property
    def cash(self) -> Cash:
        """The provider's cash in every trial."""
        return cash_of(self.forecast, self.opening_pence)

    @cached_property
    def exposure_table(self) -> pa.Table:
        """What each funder is asked for over the term, and all of them: beside what it committed,
        or where nothing is committed what a limit lets it pay, and in how many trials it is asked
        for more (EXPOSURE).
        """
        forecast = self.forecast
        contract, due = forecast.contract, forecast.due_pence[..., :-1].sum(axis=1)
        last, rows = forecast.claim_dates[-1].known_by, []
        for place, funder in enumerate(forecast.funders.all[:-1]):
            term = contract.funders[funder.term]
            committed = next(
                (one.at_most_pence for one in forecast.limits_on if one.funder == funder.id), None
            )
            if term.commits and not term.each:
                committed = minor_units(term.committed_on(last), contract.currency)
            rows.append(self._exposed(funder.name, due[:, place], committed))
        rows.append(self._exposed(ALL_FUNDERS, due.sum(axis=1), None))
        return rows_table(rows, EXPOSURE)

    def _exposed(self, name: str, own: Pence, committed: int | None) -> tuple[Any, ...]:
        over = None if committed is None else int((own > committed).sum())
        return (name, *self._spread(own), committed, over, self.forecast.trials)

    @cached_property
    def to_date_table(self) -> pa.Table:
        """What all funders were asked for up to each claim date (TO_DATE)."""
        to_date = self.forecast.due_pence[..., :-1].sum(axis=2).cumsum(axis=1)
        rows = [
            (claim.label, claim.known_by, *self._spread(to_date[:, claim.number]))
            for claim in self.forecast.claim_dates
        ]
        return rows_table(rows, TO_DATE)

    @cached_property
    def plans_table(self) -> pa.Table:
        """What every plan has to date by the end of each of its periods, beside what all funders
        were asked for in total at the claims of periods that end by then, and by how much the
        median is more than planned (PLANNED); no row where the contract has no plan.
        """
        forecast = self.forecast
        if not forecast.contract.plans:
            return PLANNED.empty_table()
        ends = [one.last for one in forecast.contract.calendar.periods]
        to_date = forecast.due_pence[..., :-1].sum(axis=2).cumsum(axis=1)
        rows = []
        for row in plans_beside(forecast.contract, None, forecast).rows(PLAN):
            claims = sum(end <= row["last_on"] for end in ends)
            own = to_date[:, claims - 1] if claims else np.zeros_like(to_date[:, 0])
            _, low, middle, high = spread_of(own)
            planned = row["to_date_pence"]
            named = (row["plan"], row["made_on"], row["period"], row["last_on"])
            rows.append((*named, planned, low, middle, high, middle - planned))
        return rows_table(rows, PLANNED)

    @cached_property
    def cash_table(self) -> pa.Table:
        """The provider's cash at the end of every day on which money moves, and in how many trials
        it is below nothing then (CASH).
        """
        cash = self.cash
        rows = [
            (day, *self._spread(cash.pence[:, at]), int((cash.pence[:, at] < 0).sum()))
            for at, day in enumerate(cash.days)
        ]
        return rows_table(rows, CASH)

    @cached_property
    def figures_table(self) -> pa.Table:
        """The figures that matter most, one row each (FIGURES)."""
        return rows_table([(name, *self._spread(own)) for name, own in self._figures()], FIGURES)

    def _figures(self) -> Iterator[tuple[str, Pence]]:
        forecast = self.forecast
        due = forecast.due_pence[..., :-1].sum(axis=(1, 2))
        yield "Asked of all funders", due
        yield "Achieved and paid by nobody", unpaid_pence(forecast)
        each = [rounded(Fraction(one, forecast.area.children), half_up) for one in due.tolist()]
        yield "Asked for each child who starts", np.array(each, dtype=np.int64)
        if forecast.area.costs:
            spent = forecast.cost_pence.sum(axis=(1, 2))
            yield "Spent by the provider", spent
            yield "Asked for, less spent", due - spent
        yield "Provider's deepest need of cash", self.cash.need_pence

    @property
    def deepest_on(self) -> str:
        """The day on which the provider's cash is deepest in the middle future; nothing where it is
        never below nothing.
        """
        cash, need = self.cash, self.cash.need_pence
        if not (need > 0).any():
            return ""
        days = np.sort(cash.lowest_at[need > 0])
        return str(cash.days[int(days[len(days) // 2])])

    def _spread(self, own: Pence) -> tuple[int, ...]:
        return (*spread_of(own), int(own.max()))

    def as_dict(self) -> dict[str, Any]:
        """The tables as plain data, for `--json`."""
        return {
            "opening_pence": self.opening_pence,
            "deepest_on": self.deepest_on,
            "figures": plain_rows(self.figures_table),
            "exposure": plain_rows(self.exposure_table),
            "to_date": plain_rows(self.to_date_table),
            "plans": plain_rows(self.plans_table),
            "cash": plain_rows(self.cash_table),
        }
