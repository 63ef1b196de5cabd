"""Conditions: tests on evidence, nested freely. A kind is one class, in the file of its likes.

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
from impactbond.terms.conditions.counts import Absence, Count, Observed, Total
from impactbond.terms.conditions.junctions import All, AnyOf, AtLeast, Not
from impactbond.terms.conditions.reaches import Reaches
from impactbond.terms.conditions.scales import Crosses, Improves, Level, Travels
from impactbond.terms.conditions.shares import Share
from impactbond.terms.conditions.states import Stays, Sustained

__all__ = ["CONDITIONS", "Condition", "ConditionTerm", "Junction", "Leaf", "Looking"]

# In the order in which they are offered to whoever writes something else.
for _looking in (
    Observed,
    Count,
    Share,
    Level,
    Reaches,
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
