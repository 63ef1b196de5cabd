#!/usr/bin/env bash
# Guess: price-parser finds the amount in a text such as "-£50.00", with its sign, and £1.005 is a
#   pound and a half penny.
# Behaviour: no sign of a debit is kept: -£50.00, £-50.00, (£50.00), £50- and "£50.00 CR" are all
#   50. A point or comma with three digits behind it is taken for thousands: £1.005 is 1005
#   pounds, £0.999 is 999, 12,345.678 is twelve million. 50p is fifty, £12k is twelve. Nothing
#   says that it was unsure, but for decimal_separator=".", which puts the three decimals right
#   and leaves the signs.
# Versions: price-parser 0.5.1, Python 3.11.
# So: it reads prices in shops, not amounts in accounts.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check price-parser==0.5.1
"$work/venv/bin/python" - <<'PY'
import sys
from decimal import Decimal as D

from price_parser import Price


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def amount(text, **how):
    return Price.fromstring(text, **how).amount


for text in ("-£50.00", "£-50.00", "(£50.00)", "£50.00-", "£50.00 CR"):
    see(text, amount(text), D("50.00"))
for text, found in {"£1.005": "1005", "£0.999": "999", "12,345.678": "12345678", "50p": "50", "£12k": "12"}.items():
    see(text, amount(text), D(found))
see("£1.005 with its separator", amount("£1.005", decimal_separator="."), D("1.005"))
see("-£1.005 with its separator", amount("-£1.005", decimal_separator="."), D("1.005"))
PY
