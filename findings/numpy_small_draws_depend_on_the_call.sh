#!/usr/bin/env bash
# Guess: with one seed NumPy's Generator.integers gives the same numbers drawn six at once or three and
#   three, as random() and binomial() do, whatever type is asked for.
# Behaviour: of whole numbers of 8 and 16 bits and of bools the fourth is another one: what is left of a word of 32 bits
#   is thrown away at the end of each call. With 32 and 64 bits, and drawn one by one without a type, the
#   stream is the same.
# Versions: numpy 2.4.6, Python 3.11.
# So: a simulation that draws in blocks, or resumes, asks for 64 bits and makes them small afterwards.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import sys

import numpy as np

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def streams(draw):
    """Whether three and three are the same as six at once, with fifty seeds."""
    for seed in range(50):
        parts, whole = np.random.default_rng(seed), np.random.default_rng(seed)
        if (np.concatenate([draw(parts, 3), draw(parts, 3)]) != draw(whole, 6)).any():
            return False
    return True


KINDS = ((bool, False), (np.uint8, False), (np.int16, False), (np.int32, True), (np.int64, True))
for kind, expected in KINDS:
    high = 2 if kind is bool else 100
    found = streams(lambda rng, n, kind=kind, high=high: rng.integers(0, high, n, dtype=kind))
    see(np.dtype(kind).name, found, expected)
see("binomial", streams(lambda rng, n: rng.binomial(10, 0.3, n)), True)
see("random, 32 bits", streams(lambda rng, n: rng.random(n, dtype=np.float32)), True)
one_by_one = np.random.default_rng(7)
see(
    "one by one, no type",
    [int(one_by_one.integers(0, 100)) for _ in range(6)],
    np.random.default_rng(7).integers(0, 100, 6).tolist(),
)
PY
