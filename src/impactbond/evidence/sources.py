"""Where a table lies: which files a path names, and what engine reads a frame where it is."""

from __future__ import annotations

from collections.abc import Sequence
from glob import glob, has_magic
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.external import Copy, Source
from impactbond.tables import FILE, ROW, EngineSession, Files

_FORMS: dict[str, Literal["parquet", "csv"]] = {".parquet": "parquet", ".csv": "csv"}


def is_path(given: object) -> bool:
    """Whether this names files: a path, or several."""
    if isinstance(given, list | tuple):
        return bool(given) and all(isinstance(one, str | PathLike) for one in given)
    return isinstance(given, str | PathLike)


def rests(given: object) -> bool:
    """Whether this stays where it is unless somebody asks otherwise: files, frames of a cluster."""
    return is_path(given) or _implementation(given) == "pyspark"


def source_of(given: Any, name: str) -> tuple[Source, str]:
    """Where the evidence table of that name lies, and the kind of frame that it came as.

    Relations and lazy frames belong to a connection or a plan that is not ours: what they give is
    written once to a private file, never held in memory.
    """
    if is_path(given):
        return Source(files_of(given, name)), "pandas"
    if isinstance(given, pa.Table):
        return Source(given), "pyarrow"
    kind = _implementation(given)
    frame = nw.from_native(given) if kind else None
    if kind == "pyspark":
        return Source(given, "pyspark"), kind
    if isinstance(frame, nw.DataFrame):
        return Source(frame.to_arrow()), kind
    if kind not in ("duckdb", "polars"):
        raise EvidenceError("Faults in the structure of the evidence: 1", [_not_a_table(name)])
    copy = Copy()
    if kind == "duckdb":
        given.write_parquet(copy.path)
    else:
        given.sink_parquet(copy.path)
        kind = "polars lazy"
    return Source(Files("parquet", (copy.path,)), owner=copy), kind


def files_of(given: Any, name: str) -> Files:
    """The files that a path, a folder, a pattern or several of them name, each once, in order."""
    wanted: Sequence[Any] = given if isinstance(given, list | tuple) else [given]
    found = sorted({path for one in wanted for path in _expanded(fspath(one))})
    forms = {_form(path) for path in found}
    if len(forms) != 1 or None in forms:
        fault = Fault(
            sheet=name,
            code="no_files" if not found else "file_form",
            problem="there is no file here" if not found else "these are not files of one form",
            allowed="files .parquet or .csv, a folder that holds some, or a pattern such as *.csv",
        )
        raise EvidenceError("Faults in the structure of the evidence: 1", [fault])
    return Files("parquet" if "parquet" in forms else "csv", tuple(found))


def collected(given: Any, name: str) -> pa.Table:
    """The table that files hold, in memory, with the columns `file` and `row`."""
    session = EngineSession()
    session.scan("files", files_of(given, name))
    found = session.query("SELECT * FROM files")
    names = pa.array([Path(path).name for path in found[FILE].to_pylist()], pa.string())
    place = {"file": names, "row": pc.coalesce(found[ROW], pa.scalar(0, pa.int64()))}
    kept = [column for column in found.column_names if column not in (FILE, ROW, *place)]
    found = found.select(kept)
    for column, values in place.items():
        found = found.append_column(column, values)
    return found


def _implementation(given: object) -> str:
    try:
        return nw.from_native(given).implementation.value  # type: ignore[call-overload, no-any-return]
    except TypeError:
        return ""


def _expanded(path: str) -> list[str]:
    if has_magic(path):
        return glob(path, recursive=True)
    if not Path(path).is_dir():
        return [path] if Path(path).exists() else []
    for form in _FORMS:
        inside = [str(one) for one in Path(path).rglob(f"*{form}") if one.is_file()]
        if inside:
            return inside
    return []


def _form(path: str) -> Literal["parquet", "csv"] | None:
    return _FORMS.get(Path(path.removesuffix(".gz")).suffix.lower())


def _not_a_table(name: str) -> Fault:
    return Fault(
        sheet=name,
        code="not_a_frame",
        problem="this is neither a frame nor the path of files",
        allowed="Parquet or CSV files; a pandas, Polars, Arrow or Spark frame; a DuckDB relation",
    )
