#!/usr/bin/env bash
# Guess: `balance Assets:Bank 100.00 GBP` holds for 100.00 alone; if there is any room, fewer
#   decimals leave more of it.
# Behaviour: it holds at 99.99, 100.00 and 100.01 (twice half a unit of the last decimal written),
#   while `100 GBP`, written without decimals, holds at exactly 100, and `100.000` within a tenth of a
#   penny. A transaction of 100.01 and -100.005 balances as well. `~ 0.00` asks for the penny.
# Versions: beancount 3.2.3, Python 3.11.
# So: assert balances with `~ 0.00`, or a ledger that is a penny off checks as right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check beancount==3.2.3
"$work/venv/bin/python" - <<'PY'
import sys

from beancount.loader import load_string

LEDGER = """
2024-01-01 open Assets:Bank
2024-01-01 open Income:Council
2024-01-02 * "Claim"
  Assets:Bank     {0} GBP
  Income:Council  {1} GBP
2024-01-03 balance Assets:Bank  {2} GBP
"""


def see(what, found, expected):
    print(f"{what}: {'no error' if not found else found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def faults(bank, income, balance):
    return [type(error).__name__ for error in load_string(LEDGER.format(bank, income, balance))[1]]


WRONG = ["BalanceError"]
for told, expected in {
    "100.00": [],
    "100.01": [],
    "100.02": [],
    "100.03": WRONG,
    "100.00 ~ 0.00": WRONG,
    "100.000": WRONG,
    "100": WRONG,
}.items():
    see(f"100.01 in the bank, balance {told}", faults("100.01", "-100.01", told), expected)
see("a transaction of 100.01 and -100.005", faults("100.01", "-100.005", "100.01"), [])
PY
