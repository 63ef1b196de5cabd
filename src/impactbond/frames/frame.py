"""A frame as it is promised: what a row is, and of every column the type, the unit, whether it may
be blank, and what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from impactbond.errors import InvariantError
from impactbond.frames.words import said_of

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
