#!/usr/bin/env bash
# Guess: CAST(pence AS VARCHAR) of a CSV file's column that read_csv was told to take as BIGINT is
#   the whole number, written out; what else stands in the query does not change it.
# Behaviour: a cast of a column that stands by itself in the list of SELECT becomes the type with
#   which the file is read, and the type that was asked for is passed by. A column of BIGINT with
#   the cells 0042 and 2.675 is 42 and 3, but '0042' and '2.675' as VARCHAR, 2.675 as DOUBLE and
#   DECIMAL(10, 3); a DATE written 2024-3-1 is '2024-3-1', a BOOLEAN 'true' or '1' as it was typed.
#   Let the same column stand in the query a second time, or add a WHERE, a GROUP BY or a further
#   function, and the cast is of the whole number again: '42', '3', 3.0. So sum(CAST(pence AS
#   DOUBLE)) is 103 of rows that say 2.675 and 100, and WHERE on one column rewrites the references
#   in another. A subquery changes nothing; a table made first, or a CTE AS MATERIALIZED, gives the
#   type asked for. And TRY_CAST(pence AS BIGINT) of a column of VARCHAR in which one cell says n/a
#   is no null but an error that quotes the row, unless a WHERE or a table comes between. DuckDB
#   1.4.1 gives 42 and the null in every case.
# Versions: duckdb 2.0.1 (and 1.4.1), Python 3.11.
# So: read every column as VARCHAR into a table (or a CTE AS MATERIALIZED), and cast from that.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
python3 -m venv "$work/before"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1
"$work/before/bin/pip" install --quiet --no-compile --disable-pip-version-check duckdb==1.4.1
cd "$work"
cat > casts.py <<'PY'
import sys
from decimal import Decimal as D
from pathlib import Path

import duckdb


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


Path("paid.csv").write_text("ref,pence,day,paid\n0042,2.675,2024-03-01,1\n43,100,2024-3-1,true\n")
TYPES = "{'ref': 'BIGINT', 'pence': 'BIGINT', 'day': 'DATE', 'paid': 'BOOLEAN'}"
FILE = f"read_csv('paid.csv', header = true, auto_detect = false, columns = {TYPES})"


def ask(columns, rest="", source=FILE):
    return duckdb.sql(f"SELECT {columns} FROM {source} {rest}").fetchall()


now = duckdb.__version__.startswith("2.")
REF, PENCE = "CAST(ref AS VARCHAR)", "CAST(pence AS VARCHAR)"
read, typed = ([("0042",), ("43",)], [("42",), ("43",)])
see("as asked for", ask("ref, pence"), [(42, 3), (43, 100)])
see("ref cast", ask(REF), read if now else typed)
see("ref cast, in a subquery", ask(REF, source=f"(SELECT * FROM {FILE})"), read if now else typed)
see("ref cast, pence beside it", ask(f"{REF}, pence"), [("0042", 3), ("43", 100)] if now else [("42", 3), ("43", 100)])
see("pence to text", ask(PENCE), [("2.675",), ("100",)] if now else [("3",), ("100",)])
see("pence to DOUBLE", ask("CAST(pence AS DOUBLE)"), [(2.675 if now else 3.0,), (100.0,)])
see("pence to DECIMAL", ask("CAST(pence AS DECIMAL(10, 3))"), [(D("2.675") if now else D(3),), (D(100),)])
see("day to text", ask("CAST(day AS VARCHAR)"), [("2024-03-01",), ("2024-3-1" if now else "2024-03-01",)])
see("paid to text", ask("CAST(paid AS VARCHAR)"), [("1",), ("true",)] if now else [("true",), ("true",)])

see("ref cast, and ref", ask(f"{REF}, ref"), [("42", 42), ("43", 43)])
see("ref cast, pence positive", ask(REF, "WHERE pence > 0"), typed)
see("ref cast, grouped", sorted(ask(REF, "GROUP BY 1")), typed)
see("ref cast, and a letter", ask(f"{REF} || 'x'"), [("42x",), ("43x",)])
see("sum of DOUBLE", ask("sum(CAST(pence AS DOUBLE))"), [(103.0,)])
found = duckdb.sql(f"WITH rows AS MATERIALIZED (SELECT * FROM {FILE}) SELECT {REF} FROM rows").fetchall()
see("ref cast, materialized", found, typed)
duckdb.sql(f"CREATE TABLE paid AS SELECT * FROM {FILE}")
see("ref cast, from a table", ask(REF, source="paid"), typed)

Path("texts.csv").write_text("ref,pence\nA,100\nB,n/a\n")
TEXTS = "read_csv('texts.csv', header = true, auto_detect = false, columns = {'ref': 'VARCHAR', 'pence': 'VARCHAR'})"
TRY = "TRY_CAST(pence AS BIGINT)"
try:
    found = ask(TRY, source=TEXTS)
except duckdb.ConversionException:
    found = "refused"
see("TRY_CAST", found, "refused" if now else [(100,), (None,)])
see("TRY_CAST, with WHERE", ask(TRY, "WHERE ref <> ''", source=TEXTS), [(100,), (None,)])
see("TRY_CAST, and the text", ask(f"{TRY}, pence", source=TEXTS), [(100, "100"), (None, "n/a")])
duckdb.sql(f"CREATE TABLE texts AS SELECT * FROM {TEXTS}")
see("TRY_CAST, from a table", ask(TRY, source="texts"), [(100,), (None,)])
PY
"$work/venv/bin/python" casts.py
"$work/before/bin/python" casts.py
