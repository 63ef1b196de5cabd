#!/usr/bin/env bash
# Guess: an internal rate of return does not depend on the unit of the amounts; where two rates fit, a
#   library gives the same one for the same flows in pounds and in pence, and another library too.
# Behaviour: pyxirr gives 72.4 % for -1, 3, -2.2 and 27.6 % for the same flows times ten or a hundred; both
#   are rates. For -5, 10.5, -5.4 it says 20 % where numpy-financial says -10 %. Neither tells that
#   there are two.
# Versions: pyxirr 0.10.8, numpy-financial 1.0.0, numpy 2.2.6, Python 3.11.
# So: count the changes of sign first; with more than one, tell money multiple and net gain instead.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pyxirr==0.10.8 numpy-financial==1.0.0 numpy==2.2.6
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import sys

import numpy_financial
import pyxirr

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def rate(flows, of=pyxirr.irr):
    return round(float(of(flows)), 4)


def value(flows, at):
    return round(sum(flow / (1 + at) ** year for year, flow in enumerate(flows)), 3)


pounds = [-1, 3, -2.2]
see("in pounds", rate(pounds), 0.7236)
see("in tens", rate([10 * flow for flow in pounds]), 0.2764)
see("in pence", rate([100 * flow for flow in pounds]), 0.2764)
see("numpy-financial", rate(pounds, numpy_financial.irr), 0.2764)
see("both are rates", (value(pounds, 0.72360680), value(pounds, 0.27639320)), (0.0, 0.0))
other = [-5, 10.5, -5.4]
see("pyxirr", rate(other), 0.2)
see("numpy-financial", rate(other, numpy_financial.irr), -0.1)
see("both are rates", (value(other, 0.2), value(other, -0.1)), (0.0, 0.0))
PY
