"""Measures: what is counted and worked out for the result of a whole group, in exact fractions.

A kind of measure is one class, registered here; a file holds the kinds of one sort.
"""

from __future__ import annotations

from impactbond.terms.measures.arithmetic import Difference, MadeOf, Product, Ratio, Reduction
from impactbond.terms.measures.counted import ClaimsCounted, Constant, ConstantShare, Value
from impactbond.terms.measures.measure import (
    MEASURES,
    Measure,
    MeasuredContract,
    MeasureTerm,
    Sums,
    parts_of,
    said,
    told,
)

__all__ = [
    "MEASURES",
    "ClaimsCounted",
    "Constant",
    "ConstantShare",
    "Difference",
    "MadeOf",
    "Measure",
    "MeasureTerm",
    "MeasuredContract",
    "Product",
    "Ratio",
    "Reduction",
    "Sums",
    "Value",
    "parts_of",
    "said",
    "told",
]

# In the order in which they are offered to whoever writes something else.
for _counted in (ClaimsCounted, Value, Constant, ConstantShare):
    MEASURES.register(_counted)
for _made in (Ratio, Difference, Reduction, Product):
    MEASURES.register(_made)
