#!/usr/bin/env bash
# Guess: petl's convertnumbers leaves what is no plain number, "(5.50)" among it, as a text.
# Behaviour: it tries Python's own words, complex numbers among them, so an accountant's (5.50),
#   which is five pounds fifty taken off, becomes 5.5+0j: a number, with the other sign. Sums of the
#   column are then complex and too high, and nothing is said. "0042" becomes 42, and "5j", a class
#   or a flat, a number as well; "nan" of a name is one that equals nothing.
# Versions: petl 1.7.30, Python 3.11.
# So: say column by column what a cell may be.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check petl==1.7.30
"$work/venv/bin/python" -W ignore - <<'PY'
import sys

import petl


def see(what, found, expected):
    print(f"{what}: {found!r}")
    if found != expected:
        sys.exit(f"no longer so: {expected!r} was expected")


table = [["child", "class", "paid"], ["0042", "5j", "20.00"], ["0043", "5k", "(5.50)"]]
converted = petl.convertnumbers(table)
see("paid", list(converted["paid"]), [20.0, 5.5 + 0j])
see("their sum, where 14.50 is right", sum(converted["paid"]), 25.5 + 0j)
see("child", list(converted["child"]), [42, 43])
see("class", list(converted["class"]), [5j, "5k"])
name = petl.convertnumbers([["name"], ["Nan"]])[1][0]
see("a child called Nan equals herself", name == name, False)
PY
