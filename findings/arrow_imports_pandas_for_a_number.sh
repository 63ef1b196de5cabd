#!/usr/bin/env bash
# Guess: Arrow needs pandas for from_pandas and to_pandas alone. An array made of a Python list or of
#   NumPy, and a file that is read, are C++ throughout: a program that never names pandas never pays
#   for importing it.
# Behaviour: wherever pandas is installed, the first value that comes from Python imports it, to ask
#   whether that value is one of its own: pa.scalar(1), pa.array of a list and of NumPy, compute with
#   a plain number (pc.add(column, 1)), and also to_numpy and pq.read_table. It is a third of a second,
#   once, under whichever innocent line comes first. What stays within Arrow does not: nulls, arrays of
#   buffers, tables of arrays, read_csv with sum, filter and to_pylist, and ParquetFile(path).read(),
#   which gives what read_table gives. Nothing is said.
# Versions: pyarrow 26.0.1, pandas 3.1.1, numpy 2.4.6, Python 3.11.
# So: in a command that must start fast, read Parquet by ParquetFile and keep values inside Arrow, or
#   count pandas as a library that is used. To forbid pandas in a test, look at sys.modules after the
#   work, not at who names it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6
cat > "$work/ask.py" <<'PY'
import io
import sys

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

way, path = sys.argv[1:]


def raw():
    return pa.Array.from_buffers(pa.int8(), 2, [None, pa.py_buffer(b"ab")])


def csv():
    return pyarrow.csv.read_csv(io.BytesIO(b"a\n1\n2\n"))


ways = {
    "write": lambda: pq.write_table(csv(), path),
    "scalar": lambda: pa.scalar(1),
    "array of a list": lambda: pa.array([1, 2]),
    "array of NumPy": lambda: pa.array(np.array([1, 2])),
    "add a number": lambda: pc.add(csv()["a"], 1),
    "to_numpy": lambda: raw().to_numpy(),
    "read_table": lambda: pq.read_table(path),
    "nulls": lambda: pa.nulls(2),
    "array of buffers": raw,
    "table of arrays": lambda: pa.Table.from_arrays([raw()], names=["a"]),
    "sum": lambda: pc.sum(csv()["a"]),
    "filter": lambda: csv().filter(pc.is_valid(csv()["a"])),
    "to_pylist": lambda: csv().to_pylist(),
    "ParquetFile.read": lambda: pq.ParquetFile(path).read(),
}
assert "pandas" not in sys.modules
ways[way]()
print(f"{way}: {'imports pandas' if 'pandas' in sys.modules else 'without pandas'}")
PY
ask() { "$work/venv/bin/python" "$work/ask.py" "$1" "$work/a.parquet"; }
ask write > /dev/null
for way in scalar "array of a list" "array of NumPy" "add a number" to_numpy read_table nulls \
    "array of buffers" "table of arrays" sum filter to_pylist ParquetFile.read; do
    ask "$way"
done | tee "$work/told"
diff "$work/told" - <<'TOLD'
scalar: imports pandas
array of a list: imports pandas
array of NumPy: imports pandas
add a number: imports pandas
to_numpy: imports pandas
read_table: imports pandas
nulls: without pandas
array of buffers: without pandas
table of arrays: without pandas
sum: without pandas
filter: without pandas
to_pylist: without pandas
ParquetFile.read: without pandas
TOLD
