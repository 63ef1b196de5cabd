"""A secret that is planted beside the cells of what is read, where programs and people leave words:
it is in nothing that is told, nor in a record.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from tests.evidence_workbooks import HEADINGS, small_contract, write_book
from tests.partner_files import CTF_TABLES, children, contract, ctf
from tests.properties.door_contents import OBSERVED, PEOPLE
from tests.told_secrets import SECRET, told_by
from tests.unit.test_forget import texts_in
from tests.unit.test_told_secrets import BOOK, mapping_of

import impactbond as ib
from impactbond.evidence.evidence import Evidence
from impactbond.mappings.propose import propose_mapping
from impactbond.settlement.settle import settle

TABLE = """
  - files: "s*.xlsx"
    sheet: "*"
    constant: {recorded_on: 2024-09-30}
    columns: {participant: Child, observed_on: Day}
    metrics: {club: {column: Mark, codes: {P: attended}}}
"""


def workbook(path: Path, mark: str, sheet: str = "A", unread: str = "Remarks") -> Path:
    """A workbook with the secret wherever no cell is read."""
    with xlsxwriter.Workbook(str(path)) as book:
        names = ("title", "subject", "author", "manager", "company", "keywords", "comments")
        book.set_properties(dict.fromkeys(names, SECRET))
        book.set_custom_property("of whom", SECRET)
        made = book.add_worksheet(sheet)
        made.write_row(0, 0, ["Child", "Day", "Mark", unread])
        day = book.add_format({"num_format": f'dd/mm/yyyy "{SECRET}"'})
        made.write_row(1, 0, ["C-01", None, mark, SECRET])
        made.write_datetime(1, 1, datetime(2024, 9, 9), day)
        made.write_comment(1, 2, SECRET, {"author": SECRET})
        book.define_name(SECRET, f"='{sheet}'!$A$2")
        words = {"error_message": SECRET, "input_message": SECRET}
        made.data_validation(1, 2, 1, 2, {"validate": "list", "source": [SECRET, "P"], **words})
        made.set_header(f"&L{SECRET}")
        made.insert_textbox(4, 4, SECRET)
        made.write_url(1, 5, f"https://example.org/{SECRET}", string="x")
    return path


def read_mapped(path: Path) -> Evidence:
    mapping = mapping_of("", TABLE)
    return ib.read_evidence([children(path.parent), path], contract(), mapping=mapping)


@pytest.mark.parametrize("mark", ["P", "?"])
def test_what_stands_beside_the_cells_of_a_workbook_goes_no_further(
    mark: str, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "s1.xlsx", mark)
    assert SECRET not in told_by(lambda: read_mapped(path))
    assert SECRET not in told_by(lambda: propose_mapping(path).text)
    assert SECRET in texts_in(path.read_bytes())
    settled = settle(contract(), read_mapped(path), as_of="2026-08-31", leave_out_refused=True)
    kept = ib.write_record(settled, tmp_path / "kept.record", leave_out_refused=True)
    assert SECRET not in texts_in(kept.read_bytes())
    # A heading that no mapping names is no heading of the evidence either.
    workbook(path, mark, unread=SECRET)
    assert SECRET not in told_by(lambda: read_mapped(path))


def test_sheets_and_headings_that_a_contract_does_not_name_are_not_told(tmp_path: Path) -> None:
    path = tmp_path / "e.xlsx"
    for heading, sheet in ((SECRET, "Surveys"), ("Remarks", SECRET)):
        headings = {**HEADINGS, "Surveys": (*HEADINGS["Surveys"], heading)}
        headings[sheet] = headings.pop("Surveys")
        others = {one: rows for one, rows in BOOK.items() if one != "Surveys"}
        write_book(path, {**others, sheet: BOOK["Surveys"]}, headings)
        assert SECRET not in told_by(lambda: ib.read_evidence(path, small_contract()))


@pytest.mark.parametrize("at_rest", [False, True])
def test_what_a_parquet_file_says_of_itself_is_not_told(at_rest: bool, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes(PEOPLE.replace(SECRET.encode(), b"C"))
    (tmp_path / "o.csv").write_bytes(OBSERVED.replace(SECRET.encode(), b"C"))
    plain = pa.Table.from_pandas(pd.read_csv(tmp_path / "o.csv", dtype=str), preserve_index=False)
    first = pa.field(plain.schema[0].name, plain.schema[0].type, metadata={SECRET: SECRET})
    at = plain.column_names.index("value")
    none = pa.array([0] * len(plain), pa.int8())
    inside = pa.StructArray.from_arrays([none], names=[SECRET])
    for table in (
        plain.replace_schema_metadata({"of whom": SECRET}).set_column(0, first, plain.column(0)),
        plain.append_column(SECRET, none),
        plain.set_column(at, "value", pa.DictionaryArray.from_arrays(none, [SECRET])),
        plain.set_column(at, "value", inside),
        plain.rename_columns([SECRET, *plain.column_names[1:]]),
    ):
        pq.write_table(table, tmp_path / "o.parquet")
        source = {"participants": tmp_path / "p.csv", "observations": tmp_path / "o.parquet"}
        told = told_by(lambda: ib.read_evidence(source, small_contract(), at_rest=at_rest))  # noqa: B023
        assert SECRET not in told


def test_what_stands_between_the_elements_of_a_transfer_file_is_not_told(tmp_path: Path) -> None:
    people, path = children(tmp_path), tmp_path / "ctf_1.xml"
    mapping = mapping_of("", CTF_TABLES)
    good = ctf(path, "25.0").read_text()
    for old, new in (
        ("<Header>", f"<!-- {SECRET} --><Header>"),
        ("<Header>", f"<?{SECRET} {SECRET}?><Header>"),
        ("<UPN>", f'<UPN who="{SECRET}">'),
        ("<Sex>", f"<{SECRET}/><Sex>"),
        ("<CTfile>", f'<CTfile xmlns:q="{SECRET}">'),
        ("CTfile", SECRET),
        ("YearData", SECRET),
        ("<UPN>C-01", f"<UPN>&{SECRET};"),
        ("</UPN>", f"</{SECRET}>"),
        ("<CTfile>", f"<!DOCTYPE x [<!ENTITY e '{SECRET}'>]><CTfile>"),
    ):
        path.write_text(good.replace(old, new))
        told = told_by(lambda: ib.read_evidence([people, path], contract(), mapping=mapping))
        assert SECRET not in told, new


RECEIPTS = "receipt,funder,received_on,amount,{}\nB-1,council,2017-06-01,5,x\n"
COUNTS = "milestone,achieved_on,number,{}\nconsent,2017-05-01,3,x\n"


def test_headings_that_are_not_read_are_counted_and_not_told(tmp_path: Path) -> None:
    for read, lines in ((ib.read_receipts, RECEIPTS), (ib.read_claims, COUNTS)):
        path = tmp_path / "t.csv"
        path.write_text(lines.format(SECRET))
        found = read(path, small_contract())
        assert SECRET not in told_by(lambda: found)  # noqa: B023
        assert [one for one in found.cautions if "not read: 1" in one] != []


def test_a_sheet_or_file_that_is_called_after_a_child_is_told_without_its_name(
    tmp_path: Path,
) -> None:
    evidence = read_mapped(workbook(tmp_path / "s_C-01.xlsx", "P", sheet="C-01"))
    told = [one for one in evidence.cautions if "called after a participant: 1." in one]
    assert [one.partition(" ")[0] for one in told] == ["files", "sheets"]
    assert not any("C-01" in one for one in told)
    other = read_mapped(workbook(tmp_path / "s_C-011.xlsx", "P", sheet="Week C"))
    assert not any("called after" in one for one in other.cautions)
