"""What is wrong with evidence is sent back: by stable codes, in a copy of the workbook with the
faulty cells marked, and as what differs from the delivery before.
"""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from tests.evidence_workbooks import FEB, HEADINGS, MAR, refusals, small_contract, write_book
from typer.testing import CliRunner

import impactbond as ib
from impactbond.cli.commands import app
from impactbond.evidence import refusals as stated
from impactbond.evidence.evidence import Evidence
from impactbond.mappings import refused_cells as by_mappings

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "impactbond"
PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
TOLD = dict(re.findall(r"^\| `(\w+)` \| (.*?) \| .*\|$", PAGE, re.MULTILINE))
ROWS = {
    "Surveys": [
        ("1", "C-1", FEB, MAR, None, 47, 2.5, 91.5),
        ("2", "C-9", FEB, MAR, None, "SECRET", 1, ("=1/0", "#DIV/0!")),
        ("3", "C-1", MAR, None, None, 12, 1, None),
    ],
    "Sessions": [("C-1", FEB, MAR, "late")],
}
WRONG = [
    ("Sessions", 2, "Mark", "unknown_mark"),
    ("Surveys", 2, "SDQ", "out_of_range"),
    ("Surveys", 3, "Attendance %", "error_value"),
    ("Surveys", 3, "Child", "unknown_participant"),
    ("Surveys", 3, "SDQ", "text_in_number"),
    ("Surveys", 4, "Recorded", "missing_value"),
]


def codes_in(path: Path) -> set[str]:
    """The codes that a module gives, as far as they are written in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "")
        given = [word.value for word in node.keywords if word.arg == "code"]
        given += node.args[:1] if name in ("Refusal", "not_listed") else []
        found |= {one.value for one in given if isinstance(one, ast.Constant)}
    return found


def test_the_page_tells_every_code_that_evidence_is_refused_by() -> None:
    # Of the whole package: tests/unit/test_every_code_is_told.py.
    every = [*(SOURCE / "evidence").glob("*.py"), SOURCE / "questionnaires" / "scoring.py"]
    every += [SOURCE / "questionnaires" / "answer_tables.py", SOURCE / "errors.py"]
    read = ("refused_cells", "delivering", "source_files", "tables", "xml_files")
    read += ("observations",)
    every += [SOURCE / "mappings" / f"{name}.py" for name in read]
    # A library that is missing is a fault of the installation: it refuses no evidence.
    given = set().union(*map(codes_in, every)) - {"not_installed"}
    assert len(given) > 80
    assert given - TOLD.keys() == set()
    for one in (*vars(stated).values(), *vars(by_mappings).values()):
        if isinstance(one, stated.Refusal):
            assert TOLD[one.code] == one.problem


def delivered(folder: Path) -> tuple[Path, Evidence]:
    path = write_book(folder / "delivered.xlsx", ROWS)
    return path, ib.read_evidence(path, small_contract())


def test_every_refused_cell_of_the_copy_is_marked_and_says_why(tmp_path: Path) -> None:
    path, evidence = delivered(tmp_path)
    assert refusals(evidence) == WRONG
    book = openpyxl.load_workbook(ib.mark_workbook(path, evidence, tmp_path / "marked.xlsx"))
    commented = {
        (sheet.title, cell.row, sheet.cell(1, cell.column).value): cell.comment.text
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }
    assert {(*place, text.split("(")[1].split(")")[0]) for place, text in commented.items()} == {
        *WRONG
    }
    for sheet, row, column, _ in WRONG:
        cell = book[sheet].cell(row, HEADINGS[sheet].index(column) + 1)
        assert cell.fill.start_color.rgb == "FFFFC9CF"
    assert book["Surveys"].cell(2, 7).fill.fill_type is None
    listed = book["To put right"]
    assert [row[2].value for row in listed.iter_rows(min_row=3)] == [one[3] for one in WRONG]
    assert listed.cell(3, 1).hyperlink.location == "'Sessions'!D2"
    # The copy holds what it held; what is added tells no value.
    assert book["Surveys"].cell(3, 6).value == "SECRET"
    assert book["Surveys"].cell(3, 8).value == "=1/0"
    added = [*commented.values(), *(str(cell.value) for row in listed for cell in row)]
    assert not any("SECRET" in text or "47" in text for text in added)


def test_a_copy_put_right_reads_and_a_second_round_takes_the_marks_away(tmp_path: Path) -> None:
    path, evidence = delivered(tmp_path)
    marked = ib.mark_workbook(path, evidence, tmp_path / "marked.xlsx")
    book = openpyxl.load_workbook(marked)
    surveys, sessions = book["Surveys"], book["Sessions"]
    surveys["F2"], surveys["B3"], surveys["F3"], surveys["H3"] = 17, "C-1", 20, None
    surveys["C3"], surveys["D4"], sessions["D2"] = date(2017, 2, 27), date(2017, 4, 1), "lost"
    book.save(marked)
    again = ib.read_evidence(marked, small_contract())
    assert refusals(again) == [("Sessions", 2, "Mark", "unknown_mark")]
    assert again.cautions == ()
    second = ib.mark_workbook(marked, again, tmp_path / "second.xlsx")
    book = openpyxl.load_workbook(second)
    assert book.sheetnames.count("To put right") == 1
    assert book["To put right"].max_row == 3
    assert book["Surveys"]["F2"].comment is None
    assert book["Surveys"]["F2"].fill.fill_type is None
    assert book["Sessions"]["D2"].comment.text.count("To put right") == 1


def test_faults_of_sheets_and_headings_are_marked_too(tmp_path: Path) -> None:
    path = write_book(tmp_path / "wrong.xlsx", {}, {**HEADINGS, "Sessions": ("Child", "Planned")})
    with pytest.raises(ib.EvidenceError) as raised:
        ib.read_evidence(path, small_contract())
    book = openpyxl.load_workbook(ib.mark_workbook(path, raised.value, tmp_path / "marked.xlsx"))
    listed = [[cell.value for cell in row] for row in book["To put right"].iter_rows(min_row=3)]
    assert [(row[0], row[1], row[2]) for row in listed] == [
        ("Sessions", "Mark", "column_missing"),
        ("Sessions", "Recorded", "column_missing"),
    ]


def test_the_delivered_file_is_never_written_over(tmp_path: Path) -> None:
    path, evidence = delivered(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ib.EvidenceError, match="never written over"):
        ib.mark_workbook(path, evidence, path, replace=True)
    assert path.read_bytes() == before
    with pytest.raises(ib.EvidenceError, match="cannot be opened"):
        ib.mark_workbook(tmp_path / "no.xlsx", evidence, tmp_path / "out.xlsx")


def test_what_differs_between_two_deliveries_is_told_without_a_value(tmp_path: Path) -> None:
    first = {
        "Surveys": [
            ("1", "C-1", FEB, MAR, None, 11, None, None),
            ("2", "C-1", MAR, MAR, None, 12, None, None),
            ("3", "C-2", FEB, MAR, None, 13, None, None),
            ("4", "C-2", MAR, MAR, None, 14, None, None),
        ],
    }
    then = {
        "Surveys": [
            ("1", "C-1", FEB, MAR, None, 11, None, None),  # again
            ("2", "C-1", MAR, MAR, None, 22, None, None),  # changed, and does not say so
            ("3", "C-2", FEB, MAR, None, 13, None, None),
            ("5", "C-2", FEB, date(2017, 4, 1), "3", 33, None, None),  # corrects row 3
            ("6", "C-1", date(2017, 3, 1), MAR, None, 16, None, None),
        ],
    }
    files = [
        write_book(tmp_path / name, rows)
        for name, rows in (("first.xlsx", first), ("then.xlsx", then))
    ]
    was, now = (ib.read_evidence(path, small_contract()) for path in files)
    found = ib.compare_evidence(was, now)
    rows = found.changes_table.to_pylist()
    assert [(row["kind"], row["row"], row["row_before"]) for row in rows] == [
        ("correction", 5, 4),
        ("changed", 3, 3),
        ("vanished", None, 5),
        ("new", 6, None),
    ]
    # Two children, and the rows 1 and 3; two rows want a look.
    assert (found.identical, found.to_look_at) == (4, 2)
    assert "first.xlsx, sheet 'Surveys', row 5" in found.text
    assert not re.search(r"\b(11|12|13|14|22|33|C-1|C-2)\b", found.text + str(found.as_dict()))
    assert ib.compare_evidence(was, was).to_look_at == 0
    assert ib.compare_evidence(was, was).identical == 6


def test_the_command_writes_the_copy_and_the_table_and_says_no(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered(tmp_path)
    (tmp_path / "contract.yaml").write_bytes(small_contract().source)
    command = re.findall(r"^impactbond (check-evidence .*--marked.*)$", PAGE, re.MULTILINE)[0]
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == 1
    assert "6 cells or rows cannot" in done.stdout
    assert "SECRET" not in done.stdout
    assert (tmp_path / "refused.csv").read_text().count("\n") == 7
    assert "SECRET" not in (tmp_path / "refused.csv").read_text()
    assert (tmp_path / "to_put_right.xlsx").stat().st_mode & 0o077 == 0


def test_the_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delivered(tmp_path)
    (tmp_path / "contract.yaml").write_bytes(small_contract().source)
    monkeypatch.chdir(tmp_path)
    [example] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(compile(example, "errors.md", "exec"), {})
    assert (tmp_path / "to_put_right.xlsx").exists()
