"""Controlled rounding: every cell to a multiple of a base beside it, and every total the sum of the
rounded cells that it adds up.

Rounded one by one, cells and totals disagree, and the disagreement tells what they were: of two
cells shown as 0 with a total shown as 10, each is 2 to 4. Rounded so that they agree, the tables
say of each cell no more than that it lies within the base.
"""

from __future__ import annotations

import numpy as np

from impactbond.disclosure.attack import Attacker, solver
from impactbond.disclosure.rules import Linked, Whole
from impactbond.errors import DisclosureError, Fault


def rounded(linked: Linked, base: int) -> Whole:
    """The cells rounded so, as near to what they are as that allows; multiples stay.

    Raises DisclosureError where no such rounding is there, or where it would still tell a cell more
    closely than the base.
    """
    cells, parts = linked.sums.shape
    counts = linked.counts.astype(float)
    # Parts in multiples of the base; then how far each cell is from what it is.
    away = np.eye(cells)
    sums = base * linked.sums
    constraint = solver().LinearConstraint
    found = solver().milp(
        np.concatenate([np.zeros(parts), np.ones(cells)]),
        integrality=np.concatenate([np.ones(parts), np.zeros(cells)]),
        bounds=solver().Bounds(0, np.inf),
        constraints=[
            # Both together: `away` is no less than the distance to either side, and as small as can
            # be.
            constraint(np.hstack([sums, -away]), -np.inf, counts),
            constraint(np.hstack([sums, away]), counts, np.inf),
            constraint(
                np.hstack([sums, np.zeros_like(away)]), counts - base + 1, counts + base - 1
            ),
        ],
        options={"mip_rel_gap": 0},
    )
    if found.x is None:
        raise _cannot(linked, "no rounding of all tables to that base adds up")
    # The parts are rounded and the cells added up from them: so totals agree whatever they are read
    # against.
    shown = sums @ np.rint(found.x[:parts]).astype(np.int64)
    # What a reader knows of a cell: it lies within the base of what is shown, and is not below
    # nothing.
    low = np.maximum(shown - base + 1, 0).astype(float)
    high = (shown + base - 1).astype(float)
    attacker = Attacker(linked, low, high, float(linked.parts.sum() + cells * base))
    if any(attacker.is_reached(cell, base - 1) for cell in range(cells)):
        raise _cannot(linked, "rounded to that base, a cell could be told more closely than it")
    return np.asarray(shown, np.int64)


def _cannot(linked: Linked, problem: str) -> DisclosureError:
    fault = Fault(
        code="cannot_be_rounded",
        clause=f"milestones.{linked.keys[0].milestone}",
        problem=problem,
        hint="Take a larger base, fewer tables, or leave cells out in place of rounding",
    )
    return DisclosureError("The tables cannot be published like that.", [fault])
