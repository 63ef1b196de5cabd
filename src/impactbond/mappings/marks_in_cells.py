"""The marks of several slots that stand in one cell, one after the other: `/\\` is one of the
morning and one of the afternoon.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from impactbond.evidence.deliveries import Cells
from impactbond.evidence.refusals import Refusal
from impactbond.mappings.codes import code_of
from impactbond.mappings.refused_cells import not_a_mark_each


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
