"""What every command answers with `--json`, and the JSON Schema of each: `python -m tests.answers`
writes `docs/schemas/answers.json` anew from what the commands say.

A schema says which keys there always are and of which type each value is. A mapping whose keys are
names of the contract, the area or the files (see `BY_NAME`) says only what stands under each name.
Keys may be added by a later version: whoever reads an answer leaves out what it does not know.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from tests.commands import run
from tests.evidence_workbooks import AREA, CONTRACT, FEB, MAR, few_children, write_book

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "docs" / "schemas" / "answers.json"
SETTLED = ("contract.yaml", "evidence.xlsx", "--as-of", "2017-04-30")
BANK = "receipt,funder,received_on,amount\nB-1,council,2017-06-01,5\n"
WLZ = ROOT / "fixtures" / "contracts" / "west_london_zone.yaml"
RECEIPTS = str(ROOT / "fixtures" / "receipts" / "west_london_zone.csv")
MAPPED = ("answers.csv", "--out", "mapping.yaml")
YEAR = ("year-end", *SETTLED[:2], "--on", "2017-03-31")
# Every command, each with calls that give its answers; a command with several has all of their
# keys, those that one of them lacks left open.
CALLS: dict[str, tuple[tuple[str, ...], ...]] = {
    "check": (("check", "contract.yaml"), ("check", str(WLZ))),
    "check-evidence": (
        ("check-evidence", *SETTLED[:2]),
        ("check-evidence", "contract.yaml", "bad.xlsx"),
    ),
    "compare": (
        ("compare", "q1.record", "q2.record"),
        ("compare", "contract.yaml", "dearer.yaml"),
    ),
    "demo": (),  # it is `settle`, of what comes with impactbond
    "difference": (("difference", "contract.yaml", "dearer.yaml"),),
    "explain": (
        ("explain", "q1.record", "--participant", "C-1"),
        ("explain", *SETTLED, "--line", "2017-Q1/0001"),
        ("explain", "wlz.record", "--participant", "C-0001"),
    ),
    "forget": (("forget", "q1.record", "--participants", "who.txt", "--out", "forgotten"),),
    "identify": (("identify", *SETTLED, "--condition", "signed"),),
    "learn": (("learn", *SETTLED, "--out", "learnt.yaml"),),
    "map": (("map", *MAPPED),),
    "new": (("new", "fresh.yaml"),),
    "page programme": (("page", "programme", *SETTLED, "--out", "p.html"),),
    "page reconciliation": (
        ("page", "reconciliation", *SETTLED, "--receipts", "bank.csv", "--out", "r.html"),
    ),
    "page statement": (("page", "statement", *SETTLED, "--out", "s.html"),),
    "plan": (("plan", "q1.record"),),
    "pseudonymise": (
        (
            *(
                "pseudonymise",
                "people.csv",
                "--column",
                "child",
                "--key",
                "keys/new.key",
                "--new-key",
            ),
            *("--out", "keys.csv"),
        ),
    ),
    "publish": (("publish", *SETTLED, "--out", "published"),),
    "reconcile": (
        ("reconcile", "q1.record", "--receipts", "bank.csv"),
        ("reconcile", "wlz.record", "--receipts", RECEIPTS, "--leave-out-refused"),
    ),
    "record": (("record", *SETTLED, "--out", "again.record"),),
    "regenerate": (("regenerate", "q1.record"), ("regenerate", "wlz.record")),
    "render": (("render", "contract.yaml"),),
    "score": (("score", "answers.csv", "--instrument", "who-5"),),
    "settle": (("settle", *SETTLED, "--out", "sent"),),
    "show": (("show", "q1.record"), ("show", "wlz.record")),
    "simulate": (("simulate", "contract.yaml", "area.yaml", "--trials", "20"),),
    "template": (("template", "contract.yaml", "--out", "template.xlsx"),),
    "up-front": (("up-front", "contract.yaml", "first", "--out", "first"),),
    "verify": (("verify", "sent"), ("verify", "sent/small_2017-Q1_council.xlsx", "q1.record")),
    "year-end": ((*YEAR, "--out", "year"),),
    "error": (
        ("settle", "contract.yaml", "bad.xlsx", "--as-of", "2017-04-30", "--out", "none"),
        ("check", "nowhere.yaml"),
        ("nothing",),
    ),
}
# Where the keys of an answer are names: of funders, milestones, tables, files.
BY_NAME = {
    "explain/participant_rows[]/attributes",
    "identify/by_areas",
    "publish/tables",
    "score/without_a_score",
    "settle/due_pence",
    "show/due",
    "show/due_pence",
    "show/rows",
    "up-front/due_pence",
}


def prepare(folder: Path) -> None:
    """Everything that the commands read, in a folder."""
    more = "conditions:\n  signed: {observed: consent, in: year}\nmilestones:"
    first = "{pay: 5.00, on: 2017-01-03, by: {council: 100%}, recovered: {at: 40%}}"
    text = CONTRACT.replace("milestones:", more) + f"\ntranches:\n  first: {first}\n"
    (folder / "contract.yaml").write_text(text)
    dearer = text.replace("number: 1, kind: original", "number: 2, kind: amendment")
    (folder / "dearer.yaml").write_text(dearer.replace("price: 100.00", "price: 110.00"))
    for name, answer in (("evidence", "yes"), ("bad", "SECRET")):
        forms = [("F1", "C-1", FEB, MAR, None, "parent", "scan", answer)]
        write_book(folder / f"{name}.xlsx", {"Forms": forms})
    given = {
        "who.txt": "C-1\n",
        "area.yaml": AREA,
        "bank.csv": BANK,
        "people.csv": "child\nC-1\nC-2\n",
        "answers.csv": "child,q1,q2,q3,q4,q5\nC-1,1,2,3,4,5\n",
    }
    for name, content in given.items():
        (folder / name).write_text(content)
    few_children(folder / "wlz.xlsx")
    day = ("--as-of", "2018-01-31", "--leave-out-refused")
    done = run("record", WLZ, "wlz.xlsx", *day, "--out", "wlz.record")
    assert done.returncode == 0, done.stderr
    for name, until in (("q1", "2017-04-30"), ("q2", "2017-07-31")):
        done = run("record", *SETTLED[:2], "--as-of", until, "--out", f"{name}.record")
        assert done.returncode == 0, done.stderr


def answers() -> dict[str, list[Any]]:
    """What every call says, read as JSON, by the name of its command."""
    found: dict[str, list[Any]] = {}
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        prepare(Path())
        # What settle wrote is verified: it comes before.
        for name in sorted(CALLS, key=lambda one: (one != "settle", one)):
            for words in CALLS[name]:
                done = run(*words, "--json")
                assert done.stdout, (words, done.stderr)
                assert (done.returncode > 1) == (name == "error"), (words, done.stdout)
                found.setdefault(name, []).append(json.loads(done.stdout))
    return dict(sorted(found.items()))


def schema_of(values: list[Any], path: str) -> dict[str, Any]:
    """The schema of values that stand at one place of an answer."""
    kinds = sorted({_kind(value) for value in values})
    # Nothing was said here: of what would be, nothing is known.
    kinds = [] if kinds == ["null"] else kinds
    schema: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds} if kinds else {}
    mappings = [value for value in values if isinstance(value, dict)]
    if mappings:
        inside: dict[str, list[Any]] = {}
        for value in mappings:
            for key, one in value.items():
                inside.setdefault(key, []).append(one)
        if path in BY_NAME:
            every = [one for held in inside.values() for one in held]
            schema["additionalProperties"] = schema_of(every, f"{path}/*")
        else:
            schema["properties"] = {
                key: schema_of(held, f"{path}/{key}") for key, held in sorted(inside.items())
            }
            schema["required"] = sorted(
                key for key in inside if all(key in one for one in mappings)
            )
    lists = [one for value in values if isinstance(value, list) for one in value]
    if lists:
        schema["items"] = schema_of(lists, f"{path}[]")
    return schema


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {bool: "boolean", str: "string", dict: "object", list: "array", int: "integer"}
    return kinds.get(type(value), "number")


def schemas(found: dict[str, list[Any]]) -> dict[str, Any]:
    """The schemas of all answers, as one document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What the commands of impactbond answer with --json",
        "$defs": {name: schema_of(told, name) for name, told in found.items()},
    }


if __name__ == "__main__":
    os.environ.setdefault("NO_COLOR", "1")
    SCHEMAS.write_text(json.dumps(schemas(answers()), indent=1) + "\n", encoding="utf-8")
    print(f"Wrote {SCHEMAS.relative_to(ROOT)}")
