"""Columns that say who a child is are found by what stands in them, and refused at every door."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from stdnum.gb import upn
from tests.commands import run
from tests.evidence_workbooks import FEB, HEADINGS, MAR, small_contract, write_book
from tests.properties.test_disclosure import contract as long_contract

import impactbond as ib
from impactbond.errors import EvidenceError
from impactbond.evidence.personal import (
    is_learner_number,
    is_nhs_number,
    is_pupil_number,
    values_tell,
)

# python-stdnum's own example; then numbers given by authorities that it does not know (Dorset, and
# Cumberland), with the letters that its check letter gives.
NEW = ("838200005001", "942200005001")
UPNS = ["B801200005001", *(upn.calc_check_digit(f"A{one}") + one for one in NEW)]


def test_check_characters_are_those_published() -> None:
    """`Q207000016049` stands on help pages, and has the wrong letter: 2·2 + 7·4 + 1·9 + 6·10 + 4·12
    + 9·13 is 266, which leaves 13 of 23: the letter P, as I is left out.
    """
    assert all(map(is_pupil_number, UPNS))
    assert is_pupil_number("D20512324500A")
    assert is_pupil_number("P207000016049")
    assert not is_pupil_number("Q207000016049")
    assert not is_pupil_number("B80120000500I")
    assert is_nhs_number("9434765919")
    assert not is_nhs_number("9434765918")
    assert not is_nhs_number("1111111111")
    assert is_learner_number("1000000000")
    assert not is_learner_number("1000000001")


def told(*cells: object, names: bool = False) -> str:
    years = (date(1998, 1, 1), date(2022, 1, 1))
    return values_tell(cells, names=names, born=years)


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (UPNS[:2], "pupil numbers"),
        (["x", *UPNS], "pupil numbers"),
        (["943 476 5919", None], "NHS numbers"),
        ([9434765919, 4010232137, 9876543210], "NHS numbers"),
        (["SW1A 1AA", "m1 1ae", ""], "postcodes"),
        (["a.b@school.example.org"], "email addresses"),
        ([date(2012, 3, 4), date(2013, 5, 6)], "dates of birth"),
        (["2012-03-04", "2013-05-06"], "dates of birth"),
    ],
)
def test_a_majority_of_cells_tells(cells: list[object], what: str) -> None:
    assert told(*cells) == what


@pytest.mark.parametrize(
    "cells",
    [
        ["C-001", "C-002"],
        ["C001", "W1-1AA", "B12"],
        ["100123", "100456"],  # numbers of schools
        ["0207946000", "0207946001", "0207946002"],  # of which none passes
        [9434765919],  # one of ten digits may pass by chance
        ["x", "y", "B801200005001"],  # one is no majority
        [date(2024, 1, 1), date(2024, 2, 1)],
        ["Ark Swift", "Elm Park"],
        [12, 17.5, None, True],
    ],
)
def test_ordinary_cells_tell_nothing(cells: list[object]) -> None:
    assert told(*cells) == ""


def test_references_that_are_names_are_told() -> None:
    assert told("Ann Other", "Zoe O’Neil-Fox", "C-3", names=True) == "names"
    assert told("Ann", "Zoe", names=True) == ""


def frames(who: list[str], **more: list[object]) -> dict[str, Any]:
    people = {"participant": who, "started_on": "2024-01-02", "recorded_on": "2024-01-02"}
    people |= {"school": "Elm", "stage": "K1"}
    seen = {"observation": [f"o{at}" for at in range(len(who))], "participant": who}
    seen |= {"metric": "done", "value": "yes", "observed_on": "2024-02-01"}
    return {
        "participants": pd.DataFrame(people),
        "observations": pd.DataFrame({**seen, "recorded_on": "2024-02-01", **more}),
    }


@pytest.mark.parametrize("door", ["frames", "csv at rest", "csv row by row", "parquet", "arrow"])
def test_every_door_refuses_pupil_numbers_under_an_innocent_heading(
    tmp_path: Path, door: str
) -> None:
    given: dict[str, Any] = frames(UPNS)
    more: dict[str, Any] = {"at_rest": "rest" in door or door in ("parquet", "arrow")}
    for name, table in given.items():
        if door.startswith("csv"):
            table.to_csv(tmp_path / f"{name}.csv", index=False)
            given[name] = str(tmp_path / f"{name}.csv")
        elif door == "parquet":
            table.to_parquet(tmp_path / f"{name}.parquet")
            given[name] = str(tmp_path / f"{name}.parquet")
    with pytest.raises(EvidenceError, match="most of its cells look like pupil numbers") as raised:
        ib.read_evidence(given, long_contract(), **more)
    assert not any(one in str(raised.value) for one in UPNS)
    assert {fault.code for fault in raised.value.faults} == {"personal_data"}
    allowed = ib.read_evidence(given, long_contract(), allow_personal=["Participant"], **more)
    assert len(allowed.participants_table) == 3


def test_workbooks_and_counts_refuse_them_too(tmp_path: Path) -> None:
    headings = HEADINGS | {"Surveys": (*HEADINGS["Surveys"], "Note")}
    rows = {"Surveys": [["R1", "C-1", FEB, MAR, None, 7, None, None, UPNS[0]]]}
    with pytest.raises(EvidenceError, match="column 'Note'") as raised:
        ib.read_evidence(write_book(tmp_path / "a.xlsx", rows, headings), small_contract())
    assert UPNS[0] not in str(raised.value)
    counts = pd.DataFrame({"milestone": ["done"], "period": ["2024-Q1"], "number": [2]})
    counts["note"] = UPNS[0]
    with pytest.raises(EvidenceError, match="column 'note'"):
        ib.read_claims(counts, long_contract())
    assert ib.read_claims(counts, long_contract(), allow_personal=["note"]).counts_table.num_rows


@pytest.mark.parametrize("command", ["check-evidence", "settle", "identify"])
def test_the_command_line_reads_what_is_allowed_there_and_forgets_it(
    tmp_path: Path, command: str
) -> None:
    """Allowed once is allowed for that command alone."""
    contract = tmp_path / "contract.yaml"
    contract.write_bytes(long_contract().source)
    tables = [f"{name}={tmp_path}/{name}.csv" for name in frames(UPNS)]
    for name, table in frames(UPNS).items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    words = [command, contract, *tables]
    if command != "check-evidence":
        words += ["--as-of", "2024-04-30"]
    if command == "settle":
        words += ["--out", tmp_path / "out"]
    for more, refused in (((), True), (("--allow-personal", "Participant"), False), ((), True)):
        told = run(*words, *more).stderr
        assert ("most of its cells look like pupil numbers" in told) == refused
        assert not any(one in told for one in UPNS)


def test_a_heading_that_is_itself_a_number_is_not_told() -> None:
    tables = frames(["C-1", "C-2"], **{UPNS[0]: UPNS[:2]})
    with pytest.raises(EvidenceError) as raised:
        ib.read_evidence(tables, long_contract())
    assert UPNS[0] not in str(raised.value)
    assert "column 'number 7'" in str(raised.value)
