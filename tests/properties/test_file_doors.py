"""Drawn evidence goes in by every door: files at rest, files row by row, frames. Whole, all doors
say the same; broken, none says anything else than the others, and no error is another's or tells
who a child is.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from random import Random

import pyarrow.csv
import pytest
from tests.evidence_workbooks import CONTRACT
from tests.properties.drawn_files import (
    SECRET,
    as_frame,
    broken,
    drawn_rows,
    people,
    said,
    with_other_cells,
    write_csv,
    write_parquet,
)

from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.errors import ImpactBondError
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence

REGISTER = """
  register:
    kind: session
    slots: [AM, PM]
    marks: [/, J, J1]
    dated: [{marks: [J], through: 2017-02-04}, {marks: [J1], from: 2017-02-05}]
"""
SHEET = """
  Register:
    columns: {participant: Child, observed_on: Day, recorded_on: Recorded, slot: Half}
    metrics: {register: Mark}
"""


@cache
def small_contract() -> Contract:
    """The small contract, with a register of half days whose marks changed on a day."""
    text = CONTRACT.replace("\nwindows:", f"{REGISTER}windows:") + SHEET
    return parse_contract(text.encode(), name="small.yaml")


MUTANTS = int(os.environ.get("IMPACTBOND_MUTANTS", "40"))
BATCHES = 8
WRITERS = {"csv": write_csv, "parquet": write_parquet}


def told(evidence: Evidence) -> list[object]:
    return said({"p": evidence.participants_table, "o": evidence.observations_table})


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("form", WRITERS)
def test_drawn_files_say_the_same_by_every_door(form: str, batch: int, tmp_path: Path) -> None:
    contract = small_contract()
    for seed in range(batch, MUTANTS // 4, BATCHES):
        random = Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        rows = drawn_rows(random)
        frames = {"participants": people(), "observations": as_frame(rows)}
        expected = read_evidence(frames, contract)
        assert not expected.refused_table.num_rows, seed
        WRITERS[form](random, rows, folder)
        source = frames | {"observations": folder}
        for at_rest in (True, False):
            found = read_evidence(source, contract, at_rest=at_rest)
            assert told(found) == told(expected), (form, seed, at_rest)
            assert found.digest == expected.digest


def read(source: dict[str, object], *, at_rest: bool) -> Evidence | str:
    """The evidence, or what refuses it."""
    try:
        return read_evidence(source, small_contract(), at_rest=at_rest)
    except ImpactBondError as error:
        return str(error)


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("form", WRITERS)
def test_broken_files_are_refused_or_say_the_same_by_every_door(
    form: str, batch: int, tmp_path: Path
) -> None:
    pyarrow.csv.write_csv(people(), tmp_path / "people.csv")
    for seed in range(batch, MUTANTS, BATCHES):
        random = Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        rows = drawn_rows(random)
        if form == "csv" and random.random() < 0.5:
            WRITERS[form](random, with_other_cells(random, rows), folder)
        else:
            WRITERS[form](random, rows, folder)
            broken(random, folder)
        source = {"participants": tmp_path / "people.csv", "observations": folder}
        lying, by_rows = (read(source, at_rest=at_rest) for at_rest in (True, False))
        for refusal in (lying, by_rows):
            if isinstance(refusal, str):
                assert SECRET not in refusal, seed
                assert "something unforeseen" not in refusal, seed
        if isinstance(lying, Evidence):
            # At rest all is taken or nothing: what is taken is what each row says by itself.
            assert isinstance(by_rows, Evidence), (seed, by_rows)
            assert not by_rows.refused_table.num_rows, seed
            assert told(lying) == told(by_rows), seed
