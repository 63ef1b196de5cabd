#!/usr/bin/env bash
# Guess: after setseed DuckDB's random() chooses the same rows in every run on the same table, and so does
#   a sample that is called repeatable.
# Behaviour: with four threads random() after setseed chooses other rows, and another number of them, in each
#   run, and others than with one thread, where it is the same. A bernoulli
#   sample and a reservoir with a seed are the same with one, two and four threads.
# Versions: DuckDB 2.0.1, Python 3.11.
# So: a sample that an auditor shall draw again is taken by a hash of the reference, or with one thread.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    duckdb==2.0.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import sys

import duckdb

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def chosen(threads, query, seed=None):
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    connection.execute("CREATE TABLE claims AS SELECT range AS claim FROM range(2000000)")
    if seed is not None:
        connection.execute(f"SELECT setseed({seed})")
    text = f"SELECT count(*), sum(claim), bit_xor(hash(claim)) FROM ({query})"
    return connection.execute(text).fetchone()


def results(threads, query, seed=None, runs=8):
    return {chosen(threads, query, seed) for _ in range(runs)}


RANDOM = "SELECT claim FROM claims WHERE random() < 0.1"
see("random, one thread, results of 3 runs", len(results(1, RANDOM, 0.4, 3)), 1)
many = results(4, RANDOM, 0.4)
see("random, four threads, more than one result", len(many) > 1, True)
see("random, four threads, numbers of rows differ", len({count for count, _, _ in many}) > 1, True)
see("random, one thread's result is among them", bool(results(1, RANDOM, 0.4, 1) & many), False)
for sample in ("0.1% (bernoulli, 7)", "50 ROWS (reservoir, 7)"):
    query = f"SELECT claim FROM claims USING SAMPLE {sample}"
    found = results(1, query, runs=2) | results(2, query, runs=2) | results(4, query, runs=4)
    see(f"{sample}, results", len(found), 1)
PY
