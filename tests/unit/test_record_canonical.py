"""Canonical bytes: a table is the same CSV everywhere, reads back, and holds no formula."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from impactbond.canonical import csv_bytes, json_bytes, read_csv, sha256

SCHEMA = pa.schema(
    [("text", pa.string()), ("whole", pa.int64()), ("day", pa.date32()), ("yes", pa.bool_())]
)


def table(*texts: str | None) -> pa.Table:
    count = len(texts)
    columns = [texts, range(count), [date(2018, 1, 31)] * count, [True] * count]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, schema=SCHEMA)


def test_the_form_is_the_one_that_is_written_down() -> None:
    rows = table("plain", 'a "b", c', "", None, "two\nlines", "=1+1", "'quoted")
    assert csv_bytes(rows).decode() == (
        "text,whole,day,yes\n"
        "plain,0,2018-01-31,true\n"
        '"a ""b"", c",1,2018-01-31,true\n'
        '"",2,2018-01-31,true\n'
        ",3,2018-01-31,true\n"
        '"two\nlines",4,2018-01-31,true\n'
        "'=1+1,5,2018-01-31,true\n"
        "''quoted,6,2018-01-31,true\n"
    )


@settings(deadline=None)
@given(st.lists(st.none() | st.text(st.characters(codec="utf-8")), max_size=5))
@example([None, "", "'", "''", '"', ",", "\n", "\r\n", " x ", "\x00", "NULL", "nan", "é", "\ufeff"])
@example(["=1", "+1", "-1", "@a", "\ta", "\ra", "'=1"])
def test_what_is_written_reads_back_the_same(texts: list[str | None]) -> None:
    rows = table(*texts)
    assert read_csv(csv_bytes(rows), SCHEMA).equals(rows)
    alone = pa.table({'=name, with "quotes"': pa.array(texts, pa.string())})
    assert read_csv(csv_bytes(alone), alone.schema).equals(alone)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_can_be_taken_for_a_formula(start: str) -> None:
    written = csv_bytes(pa.table({"text": [f"{start}HYPERLINK(1)"]})).decode().split("\n", 1)[1]
    assert written.lstrip('"').startswith("'")


def test_nothing_is_kept_of_every_kind() -> None:
    nothing = pa.table([pa.nulls(2, field.type) for field in SCHEMA], schema=SCHEMA)
    assert read_csv(csv_bytes(nothing), SCHEMA).equals(nothing)
    assert read_csv(csv_bytes(SCHEMA.empty_table()), SCHEMA).equals(SCHEMA.empty_table())


def test_chunks_change_nothing() -> None:
    chunked = pa.concat_tables([table("a"), table("b")])
    assert csv_bytes(chunked) == csv_bytes(chunked.combine_chunks())


def test_a_column_without_a_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="'rate' is of type double"):
        csv_bytes(pa.table({"rate": [0.5]}))


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        ("text,", "other,"),
        ("secret,0", "secret,00"),
        ("secret,0", "secret,nought"),
        ("2018-01-31", "31/01/2018"),
        ("true\n", "true\r\n"),
        ("true\n", "true"),
        ("true\n", "true,1\n"),
        ("secret", '"secret"'),
        ("secret", "=secret"),
        ("true", "True"),
    ],
)
def test_what_is_not_canonical_is_refused_without_telling_a_cell(was: str, is_: str) -> None:
    content = csv_bytes(table("secret")).decode().replace(was, is_).encode()
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        read_csv(content, SCHEMA)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_json_is_in_order_and_ends_with_a_line_feed() -> None:
    assert json_bytes({"b": 1, "a": ["é"]}) == '{\n  "a": [\n    "é"\n  ],\n  "b": 1\n}\n'.encode()
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


LISTED = pa.schema([("group", pa.list_(pa.string())), ("number", pa.int64())])


def test_lists_of_texts_are_json_and_come_back_as_they_were() -> None:
    lists = [["Elm", 'said "no"'], [], None, ["=SUM(A1)", "a,b\nc", "é"], [""]]
    table = pa.table([pa.array(lists, LISTED.field(0).type), pa.array(range(5))], schema=LISTED)
    content = csv_bytes(table)
    assert content.splitlines()[1] == b'"[""Elm"",""said \\""no\\""""]",0'
    assert read_csv(content, LISTED).equals(table)


@pytest.mark.parametrize("cell", ['"[1]"', "Elm", '"[""Elm"" ]"', '"{}"', '"[""Elm"""'])
def test_a_list_written_otherwise_is_refused_without_its_cell(cell: str) -> None:
    with pytest.raises(ValueError, match=r"a row does not fit|not written as") as caught:
        read_csv(f"group,number\n{cell},0\n".encode(), LISTED)
    assert "Elm" not in str(caught.value)
