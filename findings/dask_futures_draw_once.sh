#!/usr/bin/env bash
# Guess: eight calls of one function through a `concurrent.futures` executor are eight calls, on a
#   Dask client's executor as on a process pool; only Client.map itself, which says so, might know
#   that a call was made before.
# Behaviour: Client.get_executor() calls the function once and answers eight times with its result,
#   for submit and for map, since a call is named by function and arguments. A simulation that draws
#   inside, with nothing in its arguments but how many, has eight equal "independent" runs and no
#   spread between them. get_executor(pure=False) calls eight times, as ProcessPoolExecutor does.
# Versions: dask and distributed 2026.8.0, Python 3.11.
# So: give every call a seed of its own as an argument; then the same result is right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    dask==2026.8.0 distributed==2026.8.0
cat > "$work/draws.py" <<'PY'
import random
import sys
from concurrent.futures import ProcessPoolExecutor

from distributed import Client, LocalCluster


def see(what, found, expected):
    print(f"{what}: {found} different draws of 8")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def draw(children):
    return random.random()


def seeded(children, seed):
    return random.Random(seed).random()


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        see("a process pool, map", len(set(pool.map(draw, [98] * 8))), 8)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster, Client(cluster) as client:
        pool = client.get_executor()
        see("Dask's executor, map", len(set(pool.map(draw, [98] * 8))), 1)
        futures = [pool.submit(draw, 99) for _ in range(8)]
        see("Dask's executor, submit", len({future.result() for future in futures}), 1)
        see("with a seed each", len(set(pool.map(seeded, [98] * 8, range(8)))), 8)
        pool = client.get_executor(pure=False)
        see("with pure=False", len(set(pool.map(draw, [97] * 8))), 8)
PY
cd "$work"
"$work/venv/bin/python" -W ignore draws.py
