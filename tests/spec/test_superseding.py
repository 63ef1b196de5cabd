"""Statements that supersede others: issued, corrected before they were paid, and issued again.

A consent pays £100.00 once for each child: half from the council, half from the child's own school.
The first claim is made on 2017-04-30.
"""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest
from tests.spec.drawn_tables import settled
from typer.testing import CliRunner

from impactbond.canonical import json_bytes, sha256, zip_bytes
from impactbond.cli.commands import app
from impactbond.errors import RecordError, StatementError
from impactbond.receipts.read import read_receipts
from impactbond.records.contents import packed
from impactbond.records.record import Record, read_record, write_record
from impactbond.records.regenerate import regenerate
from impactbond.records.shown import show_record
from impactbond.records.verify import verify
from impactbond.records.verify_record import verify_record
from impactbond.settlement.settlement import Settlement
from impactbond.statements import make_statement, statement_workbook
from impactbond.statements.source import statement_source
from impactbond.statements.write import write_statements

TERMS = "funding: [{for: every milestone, shares: {council: 50%, school: the rest}}]"
CLAIM, NEXT = "2017-04-30", "2017-07-31"
EVIDENCE = """
    child | start      | recorded   | school
    c1    | 2017-01-09 | 2017-01-09 | Elm
    c2    | 2017-01-09 | 2017-01-09 | Oak
    ---
    child | metric  | on         | value | recorded   | ref | replaces
    c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |
    c2    | consent | 2017-02-01 | yes   | 2017-02-01 | b   |
"""
# Found before payment, and known by the claim date: c2 never consented. Then c1 had not either.
SECOND = EVIDENCE + "    c2    | consent | 2017-02-01 | no    | 2017-04-20 | c   | b\n"
THIRD = SECOND + "    c1    | consent | 2017-02-01 | no    | 2017-04-21 | d   | a\n"
FUNDERS = {"all funders": "all_funders", "council": "council", "school: Elm": "school-elm"}
FUNDERS |= {"school: Oak": "school-oak"}


def file_of(funder: str, number: int = 1) -> str:
    ending = f"_number-{number}" if number > 1 else ""
    return f"specification_2017-Q1_{FUNDERS[funder]}{ending}.xlsx"


def cover(content: bytes) -> dict[str, object]:
    sheet = openpyxl.load_workbook(BytesIO(content), data_only=True)["Cover"]
    return {str(row[0]): row[1] for row in sheet.iter_rows(values_only=True) if row[0]}


def workbooks(record: Record) -> dict[str, bytes]:
    found = {name: part for name, part in record.parts.items() if name.endswith(".xlsx")}
    return {name.removeprefix("statements/"): content for name, content in found.items()}


@pytest.fixture
def issued(tmp_path: Path) -> list[Path]:
    """The records of three issues of one claim, each superseding the one before."""
    found = [write_record(settled(TERMS, EVIDENCE, CLAIM), tmp_path / "1.record")]
    for number, evidence in enumerate((SECOND, THIRD), 2):
        settlement = settled(TERMS, evidence, CLAIM)
        path = tmp_path / f"{number}.record"
        found.append(write_record(settlement, path, supersedes=found[-1]))
    return found


@pytest.mark.parametrize("funder", FUNDERS)
def test_a_statement_that_differs_has_the_next_number_and_names_the_one_it_replaces(
    issued: list[Path], funder: str
) -> None:
    first, second, third = (workbooks(read_record(path)) for path in issued)
    due = {"all funders": (200, 100, 0), "council": (100, 50, 0)}
    due |= {"school: Elm": (50, 50, 0), "school: Oak": (50, 0, 0)}
    found = (first[file_of(funder)], second[file_of(funder, 2)], third[file_of(funder, 3)])
    assert tuple(cover(content)["Total due (£)"] for content in found) == due[funder]
    references = [
        f"specification / 2017-Q1{number} / {funder}" for number in ("", ", number 2", ", number 3")
    ]
    assert [cover(content)["Statement reference"] for content in found] == references
    assert "Replaces statement" not in cover(found[0])
    for before, after, reference in zip(found, found[1:], references, strict=False):
        told = cover(after)
        assert told["Replaces statement"] == reference
        assert told["SHA-256 of that one"] == sha256(before)
    assert len(first) == len(second) == len(third) == len(FUNDERS)


@pytest.mark.parametrize(
    ("funder", "asked"),
    [("all funders", (200, 100, 0)), ("council", (100, 50, 0)), ("school: Elm", (50, 50, 0))],
)
def test_the_one_in_its_place_says_what_the_other_asked_for(
    issued: list[Path], funder: str, asked: tuple[int, ...]
) -> None:
    found = [workbooks(read_record(path)) for path in issued]
    assert "That one asked for (£)" not in cover(found[0][file_of(funder)])
    for number in (2, 3):
        that, this = asked[number - 2], asked[number - 1]
        told = cover(found[number - 1][file_of(funder, number)])
        assert str(told["That one was worked out as at"])[:10] == CLAIM
        assert (told["That one asked for (£)"], told["This one asks for (£)"]) == (that, this)
        assert told["Difference (£)"] == this - that
        says = "Nothing more is to be paid" if this == that else "to be repaid or carried"
        assert says in str(told["For whoever paid that one"])
    shown = show_record(issued[2]).text
    assert "The statement for council replaces number 2, with another content" in shown
    assert "which asked for £50.00 as at 2017-04-30" in shown


def test_records_from_before_that_was_kept_say_no_more_than_they_know(issued: list[Path]) -> None:
    record = read_record(issued[1])
    known = tuple(
        one.model_copy(update={"asked_pence": None, "as_of": None})
        for one in record.manifest.replaces
    )
    source = statement_source(settled(TERMS, SECOND, CLAIM)).replacing(known)
    told = cover(statement_workbook(make_statement(source, "council")))
    assert told["Replaces statement"] == "specification / 2017-Q1 / council"
    assert "That one asked for (£)" not in told
    old = packed(record.manifest.model_copy(update={"replaces": known}), record.parts)
    with ZipFile(BytesIO(old)) as file:
        manifest = json.loads(file.read("manifest.json"))
    assert {key for one in manifest["replaces"] for key in one} == {"funder", "number", "sha256"}


def test_every_issue_regenerates_byte_for_byte_and_verifies(
    issued: list[Path], tmp_path: Path
) -> None:
    for number, path in enumerate(issued, 1):
        assert regenerate(path).same
        record = read_record(path)
        for funder in FUNDERS:
            name = file_of(funder, number)
            (tmp_path / name).write_bytes(workbooks(record)[name])
            found = verify(tmp_path / name, path)
            assert (found.identical, found.regenerated) == (True, True)
    old = verify(tmp_path / file_of("council"), issued[1])
    assert not old.same
    assert "it is number 1, which was replaced; the record says number 2 holds" in old.text


def test_what_supersedes_nothing_says_nothing_of_it(issued: list[Path]) -> None:
    manifests = [json.loads(read_record(path).parts["manifest.json"]) for path in issued]
    assert "replaces" not in manifests[0]
    first = workbooks(read_record(issued[0]))
    kept = {
        ("all funders" if one["funder"] is None else one["funder"]): (one["number"], one["sha256"])
        for one in manifests[1]["replaces"]
    }
    assert kept == {funder: (1, sha256(first[file_of(funder)])) for funder in FUNDERS}


def test_a_statement_that_comes_out_the_same_keeps_its_number_and_bytes(
    issued: list[Path], tmp_path: Path
) -> None:
    for number, evidence in enumerate((EVIDENCE, SECOND, THIRD), 1):
        again = tmp_path / f"{number} again.record"
        write_record(settled(TERMS, evidence, CLAIM), again, supersedes=issued[number - 1])
        assert again.read_bytes() == issued[number - 1].read_bytes()


def test_only_the_statements_that_differ_are_issued_again(tmp_path: Path) -> None:
    settlement = settled(TERMS, EVIDENCE, CLAIM)
    rows = {"receipt": ["A"], "funder": ["council"], "received_on": ["2017-04-03"]}
    none, came = (
        read_receipts(pd.DataFrame({**rows, "amount": ["40.00"]}).head(count), settlement.contract)
        for count in (0, 1)
    )
    first = write_record(settlement, tmp_path / "1.record", receipts=none)
    second = write_record(settlement, tmp_path / "2.record", receipts=came, supersedes=first)
    before, after = (workbooks(read_record(path)) for path in (first, second))
    again = [file_of(funder, 2) for funder in ("all funders", "council")]
    kept = [file_of(funder) for funder in ("school: Elm", "school: Oak")]
    assert sorted(after) == sorted([*again, *kept])
    assert all(after[name] == before[name] for name in kept)
    # Elm's is the first still when the council's is the third.
    third = write_record(settlement, tmp_path / "3.record", receipts=none, supersedes=second)
    assert sorted(workbooks(read_record(third))) == sorted(
        [*(file_of(funder, 3) for funder in ("all funders", "council")), *kept]
    )
    assert all(regenerate(path).same for path in (second, third))


def test_the_record_and_the_folder_hold_the_same_statements(
    issued: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    write_statements(settled(TERMS, EVIDENCE, CLAIM), out)
    before = read_record(issued[0])
    write_statements(settled(TERMS, SECOND, CLAIM), out, supersedes=before)
    there = {path.name: path.read_bytes() for path in out.glob("*.xlsx")}
    # What was issued stays beside what takes its place.
    assert there == workbooks(before) | workbooks(read_record(issued[1]))


def test_whoever_a_correction_took_away_is_told_by_a_statement_that_asks_for_nothing(
    tmp_path: Path,
) -> None:
    first = write_record(settled(TERMS, EVIDENCE, CLAIM), tmp_path / "1.record")
    moved = EVIDENCE.replace("Oak", "Elm")
    second = write_record(settled(TERMS, moved, CLAIM), tmp_path / "2.record", supersedes=first)
    books = workbooks(read_record(second))
    oak = cover(books[file_of("school: Oak", 2)])
    issued = workbooks(read_record(first))[file_of("school: Oak")]
    told = "specification / 2017-Q1 / school: Oak"
    assert (oak["Funder"], oak["Total due (£)"], oak["Replaces statement"]) == ("Oak", 0, told)
    assert oak["SHA-256 of that one"] == sha256(issued)
    assert cover(books[file_of("school: Elm", 2)])["Total due (£)"] == 100
    # It was right after all.
    third = write_record(settled(TERMS, EVIDENCE, CLAIM), tmp_path / "3.record", supersedes=second)
    oak = cover(workbooks(read_record(third))[file_of("school: Oak", 3)])
    assert oak["Total due (£)"] == 50
    assert all(regenerate(path).same for path in (second, third))


def test_a_funders_view_names_what_its_own_statement_replaces_and_no_other(
    issued: list[Path], tmp_path: Path
) -> None:
    path, whole = tmp_path / "elm.record", issued[1]
    write_record(settled(TERMS, SECOND, CLAIM), path, supersedes=issued[0], funder="school: Elm")
    view = verify_record(path, whole=whole)
    assert [one.funder for one in view.manifest.replaces] == ["school: Elm"]
    assert sorted(workbooks(view)) == [file_of("school: Elm", 2)]
    assert b"Oak" not in path.read_bytes()
    with pytest.raises(RecordError, match="one funder's view"):
        write_record(settled(TERMS, THIRD, CLAIM), tmp_path / "3b.record", supersedes=path)


def later(evidence: str = EVIDENCE) -> Settlement:
    return settled(TERMS, evidence, NEXT)


def test_only_statements_of_the_same_claim_are_superseded(
    issued: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(RecordError) as refused:
        write_record(later(), tmp_path / "q2.record", supersedes=issued[0])
    assert "it is a record of claim 2017-Q1, made on 2017-04-30" in str(refused.value)
    with pytest.raises(StatementError, match="latest claim"):
        write_statements(later(), tmp_path, "2017-Q1", supersedes=read_record(issued[0]))
    with pytest.raises(StatementError, match="Read it with read_record"):
        write_statements(later(), tmp_path, supersedes=str(issued[0]))  # type: ignore[arg-type]
    other = settled(TERMS.replace("50%", "25%"), EVIDENCE, CLAIM)
    renamed = write_record(other, tmp_path / "other.record")
    parts = read_record(renamed).parts
    manifest = json.loads(parts["manifest.json"])
    manifest["contract"]["contract"] = "another"
    renamed.write_bytes(zip_bytes({**parts, "manifest.json": json_bytes(manifest)}))
    with pytest.raises(RecordError, match="a record of the contract 'another'"):
        write_record(other, tmp_path / "x.record", supersedes=renamed)
    assert (
        not list(tmp_path.glob("q2*")) + list(tmp_path.glob("x*")) + list(tmp_path.glob("*.xlsx"))
    )


def test_what_supersedes_a_claim_leaves_those_before_it_closed(tmp_path: Path) -> None:
    more = EVIDENCE + "    c2    | meeting | 2017-05-02 | yes   | 2017-05-02 | e   |\n"
    q2 = write_record(later(more), tmp_path / "q2.record")
    edited = more.replace(
        "c2    | consent | 2017-02-01 | yes", "c2    | consent | 2017-02-01 | no "
    )
    with pytest.raises(RecordError) as refused:
        write_record(later(edited), tmp_path / "q2b.record", supersedes=q2)
    told = "claim 2017-Q1 was settled at £200.00 and comes out at £100.00 now"
    assert told in str(refused.value)
    first = settled(TERMS, EVIDENCE, CLAIM)
    on_it = settled(TERMS, edited, NEXT, earlier=first)
    again = write_record(on_it, tmp_path / "q2c.record", supersedes=q2)
    assert on_it.due_pence("council") == -50_00
    assert regenerate(again).same


def test_the_command_line_issues_again_too(tmp_path: Path) -> None:
    def run(*words: str | Path) -> dict[str, object]:
        done = CliRunner().invoke(app, [*map(str, words), "--json"])
        assert done.exit_code == 0, done.output
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    settlement = settled(TERMS, EVIDENCE, CLAIM)
    (tmp_path / "contract.yaml").write_bytes(settlement.contract.source)
    people, seen = tmp_path / "people.csv", tmp_path / "seen.csv"
    people.write_text(
        "participant,started_on,recorded_on,school,borough\n"
        "c1,2017-01-09,2017-01-09,Elm,north\nc2,2017-01-09,2017-01-09,Oak,north\n"
    )
    rows = "observation,participant,metric,observed_on,recorded_on,value\n"
    rows += "a,c1,consent,2017-02-01,2017-02-01,yes\nb,c2,consent,2017-02-01,2017-02-01,yes\n"
    seen.write_text(rows)
    words = [tmp_path / "contract.yaml", f"participants={people}", f"observations={seen}"]
    words += ["--as-of", CLAIM]
    first, second, out = tmp_path / "1.record", tmp_path / "2.record", tmp_path / "out"
    run("record", *words, "--out", first)
    seen.write_text(rows.replace("b,c2,consent,2017-02-01,2017-02-01,yes\n", ""))
    run("record", *words, "--out", second, "--supersedes", first)
    told = run("settle", *words, "--out", out, "--supersedes", first)
    assert {one["number"] for one in told["replaces"]} == {1}  # type: ignore[attr-defined]
    run("regenerate", second)
    run("verify", out / file_of("school: Oak", 2), second, "--exact")
    with ZipFile(second) as file:
        names = {name for name in file.namelist() if name.endswith(".xlsx")}
    assert names == {f"statements/{path.name}" for path in out.glob("*.xlsx")}
    assert all(re.search(r"_number-2\.xlsx$", name) for name in names)
    # Neither what is superseded nor what was issued is written over.
    done = CliRunner().invoke(
        app, [*map(str, ["record", *words, "--out", first, "--supersedes", first]), "--replace"]
    )
    assert done.exit_code != 0
