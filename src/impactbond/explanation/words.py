"""Where a row of evidence stands, in words."""

from __future__ import annotations


def sheet_words(file: str, name: str) -> str:
    """A sheet of a file; evidence that came in frames has no file."""
    return f"{file}, sheet '{name}'" if file else f"frame '{name}'"


def place_words(sheet: str, row: int, between: str = ", ") -> str:
    """A row of a sheet; 0 where nobody knows its number, as in a table that is read where it is."""
    return f"{sheet}{between}row {row}" if row else sheet
