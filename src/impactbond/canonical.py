"""Canonical bytes: the same table or value is the same bytes on every machine, and back again.

CSV: UTF-8, commas, lines ended by a line feed, a first row of column names; dates as 2018-01-31,
whole numbers as digits, a list of texts as JSON. An empty cell is nothing; an empty text is `""`. A
text that begins with = + - @ a tab, a carriage return or an apostrophe is written with an
apostrophe before it, so that no spreadsheet takes it for a formula; reading takes that one
apostrophe away again.

Zip: sorted names, no times, nothing compressed. Compressed bytes depend on the library that made
them; parts stored as they are let whoever reads build the file again and compare it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

_GUARDED = r"\A[=+\-@\t\r']"
_QUOTED = r'\A\z|[",\r\n]'
_LARGEST_BLOCK = 2**31 - 1
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can tell
_UNIX = 3
_OWNER_ONLY = 0o600 << 16


def sha256(content: bytes) -> str:
    """The SHA-256 digest, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def json_bytes(value: Any) -> bytes:
    """Plain data as JSON: keys in order, indented by two spaces, UTF-8, ended by a line feed."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False)
    return f"{text}\n".encode()


def csv_bytes(table: pa.Table) -> bytes:
    """The table as canonical CSV. Raises TypeError for a column that is not text, whole, date,
    bool or a list of texts.
    """
    lines = [_header(table.schema)]
    if table.num_rows and table.num_columns:
        cells = [_cells(table[name], name) for name in table.column_names]
        lines += _joined(*cells, between=",").to_pylist()
    return ("\n".join(lines) + "\n").encode()


def read_csv(content: bytes, schema: pa.Schema, *, is_canonical: bool = False) -> pa.Table:
    """The table in canonical CSV. Raises ValueError, without any cell, if it is not canonical,
    unless that is known.
    """
    header = f"{_header(schema)}\n".encode()
    if not content.startswith(header):
        raise ValueError("the first row does not name the columns that belong here")
    rows = content.removeprefix(header)
    table = _read_rows(rows, schema) if rows else schema.empty_table()
    for index, field in enumerate(schema):
        if _is_text(field.type):
            table = table.set_column(index, field, _unguarded(table.column(index)))
        elif _is_listed(field.type):
            table = table.set_column(index, field, _lists(table.column(index), field.type))
    if not is_canonical and csv_bytes(table) != content:
        raise ValueError("the rows are not written as they should be")
    return table


def zip_bytes(parts: Mapping[str, bytes]) -> bytes:
    """The zip file of some parts."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_STORED) as file:
        for name in sorted(parts):
            entry = ZipInfo(name, _FIRST_DAY)
            entry.create_system, entry.external_attr = _UNIX, _OWNER_ONLY
            file.writestr(entry, parts[name], ZIP_STORED)
    return content.getvalue()


def read_parts(file: ZipFile) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """The parts of any zip file as far as they can be read, and a code and words for each that
    cannot.
    """
    parts: dict[str, bytes] = {}
    damaged = []
    for entry in file.infolist():
        part = entry.filename
        if part in parts:
            damaged.append(("part_twice", f"the part {part!a} is there twice"))
        try:
            parts[part] = file.read(entry)
        except Exception:  # whatever damaged bytes make of a zip file
            damaged.append(("part_damaged", f"the part {part!a} is damaged"))
    return parts, damaged


def zip_difference(made: bytes, content: bytes) -> str:
    """Where a zip file whose parts are all the same first differs from the one that was made."""
    shorter = min(len(made), len(content))
    place = next((at for at in range(shorter) if made[at] != content[at]), shorter)
    with ZipFile(BytesIO(made)) as file:
        before = [entry for entry in file.infolist() if entry.header_offset <= place]
        is_inside = place < file.start_dir and before
    where = f"the heading of the part {before[-1].filename!a}" if is_inside else "the list of parts"
    return f"{where} is not as it was written"


def _read_rows(rows: bytes, schema: pa.Schema) -> pa.Table:
    block = min(len(rows) + 1, _LARGEST_BLOCK)
    options = (
        csv.ReadOptions(use_threads=False, column_names=schema.names, block_size=block),
        csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types={f.name: pa.string() if _is_listed(f.type) else f.type for f in schema},
            null_values=[""],
            true_values=["true"],
            false_values=["false"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    try:
        return csv.read_csv(BytesIO(rows), *options).combine_chunks()
    except pa.ArrowInvalid:  # its message quotes the cell
        raise ValueError("a row does not fit the columns") from None


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_listed(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) and _is_text(kind.value_type))


def _as_json(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lists of texts as JSON, which never begins as a formula does."""
    write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    # Most are the same few lists.
    known: dict[tuple[str | None, ...], str] = {}
    cells = []
    for cell in column.to_pylist():
        if cell is not None:
            key = tuple(cell)
            cell = known[key] if key in known else known.setdefault(key, write(cell))
        cells.append(cell)
    return pa.chunked_array([pa.array(cells, pa.large_string())])


def _lists(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if not len(column):  # it is of lists already
        return pa.chunked_array([], kind)
    try:
        texts = column.combine_chunks().dictionary_encode()
        read = [None if cell is None else json.loads(cell) for cell in texts.dictionary.to_pylist()]
        return pa.chunked_array([pa.array(read, kind).take(texts.indices)])
    except (ValueError, TypeError, RecursionError, pa.ArrowException):  # messages quote the cell
        raise ValueError("a row does not fit the columns") from None


def _header(schema: pa.Schema) -> str:
    names = _cells(pa.chunked_array([pa.array(schema.names, pa.string())]), "")
    return ",".join(names.to_pylist())


def _cells(column: pa.ChunkedArray, name: str) -> pa.Array:
    """The cells of a column as they stand in the file."""
    kind = column.type
    if _is_text(kind):
        cells = _quoted(_guarded(column.cast(pa.large_string())))
    elif _is_listed(kind):
        cells = _quoted(_as_json(column))
    elif pa.types.is_integer(kind) or pa.types.is_date32(kind) or pa.types.is_boolean(kind):
        cells = column.cast(pa.string()).cast(pa.large_string())
    else:
        raise TypeError(f"the column '{name}' is of type {kind}, which has no canonical form")
    return pc.fill_null(cells, "").combine_chunks()


def _guarded(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    risky = pc.match_substring_regex(texts, _GUARDED)
    return pc.if_else(risky, _joined("'", texts), texts)


def _unguarded(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    marked = pc.starts_with(texts, "'")
    if not pc.any(marked).as_py():
        return texts
    return pc.if_else(marked, pc.utf8_slice_codeunits(texts, 1), texts)


def _quoted(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(pc.match_substring_regex(texts, _QUOTED), _joined('"', doubled, '"'), texts)


def _joined(*texts: str | pa.Array | pa.ChunkedArray, between: str = "") -> Any:
    large = (
        pa.scalar(text, pa.large_string()) if isinstance(text, str) else text
        for text in (*texts, between)
    )
    return pc.binary_join_element_wise(*large)
