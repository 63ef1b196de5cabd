"""The quick intake finds in drawn workbooks what a plain reading of each row and cell finds."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from tests.properties.drawn_workbooks import drawn_contract, drawn_sheets, write_drawn
from tests.properties.row_by_row import RowByRow, Seen, delivered

from impactbond.contract.contract import Contract
from impactbond.evidence.read import read_evidence
from impactbond.evidence.spreadsheet import Spreadsheet

DRAWN = int(os.environ.get("IMPACTBOND_WORKBOOKS", "60"))


def plainly(paths: list[Path], contract: Contract) -> RowByRow:
    """The same files, read by a parser, row by row."""
    rows = []
    for path in paths:
        book = Spreadsheet.of(path.read_bytes())
        for at, (name, _) in enumerate(book.sheets):
            term = contract.workbook_sheets[name]
            rows += delivered(path.name, name, term, book._parsed(at), contract)
    return RowByRow(rows, contract, "Children")


def test_drawn_workbooks_are_read_as_row_by_row(tmp_path: Path) -> None:
    contract, found, refused = drawn_contract(), 0, set()
    for seed in range(DRAWN):
        draw = Random(seed)
        odd = draw.choice([0, 0.01, 0.03, 0.1, 0.3])
        sheets = drawn_sheets(draw, odd)
        paths = [write_drawn(tmp_path / f"{seed} a.xlsx", sheets, draw)]
        if draw.random() < 0.3:  # delivered again, or in two parts
            again = sheets if draw.random() < 0.5 else drawn_sheets(draw, odd)
            paths.append(write_drawn(tmp_path / f"{seed} b.xlsx", again, draw))
        quick, slow = read_evidence(paths, contract), plainly(paths, contract)
        rows = quick.observations_table.drop(["file", "sheet", "row"]).to_pylist()
        held = [Seen(*(one["observation"], *list(one.values())[1:])) for one in rows]
        assert held == slow.observations, seed
        people = quick.participants_table.to_pylist()
        told = [
            (one["participant"], one["from_on"], one["recorded_on"], one["started_on"],
             one["left_on"], (one["school"], one["borough"]))
            for one in people
        ]  # fmt: skip
        assert told == sorted(slow.people, key=lambda one: one[:3]), seed
        wrong = quick.refused_table.select(["file", "sheet", "row", "column", "code"])
        places = [tuple(one.values()) for one in wrong.to_pylist()]
        assert set(places) == slow.refused, seed
        assert quick.repeated == slow.repeated, seed
        found += len(held)
        refused |= {place[-1] for place in places}
    assert found > 10 * DRAWN
    assert len(refused) > 15
