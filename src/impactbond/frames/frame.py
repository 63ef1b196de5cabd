"""A frame as it is promised: what a row is, and of every column the type, the unit, whether it may
be blank, and what it holds.

And what a column of a name holds, wherever it stands: one word for one thing. A frame says it
otherwise only where it means something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from impactbond.errors import InvariantError

_UNITS = {
    "pence": "minor units of the contract's currency",
    "days": "days",
    "percent": "per cent",
    "trials": "futures",
    "chance": "share, 0 to 1",
}
# The kinds of columns: what people call it, and how plain data in JSON writes it.
_KINDS: tuple[tuple[Any, str, Mapping[str, Any]], ...] = (
    (pa.types.is_string, "text", {"type": "string"}),
    (pa.types.is_integer, "whole number", {"type": "integer"}),
    (pa.types.is_date, "day", {"type": "string", "format": "date"}),
    (pa.types.is_boolean, "true or false", {"type": "boolean"}),
    (pa.types.is_floating, "number", {"type": "number"}),
    (pa.types.is_decimal, "exact number", {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}),
    (pa.types.is_list, "list of texts", {"type": "array", "items": {"type": "string"}}),
)


@dataclass(frozen=True)
class FrameColumn:
    """A column: its Arrow type, the unit of what stands in it, and what that is."""

    name: str
    type: pa.DataType
    unit: str
    may_be_blank: bool
    meaning: str

    @property
    def kind(self) -> str:
        """What people call its type."""
        return next(called for is_kind, called, _ in _KINDS if is_kind(self.type))

    @property
    def json_schema(self) -> dict[str, Any]:
        """What a cell of it is in JSON."""
        told = next(dict(schema) for is_kind, _, schema in _KINDS if is_kind(self.type))
        kinds = [told["type"], "null"] if self.may_be_blank else told["type"]
        return told | {"type": kinds, "description": self.meaning}


@dataclass(frozen=True)
class Frame:
    """A frame that the library gives: its name (the attribute that holds it), what one row is, and
    its columns. `more` says which columns stand there besides, by the contract.
    """

    name: str
    row: str
    columns: tuple[FrameColumn, ...]
    more: str = ""

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema: types, where a null may stand, and in each field's metadata `unit` and
        `meaning`.
        """
        return pa.schema(
            [
                pa.field(
                    one.name,
                    one.type,
                    nullable=one.may_be_blank,
                    metadata={"unit": one.unit, "meaning": one.meaning},
                )
                for one in self.columns
            ]
        )

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of its rows as plain data: days and exact numbers as texts."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.name,
            "description": self.row,
            "type": "array",
            "items": {
                "type": "object",
                "properties": {one.name: one.json_schema for one in self.columns},
                "required": [one.name for one in self.columns],
                "additionalProperties": {"type": ["string", "null"]} if self.more else False,
            },
        }


def declared(
    name: str, row: str, schema: pa.Schema, /, *, blank: str = "", more: str = "", **said: str
) -> Frame:
    """A frame from the schema of its room: which columns may be `blank`, and what those hold of
    which the name alone does not say it.
    """
    blanks, columns = blank.split(), []
    for field in schema:
        meaning = said.pop(field.name, None) or said_of(field.name)
        if meaning is None:
            raise InvariantError(f"nothing says what {name}.{field.name} holds")
        unit = next((unit for word, unit in _UNITS.items() if word in field.name.split("_")), "")
        columns.append(FrameColumn(field.name, field.type, unit, field.name in blanks, meaning))
    unknown = {*blanks, *said} - {one.name for one in columns}
    if unknown:
        raise InvariantError(f"{name} has no column {', '.join(sorted(unknown))}")
    return Frame(name, row, tuple(columns), more)


_SPREAD = {
    "mean_pence": "the mean over the futures",
    "sum_pence": "the sum over the futures, exact: over `trials` it is the mean",
    "most_pence": "the most of any future that was drawn",
}

WORDS: Mapping[str, str] = {
    # who and what
    "participant": "the key that stands for the participant",
    "milestone": "the name of the milestone in the contract",
    "funder": "the id of the funder in the contract; `school: Elm` where each school is one",
    "title": "what people call the milestone",
    "group": "the group, by the attributes that limits and results tell apart; empty for all",
    "metric": "the name of the metric in the contract",
    "result": "the name of the result of a group in the contract",
    "name": "of which tranche or fee; empty where the kind says all",
    "reason": "why, in a word that stays what it is",
    "clause": "the clause of the paper that the term cites; empty where none",
    # when
    "claim_period": "the period of the claim, such as 2018-Q1",
    "claim_date": "the day on which the claim is made",
    "period": "the claim period in which it was achieved",
    "achieved_on": "the day on which the milestone was achieved",
    "known_on": "the day on which the evidence that decides it was recorded",
    "observed_on": "the day that the row speaks of",
    "recorded_on": "the day on which it became known",
    "started_on": "the day of the start, from which windows are counted",
    "left_on": "the day on which the participant left; blank while they have not",
    "from_on": "the day from which the row holds",
    "due_on": "the day by which payment is due",
    "received_on": "the day on which the money arrived",
    # money
    "price_pence": "the price of one, or of one unit",
    "quantity": "how many; below nothing what is taken back",
    "value_pence": "quantity × price, before limits",
    "withheld_pence": "what limits or a dispute keep back of the value",
    "entitled_pence": "value less withheld",
    "amount_pence": "the amount",
    "moved_pence": "taken over from another funder, less passed on",
    "due_pence": "what is due",
    "worth_pence": "what one claim, or one unit, would then earn, before limits",
    "was_pence": "before",
    "now_pence": "after",
    "difference_pence": "now less was",
    "at_most_pence": "the limit",
    **_SPREAD,
    # from where
    "file": "the file that was delivered",
    "sheet": "its sheet, or the table that it is",
    "row": "the row in it, as a spreadsheet counts; 0 where its engine does not tell",
    "source": "who it comes from",
    # of evidence that cannot be used
    "column": "the heading; empty where the row as a whole is meant",
    "code": "the code of what is wrong: docs/errors.md; it stays what it is",
    "problem": "what is wrong, in words; never the value",
    "allowed": "what may stand there",
    "hint": "what to do",
    # of futures
    "trials": "how many futures were drawn",
    "limit": "the limit, as the contract names it",
    "verdict": "achieved, not achieved, not evidenced, not yet due, late, ineligible, withdrawn",
    "was": "before",
    "now": "after",
    "path": "the term, by its path in the contract",
    "low": "the low end",
    "high": "the high end",
}


def said_of(name: str) -> str | None:
    """What a column of that name holds, where the name alone says it."""
    if name in WORDS:
        return WORDS[name]
    rest, _, end = name.rpartition("_")
    if end == "pence" and rest[:1] == "p" and rest[1:].isdigit():
        return f"in {rest[1:]} of 100 futures it is at most this"
    if name.startswith("difference_"):
        said = said_of(name.removeprefix("difference_"))
        return said and f"of this design less the first, future by future: {said}"
    return None
