"""Every figure, one after another, each with its reference.

Imports nothing large, because it measures: see `measure`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product
from math import log2
from tempfile import TemporaryDirectory
from typing import Literal

from tests.benchmarks.measure import ROOT, Figure, Measurer, Spent, figure

Scale = Literal["small", "medium", "full"]
PLACES = {"small": 2, "medium": 3, "full": 5}
POPULATIONS = (1_000, 10_000, 100_000, 1_000_000, 4_000_000)
LARGEST_FOR_PANDAS = 100_000
# How often what is compared is measured in turn, and how often each time; of others once, thrice.
ROUNDS = {100_000: (5, 1), 1_000_000: (5, 1), 4_000_000: (1, 1)}
OBSERVATIONS = 48  # of each child, on average
AREAS = ((98, 5), (2_240, 5), (200_000, 5), (2_240, 100), (200_000, 100))
CONTRACT = str(ROOT / "fixtures" / "contracts" / "west_london_zone.yaml")
WORKBOOK = str(ROOT / "fixtures" / "evidence" / "west_london_zone.xlsx")
IMPORTS = "import pandas, duckdb, pyarrow, narwhals, pydantic, xlsxwriter"
# Those that the command loads: it leaves pandas out.
LOADED = (
    "import duckdb, pyarrow.compute, narwhals, pydantic, xlsxwriter, typer, python_calamine,"
    " ruamel.yaml"
)


def all_figures(measurer: Measurer, scale: Scale) -> Iterator[Figure]:
    """The figures of a scale, each as soon as it is measured."""
    yield _warm(measurer, 4 if scale == "small" else 1)
    yield from _command(measurer)
    yield _import(measurer)
    yield _intake(measurer)
    yield from _explanations(measurer, 24 if scale == "small" else 6)
    yield _futures(measurer)
    yield from _futures_by_hand(measurer, 2_000 if scale == "small" else 10_000)
    yield _workbook(measurer, 10_000 if scale == "small" else 50_000)
    yield from _more_children(measurer)
    yield from _quarters(measurer, 2_000 if scale == "small" else 100_000)
    yield from _growth(measurer, POPULATIONS[: PLACES[scale]])


def _warm(measurer: Measurer, every: int) -> Figure:
    name = "settlement of the demo, evidence read, 10 claim dates"
    ours = measurer.task("settlement:settled", {}, repeats=5, warm=True)
    theirs = measurer.task("settlement:settled_plainly", {"every": every}, repeats=1)
    if every == 1:
        return figure(name, ours, "plain reference evaluator and settlement", theirs, same=True)
    return figure(name, ours, _sampled(every), theirs.times(every))


def _sampled(every: int) -> str:
    return f"plain reference evaluator and settlement, 1 child in {every}, × {every}"


def _command(measurer: Measurer) -> Iterator[Figure]:
    with TemporaryDirectory() as out:
        asked = ["settle", CONTRACT, WORKBOOK, "--as-of", "2019-04-30", "--out", out]
        asked += ["--leave-out-refused"]
        ours = measurer.command(sys.executable, "-m", "impactbond", *asked, repeats=2)
    for imports in (IMPORTS, LOADED):
        theirs = measurer.command(sys.executable, "-c", imports, repeats=2)
        yield figure("impactbond settle, whole process", ours, f"python -c '{imports}'", theirs)


def _import(measurer: Measurer) -> Figure:
    ours = measurer.command(sys.executable, "-c", "import impactbond", repeats=9)
    theirs = measurer.command(sys.executable, "-c", "pass", repeats=9)
    note = "peak is at least that of the measuring process"
    return figure("import impactbond, whole process", ours, "python -c pass", theirs, note)


def _intake(measurer: Measurer) -> Figure:
    ours = measurer.task("settlement:read", {}, warm=True)
    theirs = measurer.task("settlement:read_barely", {}, warm=True)
    return figure("read_evidence of the fixture workbook", ours, "bare calamine", theirs)


def _explanations(measurer: Measurer, every: int) -> Iterator[Figure]:
    ours = measurer.task("explanations:together", {"every": every}, warm=True)
    theirs = measurer.task("explanations:one_by_one", {"every": every}, repeats=1, warm=True)
    reference = f"each by itself, 1 child in {every}, × {every}"
    yield figure("explanations of 240 children", ours, reference, theirs.times(every), same=True)
    page = measurer.task("explanations:page", {}, warm=True)
    reference = "their explanations together"
    yield figure("programme page of 240 children", page, reference, ours, page.told)


def _futures(measurer: Measurer) -> Figure:
    trials, singly = 10_000, 50
    ours = measurer.task("settlement:simulated", {"trials": trials, "told": singly}, warm=True)
    theirs = measurer.task("settlement:simulated_singly", {"trials": singly}, warm=True)
    reference = f"settle_lots one by one, {singly} futures × {trials // singly}, not drawing them"
    theirs = theirs.times(trials / singly)
    return figure(f"{trials:,} futures of the area", ours, reference, theirs, same=True)


def _futures_by_hand(measurer: Measurer, trials: int) -> Iterator[Figure]:
    for (children, groups), each in product(AREAS, (None, "1500")):
        asked = {"children": children, "groups": groups, "trials": trials, "each": each}
        ours = measurer.task("futures:by_the_engine", asked, warm=True)
        theirs = measurer.task("futures:by_hand", asked, warm=True)
        name = f"{trials:,} futures, {children:,} children in {groups} groups"
        name += "" if each is None else f", £{each} each"
        yield figure(name, ours, "hand-written NumPy, counts", theirs, same=True)


def _workbook(measurer: Measurer, lines: int) -> Figure:
    ours = measurer.task("workbooks:written", {"lines": lines}, repeats=1)
    theirs = measurer.task("workbooks:written_barely", {"lines": lines}, repeats=1)
    texts, numbers, formulas = map(int, ours.told.split())
    note = f"{texts + numbers + formulas:,} cells, {formulas:,} formulas"
    reference = "bare XlsxWriter, the same cells and formulas"
    name = f"statement workbook of {lines:,} lines"
    return figure(name, ours, reference, theirs, note, same=True)


def _more_children(measurer: Measurer) -> Iterator[Figure]:
    children, every = 2_240, 80
    with TemporaryDirectory() as folder:
        made = measurer.task("settlement:made", {"folder": folder, "children": children}, repeats=1)
        ours = measurer.task("settlement:settled", {"folder": folder}, repeats=5, warm=True)
        due = {"folder": folder, "lines": False}
        barely = measurer.task("settlement:settled", due, repeats=5, warm=True)
        theirs = measurer.task(
            "settlement:settled_plainly", {"folder": folder, "every": every}, repeats=1
        )
    name = f"settlement of {children:,} children, 10 claim dates"
    yield figure(f"{name}, every line", ours, _sampled(every), theirs.times(every), made.told)
    yield figure(f"{name}, what is due", barely, _sampled(every), theirs.times(every), made.told)


def _quarters(measurer: Measurer, children: int) -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        new = measurer.task("quarters:made", {"folder": folder, "children": children}, repeats=1)
        name = f"the quarter that follows, {children:,} children"
        for more, task in (
            ("evidence and record read", "quarters:follows_read"),
            ("from files to lines", "quarters:follows"),
        ):
            ours, *theirs = (
                measurer.task(task, {"folder": folder, "way": way}, repeats=5, warm=True)
                for way in ("carried", "lines", "all again")
            )
            references = ("everybody evaluated again on the record", "settled all again")
            for reference, other in zip(references, theirs, strict=True):
                yield figure(f"{name}, {more}", ours, reference, other, new.told, same=True)


def _growth(measurer: Measurer, populations: tuple[int, ...]) -> Iterator[Figure]:
    before: Spent | None = None
    for place, children in enumerate(populations):
        rounds, repeats = ROUNDS.get(children, (1, 3))
        with TemporaryDirectory() as folder:
            given = {"folder": folder, "children": children}
            measurer.task("growth:made", given, repeats=1)
            name = f"Parquet to lots, {children:,} children × {OBSERVATIONS}"
            kinds = ("checked", "read_barely", "by_the_engine", "by_hand_written_sql")
            checked, barely, ours, by_sql = measurer.in_turn(
                *(f"growth:{kind}" for kind in kinds),
                arguments=given,
                rounds=rounds,
                repeats=repeats,
            )
            note = f"{children * OBSERVATIONS / ours.seconds:,.0f} rows/s"
            if before is not None:
                doublings = log2(children / populations[place - 1])
                slope = (ours.seconds / before.seconds) ** (1 / doublings)
                note += f", × {slope:.2f} per doubling"
            before = ours
            checks = f"checks of {children:,} children"
            yield figure(checks, checked, "bare DuckDB read", barely)
            yield figure(checks, checked, "their evaluation", ours)
            lines = measurer.task("growth:every_line", given, repeats=1)
            every = f"every line of {children:,} children, 10 claim dates"
            yield figure(every, lines, "evaluation of one claim date", ours, lines.told)
            yield figure(name, ours, "hand-written DuckDB SQL", by_sql, note, same=True)
            if children <= LARGEST_FOR_PANDAS:
                theirs = measurer.task("growth:by_a_pandas_program", given, repeats=3)
                yield figure(name, ours, "vectorised pandas program", theirs, note, same=True)
