#!/usr/bin/env bash
# Guess: 1500 and 1500.0 are the same amount, in figures and in words.
# Behaviour: to="currency" takes a whole number (int) for pence and everything else for pounds:
#   1500 is "fifteen pounds sterling", 1500.0, Decimal("1500") and the text "1500" are "one
#   thousand, five hundred pounds sterling". And of the same third decimal a float and a decimal
#   make different pence: Decimal("1.005") is one penny, the float none; 2.999 is "three pounds"
#   without a word that something was rounded.
# Versions: num2words 0.5.14, Python 3.11.
# So: give words to whole pence only, as int, and compare with the figures beside them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check num2words==0.5.14
"$work/venv/bin/python" - <<'PY'
import sys
from decimal import Decimal as D

from num2words import num2words


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def words(amount):
    return num2words(amount, to="currency", currency="GBP", lang="en_GB")


see("1500", words(1500), "fifteen pounds sterling, zero pence")
for amount in (1500.0, D("1500"), D("1500.00"), "1500"):
    see(repr(amount), words(amount), "one thousand, five hundred pounds sterling, zero pence")
see("-150", words(-150), "minus one pound sterling, fifty pence")
see("Decimal 1.005", words(D("1.005")), "one pound sterling, one penny")
see("float 1.005", words(1.005), "one pound sterling, zero pence")
see("Decimal 2.999", words(D("2.999")), "three pounds sterling, zero pence")
PY
