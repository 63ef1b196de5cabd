#!/usr/bin/env bash
# Guess: a text that looks like a number, a time or a truth is put between quotation marks by a
#   YAML writer, so that every YAML reader has the same text back.
# Behaviour: each writer quotes what its own version of YAML would misread, and no more. PyYAML
#   (YAML 1.1) writes the texts 08, 0089, 1E5 and 12e4 bare; ruamel.yaml (YAML 1.2) reads 8, 89,
#   100000.0 and 120000.0, while 0042 beside them is quoted and stays. So a list of school numbers
#   loses its noughts in those that have an 8 or a 9. ruamel writes 12:30, 1:30:00, yes, no and off
#   bare; PyYAML reads 750, 5400, True, False and False. Of real numbers ruamel's safe writer makes
#   1e+16 of 1e16, which PyYAML reads as a text, and 1.5e+20, which it reads as a number. Each
#   library reads its own files right, and nothing warns.
# Versions: pyyaml 6.0.3, ruamel.yaml 0.19.1, Python 3.11.
# So: quote every text when writing (default_style='"', or JSON, which both read), and say in the
#   schema that references and times are texts, so that a number there is refused.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pyyaml==6.0.3 ruamel.yaml==0.19.1
"$work/venv/bin/python" - <<'PY'
import io
import json
import sys

import yaml
from ruamel.yaml import YAML


def see(what, found, expected):
    print(f"{what}: {found!r}")
    if (type(found), found) != (type(expected), expected):
        sys.exit(f"no longer so: {expected!r} was expected")


def by_pyyaml(value, **how):
    return yaml.safe_dump({"value": value}, **how)


def by_ruamel(value, kind="rt"):
    out = io.StringIO()
    YAML(typ=kind, pure=True).dump({"value": value}, out)
    return out.getvalue()


def read_by_pyyaml(text):
    return yaml.safe_load(text)["value"]


def read_by_ruamel(text):
    return YAML(typ="safe", pure=True).load(text)["value"]


for text, other in {"08": 8, "0089": 89, "1E5": 100000.0, "12e4": 120000.0, "0042": "0042", "1_000": "1_000"}.items():
    see(f"{text}, PyYAML to PyYAML", read_by_pyyaml(by_pyyaml(text)), text)
    see(f"{text}, PyYAML to ruamel", read_by_ruamel(by_pyyaml(text)), other)
    see(f"{text}, PyYAML with its style", read_by_ruamel(by_pyyaml(text, default_style='"')), text)
    see(f"{text}, JSON to ruamel", read_by_ruamel(json.dumps({"value": text})), text)
for text, other in {"12:30": 750, "1:30:00": 5400, "yes": True, "no": False, "off": False, "2024-02-29": "2024-02-29"}.items():
    for kind in ("rt", "safe"):
        see(f"{text}, ruamel ({kind}) to ruamel", read_by_ruamel(by_ruamel(text, kind)), text)
        see(f"{text}, ruamel ({kind}) to PyYAML", read_by_pyyaml(by_ruamel(text, kind)), other)
    see(f"{text}, JSON to PyYAML", read_by_pyyaml(json.dumps({"value": text})), text)
see("1e16, ruamel to PyYAML", read_by_pyyaml(by_ruamel(1e16, "safe")), "1e+16")
see("1.5e20, ruamel to PyYAML", read_by_pyyaml(by_ruamel(1.5e20, "safe")), 1.5e20)
PY
