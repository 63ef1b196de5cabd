"""A record of one funder's view holds no more than that funder may see."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from tests.spec.drawn_tables import settled

from impactbond.canonical import json_bytes, sha256, zip_bytes
from impactbond.errors import RecordError
from impactbond.receipts.read import read_receipts
from impactbond.records.record import Record, read_record, write_record
from impactbond.records.regenerate import regenerate
from impactbond.records.verify import verify
from impactbond.records.verify_record import verify_record

EVIDENCE = """
    child     | start      | recorded   | school
    elm-child | 2017-01-09 | 2017-01-09 | Elm
    oak-child | 2017-01-09 | 2017-01-09 | Oak
    ---
    child     | metric  | on         | value | recorded
    elm-child | consent | 2017-02-01 | yes   | 2017-02-01
    oak-child | consent | 2017-02-03 | yes   | 2017-02-03
"""
TERMS = "funding: [{for: every milestone, shares: {council: 1/3, school: 1/3, lottery: the rest}}]"
NAME = "statements/specification_2017-Q1_school-elm.xlsx"


@pytest.fixture
def views(tmp_path: Path) -> tuple[Path, Path]:
    settlement = settled(TERMS, EVIDENCE, "2017-04-30")
    rows = {
        "receipt": ["A1", "A2"],
        "funder": ["school: Elm", "council"],
        "received_on": ["2017-03-01"] * 2,
        "amount": ["1.00", "777.77"],
    }
    receipts = read_receipts(pd.DataFrame(rows), settlement.contract)
    whole = write_record(settlement, tmp_path / "whole.record", receipts=receipts)
    view = write_record(
        settlement, tmp_path / "elm.record", receipts=receipts, funder="school: Elm"
    )
    return whole, view


def everything(record: Record) -> str:
    """All that a record says: its parts, and every cell of its workbooks."""
    told = ""
    for name, content in record.parts.items():
        told += name
        if name.endswith(".xlsx"):
            for sheet in openpyxl.load_workbook(BytesIO(content)):
                told += str([cell.value for row in sheet.iter_rows() for cell in row])
        else:
            told += content.decode()
    return told


def test_it_holds_the_funder_s_own_statement_and_rows(views: tuple[Path, Path]) -> None:
    whole, view = views
    record = read_record(view)
    assert sorted(record.parts) == [
        "manifest.json",
        "receipts/received.csv",
        "results/balances.csv",
        "results/payments.csv",
        "results/shares.csv",
        NAME,
    ]
    assert record.parts[NAME] == read_record(whole).parts[NAME]
    assert record.manifest.view is not None
    assert record.manifest.view.of_record == sha256(whole.read_bytes())


def test_it_holds_nothing_of_another_funder_or_child(views: tuple[Path, Path]) -> None:
    # Without digests, in which any three figures may follow each other.
    told = re.sub(r"\b[0-9a-f]{64}\b", "", everything(read_record(views[1])))
    for other in ("oak", "Oak", "council", "lottery", "777", "77777", "2017-02-03"):
        assert other not in told, other
    assert "elm-child" in told  # which its own statement lists
    whole = everything(read_record(views[0]))
    assert all(other in whole for other in ("oak-child", "council", "lottery", "77777"))


def test_it_verifies_a_statement_and_cannot_be_settled_again(
    views: tuple[Path, Path], tmp_path: Path
) -> None:
    path = tmp_path / "statement.xlsx"
    path.write_bytes(read_record(views[1]).parts[NAME])
    found = verify(path, views[1])
    assert (found.same, found.identical, found.regenerated) == (True, True, None)
    assert "one funder's view: nothing could be settled again" in found.text
    for refused in (
        lambda: regenerate(views[1]),
        lambda: read_record(views[1]).evidence,
        lambda: read_record(views[1]).lines_table,
        lambda: write_record(
            settled(TERMS, EVIDENCE, "2017-07-31"), tmp_path / "next.record", previous=views[1]
        ),
    ):
        with pytest.raises(RecordError, match="may see"):
            refused()
    assert not (tmp_path / "next.record").exists()


def test_whoever_holds_the_whole_can_prove_the_view(views: tuple[Path, Path]) -> None:
    whole, view = views
    assert verify_record(view, whole=whole).digest == sha256(view.read_bytes())
    with pytest.raises(RecordError, match=r"it is not the funder's view of whole\.record"):
        verify_record(whole, whole=whole)
    with pytest.raises(RecordError, match="holds what the funder 'school: Elm' may see"):
        verify_record(view, whole=view)


def test_a_whole_record_that_cannot_be_cut_is_told_by_its_part(
    views: tuple[Path, Path], tmp_path: Path
) -> None:
    whole, view = views
    parts = dict(read_record(whole).parts)
    name = "results/shares.csv"
    parts[name] = parts[name].replace(b"line,", b"linie,")
    manifest = json.loads(parts["manifest.json"])
    [listed] = [part for part in manifest["parts"] if part["name"] == name]
    listed |= {"sha256": sha256(parts[name]), "size": len(parts[name])}
    anew = tmp_path / "anew.record"
    anew.write_bytes(zip_bytes(parts | {"manifest.json": json_bytes(manifest)}))
    with pytest.raises(RecordError, match=f"the part '{name}' is not as records are written"):
        verify_record(view, whole=anew)


def test_a_view_of_somebody_without_a_statement_is_refused(tmp_path: Path) -> None:
    settlement = settled(TERMS, EVIDENCE, "2017-04-30")
    for nobody in ("trust", "all funders", ""):
        with pytest.raises(RecordError, match="there is no statement for a funder") as caught:
            write_record(settlement, tmp_path / "x.record", funder=nobody)
        assert "school: Oak" in str(caught.value)
    assert not list(tmp_path.iterdir())
