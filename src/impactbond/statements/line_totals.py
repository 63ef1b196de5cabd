"""What the lines of a statement come to by milestone and by group, and what its adjustments
adjust.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MilestoneTotals:
    """What one milestone, result or fee comes to: this claim, and all claims before it.

    `paid` is what the funders shown pay, `most` what a limit lets it cost in all, `planned` what
    the latest plan says of it in the periods that are over.
    """

    code: str
    milestone: str
    title: str
    price: str
    claimed: int
    taken_back: int
    value_pence: int
    withheld_pence: int
    paid_pence: int
    number_before: int
    paid_before_pence: int
    most_pence: int | None
    planned_pence: int | None = None


@dataclass(frozen=True, slots=True)
class GroupTotals:
    """What one group's people come to, such as one school's pupils: this claim, and all claims
    before it. `paid` is what all funders pay for them, `own` what the group itself pays of it.
    """

    code: str
    name: str
    claimed: int = 0
    taken_back: int = 0
    value_pence: int = 0
    withheld_pence: int = 0
    paid_pence: int = 0
    own_pence: int = 0
    number_before: int = 0
    paid_before_pence: int = 0
    own_before_pence: int = 0


@dataclass(frozen=True, slots=True)
class Grouped:
    """The groups that one name of the contract stands for ("school"), each with its totals, and
    the name of their sheet.
    """

    name: str
    sheet: str
    rows: tuple[GroupTotals, ...]


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What an adjustment adjusts: the line that first claimed it and the statement that it stands
    in (none where it was never claimed), what was paid for it, what is, and what changed.
    """

    line: str
    statement: str
    was_pence: int
    now_pence: int
    cause: str
