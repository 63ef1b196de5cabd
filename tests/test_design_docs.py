"""The documents of the design name what there is: mechanics, promises, tests, and each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.test_mechanics import marked

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
DOCUMENTS = sorted(
    [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), TESTS / "README.md"],
    key=lambda path: path.as_posix(),
)
MECHANICS = (ROOT / "docs" / "design" / "mechanics.md").read_text(encoding="utf-8")
PROMISES = (ROOT / "docs" / "design" / "promises.md").read_text(encoding="utf-8")


def numbers(document: str) -> list[int]:
    """The numbers of a document's tables, in order."""
    return [int(number) for number in re.findall(r"^\| (\d+) \|", document, re.MULTILINE)]


def named_beside(document: str) -> dict[int, set[str]]:
    """The tests that a document names beside each number."""
    rows = re.findall(r"^\| (\d+) \|(.*)\|$", document, re.MULTILINE)
    return {int(number): set(re.findall(r"`([\w/]+\.py)`", told)) for number, told in rows}


def broken_links(document: Path) -> list[str]:
    """The relative links of a document that lead nowhere."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    return [link for link in links if not (document.parent / link).exists()]


def test_every_mechanic_stands_once_beside_the_tests_that_are_marked_with_it() -> None:
    assert numbers(MECHANICS) == list(range(1, 127))
    in_tests: dict[int, set[str]] = {number: set() for number in numbers(MECHANICS)}
    for path in TESTS.rglob("test_*.py"):
        for number in marked(path.read_text(encoding="utf-8")):
            in_tests[number].add(path.relative_to(TESTS).as_posix())
    assert named_beside(MECHANICS) == in_tests


def test_every_promise_that_a_test_cites_is_one() -> None:
    cited = {
        int(number)
        for path in TESTS.rglob("*.py")
        for number in re.findall(r"[Pp]romise (\d+)", path.read_text(encoding="utf-8"))
    }
    assert cited
    assert cited <= set(numbers(PROMISES))


def test_every_test_that_holds_a_promise_is_there() -> None:
    named = set().union(*named_beside(PROMISES).values())
    assert len(named) > 10
    assert [name for name in named if not (TESTS / name).is_file()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    assert broken_links(document) == []


def test_what_is_wrong_in_a_document_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[there](page.md) [gone](gone.md#part) [web](https://a.example)")
    assert broken_links(page) == ["gone.md"]
    assert numbers("| 1 | a |\n| 3 | b |\n") == [1, 3]
    assert named_beside("| 3 | b | `spec/test_a.py`, `spec/test_b.py` |\n") == {
        3: {"spec/test_a.py", "spec/test_b.py"}
    }
