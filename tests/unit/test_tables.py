"""Engines at work: what they keep of the evidence, and where."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impactbond.duckdb_instances import close_idle_instances
from impactbond.evidence.parquet_files import ParquetFiles
from impactbond.tables import EngineSession, making_rows


def test_what_is_spilled_lies_in_a_private_folder_that_goes_with_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = EngineSession("duckdb")
    connection = session._connection
    assert connection is not None
    [(folder,)] = connection.execute("SELECT current_setting('temp_directory')").fetchall()
    connection.execute("SET memory_limit = '20MB'; SET threads = 1")
    session.register("numbers", pa.table({"number": pa.array(range(10), pa.int64())}))
    connection.execute(
        "CREATE TABLE large AS SELECT range AS id, md5(range::VARCHAR) AS text FROM range(800000)"
    )
    assert list(Path(folder).iterdir()), "nothing was spilled: the test proves nothing"
    assert Path(folder).stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []
    del session, connection
    gc.collect()
    assert not Path(folder).exists()


def test_a_compiled_query_finds_the_tables_that_were_kept_while_it_was_compiled() -> None:
    def settled_once() -> list[int]:
        session = EngineSession("duckdb", program="one contract")
        session.register("rows", pa.table({"value": [1, 2, 3]}))

        def even() -> nw.LazyFrame[Any]:
            return session.materialize(
                "even", lambda: session.table("rows").filter(nw.col("value") % 2 == 0)
            )

        doubled = session.materialize("doubled", lambda: even().select(value=nw.col("value") * 2))
        return [
            *session.collect(doubled)["value"].to_pylist(),
            *session.collect(even())["value"].to_pylist(),
        ]

    assert [settled_once() for _ in range(3)] == [[4, 2], [4, 2], [4, 2]]


def test_what_was_parsed_once_is_run_on_other_tables_and_in_another_instance() -> None:
    def largest(values: list[int]) -> list[int]:
        session = EngineSession("duckdb", program="parsed once")
        session.register("rows", pa.table({"value": values}))
        large = session.materialize(
            "large", lambda: session.table("rows").filter(nw.col("value") > 2)
        )
        return sorted(session.collect(large)["value"].to_pylist())

    assert [largest(values) for values in ([1, 3], [5], [2, 4, 9])] == [[3], [5], [4, 9]]
    close_idle_instances()
    assert largest([7, 0]) == [7]


def kept_for(values: list[int]) -> tuple[EngineSession, Any]:
    session = EngineSession("duckdb", program="one contract")
    session.register("rows", pa.table({"value": values}))
    return session, session.materialize("kept", lambda: session.table("rows").select("value"))


def test_an_instance_is_taken_again_and_nothing_of_its_last_session_is_in_it() -> None:
    close_idle_instances()
    session, kept = kept_for([1, 2])
    assert session.collect(kept)["value"].to_pylist() == [1, 2]
    used = session._instance
    del session
    gc.collect()
    other, _ = kept_for([3])
    assert other._instance is used
    assert other._connection is not None
    found = other._connection.execute(
        "SELECT table_name FROM duckdb_tables() UNION ALL "
        "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1"
    )
    assert found.fetchall() == [("kept",), ("rows",)]
    assert other._connection.execute("SELECT value FROM kept").fetchall() == [(3,)]
    # What outlived its session is refused: it would read the other's rows under the same names.
    with pytest.raises(duckdb.ConnectionException, match="already been closed"):
        kept.collect()


def test_sessions_side_by_side_have_an_instance_each() -> None:
    (one, ones), (other, others) = kept_for([1]), kept_for([2])
    assert one._instance is not other._instance
    assert one.collect(ones)["value"].to_pylist() == [1]
    assert other.collect(others)["value"].to_pylist() == [2]


def test_an_instance_that_reads_every_row_of_a_file_is_not_taken_again() -> None:
    close_idle_instances()
    session, _ = kept_for([1])
    used = session._instance
    session.check_what_files_say()
    del session
    gc.collect()
    other, _ = kept_for([2])
    assert other._instance is not used


@pytest.mark.parametrize("was_on", [True, False])
def test_python_looks_for_rings_again_after_rows_were_made_also_where_they_were_not(
    was_on: bool,
) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if was_on else gc.disable)()
        with pytest.raises(ZeroDivisionError), making_rows():
            _ = 1 // gc.isenabled()  # looks for none: fails
        assert gc.isenabled() == was_on
    finally:
        (gc.enable if before else gc.disable)()


def test_an_instance_that_read_a_file_remembers_nothing_of_it(tmp_path: Path) -> None:
    close_idle_instances()
    path, instances = tmp_path / "rows.parquet", []
    for number in (1, 2):
        pq.write_table(pa.table({"value": [number] * 5}), path)
        os.utime(path, (1, 1))  # nothing about the file says that it is another
        session = EngineSession()
        session.scan("rows", ParquetFiles.opened((str(path),), "observations", ()))
        assert session.query("SELECT DISTINCT value FROM rows")["value"].to_pylist() == [number]
        instances.append(session._instance)
        del session
        gc.collect()
    assert instances[0] is instances[1]
