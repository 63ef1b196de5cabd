"""Every frame is declared: its columns are those that the package gives, and each is told of."""

from __future__ import annotations

import importlib
import pkgutil
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import jsonschema
import pandas as pd
import pyarrow as pa
import pytest
from tests.spec.drawn_tables import settled

import impactbond as ib
from impactbond.errors import InvariantError, SettlementError
from impactbond.explanation.journeys import journeys
from impactbond.frames.frame import declared
from impactbond.frames.page import FRAMES, page
from impactbond.receipts.read import read_receipts
from impactbond.receipts.reconcile import reconcile
from impactbond.settlement.settlement import Settlement
from impactbond.tables import as_kind, plain_rows

PAGE = Path(__file__).parents[2] / "docs" / "columns.md"
# Tables of the year end are told on its own page; the others are parts on the way to a frame.
ELSEWHERE = ("closing",)
TERMS = """
funding: [{for: every milestone, shares: {council: 60%, school: the rest}}]
limits: [{contract: whole, at_most: 250.00, beyond: unpaid}]
"""
EVIDENCE = """
child | metric  | on         | value | ref | replaces | recorded
c1    | consent | 2017-01-12 | yes   | r1  |          |
c2    | consent | 2017-02-01 | yes   | r2  |          |
c3    | consent | 2017-02-01 | yes   | r3  |          |
c4    | consent | 2017-02-01 | no    | r4  |          |
c1    | consent | 2017-01-12 | no    | r5  | r1       | 2017-05-10
"""


@pytest.fixture(scope="module")
def settlement() -> Settlement:
    return settled(TERMS, EVIDENCE, "2017-07-31")


def schemas() -> dict[str, pa.Schema]:
    """Every schema that a module of the package writes down, but for its own use."""
    found = {}
    for module in pkgutil.walk_packages(ib.__path__, "impactbond."):
        room = module.name.split(".")[1]
        if room not in (*ELSEWHERE, "frames", "cli", "__main__"):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, pa.Schema) and not name.startswith("_"):
                    found[name, tuple(value.names)] = value
    return {f"{name} ({', '.join(names)})": value for (name, names), value in found.items()}


def test_every_schema_of_the_package_is_declared() -> None:
    told = {tuple(one.schema.names) for one in FRAMES.values()}
    known = schemas()
    assert len(known) > 30, "there is nothing to check"
    assert [name for name, one in known.items() if tuple(one.names) not in told] == []


def test_the_page_is_what_is_declared_and_its_example_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = PAGE.read_text("utf-8")
    assert text == page(), "run python -m impactbond.frames.page > docs/columns.md"
    [example] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(example, "columns.md", "exec"), {})
    assert "one movement of one claim" in capsys.readouterr().out


def test_frames_are_as_declared(settlement: Settlement, tmp_path: Path) -> None:
    file = tmp_path / "bank.csv"
    file.write_text("receipt,funder,received_on,amount\nB1,council,2017-06-01,30.00\n", "utf-8")
    receipts = read_receipts(file, settlement.contract)
    found = reconcile(settlement, receipts, on="2017-10-01")
    told = journeys(settlement)
    given = {
        "journeys.journeys": told.table,
        "journeys.parts": told.parts_table,
        "receipts.received": receipts.received_table,
    }
    for owner, one in (("settlement", settlement), ("reconciliation", found)):
        for name in (name for name in FRAMES if name.startswith(f"{owner}.")):
            table = name.rpartition(".")[2].replace("schedule", "payments").removesuffix("_table")
            if table not in ("results", "result_parts"):
                given[name] = getattr(one, f"{table}_table")
    assert len(given) == 16
    for name, table in given.items():
        schema = FRAMES[name].schema
        assert table.schema.names == schema.names, name
        assert table.schema.types == schema.types, name
        filled = [field.name for field in schema if not field.nullable]
        assert [one for one in filled if table[one].null_count] == [], name
        jsonschema.validate(plain_rows(table), FRAMES[name].json_schema)


def test_a_schema_refuses_rows_that_are_otherwise(settlement: Settlement) -> None:
    rows, schema = plain_rows(settlement.payments_table), FRAMES["settlement.schedule"].json_schema
    for wrong in ({"amount_pence": 1.5}, {"amount_pence": None}, {"amount": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate([rows[0] | wrong], schema)


def test_a_column_that_nobody_tells_of_is_no_frame() -> None:
    with pytest.raises(InvariantError, match=r"x\.unheard"):
        declared("x", "a row", pa.schema([("unheard", pa.string())]))
    with pytest.raises(InvariantError, match="unheard"):
        declared("x", "a row", pa.schema([("funder", pa.string())]), unheard="of")


def test_days_and_missing_pence_keep_their_type_in_pandas() -> None:
    days = pa.array([datetime(2018, 1, 31), None], pa.date32())
    frame = as_kind(pa.table({"on": days, "a_pence": [2**53 + 1, None], "b": [1, 2]}), "pandas")
    assert [str(kind) for kind in frame.dtypes] == ["datetime64[ms]", "Int64", "int64"]
    assert frame["a_pence"][0] == 2**53 + 1  # as a float it would be one less
    assert frame["on"][0] == pd.Timestamp("2018-01-31")


def test_people_read_titles_and_pounds(settlement: Settlement) -> None:
    # 250.00 of 300.00 were let through, 60% and 40%; then c1 is taken back, which releases 50.00:
    # 200.00 to date, so that 30.00 and 20.00 go back.
    read = ib.for_people(settlement, "schedule")
    assert list(read.columns) == [
        *("Claim period", "Claim date", "Due on", "Funder", "Kind", "Name", "Amount (£)")
    ]
    amounts = dict(
        zip(read["Claim period"] + " " + read["Funder"], read["Amount (£)"], strict=True)
    )
    assert amounts == {
        "2017-Q1 The council": Decimal("150.00"),
        "2017-Q1 Elm": Decimal("100.00"),
        "2017-Q2 The council": Decimal("-30.00"),
        "2017-Q2 Elm": Decimal("-20.00"),
    }
    decided = ib.for_people(settlement, "decisions")
    assert set(decided["Reason"]) == {"Met", "Window open"}
    with pytest.raises(SettlementError, match="schedule"):
        ib.for_people(settlement, "payments")
