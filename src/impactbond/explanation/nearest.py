"""What smallest change of evidence would have achieved a milestone: one row added or one value
changed.

Takes  a settlement, a participant and a milestone.
Gives  the changes that would have been enough, the smallest of each metric.
Keeps  every change that is told was tried with the engine that settles, all of them at once: each
       on a copy of the participant under a name of its own.

Changes are tried at the values at which the contract's own figures can tip: its thresholds, the
participant's other values moved by them, and the ends of the range, each a step to either side.
What no change of this kind achieves is told as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.cards import text_card
from impactbond.contract.contract import Contract
from impactbond.contract.references import rests_on
from impactbond.evaluation.decisions import decisions_table
from impactbond.evidence.evidence import Evidence
from impactbond.explanation.explain import explain
from impactbond.explanation.explanation import as_plain
from impactbond.explanation.parts import place_words
from impactbond.settlement.settlement import Settlement
from impactbond.tables import as_kind, schema_of
from impactbond.terms.metrics import Numbered
from impactbond.terms.metrics.numbers import Quantity
from impactbond.terms.phrases import Distance, Threshold
from impactbond.terms.term import Term
from impactbond.terms.words import counted

_PER_METRIC = 400  # changes tried of one metric
CHANGES = schema_of(
    *("change", "metric", "was", "would_be", "observed_on", "sheet", "row", "achieved_on"),
    row=pa.int64(),
)


@dataclass(frozen=True, slots=True)
class EvidenceChange:
    """One change that would have been enough: a value changed, or a row added.

    `was` is blank, and there is no `sheet` and `row`, for a row that would have had to be added.
    """

    metric: str
    was: str
    would_be: str
    observed_on: date
    sheet: str
    row: int
    achieved_on: date | None

    def __str__(self) -> str:
        then = f"achieved on {self.achieved_on}" if self.achieved_on else "achieved"
        if not self.was:
            return f"a row of {self.metric} saying {self.would_be} on {self.observed_on}: {then}"
        place = place_words(self.sheet, self.row, " ")
        return f"{self.would_be} in place of {self.was} of {self.metric} in {place}: {then}"


@dataclass(frozen=True, repr=False)
class Nearest:
    """The smallest changes of evidence that would have achieved a milestone, and the verdict now.

    It shows the participant's evidence, as an explanation does.
    """

    participant: str
    milestone: str
    verdict: str
    sentence: str
    tried: int
    changes: tuple[EvidenceChange, ...]
    kind: str

    @property
    def text(self) -> str:
        """The answer in plain words."""
        told = [f"{self.participant}, {self.milestone}: {self.verdict}: {self.sentence}"]
        if self.verdict == "achieved":
            return "\n".join([*told, "  Nothing need change."])
        if not self.changes:
            tried = f"{self.tried:,} were tried"
            told.append(f"  No one row added or value changed would have achieved it: {tried}.")
        for change in self.changes:
            told.append(f"  It would have been enough: {change}")
        return "\n".join(told)

    @property
    def table(self) -> Any:
        """The changes as a frame, in the kind of the evidence."""
        names = CHANGES.names[1:]
        rows = [
            {"change": "value changed" if one.was else "row added"}
            | {name: getattr(one, name) or None for name in names}
            for one in self.changes
        ]
        return as_kind(pa.Table.from_pylist(rows, schema=CHANGES), self.kind)

    def as_dict(self) -> dict[str, Any]:
        """The answer as plain data, for `--json`."""
        return as_plain(self)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Nearest of {self.milestone}: {counted(len(self.changes), 'change')}>"

    def _repr_html_(self) -> str:
        return text_card(self.text)


@dataclass(frozen=True, slots=True, repr=False)
class _Try:
    """A change to be tried; `size` ranks it among those of its metric."""

    metric: str
    row: dict[str, Any] | None
    value: int
    observed_on: date
    size: tuple[int, int, date]


def nearest_change(settlement: Settlement, *, participant: str, milestone: str) -> Nearest:
    """The smallest changes of evidence that would have achieved a milestone at the latest claim.

    Raises SettlementError, without the id, as `explain` does.
    """
    told = explain(settlement, participant=participant, milestone=milestone).milestones[0]
    claim = settlement.claim
    known = settlement.evidence.known_on(claim.known_by).about(participant)
    tries: list[_Try] = []
    if told.verdict != "achieved" and told.condition is not None:
        tries = list(_tries(settlement.contract, known, claim.ends_on, milestone))
    # Of each metric the smallest change and the smallest row, by the try that is it.
    found: dict[tuple[str, bool], tuple[_Try, date | None]] = {}
    for one, reached in _that_achieve(settlement, known, tries, milestone):
        key = (one.metric, one.row is None)
        if key not in found or one.size < found[key][0].size:
            found[key] = (one, reached)
    is_missing = told.verdict == "not evidenced"
    smallest = sorted(
        found.values(), key=lambda pair: (is_missing and pair[0].row is not None, pair[0].size)
    )
    return Nearest(
        participant=participant,
        milestone=milestone,
        verdict=told.verdict,
        sentence=told.sentence,
        tried=len(tries),
        changes=tuple(_change(settlement.contract, one, reached) for one, reached in smallest),
        kind=settlement.evidence.kind,
    )


def _tries(contract: Contract, known: Evidence, until: date, milestone: str) -> Iterator[_Try]:
    """The changes worth trying, metric by metric, of what the milestone rests on."""
    used = rests_on(contract)[milestone]
    terms = [
        getattr(contract, part)[name] for part, name in used if part in ("conditions", "milestones")
    ]
    figures = sorted(set(_figures(terms)))
    live = _live(known.observations_table)
    started = min(known.participants_table["started_on"].to_pylist())
    windows = [contract.windows[name].days(started) for part, name in used if part == "windows"]
    # At the edges of the windows and between: a condition tips at an edge, or does not care for the
    # day.
    days = {
        min(day, until)
        for first, last in windows
        for day in (first, first + timedelta(days=(last - first).days // 2), last)
        # What would be observed after the claim's period could not have helped this claim.
        if min(day, until) >= first
    }
    for metric in (name for name in contract.metrics if ("metrics", name) in used):
        rows = [row for row in live if row["metric"] == metric]
        values = _values(contract, metric, figures, [row["value"] for row in rows])
        confirmed = getattr(contract.metrics[metric], "confirmed", None)
        # What must be confirmed is on the last day that does.
        last = [confirmed.after(row["observed_on"]) for row in rows] if confirmed else []
        own = days.union(row["observed_on"] for row in rows).union(min(d, until) for d in last)
        changed = [
            _Try(metric, row, value, row["observed_on"], (0, abs(value - row["value"]), until))
            for row in rows
            for value in values
            if value != row["value"]
        ]
        middle = values[len(values) // 2] if values else 0
        if isinstance(contract.metrics[metric], Quantity):
            middle = 0  # of what adds up the least is the smallest
        added = [
            _Try(metric, None, value, day, (1, abs(value - middle), day))
            for day in sorted(own)
            for value in values
        ]
        # Cut for each metric by itself, so that one with many rows does not crowd out the others;
        # every try is one more participant for the engine to judge.
        yield from sorted(changed, key=lambda one: one.size)[:_PER_METRIC]
        yield from sorted(added, key=lambda one: one.size)[:_PER_METRIC]


def _figures(value: Any) -> Iterator[Decimal]:
    """Every figure in terms that the value of a metric can be held against: no share, no length of
    time and no date can.
    """
    match value:
        case Threshold(bar=figure) | Distance(size=figure):
            yield figure
        case Term():
            yield from _figures([inside for _, inside in value])
        case dict():
            yield from _figures([*value.values()])
        case list() | tuple():
            for inside in value:
                yield from _figures(inside)
        case int() | Decimal() if not isinstance(value, bool):
            yield Decimal(value)


def _values(
    contract: Contract, metric: str, figures: Iterable[Decimal], others: Iterable[int]
) -> list[int]:
    """The values at which a metric can tip a condition, as they stand in evidence."""
    term = contract.metrics[metric]
    if term.choices:
        return list(range(len(term.choices)))
    if not isinstance(term, Numbered):
        return [0, 1]
    scale = 10**term.decimals
    low, high = (int(Decimal(end) * scale) for end in term.ends)
    known, bars = list(others), [Fraction(figure) * scale for figure in figures]
    found: set[int] = {0} if isinstance(term, Quantity) else {low, high}
    # What is added up needs what is missing of its bar, by a row of its own or in place of one; so
    # has a mean, of as many rows as there are then.
    for bar in bars:
        many, beside = (1, 1) if isinstance(term, Quantity) else (len(known), len(known) + 1)
        found |= {floor(bar), floor(bar * beside) - sum(known)}
        found |= {floor(bar * many) - sum(known) + other for other in known}
    if not isinstance(term, Quantity):
        # An improvement is measured from another row, and a bar may ask for more or less than its
        # figure: the values beside each are tried too.
        steps = list(map(floor, bars))
        found |= {other + sign * step for other in known for step in steps for sign in (-1, 1)}
    # A bar is met at its figure or one step beside it, and a condition has no other values at which
    # it tips.
    near = {value + step for value in found for step in (-1, 0, 1)}
    return sorted(value for value in near if low <= value <= high)


def _live(observations: pa.Table) -> list[dict[str, Any]]:
    """The rows that no other known row replaces, and that are not withdrawn."""
    rows: list[dict[str, Any]] = observations.to_pylist()
    replaced = {row["supersedes"] for row in rows}
    return [
        row for row in rows if row["observation"] not in replaced and row["status"] != "withdrawn"
    ]


def _that_achieve(
    settlement: Settlement, known: Evidence, tries: list[_Try], milestone: str
) -> Iterator[tuple[_Try, date | None]]:
    """The changes with which the engine finds the milestone achieved, and the day of it."""
    if not tries:
        return
    people, rows = known.participants_table.to_pylist(), known.observations_table.to_pylist()
    copied_people: list[dict[str, Any]] = []
    copied_rows: list[dict[str, Any]] = []
    # Each try is a participant of its own, so that one evaluation judges all of them by the rules
    # that pay.
    for place, one in enumerate(tries):
        copied_people += [row | {"participant": str(place)} for row in people]
        copied_rows += _copied(rows, one, str(place))
    of_people, of_rows = known.participants_table.schema, known.observations_table.schema
    evidence = Evidence(
        participants_table=pa.Table.from_pylist(copied_people, schema=of_people),
        observations_table=pa.Table.from_pylist(copied_rows, schema=of_rows),
        refused_table=known.refused_table.slice(0, 0),
    )
    said = decisions_table(settlement.contract, evidence, settlement.claim)
    achieved = (pc.field("milestone") == milestone) & (pc.field("verdict") == "achieved")
    for row in said.filter(achieved).to_pylist():
        yield tries[int(row["participant"])], row["achieved_on"]


def _copied(rows: list[dict[str, Any]], one: _Try, name: str) -> Iterator[dict[str, Any]]:
    """The rows of a participant under another name, with one change."""
    for row in rows:
        copy = row | {
            "participant": name,
            "observation": f"{name}/{row['observation']}",
            "supersedes": f"{name}/{row['supersedes']}" if row["supersedes"] else None,
        }
        # Only this one: rows that were superseded stay as they were, so that the change is one
        # change.
        is_it = one.row is not None and row["observation"] == one.row["observation"]
        yield copy | {"value": one.value} if is_it else copy
    if one.row is None:
        yield {
            "observation": f"{name}/added",
            "participant": name,
            "metric": one.metric,
            "value": one.value,
            "observed_on": one.observed_on,
            "recorded_on": one.observed_on,
            "status": "recorded",
        }


def _change(contract: Contract, one: _Try, reached: date | None) -> EvidenceChange:
    row, metric = one.row, contract.metrics[one.metric]
    return EvidenceChange(
        metric=one.metric,
        was="" if row is None else metric.shown(row["value"]),
        would_be=metric.shown(one.value),
        observed_on=one.observed_on,
        sheet="" if row is None else row["sheet"],
        row=0 if row is None else row["row"],
        achieved_on=reached,
    )
