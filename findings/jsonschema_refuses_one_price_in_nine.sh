#!/usr/bin/env bash
# Guess: {"multipleOf": 0.01} holds an amount of pounds to whole pence, or every validator refuses
#   the same amounts, since a penny is no binary fraction.
# Behaviour: of the amounts from £0.01 to £1,000.00, jsonschema refuses 11,426 of 100,000 (£0.07 and
#   £0.28 among them), because it divides binary fractions and asks for a whole quotient.
#   fastjsonschema and jsonschema-rs accept all 100,000, and all three refuse £19.995. So one schema
#   takes a rate card in one program and refuses it in another.
# Versions: jsonschema 4.26.0, fastjsonschema 2.22.3, jsonschema-rs 0.61.2, Python 3.11.
# So: let a schema say the type and range of an amount, and count its decimals elsewhere; or write
#   amounts in pence.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    jsonschema==4.26.0 fastjsonschema==2.22.3 jsonschema-rs==0.61.2
"$work/venv/bin/python" - <<'PY'
import sys

import fastjsonschema
import jsonschema
import jsonschema_rs


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


SCHEMA = {"type": "number", "multipleOf": 0.01}
compiled = fastjsonschema.compile(SCHEMA)


def fast(amount):
    try:
        compiled(amount)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


VALIDATORS = {
    "jsonschema": (jsonschema.Draft202012Validator(SCHEMA).is_valid, 11_426),
    "fastjsonschema": (fast, 0),
    "jsonschema-rs": (jsonschema_rs.validator_for(SCHEMA).is_valid, 0),
}
for name, (is_valid, expected) in VALIDATORS.items():
    refused = [pence for pence in range(1, 100_001) if not is_valid(pence / 100)]
    see(f"{name}, amounts of whole pence refused", len(refused), expected)
    see(f"{name}, takes 19.995", is_valid(19.995), False)
    if refused:
        see(f"{name}, the first", refused[:4], [7, 14, 28, 29])
PY
