"""Every contract of fixtures/contracts settles from its own template, filled in as a person would,
and from CSV files: nobody has to write `sheets` or a program first.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from tests.spec.drawn_tables import pounds
from tests.spec.published import CONTRACTS

from impactbond.cli.commands import app
from impactbond.cli.options import settled
from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.evidence.template import write_template
from impactbond.settlement.settlement import Settlement
from impactbond.terms.metrics import Metric, Numbered

NAMES = sorted(path.stem for path in CONTRACTS.glob("*.yaml"))
Row = Mapping[str, object]
Tables = dict[str, list[Row]]


def person(starts: str, who: str = "p1", **attributes: str) -> Row:
    """One participant, of whom one knew on the day of the start."""
    day = date.fromisoformat(starts)
    return {"participant": who, "started_on": day, "recorded_on": day, **attributes}


def seen(
    metric: str, on: str, value: object = "yes", source: str | None = None, who: str = "p1"
) -> Row:
    """One observation, recorded on its day."""
    day = date.fromisoformat(on)
    found = {"participant": who, "metric": metric, "value": value, "source": source}
    return {**found, "observed_on": day, "recorded_on": day}


# Of these the evidence is drawn, and the payments are worked out beside it, by funder.
DRAWN: dict[str, tuple[list[Row], list[Row], dict[str, str]]] = {
    # 250 outcomes at 1.00 = 250.00, and the three sums of relief: 971,234 + 1,136,486 + 1,194,738
    # = 3,302,458.00; together 3,302,708.00, of which 6,600,000 of 22,297,917 = 977,574.40
    "kirklees": (
        [person("2019-09-02")],
        [seen("begun", "2020-01-10"), seen("outcomes", "2020-02-03", 250)],
        {"dcms": "977,574.40", "council": "2,325,133.60"},
    ),
    # a whole programme 8,000.00; no proceedings on the 30 days of October 2020 = 450.00; 40% of
    # 8,450.00 = 3,380.00
    "plymouth_pause": (
        [person("2019-04-01")],
        [
            seen("programme", "2019-04-01", "engaged"),
            seen("programme", "2020-06-01", "left"),
            seen("reviewed", "2020-09-15"),
            seen("proceedings", "2020-10-01", "none"),
            seen("proceedings", "2020-10-31", "started"),
        ],
        {"fund": "3,380.00", "council": "5,070.00"},
    ),
    # a home 600.00, and for three months 1,500.00; 80 hours of volunteering 400.00; two thirds and
    # one third of 2,500.00
    "rough_sleepers_london": (
        [person("2017-10-02")],
        [
            seen("home", "2017-10-02", "housed", "tenancy"),
            seen("home", "2018-01-10", "streets", "landlord letter"),
            seen("volunteering", "2017-11-01", 80),
        ],
        {"dclg": "1,666.67", "gla": "833.33"},
    ),
    # attached 400.00; thirteen weeks in work by the end of October 1,000.00; of the 62 days left
    # until the year's end two times four weeks at 115.00
    "work_programme": (
        [person("2011-07-01", payment_group="5")],
        [
            seen("attached", "2011-07-01"),
            seen("work", "2011-08-01", "in work"),
            seen("work", "2012-01-01", "out of work"),
        ],
        {"dwp": "1,630.00"},
    ),
    # nobody of one was convicted again, and everybody of one matched: 100% fewer. 1,000,000.00 for
    # the cohort, and 2,000,000.00 less that for all; 60% and 40%
    "hmp_peterborough": (
        [
            person("2010-10-04", group="released", cohort="1"),
            person("2010-10-04", "p2", group="matched", cohort="1"),
        ],
        [
            seen("released", "2010-10-04"),
            seen("released", "2010-10-04", who="p2"),
            seen("reconviction", "2011-02-01", who="p2"),
        ],
        {"moj": "1,200,000.00", "lottery": "800,000.00"},
    ),
    # a qualification 500.00 and a questionnaire 250.00, shared in 4104ths: 1440, 1224, 720, 720
    "chances": (
        [person("2020-01-06", area="Oxford")],
        [seen("qualification", "2020-02-03"), seen("questionnaire", "2020-04-20")],
        {"sport": "263.16", "fund": "223.68", "city": "131.58", "county": "131.58"},
    ),
    # 0.9 of a point is 4/9 of the way from 0.5 to 1.4: 156,000.00 of 351,000.00; 30%, and of 70%
    # two thirds and one
    "ways_to_wellness": (
        [person("2015-04-01", patients="west")],
        [
            seen("star", "2016-01-15"),
            seen("points_up", "2016-01-15", "1.0"),
            seen("points_down", "2016-01-15", "0.1"),
        ],
        {"ccg": "46,800.00", "lottery": "72,800.00", "cabinet": "36,400.00"},
    ),
}


def some_evidence(contract: Contract) -> Tables:
    """A participant of whom every metric is seen each month for two years, better in the end."""
    first = (contract.participants.started or contract.calendar.term)[0]
    attributes = {
        name: "some" if values == "text" else values[0]
        for name, values in contract.participants.attributes.items()
    }
    rows = [
        seen(name, str(first + timedelta(days=30 * month)), value, next(iter(metric.sources), None))
        for name, metric in contract.metrics.items()
        for month in range(24)
        if (value := _value(metric, month)) is not None
    ]
    return {"participants": [person(str(first), **attributes)], "observations": rows}


def _value(metric: Metric, month: int) -> object:
    if not isinstance(metric, Numbered):
        return metric.choices[0] if getattr(metric, "repeats", True) or not month else None
    low, high = metric.ends
    is_higher = getattr(metric, "better", "higher") == "higher"
    return float(high if is_higher == (month > 5) else low) if high < 1000 else 20


def evidence_for(name: str, contract: Contract) -> Tables:
    """What is drawn above, or some evidence for any contract."""
    if name not in DRAWN:
        return some_evidence(contract)
    who, rows, _ = DRAWN[name]
    return {"participants": who, "observations": rows}


def fill(contract: Contract, tables: Tables, path: Path) -> Path:
    """The template of a contract with these rows typed under its headings."""
    book = openpyxl.load_workbook(write_template(contract, path))
    for name, sheet in contract.workbook_sheets.items():
        page = book[name]
        headings = [cell.value for cell in page[1]]
        for row in tables[sheet.holds]:
            cells = {heading: row.get(column) for column, heading in sheet.columns.items()}
            if sheet.holds == "observations" and not sheet.is_long:
                heading = sheet.metrics.get(str(row["metric"]))
                if heading is None:
                    continue
                cells |= {} if heading == "each row" else {heading: row["value"]}
            page.append([cells.get(heading) for heading in headings])
    book.save(path)
    return path


def as_files(tables: Tables, folder: Path) -> list[Path]:
    """The two tables as CSV files, named as on the command line."""
    words = []
    for name, rows in tables.items():
        headings = list(rows[0])
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, headings)
            writer.writeheader()
            writer.writerows(rows)
        words.append(Path(f"{name}={folder / name}.csv"))
    return words


def with_references(tables: Tables) -> Tables:
    """The tables with a reference for each observation, which files need."""
    rows = enumerate(tables["observations"], 1)
    return tables | {"observations": [{**row, "observation": f"r{n}"} for n, row in rows]}


def said(evidence: Evidence) -> list[tuple[object, ...]]:
    """What every observation says, whatever it came in and however it is called."""
    about = ("participant", "metric", "value", "observed_on", "recorded_on", "source", "status")
    table = evidence.observations_table
    return sorted((*(str(row[name]) for name in about),) for row in table.to_pylist())


def by_funder(settlement: Settlement) -> dict[str, str]:
    """What each funder pays in all."""
    sums: dict[str, int] = {}
    for row in settlement.payments_table.to_pylist():
        sums[row["funder"]] = sums.get(row["funder"], 0) + row["amount_pence"]
    return {name: pounds(pence) for name, pence in sums.items()}


def last_day(contract: Contract) -> date:
    """The last claim date of a contract."""
    return contract.calendar.claim_date(contract.calendar.periods[-1])


@pytest.mark.parametrize("name", NAMES)
def test_the_template_of_every_contract_reads_back_and_settles(name: str, tmp_path: Path) -> None:
    contract, place = read_contract(CONTRACTS / f"{name}.yaml"), CONTRACTS / f"{name}.yaml"
    tables = evidence_for(name, contract)
    book = fill(contract, tables, tmp_path / "evidence.xlsx")
    frames = {one: pd.DataFrame(rows, dtype="object") for one, rows in tables.items()}
    read = read_evidence(book, contract)
    assert not read.refused_table.num_rows
    assert said(read) == said(read_evidence(frames, contract))
    settlement = settled(place, [book], last_day(contract), leave_out=False)
    assert settlement.payments_table.num_rows
    if name in DRAWN:
        assert by_funder(settlement) == DRAWN[name][2]


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_rows_in_csv_files_come_to_the_same_money(name: str, tmp_path: Path) -> None:
    contract = read_contract(CONTRACTS / f"{name}.yaml")
    words = as_files(with_references(evidence_for(name, contract)), tmp_path)
    settlement = settled(CONTRACTS / f"{name}.yaml", words, last_day(contract), leave_out=False)
    assert by_funder(settlement) == DRAWN[name][2]


def test_the_command_line_settles_a_contract_without_sheets(tmp_path: Path) -> None:
    place = CONTRACTS / "plymouth_pause.yaml"
    contract = read_contract(place)
    book = fill(contract, evidence_for("plymouth_pause", contract), tmp_path / "evidence.xlsx")
    words = ["settle", place, book, "--as-of", "2024-10-31", "--out", tmp_path / "out"]
    app([str(word) for word in words], standalone_mode=False)
    # 8,000.00 and 450.00, as above
    with (tmp_path / "out" / "lines.csv").open(encoding="utf-8") as file:
        assert sum(int(row["entitled_pence"]) for row in csv.DictReader(file)) == 845_000
