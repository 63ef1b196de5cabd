"""Every payment mechanic of docs/design/mechanics.md is held by a spec test that is marked with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SPEC = Path(__file__).parent / "spec"
DOCUMENT = Path(__file__).parents[1] / "docs/design/mechanics.md"
# The table is the only place where the numbers stand: a new row asks for its test by itself.
MECHANICS = [int(n) for n in re.findall(r"^\| (\d+) \|", DOCUMENT.read_text("utf-8"), re.M)]


def marked(source: str) -> Iterator[int]:
    """The numbers of the mechanics that the tests in a file are marked with."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.mechanic":
                    yield from (one.value for one in mark.args if isinstance(one, ast.Constant))  # type: ignore[misc]


def without(numbers: set[int]) -> list[int]:
    """The mechanics that none of these numbers stands for."""
    return [number for number in MECHANICS if number not in numbers]


def test_every_mechanic_has_a_spec_test() -> None:
    found = {
        number for path in SPEC.glob("test_*.py") for number in marked(path.read_text("utf-8"))
    }
    assert not without(found)
    assert found <= set(MECHANICS)


def test_a_mechanic_without_a_test_is_seen() -> None:
    one = "import pytest\n@pytest.mark.mechanic(1, 3)\ndef test_a(): ...\n"
    assert set(marked(one)) == {1, 3}
    assert without(set(marked(one)))[:2] == [2, 4]


def test_the_numbers_of_the_mechanics_are_told_once_and_in_order() -> None:
    assert sorted(set(MECHANICS)) == MECHANICS
    assert MECHANICS[:126] == list(range(1, 127))
