"""Which rows of evidence are new or gone between two settlements, by what they say."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from impactbond.explanation.words import place_words

_PLACE = ("file", "sheet", "row")
ABOUT = ""  # stands for the metric of a row about the participant


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that only one side has: whose, of which metric, where it stands."""

    participant: str
    metric: str
    is_new: bool
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class ChangedEvidence:
    """Every row that only one side has, by participant."""

    rows: dict[str, list[RowChange]]

    @property
    def count(self) -> Counter[str]:
        """How many rows are new, and how many gone."""
        found: Counter[str] = Counter({"new": 0, "gone": 0})
        for rows in self.rows.values():
            found.update("new" if row.is_new else "gone" for row in rows)
        return found

    def of(self, participant: str, metrics: set[str]) -> list[RowChange]:
        """The rows of a participant that concern those metrics, or the participant as such."""
        rows = self.rows.get(participant, [])
        return [row for row in rows if row.metric in metrics or row.metric == ABOUT]


def changed_evidence(
    was: tuple[pa.Table, pa.Table], now: tuple[pa.Table, pa.Table]
) -> ChangedEvidence:
    """The rows that differ; each side gives its participants and its observations."""
    found: defaultdict[str, list[RowChange]] = defaultdict(list)
    for before, after in zip(was, now, strict=True):
        old, new = _by_what_they_say(before), _by_what_they_say(after)
        for says, rows, others, is_new in [
            *((says, rows, new, False) for says, rows in old.items()),
            *((says, rows, old, True) for says, rows in new.items()),
        ]:
            kept = len(others.get(says, ()))
            for row in rows[kept:]:
                change = RowChange(
                    row["participant"], row.get("metric") or ABOUT, is_new, row["sheet"], row["row"]
                )
                found[change.participant].append(change)
    for changes in found.values():
        changes.sort(key=lambda one: (one.is_new, one.sheet, one.row, one.metric))
    return ChangedEvidence(dict(found))


def _by_what_they_say(table: pa.Table) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    found: defaultdict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in table.to_pylist():
        says = tuple((name, cell) for name, cell in sorted(row.items()) if name not in _PLACE)
        found[says].append(row)
    return dict(found)


def told_rows(rows: list[RowChange], most: int = 3) -> str:
    """Rows in words: how many are new or gone, and where, without what they say."""
    told = []
    for word, chosen in (
        ("new", [row for row in rows if row.is_new]),
        ("gone", [row for row in rows if not row.is_new]),
    ):
        if chosen:
            places = [place_words(row.sheet, row.row, " ") for row in chosen[:most]]
            more = f" and {len(chosen) - most} more" if len(chosen) > most else ""
            told.append(f"{len(chosen)} {word} ({', '.join(places)}{more})")
    return ", ".join(told)
