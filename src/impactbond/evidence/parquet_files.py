"""Parquet files, whose columns have types: where files differ in them, what both can be is read,
and nothing is turned into text and back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.dialect import Dialect
from impactbond.errors import EngineError, Fault, unopened
from impactbond.evidence.deliveries import refuse
from impactbond.evidence.files import Files, by_name
from impactbond.evidence.headings import repeated_headings
from impactbond.tables import FILE, ROW, EngineSession

# Sorts of types of which one column may have several, and what it is read as.
_TOGETHER = {
    frozenset({"whole numbers", "numbers"}): pa.float64(),
    frozenset({"whole numbers", "texts"}): pa.string(),
    frozenset({"dates", "times"}): pa.timestamp("us"),
}


@dataclass(frozen=True)
class ParquetFiles(Files):
    """Parquet files, each with its schema."""

    suffixes: ClassVar[tuple[str, ...]] = (".parquet",)
    schemas: tuple[pa.Schema, ...] = ()

    @classmethod
    def opened(cls, paths: tuple[str, ...], name: str, wanted: Sequence[str]) -> ParquetFiles:
        faults: list[Fault] = []
        schemas: list[pa.Schema] = []
        for path in paths:
            place = Fault(file=Path(path).name, sheet=name)
            schema = _schema_of(Path(path))
            if isinstance(schema, Fault):
                faults.append(replace(schema, sheet=name))
                continue
            faults += repeated_headings(place, schema.names)
            schemas.append(schema)
        faults += _of_other_sorts(paths, schemas, name) if len(schemas) == len(paths) else ()
        refuse(faults)
        return cls(name, paths, tuple(schemas))

    def in_duckdb(self) -> str:
        dialect = Dialect("duckdb")
        paths = ", ".join(dialect.text(dialect.path(path)) for path in self.paths)
        # A folder called school=A must not become the column school of every file in it.
        place = f"filename = '{FILE}', file_row_number = true, hive_partitioning = false"
        # Rows are counted from one, as people count them.
        row = f"* EXCLUDE (file_row_number), file_row_number + 1 AS {ROW}"
        return f"SELECT {row} FROM read_parquet([{paths}], {place}, union_by_name = true)"

    def in_spark(self, spark: Any) -> Any:
        dialect = Dialect("pyspark")
        alike: defaultdict[pa.Schema, list[str]] = defaultdict(list)
        for path, schema in zip(self.paths, self.schemas, strict=True):
            alike[schema.remove_metadata()].append(path)
        frames = {key: spark.read.parquet(*map(dialect.path, one)) for key, one in alike.items()}
        if len(frames) == 1:
            return next(iter(frames.values()))
        shared = _shared_types(self.schemas)
        filled = {name for name, sorts in _sorts(self.schemas).items() if sorts}
        words = {pa.string(): "STRING", pa.float64(): "DOUBLE", pa.timestamp("us"): "TIMESTAMP_NTZ"}
        read = []
        for schema, frame in frames.items():
            # A file whose column holds nothing may say any type for it.
            blank = {field.name for field in schema if pa.types.is_null(field.type)}
            # A column in which nothing stands takes the type that it has in other files.
            columns = [
                f"CAST({dialect.name(name)} AS {words[shared[name]]}) AS {dialect.name(name)}"
                if name in shared
                else dialect.name(name)
                for name in frame.columns
                if name not in blank or name not in filled
            ]
            read.append(frame.selectExpr(*columns))
        return by_name(read)

    def in_memory(self) -> pa.Table:
        session = EngineSession()
        try:
            session.scan("files", self)
            table = session.query("SELECT * FROM files")
        except EngineError:
            refuse(list(self.unreadable()))
            raise
        names = [Path(path).name for path in table[FILE].to_pylist()]
        rows = pc.cast(table[ROW], pa.int64())
        columns = {name: table[name] for name in table.column_names if name not in (FILE, ROW)}
        return pa.table({**columns, "file": pa.array(names, pa.string()), "row": rows})

    def unreadable(self) -> Iterator[Fault]:
        for path, schema in zip(self.paths, self.schemas, strict=True):
            alone = ParquetFiles(self.name, (path,), (schema,))
            session = EngineSession()
            try:
                session.scan("alone", alone)
                session.query("SELECT * FROM alone")
            except EngineError:
                yield replace(_damaged(Path(path)), sheet=self.name)


def _damaged(path: Path) -> Fault:
    problem = "this is not a whole Parquet file"
    hint = "It may not have been written to its end: deliver it again"
    return Fault(file=path.name, code="damaged", problem=problem, hint=hint)


def _schema_of(path: Path) -> pa.Schema | Fault:
    """The schema of a file, a column in which nothing stands being of no type: what a program
    writes for one says nothing about what others hold.
    """
    from pyarrow import parquet  # which other evidence does not wait for

    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
        for name in _blank_columns(path, schema):
            schema = schema.set(schema.get_field_index(name), pa.field(name, pa.null()))
        return schema
    except (pa.ArrowException, EngineError, ValueError):
        return _damaged(path)
    except OSError as error:
        return unopened(path, error) if error.strerror else _damaged(path)


def _blank_columns(path: Path, schema: pa.Schema) -> set[str]:
    """The columns that a file says hold nothing but nulls. DuckDB is asked: Arrow ends the process
    where a damaged file's sizes are of another type than its column.
    """
    dialect = Dialect("duckdb")
    of_file = f"parquet_metadata({dialect.text(dialect.path(str(path)))})"
    # Without statistics nothing is known to be blank, and the column counts as filled.
    is_filled = "coalesce(stats_null_count, 0) < num_values"
    query = f"SELECT DISTINCT path_in_schema AS column_path FROM {of_file} WHERE {is_filled}"
    filled = set(EngineSession().query(query)["column_path"].to_pylist())
    return {field.name for field in schema if not pa.types.is_nested(field.type)} - filled


_SORTS: dict[Callable[[pa.DataType], bool], str] = {
    pa.types.is_null: "nothing",
    pa.types.is_integer: "whole numbers",
    pa.types.is_floating: "numbers",
    pa.types.is_decimal: "numbers",
    pa.types.is_string: "texts",
    pa.types.is_large_string: "texts",
    pa.types.is_string_view: "texts",
    pa.types.is_date: "dates",
}


def _sort(kind: pa.DataType) -> str:
    """What people would say that a column holds."""
    if pa.types.is_dictionary(kind):
        return _sort(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "times" if kind.tz is None else "times with a zone"
    return next((sort for is_one, sort in _SORTS.items() if is_one(kind)), str(kind))


def _sorts(schemas: Sequence[pa.Schema]) -> dict[str, dict[str, int]]:
    """By column, the sorts that it has, each with the place of the first file that has it so."""
    sorts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for place, schema in enumerate(schemas):
        for field in schema:
            sorts[field.name].setdefault(_sort(field.type), place)
    for found in sorts.values():
        found.pop("nothing", None)
    return sorts


def _shared_types(schemas: Sequence[pa.Schema]) -> dict[str, pa.DataType]:
    """What the columns are read as that are not of one sort in all files."""
    sorts = {name: frozenset(found) for name, found in _sorts(schemas).items()}
    return {name: _TOGETHER[found] for name, found in sorts.items() if found in _TOGETHER}


def _of_other_sorts(
    paths: Sequence[str], schemas: Sequence[pa.Schema], name: str
) -> Iterator[Fault]:
    """A fault for each column that holds one thing in one file and another in another."""
    for column, found in _sorts(schemas).items():
        if len(found) > 1 and frozenset(found) not in _TOGETHER:
            places = sorted((place, sort) for sort, place in found.items())
            told = " and ".join(f"{sort} in {Path(paths[place]).name}" for place, sort in places)
            yield Fault(
                file=Path(paths[places[-1][0]]).name,
                sheet=name,
                column=column,
                code="several_types",
                problem="the column is of another type in another file",
                found=told,
                allowed="one type in all files, or whole numbers beside fractions or texts",
                hint="Write the files alike",
            )
