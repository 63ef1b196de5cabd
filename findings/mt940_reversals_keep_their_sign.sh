#!/usr/bin/env bash
# Guess: a bank statement (MT940) read by mt-940 has signed amounts that lead from the opening to
#   the closing balance.
# Behaviour: only D makes an amount negative. RC, the reversal of a credit, takes money from the
#   account and is read as +100.00; that RD, the reversal of a debit, is +30.00 is right. So a
#   payment that the bank took back counts as received a second time: the statement below goes
#   from 1000.00 to 1000.00 and its amounts add up to +200.00. The word RC is in `status`, beside
#   the amount. And a third decimal is taken as it stands (1,005 is 1.005 pounds).
# Versions: mt-940 5.1.1, Python 3.11.
# So: sign by `status` (C and RD add, D and RC take) and check the sum against both balances.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check mt-940==5.1.1
"$work/venv/bin/python" - <<'PY'
import sys
from decimal import Decimal as D

import mt940


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


STATEMENT = """:20:STATEMENT
:25:12345678
:28C:1/1
:60F:C240101GBP1000,00
:61:2401020102C100,00NTRFPAID
:86:milestone paid
:61:2401030103D30,00NTRFFEE
:86:fee
:61:2401040104RC100,00NTRFBACK
:86:milestone taken back
:61:2401050105RD30,00NTRFBACK
:86:fee given back
:62F:C240105GBP1000,00
"""
statement = mt940.parse(STATEMENT)
entries = [(entry.data["status"], entry.data["amount"].amount) for entry in statement]
see("entries", entries, [("C", D("100.00")), ("D", D("-30.00")), ("RC", D("100.00")), ("RD", D("30.00"))])
opening = statement.data["final_opening_balance"].amount.amount
closing = statement.data["final_closing_balance"].amount.amount
see("balances", (opening, closing), (D("1000.00"), D("1000.00")))
see("sum of the entries", sum(amount for _, amount in entries), D("200.00"))
true = sum(abs(amount) if status in ("C", "RD") else -abs(amount) for status, amount in entries)
see("signed by status", true, closing - opening)
third = mt940.parse(STATEMENT.replace("C100,00", "C1,005", 1))
see("a third decimal", next(iter(third)).data["amount"].amount, D("1.005"))
PY
