#!/usr/bin/env bash
# Guess: a step of a DuckDB relation (select, filter, join) costs one bind, whatever else runs on the
#   connection; building a query of n steps costs n. At most a change of the very table that is read
#   has something looked at again.
# Behaviour: since the relations of DuckDB 2 are built in Python, every statement but a SELECT makes
#   all relations of the database out of date, and the next step binds every step below it anew: an
#   INSERT into another table, a SET of a setting to what it is, DROP TABLE IF EXISTS of nothing,
#   BEGIN and COMMIT, a registered frame, a prepared statement, also on another cursor. A query of n
#   steps with one such statement between the steps costs n(n + 3)/2 binds in place of n: 860 in
#   place of 40. narwhals, which builds with these relations, pays the same: of 40 with_columns, each
#   after an INSERT elsewhere, 860 binds. The answers are the same, and nothing is said.
# Versions: duckdb 2.0.1, narwhals 2.29.0, pyarrow 26.0.1, Python 3.11.
# So: build the whole query first and then write, or write all intermediate tables first; do not keep
#   half-built relations across INSERTs in a loop, nor share a database between threads that write
#   and threads that build.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    duckdb==2.0.1 narwhals==2.29.0 pyarrow==26.0.1
"$work/venv/bin/python" - <<'PY'
import sys

import duckdb
import narwhals as nw
import pyarrow as pa
from duckdb import _seam

binds = 0
ask = _seam.bind


def counted(*given, **named):
    global binds
    binds += 1
    return ask(*given, **named)


_seam.bind = counted  # counts, and changes nothing


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def binds_of(steps, between, through_narwhals=False):
    global binds
    database = duckdb.connect()
    database.execute("CREATE TABLE paid AS SELECT 1 AS pence; CREATE TABLE other (day DATE)")
    cursor = database.cursor()
    query = database.table("paid")
    if through_narwhals:
        query = nw.from_native(query)
    binds = 0
    for step in range(steps):
        between(database, cursor, step)
        if through_narwhals:
            query = query.with_columns(pence=nw.col("pence") + 1)
        else:
            query = query.select("pence + 1 AS pence")
    many, native = binds, query.to_native() if through_narwhals else query
    assert native.fetchall() == [(1 + steps,)]
    return many


frame = pa.table({"day": [1]})
harmless = {
    "INSERT into another table": lambda db, cursor, step: db.execute("INSERT INTO other VALUES (NULL)"),
    "CREATE TEMP TABLE": lambda db, cursor, step: db.execute(f"CREATE TEMP TABLE t{step} (a INT)"),
    "SET": lambda db, cursor, step: db.execute("SET threads = 2"),
    "DROP of nothing": lambda db, cursor, step: db.execute("DROP TABLE IF EXISTS nothing"),
    "BEGIN, COMMIT": lambda db, cursor, step: (db.execute("BEGIN"), db.execute("COMMIT")),
    "PREPARE": lambda db, cursor, step: db.execute(f"PREPARE p{step} AS SELECT 1"),
    "register": lambda db, cursor, step: db.register("frame", frame),
    "INSERT on another cursor": lambda db, cursor, step: cursor.execute("INSERT INTO other VALUES (NULL)"),
}
see("binds of 40 steps", binds_of(40, lambda *_: None), 40)
see("a SELECT between", binds_of(40, lambda db, *_: db.execute("SELECT 1").fetchall()), 40)
for what, between in harmless.items():
    see(f"{what} between, 20 and 40", (binds_of(20, between), binds_of(40, between)), (230, 860))
insert = harmless["INSERT into another table"]
see("narwhals", binds_of(40, lambda *_: None, True), 40)
see("narwhals, INSERT between", binds_of(40, insert, True), 860)
PY
