"""The kinds of values that a mapping may write, registered in the order in which they are told."""

from __future__ import annotations

from typing import Annotated

from impactbond.mappings.instruments import InstrumentScore
from impactbond.mappings.several_columns import EveryColumn, ShareOfCounts, SumOfColumns
from impactbond.mappings.values import VALUES, ColumnValue, MappedValue
from impactbond.terms.kind import OfKind

VALUES.register(ColumnValue)
VALUES.register(ShareOfCounts)
VALUES.register(SumOfColumns)
VALUES.register(EveryColumn)
VALUES.register(InstrumentScore)
AnyValue = Annotated[str | MappedValue, OfKind(VALUES, named=True)]
