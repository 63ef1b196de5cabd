"""Records and statements say which mapping read which file; the command line reads by mappings and
proposes them; and partner files of six shapes become the evidence of one workbook.
"""

from __future__ import annotations

import json
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from tests.partner_files import (
    CHILDREN,
    CLUB,
    CONTRACT,
    HEAD,
    MARKS,
    SIMS,
    SIMS_TABLE,
    children,
    contract,
    workbook,
)
from tests.spec.drawn_tables import contract_of, evidence_of
from typer.testing import CliRunner

from impactbond.cli.commands import app
from impactbond.errors import EvidenceError
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.mappings.propose import propose_mapping
from impactbond.mappings.read import parse_mapping
from impactbond.records.record import read_record, write_record
from impactbond.records.regenerate import regenerate
from impactbond.settlement.settle import settle
from impactbond.statements.write import statement_files

TEXT = (HEAD + MARKS + "tables:" + CHILDREN + SIMS_TABLE).encode()


def delivery(folder: Path) -> list[Path]:
    rows = [*SIMS[:5], ["C-02", "x", SIMS[3][2], "AM", "/"]]
    path = workbook(folder / "sims_1.xlsx", {"Marks": rows})
    return [children(folder), path]


def evidence(folder: Path) -> Evidence:
    mapping = parse_mapping(TEXT, name="partner.yaml")
    given = {"recorded_on": "2024-09-30"}
    return read_evidence(delivery(folder), contract(), mapping=mapping, given=given)


def test_a_record_keeps_the_mapping_and_is_made_again(tmp_path: Path) -> None:
    settled = settle(contract(), evidence(tmp_path), as_of="2026-08-31")
    record = read_record(write_record(settled, tmp_path / "record.zip"))
    [mapped] = record.manifest.mapped
    assert (mapped.mapping, mapped.version, str(mapped.dated)) == ("partner", 1, "2024-09-01")
    assert mapped.sha256 == sha256(TEXT).hexdigest()
    assert record.parts["mappings/partner.yaml"] == TEXT
    assert {file.name: file.sha256 for file in mapped.files} == {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "children.csv", tmp_path / "sims_1.xlsx")
    }
    assert mapped.given == {"recorded_on": "2024-09-30"}
    assert record.evidence.mapped == (mapped,)
    assert regenerate(tmp_path / "record.zip").same


def test_a_statement_tells_the_mapping_and_its_files_by_their_digests(tmp_path: Path) -> None:
    known = evidence(tmp_path)
    files = statement_files(settle(contract(), known, as_of="2026-08-31"))
    content = next(content for name, content in files.items() if "all_funders" in name)
    book = openpyxl.load_workbook(BytesIO(content))
    told = " ".join(
        str(cell.value) for name in ("Cover", "Notes") for row in book[name] for cell in row
    )
    [mapped] = known.mapped
    digests = [one.sha256 for one in mapped.files]
    for part in (mapped.sha256, "'partner', version 1 of 2024-09-01", *digests):
        assert part in told
    # What partners call their files is theirs, and may be a child.
    assert not any(one.name in told for one in mapped.files)
    assert all(file.sha256 in told for file in mapped.files)


def test_evidence_without_a_mapping_is_kept_as_before(tmp_path: Path) -> None:
    terms = contract_of("")
    settled = settle(
        terms,
        evidence_of("child | metric | on | value\nc1 | consent | 2017-02-01 | yes", terms),
        as_of="2017-04-30",
    )
    record = read_record(write_record(settled, tmp_path / "record.zip"))
    assert "mapped" not in json.loads(record.parts["manifest.json"])


@pytest.mark.parametrize(
    ("files", "given", "code"),
    [
        (["children.csv"], {"recorded_on": "2024-09-30"}, "file_missing"),
        (["children.csv", "sims_1.xlsx", "other.xlsx"], {"recorded_on": "x"}, "file_not_mapped"),
        (["children.csv", "sims_1.xlsx"], {}, "not_given"),
        (["children.csv", "sims_1.xlsx"], {"recorded_on": "x", "school": "Elm"}, "not_asked"),
        (["children.csv", "sims_2.xlsx"], {"recorded_on": "x"}, "no_file"),
        ([], {"recorded_on": "x"}, "no_file"),
    ],
)
def test_a_delivery_that_does_not_fit_its_mapping_is_refused(
    tmp_path: Path, files: list[str], given: dict[str, str], code: str
) -> None:
    delivery(tmp_path)
    workbook(tmp_path / "other.xlsx", {"Marks": SIMS})
    mapping = parse_mapping(TEXT, name="partner.yaml")
    with pytest.raises(EvidenceError) as caught:
        read_evidence([tmp_path / name for name in files], contract(), mapping=mapping, given=given)
    assert code in {fault.code for fault in caught.value.faults}


def test_a_mapping_that_the_contract_cannot_take_is_told_with_its_line() -> None:
    wrong = TEXT.replace(b"register: {column: Mark", b"registr: {column: Mark")
    wrong = wrong.replace(b"L: present", b"L: presnt")
    with pytest.raises(EvidenceError) as caught:
        parse_mapping(wrong, name="partner.yaml", contract=contract())
    told = str(caught.value)
    assert "there is no metric 'registr'" in told
    assert "Did you mean 'register'?" in told
    marks = TEXT.replace(b"L: present", b"L: presnt")
    with pytest.raises(EvidenceError, match="there is no mark 'presnt'"):
        parse_mapping(marks, name="partner.yaml", contract=contract())


def test_the_command_line_reads_by_a_mapping(tmp_path: Path) -> None:
    paths = delivery(tmp_path)
    terms, mapping = tmp_path / "contract.yaml", tmp_path / "partner.yaml"
    terms.write_text(CONTRACT)
    mapping.write_bytes(TEXT)
    words = ["settle", str(terms), *map(str, paths), "--as-of", "2025-10-31"]
    words += ["--out", str(tmp_path / "out"), "--mapping", str(mapping)]
    run = CliRunner().invoke(app, [*words, "--given", "recorded_on=2024-09-30", "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.output)["due_pence"] == {"council": 40_000}
    refused = CliRunner().invoke(app, words)
    assert isinstance(refused.exception, EvidenceError)
    assert "Add given={'recorded_on': ...}" in str(refused.exception)


def test_a_proposal_says_what_it_is_unsure_of_and_shows_no_child(tmp_path: Path) -> None:
    sims = workbook(tmp_path / "sims_marks_2024-09.xlsx", {"Marks": SIMS})
    run = CliRunner().invoke(app, ["map", str(sims)])
    assert run.exit_code == 0, run.output
    for told in (
        *('files: "sims_marks_*.xlsx"', "headings_on: [3]", "until: Printed"),
        *("participant: Pupil", "observed_on: Date", "slot: Session", "never: [Surname]"),
        *(
            "given: recorded_on",
            'codes: {"/": FILL_IN',
            "'Mark' holds other codes, not shown here: 1",
        ),
    ):
        assert told in run.output
    assert "C-01" not in run.output
    assert "Invented" not in run.output
    club = workbook(tmp_path / "club.xlsx", {"Autumn": CLUB})
    wide = CliRunner().invoke(app, ["map", str(club), "--out", str(tmp_path / "club.yaml")])
    assert "the year of the headings" in wide.output
    assert "across:" in (tmp_path / "club.yaml").read_text()
    parse_mapping((tmp_path / "club.yaml").read_bytes(), name="club.yaml")


@pytest.mark.parametrize(
    "row",
    [
        ["C-01", "2024-09-09", "AM", "/"],  # a reference of the same shape stands below
        ["Invented", "2024-09-09", "AM", "/"],  # a day does
        ["Invented", "9 Sept", "PM", "/"],  # a word of its own does
    ],
)
def test_the_first_row_of_a_file_without_headings_is_not_shown_as_headings(
    tmp_path: Path, row: list[str]
) -> None:
    rows = [row, ["C-02", "2024-09-09", "PM", "/"], ["C-03", "2024-09-10", "PM", "\\"]]
    file = tmp_path / "marks.csv"
    file.write_text("\n".join(map(",".join, rows)))
    with pytest.raises(EvidenceError, match="looks like a row") as caught:
        propose_mapping(file)
    assert not [one for one in row if len(one) > 2 and one in str(caught.value)]
    # Nor where that row stands twice, or behind the headings in one line, or among them.
    again = [row, *rows]
    file.write_text("\n".join(map(",".join, again)))
    with pytest.raises(EvidenceError, match="looks like a row"):
        propose_mapping(file)
    file.write_text("Pupil,Day,C-02\nC-01,2024-09-09,x\nC-02,2024-09-09,x\n")
    with pytest.raises(EvidenceError, match="looks like a row"):
        propose_mapping(file)
    # Numbers of questions stand above answers that are numbers too, and are headings.
    file.write_text("Pupil,1,2,Day\nC-01,1,2,2024-09-09\nC-02,2,1,2024-09-09\n")
    assert "participant: Pupil" in propose_mapping(file).text
