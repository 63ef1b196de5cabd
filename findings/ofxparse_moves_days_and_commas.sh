#!/usr/bin/env bash
# Guess: ofxparse gives the day on which the bank says that money was booked, and refuses an amount that it
#   cannot read in one way.
# Behaviour: a time with an offset is turned to UTC and loses the offset: booked at 00:30 on 1 April in
#   Britain is 31 March, so in the financial year before; at 23:00 on 31 March in New York it is 1
#   April. "1,234.50" and "1234,50" are both 1234.50, and "1,234" is 1.234.
# Versions: ofxparse 0.21, Python 3.11.
# So: take the first eight digits as the day, and refuse an amount with a comma.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    ofxparse==0.21
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import io
import sys
from decimal import Decimal

from ofxparse import OfxParser

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


HEAD = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STMTRS><CURDEF>GBP
<BANKACCTFROM><BANKID>1<ACCTID>1<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20240101<DTEND>20240430
"""
TAIL = "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"


def read(day, amount):
    entry = f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>{day}<TRNAMT>{amount}<FITID>1<NAME>x</STMTTRN>"
    (found,) = OfxParser.parse(io.BytesIO((HEAD + entry + TAIL).encode())).account.statement.transactions
    return str(found.date.date()), found.amount


see("1 April, no time", read("20240401", "5.00"), ("2024-04-01", Decimal("5.00")))
see("1 April, 00:30 in Britain", read("20240401003000[+1:BST]", "5.00")[0], "2024-03-31")
see("31 March, 23:00 in New York", read("20240331230000[-5:EST]", "5.00")[0], "2024-04-01")
for amount in ("1,234.50", "1234,50", "1.234,50"):
    see(amount, read("20240401", amount)[1], Decimal("1234.50"))
see("1,234", read("20240401", "1,234")[1], Decimal("1.234"))
PY
