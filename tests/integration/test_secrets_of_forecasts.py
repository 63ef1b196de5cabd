"""A secret in every field of what a forecast rests on (evidence, a record of it, the free texts of
contract and area) is looked for in everything that comes of it: printed words, `--json`, errors,
logs, workbook, page, files of futures, their names.

Of a child nothing is told. Of a contract and an area it is told what they are called, and who pays
for what; whom groups are called after, and what people noted beside, is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.commands import Done, run
from tests.evidence_workbooks import CONTRACT, FEB, JAN, MAR, Rows, small_contract, write_book
from tests.told_secrets import SECRET, WRITTEN, told_by
from tests.unit.test_forget import texts_in

from impactbond.evidence.read import read_evidence
from impactbond.records.record import write_record
from impactbond.settlement.settle import settle
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.learn import area_from
from impactbond.simulation.read import read_area
from impactbond.simulation.reforecast import reforecast

NOTE = "Hortensia"  # stands where nothing of it is told
AREA = f"""
# {NOTE} thinks so
impactbond: 1
area: place
title: A place
groups:
  - {{name: {NOTE}, children: 1, start: 2017-06-05, attributes: {{school: {NOTE}, borough: north}}}}
intake:
  - {{name: {NOTE} and others, children: [1, 2], start: 2017-07-03, every: 1 month,
      attributes: {{school: Oak, borough: south}}}}
segments:
  - only: {{school: [{NOTE}]}}
    chances: {{consent: {{chance: 80%, after: 3 months}}}}
chances:
  consent: {{chance: 50%, after: {{10 days: 50%, 5 months: 50%}}, recorded: 2 weeks}}
costs:
  - {{name: Staff, amount: 20.00, per: child}}
"""
ON_THE_DAY = ("--as-of", "2017-04-30", "--leave-out-refused")
BOOK: Rows = {
    "Children": [
        (f"{SECRET}-1", JAN, None, None, FEB, "Oak", "north"),
        (f"{SECRET}-2", JAN, None, None, FEB, f"{SECRET} school", "south"),
        (f"{SECRET}-3", JAN, f"{SECRET}", None, FEB, "Oak", f"{SECRET}"),
    ],
    "Forms": [
        (f"{SECRET}-F1", f"{SECRET}-1", FEB, MAR, None, f"{SECRET}", f"{SECRET}.pdf", "yes", "no"),
        (f"{SECRET}-F2", f"{SECRET}-2", FEB, MAR, f"{SECRET}-F9", f"{SECRET}", None, SECRET, "no"),
    ],
    "Surveys": [(f"{SECRET}-S", f"{SECRET}-1", FEB, MAR, None, SECRET, 3, 4)],
    "Sessions": [(f"{SECRET}-1", FEB, MAR, SECRET)],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a contract, an area, evidence that is all secrets, and a record of it."""
    folder = tmp_path_factory.mktemp("forecasts")
    noted = CONTRACT.replace("consent: {when", f"consent: {{clause: {NOTE} 1, when")
    because = f"because: {NOTE} said so"
    noted += f"accepted: [{{code: unused_metric, at: metrics > hours, {because}}}]\n"
    (folder / "contract.yaml").write_text(f"# {NOTE} drafted it\n{noted}", "utf-8")
    (folder / "area.yaml").write_text(AREA, "utf-8")
    write_book(folder / "evidence.xlsx", BOOK)
    counted = f"milestone,period,number,ref\nconsent,2017-Q1,0,{SECRET}\n"
    (folder / "counts.csv").write_text(counted, "utf-8")
    wrong = f"milestone,period,number,ref\n{SECRET},{SECRET},1{SECRET},{SECRET}\n"
    (folder / "wrong.csv").write_text(wrong, "utf-8")
    evidence = read_evidence(folder / "evidence.xlsx", small_contract())
    assert SECRET in str(evidence.participants_table.to_pylist())
    settlement = settle(small_contract(), evidence, as_of="2017-04-30", leave_out_refused=True)
    write_record(settlement, folder / "q1.record", leave_out_refused=True)
    return folder


def told(folder: Path, done: Done) -> str:
    """All that a command told and wrote, with the names of its files."""
    written = [path for path in folder.rglob("*") if path.is_file()]
    contents = [f"{path.name}\n{texts_in(path.read_bytes())}" for path in written]
    return "\n".join([done.stdout, done.stderr, *contents])


CALLS: dict[str, tuple[str, ...]] = {
    "evidence": ("contract.yaml", "area.yaml", "evidence.xlsx", *ON_THE_DAY),
    "evidence as data": ("contract.yaml", "area.yaml", "evidence.xlsx", *ON_THE_DAY, "--json"),
    "a record": ("q1.record", "area.yaml"),
    "a record as data": ("q1.record", "area.yaml", "--json"),
    "counts": ("contract.yaml", "area.yaml", "--claims", "counts.csv", *ON_THE_DAY),
    "an area alone": ("contract.yaml", "area.yaml", "--json"),
}


@pytest.mark.parametrize("call", CALLS)
def test_nothing_that_a_forecast_writes_tells_a_secret(
    call: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    out = ("--out", str(tmp_path / "out"), "--paths", str(tmp_path / "paths.parquet"))
    done = run("simulate", *CALLS[call], "--trials", "5", *out)
    assert done.returncode == 0, done.stderr
    said = told(tmp_path, done)
    assert SECRET not in said
    assert NOTE not in said
    assert len(list(tmp_path.rglob("*.*"))) == 3  # a workbook, a page and the futures


# What is refused: rows that nobody leaves out, a file that is none, an area and a contract that are
# each other, a child that is asked for as a day.
REFUSED: tuple[tuple[str, ...], ...] = (
    ("contract.yaml", "area.yaml", "evidence.xlsx", "--as-of", "2017-04-30"),
    ("contract.yaml", "evidence.xlsx", "area.yaml", *ON_THE_DAY),
    ("contract.yaml", "area.yaml", "--claims", "wrong.csv", "--as-of", "2017-04-30"),
    ("evidence.xlsx", "area.yaml"),
    ("q1.record", "evidence.xlsx"),
    ("contract.yaml", "area.yaml", "q1.record", *ON_THE_DAY),
    ("q1.record", "area.yaml", "--as-of", "2017-07-31"),
)


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
@pytest.mark.parametrize("as_data", [False, True], ids=["words", "json"])
def test_no_refusal_of_a_forecast_tells_a_secret(
    words: tuple[str, ...], as_data: bool, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    done = run("simulate", *words, "--trials", "5", *(["--json"] if as_data else []))
    assert done.returncode == 2
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def planted() -> Iterator[tuple[tuple[str, int, int], Rows]]:
    """The workbook with one cell after another a secret as it might be written."""
    good: Rows = {
        "Children": [("C-1", JAN, None, None, FEB, "Oak", "north")],
        "Forms": [("F1", "C-1", FEB, MAR, None, "parent", "scan", "yes", "no")],
        "Surveys": [("R1", "C-1", FEB, MAR, None, 17, 33.75, 92.5)],
        "Sessions": [("C-1", FEB, MAR, "attended")],
    }
    for sheet, rows in good.items():
        for at, row in enumerate(rows):
            for cell, _ in enumerate(row):
                new = [list(one) for one in rows]
                new[at][cell] = WRITTEN[(5 * at + cell) % len(WRITTEN)]
                yield (sheet, at, cell), {**good, sheet: new}


def shown(forecast: Forecast) -> list[str]:
    """Everything that a forecast says of itself, and every table of it."""
    said = [forecast.text, forecast._repr_html_(), repr(forecast), str(forecast.as_dict())]
    areas = repr(forecast.area), str(forecast.area), repr(forecast.area.cohorts)
    tables = (forecast.reached_table(0), forecast.claimed_table(0), forecast.paths_table())
    evidence = forecast.as_evidence(0)[1]
    rows = evidence.participants_table.drop_columns(["school", "borough"]).to_pylist()
    return [
        *said,
        *areas,
        *(str(one.to_pylist()) for one in tables),
        str(rows),
        repr(forecast.draws),
    ]


def test_no_cell_of_evidence_is_told_by_what_is_left(tmp_path: Path) -> None:
    area = tmp_path / "area.yaml"
    area.write_text(AREA)
    path = tmp_path / "e.xlsx"
    tried = 0
    for at, book in planted():
        write_book(path, book)

        def left(leave_out: bool = tried % 3 > 0) -> list[str]:
            evidence = read_evidence(path, small_contract())
            settlement = settle(
                small_contract(), evidence, as_of="2017-04-30", leave_out_refused=leave_out
            )
            forecast = reforecast(settlement, read_area(area), trials=2, seed=1)
            return [*shown(forecast), repr(area_from(settlement))]

        assert SECRET not in told_by(left), at
        tried += 1
    assert tried > 25


def test_a_secret_that_stands_in_a_table_is_found(place: Path) -> None:
    evidence = read_evidence(place / "evidence.xlsx", small_contract())
    settlement = settle(small_contract(), evidence, as_of="2017-04-30", leave_out_refused=True)
    assert SECRET in told_by(lambda: settlement.decisions_table.to_pylist())
    forecast = reforecast(settlement, read_area(place / "area.yaml"), trials=2, seed=1)
    assert NOTE in forecast.area.cohorts[-3].name


# What a forecast is about is told: what the contract and the area are called, who pays, and what is
# spent.
TOLD = ("title: A small contract", "name: A council", "title: A place", "name: Staff")


@pytest.mark.parametrize("written", TOLD)
def test_what_a_forecast_is_about_is_told_and_escaped(
    written: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = written.split(":")[0]
    for name in ("contract.yaml", "area.yaml"):
        text = (place / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace(written, f"{key}: '=<b>{SECRET}</b>'"), "utf-8")
    monkeypatch.chdir(tmp_path)
    out = ("--out", "out")
    done = run("simulate", "contract.yaml", "area.yaml", "--trials", "5", *out)
    assert done.returncode == 0, done.stderr
    page = next((tmp_path / "out").glob("*.html")).read_text("utf-8")
    assert SECRET in page + done.stdout  # what is spent is printed by cost, and not on the page
    assert f"<b>{SECRET}" not in page
    book = texts_in(next((tmp_path / "out").glob("*.xlsx")).read_bytes())
    assert SECRET in book or written == "name: Staff"
    assert f"<f>=<b>{SECRET}" not in book.replace("&lt;", "<").replace("&gt;", ">")
