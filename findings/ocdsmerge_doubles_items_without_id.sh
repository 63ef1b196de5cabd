#!/usr/bin/env bash
# Guess: merging the releases of one contract (Open Contracting Data Standard) replaces the
#   earlier list of transactions by the later one, or merges its items, so that publishing the
#   same list twice changes nothing.
# Behaviour: items with an id are merged; items without one are added again by every release. Two
#   releases that both list the one transaction of 50.00 compile into two, and three into three;
#   no warning. An empty list later does not take the earlier items away, nor does null of one
#   field leave a trace: it is gone. And the ids 1 and "1" are one item, the later value winning.
#   (A list of plain values is replaced.)
# Versions: ocdsmerge 0.8.0, Python 3.11.
# So: refuse transactions without an id before merging, and compare sums with the latest release.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check ocdsmerge==0.8.0
"$work/venv/bin/python" - <<'PY'
import sys

import ocdsmerge


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def compiled(*lists):
    releases = [
        {
            "ocid": "ocds-000000-1",
            "id": str(number),
            "date": f"2024-0{number}-01T00:00:00Z",
            "tag": ["implementation"],
            "implementation": {"transactions": items, "milestones": [f"milestone {number}"]},
        }
        for number, items in enumerate(lists, 1)
    ]
    merger = ocdsmerge.Merger(schema={"properties": {}})
    return merger.create_compiled_release(releases)["implementation"]


paid = {"value": {"amount": 50.0, "currency": "GBP"}}
named = {"id": "a", "value": {"amount": 50.0, "currency": "GBP"}}
for times in (1, 2, 3):
    see(f"the same release {times} times, no id", len(compiled(*[[paid]] * times)["transactions"]), times)
    see(f"the same release {times} times, with id", len(compiled(*[[named]] * times)["transactions"]), 1)
see("an empty list later", compiled([paid, named], [])["transactions"], [paid, named])
both = compiled([{"id": 1, "note": "first"}], [{"id": "1", "note": "second"}])["transactions"]
see("ids 1 and '1'", [item["note"] for item in both], ["second"])
see("plain values", compiled([], [])["milestones"], ["milestone 2"])
PY
