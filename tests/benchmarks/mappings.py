"""Reads 50,000 rows of 12 columns by a mapping, from a workbook and from CSV, beside bare calamine:
`python -m tests.benchmarks.mappings`. It prints CPU seconds and ratios.
"""

from __future__ import annotations

from collections.abc import Callable
from csv import writer
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import xlsxwriter
from tests.partner_files import children, contract

from impactbond.evidence.read import read_evidence
from impactbond.mappings.mapping import SourceMapping
from impactbond.mappings.read import parse_mapping

ROWS, CHILDREN = 50_000, 99
HEADINGS = (
    *("Pupil", "Year", "Class", "Date", "Session", "Mark", "Meaning", "Minutes late", "Comment"),
    *("School", "Entered on", "Entered by"),
)
TEXT = """
mapping: large
version: 1
dated: 2024-09-01
tables:
  - {{files: children.csv, holds: participants, columns: {{participant: Child}},
     constant: {{started_on: 2024-09-02, recorded_on: 2024-09-02, school: Elm}}}}
  - files: large.{kind}
    columns: {{participant: Pupil, observed_on: {day}, slot: Session, source: Entered by,
              recorded_on: {entered}}}
    metrics: {{register: {{column: Mark, codes: {{"/": present, I: absent, N: absent}}}}}}
"""
FORM = "{{column: {}, as: date, format: DD/MM/YYYY}}"


def rows() -> list[tuple[object, ...]]:
    """One row for each half day of each child; every comment is another."""
    found = []
    for at in range(ROWS):
        day = date(2024, 9, 2) + timedelta(days=at // (2 * CHILDREN))
        slot = "AM" if at // CHILDREN % 2 == 0 else "PM"
        who, mark = f"C-{at % CHILDREN + 1:02d}", "/IN"[at % 3]
        said = (mark, f"meaning of {mark}", at % 60, f"note {at}", "Elm", day, "Office")
        found.append((who, 5, "5A", day, slot, *said))
    return found


def written(folder: Path) -> dict[str, Path]:
    """The rows as a workbook and as CSV, the days of which are text."""
    found = {kind: folder / f"large.{kind}" for kind in ("xlsx", "csv")}
    with xlsxwriter.Workbook(str(found["xlsx"])) as book:
        sheet, shown = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, HEADINGS)
        for at, cells in enumerate(rows(), 1):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(at, column, datetime.combine(cell, time()), shown)
                else:
                    sheet.write(at, column, cell)
    with found["csv"].open("w", newline="") as file:
        lines = writer(file)
        lines.writerow(HEADINGS)
        for cells in rows():
            days = (f"{one:%d/%m/%Y}" if isinstance(one, date) else one for one in cells)
            lines.writerow(days)
    return found


def mapping(kind: str) -> SourceMapping:
    day, entered = ("Date", "Entered on")
    if kind == "csv":
        day, entered = (
            FORM.format(one).replace("{{", "{").replace("}}", "}") for one in (day, entered)
        )
    text = TEXT.format(kind=kind, day=day, entered=entered)
    return parse_mapping(text.encode(), name="large.yaml", contract=contract())


def spent(work: Callable[[], object], times: int = 3) -> float:
    """The fewest CPU seconds of some runs."""
    found = []
    for _ in range(times):
        before = process_time()
        work()
        found.append(process_time() - before)
    return min(found)


def main() -> None:
    """Prints a line for each way."""
    import python_calamine

    with TemporaryDirectory() as name:
        folder = Path(name)
        people, files = children(folder, CHILDREN), written(folder)
        book = str(files["xlsx"])
        bare = spent(lambda: python_calamine.load_workbook(book).get_sheet_by_index(0).to_python())
        print(f"bare calamine, the workbook            {bare:.2f} s")
        for kind, path in files.items():
            by, paths = mapping(kind), [people, path]
            read = spent(partial(by.deliver, paths, contract(), {}))
            whole = spent(partial(read_evidence, paths, contract(), mapping=by), 1)
            print(f"{kind} by a mapping                      {read:.2f} s  x {read / bare:.2f}")
            print(f"{kind} by a mapping, checked as evidence {whole:.2f} s  x {whole / bare:.2f}")


if __name__ == "__main__":
    main()
