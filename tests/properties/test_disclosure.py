"""Nobody who differences published tables finds out what was left out, and no more is left out than
must be.

The attack here is written from the tables alone, as an outsider would: every published row is a sum
of unknown whole numbers, by milestone, school, key stage and period. It shares nothing with the
product but the published frames; the optimum is found by trying every choice.
"""

from __future__ import annotations

import os
from functools import cache
from itertools import combinations, product
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

import impactbond as ib
from impactbond.contract.read import parse_contract

TABLES = int(os.environ.get("IMPACTBOND_TABLES", "8"))
CONTRACT = """
impactbond: 1
contract: drawn
title: Drawn
version: {number: 1, kind: original, signed_on: 2024-01-01, effective_on: 2024-01-01}
currency: GBP
provider: P
funders: {f: {name: F, kind: council}}
calendar:
  term: 2024-01-01 through 2024-12-31
  claims: {every: quarter, made: 1 month after the period}
  evidence: {within: 1 year, late: next claim}
  payment: {within: 30 days, working_days_of: England, if_closed: next working day}
participants: {attributes: {school: text, stage: text}}
metrics: {done: {kind: event}}
windows: {all: start to 1 year after start}
milestones: {done: {title: Done, when: {observed: done, in: all}, price: 100.00}}
funding: [{for: [done], shares: {f: 100%}}]
rounding: {on: running totals, half: up, odd_penny: in the order of the shares}
"""
QUARTERS = ("2024-02-01", "2024-05-01", "2024-08-01", "2024-11-01")


@cache
def contract() -> Any:
    return parse_contract(CONTRACT.encode(), name="drawn.yaml")


def settled(children: list[tuple[str, str, int]]) -> Any:
    """A settlement in which each child of a school and stage achieved in a quarter."""
    people, seen = [], []
    for number, (school, stage, quarter) in enumerate(children):
        who, day = f"c{number}", QUARTERS[quarter]
        people.append((who, "2024-01-01", "2024-01-01", school, stage))
        seen.append((who, "done", "yes", day, day))
    import pandas as pd

    names = ["participant", "started_on", "recorded_on", "school", "stage"]
    columns = ["participant", "metric", "value", "observed_on", "recorded_on"]
    tables = {"participants": pd.DataFrame(people, columns=names)}
    tables["observations"] = pd.DataFrame(seen, columns=columns)
    return ib.settle(contract(), ib.read_evidence(tables, contract()), as_of="2025-02-01")


def drawn(seed: int, schools: int, periods: int) -> list[tuple[str, str, int]]:
    draw = Random(seed)
    children = []
    for school, quarter in product(range(schools), range(periods)):
        for _ in range(draw.choice([0, 1, 2, 3, 6, 7, 9, 14])):
            children.append((f"S{school}", f"K{draw.choice([1, 1, 1, 2])}", quarter))
    return children


class Outsider:
    """Everybody's tables as equations over the numbers of children by school, stage and period.

    Noughts that are shown tell that what is left out is one or more.
    """

    def __init__(self, view: Any, names: list[str], truth: list[tuple[str, str, int]]) -> None:
        schools, stages = (sorted({one[at] for one in truth}) for at in (0, 1))
        pairs = sorted({one[:2] for one in truth})  # which pairs there are is public knowledge
        assert schools
        assert stages
        rows = [row for name in names for row in view.table(name).to_pylist()]
        periods = sorted({row["period"] for row in rows} - {"All"})
        self.unknown = list(product(pairs, periods))
        self.sums, self.known, self.hidden = [], [], []
        for row in rows:
            wanted = [row.get("school", "All"), row.get("stage", "All"), row["period"]]
            adds = [
                all(
                    want in ("All", have)
                    for want, have in zip(wanted, (*pair, period), strict=True)
                )
                for pair, period in self.unknown
            ]
            place = len(self.sums)
            self.sums.append(adds)
            self.known.append(row["achieved"])
            if row["achieved"] is None:
                self.hidden.append((place, row))
        table = np.array(self.sums, float)
        low = np.array([1 if one is None else one for one in self.known], float)
        high = np.array([np.inf if one is None else one for one in self.known], float)
        self.table, self.low, self.high = table, low, high

    def width(self, place: int) -> float:
        """Between the lowest and the highest that a figure may be, by linear programming."""
        shown = self.low == self.high
        ends = []
        for sign in (1, -1):
            found = linprog(
                sign * self.table[place],
                A_eq=self.table[shown],
                b_eq=self.low[shown],
                A_ub=-self.table[~shown],
                b_ub=-self.low[~shown],
                bounds=(0, 1_000),
            )
            assert found.status == 0
            ends.append(sign * found.fun)
        return float(ends[1] - ends[0])

    def whole_width(self, place: int) -> int:
        """The same where every unknown is known to be whole."""
        ends = []
        for sign in (1, -1):
            found = milp(
                sign * self.table[place],
                integrality=np.ones(self.table.shape[1]),
                bounds=Bounds(0, 1_000),
                constraints=LinearConstraint(self.table, self.low, self.high),
                options={"mip_rel_gap": 0},
            )
            ends.append(round(sign * found.fun))
        return ends[1] - ends[0]


@pytest.mark.parametrize("seed", range(TABLES))
def test_no_pair_of_published_tables_tells_a_count(seed: int) -> None:
    both = seed % 2 == 1
    children = drawn(seed, 2 + seed % 3, 2 + seed % 2)
    view = ib.public_view(settled(children), by=["school", "stage"] if both else "school")
    names = list(view.table_names)
    truth = {}
    for school, stage, quarter in children:
        for key in product((school, "All"), (stage, "All"), (f"2024-Q{quarter + 1}", "All")):
            truth[key] = truth.get(key, 0) + 1
    for pair in [*combinations(names, 2), tuple(names)]:
        outsider = Outsider(view, list(pair), children)
        for place, row in outsider.hidden:
            key = (row.get("school", "All"), row.get("stage", "All"), row["period"])
            width = outsider.width(place)
            assert width > 1 - 1e-6, "a count that was left out is told"
            if truth[key] < 5:
                assert width > 5 - 1e-6, "a small count is told too closely"
                assert not both or outsider.whole_width(place) >= 5
    for name in names:
        for row in view.table(name).to_pylist():
            key = (row.get("school", "All"), row.get("stage", "All"), row["period"])
            if row["achieved"] is not None:
                assert row["achieved"] == truth.get(key, 0), "a total is that of what was left"
                assert row["achieved"] == 0 or row["achieved"] >= 5


def costs_of(rows: list[dict[str, Any]]) -> list[int]:
    """What leaving a row out costs: the filled cells of the body that it adds up, at least one."""
    body = [row for row in rows if "All" not in (row["school"], row["period"]) and row["truth"]]
    return [
        max(
            1,
            sum(row[name] in ("All", one[name]) for one in body for name in ["school"])
            if row["period"] == "All"
            else sum(
                row["school"] in ("All", one["school"]) and row["period"] == one["period"]
                for one in body
            ),
        )
        for row in rows
    ]


@pytest.mark.parametrize("seed", range(max(2, TABLES // 4)))
def test_no_choice_leaves_out_less(seed: int) -> None:
    """Two schools and two periods: every choice of cells is tried, and attacked as above."""
    children = drawn(100 + seed, 2, 2)
    plain = ib.public_view(settled(children), by="school", least=2, width=1)
    view = ib.public_view(settled(children), by="school")
    rows = view.table("by_school").to_pylist()
    for row in rows:
        row["truth"] = sum(
            row["school"] in ("All", school) and row["period"] in ("All", f"2024-Q{quarter + 1}")
            for school, _, quarter in children
        )
    assert len(plain.cells) == len(rows)
    costs = costs_of(rows)
    own = sum(cost for cost, row in zip(costs, rows, strict=True) if row["achieved"] is None)
    filled = [place for place, row in enumerate(rows) if row["truth"]]
    unsafe = {place for place in filled if rows[place]["truth"] < 5}
    outsider = Outsider(view, ["by_school"], children)
    truth = np.array([row["truth"] for row in rows], float)
    best = None
    for size in range(len(filled) - len(unsafe) + 1):
        for more in combinations([one for one in filled if one not in unsafe], size):
            hidden = unsafe | set(more)
            cost = sum(costs[place] for place in hidden)
            if best is not None and cost >= best:
                continue
            at = [place in hidden for place in range(len(rows))]
            outsider.low = np.where(at, 1, truth)
            outsider.high = np.where(at, np.inf, truth)
            if all(outsider.width(place) > 5 - 1e-6 for place in unsafe):
                best = cost
    assert own == best, "another choice leaves out less"
    assert all(choice.is_cheapest for choice in view.choices.values())


@pytest.mark.parametrize("seed", range(max(2, TABLES // 4)))
def test_rounded_tables_add_up_and_tell_no_count(seed: int) -> None:
    children = drawn(200 + seed, 3, 2)
    view = ib.public_view(settled(children), by="school", rounded_to=5)
    rows = view.table("by_school").to_pylist()
    cells = {(row["school"], row["period"]): row["achieved"] for row in rows}
    schools = sorted({school for school, _ in cells} - {"All"})
    periods = sorted({period for _, period in cells} - {"All"})
    for school, period in cells:
        assert cells[school, period] % 5 == 0
        assert cells[school, "All"] == sum(cells[school, one] for one in periods)
        assert cells["All", period] == sum(cells[one, period] for one in schools)
    outsider = Outsider(view, ["by_school"], children)
    shown = np.array([row["achieved"] for row in rows], float)
    outsider.low, outsider.high = np.maximum(shown - 4, 0), shown + 4
    for place in range(len(rows)):
        assert outsider.whole_width(place) >= 4
