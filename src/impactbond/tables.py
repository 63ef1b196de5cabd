"""Tables at the edges: which kind came in, which engine works on it, and the same kind going out
again.

Inside the library a small table is an Arrow table and a large one a Narwhals lazy frame. Dates
enter an engine as day numbers, because engines do not agree about dates.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from weakref import finalize

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.dialect import Dialect, Engine
from impactbond.duckdb_instances import DuckDBInstance
from impactbond.errors import EngineError, Fault
from impactbond.spark_frames import in_spark, planned_once, spark_session

if TYPE_CHECKING:
    import duckdb

Kind = Literal["pandas", "polars", "polars lazy", "pyarrow", "duckdb", "pyspark"]
# Where a row was delivered, in what is read from files: the file's path, the row's number or null.
FILE, ROW = "delivered_file", "delivered_row"
MOST_COMPILED = 64  # compiled queries remembered, some five for each contract
# Taken from DuckDB at once: fewer cost calls, more cost memory that is new each time.
ROWS_IN_BATCH = 100_000
MOST_BROADCAST = 100_000  # rows of a table that every executor is sent whole
_NUMBERS = count()


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


_ENGINES = ("duckdb", "_duckdb", "polars", "pandas", "pyarrow", "pyspark", "py4j", "narwhals")
_CAUSES = (
    ("outofmemory", "it needed more memory than there is", "Close other programs, or take less"),
    ("outofrange", "a number became too large to count", "Look for a slip in prices and values"),
    ("ioexception", "a file could not be read or written", "Look at the files, and at the disk"),
)


@contextmanager
def engine_edge() -> Iterator[None]:
    """Where an engine works: its own exceptions end here, because what they say may hold what
    stands in the rows. Raises EngineError in their place.
    """
    try:
        yield
    except Exception as error:
        kind = type(error)
        if kind.__module__.split(".")[0] not in _ENGINES:
            raise
        causes = (one for one in _CAUSES if one[0] in kind.__name__.casefold())
        _, problem, hint = next(causes, ("", "it stopped at something unforeseen", ""))
        fault = Fault(code="engine", problem=problem, found=kind.__name__, hint=hint)
        raise EngineError("The query engine could not finish.", [fault]) from None


@dataclass
class _Compiled:
    """A query that was written once, with the kept tables that it reads. Run again, it is parsed
    once for all that follow: that is a third of what it takes DuckDB to plan it.
    """

    query: str
    reads: tuple[str, ...]
    parsed: duckdb.Statement | None = None


class EngineSession:
    """One engine at work on one question: it takes Arrow tables in by name, keeps what it computes
    by name, and gives Arrow tables out. What is large is read where it lies: see `scan`.

    `program` names what is computed, such as the contract's digest: in DuckDB, what was compiled
    for a program once is run again as it is, on whatever tables have been taken.
    """

    _compiled: ClassVar[dict[tuple[str, str], _Compiled]] = {}

    def __init__(self, engine: Engine = "duckdb", program: str = "") -> None:
        self.engine = engine
        self._program = program
        # None for a table of DuckDB that nothing was built on yet, which costs a question to it.
        self._taken: dict[str, nw.LazyFrame[Any] | None] = {}
        self._kept: dict[str, nw.LazyFrame[Any] | None] = {}
        self._number = next(_NUMBERS)
        self._instance: DuckDBInstance | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        if engine == "duckdb":
            self._instance = DuckDBInstance.lent()
            self._connection = self._instance.connection
            finalize(self, self._instance.give_back)

    def check_what_files_say(self) -> None:
        """From now on, look at every row of a file, and not at what the file says of its rows: that
        none is null, or beyond some day, may be wrong in a damaged one.
        """
        if self._instance is not None:
            self._instance.check_what_files_say()

    @engine_edge()
    def register(self, name: str, table: pa.Table) -> None:
        """Take a table in under a name."""
        native: Any
        match self.engine:
            case "duckdb":
                assert self._connection is not None
                self._connection.register(name, table)
                self._taken[name] = None
                return
            case "polars":
                import polars

                native = polars.from_arrow(table)
            case "pandas":
                import pandas as pd

                native = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
            case _:
                native = spark_session().createDataFrame(table)
                if table.num_rows <= MOST_BROADCAST:
                    native = native.hint("broadcast")
        self._taken[name] = _lazy(native)

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """The table taken in under that name, ready for lazy work in this engine."""
        return self._frame_in(self._taken, name)

    @engine_edge()
    def _frame_in(
        self, frames: dict[str, nw.LazyFrame[Any] | None], name: str
    ) -> nw.LazyFrame[Any]:
        frame = frames[name]
        if frame is None:
            frame = frames[name] = self._frame_of(name)
        return frame

    @property
    def dialect(self) -> Dialect:
        """What this engine says otherwise than the other that reads SQL."""
        return Dialect(self.engine)

    @engine_edge()
    def scan(self, name: str, source: Any) -> None:
        """Let a table be read under a name where it lies: an Arrow table, files (in DuckDB with
        FILE and ROW), or a Spark frame. For the engines that read SQL.
        """
        if self._instance is None:
            self._view(name, in_spark(source))
        elif isinstance(source, pa.Table):
            self._instance.connection.register(name, source)
        else:
            self._instance.make("VIEW", name, source.in_duckdb())
        self._taken[name] = None

    @engine_edge()
    def create_view(self, name: str, query: str, *, once: bool = False) -> None:
        """Let a table be the result of a query, found anew whenever it is read, or once."""
        if self._instance is None:
            frame = spark_session().sql(query)
            self._view(name, self._cached(frame) if once else frame)
        else:
            self._instance.make("TABLE" if once else "VIEW", name, query)
        self._taken[name] = None

    def table_name(self, name: str) -> str:
        """What queries call the table of that name."""
        return name if self._connection is not None else f"impactbond_{self._number}_{name}"

    @engine_edge()
    def query(self, query: str) -> pa.Table:
        """The result of a query as an Arrow table, in no particular order."""
        if self._connection is None:
            return spark_session().sql(query).toArrow()
        return self._connection.sql(query).to_arrow_table()

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The result of a query in DuckDB as parts of an Arrow table, in no particular order, for
        what would not fit memory; nothing else can be asked before its end.
        """
        assert self._connection is not None
        with engine_edge():
            yield from self._connection.sql(query).to_arrow_reader(ROWS_IN_BATCH)

    def _cached(self, frame: Any) -> Any:
        cached = planned_once(frame).cache()
        finalize(self, cached.unpersist)
        return cached

    def _frame_of(self, name: str) -> nw.LazyFrame[Any]:
        if self._connection is None:
            return _lazy(spark_session().table(self.table_name(name)))
        return _lazy(self._connection.table(name))

    def _view(self, name: str, frame: Any) -> None:
        frame.createOrReplaceTempView(self.table_name(name))
        finalize(self, spark_session().catalog.dropTempView, self.table_name(name))

    @engine_edge()
    def materialize(self, name: str, build: Callable[[], nw.LazyFrame[Any]]) -> nw.LazyFrame[Any]:
        """What `build` describes, computed once and kept inside the engine under that name."""
        if name not in self._kept:
            match self.engine:
                case "duckdb":
                    self._materialize_in_duckdb(name, build)
                    self._kept[name] = None
                case "polars":
                    self._kept[name] = _lazy(build().to_native().collect())
                case "pandas":
                    self._kept[name] = build()
                case _:
                    self._kept[name] = _lazy(self._cached(build().to_native()))
        return self._frame_in(self._kept, name)

    def _materialize_in_duckdb(self, name: str, build: Callable[[], nw.LazyFrame[Any]]) -> None:
        if self._program and self._run_again(name):
            return
        query = str(build().to_native().sql_query())
        reads = tuple(one for one in self._kept if f'"{one}"' in query)
        if self._program:
            while len(self._compiled) >= MOST_COMPILED:
                self._compiled.pop(next(iter(self._compiled)))
            self._compiled[self._program, name] = _Compiled(query, reads)
        assert self._instance is not None
        self._instance.make("TABLE", name, query)

    def _run_again(self, name: str) -> bool:
        """Whether the table of that name is kept, now if not yet: from what was compiled for it and
        for all that it reads, where that is known.
        """
        if name in self._kept:
            return True
        compiled = self._compiled.get((self._program, name))
        if compiled is None or not all(map(self._run_again, compiled.reads)):
            return False
        assert self._instance is not None
        if compiled.parsed is None:
            compiled.parsed = self._instance.parsed("TABLE", name, compiled.query)
        self._instance.make("TABLE", name, compiled.parsed)
        self._kept[name] = None
        return True

    def collect_later(self, frame: nw.LazyFrame[Any], *columns: nw.Expr) -> Callable[[], pa.Table]:
        """What gives those columns of a frame that was kept as an Arrow table, when it is called.

        A cluster holds the frame until then, and nothing else. An engine in this process does not
        outlive the work: where a process is forked, one that was left open takes the other down.
        """
        if self.engine != "pyspark":
            table = self.collect(frame.select(*columns))
            return lambda: table
        for kept in self._kept.values():
            if kept is not None and kept is not frame:
                kept.to_native().unpersist()
        return partial(self.collect, frame.select(*columns))

    @engine_edge()
    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """The frame as an Arrow table, in no particular order."""
        if self.engine == "pandas":  # whose index is no column
            return pa.Table.from_pandas(frame.collect().to_native(), preserve_index=False)
        return frame.collect(backend="pyarrow").to_native()


def _lazy(native: Any) -> nw.LazyFrame[Any]:
    frame: nw.LazyFrame[Any] = nw.from_native(native).lazy()
    return frame


def as_kind(table: pa.Table, kind: str) -> Any:
    """An Arrow table as the kind of frame that the user works with."""
    match kind:
        case "polars" | "polars lazy":
            import polars

            frame = polars.from_arrow(table)
            return frame.lazy() if isinstance(frame, polars.DataFrame) and " " in kind else frame
        case "pyarrow":
            return table
        case "duckdb":
            import duckdb

            return duckdb.from_arrow(table)
        case "pyspark":
            return spark_session().createDataFrame(table)
        case _:
            return _as_pandas(table)


def _as_pandas(table: pa.Table) -> Any:
    """As a pandas frame: days typed as such, and whole numbers whole, where pandas itself makes
    floats of a column in which one is missing.
    """
    import pandas as pd

    frame = table.to_pandas(date_as_object=False)
    whole = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}
    for field in table.schema:
        column = table[field.name]
        if field.type in whole and column.null_count:
            frame[field.name] = column.to_pandas(types_mapper=whole.get)
    return frame


def sorted_by(table: pa.Table, *columns: str) -> pa.Table:
    """The table in ascending order of those columns."""
    return table.sort_by([(column, "ascending") for column in columns])


# What the end of a column's name says of what is in it.
_ENDS = {"pence": pa.int64(), **dict.fromkeys(("on", "date", "until"), pa.date32())}


def schema_of(*names: str, **kinds: pa.DataType) -> pa.Schema:
    """The columns of a table: `*_pence` whole numbers, `*_on` and `*_date` days, texts if the name
    says nothing; `kinds` says it of those whose name does not.
    """
    kinds = {name: _ENDS.get(name.rpartition("_")[2], pa.string()) for name in names} | kinds
    return pa.schema([(name, kinds[name]) for name in names])


@contextmanager
def making_rows() -> Iterator[None]:
    """Where very many rows are made as objects, and hardly a ring of them: Python does not look for
    rings there, which it does at every seven hundredth object, in all that there is. Of reading a
    workbook that is a quarter.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def rows_table(rows: Iterable[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    """A table of that schema from its rows."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def plain_rows(table: pa.Table) -> list[dict[str, Any]]:
    """The rows as plain data, for `--json`: days and decimals as texts."""
    texts = (date, Decimal)
    return [
        {name: str(cell) if isinstance(cell, texts) else cell for name, cell in row.items()}
        for row in table.to_pylist()
    ]


def aligned(rows: Sequence[Sequence[str]], words: int) -> list[str]:
    """Rows of cells as lines for a terminal: the first `words` columns, of words, to the left, the
    others, of amounts, to the right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.ljust] * words + [str.rjust] * (len(widths) - words)
    lines = (
        (side(cell, width) for side, cell, width in zip(sides, row, widths, strict=True))
        for row in rows
    )
    return ["  ".join(line).rstrip() for line in lines]
