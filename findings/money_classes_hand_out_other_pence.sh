#!/usr/bin/env bash
# Guess: asked for an amount in its smallest units, a class for money rounds as it rounds elsewhere, or
#   refuses what is no whole number of them; and it knows which currencies have no hundredths.
# Behaviour: py-moneyed cuts: GBP 1.019 is 101 pence, 0.999 is 99, though it prints 1.02 and 1.00. stockholm
#   keeps fractions (101.900) and has a hundred units in every currency: JPY 5 is 500, and 12345 yen
#   come in as 123.45; and it adds an amount that has no currency to one that has.
# Versions: py-moneyed 3.0, stockholm 0.5.7, Python 3.11.
# So: round by a stated rule before units are asked for, and take digits after the point from ISO 4217.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    py-moneyed==3.0 stockholm==0.5.7
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import sys
from decimal import Decimal

import moneyed
import stockholm

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


for amount, pence, shown in (("1.019", 101, "1.02"), ("0.999", 99, "1.00"), ("-1.019", -101, "-1.02")):
    held = moneyed.Money(amount, "GBP")
    see(f"py-moneyed, {amount}", held.get_amount_in_sub_unit(), pence)
    see(f"py-moneyed, {amount}, rounded", str(held.round(2).amount), shown)
see("py-moneyed, JPY 5", moneyed.Money("5", "JPY").get_amount_in_sub_unit(), 5)
see("stockholm, 1.019", stockholm.Money("1.019", "GBP").sub_units, Decimal("101.900"))
see("stockholm, JPY 5", stockholm.Money("5", "JPY").sub_units, Decimal(500))
see("stockholm, 12345 yen", str(stockholm.Money.from_sub_units(12345, "JPY")), "123.45 JPY")
see("stockholm, no currency", str(stockholm.Money("1", "GBP") + stockholm.Money("1")), "2.00 GBP")
PY
