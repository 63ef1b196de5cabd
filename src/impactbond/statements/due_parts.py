"""What the total of a claim is made of: what is new, what earlier claims are corrected by, and what
up-front money does to it; and what was asked for before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from impactbond.money import Currency
from impactbond.statements.statement import EARLIER_CLAIM, Statement

_NEW = "New in this claim"
# What each part is made of, as figures of an account.
_PARTS: Mapping[str, tuple[str, ...]] = {
    _NEW: ("milestones", "results"),
    "Adjustments of earlier claims": ("adjustments",),
    "Up-front money": ("up_front",),
    "Up-front money recovered": ("recovered",),
}


@dataclass(frozen=True, slots=True)
class DuePart:
    """One part of a total due: what it is called, the figures of an account that make it, and what
    they come to for all funders of the statement.
    """

    label: str
    figures: tuple[str, ...]
    pence: int


def due_parts(statement: Statement) -> tuple[DuePart, ...]:
    """The parts of the total due that are not nothing for every funder, in reading order.

    None where all that is due is new: that the total is its own only part need not be said.
    """
    found = []
    for label, figures in _PARTS.items():
        amounts = [
            getattr(account, f"{figure}_pence")
            for account in statement.accounts
            for figure in figures
        ]
        if any(amounts):
            shown = figures if statement.results is not None else figures[:1]
            found.append(DuePart(label, shown, sum(amounts)))
    return () if [one.label for one in found] == [_NEW] else tuple(found)


def asked_before(statement: Statement) -> bool:
    """Whether anything was asked for by an earlier claim."""
    return any(row.standing == EARLIER_CLAIM for row in statement.schedule)


def cell_name(label: str, currency: Currency) -> str:
    """The name by which formulas and auditors quote an amount of the cover, such as
    total_due_pounds.
    """
    return f"{label}_{currency.major}".replace(" ", "_").replace("-", "_").lower()
