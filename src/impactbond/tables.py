"""Tables at the edges: which kind came in, which engine works on it, and the same kind going out
again.

Inside the library a small table is an Arrow table and a large one a Narwhals lazy frame. Dates
enter an engine as day numbers, because engines do not agree about dates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from weakref import finalize

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import duckdb

Engine = Literal["duckdb", "polars", "pandas", "pyspark"]
Kind = Literal["pandas", "polars", "pyarrow"]
MOST_COMPILED = 64  # compiled queries remembered, some five for each contract


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
    """One engine at work on one question: it takes Arrow tables in by name, keeps what it computes
    by name, and gives Arrow tables out.

    `program` names what is computed, such as the contract's digest: in DuckDB, what was compiled
    for a program once is run again as it is, on whatever tables have been taken.
    """

    # Each query with the tables that were kept while it was compiled, in the order they were made.
    _compiled: ClassVar[dict[tuple[str, str], tuple[str, tuple[str, ...]]]] = {}

    def __init__(self, engine: Engine = "duckdb", program: str = "") -> None:
        self.engine = engine
        self._program = program
        self._taken: dict[str, nw.LazyFrame[Any]] = {}
        self._kept: dict[str, nw.LazyFrame[Any]] = {}
        self._connection: duckdb.DuckDBPyConnection | None = None
        if engine == "duckdb":
            import duckdb

            # What does not fit memory is spilled: into a folder of our own, gone with the workshop,
            # because DuckDB's own choice is the folder that the user happens to stand in.
            folder = mkdtemp(prefix="impactbond-")
            self._connection = duckdb.connect(":memory:", config={"temp_directory": folder})
            finalize(self, _put_away, self._connection, folder)

    def take(self, name: str, table: pa.Table) -> None:
        """Take a table in under a name."""
        self._taken[name] = self._take(name, table)

    def taken(self, name: str) -> nw.LazyFrame[Any]:
        """The table taken in under that name, ready for lazy work in this engine."""
        return self._taken[name]

    def _take(self, name: str, table: pa.Table) -> nw.LazyFrame[Any]:
        match self.engine:
            case "duckdb":
                assert self._connection is not None
                self._connection.register(name, table)
                return _lazy(self._connection.table(name))
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

    def keep(self, name: str, build: Callable[[], nw.LazyFrame[Any]]) -> nw.LazyFrame[Any]:
        """What `build` describes, computed once and kept inside the engine under that name."""
        if name not in self._kept:
            self._kept[name] = self._keep(name, build)
        return self._kept[name]

    def _keep(self, name: str, build: Callable[[], nw.LazyFrame[Any]]) -> nw.LazyFrame[Any]:
        match self.engine:
            case "duckdb":
                return self._keep_in_duckdb(name, build)
            case "polars":
                return _lazy(build().to_native().collect().lazy())
            case "pandas":
                return build()
            case _:
                return _lazy(build().to_native().cache())

    def _keep_in_duckdb(
        self, name: str, build: Callable[[], nw.LazyFrame[Any]]
    ) -> nw.LazyFrame[Any]:
        compiled = self._compiled.get((self._program, name)) if self._program else None
        if compiled is None or not self._keep_what_it_reads(compiled[1]):
            known = set(self._kept)
            query = str(build().to_native().sql_query())
            compiled = query, tuple(one for one in self._kept if one not in known)
            if self._program:
                while len(self._compiled) >= MOST_COMPILED:
                    self._compiled.pop(next(iter(self._compiled)))
                self._compiled[self._program, name] = compiled
        return self._create(name, compiled[0])

    def _keep_what_it_reads(self, names: Sequence[str]) -> bool:
        """Whether the tables that were kept while a query was compiled are kept here too."""
        missing = [name for name in names if name not in self._kept]
        if any((self._program, name) not in self._compiled for name in missing):
            return False
        for name in missing:
            self._kept[name] = self._create(name, self._compiled[self._program, name][0])
        return True

    def _create(self, name: str, query: str) -> nw.LazyFrame[Any]:
        assert self._connection is not None
        self._connection.execute(f'CREATE TABLE "{name}" AS {query}')
        return _lazy(self._connection.table(name))

    def give(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """The frame as an Arrow table, in no particular order."""
        return frame.collect(backend="pyarrow").to_native()


def _put_away(connection: duckdb.DuckDBPyConnection, folder: str) -> None:
    connection.close()
    rmtree(folder, ignore_errors=True)


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
