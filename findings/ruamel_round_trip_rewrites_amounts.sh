#!/usr/bin/env bash
# Guess: loading a YAML document in ruamel's round-trip mode and saving it leaves every scalar
#   that nobody touched as it was written.
# Behaviour: a number with a point is a float in between and is written anew. 90071992547409.93
#   comes back as ...9.94, 999999999999999.99 as a penny more (1000000000000000.00), a share of
#   0.1234567890123456789 with other last digits, all in the old number of places, as if nothing
#   had happened. Underscores go and noughts come in their stead: 1_000_000.00 becomes
#   001000000.00. +5 loses its sign. 0.10, 1e3, 0042, 1_000 and .50 stay. The plain amounts of a
#   few pounds are safe, which is why tests do not see it.
# Versions: ruamel.yaml 0.19.1, Python 3.11.
# So: never save a contract by round trip, and hash the bytes that were signed; read amounts as
#   texts.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check ruamel.yaml==0.19.1
"$work/venv/bin/python" - <<'PY'
import io
import sys

from ruamel.yaml import YAML


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def saved(text):
    yaml = YAML()
    out = io.StringIO()
    yaml.dump(yaml.load(f"amount: {text}\n"), out)
    return out.getvalue().removeprefix("amount: ").rstrip("\n")


for text, again in {
    "90071992547409.93": "90071992547409.94",
    "999999999999999.99": "1000000000000000.00",
    "0.1234567890123456789": "0.1234567890123456774",
    "33.333333333333333333": "33.333333333333335702",
    "1_000_000.00": "001000000.00",
    "-1_000.50": "-01000.50",
    "+5": "5",
}.items():
    see(text, saved(text), again)
for text in ("0.10", "1234.50", "1e3", "0042", "1_000", ".50", "'90071992547409.93'"):
    see(f"{text} stays", saved(text), text)
PY
