"""A contract in plain English: what stands in it, in every form, and the example as rendered."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rich_contracts import rich_contract

import impactbond as ib
from impactbond.contract.contract import Contract
from impactbond.contract.wording.conditions import condition_words
from impactbond.contract.wording.render import Form, render, write_rendered
from impactbond.contract.wording.schedule import schedule_of
from impactbond.contract.wording.words import Rule, Schedule, finished, letter, mark_of, roman
from impactbond.errors import ContractError

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "docs" / "west_london_zone.md"
FORMS: tuple[Form, ...] = ("text", "markdown", "html")


def example() -> Contract:
    return ib.read_contract(ROOT / "fixtures" / "contracts" / "west_london_zone.yaml")


def every_text(schedule: Schedule) -> Iterator[str]:
    """Everything that a schedule says, piece by piece."""
    yield from (schedule.title, schedule.about)
    for part in schedule.parts:
        yield part.heading
        yield from (text for rule in part.rules for text in of_rule(rule))
        if part.table is not None:
            yield from (cell for row in (part.table.headings, *part.table.rows) for cell in row)


def of_rule(rule: Rule) -> Iterator[str]:
    yield from (rule.says, rule.clause)
    for part in rule.parts:
        yield from of_rule(part)


def read_back(written: str, form: Form) -> str:
    """What a reader sees of a rendered contract, on one line."""
    if form == "html":
        written = html.unescape(re.sub(r"<[^>]+>", " ", written))
    elif form == "markdown":
        written = re.sub(r"\\([^A-Za-z0-9\s])", r"\1", written)
    return " ".join(written.split())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("contract", [example(), rich_contract()], ids=["example", "rich"])
def test_every_form_says_everything(contract: Contract, form: Form) -> None:
    seen = read_back(render(contract, form), form)
    assert [text for text in every_text(schedule_of(contract)) if text not in seen] == []


@pytest.mark.parametrize("form", FORMS)
def test_the_same_contract_gives_the_same_text(form: Form) -> None:
    assert render(example(), form) == render(example(), form)


def test_the_example_is_rendered_in_the_documents() -> None:
    """Where this fails, render the example again and read what has changed."""
    assert render(example(), "markdown") == GOLDEN.read_text(encoding="utf-8")


def test_rules_are_numbered_with_their_clauses_beside_them() -> None:
    text = render(example())
    assert "8.1   “Parental consent” (consent) earns £120.00 once for each participant" in text
    assert "before start through 60 days after\n      start). [Sch 2 §1]\n" in text
    assert "(e)   Philanthropic trust pays the rest, which is 43/180." in text
    assert re.findall(r"^(\d+)\. ", text, re.MULTILINE) == [str(at) for at in range(1, 16)]


def test_what_a_contract_writes_is_never_read_as_html_or_markdown() -> None:
    whole = example()
    names = whole.funders["trust"].model_copy(update={"name": "<b>Trust</b> & *Sons* | [Co](x)"})
    changed = whole.model_copy(update={"funders": whole.funders | {"trust": names}})
    page, text = render(changed, "html"), render(changed, "markdown")
    assert "&lt;b&gt;Trust&lt;/b&gt; &amp; *Sons*" in page
    assert "<b>Trust" not in page
    assert r"\<b\>Trust\</b\> & \*Sons\* \| \[Co\](x)" in text


def test_a_form_that_there_is_not_is_refused() -> None:
    with pytest.raises(ContractError, match="allowed: text, markdown, html"):
        render(example(), "pdf")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "starts"), [("c.md", "# West"), ("c.HTML", "<!DOCTYPE html>"), ("c.txt", "West")]
)
def test_the_ending_of_a_file_names_the_form(tmp_path: Path, name: str, starts: str) -> None:
    path = write_rendered(example(), tmp_path / name)
    assert path.read_text(encoding="utf-8").startswith(starts)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="cannot be written: no such file or directory"):
        write_rendered(example(), tmp_path / "nowhere" / "c.md")


def test_marks_of_parts_go_on_after_the_alphabet() -> None:
    assert [letter(place) for place in (0, 25, 26, 27, 52)] == ["a", "z", "aa", "ab", "ba"]
    assert [roman(place) for place in (0, 3, 4, 8, 9)] == ["i", "iv", "v", "ix", "x"]
    assert [mark_of(1, depth) for depth in range(3)] == ["(b)", "(ii)", "(b)"]


def test_parts_of_a_rule_end_with_semicolons_and_the_last_with_a_full_stop() -> None:
    inner = Rule("both", "", (Rule("one"), Rule("two")))
    told = finished(Rule("it holds when", "§1", (inner, Rule("three"))))
    assert told.says == "It holds when:"
    assert [part.says for part in told.parts] == ["both:", "three."]
    assert [part.says for part in told.parts[0].parts] == ["one;", "two;"]


SAID = {
    "counted": "“lesson” is marked came at least 3 times in “later” (1 year after start through 2"
    " years after start)",
    "shared": "at least 2/3 of the “lesson” sessions scheduled in “year one” (start to 1 year after"
    " start) are marked came",
    "shared some": "at least 90% of the “lesson” sessions scheduled in “year one” (start to 1 year"
    " after start), those marked closed left out, are marked “present” or sent",
    "counted some": "“lesson”, with any mark but “no lesson” or sent, is recorded at least 2 times"
    " in “later” (1 year after start through 2 years after start)",
    "total": "“earned” adds up to at least 500.5 pounds in “fixed” (1 January 2020 through 31"
    " December 2021)",
    "improves": "the last “score” in “later” (1 year after start through 2 years after start) is"
    " lower than the first in “before” (3 months before start to 2 weeks after start) by at"
    " least 5",
    "unbroken": "“home” is kin for 6 months without a break, in “later” (1 year after start through"
    " 2 years after start)",
    "absence": "“offence” is recorded as having happened no more than 1 time in “year one” (start"
    " to 1 year after start), and, to show that somebody looked, the following holds: (1)"
    " “visit”, whatever its mark, is recorded at least 1 time in “year one”",
    "not named": "it is evidenced, and is not the case, that “joined up” is met",
    "all named": "all of these conditions are met: “joined up” and “counted”",
    "some named": "at least 1 of these 3 conditions is met: “joined up”, “counted” and “shared”",
}


@pytest.mark.parametrize("name", SAID)
def test_a_condition_reads_as_a_sentence(name: str) -> None:
    contract = rich_contract()
    assert condition_words(contract, contract.conditions[name]) == SAID[name]
