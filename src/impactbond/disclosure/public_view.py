"""Tables of what was achieved that may be published: how often each milestone was achieved, by
attributes of children and by period, with totals, and with disclosure control.

And what is counted: the claims that stand, each with where its child was on the day, as linked
cells of one milestone after another.

An attribute of a child is that of the day of achievement, as for funders: the latest row that holds
by then and was known at the claim, or the earliest where all rows hold from later days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from math import gcd
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.cards import FrameOf
from impactbond.disclosure.attack import solver
from impactbond.disclosure.rounding import rounded
from impactbond.disclosure.rules import (
    ALL,
    SECONDARY,
    CellKey,
    DisclosureRules,
    Linked,
    Whole,
    Zeros,
    disclosure_rules,
)
from impactbond.disclosure.suppress import Choice, Suppression, suppressed
from impactbond.errors import Fault
from impactbond.settlement.settlement import Settlement
from impactbond.tables import as_kind

HIDDEN = "[c]"  # what official statistics in the United Kingdom write for a confidential figure
BY_PERIOD = "by_period"


class PublishedCell(NamedTuple):
    """A cell as it is published: its key, and its figures, None where it is left out."""

    key: CellKey
    achieved: int | None
    value_pence: int | None


@dataclass(frozen=True, eq=False, repr=False)
class PublicView:
    """What `public_view` gives.

    `tables` are to be published. `log` is not: it says which cells were left out and why, without
    any figure, and whoever reads it knows which of them count few children. `choices` say what was
    left out and what the least would have been, milestone by milestone.
    """

    contract: str
    title: str
    currency: str
    claim_period: str
    known_by: str
    names: Mapping[str, str]
    axes: Axes
    rules: DisclosureRules
    has_money: bool
    cells: tuple[PublishedCell, ...]
    why: tuple[tuple[CellKey, str], ...]
    choices: Mapping[str, Choice]
    kind: str

    @property
    def table_names(self) -> tuple[str, ...]:
        """The tables that are published: over all children, and by each attribute."""
        return (BY_PERIOD, *(f"by_{name}" for name in self.axes.attributes))

    def table(self, name: str) -> pa.Table:
        """A table: milestone, the attribute, period (each `All` in totals), how often achieved,
        what it came to in minor units where values are published, and how the count is shown.
        """
        attribute = ALL if name == BY_PERIOD else name.removeprefix("by_")
        # Totals stand in every table: each has to be read by itself.
        wanted = (ALL,) if attribute == ALL else (attribute, ALL)
        cells = [cell for cell in self.cells if cell.key.attribute in wanted]
        columns: dict[str, Any] = {"milestone": [cell.key.milestone for cell in cells]}
        if attribute != ALL:
            columns[attribute] = [cell.key.group for cell in cells]
        columns["period"] = [cell.key.period for cell in cells]
        columns["achieved"] = pa.array([cell.achieved for cell in cells], pa.int64())
        if self.has_money:
            columns["value_pence"] = pa.array([cell.value_pence for cell in cells], pa.int64())
        columns["shown"] = [shown(cell.achieved) for cell in cells]
        return pa.table(columns)

    @property
    def tables(self) -> dict[str, Any]:
        """Every table by name, as frames of the kind in which the evidence came."""
        return {name: as_kind(self.table(name), self.kind) for name in self.table_names}

    @property
    def log_table(self) -> pa.Table:
        """Which cells were left out and why: milestone, attribute, value, period, why."""
        keys = [key for key, _ in self.why]
        columns = {
            "milestone": [key.milestone for key in keys],
            "attribute": [key.attribute for key in keys],
            "group": [key.group for key in keys],
            "period": [key.period for key in keys],
            "why": [why for _, why in self.why],
        }
        return pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})

    log = FrameOf("`log_table` as a frame of the kind in which the evidence came.")

    def as_dict(self) -> dict[str, Any]:
        """What is published, as plain data, and nothing else."""
        return {
            "contract": self.contract,
            "claim_period": self.claim_period,
            "known_by": self.known_by,
            "rules": list(self.rules.says),
            "tables": {name: self.table(name).to_pylist() for name in self.table_names},
        }

    @property
    def text(self) -> str:
        """How much was left out, for whoever publishes."""
        hidden = [one for one in self.cells if one.achieved is None]
        unsafe = sum(why != SECONDARY for _, why in self.why)
        lines = [
            f"{self.title}: what was achieved up to {self.claim_period}, to be published",
            *self.rules.says,
            f"Cells: {len(self.cells)}; left out: {len(hidden)}, of which by themselves {unsafe}",
        ]
        for milestone, choice in self.choices.items():
            if not choice.is_cheapest:
                lines.append(
                    f"{milestone}: left out at a cost of {choice.cost}; the least may be as low as "
                    f"{choice.least_cost}, which was not found in time."
                )
        return "\n".join(lines)

    def __repr__(self) -> str:
        hidden = sum(one.achieved is None for one in self.cells)
        return f"<PublicView of {self.contract}: {len(self.cells)} cells, {hidden} left out>"


def shown(count: int | None) -> str:
    """A count as it is shown."""
    return HIDDEN if count is None else str(count)


def public_view(
    settlement: Settlement,
    *,
    by: str | Sequence[str] = (),
    least: int = 5,
    zeros: Zeros = "shown",
    width: int | None = None,
    values: bool = False,
    dominance: Mapping[str, int] | None = None,
    rounded_to: int | None = None,
) -> PublicView:
    """The tables of what was achieved that may be published.

    Takes: a settlement on evidence; the attributes to lay tables out by, each in a table of its own
        beside the one over all children; `least`, the smallest number of children that may be
        shown; whether noughts are "shown" or "hidden"; `width`, how wide the interval must stay in
        which all tables together place what may not be shown (by default as wide as `least`);
        whether `values` are shown, and which `dominance` they may not have, {"n": 2, "k": 85} or
        {"p": 10}; or, in place of leaving cells out, the base that counts are `rounded_to`.
    Gives: a PublicView. Totals are those of all children, and are left out where they would tell.
    Keeps: nobody who has every table can place a cell that is left out within less than `width`,
        and none can be worked out; as few are left out as that allows, the cost of a total being
        that of all its cells. The same settlement gives the same tables.

    Raises DisclosureError, with everything that is wrong.
    """
    attributes = (by,) if isinstance(by, str) else tuple(by)
    wrong = _wrong(settlement, attributes)
    rules = disclosure_rules(least, zeros, width, dominance, rounded_to, values, wrong)
    solver()
    axes = axes_of(settlement, attributes)
    cells: list[PublishedCell] = []
    why: list[tuple[CellKey, str]] = []
    choices: dict[str, Choice] = {}
    for milestone, claims in achieved(settlement, attributes).items():
        linked, amounts, unit = linked_cells(milestone, claims, axes, money=values)
        if rules.base is not None:
            counts = rounded(linked, rules.base).tolist()
            cells += [PublishedCell(*one, None) for one in zip(linked.keys, counts, strict=True)]
            continue
        unsafe = rules.unsafe(linked, amounts)
        # Where noughts are shown everybody knows the empty cells: they protect nobody, and are not
        # hidden.
        asked, filled = linked.only_filled() if zeros == "shown" else (linked, None)
        places = list(range(len(linked.keys))) if filled is None else filled.tolist()
        kept = [amounts[place] for place in places]
        at = {place: number for number, place in enumerate(places)}
        needed = frozenset(at[place] for place in unsafe)
        widths = rules.widths(asked, kept)
        choice = suppressed(Suppression(asked, needed, widths, zeros == "shown"))
        hidden = {places[number] for number in choice.hidden}
        choices[milestone] = choice
        why += [(linked.keys[one], unsafe.get(one, SECONDARY)) for one in sorted(hidden)]
        for place, key in enumerate(linked.keys):
            is_hidden = place in hidden
            count = None if is_hidden else int(linked.counts[place])
            worth = int(linked.values[place]) * unit if values and not is_hidden else None
            cells.append(PublishedCell(key, count, worth))
    contract = settlement.contract
    return PublicView(
        contract=contract.contract,
        title=contract.title,
        currency=contract.currency,
        claim_period=settlement.claim.label,
        known_by=settlement.claim.known_by.isoformat(),
        names={name: term.title for name, term in contract.milestones.items()},
        axes=axes,
        rules=rules,
        has_money=values,
        cells=tuple(cells),
        why=tuple(why),
        choices=choices,
        kind=settlement.evidence.kind,
    )


def _wrong(settlement: Settlement, attributes: Sequence[str]) -> list[Fault]:
    """Why the settlement cannot be laid out so."""
    faults = []
    if settlement.counts is not None:
        problem = "it rests on counts, which do not say how many children there are"
        faults.append(Fault(code="no_children", problem=problem, hint="Settle on evidence"))
    known = settlement.contract.participants.attributes
    for name in attributes:
        if name not in known:
            problem = f"the contract has no attribute '{name}'"
            allowed = ", ".join(known) or "none"
            faults.append(Fault(code="unknown_attribute", problem=problem, allowed=allowed))
    if len(set(attributes)) < len(attributes):
        problem = "an attribute is named twice"
        faults.append(Fault(code="attribute_twice", problem=problem, hint="Name each once"))
    return faults


class Achieved(NamedTuple):
    """One claim that stands: whose, in which period, with the attributes, and its value."""

    child: str
    period: str
    groups: tuple[str, ...]
    pence: int


class Axes(NamedTuple):
    """What the tables are laid out by: attributes, their values together as children have them, and
    periods.
    """

    attributes: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    periods: tuple[str, ...]

    def values(self, attribute: int) -> list[str]:
        """The values of an attribute, in order."""
        return sorted({group[attribute] for group in self.groups})


def achieved(settlement: Settlement, attributes: Sequence[str]) -> dict[str, list[Achieved]]:
    """The claims that stand at the latest claim date, by milestone."""
    held = _held(settlement, attributes)
    found: dict[str, list[Achieved]] = {name: [] for name in settlement.contract.milestones}
    for claim in settlement.claims_table.to_pylist():
        groups = _on(held[claim["participant"]], claim["achieved_on"])
        one = Achieved(claim["participant"], claim["period"], groups, claim["value_pence"])
        found[claim["milestone"]].append(one)
    return found


_Held = list[tuple[date, date, tuple[str, ...]]]  # from which day, recorded when, what holds


def _held(settlement: Settlement, attributes: Sequence[str]) -> dict[str, _Held]:
    table = settlement.evidence.participants_table
    known = pc.less_equal(table["recorded_on"], settlement.claim.known_by)
    held: defaultdict[str, _Held] = defaultdict(list)
    names = ("participant", "from_on", "recorded_on", *attributes)
    chosen = table.filter(known).select(names).to_pydict()
    for who, since, recorded, *values in zip(*(chosen[name] for name in names), strict=True):
        held[who].append((since, recorded, tuple(map(str, values))))
    return held


def _on(rows: _Held, day: date) -> tuple[str, ...]:
    # Where all rows hold from later days, the earliest of them: the same row as the settlement
    # takes.
    first = min(row[0] for row in rows)
    return max(row for row in rows if row[0] <= max(day, first))[2]


def axes_of(settlement: Settlement, attributes: Sequence[str]) -> Axes:
    """What the tables are laid out by: every value that children known at the claim have, and every
    period up to it.
    """
    held = _held(settlement, attributes)
    groups = {values for rows in held.values() for *_, values in rows}
    periods = tuple(one.label for one in settlement.claim_dates)
    return Axes(tuple(attributes), tuple(sorted(groups)), periods)


def linked_cells(
    milestone: str, claims: Sequence[Achieved], axes: Axes, *, money: bool
) -> tuple[Linked, list[Whole], int]:
    """The cells of a milestone in every table, what children come to in each, the largest first,
    and the amount of which values are multiples.
    """
    unit = gcd(*(one.pence for one in claims)) if money else 0
    # Milestones that pay nothing have no amount in common: then a multiple of one will do.
    unit = unit or 1
    units = sorted({one.pence // unit for one in claims}) if money and claims else [0]
    parts = {part: at for at, part in enumerate(product(axes.groups, axes.periods, units))}
    keys = list(_keys(milestone, axes))
    sums = np.array([[_adds(key, *part[:2], axes) for part in parts] for key in keys], np.int64)
    counted = np.zeros(len(parts), np.int64)
    whose: defaultdict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in claims:
        place = parts[one.groups, one.period, one.pence // unit if money else 0]
        counted[place] += 1
        for cell in np.flatnonzero(sums[:, place]):
            # By child: one with several claims in a cell is one child, who could be found.
            whose[int(cell)][one.child] += one.pence // unit
    amounts = [
        np.array(sorted(whose[cell].values(), reverse=True), np.int64) for cell in range(len(keys))
    ]
    children = np.array([one.size for one in amounts], np.int64)
    worth = np.array([part[2] for part in parts], np.int64)
    return Linked(tuple(keys), sums, counted, worth, children), amounts, unit


def _keys(milestone: str, axes: Axes) -> Iterator[CellKey]:
    """The cells of the tables: of each attribute, and over all of them."""
    for period in (*axes.periods, ALL):
        yield CellKey(milestone, ALL, ALL, period)
    for place, attribute in enumerate(axes.attributes):
        for group, period in product(axes.values(place), (*axes.periods, ALL)):
            yield CellKey(milestone, attribute, group, period)


def _adds(key: CellKey, groups: tuple[str, ...], period: str, axes: Axes) -> bool:
    """Whether a cell adds up a part."""
    is_of_group = key.attribute == ALL or groups[axes.attributes.index(key.attribute)] == key.group
    return is_of_group and key.period in (ALL, period)
