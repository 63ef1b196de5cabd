"""Whether a contract knows what the tables of a mapping deliver, and gets what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from impactbond.contract.contract import Contract
from impactbond.errors import InstrumentError
from impactbond.mappings.codes import NOTHING, Codes
from impactbond.mappings.instruments import InstrumentScore, instrument_of
from impactbond.mappings.mapped_table import MappedTable, as_value
from impactbond.mappings.values import ColumnValue
from impactbond.questionnaires.instrument import Instrument
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, fault_at, unknown
from impactbond.terms.metrics import Chosen
from impactbond.terms.metrics.numbers import Scale
from impactbond.terms.sheets import PARTICIPANT_COLUMNS


def check_fit(
    tables: Sequence[MappedTable],
    lists: Mapping[str, Codes],
    contract: Contract,
    instruments: Mapping[str, Instrument],
) -> Diagnostics:
    """What the contract does not know of, or lacks."""
    attributes = contract.participants.attributes
    for index, table in enumerate(tables):
        path: Path = ("tables", index)
        if table.holds == "participants":
            filled = dict(table.named_columns())
            for name, key in filled.items():
                if name not in PARTICIPANT_COLUMNS and name not in attributes:
                    fault = unknown("column", name, (*PARTICIPANT_COLUMNS, *attributes))
                    yield Diagnostic((*path, key), fault)
            for name in attributes:
                if name not in filled:
                    problem = f"nothing says where the attribute '{name}' is found"
                    hint = "Name its heading under columns, or write it under constant"
                    yield fault_at(path, "column_missing", problem, hint=hint)
            continue
        yield from _check_metrics(lists, table, path, contract)
        yield from _check_scores(instruments, table, path, contract)


def _check_metrics(
    lists: Mapping[str, Codes], table: MappedTable, path: Path, contract: Contract
) -> Diagnostics:
    """Whether its metrics are the contract's, with their slots and marks."""
    across = table.across
    has_slot = "slot" in dict(table.named_columns())
    for name in table.delivers:
        place = _place_of(table, path, name)
        if name not in contract.metrics:
            yield Diagnostic(place, unknown("metric", name, contract.metrics))
            continue
        slots = contract.metrics[name].slot_names
        told = list(_slots_told(table, name))
        if slots and not (has_slot or told):
            problem, hint = f"the metric '{name}' has slots, and nothing says which", "Name it"
            yield fault_at(place, "slot_missing", problem, allowed=", ".join(slots), hint=hint)
        at = (*path, "across") if across is not None and across.metric == name else place
        yield from _unlisted(told, slots, at, "slot")
        term = contract.metrics[name]
        if isinstance(term, Chosen):
            marks = _marks(lists, table, name)
            yield from _unlisted(marks, term.choices, place, term.noun)


def _place_of(table: MappedTable, path: Path, metric: str) -> Path:
    """Where a mapping names a metric."""
    if metric in table.metrics:
        return (*path, "metrics", metric)
    return (*path, "across" if table.across else "lists", "metric")


def _slots_told(table: MappedTable, metric: str) -> Iterator[str]:
    """The slots that a mapping names for a metric, beside those that a column names."""
    if table.across is not None and table.across.metric == metric:
        yield from (*table.across.slots.values(), *table.across.marks_of)
    value = table.of_metrics.get(metric)
    if isinstance(value, ColumnValue):
        yield from value.marks_of


def _check_scores(
    instruments: Mapping[str, Instrument], table: MappedTable, path: Path, contract: Contract
) -> Diagnostics:
    """Whether scores of instruments go into metrics on a scale, of which the same end is better."""
    for name, value in table.of_metrics.items():
        term = contract.metrics.get(name)
        if term is None or not isinstance(value, InstrumentScore):
            continue
        place: Path = (*path, "metrics", name)
        if not isinstance(term, Scale):
            problem = f"a score is a number on a scale, and '{name}' is of the kind {term.kind}"
            yield fault_at(place, "not_a_scale", problem, hint="Name a metric that is a score")
            continue
        try:
            scored = instrument_of(value.instrument, instruments).scores.get(value.score)
        except InstrumentError:
            continue  # which is told of the mapping itself
        if scored is not None and scored.better not in (None, term.better):
            problem = f"of '{name}' the contract says that {term.better} is better, and "
            problem += f"{value.instrument} says {scored.better} of its score '{value.score}'"
            hint = "Look which score is meant; the contract may be the wrong way round"
            yield fault_at((*place, "score"), "other_end_better", problem, hint=hint)


def _marks(lists: Mapping[str, Codes], table: MappedTable, metric: str) -> list[object]:
    """What a table may deliver of a metric, as far as the mapping says it."""
    if table.lists is not None and metric == table.lists.metric:
        return list(table.lists.columns.values())
    codes: str | Codes | None = None
    blank: object = None
    if table.across is not None and metric == table.across.metric:
        codes, blank = table.across.codes, table.across.blank
    elif isinstance(value := as_value(table.metrics[metric]), ColumnValue):
        codes, blank = value.codes, value.blank
    listed = lists.get(codes, {}) if isinstance(codes, str) else codes or {}
    found: list[object] = [one.is_ for some in listed.values() for one in some]
    if table.across is not None and blank in listed:
        blank = None  # a code, whose meaning is among the others
    return [*found, *([] if blank is None else [blank])]


def _unlisted(words: Iterable[object], known: Sequence[str], path: Path, noun: str) -> Diagnostics:
    for word in dict.fromkeys(map(str, words)):
        if word != NOTHING and word not in known:
            yield Diagnostic(path, unknown(noun, word, known))
