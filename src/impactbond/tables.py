"""Tables at the edges: which kind came in, which engine works on it, and the same kind going out
again.

Inside the library a small table is an Arrow table and a large one a Narwhals lazy frame. Dates
enter an engine as day numbers, because engines do not agree about dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import duckdb

Engine = Literal["duckdb", "polars", "pandas", "pyspark"]
Kind = Literal["pandas", "polars", "pyarrow"]


def with_day_numbers(table: pa.Table) -> pa.Table:
    """The table with every date column as int64 days since 1970-01-01."""
    for index, field in enumerate(table.schema):
        if pa.types.is_date32(field.type):
            numbers = pc.cast(pc.cast(table.column(index), pa.int32()), pa.int64())
            table = table.set_column(index, field.name, numbers)
    return table


def with_dates(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """The table with those columns of day numbers as dates."""
    for name in columns:
        days = pc.cast(pc.cast(table[name], pa.int32()), pa.date32())
        table = table.set_column(table.schema.get_field_index(name), name, days)
    return table


class Workshop:
    """One engine at work on one question: it takes Arrow tables in, keeps what is computed, and
    gives Arrow tables out.
    """

    def __init__(self, engine: Engine = "duckdb") -> None:
        self.engine = engine
        self._kept = 0
        self._connection: duckdb.DuckDBPyConnection | None = None
        if engine == "duckdb":
            import duckdb

            self._connection = duckdb.connect(":memory:")

    def take(self, table: pa.Table) -> nw.LazyFrame[Any]:
        """An Arrow table, ready for lazy work in this engine."""
        match self.engine:
            case "duckdb":
                assert self._connection is not None
                return _lazy(self._connection.from_arrow(table))
            case "polars":
                import polars

                frame = polars.from_arrow(table)
                assert isinstance(frame, polars.DataFrame)
                return _lazy(frame.lazy())
            case "pandas":
                import pandas as pd

                return _lazy(table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get))
            case _:
                return _lazy(_spark().createDataFrame(table))

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The frame computed once and kept inside the engine, so that what follows does not compute
        it again.
        """
        native = frame.to_native()
        match self.engine:
            case "duckdb":
                assert self._connection is not None
                self._kept += 1
                name = f"kept_{self._kept}"
                native.create(name)
                return _lazy(self._connection.table(name))
            case "polars":
                return _lazy(native.collect().lazy())
            case "pandas":
                return frame
            case _:
                return _lazy(native.cache())

    def give(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """The frame as an Arrow table, in no particular order."""
        return frame.collect(backend="pyarrow").to_native()


def _lazy(native: Any) -> nw.LazyFrame[Any]:
    frame: nw.LazyFrame[Any] = nw.from_native(native).lazy()
    return frame


def _spark() -> Any:
    from pyspark.sql import SparkSession

    return SparkSession.builder.getOrCreate()


def as_kind(table: pa.Table, kind: str) -> Any:
    """An Arrow table as the kind of frame that the user works with: pandas, polars or pyarrow."""
    match kind:
        case "polars":
            import polars

            return polars.from_arrow(table)
        case "pyarrow":
            return table
        case _:
            return table.to_pandas(date_as_object=True)


def sorted_by(table: pa.Table, *columns: str) -> pa.Table:
    """The table in ascending order of those columns."""
    return table.sort_by([(column, "ascending") for column in columns])
