"""The rows of evidence that a condition relied on, and those left aside, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.explanation.participant_view import ParticipantView
from impactbond.explanation.parts import EvidenceRow
from impactbond.explanation.words import sheet_words
from impactbond.terms.conditions import ConditionTerm, Looking
from impactbond.terms.conditions.passes import Days, FactKind, Row


@dataclass(frozen=True)
class EvidenceArchive:
    """Every row about one participant, those recorded after the claim date too, by its id."""

    contract: Contract
    known_by: date
    rows: Mapping[str, Row]

    @classmethod
    def of(cls, contract: Contract, known_by: date, observations: pa.Table) -> EvidenceArchive:
        """The archive of a participant's observations."""
        return cls(
            contract, known_by, {row["observation"]: row for row in observations.to_pylist()}
        )

    def shown(self, observation: str, taken_as: str) -> EvidenceRow:
        """One row, as it is shown."""
        row = self.rows[observation]
        metric, replaced = row["metric"], row["supersedes"]
        is_withdrawn = row["status"] == "withdrawn"
        return EvidenceRow(
            observation=observation,
            metric=metric,
            value="withdrawn"
            if is_withdrawn
            else self.contract.metrics[metric].shown(row["value"]),
            observed_on=row["observed_on"],
            recorded_on=row["recorded_on"],
            file=row["file"],
            sheet=row["sheet"],
            row=row["row"],
            evidence_ref=row["evidence_ref"],
            source=row["source"],
            replaces=self._place(replaced, row) if replaced else None,
            is_known=row["recorded_on"] <= self.known_by,
            taken_as=taken_as,
        )

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

    def left_aside(self, seen: ParticipantView, leaf: Looking) -> list[EvidenceRow]:
        """The rows of a leaf's metric, observed in its windows, that the engine did not look at."""
        windows = [seen.window(name) for name in leaf.windows]
        live = {row["observation"] for row in seen.live}
        return self._in_order(
            self.shown(name, self._why_aside(seen, row))
            for name, row in self.rows.items()
            if row["metric"] in leaf.metrics
            and name not in live
            and any(first <= row["observed_on"] <= last for first, last in windows)
        )

    def _why_aside(self, seen: ParticipantView, row: Row) -> str:
        if row["recorded_on"] > self.known_by:
            return f"recorded after the claim date {self.known_by}"
        for other in self.rows.values():
            if other["supersedes"] == row["observation"] and other["recorded_on"] <= self.known_by:
                return f"replaced by {self._place(other['observation'], row)}"
        if row["status"] == "withdrawn":
            return "takes back the row that it replaces"
        if row["status"] == "disputed" and seen.basis.undisputed:
            return "in dispute"
        within = self.contract.calendar.evidence.within
        deadline = within.after(row["observed_on"])
        return f"late: recorded after {deadline}, {within} after the day that it speaks of"

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


@dataclass(frozen=True, slots=True)
class EngineView:
    """What the engine saw of a participant, as a condition asks for it."""

    seen: ParticipantView

    @property
    def contract(self) -> Contract:
        """The contract that the conditions are of."""
        return self.seen.contract

    def rows(
        self, kind: FactKind, metric: str, window: str, value: int | None = None, nth: int = 0
    ) -> list[Row]:
        """The rows that a fact looked at, in the order of their days."""
        return self.seen.rows(self.seen.plan.fact(kind, metric, window, value, nth))

    def rows_of(self, metric: str) -> list[Row]:
        """Every row of a metric, in the order of their days."""
        number = list(self.contract.metrics).index(metric)
        return [row for row in self.seen.live if row["metric"] == number]

    def window(self, name: str) -> Days:
        """First and last day of a window."""
        return self.seen.window(name)

    def on(self, condition: ConditionTerm) -> date | None:
        """The day on which a condition was met, if it was."""
        return self.seen.on(condition)
