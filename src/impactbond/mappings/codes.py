"""Codes of a partner's file and what each means: a mark, an answer, a number, or nothing; some for
some days only. A code that is not listed is refused, never taken for something.

And the marks of several slots that stand in one cell, one after the other: `/\\` is one of the
morning and one of the afternoon.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from impactbond.evidence.cells import Broken, Percent, why_broken
from impactbond.evidence.deliveries import Cells
from impactbond.evidence.refusals import Refusal
from impactbond.mappings.refused_cells import code_not_in_force, not_a_mark_each
from impactbond.terms.diagnostic import Diagnostics, Path, around, fault_at
from impactbond.terms.term import Day, Term
from impactbond.texts import one_spelling

NOTHING = "nothing"


class CodeMeaning(Term):
    """What a code means, on which days: a word, a number, or `nothing`, like a blank cell."""

    is_: str | int | Decimal = Field(alias="is", description="what it stands for, or nothing")
    from_: Day | None = Field(default=None, alias="from", description="the first day")
    through: Day | None = Field(default=None, description="the last day")

    def holds_on(self, day: date | None) -> bool:
        """Whether it means this on a day; without a day, only what has no days holds."""
        # Where the day is not known a meaning of some days only is none.
        if day is None:
            return self.from_ is None and self.through is None
        return (self.from_ is None or self.from_ <= day) and (
            self.through is None or day <= self.through
        )

    @property
    def cell(self) -> object:
        """What the evidence is given in its place."""
        return None if self.is_ == NOTHING else self.is_


def _as_meanings(value: Any) -> Any:
    if isinstance(value, CodeMeaning):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(_as_meaning(one) for one in value)
    return (_as_meaning(value),)


def _as_meaning(value: Any) -> Any:
    return value if isinstance(value, Mapping | CodeMeaning) or value is None else {"is": value}


def _as_codes(value: Any) -> Any:
    return (
        {one_spelling(str(key)): one for key, one in value.items()}
        if isinstance(value, dict)
        else value
    )


Meanings = Annotated[
    tuple[CodeMeaning, ...], BeforeValidator(_as_meanings, json_schema_input_type=Any)
]
Codes = Annotated[dict[str, Meanings], BeforeValidator(_as_codes)]


def code_of(cell: object) -> str | Refusal:
    """A cell as a code is written: whole numbers by their digits, TRUE and FALSE as they show."""
    broken = why_broken(cell) if isinstance(cell, Broken | Percent | str) else None
    if broken is not None:
        return broken
    if isinstance(cell, str):
        return cell
    # Before numbers: True is 1 to Python, and TRUE to whoever typed it.
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def meant(meanings: tuple[CodeMeaning, ...], day: date | None) -> object:
    """What a code stands for on a day; a Refusal where it stands for nothing that is known."""
    for one in meanings:
        if one.holds_on(day):
            return one.cell
    return code_not_in_force([(one.from_, one.through) for one in meanings])


def check_codes(codes: Mapping[str, tuple[CodeMeaning, ...]], path: Path) -> Diagnostics:
    """Whether the days of each code are in order and none has two meanings on a day."""
    for code, meanings in codes.items():
        here = (*path, code)
        for one in meanings:
            if one.from_ and one.through and one.through < one.from_:
                problem = f"the last day of the code '{code}' comes before its first"
                rests = around(here, ["from", "through"])
                yield fault_at(here, "no_days", problem, rests=rests)
        if any(_overlap(one, other) for one, other in _pairs(meanings)):
            problem = f"the code '{code}' has two meanings on one day"
            yield fault_at(here, "two_meanings", problem, hint="Let one end before the other")


def _pairs(meanings: tuple[CodeMeaning, ...]) -> Iterator[tuple[CodeMeaning, CodeMeaning]]:
    for place, one in enumerate(meanings):
        for other in meanings[place + 1 :]:
            yield one, other


def _overlap(one: CodeMeaning, other: CodeMeaning) -> bool:
    first = max(one.from_ or date.min, other.from_ or date.min)
    return first <= min(one.through or date.max, other.through or date.max)


def marks_of_slots(
    cells: Cells, slots: Sequence[str], codes: Container[str]
) -> tuple[list[Cells], dict[int, Refusal]]:
    """The marks of each slot, cell by cell, and the cells that do not hold one for each.

    Marks stand with blanks between them, or are of one letter each. What is a code as a whole could
    be either, and is neither.
    """
    found: list[Cells] = [[] for _ in slots]
    refusals: dict[int, Refusal] = {}
    for place, cell in enumerate(cells):
        marks: Sequence[object] = [None] * len(slots)
        text = None if cell is None else code_of(cell)
        if isinstance(text, Refusal):
            refusals[place] = text
        elif text is not None:
            parts = text.split()
            letters = parts if len(parts) == len(slots) else list("".join(parts))
            if len(letters) == len(slots) and text not in codes:
                marks = letters
            else:
                refusals[place] = not_a_mark_each(slots)
        for column, mark in zip(found, marks, strict=True):
            column.append(mark)
    return found, refusals
