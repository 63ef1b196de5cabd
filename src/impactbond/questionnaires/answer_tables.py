"""Scores of a table of answers: a row for each time that somebody answered, a column an item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import narwhals as nw

from impactbond.errors import EvidenceError, Fault
from impactbond.questionnaires.instrument import Instrument
from impactbond.questionnaires.scoring import (
    Exact,
    NotListed,
    Reader,
    assert_bands,
    band_of,
    light,
    not_listed,
    scores_in_columns,
)
from impactbond.tables import engine_edge
from impactbond.terms.diagnostic import did_you_mean, listing
from impactbond.texts import one_spelling

_SHIFTED = 20  # answers without a single lowest one from which on the coding is doubted
INFORMANT = "informant"


@dataclass(frozen=True, slots=True, repr=False)
class AnswerTable:
    """What a table of answers came to: columns of texts by name, a cell for each row, with what to
    look at. Scores are exact: `7`, `19.25`, `20/3`; None where there is none.
    """

    instrument: str
    version: str
    columns: dict[str, list[str | None]]
    cautions: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values()), []))


def show_exact(value: Exact | None) -> str | None:
    """An exact number as text: with decimals where they end, otherwise as a fraction."""
    if value is None or isinstance(value, int):
        return None if value is None else str(value)
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest > 1:
        return str(value)
    return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"


def score_columns(
    instrument: Instrument,
    columns: Mapping[str, Sequence[object]],
    *,
    bands: str | None = None,
    informant: Sequence[object] | None = None,
    place: Fault | None = None,
    rows: Sequence[int] | None = None,
) -> AnswerTable:
    """The scores of answers that stand in columns, by item; `bands` adds the band of each, and
    `informant` who answered in each row.

    `place` and `rows` say where people find them. Raises EvidenceError listing every item without a
    column, every answer that is not among those of its item, and informants that are not known.
    """
    place = place or Fault()
    if bands is not None:
        assert_bands(instrument, bands)
    faults = list(_missing(instrument, columns, place))
    if faults:
        raise EvidenceError("Columns of answers are missing.", faults)
    count = len(columns[instrument.items[0]])
    numbers = range(1, count + 1) if rows is None else rows
    reader = Reader(instrument)
    read: dict[str, list[Exact | None]] = {}
    for item in instrument.items:
        values = reader.column(item, columns[item])
        wrong = [
            replace(not_listed(instrument, item, value), row=row)
            for row, value in zip(numbers, values, strict=True)
            if isinstance(value, NotListed)
        ]
        faults += wrong
        # Nothing is scored where an answer is refused; the others are kept to see whether all are
        # one too high.
        read[item] = [None if isinstance(value, NotListed) else value for value in values]
    who = None if informant is None else list(_informants(instrument, informant, numbers, faults))
    if faults:
        told = [replace(one, file=place.file, sheet=place.sheet) for one in faults]
        raise EvidenceError(
            f"The answers cannot be scored by {instrument.instrument}: {len(faults)} cells",
            _with_shift(instrument, read, told),
        )
    found = _scored(instrument, read, bands, who)
    cautions = doubtful_coding(instrument, read)
    return AnswerTable(instrument.instrument, instrument.version, found, tuple(cautions))


def _scored(
    instrument: Instrument,
    read: Mapping[str, Sequence[Exact | None]],
    bands: str | None,
    who: list[str | None] | None,
) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {} if who is None else {INFORMANT: who}
    cuts = {} if bands is None else instrument.bands[bands].scores
    whose = () if bands is None else instrument.bands[bands].informants
    for name, scores in scores_in_columns(instrument, read).items():
        shown = {score: show_exact(score) for score in set(scores)}
        found[name] = [shown[score] for score in scores]
        if name in cuts:
            lies = {score: band_of(cuts[name], score) for score in set(scores)}
            # Cut-points are those of one informant: of another's answers they say nothing.
            found[f"{name} band"] = [
                None if who is not None and whose and who[row] not in whose else lies[score]
                for row, score in enumerate(scores)
            ]
    return found


def score_table(
    instrument: Instrument,
    frame: Any,
    *,
    columns: Mapping[str, str] | None = None,
    bands: str | None = None,
    informant: str | None = None,
) -> Any:
    """The scores of a pandas, Polars or Arrow table of answers, as the same kind of table.

    `columns` says which column holds an item, where it is not called as the item; `informant` is
    the column that says who answered. Columns that hold no answers are kept, in front. Scores are
    texts, exact: `7`, `19.25`, `20/3`. Raises EvidenceError as `score` does, with rows from 1.
    """
    try:
        given = nw.from_native(frame)
    except TypeError:
        fault = Fault(code="not_a_frame", problem="these are no answers that can be read")
        allowed = "a pandas, Polars or Arrow table"
        raise EvidenceError("There is no table.", [replace(fault, allowed=allowed)]) from None
    with engine_edge():
        table = given.collect() if isinstance(given, nw.LazyFrame) else given
    named = {item: (columns or {}).get(item, item) for item in instrument.items}
    cells = {item: _cells(table, name) for item, name in named.items() if name in table.columns}
    wanted = [one for one in (informant,) if one is not None]
    if missing := [one for one in wanted if one not in table.columns]:
        fault = Fault(column=missing[0], code="column_missing", problem="there is no such column")
        raise EvidenceError("Columns of answers are missing.", [fault])
    who = None if informant is None else _cells(table, informant)
    found = score_columns(instrument, cells, bands=bands, informant=who)
    # Answers are not given back: what goes on from here are scores.
    kept = [one for one in table.columns if one not in {*named.values(), *wanted, *found.columns}]
    backend = nw.get_native_namespace(table)
    scored = [
        nw.new_series(name, values, nw.String, backend=backend)
        for name, values in found.columns.items()
    ]
    return nw.to_native(table.select(kept).with_columns(*scored) if kept else _only(scored))


def _only(scored: Sequence[nw.Series[Any]]) -> Any:
    return scored[0].to_frame().with_columns(*scored[1:])


def _cells(table: nw.DataFrame[Any], name: str) -> list[object]:
    series = table[name]
    nulls = series.is_null().to_list()
    return [None if no else cell for cell, no in zip(series.to_list(), nulls, strict=True)]


def _missing(
    instrument: Instrument, columns: Mapping[str, object], place: Fault
) -> Iterator[Fault]:
    """An item without a column would be pro-rated in every row, and nobody would be told."""
    for item in instrument.items:
        if item not in columns:
            yield replace(
                place,
                column=item,
                code="column_missing",
                problem=f"there is no column for the item '{item}'",
                hint=did_you_mean(item, [one for one in columns if one not in instrument.items])
                or "Add the column; an item that was not asked stands in an empty one",
            )


def _informants(
    instrument: Instrument, cells: Iterable[object], rows: Iterable[int], faults: list[Fault]
) -> Iterator[str | None]:
    words = {
        one_spelling(word).casefold(): name
        for name, said in instrument.informants.items()
        for word in (name, *said)
    }
    for row, cell in zip(rows, cells, strict=True):
        name = words.get(one_spelling(str(cell)).casefold())
        if name is None:
            faults.append(
                Fault(
                    row=row,
                    column=INFORMANT,
                    code="unknown_informant",
                    problem="this does not say who answered",
                    allowed=listing(words) or "the instrument knows no informants",
                )
            )
        yield name


def lowest_stands(instrument: Instrument, read: Mapping[str, Sequence[Exact | None]]) -> bool:
    """Whether the lowest answer stands anywhere, before items are turned round."""
    for item, values in read.items():
        every = instrument.values_of(item)
        lowest = light(max(every) if item in instrument.reversed else min(every))
        if lowest in values:
            return True
    return False


def _with_shift(
    instrument: Instrument, read: Mapping[str, Sequence[Exact | None]], faults: list[Fault]
) -> list[Fault]:
    """The faults, with a hint where the answers look as if they were counted from one higher."""
    if instrument.written_from is not None or lowest_stands(instrument, read):
        return faults
    start = int(min(map(Fraction, instrument.answers))) + 1
    hint = (
        f"No answer is {start - 1}: if they are coded from {start}, say so: --starting-at {start}, "
        f"in Python instrument.starting_at({start})"
    )
    return [replace(one, hint=hint) if one.code == "answer_not_listed" else one for one in faults]


def doubtful_coding(
    instrument: Instrument,
    read: Mapping[str, Sequence[Exact | None]],
    said_by: str = "--starting-at",
) -> Iterator[str]:
    """A caution where many answers were read and none is the lowest; `said_by` is what would say
    that they are coded from another number on.
    """
    answered = sum(value is not None for values in read.values() for value in values)
    if answered >= _SHIFTED and not lowest_stands(instrument, read):
        yield (
            f"Among {answered:,} answers none is the lowest: look whether they are coded from "
            f"another number on, and say so with {said_by}"
        )
