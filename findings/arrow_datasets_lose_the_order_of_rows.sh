#!/usr/bin/env bash
# Guess: pyarrow.dataset.write_dataset of one table into one file keeps the order of its rows, as
#   pyarrow.parquet.write_table does; threads share columns or row groups out and put them together.
# Behaviour: with the defaults the batches of a table stand in the order in which threads got to
#   them: of ten writes of six million rows some have rows out of order, and no two runs are alike.
#   preserve_order=True keeps it. Whoever numbers evidence by its row in the file tells of other rows
#   each time, and the digest of the file moves although nothing was changed.
# Versions: pyarrow 26.0.1, numpy 2.4.6, Python 3.11, two processors.
# So: write with preserve_order=True, or with pyarrow.parquet.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pyarrow==26.0.1 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import shutil
import sys

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

rows = np.arange(6_000_000)
table = pa.Table.from_batches(pa.table({"row": rows}).to_batches(50_000))


def is_in_order(write):
    shutil.rmtree("out", ignore_errors=True)
    write()
    (file,) = ds.dataset("out").files
    return bool((pq.read_table(file)["row"].to_numpy() == rows).all())


def written(**options):
    return lambda: ds.write_dataset(table, "out", format="parquet", **options)


for most in range(1, 41):
    if not is_in_order(written()):
        break
else:
    sys.exit("no longer so: rows out of order in one of forty writes were expected")
print(f"by default: out of order at write {most}")
kept = [is_in_order(written(preserve_order=True)) for _ in range(5)]
print(f"with preserve_order=True: in order {sum(kept)} times of 5")
if not all(kept):
    sys.exit("no longer so: preserve_order was expected to keep the order")
PY
