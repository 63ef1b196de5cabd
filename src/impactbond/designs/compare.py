"""Several designs on the same drawn futures, and by how much each differs from the first.

Takes  a contract and an area, and for each design the terms that differ, by path.
Gives  a Comparison: for every design and yardstick mean and percentiles; and of the differences
       from the first design, future by future.
Keeps  the same seed draws the same luck: what differs is the design. A chance that differs is
       compared on the same luck; other groups, or another number of children, in some futures not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from impactbond.cards import FrameOf
from impactbond.contract.contract import Contract
from impactbond.designs.design import Design, Overrides, Written
from impactbond.designs.yardsticks import Judged, judged
from impactbond.errors import AssumptionError, Fault
from impactbond.forecasts.cash import spread_of
from impactbond.money import Pence, show
from impactbond.simulation.area import Area
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.simulate import simulate
from impactbond.tables import aligned, plain_rows, rows_table, schema_of

_SPREAD = ("mean_pence", "p5_pence", "p50_pence", "p95_pence")
DESIGNS = schema_of(
    *("design", "of", *_SPREAD, *(f"difference_{name}" for name in _SPREAD)),
    *("higher_trials", "lower_trials", "trials"),
    **dict.fromkeys(("higher_trials", "lower_trials", "trials"), pa.int64()),
)


@dataclass(frozen=True, eq=False, repr=False)
class DesignComparison:
    """Designs, each with its forecast from the same seed, and what they were judged by.

    `table` has a row for every design and yardstick; `difference_*` is of the design less the
    first, future by future, and `higher_trials` in how many futures that is above nothing.
    """

    designs: tuple[Design, ...]
    forecasts: tuple[Forecast, ...]
    of: tuple[str, ...]
    amounts: Mapping[tuple[str, str], Pence]
    kind: str = "pandas"

    @cached_property
    def arrow(self) -> pa.Table:
        """The comparison as an Arrow table (DESIGNS)."""
        first = self.designs[0].name
        rows = []
        for design in self.designs:
            for of in self.of:
                own = self.amounts[design.name, of]
                apart = own - self.amounts[first, of]
                counts = (int((apart > 0).sum()), int((apart < 0).sum()), len(apart))
                rows.append((design.name, of, *spread_of(own), *spread_of(apart), *counts))
        return rows_table(rows, DESIGNS)

    table = FrameOf("The comparison as a frame.", "arrow")

    def as_dict(self) -> dict[str, Any]:
        """The comparison as plain data, for `--json`."""
        first = self.forecasts[0]
        return {
            "trials": first.trials,
            "seed": first.seed,
            "designs": {
                one.name: {path: str(value) for path, value in one.overrides.items()}
                for one in self.designs
            },
            "rows": plain_rows(self.arrow),
        }

    @property
    def text(self) -> str:
        """The comparison for a terminal."""
        first = self.forecasts[0]
        currency = first.contract.currency
        told = [
            f"{first.trials:,} futures from seed {first.seed}, the same for every design; "
            f"differences are from '{self.designs[0].name}', future by future"
        ]
        rows = self.arrow.to_pylist()
        heads = ("Design", "Mean", "5%", "Median", "95%", "Difference", "5%", "95%", "Higher in")
        for of in self.of:
            cells = [heads]
            for row in (row for row in rows if row["of"] == of):
                names = (*_SPREAD, *(f"difference_{_SPREAD[at]}" for at in (0, 1, 3)))
                amounts = [show(row[name], currency) for name in names]
                cells.append((row["design"], *amounts, f"{row['higher_trials']:,}"))
            told += ["", of.capitalize(), *(f"  {line}" for line in aligned(cells, 1))]
        return "\n".join(told)

    def __repr__(self) -> str:
        names = ", ".join(one.name for one in self.designs)
        return f"DesignComparison({names}; {self.forecasts[0].trials} trials)"


def compare_designs(
    contract: Contract,
    area: Area,
    designs: Mapping[str, Overrides],
    *,
    of: Judged | Sequence[Judged] = ("due", "unpaid"),
    opening_pence: int = 0,
    trials: int = 2_000,
    seed: int = 1,
) -> DesignComparison:
    """Designs by name, each the terms that differ from those written, on the same drawn futures.

    `of` is what they are judged by: due, due from FUNDER, unpaid, spent, surplus, lowest cash, or a
    function of a forecast; one or several. The first design is what the others are held against.

    Raises AssumptionError where there are fewer than two designs, or for words that are none.
    """
    if len(designs) < 2:
        hint = 'Write {"as written": {}, "dearer": {"milestones.sign_up.price": "500.00"}}'
        fault = Fault(code="no_designs", problem="two designs or more are compared", hint=hint)
        raise AssumptionError("There is nothing to compare.", [fault])
    several = (of,) if isinstance(of, str) or callable(of) else tuple(of)
    written = Written(contract, area)
    made = tuple(written.design(overrides, name) for name, overrides in designs.items())
    forecasts = tuple(simulate(one.contract, one.area, trials=trials, seed=seed) for one in made)
    amounts = {
        (one.name, name_of(by)): judged(forecast, by, opening_pence)
        for one, forecast in zip(made, forecasts, strict=True)
        for by in several
    }
    return DesignComparison(made, forecasts, tuple(map(name_of, several)), amounts)


def name_of(of: Judged) -> str:
    """What futures are judged by, in a word: of a function, its name."""
    return of if isinstance(of, str) else getattr(of, "__name__", "the amount").replace("_", " ")
