"""What the engine saw of one participant at one claim date: every condition as a tree, with the
rows of evidence that it used and those left aside.

Nothing is judged here: every state, day and row comes from the columns that settle everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from impactbond.contract.contract import Contract
from impactbond.evaluation.known_evidence import Basis
from impactbond.explanation.parts import (
    ConditionExplained,
    EvidenceRow,
    WindowDays,
    columns_of,
    sheet_words,
)
from impactbond.explanation.sight import PersonView, Seen, day_or_none
from impactbond.terms.conditions import Condition, ConditionTerm, Junction, Looking
from impactbond.terms.conditions.passes import ConditionCase, Days, EvidenceUsed, FactKind, Row
from impactbond.terms.metrics.metric import Values

# By their numbers; what falls short is not met, and no more known than that.
STATES = ("not met", "not met", "not evidenced", "met")


@dataclass(frozen=True)
class ParticipantView:
    """The engine's columns about one participant at one claim date, and the rows behind them: the
    `EvidenceView` of conditions. `live` rows stand in the order of their days.
    """

    seen: Seen
    person: PersonView
    columns: Row
    live: tuple[Row, ...]
    _told: dict[tuple[str, int], tuple[Condition, ConditionExplained]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def contract(self) -> Contract:
        """The contract by which it is seen."""
        return self.seen.contract

    @property
    def basis(self) -> Basis:
        """The evidence on which it is seen."""
        return self.seen.basis

    def state(self, condition: Condition) -> str:
        """Met, not met or not evidenced."""
        return STATES[self.columns[f"state_{self.seen.node(condition).number}"]]

    def on(self, condition: Condition) -> date | None:
        """The day on which the condition was met, if it was."""
        return day_or_none(self.columns[f"on_{self.seen.node(condition).number}"])

    def due(self, condition: Condition) -> date:
        """The last day on which the condition can be met."""
        leaves = self.seen.node(condition).leaves
        return max(self.window(leaf.windows[-1])[1] for leaf in leaves)

    def window(self, name: str) -> Days:
        """First and last day of a window, for this participant."""
        return self.seen.days(name, self.person.clock_on)

    def rows(
        self, kind: FactKind, metric: str, window: str, values: Values | None = None, nth: int = 0
    ) -> list[Row]:
        """The rows that a fact looked at."""
        name = self.seen.fact(kind, metric, window, values, nth)
        return [row for row in self.live if row[name]]

    def rows_of(self, metric: str) -> list[Row]:
        """Every row of a metric, in whatever window."""
        number = list(self.contract.metrics).index(metric)
        return [row for row in self.live if row["metric"] == number]

    @cached_property
    def live_names(self) -> frozenset[str]:
        """The references of the live rows."""
        return frozenset(row["observation"] for row in self.live)


@dataclass(frozen=True)
class EvidenceArchive:
    """Every row about one participant, those recorded after the claim date too, by its id."""

    contract: Contract
    known_by: date
    rows: Mapping[str, Row]

    def shown(self, observation: str, taken_as: str) -> EvidenceRow:
        """One row, as it is shown."""
        row = self.rows[observation]
        is_withdrawn, metric = row["status"] == "withdrawn", self.contract.metrics[row["metric"]]
        slot = f" ({row['slot']})" if row.get("slot") else ""
        told = {
            "value": "withdrawn" if is_withdrawn else f"{metric.shown(row['value'])}{slot}",
            "replaces": self._place(row["supersedes"], row) if row["supersedes"] else None,
            "is_known": row["recorded_on"] <= self.known_by,
            "taken_as": taken_as,
        }
        return EvidenceRow(**(columns_of(EvidenceRow, row) | told))

    def recorded_between(
        self, after: date, until: date, looked_at: Iterable[tuple[str, date, date]]
    ) -> list[EvidenceRow]:
        """The rows recorded after one day and by another, of some metrics in some windows."""
        places = list(looked_at)
        return self._in_order(
            self.shown(name, f"recorded since {after}")
            for name, row in self.rows.items()
            if after < row["recorded_on"] <= until
            and any(
                row["metric"] == metric and first <= row["observed_on"] <= last
                for metric, first, last in places
            )
        )

    def left_aside(self, view: ParticipantView, leaf: Looking) -> list[EvidenceRow]:
        """The rows of a leaf's metric, observed in its windows, that the engine did not look at."""
        windows = [view.window(name) for name in leaf.windows]
        return self._in_order(
            self.shown(name, self._why_aside(view, row))
            for metric in dict.fromkeys(leaf.metrics)
            for name, row in self._by_metric.get(metric, ())
            if name not in view.live_names
            and any(first <= row["observed_on"] <= last for first, last in windows)
        )

    @cached_property
    def _by_metric(self) -> Mapping[str, Sequence[tuple[str, Row]]]:
        found: dict[str, list[tuple[str, Row]]] = {}
        for name, row in self.rows.items():
            found.setdefault(row["metric"], []).append((name, row))
        return found

    def _why_aside(self, view: ParticipantView, row: Row) -> str:
        if row["recorded_on"] > self.known_by:
            return f"recorded after the claim date {self.known_by}"
        if (other := self._replaced_by.get(row["observation"])) is not None:
            return f"replaced by {self._place(other, row)}"
        if row["status"] == "withdrawn":
            return "takes back the row that it replaces"
        if row["status"] == "disputed" and view.basis.undisputed:
            return "in dispute"
        within = self.contract.calendar.evidence.within
        deadline = within.after(row["observed_on"])
        return f"late: recorded after {deadline}, {within} after the day that it speaks of"

    @cached_property
    def _replaced_by(self) -> Mapping[str, str]:
        """Of every row that another known one replaces, the first that does."""
        found: dict[str, str] = {}
        for name, row in self.rows.items():
            if row["supersedes"] and row["recorded_on"] <= self.known_by:
                found.setdefault(row["supersedes"], name)
        return found

    def _place(self, observation: str, beside: Row) -> str:
        """Where a row stands, as seen from another: `row 12` in the same sheet."""
        row = self.rows.get(observation)
        if row is None:
            return "a row that is not there"
        is_same = (row["file"], row["sheet"]) == (beside["file"], beside["sheet"])
        place = "" if is_same else f"{sheet_words(row['file'], row['sheet'])}, "
        return f"{place}row {row['row'] or observation}"

    @staticmethod
    def _in_order(rows: Iterable[EvidenceRow]) -> list[EvidenceRow]:
        return sorted(rows, key=lambda row: (row.observed_on, row.recorded_on, row.observation))


def condition_tree(
    view: ParticipantView, archive: EvidenceArchive | None, condition: Condition
) -> ConditionExplained:
    """A condition as evaluated, with everything inside it; what several milestones ask is told of
    a participant once. Without an archive, no row is shown.
    """
    name = ""
    # A name may stand for another name: the first is the one that a reader meets here.
    while isinstance(condition, str):
        name = name or condition
        condition = view.contract.conditions[condition]
    asked = (name, id(condition))
    if asked not in view._told:
        # The condition is kept beside it, so that no other can be given its number.
        view._told[asked] = condition, _tree(view, archive, name, condition)
    return view._told[asked][1]


def _tree(
    view: ParticipantView, archive: EvidenceArchive | None, name: str, condition: ConditionTerm
) -> ConditionExplained:
    looking = condition if isinstance(condition, Looking) else None
    parts = condition.parts if isinstance(condition, Junction) else ()
    inside = tuple(condition_tree(view, archive, part) for part in parts)
    windows = [
        WindowDays(window, str(view.contract.windows[window]), *view.window(window))
        for window in (looking.windows if looking else ())
    ]
    # Asked for even where no row is shown: how many there are is in the words of the condition.
    used = looking.evidence(view) if looking else EvidenceUsed()
    named, days = tuple(map(str, windows)), tuple((one.first, one.last) for one in windows)
    state, on = view.state(condition), view.on(condition)
    case = ConditionCase(view.contract, state, on, named, days, used, inside)
    text = condition.tell(case)
    rows, aside = tuple[EvidenceRow, ...](), tuple[EvidenceRow, ...]()
    if looking is not None and archive is not None:
        rows = tuple(archive.shown(observation, taken_as) for observation, taken_as in used.relied)
        aside = tuple(archive.left_aside(view, looking))
    return ConditionExplained(
        name=name,
        kind=condition.called,
        state=case.state,
        on=case.on,
        due_on=view.due(condition),
        clause=condition.clause,
        windows=tuple(dict.fromkeys(windows)),
        rows=rows,
        left_aside=aside,
        parts=inside,
        what=text.what,
        needed=text.needed,
        found=text.found,
        sentence=text.sentence,
    )
