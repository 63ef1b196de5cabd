"""Evidence drawn at random and written to files in every shape that a program may give them, and
the same files with something wrong in them.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]
SECRET = "Zebedee"  # in every reference of a child: no message may hold it
CHILDREN = [f"{SECRET}-{number}" for number in range(1, 6)]
START = date(2017, 1, 31)
NEW_MARKS = START + timedelta(days=5)  # from here on J1 is written for J
_NOTES = ("", "seen", "said 'no', at first", 'of 5" and more', "two\nlines", "#1", "=x", "é ß")


def drawn_rows(random: Random) -> list[Row]:
    """Observations in order, with a value for each kind of metric; at most one a day and metric."""
    rows: list[Row] = []
    for number in range(random.randint(1, 12)):
        metric = random.choice(["consent", "session", "sdq", "hours", "attendance", "register"])
        day = START + timedelta(days=number)
        value = {
            "consent": lambda: random.choice(["yes", "no"]),
            "session": lambda: random.choice(["attended", "missed"]),
            "sdq": lambda: random.randint(0, 40),
            "hours": lambda: random.randint(-500, 10**9) / 100,
            "attendance": lambda: random.randint(0, 1000) / 10,
            "register": partial(random.choice, ["/", "J" if day < NEW_MARKS else "J1"]),
        }[metric]()
        rows.append(
            {
                "observation": random.choice([f"R{number}", f"#{number}", f"a,b {number}"]),
                "participant": random.choice(CHILDREN),
                "metric": metric,
                "value": value,
                "observed_on": day,
                "recorded_on": day + timedelta(days=random.randint(0, 40)),
                "supersedes": None,
                "slot": random.choice(["AM", "PM"]) if metric == "register" else None,
                "note": random.choice(_NOTES),
            }
        )
    return rows


def people() -> pa.Table:
    """The children whom every row may be about."""
    count = len(CHILDREN)
    return pa.table(
        {
            "participant": CHILDREN,
            "started_on": [START] * count,
            "recorded_on": [START] * count,
            "school": ["Oak"] * count,
            "borough": ["north"] * count,
        }
    )


def as_frame(rows: Sequence[Row]) -> pa.Table:
    """The rows as one table of texts and dates."""
    texts = [dict(row, value=str(row["value"])) for row in rows]
    return pa.table({name: [row[name] for row in texts] for name in rows[0]})


def _parts(random: Random, rows: Sequence[Row]) -> list[Sequence[Row]]:
    cut = random.randint(0, len(rows))
    return [rows] if random.random() < 0.5 else [rows[:cut], rows[cut:]]


def write_csv(random: Random, rows: Sequence[Row], folder: Path) -> None:
    """The rows as CSV files, each in a shape of its own."""
    for number, part in enumerate(_parts(random, rows)):
        names = list(rows[0])
        random.shuffle(names)
        if not any(row["note"] for row in part) and random.random() < 0.5:
            names.remove("note")
        text = StringIO()
        ends = random.choice(["\n", "\r\n", "\r"])
        # Python leaves a line break of another sort than its own without quotation marks.
        every = [csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]
        quoting = random.choice(every if ends == "\r" else [*every, csv.QUOTE_MINIMAL])
        writer = csv.writer(text, lineterminator=ends, quoting=quoting)
        writer.writerow(names)
        for row in part:
            writer.writerow([row[name] for name in names])
            if random.random() < 0.1:
                text.write(ends)
        data = text.getvalue().encode(random.choice(["utf-8", "utf-8-sig"]))
        suffix = random.choice([".csv", ".CSV", ".csv.gz"])
        data = gzip.compress(data, mtime=0) if suffix.endswith("gz") else data
        (folder / f"{random.choice(['o', 'o[1]', 'o=1', 'ö'])}{number}{suffix}").write_bytes(data)


def write_parquet(random: Random, rows: Sequence[Row], folder: Path) -> None:
    """The rows as Parquet files, whose columns have one of the types that hold what they hold."""
    numbers = [row for row in rows if isinstance(row["value"], int | float)]
    words = [row for row in rows if row not in numbers]
    # Numbers and words are delivered apart, as texts both, or each as what it is.
    if numbers and words:
        for row in rows:
            row["value"] = str(row["value"])
    for number, part in enumerate(_parts(random, rows)):
        columns: dict[str, Any] = {}
        for name in random.sample(list(rows[0]), len(rows[0])):
            cells = [row[name] for row in part]
            columns[name] = _typed(random, name, cells)
        pq.write_table(pa.table(columns), folder / f"{number}.parquet", row_group_size=3)


def _typed(random: Random, name: str, cells: list[Any]) -> pa.Array:
    if name.endswith("_on"):
        kind = random.choice(["days", "times"])
        if kind == "times":
            moments = [datetime(day.year, day.month, day.day, 23, 59) for day in cells]
            return pa.array(moments, pa.timestamp(random.choice(["ms", "us"])))
        return pa.array(cells, pa.date32())
    if name == "slot":
        return pa.array(cells, pa.string())
    if name == "supersedes":
        return pa.array(cells, random.choice([pa.null(), pa.string(), pa.float64(), pa.int32()]))
    if name == "value" and all(isinstance(cell, int) for cell in cells):
        return pa.array(cells, random.choice([pa.int64(), pa.int16(), pa.float64()]))
    if name == "value" and all(isinstance(cell, int | float) for cell in cells):
        return pa.array(cells, pa.float64())
    return pa.array(cells, random.choice([pa.string(), pa.large_string()]))


_BYTES = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b";",
    b"\t",
    b"=",
    b"#N/A",
    b" ",
    b"\xe2\x80\x8b",
]
_CELLS: Sequence[object] = (
    *("", " ", "yes ", "1,5", "1e3", "#REF!", "=1", "17.0", "nan", "NULL", "Yes", "TRUE", "١٧"),
    *("2017-02-30", "28/02/2017", "2017-02-28\n", "2017-02-28 10:00", "1969-01-01", "9999-12-31"),
    *(f"{SECRET} Smith", "a\u00a0b", "é", "\u200b", "x" * 300, "0", "-0", "00017", "1_000"),
    *("AM", "PM", "am", "J", "J1"),
)


def broken(random: Random, folder: Path) -> None:
    """Something done to the bytes of one file: cut, doubled, or a few of them changed."""
    path = random.choice(sorted(path for path in folder.iterdir() if path.is_file()))
    data = bytearray(path.read_bytes())
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(data) + 1)
        match random.randrange(5):
            case 0:
                data[at:at] = random.choice(_BYTES)
            case 1:
                data[at : at + random.randint(1, 9)] = b""
            case 2:
                data[at:] = b"" if random.random() < 0.5 else data[at:] * 2
            case 3:
                data[at : at + 1] = random.choice(_BYTES)
            case _:
                data += data[random.randrange(len(data) + 1) :]
    path.write_bytes(bytes(data))


def with_other_cells(random: Random, rows: Sequence[Row]) -> list[Row]:
    """The rows with a cell or two that somebody typed otherwise."""
    changed = [dict(row) for row in rows]
    for _ in range(random.randint(1, 2)):
        row = random.choice(changed)
        row[random.choice(list(row))] = random.choice(_CELLS)
    return changed


def said(tables: Mapping[str, pa.Table]) -> list[object]:
    """What evidence says, apart from where it stands."""
    return [table.drop_columns(["file", "sheet", "row"]).to_pylist() for table in tables.values()]
