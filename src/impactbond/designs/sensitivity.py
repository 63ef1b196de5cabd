"""What moves an amount: one term at a time, several in a grid, and all at once.

Takes  a contract and an area, and for each term by its path the two ends between which it may be.
Gives  a Sensitivity: a row for every term or every cell, in whole pence.
Keeps  every value is judged on the same drawn futures. One term at a time shows no effect that two
       have only together; the global ways do (Morris, Sobol, by SALib, of the extra `sensitivity`).

And the values between two ends, one step apart: amounts, shares or whole numbers, all exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from impactbond.cards import FrameOf
from impactbond.contract.contract import Contract
from impactbond.designs.compare import name_of
from impactbond.designs.design import Overrides, Value, Written
from impactbond.designs.yardsticks import Judged, judged
from impactbond.errors import AssumptionError, Fault, assert_one_of, not_installed
from impactbond.money import CURRENCIES, half_up, rounded, show
from impactbond.simulation.area import Area
from impactbond.simulation.simulate import simulate
from impactbond.tables import aligned, plain_rows, rows_table, schema_of

Kind = Literal["amount", "share", "number"]
End = Decimal | str | int


Ends = Mapping[str, tuple[End, End]]
Method = Literal["morris", "sobol"]
ONE_AT_A_TIME = schema_of(
    *("path", "low", "high", "at_low_pence", "as_written_pence", "at_high_pence", "swing_pence")
)
_FLOAT = pa.float64()
GLOBAL = schema_of(
    *("path", "low", "high", "effect_pence", "spread_pence", "first_order", "total", "total_pm"),
    **dict.fromkeys(("first_order", "total", "total_pm"), _FLOAT),
)
MOST_CELLS = 1_000


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity:
    """How an amount, the mean over futures of `of`, follows terms: the way it was found, and a row
    for each term, the strongest first, or for each cell of a grid.
    """

    way: str
    of: str
    contract: Contract
    trials: int
    seed: int
    runs: int
    arrow: pa.Table
    kind: str = "pandas"

    table = FrameOf("The rows as a frame.", "arrow")

    def as_dict(self) -> dict[str, Any]:
        """The rows as plain data, for `--json`."""
        about = {"way": self.way, "of": self.of, "runs": self.runs}
        return about | {"trials": self.trials, "seed": self.seed, "rows": plain_rows(self.arrow)}

    @property
    def text(self) -> str:
        """The rows for a terminal."""
        currency, table = self.contract.currency, self.arrow
        names = [name for name in table.column_names if table[name].null_count < len(table)]
        rows = [[_cell(name, row[name], currency) for name in names] for row in self._rows]
        heads = [name.removesuffix("_pence").replace("_", " ").capitalize() for name in names]
        words = next((at for at, name in enumerate(names) if name.endswith("_pence")), 1)
        about = (
            f"{self.way}: {self.of}, on average over {self.trials:,} futures from seed {self.seed},"
            f" the same in each of {self.runs:,} runs"
        )
        return "\n".join([about, *(f"  {line}" for line in aligned([heads, *rows], words))])

    @property
    def _rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.arrow.to_pylist()
        return rows

    def __repr__(self) -> str:
        return f"Sensitivity({self.way} of {self.of}, {self.runs} runs)"


class _Runs:
    """Designs of one contract and area, each judged once by the mean over the same futures."""

    def __init__(
        self, contract: Contract, area: Area, of: Judged, opening: int, trials: int, seed: int
    ) -> None:
        self.written, self.of, self.opening = Written(contract, area), of, opening
        self.trials, self.seed = trials, seed
        self.known: dict[tuple[tuple[str, str], ...], int] = {}

    def mean(self, overrides: Overrides) -> int:
        """The mean to the nearest penny."""
        key = tuple((path, str(value)) for path, value in sorted(overrides.items()))
        if key not in self.known:
            design = self.written.design(overrides)
            forecast = simulate(design.contract, design.area, trials=self.trials, seed=self.seed)
            total = int(judged(forecast, self.of, self.opening).sum())
            self.known[key] = rounded(Fraction(total, self.trials), half_up)
        return self.known[key]

    def found(self, way: str, contract: Contract, table: pa.Table) -> Sensitivity:
        return Sensitivity(
            way, name_of(self.of), contract, self.trials, self.seed, len(self.known), table
        )


def one_at_a_time(
    contract: Contract,
    area: Area,
    ends: Ends,
    *,
    of: Judged = "due",
    opening_pence: int = 0,
    trials: int = 2_000,
    seed: int = 1,
) -> Sensitivity:
    """The amount with each term at its low and its high end, all others as written: the strongest
    first (ONE_AT_A_TIME). It is what a tornado chart shows.

    Raises AssumptionError for ends that are none, and what reading a changed contract raises.
    """
    runs = _Runs(contract, area, of, opening_pence, trials, seed)
    base, rows = runs.mean({}), []
    for path, scale in _scales(ends, contract).items():
        low, high = (runs.mean({path: scale.value(at)}) for at in (0, scale.steps))
        swing = max(low, base, high) - min(low, base, high)
        rows.append((path, scale.said(0), scale.said(scale.steps), low, base, high, swing))
    rows.sort(key=lambda row: (-row[-1], row[0]))
    return runs.found("One at a time", contract, rows_table(rows, ONE_AT_A_TIME))


def grid(
    contract: Contract,
    area: Area,
    values: Mapping[str, Sequence[Value]],
    *,
    of: Judged = "due",
    opening_pence: int = 0,
    trials: int = 2_000,
    seed: int = 1,
) -> Sensitivity:
    """The amount for every combination of values, each term by its path with a list of values: a
    column for each term, and `mean_pence`.

    Raises AssumptionError for more than a thousand cells, or none.
    """
    cells = prod(map(len, values.values()))
    if not values or not 0 < cells <= MOST_CELLS:
        fault = Fault(
            code="no_cells",
            problem="the grid has no cells, or more than can be simulated",
            found=f"{cells:,} cells",
            allowed=f"1 to {MOST_CELLS:,}",
        )
        raise AssumptionError("There is no grid.", [fault])
    runs = _Runs(contract, area, of, opening_pence, trials, seed)
    rows = [
        (*map(str, chosen), runs.mean(dict(zip(values, chosen, strict=True))))
        for chosen in product(*values.values())
    ]
    return runs.found("Grid", contract, rows_table(rows, schema_of(*values, "mean_pence")))


def global_sensitivity(
    contract: Contract,
    area: Area,
    ends: Ends,
    *,
    of: Judged = "due",
    method: Method = "morris",
    samples: int = 16,
    opening_pence: int = 0,
    trials: int = 256,
    seed: int = 1,
) -> Sensitivity:
    """The amount with all terms moved at once between their ends (GLOBAL), the strongest first.

    "morris" takes samples × (terms + 1) runs and ranks: `effect_pence` is how much the amount moves
    on average, up or down, when a term goes from one end to the other, `spread_pence` how much that
    depends on the other terms. "sobol" takes samples × (terms + 2) runs, `samples` a power of two:
    `first_order` is the share of the amount's variance that a term has alone, `total` with all that
    it does together with others, give or take `total_pm` (95 %). Sampling and analysis both go by
    the seed.

    Raises AssumptionError where SALib is not installed, and for what cannot be sampled.
    """
    assert_one_of(method, "method", ("morris", "sobol"), AssumptionError)
    if len(ends) < 2 or samples < 2 or (method == "sobol" and samples & (samples - 1)):
        fault = Fault(
            code="no_samples",
            problem="nothing can be sampled so",
            found=f"{len(ends)} terms, {samples} samples",
            allowed="two terms or more; 2 samples or more, and of sobol a power of two",
        )
        raise AssumptionError("The terms cannot be sampled.", [fault])
    sampling, analysis = _salib(method)
    scales = _scales(ends, contract)
    problem = {"num_vars": len(ends), "names": list(ends), "bounds": [[0.0, 1.0]] * len(ends)}
    only_totals = {"calc_second_order": False} if method == "sobol" else {}
    shares = sampling.sample(problem, samples, seed=seed, **only_totals)
    runs = _Runs(contract, area, of, opening_pence, trials, seed)
    means = [
        runs.mean(
            {
                path: scale.value(scale.at_share(share))
                for (path, scale), share in zip(scales.items(), row, strict=True)
            }
        )
        for row in shares.tolist()
    ]
    amounts = np.array(means, dtype=np.float64)  # Morris takes no whole numbers
    given = (problem, shares, amounts) if method == "morris" else (problem, amounts)
    result = analysis.analyze(*given, seed=seed, print_to_console=False, **only_totals)
    rows = list(_ranked(scales, result, method))
    return runs.found(f"Global, {method}", contract, rows_table(rows, GLOBAL))


def _ranked(scales: Mapping[str, Steps], result: Any, method: Method) -> Iterator[tuple[Any, ...]]:
    strength = result["mu_star"] if method == "morris" else result["ST"]
    order = np.argsort(-np.nan_to_num(np.asarray(strength)), kind="stable")
    paths = list(scales)
    for place in order.tolist():
        scale = scales[paths[place]]
        about = (paths[place], scale.said(0), scale.said(scale.steps))
        if method == "morris":
            effect, spread = (round(float(result[name][place])) for name in ("mu_star", "sigma"))
            yield (*about, effect, spread, None, None, None)
        else:
            told = (float(result[name][place]) for name in ("S1", "ST", "ST_conf"))
            yield (*about, None, None, *told)


def _salib(method: Method) -> tuple[Any, Any]:
    try:
        if method == "morris":
            from SALib.analyze import morris as analysis
            from SALib.sample import morris as sampling
        else:
            from SALib.analyze import sobol as analysis
            from SALib.sample import sobol as sampling
    except ImportError:
        fault = not_installed("global sensitivity needs", "SALib", "sensitivity")
        raise AssumptionError("The terms cannot be sampled.", [fault]) from None
    return sampling, analysis


def _scales(ends: Ends, contract: Contract) -> dict[str, Steps]:
    return {path: steps_between(between, None, contract.currency) for path, between in ends.items()}


def _cell(name: str, value: Any, currency: str) -> str:
    if value is None:
        return ""
    if name.endswith("_pence"):
        return show(value, currency)
    return f"{value:.3f}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Steps:
    """Values from a first one upwards, by number: of a share, in percent."""

    kind: Kind
    first: Decimal
    step: Decimal
    steps: int

    def value(self, place: int) -> Any:
        """The value at a place, as a term takes it."""
        value = self.first + self.step * place
        return {"amount": value, "share": f"{value.normalize():f}%", "number": int(value)}[
            self.kind
        ]

    def said(self, place: int) -> str:
        """The value as a file has it."""
        return str(self.value(place))

    def at_share(self, share: float) -> int:
        """The place nearest to a share of the way, for what is sampled."""
        return min(self.steps, max(0, round(share * self.steps)))


def steps_between(between: tuple[End, End], step: End | None, currency: str) -> Steps:
    """The values between two ends of one kind.

    Raises AssumptionError where they are not two of a kind in ascending order, some steps apart.
    """
    ends = [_read(end) for end in between]
    given = None if step is None else _read(step)
    kinds = {one[0] for one in (*ends, given) if one is not None}
    if None in kinds or len(kinds) != 1 or len(ends) != 2:
        raise _no_ends(f"{tuple(map(str, between))!a}"[:80])
    kind = ends[0][0]
    decimals = CURRENCIES[currency].decimals
    usual = {"amount": Decimal(1).scaleb(-decimals), "share": Decimal("0.01")}
    size = usual.get(str(kind), Decimal(1)) if given is None else given[1]
    low, high = ends[0][1], ends[1][1]
    # With steps that do not lead to it the upper end would never be tried.
    if not low < high or size <= 0 or (high - low) % size:
        raise _no_ends(f"from {between[0]} to {between[1]} in steps of {size}")
    assert kind is not None
    return Steps(kind, low, size, int((high - low) / size))


def _read(end: object) -> tuple[Kind | None, Decimal]:
    if isinstance(end, bool) or not isinstance(end, Decimal | str | int):
        return None, Decimal(0)
    if isinstance(end, int):
        return "number", Decimal(end)
    text = str(end).strip()
    try:
        value = Decimal(text.removesuffix("%"))
    except InvalidOperation:
        return None, Decimal(0)
    return ("share" if text.endswith("%") else "amount") if value.is_finite() else None, value


def _no_ends(found: str) -> AssumptionError:
    fault = Fault(
        code="no_ends",
        problem="these are no two ends to look between",
        found=found,
        allowed='two amounts ("100.00", "900.00"), two shares ("10%", "60%") or two whole numbers,'
        " the lower first, some whole steps apart",
    )
    return AssumptionError("There is nothing to look between.", [fault])
