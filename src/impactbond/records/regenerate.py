"""Regenerating: the auditor's call. A record is settled again, and every result compared.

Takes  a record.
Gives  whether every result came out the same, byte for byte, and if not, where it first differs.
Keeps  nothing from outside the record enters but the engine.
"""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any, Unpack

from impactbond.cards import text_card
from impactbond.dialect import Engine
from impactbond.errors import StatementError
from impactbond.files import Writing
from impactbond.records.contents import (
    COUNTS,
    RESULTS,
    WORKBOOKS,
    fitting_together,
    results_of,
)
from impactbond.records.record import File, Record, read_record
from impactbond.records.workbook import parts_of
from impactbond.settlement.settle import bank_holidays_of, settle
from impactbond.settlement.settlement import Settlement
from impactbond.statements.write import table_files, write_set
from impactbond.terms.words import counted
from impactbond.version import __version__

SHOWN = 30


class Report(ABC):
    """What came of comparing: plain words for a person, and plain data for a program."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The result in plain words."""

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, for `--json`."""

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return text_card(self.text)


def some(lines: Sequence[object], indent: str) -> list[str]:
    """The first of many lines, and how many more there are."""
    told = [f"{indent}{line}" for line in lines[:SHOWN]]
    more = len(lines) - SHOWN
    return [*told, f"{indent}and {more:,} more (--json tells all)"] if more > 0 else told


@dataclass(frozen=True, slots=True)
class ResultDifference:
    """A result that came out otherwise: its part, and the first row and columns that differ.

    Rows count as in a spreadsheet. No value is told.
    """

    part: str
    problem: str
    row: int = 0
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f", first in row {self.row}" if self.row else ""
        columns = f" ({', '.join(self.columns)})" if self.columns else ""
        return f"{self.part}: {self.problem}{place}{columns}"


@dataclass(frozen=True)
class Regeneration(Report):
    """What came of settling a record again.

    `engine` is the version that did; the manifest of the record names the one that made it. The
    bank holidays are those of the record: `holidays_not_known` are its days that today's libraries
    do not have, `holidays_not_used` those that they have and it has not.
    """

    record: Record
    settlement: Settlement = field(repr=False)
    engine: str
    compared: int
    differences: tuple[ResultDifference, ...]
    holidays_not_known: tuple[date, ...] = ()
    holidays_not_used: tuple[date, ...] = ()
    made: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def write(self, out: File, **how: Unpack[Writing]) -> list[Path]:
        """Writes the tables and statements that were made again into a folder, and its manifest
        last, as `write_statements` does; they are those of the record where it is the `same`.
        """
        of, claim = self.record.manifest.contract, self.record.manifest.claim
        books = {
            name.removeprefix(WORKBOOKS): content
            for name, content in self.made.items()
            if name.startswith(WORKBOOKS)
        }
        files = table_files(self.settlement) | books
        return write_set(Path(out), of.contract, claim.claim_period, files, **how)

    @property
    def same(self) -> bool:
        """Whether every result is the same, byte for byte."""
        return not self.differences

    @property
    def text(self) -> str:
        """The result in plain words."""
        contract, claim = self.record.manifest.contract, self.record.manifest.claim
        made_by, count = self.record.manifest.engine, self.compared
        what = "evidence" if COUNTS not in self.record.parts else "counts without evidence,"
        told = [
            f"{self.record.name}: {contract.contract}, version {contract.version}, "
            f"{claim.claim_period}, {what} recorded by {claim.claim_date}",
            f"  SHA-256 of the record {self.record.digest}",
        ]
        if self.engine != made_by:
            told.append(f"  Made by engine {made_by}, settled again by engine {self.engine}")
        told += self._holidays()
        if (forgotten := self.record.manifest.forgotten) is not None:
            told.append(
                f"  In place of the record {forgotten.of_record}: "
                f"{counted(forgotten.participants, 'participant')} under pseudonyms that nobody "
                "can resolve; of whom their rows are is not proven"
            )
        if self.same:
            return "\n".join([*told, f"  All {count} results are the same, byte for byte"])
        told.append(f"  {len(self.differences)} of {count} results are not the same:")
        return "\n".join([*told, *(f"    {difference}" for difference in self.differences)])

    def _holidays(self) -> list[str]:
        found = {"not known today": self.holidays_not_known, "not in it": self.holidays_not_used}
        told = [f"{said}: {', '.join(map(str, days))}" for said, days in found.items() if days]
        if not told:
            return []
        return [f"  The bank holidays of the record were used, which differ; {'; '.join(told)}"]

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, for `--json`."""
        manifest, forgotten = self.record.manifest, self.record.manifest.forgotten
        return {
            "record": self.record.name,
            "sha256": self.record.digest,
            "contract": manifest.contract.model_dump(),
            "claim": manifest.claim.model_dump(mode="json"),
            "made_by": manifest.engine,
            "engine": self.engine,
            "compared": self.compared,
            "same": self.same,
            "differences": [asdict(difference) for difference in self.differences],
            "holidays_not_known": [day.isoformat() for day in self.holidays_not_known],
            "forgotten": forgotten.model_dump() if forgotten is not None else None,
            "holidays_not_used": [day.isoformat() for day in self.holidays_not_used],
        }


def regenerate(path: File, *, engine: Engine = "duckdb") -> Regeneration:
    """Settles a record again, from nothing but what it holds, and compares every result.

    Raises RecordError where the record is damaged, of another format, or holds a contract that this
    version refuses.
    """
    return regenerate_record(read_record(path), engine=engine)


def settled_again(record: Record, *, engine: Engine = "duckdb") -> Settlement:
    """The settlement of a record, settled again from nothing but what it holds."""
    with fitting_together(record.name):
        return settle(
            record.known,
            record.counts or record.evidence,
            as_of=record.manifest.as_of,
            earlier=record.earlier,
            leave_out_refused=True,
            holidays=record.holidays,
            engine=engine,
            with_decisions=True,
        )


def regenerate_record(record: Record, *, engine: Engine = "duckdb") -> Regeneration:
    """Settles a record again that has been read; see `regenerate`."""
    settlement, manifest = settled_again(record, engine=engine), record.manifest
    with fitting_together(record.name):
        made = results_of(settlement, manifest.engine, record.receipts, manifest.replaces)
    kept = {
        name: content
        for name, content in record.parts.items()
        if name in RESULTS.values() or name.startswith(WORKBOOKS)
    }
    differences = tuple(_differences(kept, made))
    used, known = set(record.holidays), set(bank_holidays_of(settlement.known.all))
    return Regeneration(
        *(record, settlement, __version__, len(kept), differences),
        tuple(sorted(used - known)),
        tuple(sorted(known - used)),
        made,
    )


def _differences(
    kept: Mapping[str, bytes], made: Mapping[str, bytes]
) -> Iterator[ResultDifference]:
    for part in sorted(kept.keys() | made.keys()):
        if part not in made:
            yield ResultDifference(part, "does not come out again")
        elif part not in kept:
            yield ResultDifference(part, "comes out now and was not kept")
        elif part.startswith(WORKBOOKS):
            if _contents(kept[part]) != _contents(made[part]):
                yield ResultDifference(part, "the workbook holds something else")
        elif kept[part] != made[part]:
            yield _first_difference(part, kept[part], made[part])


def _contents(workbook: bytes) -> object:
    """The files in a workbook: unlike what they hold, compressed bytes depend on the machine."""
    try:
        return list(parts_of(workbook, "").items())
    except StatementError:
        return workbook


def _first_difference(part: str, kept: bytes, made: bytes) -> ResultDifference:
    # What was kept may be no text, or hold a cell longer than the reader takes: its lines then.
    before, after = (_rows(content) for content in (kept, made))
    for row, (was, is_) in enumerate(zip_longest(before, after), 1):
        if was is None or is_ is None:
            return ResultDifference(part, "has more rows" if was is None else "has fewer rows", row)
        if row == 1:
            names = was
        if was != is_:
            pairs = zip_longest(names, was, is_)
            columns = tuple(str(name) for name, old, new in pairs if old != new)
            return ResultDifference(part, "comes out otherwise", row, columns)
    return ResultDifference(part, "is written otherwise")


def _rows(content: bytes) -> list[list[str]]:
    lines = content.decode(errors="replace").splitlines(True)
    try:
        return list(csv.reader(lines))
    except csv.Error:
        return [[line] for line in lines]
