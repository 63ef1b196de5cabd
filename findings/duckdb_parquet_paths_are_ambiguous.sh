#!/usr/bin/env bash
# Guess: path_in_schema of DuckDB's parquet_metadata() names a column without doubt, as the file does:
#   a list of names, which other readers show with dots.
# Behaviour: it is one text, the names joined by a comma and a space. A column called "a, b" and the
#   field b of a struct a have the same; a GROUP BY adds them up (values and nulls of two columns in
#   one row), and a join on the name of a column meets the wrong one. Arrow's path joins by a dot, and
#   is as ambiguous for a column called "a.b": neither text can be taken apart. A column's place is
#   sure: column_id, which counts leaves in the order of parquet_schema() without the rows that have
#   children.
# Versions: duckdb 2.0.1, pyarrow 26.0.1, Python 3.11.
# So: ask by column_id, or refuse names with ", " before asking by name.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    duckdb==2.0.1 pyarrow==26.0.1
"$work/venv/bin/python" - "$work/a.parquet" <<'PY' | tee "$work/told"
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

path = sys.argv[1]
table = pa.table(
    {
        "a, b": [1, 2, 3],
        "a": [{"b": 4}, {"b": None}, {"b": None}],
        "c.d": [1, 2, None],
        "c": [{"d": 4}, {"d": 5}, {"d": 6}],
    }
)
pq.write_table(table, path)
names = "SELECT path_in_schema, column_id, stats_null_count FROM parquet_metadata(?) ORDER BY 2"
for row in duckdb.execute(names, [path]).fetchall():
    print("DuckDB:", row)
together = "SELECT path_in_schema, sum(stats_null_count)::INT, sum(num_values)::INT"
together += " FROM parquet_metadata(?) GROUP BY 1 ORDER BY 1 LIMIT 1"
print("by name:", duckdb.execute(together, [path]).fetchall())
schema = pq.ParquetFile(path).schema
print("Arrow:", [schema.column(place).path for place in range(len(schema))])
leaves = "SELECT name FROM parquet_schema(?) WHERE coalesce(num_children, 0) = 0"
print("leaves:", [name for (name,) in duckdb.execute(leaves, [path]).fetchall()])
PY
diff "$work/told" - <<'TOLD'
DuckDB: ('a, b', 0, 0)
DuckDB: ('a, b', 1, 2)
DuckDB: ('c.d', 2, 1)
DuckDB: ('c, d', 3, 0)
by name: [('a, b', 2, 6)]
Arrow: ['a, b', 'a.b', 'c.d', 'c.d']
leaves: ['a, b', 'b', 'c.d', 'd']
TOLD
