"""Six files of six shapes, as partners of one school year would deliver what the fixture workbook
holds, become the same evidence by mappings alone: the same claims, lots and payments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import xlsxwriter

from impactbond.contract.read import read_contract
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.mappings.read import parse_mapping
from impactbond.settlement import lot_settlement
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.make_lots import make_lots
from impactbond.settlement.settle import settle

FIXTURES = Path(__file__).parents[2] / "fixtures"
YEAR_END, AS_OF = date(2017, 8, 31), "2017-10-31"
CHARITY = """
mapping: charity
version: 2
dated: 2017-09-04
tables:
  - files: families*.xlsx
    sheet: Families
    headings_on: [3]
    until: Total
    holds: participants
    never: [Notes]
    columns:
      participant: Child
      started_on: {column: Start, as: date, format: D MMM YYYY}
      recorded_on: {column: Entered, as: date, format: D MMM YYYY}
      from_on: {column: Holds from, as: date, format: D MMM YYYY}
      left_on: {column: Left, as: date, format: D MMM YYYY}
      school: School
      borough: {column: Borough, codes: {H&F: lbhf, K&C: rbkc}}
      key_stage: {column: KS, codes: {KS1: "1", KS2: "2", KS3: "3", KS4: "4"}}
  - files: families*.xlsx
    sheet: "Form*"
    columns: {ref: No, participant: Child, observed_on: Signed, recorded_on: Filed,
              replaces: Instead of}
    metrics:
      consent: {column: Consent, codes: {Y: "yes", N: "no"}}
      agreement: {column: Agreement, codes: {Y: "yes", N: "no"}}
  - files: survey*.csv
    separator: ;
    encoding: windows-1252
    columns:
      ref: Response
      participant: What is your code?
      observed_on: {column: Timestamp, as: date, format: DD/MM/YYYY hh:mm}
      recorded_on: {column: Imported, as: date, format: DD/MM/YYYY}
      replaces: Replaces response
    metrics: {sdq: Total, relationships: Peer, confidence: Score}
  - files: link workers*.csv
    columns:
      ref: Visit
      observed_on: {column: On, as: date, format: DDD D MMM YYYY}
      recorded_on: Written up
    lists: {metric: link_worker, columns: {Children seen: "yes"}, separated_by: " / "}
"""
OTHERS = """
mapping: partners
version: 1
dated: 2017-09-04
tables:
  - files: clubs.xlsx
    sheet: "*"
    headings_on: [2]
    never: ["%*"]
    columns: {participant: Child, recorded_on: Sent on}
    across:
      {metric: specialist, format: DD/MM/YYYY, codes: {P: attended, A: missed}, blank: nothing}
  - files: attendance*.csv
    columns:
      {ref: Row, participant: Pupil, observed_on: To, recorded_on: Exported, replaces: Corrects}
    metrics: {attendance: {share: Attended, of: Possible, rounded: half up}}
  - files: results*.xml
    rows_at: Pupil/Test
    columns: {ref: Id, participant: ../Code, observed_on: On, recorded_on: Sent, replaces: Replaces}
    metrics:
      english: {column: English, as: number}
      maths: {column: Maths, as: number}
"""
Row = dict[str, Any]


def fixture() -> Evidence:
    """What the fixture workbook holds of eighty children in the first school year."""
    contract = read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
    evidence = read_evidence(FIXTURES / "evidence" / "west_london_zone.xlsx", contract)
    people, table = evidence.participants_table, evidence.observations_table
    early = pc.less_equal(table["observed_on"], pa.scalar(YEAR_END))
    some = pa.scalar("C-0080")
    table = table.filter(pc.and_(early, pc.less_equal(table["participant"], some)))
    return replace(
        evidence,
        participants_table=people.filter(pc.less_equal(people["participant"], some)),
        observations_table=table,
        refused_table=evidence.refused_table.slice(0, 0),
    )


def text(day: date | None, form: str = "%-d %b %Y") -> str:
    return "" if day is None else day.strftime(form)


def by_ref(rows: Iterable[Row], scale: dict[str, int]) -> dict[tuple[str, ...], Row]:
    """The rows of a sheet again, each with its metrics: an id is the reference and the metric."""
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        if row["metric"] not in scale:
            continue
        ref = row["observation"].rpartition("/")[0]
        before = (row["supersedes"] or "").rpartition("/")[0]
        one = found.setdefault((ref,), {**row, "ref": ref, "before": before})
        one[row["metric"]] = row["value"]
    return found


def written(folder: Path, evidence: Evidence) -> list[Path]:
    rows = evidence.observations_table.to_pylist()
    paths = [
        *(families(folder, evidence, rows), survey(folder, rows), visits(folder, rows)),
        *(clubs(folder, rows), attendance(folder, rows), results(folder, rows)),
    ]
    assert len(paths) == 6
    return paths


def families(folder: Path, evidence: Evidence, rows: list[Row]) -> Path:
    path = folder / "families 2016-17.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("Families")
        sheet.merge_range(0, 0, 0, 4, "Families we work with")
        heads = [
            "Child",
            "Start",
            "Entered",
            "Holds from",
            "Left",
            "School",
            "Borough",
            "KS",
            "Notes",
        ]
        sheet.write_row(2, 0, heads)
        people = evidence.participants_table.to_pylist()
        for at, one in enumerate(people, 3):
            days = [one[name] for name in ("started_on", "recorded_on", "from_on", "left_on")]
            borough = {"lbhf": "H&F", "rbkc": "K&C"}[one["borough"]]
            said = [one["school"], borough, f"KS{one['key_stage']} ", "private"]
            sheet.write_row(at, 0, [one["participant"], *map(text, days), *said])
        sheet.write_row(len(people) + 4, 0, ["Total", len(people)])
        forms = book.add_worksheet("Forms 16-17")
        forms.write_row(
            0, 0, ["No", "Child", "Signed", "Filed", "Instead of", "Consent", "Agreement"]
        )
        answers = {1: "Y", 0: "N", None: ""}
        of = by_ref(rows, {"consent": 0, "agreement": 0})
        for at, one in enumerate(of.values(), 1):
            forms.write_row(at, 0, [one["ref"], one["participant"]])
            for column, name in ((2, "observed_on"), (3, "recorded_on")):
                moment = datetime.combine(one[name], time())
                forms.write_datetime(at, column, moment, day)
            said = [answers[one.get(name)] for name in ("consent", "agreement")]
            forms.write_row(at, 4, [one["before"], *said])
    return path


def survey(folder: Path, rows: list[Row]) -> Path:
    heads = "Timestamp;Response;What is your code?;Total;Peer;Score;Imported;Replaces response"
    lines = [f"{heads};Any words?"]
    for one in by_ref(rows, {"sdq": 0, "relationships": 0, "confidence": 0}).values():
        scores = [str(one.get(name, "")) for name in ("sdq", "relationships", "confidence")]
        when = [text(one["observed_on"], "%d/%m/%Y 09:41"), one["ref"], one["participant"]]
        last = [text(one["recorded_on"], "%d/%m/%Y"), one["before"], "caf\u00e9"]
        lines.append(";".join([*when, *scores, *last]))
    path = folder / "survey export.csv"
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    return path


def visits(folder: Path, rows: list[Row]) -> Path:
    """A row for each visit, with all children seen; one seen twice on a day was in two visits."""
    visited: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for row in rows:
        if row["metric"] == "link_worker":
            key = (row["source"], row["observed_on"], row["recorded_on"])
            again = 0
            while row["participant"] in visited[*key, again]:
                again += 1
            visited[*key, again].append(row["participant"])
    lines = ["Visit,On,Written up,Children seen"]
    for at, ((_, on, known, _), who) in enumerate(visited.items()):
        assert isinstance(on, date)
        lines.append(f"V{at},{text(on, '%a %-d %b %Y')},{known},{' / '.join(who)}")
    path = folder / "link workers.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def clubs(folder: Path, rows: list[Row]) -> Path:
    """A tab for each club with a column for each day, and a row for each child and sending."""
    of: dict[str, dict[tuple[str, date], dict[date, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if row["metric"] == "specialist":
            marks = of[row["source"]][row["participant"], row["recorded_on"]]
            assert row["observed_on"] not in marks
            marks[row["observed_on"]] = "PA"[row["value"]]
    path = folder / "clubs.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        shown = book.add_format({"num_format": "dd/mm/yyyy"})
        for club, children in of.items():
            sheet = book.add_worksheet(club[:31])
            sheet.write(0, 0, f"Register of {club}")
            days = sorted({day for marks in children.values() for day in marks})
            sheet.write_row(
                1, 0, ["Child", "Sent on", *(text(day, "%d/%m/%Y") for day in days), "% there"]
            )
            for at, ((who, known), marks) in enumerate(children.items(), 2):
                sheet.write(at, 0, who)
                sheet.write_datetime(at, 1, datetime.combine(known, time()), shown)
                for day, mark in marks.items():
                    sheet.write(at, 2 + days.index(day), mark)
                sheet.write(at, 2 + len(days), 0.5)
    return path


def attendance(folder: Path, rows: list[Row]) -> Path:
    lines = ["Row,Pupil,To,Possible,Attended,Exported,Corrects"]
    for one in by_ref(rows, {"attendance": 1}).values():
        counts = f"1000,{one['attendance']}"
        days = f"{one['observed_on']},{counts},{one['recorded_on']}"
        lines.append(f"{one['ref']},{one['participant']},{days},{one['before']}")
    path = folder / "attendance 2016-17.csv"
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    return path


def results(folder: Path, rows: list[Row]) -> Path:
    pupils: dict[str, list[str]] = defaultdict(list)
    for one in by_ref(rows, {"english": 0, "maths": 0}).values():
        cells = {"Id": one["ref"], "On": one["observed_on"], "Sent": one["recorded_on"]}
        cells |= {"Replaces": one["before"]}
        cells |= {name.title(): one[name] for name in ("english", "maths") if name in one}
        inside = "".join(f"<{name}>{escape(str(cell))}</{name}>" for name, cell in cells.items())
        pupils[one["participant"]].append(f"<Test>{inside}</Test>")
    whole = [f"<Pupil><Code>{who}</Code>{''.join(some)}</Pupil>" for who, some in pupils.items()]
    path = folder / "results.xml"
    path.write_text(f"<Results>{''.join(whole)}</Results>", encoding="utf-8")
    return path


def said(evidence: Evidence) -> list[tuple[object, ...]]:
    rows = evidence.observations_table.to_pylist()
    names = ("participant", "metric", "observed_on", "recorded_on", "value", "status")
    # What a row replaces is another row of the same child, metric and day or value: told by those.
    before = {row["observation"]: (row["metric"], row["observed_on"], row["value"]) for row in rows}
    return sorted(
        ((*(row[name] for name in names), before.get(row["supersedes"])) for row in rows), key=str
    )


def people(evidence: Evidence) -> list[tuple[object, ...]]:
    """Who the children are and what holds of them from when, wherever it was read."""
    table = evidence.participants_table
    told = [name for name in table.column_names if name not in ("file", "sheet", "row")]
    return sorted((tuple(row[name] for name in told) for row in table.to_pylist()), key=str)


def test_six_files_by_mappings_alone_settle_as_the_workbook_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
    known = fixture()
    mappings = [
        parse_mapping(one.encode(), name=f"{at}.yaml", contract=contract)
        for at, one in enumerate((CHARITY, OTHERS))
    ]
    paths = written(tmp_path, known)
    mapped = read_evidence(paths, contract, mapping=mappings)
    assert mapped.refused_table.to_pylist() == []
    assert said(mapped) == said(known)
    assert len(said(mapped)) > 1_000
    assert people(mapped) == people(known)
    made: list[tuple[Sequence[object], object]] = []

    def recorded(*given: Any) -> tuple[Lots, Numbers]:
        lots, quantities = make_lots(*given)
        made.append((lots.keys, quantities.tolist()))
        return lots, quantities

    monkeypatch.setattr(lot_settlement, "make_lots", recorded)
    ours, theirs = (settle(contract, one, as_of=AS_OF) for one in (mapped, known))
    # The same lots, with the same quantities at each claim date.
    our_lots, their_lots = made
    assert our_lots == their_lots
    assert len(our_lots[0]) > 20
    assert ours.lines_table == theirs.lines_table
    assert ours.claims_table == theirs.claims_table
    assert ours.payments_table == theirs.payments_table
    for name in ("shares", "decisions", "balances"):
        assert getattr(ours, f"{name}_table") == getattr(theirs, f"{name}_table"), name
    assert ours.claims_table.num_rows > 50
    read = {file.name for one in mapped.mapped for file in one.files}
    assert read == {path.name for path in paths}
