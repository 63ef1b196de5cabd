"""Going through the tutorial as its reader does; `python -m tests.tutorial` keeps what is answered.

A page says in a comment before a block what is done with it: a file is written, a line of a file is
put right, rows or a cell are typed into a workbook. Blocks of `console` are run, and answer as they
show; `…` stands for what is left out.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
from tests.commands import run

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial"
LEFT_OUT = "…"
_STEP = re.compile(
    r"<!-- (?P<does>[^>]+) -->\n+(?:```\w*\n(?P<text>.*?)```|(?P<table>(?:\|[^\n]*\n)+))"
    r"|```console\n(?P<console>.*?)```",
    re.DOTALL,
)


def pages() -> list[Path]:
    """The pages in the order of their numbers."""
    return sorted(TUTORIAL.glob("[0-9]*.md"))


def go_through(text: str) -> str:
    """Do what a page says, in the folder that we stand in; the page with what was answered."""

    def done(step: re.Match[str]) -> str:
        if step["console"] is not None:
            return f"```console\n{_answered(step['console'])}```"
        _do(step["does"], step["text"] or step["table"])
        return step[0]

    return _STEP.sub(done, text)


def _do(does: str, given: str) -> None:
    word, _, where = does.partition(" ")
    match word:
        case "write":
            Path(where).write_text(given, encoding="utf-8")
        case "line":
            number, name = where.split(" of ")
            lines = Path(name).read_text(encoding="utf-8").splitlines(keepends=True)
            lines[int(number) - 1] = given
            Path(name).write_text("".join(lines), encoding="utf-8")
        case "type":
            _type(*where.removeprefix("into ").split(", "), given)
        case _:
            raise ValueError(f"the tutorial does what nobody knows: {does}")


def _type(name: str, sheet: str, given: str) -> None:
    """A table below the last row of a sheet; cell by cell where its first heading is `cell`."""
    book = openpyxl.load_workbook(name)
    headings, _, *rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in given.splitlines()
    ]
    if headings[0] == "cell":
        for cell, value in rows:
            book[sheet][cell] = _typed(value)
    else:
        places = {cell.value: cell.column for cell in book[sheet][1]}
        column = book[sheet]["A"]
        last = max(cell.row for cell in column if cell.value is not None)
        for number, row in enumerate(rows, last + 1):
            for heading, value in zip(headings, row, strict=True):
                book[sheet].cell(number, places[heading], _typed(value))
    book.save(name)


def _typed(text: str) -> str | int | date | None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return date.fromisoformat(text)
    return int(text) if text.isdigit() else text or None


def _answered(console: str) -> str:
    """The commands, each with what it answers: as shown, but for what is left out there."""
    told = []
    for one in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, shown = one.partition("\n")
        answered = run(*shlex.split(command)[1:])
        answer = (answered.stdout + answered.stderr).rstrip() + "\n"
        told.append(f"$ {command}\n{shown if alike(shown, answer) else answer}")
    return "".join(told)


def alike(shown: str, answer: str) -> bool:
    """Whether an answer is what is shown, but for what is left out."""
    parts = map(re.escape, shown.rstrip().split(LEFT_OUT))
    return re.fullmatch(".*".join(parts), answer.rstrip(), re.DOTALL) is not None


def gone_through() -> Iterator[tuple[Path, str]]:
    """Every page, with what it is when its commands have been answered once more."""
    before = Path.cwd()
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for page in pages():
                yield page, go_through(page.read_text(encoding="utf-8"))
        finally:
            os.chdir(before)


def main() -> None:
    """Keep what is answered."""
    for page, text in gone_through():
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
