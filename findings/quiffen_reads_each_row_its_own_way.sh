#!/usr/bin/env bash
# Guess: quiffen reads the days of a QIF file month first unless told otherwise and refuses a 13th month;
#   an amount with a comma for the pence, or in brackets, is refused or read as what it says.
# Behaviour: a day that cannot be month first is read day first, row by row, with both settings: in one file
#   03/04/2024 is 4 March and 13/04/2024 is 13 April. "12,50" is 1250, "1.234,50" is 1.23450, and
#   "(12.50)" is a receipt of 12.50.
# Versions: quiffen 4.0.1, Python 3.11.
# So: read days and amounts of QIF as texts by a form that somebody states, and refuse the others.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    quiffen==4.0.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import datetime
import sys
from decimal import Decimal

from quiffen import Qif

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def read(*entries, **choices):
    text = "!Type:Bank\n" + "".join(f"D{day}\nT{amount}\nPx\n^\n" for day, amount in entries)
    file = Qif.parse_string(text, **choices)
    return [
        (entry.date.date(), entry.amount)
        for account in file.accounts.values()
        for entries in account.transactions.values()
        for entry in entries
    ]


found = [day for day, _ in read(("03/04/2024", "1"), ("13/04/2024", "1"))]
see("month first", found, [datetime.date(2024, 3, 4), datetime.date(2024, 4, 13)])
found = [day for day, _ in read(("03/04/2024", "1"), ("04/13/2024", "1"), day_first=True)]
see("day first", found, [datetime.date(2024, 4, 3), datetime.date(2024, 4, 13)])
for amount, expected in (("1,234.50", "1234.50"), ("12,50", "1250"), ("1.234,50", "1.23450"), ("(12.50)", "12.50")):
    see(amount, read(("03/04/2024", amount))[0][1], Decimal(expected))
PY
