"""Whoever meets a code finds its cause and its cure: every code that the package gives stands on
the page of errors, with both.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "impactbond"
PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
TOLD = {
    code: (cause, cure)
    for code, cause, cure in re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", PAGE, re.MULTILINE)
}
TREES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))}
A_CODE = re.compile(r"[a-z]+(_[a-z]+)*")
# What takes an argument `code` that is no code of a refusal: of a currency, a funder, an account.
OTHER = {
    *("Currency", "why_no_currency", "is_verdict", "verdict_and_reason", "Accepted", "Fund"),
    *("JournalLine", "shown_by", "_sections", "Account", "ScheduleRow", "Balance", "Received"),
    *("MilestoneTotals", "GroupTotals", "ContractCheck", "__init__", "Column"),
}
# What stands where another function takes its code: what is refused.
NO_CODES = {"counts", "evidence"}


def takers(tree: ast.Module) -> dict[str, int]:
    """Where each function, or class of plain values, of a module takes its code."""
    found = {}
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.FunctionDef):
            names = [one.arg for one in node.args.posonlyargs + node.args.args]
            names = names[1:] if names[:1] == ["self"] else names
        elif isinstance(node, ast.ClassDef):
            fields = (one.target for one in node.body if isinstance(one, ast.AnnAssign))
            names = [one.id for one in fields if isinstance(one, ast.Name)]
        if "code" in names and isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = names.index("code")
    return found


EVERYWHERE = {name: at for tree in TREES.values() for name, at in takers(tree).items()}
EVERYWHERE["PydanticCustomError"] = 0


def words_of(node: ast.expr) -> Iterator[str]:
    """The codes that an expression can be: one, or one of two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from words_of(node.body)
        yield from words_of(node.orelse)


def codes_in(tree: ast.Module) -> Iterator[str]:
    """The codes that a module gives as arguments, or by a name `code`."""
    taking = EVERYWHERE | takers(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in OTHER:
                continue
            given = [word.value for word in node.keywords if word.arg == "code"]
            at = taking.get(name)
            if at is not None and at < len(node.args):
                given.append(node.args[at])
            for one in given:
                yield from words_of(one)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if node.targets[0].id == "code":
                yield from words_of(node.value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            names = [getattr(one, "id", "") for one in node.targets[0].elts]
            if "code" in names and isinstance(node.value, ast.Tuple):
                yield from words_of(node.value.elts[names.index("code")])


def test_every_code_of_the_package_has_its_cause_and_its_cure() -> None:
    given = {code for tree in TREES.values() for code in codes_in(tree)}
    given = {code for code in given if A_CODE.fullmatch(code)} - NO_CODES
    assert len(given) > 450
    assert given - TOLD.keys() == set()
    for code, (cause, cure) in TOLD.items():
        assert len(cause) > 5, code
        assert len(cure) > 5, code
        assert cure.endswith((".", ".)")), code


def test_the_page_tells_of_no_code_that_is_not_given() -> None:
    text = "\n".join(path.read_text("utf-8") for path in TREES)
    # Codes that are made of two words: unknown_ and what is not known.
    made = {code for code in TOLD if re.match(r"(unknown|unused|circular)_|\w+_twice", code)}
    assert {code for code in TOLD if f'"{code}"' not in text} - made == set()


def test_no_code_is_told_twice() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(set(rows))
