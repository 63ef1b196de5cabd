"""Conditions: tests on evidence, nested freely. A kind is one class in a file of its own.

Each becomes one column with three values: met, not met, not evidenced. Not evidenced never pays.
"""

from __future__ import annotations

from impactbond.terms.conditions.condition import (
    CONDITIONS,
    Condition,
    ConditionTerm,
    Junction,
    Leaf,
    Looking,
)
from impactbond.terms.conditions.counts import Absence, Count, Observed, Share, Total
from impactbond.terms.conditions.junctions import All, AnyOf, AtLeast, Not
from impactbond.terms.conditions.scales import Crosses, Improves, Level, Travels
from impactbond.terms.conditions.states import Stays, Sustained

__all__ = [
    "CONDITIONS",
    "Absence",
    "All",
    "AnyOf",
    "AtLeast",
    "Condition",
    "ConditionTerm",
    "Count",
    "Crosses",
    "Improves",
    "Junction",
    "Leaf",
    "Level",
    "Looking",
    "Not",
    "Observed",
    "Share",
    "Stays",
    "Sustained",
    "Total",
    "Travels",
]

# In the order in which they are offered to whoever writes something else.
for _looking in (
    Observed,
    Count,
    Share,
    Level,
    Improves,
    Crosses,
    Total,
    Stays,
    Sustained,
    Travels,
):
    CONDITIONS.register(_looking)
for _joining in (Absence, Not, All, AnyOf, AtLeast):
    CONDITIONS.register(_joining)
