#!/usr/bin/env bash
# Guess: Babel formats an amount with as many decimals as ISO 4217 gives the currency.
# Behaviour: Babel follows CLDR, which says how an amount is usually shown. For 15 currencies of
#   ISO 4217 that is fewer decimals than the standard's minor units: Colombia's peso, Hungary's
#   forint and Indonesia's rupiah have two there and none here, the Iraqi dinar three and none.
#   format_currency then rounds the amount, without a word: 1,234.567 dinars are shown as 1,235, and
#   half a forint goes to the even one. get_currency_precision says the same 0.
# Versions: babel 2.19.0, iso4217 1.16.20260101, Python 3.11 on Linux.
# So: take minor units from a table of ISO 4217, and pass currency_digits=False with a pattern of
#   one's own where an amount is to be shown to the last unit that is owed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    babel==2.19.0 iso4217==1.16.20260101
"$work/venv/bin/python" - <<'PY'
import sys
from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision
from iso4217 import Currency


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


fewer = {
    one.code: (one.exponent, get_currency_precision(one.code))
    for one in Currency
    if one.exponent is not None and one.exponent != get_currency_precision(one.code)
}
see("currencies with other decimals than ISO 4217", len(fewer), 15)
see("Colombia, Hungary, Iraq", [fewer[code] for code in ("COP", "HUF", "IQD")], [(2, 0), (2, 0), (3, 0)])
see("all of them are fewer", all(shown < kept for kept, shown in fewer.values()), True)
see("1,234.567 dinars", format_currency(Decimal("1234.567"), "IQD", locale="en_GB"), "IQD1,235")
halves = [format_currency(Decimal(f"{one}.50"), "HUF", locale="en_GB") for one in (2, 3)]
see("2.50 and 3.50 forints", halves, ["HUF2", "HUF4"])
exact = format_currency(Decimal("1234.567"), "IQD", "¤#,##0.000", locale="en_GB", currency_digits=False)
see("with a pattern of one's own", exact, "IQD1,234.567")
PY
