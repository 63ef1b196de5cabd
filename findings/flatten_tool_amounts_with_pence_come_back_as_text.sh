#!/usr/bin/env bash
# Guess: a sheet of grants that flatten-tool (360Giving, OCDS) made from JSON and turns back into JSON
#   holds amounts as it did: numbers.
# Behaviour: without a schema the numbers of the sheet that are whole come back as numbers and all
#   others as texts: of amounts 100.0, 1200.10 and 50 the middle one is "1200.1", so that amounts with
#   pence, and no others, are lost to whoever adds numbers up. A whole number of 17 digits comes back
#   as another one.
# Versions: flattentool 0.28.0, openpyxl 3.1.5, Python 3.11.
# So: give the schema, or hold every amount to being a number before anything is added.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    flattentool==0.28.0 openpyxl==3.1.5
cd "$work"
cat > grants.json <<'JSON'
{"grants": [
  {"id": "a", "amount": 100.0, "number": 12345678901234567},
  {"id": "b", "amount": 1200.10, "number": 1},
  {"id": "c", "amount": 50, "number": 2}
]}
JSON
venv/bin/flatten-tool flatten grants.json --root-list-path grants -m grants -o flat.xlsx -f xlsx 2> told
venv/bin/flatten-tool unflatten flat.xlsx -f xlsx -o back.json --root-list-path grants --root-id '' 2>> told
venv/bin/python - <<'PY'
import json
import sys

import openpyxl


def see(what, found, expected):
    print(f"{what}: {found!r}")
    if found != expected:
        sys.exit(f"no longer so: {expected!r} was expected")


rows = list(openpyxl.load_workbook("flat.xlsx").active.iter_rows(values_only=True))
amounts = [row[rows[0].index("amount")] for row in rows[1:]]
see("amounts in the sheet", amounts, [100, 1200.1, 50])
back = json.load(open("back.json"))["grants"]
see("amounts turned back", [grant["amount"] for grant in back], [100, "1200.1", 50])
see("a number of 17 digits", back[0]["number"] == 12345678901234567, False)
PY
