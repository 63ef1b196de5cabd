"""The documents of the design name only what there is: tests, numbers, terms, and each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MappingProxyType

import pytest
from tests.test_mechanics import MECHANICS, marked

from impactbond.contract.contract import Contract

ROOT = Path(__file__).parents[1]
DESIGN = ROOT / "docs" / "design"
LINKED = ("README.md", "SECURITY.md", "tests/README.md")
GAPS = "## What is not yet held"
# Mechanics that evidence says and no term of the contract.
COLUMNS = {"left_on", "status"}
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_TEST_FILE = re.compile(r"tests/[\w/]*\.(?:py|yaml)")
_MODULE = re.compile(r"`((?:\w+/)*(?:\w+\.py|\w+/))`")
_CITED = re.compile(r"\bpromises?((?:\s|,|:|#|and|to|–|-|\d)+)", re.IGNORECASE)


def mechanics_told(text: str) -> Counter[int]:
    """How often each number stands at the beginning of a row of a table."""
    return Counter(int(number) for number in re.findall(r"^\| (\d+) \|", text, re.MULTILINE))


def promises_told(text: str) -> list[int]:
    """The numbers of the promises, in the order in which they stand."""
    return [int(number) for number in re.findall(r"^(\d+)\. \*\*", text, re.MULTILINE)]


def gaps_told(text: str) -> set[int]:
    """The numbers of the promises that a table of gaps is about."""
    cells = re.findall(r"^\| ([\d, ]+) \|", text, re.MULTILINE)
    return {int(number) for cell in cells for number in cell.split(",")}


def promises_cited(text: str) -> set[int]:
    """The numbers of promises that a text cites: `promise 7`, `Promises 1 and 3`, `promises 3–5`.

    A number stands on one line with the word, so that a sum in the next line is none.
    """
    found: set[int] = set()
    for line in text.splitlines():
        for cited in _CITED.findall(line):
            for first, last in re.findall(r"(\d+)(?:\s*(?:to|–|-)\s*(\d+))?", cited):
                found |= set(range(int(first), int(last or first) + 1))
    return found


def files_named(text: str) -> set[str]:
    """The paths of tests that a text names, from the root of the repository."""
    return set(_TEST_FILE.findall(text))


def not_there(text: str) -> set[str]:
    """The modules and folders of the package that a text names and that there are not. A name alone
    stands for a file in the folder of the one before it.
    """
    source, missing, folder = ROOT / "src" / "impactbond", set(), Path()
    for name in _MODULE.findall(text):
        if (ROOT / name).exists():
            continue
        place = Path(name) if "/" in name or (source / name).exists() else folder / name
        folder = place.parent
        if not (source / place).exists():
            missing.add(name)
    return missing


def anchor_of(heading: str) -> str:
    """What the heading of a section is called in a link to it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors_of(page: Path) -> set[str]:
    """The sections of a page that a link can lead to."""
    if page.suffix != ".md" or not page.is_file():
        return set()
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {anchor_of(heading) for heading in headings}


def broken_links(page: Path) -> list[str]:
    """The relative links of a page that lead to no file, or to no section of it."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    broken = []
    for link in _LINK.findall(text):
        path, _, section = link.partition("#")
        target = page.parent / path if path else page
        if ":" not in path and not (
            target.exists() and (not section or section in anchors_of(target))
        ):
            broken.append(link)
    return broken


def terms_said_with(text: str) -> Iterator[str]:
    """The terms in the last column of the tables of mechanics: keys, and single words."""
    for row in re.findall(r"^\| \d+ \|.*$", text, re.MULTILINE):
        for code in re.findall(r"`([^`]+)`", row.strip("| ").rsplit(" | ", 1)[-1]):
            keys = re.findall(r"([a-z][a-z_]*): ", code)
            yield from keys or re.findall(r"^[a-z_]+$", code)


def terms_of_the_language() -> set[str]:
    """Every key of every term of a contract."""
    schema = Contract.model_json_schema()
    return {
        key for term in (schema, *schema["$defs"].values()) for key in term.get("properties", ())
    }


def pages() -> Iterable[Path]:
    return [*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / name for name in LINKED)]


def sources() -> dict[Path, str]:
    """Every text of the tests and of the package."""
    folders = (ROOT / "tests", ROOT / "src")
    paths = [path for folder in folders for path in folder.rglob("*.py") if path != Path(__file__)]
    assert len(paths) > 100, "there is nothing to check"
    return {path: path.read_text("utf-8") for path in paths}


def test_every_mechanic_stands_once_and_every_mark_is_told() -> None:
    told = mechanics_told((DESIGN / "mechanics.md").read_text("utf-8"))
    assert told == Counter(MECHANICS)
    marks = {number for text in sources().values() for number in marked(text)}
    assert marks == set(told)


def test_every_mechanic_is_said_with_terms_of_the_language() -> None:
    named = set(terms_said_with((DESIGN / "mechanics.md").read_text("utf-8")))
    assert len(named) > 80, "there is nothing to check"
    assert named - terms_of_the_language() - COLUMNS == set()


def test_every_promise_is_told_in_order_and_held_by_a_test() -> None:
    told, _, gaps = (DESIGN / "promises.md").read_text("utf-8").partition(GAPS)
    assert promises_told(told) == list(range(1, 19))
    each = dict(enumerate(re.split(r"^\d+\. \*\*", told, flags=re.MULTILINE)[1:], 1))
    assert {number for number, text in each.items() if not files_named(text)} == set()
    # What is held in part is said in what it is not, and nothing else is said not to be held.
    assert {number for number, text in each.items() if "In part: " in text} == gaps_told(gaps)


def test_every_promise_that_is_cited_is_told() -> None:
    told = set(promises_told((DESIGN / "promises.md").read_text("utf-8")))
    cited = {number for text in sources().values() for number in promises_cited(text)}
    assert {2, 3, 5, 8} <= cited, "the citations are not found"
    assert cited <= told


@pytest.mark.parametrize("page", ["docs/design/promises.md", "tests/README.md"])
def test_every_test_that_is_named_is_there(page: str) -> None:
    named = files_named((ROOT / page).read_text("utf-8"))
    assert len(named) > 5, "there is nothing to check"
    assert {name for name in named if not (ROOT / name).is_file()} == set()


@pytest.mark.parametrize("page", ["layout.md", "flow.md"])
def test_every_module_that_is_named_is_there(page: str) -> None:
    text = (DESIGN / page).read_text("utf-8")
    assert len(_MODULE.findall(text)) > 15, "there is nothing to check"
    assert not_there(text) == set()


def test_every_link_leads_somewhere() -> None:
    assert any(_LINK.search(page.read_text("utf-8")) for page in pages())
    assert {page.name: broken_links(page) for page in pages() if broken_links(page)} == {}


def test_the_test_that_is_shown_stands_in_the_specification() -> None:
    text = (ROOT / "tests" / "README.md").read_text("utf-8")
    shown = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    spec = "".join(path.read_text("utf-8") for path in (ROOT / "tests" / "spec").glob("*.py"))
    assert shown
    assert all(one in spec for one in shown)


WRONG = MappingProxyType(
    {
        "mechanics": "| 1 | flat | … | `price` |\n| 1 | twice | … | `prize: 0`, `onward` |\n",
        "promises": "1. **One.**\n   Held by `tests/spec/test_nothing.py`.\n3. **Three.**\n",
        "citing": "Promises 1 and 3, promise 27; the promises 4–6 hold, whatever 99 is.",
    }
)


def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    assert mechanics_told(WRONG["mechanics"]) == {1: 2} != Counter(MECHANICS)
    said = set(terms_said_with(WRONG["mechanics"]))
    assert said - terms_of_the_language() == {"prize", "onward"}
    assert promises_told(WRONG["promises"]) == [1, 3]
    assert gaps_told("| 1 | all |\n| 12, 13 | much |\n| none | … |") == {1, 12, 13}
    assert files_named(WRONG["promises"]) == {"tests/spec/test_nothing.py"}
    named = "`terms/rounding.py`, `prices.py`, `tests/house.py`: `terms/gone.py`, `lost.py`"
    assert not_there(named) == {"terms/gone.py", "lost.py"}
    assert promises_cited(WRONG["citing"]) == {1, 3, 4, 5, 6, 27}
    page = tmp_path / "page.md"
    page.write_text(
        "# A page, of links\n[here](#a-page-of-links) [there](#nowhere) [gone](gone.md)"
        " [web](https://example.org)\n```\n[code](no.md)\n```\n",
        encoding="utf-8",
    )
    assert broken_links(page) == ["#nowhere", "gone.md"]
