"""A forecast: what every funder would be asked for, in every drawn future, and how that spreads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property, partial
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from impactbond.cards import FrameOf, framed
from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import from_day_number
from impactbond.errors import AssumptionError, Fault, SimulationError
from impactbond.evaluation.inputs import ClaimDate
from impactbond.evidence.evidence import Evidence
from impactbond.files import Writing, write_file
from impactbond.money import Pence, half_up, round_fraction, show
from impactbond.settlement.funding import Funders
from impactbond.settlement.lot_settlement import LotSettlement
from impactbond.settlement.lots import Numbers
from impactbond.simulation.area import Area
from impactbond.simulation.cautions import cautions
from impactbond.simulation.draw import Draws
from impactbond.simulation.settle_drawn import settled_as_counted, settled_one_by_one
from impactbond.simulation.spread import SPREAD, SPREAD_HEADINGS, Shown, spread_rows, spread_table
from impactbond.simulation.stages import Turn
from impactbond.simulation.trial_evidence import evidence_of, versions_by_events
from impactbond.simulation.withheld import LimitOn, limits_of
from impactbond.tables import as_kind, plain_rows, rows_table, schema_of
from impactbond.terms.words import counted

DATED = ("claim_period", "claim_date")
_COUNT = pa.int64()
PAYMENTS = schema_of(*DATED, "funder", *SPREAD, trials=_COUNT)
TOTALS = schema_of("funder", *SPREAD, trials=_COUNT)
COSTS = schema_of("month", "cost", *SPREAD, month=pa.date32(), trials=_COUNT)
LIMITS = schema_of(
    *(*DATED, "limit", "funder", "at_most_pence", "trials", "bound_trials", "chance"),
    "mean_held_back_pence",
    **{"trials": _COUNT, "bound_trials": _COUNT, "chance": pa.float64()},
)
REACHED = schema_of(
    *("group", "child", "milestone", "reached_on", "pays"), child=_COUNT, pays=pa.bool_()
)
CLAIMED = schema_of(
    *("group", "child", "milestone", "achieved_on", "quantity"), child=_COUNT, quantity=_COUNT
)


@dataclass(frozen=True, eq=False, repr=False)
class Forecast:
    """The result of `simulate`. Money is whole pence (`*_pence`).

    `due_pence` is shaped (trial, claim date, funder). `held_back_pence` is what each limit withheld
    or passed on to date, shaped (trial, claim date, limit), in the order of `limits_on`; of an
    amended contract nothing at settled claim dates, at which limits may have been others.
    `cost_pence` is what the provider spends in a month, shaped (trial, month, cost): the months by
    their first days are `cost_dates`, the costs those of the area. Everything else about a trial is
    drawn again when it is asked for.
    """

    draws: Draws
    trials: int
    due_pence: Pence
    held_back_pence: Pence
    cost_pence: Pence
    kind: str = "pandas"

    @property
    def contract(self) -> Contract:
        """The contract that was simulated."""
        return self.draws.contract

    def terms_on(self, day: date) -> Contract:
        """The contract with the limits and the days for payment in force on a claim date."""
        versions = self.draws.versions
        return versions.as_under(versions.known_by(day))

    @property
    def area(self) -> Area:
        """What was assumed."""
        return self.draws.area

    @property
    def seed(self) -> int:
        """What the futures were drawn from."""
        return self.draws.seed

    @property
    def claim_dates(self) -> tuple[ClaimDate, ...]:
        """Every claim date of the contract."""
        return self.draws.claim_dates

    @property
    def funders(self) -> Funders:
        """The funders, in the order of the funder axis."""
        return self.draws.funders

    @property
    def settled_claims(self) -> int:
        """How many claim dates are settled, and the same in every future of a re-forecast."""
        return self.draws.settled_claims

    @cached_property
    def limits_on(self) -> tuple[LimitOn, ...]:
        """The limits, in the order of the limit axis."""
        return limits_of(self.contract, self.funders)

    @property
    def cost_dates(self) -> tuple[date, ...]:
        """The first day of every month in which anything may be spent, in order."""
        return self.draws.spending.dates

    @cached_property
    def cautions(self) -> tuple[str, ...]:
        """What a modeller should know about the assumptions, though they can be simulated."""
        return cautions(self.draws)

    @cached_property
    def total_pence(self) -> Pence:
        """What all funders are asked for over the whole term, in every trial."""
        return np.asarray(self.due_pence.sum(axis=(1, 2)))

    def quantities(self, trial: int) -> Numbers:
        """Claims to date in one trial, shaped (claim date, lot); the lots are `draws.lots`."""
        _, _, counts = self._drawn_again(trial)
        return np.asarray(self.draws.quantities(counts)[0])

    def settled(self, trial: int) -> LotSettlement:
        """One trial settled again, with its history and every balance."""
        block, place, counts = self._drawn_again(trial)
        settled, unsure = settled_as_counted(self.draws, counts, pooled=False)
        if unsure.any():
            return settled_one_by_one(self.draws, block, [place], pooled=False)
        return settled

    def _drawn_again(self, trial: int) -> tuple[int, int, Numbers]:
        """The block of a trial, its place in it, and its counts."""
        self._assert_drawn(trial)
        block, place = divmod(trial, self.draws.trials_per_block)
        return block, place, self.draws.counts(block)[place][None]

    def as_evidence(self, trial: int) -> tuple[Contract | Versions, Evidence]:
        """One trial as evidence, and the contract with an event for each milestone in place of its
        condition; of an amended contract, all of its versions so. Settled, they come to the same
        pence. Those on record have other references than their own.
        """
        self._assert_drawn(trial)
        return versions_by_events(self.draws.versions), evidence_of(self.draws, trial)

    def reached_table(self, trial: int) -> pa.Table:
        """One trial child by child: a row for every milestone that a child of a group reaches.

        Children count from 1. `pays` is false for what is reached outside the term, or after
        something that is, or instead of what was reached before it.
        """
        return self._child_by_child(trial, lambda turn: turn.reached, REACHED)

    def claimed_table(self, trial: int) -> pa.Table:
        """One trial child by child: a row for every claim, of units one for each period."""
        return self._child_by_child(trial, lambda turn: turn.claims, CLAIMED)

    def _child_by_child(
        self,
        trial: int,
        of: Callable[[Turn], Iterable[tuple[Any, ...]]],
        schema: pa.Schema,
    ) -> pa.Table:
        """What the turns of one trial come to: a row for each milestone, day and what holds of it,
        group by group, child by child.
        """
        self._assert_drawn(trial)
        milestones, groups = list(self.contract.milestones), self.area.cohorts
        turns = sorted(self.draws.turns(trial), key=lambda one: one[:2])
        rows = (
            (groups[group].name, child + 1, milestones[number], from_day_number(day), holds)
            for group, child, turn in turns
            for number, day, holds, *_ in of(turn)
        )
        return rows_table(rows, schema)

    def _assert_drawn(self, trial: int) -> None:
        if not 0 <= trial < self.trials:
            allowed = f"0 to {self.trials - 1}"
            fault = Fault(code="no_trial", problem=f"there is no trial {trial}", allowed=allowed)
            raise AssumptionError("The trial was not drawn.", [fault])

    @property
    def _paying(self) -> list[str]:
        """The funders that can be asked for money: all but the last, which is nobody."""
        return [funder.id for funder in self.funders.all[:-1]]

    @property
    def _asked_pence(self) -> Pence:
        """What is due from the funders that can be asked: (trial, claim date, funder)."""
        return self.due_pence[..., :-1]

    @cached_property
    def payments_table(self) -> pa.Table:
        """What is due at each claim date from each funder: mean and percentiles over the trials."""
        keys = [(one.label, one.known_by, of) for one in self.claim_dates for of in self._paying]
        return spread_table(keys, self._asked_pence, PAYMENTS)

    @cached_property
    def totals_table(self) -> pa.Table:
        """What each funder is asked for over the whole term: mean and percentiles."""
        keys = [(funder,) for funder in self._paying]
        return spread_table(keys, self._asked_pence.sum(axis=1), TOTALS)

    @cached_property
    def limits_table(self) -> pa.Table:
        """For each claim date and limit: in how many trials it has bound by then, the chance that
        it does, and what it has held back on average. A limit binds when it withholds, or passes on
        to another funder, at least a penny. Of an amended contract, no row for claim dates that are
        settled, at which limits may have been others.
        """
        bound = (self.held_back_pence > 0).sum(axis=0)
        total = self.held_back_pence.sum(axis=0)
        mean = round_fraction(total, Fraction(1, self.trials), half_up)
        rows = []
        is_amended = len(self.draws.versions.all) > 1
        for claim in self.claim_dates[self.settled_claims if is_amended else 0 :]:
            for place, limit in enumerate(self.limits_on):
                often = int(bound[claim.number, place])
                start = (claim.label, claim.known_by, limit.name, limit.funder)
                counted = (self.trials, often, often / self.trials)
                held = int(mean[claim.number, place])
                rows.append((*start, limit.at_most_pence, *counted, held))
        return rows_table(rows, LIMITS)

    @cached_property
    def costs_table(self) -> pa.Table:
        """What is spent in each month on each cost of the area: mean and percentiles. A month is
        written as its first day.
        """
        keys = [(month, cost.name) for month in self.cost_dates for cost in self.area.costs]
        return spread_table(keys, self.cost_pence, COSTS)

    def paths_table(self) -> pa.Table:
        """Every trial in full: trial, claim_period, funder, due_pence. Large; made when asked."""
        shape = self._asked_pence.shape
        trial, claim, funder = (place.reshape(-1) for place in np.indices(shape, dtype=np.int32))
        labels = pa.array([claim.label for claim in self.claim_dates], pa.string())
        names = pa.array(self._paying, pa.string())
        return pa.table(
            {
                "trial": pa.array(trial, pa.int64()),
                "claim_period": pa.DictionaryArray.from_arrays(pa.array(claim), labels),
                "funder": pa.DictionaryArray.from_arrays(pa.array(funder), names),
                "due_pence": pa.array(self._asked_pence.reshape(-1)),
            }
        )

    def write_paths(self, path: str | PathLike[str], **how: Unpack[Writing]) -> Path:
        """Write every trial in full as a Parquet file, a row for each of `paths_table`. With
        `replace=True`, another file of that name is replaced. Gives the path.

        Raises SimulationError when the file cannot be written, or would replace another.
        """
        stream = pa.BufferOutputStream()
        parquet.write_table(self.paths_table(), stream)
        refused = partial(SimulationError, "The futures cannot be written.")
        return write_file(path, stream.getvalue().to_pybytes(), refused, **how)

    payments = FrameOf("What is due at each claim date from each funder: mean and percentiles.")
    totals = FrameOf("What each funder is asked for over the whole term: mean and percentiles.")
    limits = FrameOf("How often each limit has bound by each claim date, and what it held back.")
    costs = FrameOf("What is spent in each month on each cost: mean and percentiles.")

    @property
    def paths(self) -> Any:
        """Every trial in full: one row for each trial, claim date and funder."""
        return as_kind(self.paths_table(), self.kind)

    def __repr__(self) -> str:
        return (
            f"Forecast({self.contract.contract} in {self.area.area}: {self.area.children} children,"
            f" {self.trials} trials, seed {self.seed})"
        )

    def as_dict(self) -> dict[str, Any]:
        """The forecast as plain data, for `--json`: everything but the single trials."""
        return {
            "contract": self.contract.contract,
            "area": self.area.area,
            "children": self.area.children,
            "trials": self.trials,
            "seed": self.seed,
            "settled_claims": self.settled_claims,
            "cautions": list(self.cautions),
            "payments": plain_rows(self.payments_table),
            "totals": plain_rows(self.totals_table),
            "limits": plain_rows(self.limits_table),
            "costs": plain_rows(self.costs_table),
        }

    @property
    def text(self) -> str:
        """The forecast for a terminal."""
        tables = [f"{shown.title}\n{shown.text}" for shown in self._shown]
        notes = "\n".join(f"Note: {caution}." for caution in self.cautions)
        return "\n\n".join(filter(None, [f"{self._title}\n{self._about}", *tables, notes]))

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(caution)}</li>" for caution in self.cautions)
        opening = f"<h4>{escape(self._title)}</h4><p>{escape(self._about)}</p>"
        tables = (shown.html for shown in self._shown)
        return framed(opening, *tables, f"<ul>{notes}</ul>" if notes else "")

    @property
    def _title(self) -> str:
        return f"{self.contract.title}: {self.area.title}"

    @property
    def _about(self) -> str:
        return (
            f"{self.area.children:,} children in {counted(len(self.area.cohorts), 'group')}, "
            f"{self.trials:,} trials from seed {self.seed}. Each row has its own percentiles: down "
            f"a column they do not add up. {self._luck}"
        )

    @property
    def _luck(self) -> str:
        if self.area.varies:
            return "Chances vary as the area says: what befalls many at once is in this spread."
        return (
            "Children are drawn apart from one another: what befalls many at once is not in this "
            "spread."
        )

    @property
    def _shown(self) -> list[Shown]:
        """The tables that people see, in the contract's currency."""
        currency = self.contract.currency
        claims = [(claim.label, claim.known_by.isoformat()) for claim in self.claim_dates]
        funders = [(funder.name,) for funder in self.funders.all[:-1]]
        by_claim = spread_rows(claims, self.due_pence.sum(axis=2), currency)
        by_funder = spread_rows(funders, self._asked_pence.sum(axis=1), currency)
        overall = spread_rows([("All funders",)], self.total_pence[:, None], currency)
        return [
            Shown("Due at each claim date", ("Claim", "Made on", *SPREAD_HEADINGS), by_claim, 2),
            Shown("Due over the term", ("Funder", *SPREAD_HEADINGS), by_funder + overall, 1),
            *self._shown_limits(),
            *self._shown_costs(),
        ]

    def _shown_limits(self) -> list[Shown]:
        if not self.limits_on:
            return []
        currency = self.contract.currency
        at_the_end = self.limits_table.to_pylist()[-len(self.limits_on) :]
        rows = [
            (
                limit.said,
                limit.at_most,
                f"{row['bound_trials']:,} of {self.trials:,} trials",
                show(row["mean_held_back_pence"], currency),
            )
            for limit, row in zip(self.limits_on, at_the_end, strict=True)
        ]
        headings = ("Limit on", "At most", "Binds in", "Held back on average")
        return [Shown("Limits by the end of the term", headings, rows, 1)]

    def _shown_costs(self) -> list[Shown]:
        if not self.area.costs:
            return []
        currency, spent = self.contract.currency, self.cost_pence.sum(axis=1)
        every = spent.sum(axis=1)
        rows = spread_rows([(cost.name,) for cost in self.area.costs], spent, currency)
        rows += spread_rows([("All costs",)], every[:, None], currency)
        left = self._asked_pence.sum(axis=(1, 2)) - every
        rows += spread_rows([("Asked for, less costs",)], left[:, None], currency)
        return [Shown("What is spent", ("Cost", *SPREAD_HEADINGS), rows, 1)]
