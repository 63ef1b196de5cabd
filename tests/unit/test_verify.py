"""Verifying: a statement edited by hand names the cell; one only saved again does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from tests.libreoffice import needs_libreoffice, recalculate
from tests.spec.drawn_tables import settled

from impactbond.canonical import json_bytes, sha256, zip_bytes
from impactbond.errors import RecordError, StatementError
from impactbond.records.record import Record, read_record, record_bytes
from impactbond.records.verify import Verification, verify, verify_content

SECRET = "secret-77"
EVIDENCE = f"""
    child     | metric  | on         | value | recorded
    {SECRET}  | consent | 2017-02-01 | yes   | 2017-02-01
    secret-78 | consent | 2017-02-01 | yes   | 2017-02-11
"""
TERMS = "funding: [{for: every milestone, shares: {council: 1/3, school: the rest}}]"
NAME = "specification_2017-Q1_council.xlsx"


@cache
def kept() -> bytes:
    return record_bytes(settled(TERMS, EVIDENCE, "2017-04-30"))


@pytest.fixture
def record(tmp_path: Path) -> Record:
    path = tmp_path / "q1.record"
    path.write_bytes(kept())
    return read_record(path)


def statement(record: Record, name: str = NAME) -> bytes:
    return record.parts[f"statements/{name}"]


def edited(content: bytes, change: Callable[[Workbook], object]) -> bytes:
    """The workbook opened, changed and saved by hand."""
    book = openpyxl.load_workbook(BytesIO(content))
    change(book)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def changed_inside(content: bytes, part: str, was: bytes, is_: bytes) -> bytes:
    """The workbook with some bytes of one of its parts replaced, and nothing else."""
    stream = BytesIO()
    with ZipFile(BytesIO(content)) as file, ZipFile(stream, "w", ZIP_DEFLATED) as new:
        for entry in file.infolist():
            inside = file.read(entry)
            if entry.filename == part:
                assert was in inside
                inside = inside.replace(was, is_, 1)
            new.writestr(entry, inside)
    return stream.getvalue()


def told(content: bytes, record: Record) -> list[str]:
    found = verify_content(content, NAME, record, again=False)
    assert not found.same
    assert SECRET not in found.text
    return [str(one) for one in found.differences if "results of formulas" not in one.problem]


def test_a_statement_as_it_was_written_is_the_same(tmp_path: Path, record: Record) -> None:
    path = tmp_path / "renamed.xlsx"
    path.write_bytes(statement(record))
    found = verify(path, tmp_path / "q1.record")
    assert (found.same, found.identical, found.regenerated) == (True, True, True)
    assert found.statement == f"statements/{NAME}"
    assert "The same file, byte for byte" in str(found)
    assert json.loads(json.dumps(found.as_dict()))["same"] is True
    assert "<pre>" in found._repr_html_()


def first_line(book: Workbook) -> Any:
    """The cells of the first line of the claim."""
    (table,) = book["Lines"].tables.values()
    return book["Lines"][table.ref][1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda book: setattr(book["Schedule"]["H7"], "value", 9),
            "Schedule!H7: the value is another; the record says 6667; found 9",
        ),
        (
            lambda book: setattr(book["Summary"]["C5"], "value", 0),
            "Summary!C5: the formula is another; the record says '=SUMIFS(Schedule!$H$7",
        ),
        (
            lambda book: setattr(book["Cover"]["B4"], "value", "Somebody else"),
            "Cover!B4",
        ),
        (
            lambda book: setattr(book["Lines"]["Z99"], "value", "more"),
            "Lines!Z99: something was added; the record says nothing; found another text",
        ),
        (
            lambda book: setattr(first_line(book)[2], "value", "another child"),
            "the record says a participant's reference",
        ),
        (
            lambda book: setattr(book["Summary"]["B5"], "number_format", '"0.00"'),
            'Summary!B5: the number is shown as "0.00"; the record says #,##0.00;-#,##0.00',
        ),
        (
            lambda book: setattr(book["Lines"].row_dimensions[6], "hidden", True),
            "Lines!row 6: it is hidden",
        ),
        (
            lambda book: setattr(book["Lines"].column_dimensions["C"], "hidden", True),
            "Lines!column C: it is hidden",
        ),
        (
            lambda book: setattr(book["Checks"], "sheet_state", "veryHidden"),
            "Checks: it is hidden",
        ),
        (lambda book: book.create_sheet("More"), "sheet 'More': the record has no such sheet"),
        (lambda book: book.remove(book["Notes"]), "Notes: the sheet is missing"),
        (
            lambda book: book.move_sheet("Checks", -3),
            "The workbook: the sheets stand in another order",
        ),
        (
            lambda book: setattr(book["Cover"]["A1"], "comment", Comment("paid", "x")),
            "Cover!A1: it has another comment; the record says none",
        ),
        (
            lambda book: setattr(book["Cover"]["J1"], "comment", Comment("paid", "x")),
            "Cover!J1: a comment or link that the record has not",
        ),
        (
            lambda book: setattr(book["Cover"]["A1"], "hyperlink", "https://example.org"),
            "Cover!A1: it has another link; the record says none",
        ),
        (
            lambda book: book.defined_names.add(DefinedName("total", attr_text="Cover!$B$1")),
            "name 'total': it stands for Cover!$B$1; the record says nothing of the kind",
        ),
        (
            lambda book: setattr(book.defined_names["funder"], "attr_text", "Cover!$B$1"),
            "name 'funder': it stands for Cover!$B$1; the record says stands for Cover!$B$",
        ),
        (
            lambda book: setattr(book["Cover"]["A1"], "font", Font(color="FFFFFFFF")),
            "Cover!A1: it looks otherwise; the record says plain; found text in colour FFFFFFFF",
        ),
        (lambda book: book["Cover"].merge_cells("A1:B1"), "Cover!A1:B1: it is one merged cell"),
        (
            lambda book: setattr(book.calculation, "calcMode", "manual"),
            "The workbook: it works out formulas by hand only",
        ),
    ],
)
def test_an_edit_by_hand_is_named_by_sheet_and_cell(
    record: Record, change: Callable[[Workbook], object], expected: str
) -> None:
    found = told(edited(statement(record), change), record)
    assert any(expected in one for one in found), found


def test_a_saved_result_that_its_formula_does_not_give_is_named(record: Record) -> None:
    part = "xl/worksheets/sheet1.xml"
    content = changed_inside(statement(record), part, b"<v>66.67</v>", b"<v>6.67</v>")
    found = told(content, record)
    assert found[0].startswith("Cover!B5: the saved result of the formula is another")
    assert found[0].endswith("the record says 66.67; found 6.67")


def test_what_no_cell_shows_is_named_by_its_part(record: Record) -> None:
    content = changed_inside(statement(record), "xl/styles.xml", b'sz val="12"', b'sz val="1"')
    assert told(content, record) == ["The workbook: the part 'xl/styles.xml' is otherwise"]


def test_a_library_that_warns_of_what_stands_in_a_workbook_is_not_heard(record: Record) -> None:
    """Its warning quotes the file; here it would be an error, as everywhere in these tests."""
    part, area = "xl/workbook.xml", b'name="_xlnm.Print_Area" '
    with ZipFile(BytesIO(statement(record))) as file:
        inside = file.read(part)
    was = inside[inside.index(area) :].partition(b">")[2].partition(b"<")[0]
    content = changed_inside(statement(record), part, b">" + was, f">{SECRET}".encode())
    assert told(content, record)


def test_a_statement_of_another_claim_is_compared_with_the_closest(record: Record) -> None:
    later = settled(TERMS, EVIDENCE, "2017-07-31")
    other = record_bytes(later)
    with ZipFile(BytesIO(other)) as file:
        content = file.read("statements/specification_2017-Q2_all_funders.xlsx")
    found = verify_content(content, "later.xlsx", record, again=False)
    assert found.statement == "statements/specification_2017-Q1_all_funders.xlsx"
    assert "the record says 'specification / 2017-Q1 / all funders'; found another" in found.text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "not an Excel workbook"),
        (b"a,b\n", "not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0", "has a password"),
    ],
)
def test_what_is_no_workbook_is_told(record: Record, content: bytes, expected: str) -> None:
    with pytest.raises(StatementError, match=expected):
        verify_content(content, NAME, record, again=False)


def test_a_part_that_declares_entities_is_refused(record: Record) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><sst '
    content = changed_inside(statement(record), "xl/sharedStrings.xml", b"<sst ", bomb)
    with pytest.raises(StatementError, match="declares entities"):
        verify_content(content, NAME, record, again=False)


def test_a_cell_far_away_does_not_make_it_endless(record: Record) -> None:
    def far(book: Workbook) -> None:
        book["Cover"]["XFD1048576"].value = 1

    found = told(edited(statement(record), far), record)
    assert found == ["Cover!XFD1048576: something was added; the record says nothing; found 1"]


def test_files_that_are_not_there_are_told_by_name(tmp_path: Path, record: Record) -> None:
    with pytest.raises(StatementError, match=r"none\.xlsx: the file cannot be opened"):
        verify(tmp_path / "none.xlsx", tmp_path / "q1.record")
    (tmp_path / "a.xlsx").write_bytes(statement(record))
    with pytest.raises(RecordError, match=r"none\.record"):
        verify(tmp_path / "a.xlsx", tmp_path / "none.record")


def test_a_record_whose_own_statement_does_not_come_out_again_does_not_verify(
    tmp_path: Path, record: Record
) -> None:
    parts = dict(record.parts)
    parts["evidence/observations.csv"] = parts["evidence/observations.csv"].replace(
        f"{SECRET},consent,1".encode(), f"{SECRET},consent,0".encode()
    )
    manifest = json.loads(parts.pop("manifest.json"))
    manifest["parts"] = [
        {"name": name, "sha256": sha256(content), "size": len(content)}
        for name, content in sorted(parts.items())
    ]
    path = tmp_path / "forged.record"
    path.write_bytes(zip_bytes(parts | {"manifest.json": json_bytes(manifest)}))
    (tmp_path / NAME).write_bytes(statement(record))
    found: Verification = verify(tmp_path / NAME, path)
    assert (found.identical, found.regenerated, found.same) == (True, False, False)
    assert "OTHERWISE" in found.text


@needs_libreoffice
def test_a_statement_that_was_only_saved_again_says_the_same(
    tmp_path: Path, record: Record
) -> None:
    (tmp_path / NAME).write_bytes(statement(record))
    again = recalculate(tmp_path / NAME, tmp_path / "again")
    found = verify(again, tmp_path / "q1.record")
    assert (found.same, found.identical) == (True, False), found.text
    assert "it was saved by another program" in found.text


def test_a_workbook_whose_parts_do_not_fit_names_the_part(record: Record) -> None:
    content = statement(record).replace(b"xl/workbook.xml", b"xl/workbooj.xml")
    with pytest.raises(StatementError) as caught:
        verify_content(content, NAME, record, again=False)
    assert "the part 'xl/workbook.xml' is missing" in str(caught.value)
    assert "the part 'xl/workbooj.xml' was added" in str(caught.value)


def test_a_list_of_parts_that_skips_the_last_ones_names_what_is_missing(record: Record) -> None:
    content = bytearray(statement(record))
    last = content.rindex(b"PK\x01\x02")
    before = content.rindex(b"PK\x01\x02", 0, last)  # its comment now takes the last one in
    content[before + 32 : before + 34] = (content.index(b"PK\x05\x06") - last).to_bytes(2, "little")
    found = verify_content(bytes(content), NAME, record, again=False)
    assert not found.identical
    assert "the part 'docProps/app.xml' is missing" in found.text


@pytest.mark.parametrize(
    ("currency", "price", "schedule", "cover"),
    [
        ("USD", "100.00", "Schedule!H7: the value is another; the record says 6667; found 9", 100),
        ("KWD", "10.000", "Schedule!H7: the value is another; the record says 6667; found 9", 1000),
        ("JPY", "10000", "Schedule!G7: the value is another; the record says 6667; found 9", 1),
    ],
)
def test_an_edit_of_a_statement_in_another_currency_names_the_cell(
    currency: str, price: str, schedule: str, cover: int, tmp_path: Path
) -> None:
    milestone = f"{{when: {{observed: consent, in: year one}}, price: {price}}}"
    terms = f"currency: {currency}\nmilestones: {{consent: {milestone}}}\n{TERMS}"
    path = tmp_path / "q1.record"
    path.write_bytes(record_bytes(settled(terms, EVIDENCE, "2017-04-30")))
    record = read_record(path)

    def edit(book: Workbook) -> None:
        book["Schedule"][schedule[9:11]].value = 9
        book["Cover"]["B5"].value = 66.67

    own = edited(statement(record), edit)
    divided = f"/{cover}" if cover > 1 else ""
    says = "Cover!B5: the formula is another; the record says '=Summary!"
    found = told(own, record)
    assert any(one.startswith(says) and f"{divided}'; found 66.67" in one for one in found), found
    assert schedule in found
