"""What differs between two deliveries: corrections, rows that are there again, rows that vanished,
and rows that say something else without saying that they correct anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from impactbond.cards import FrameOf
from impactbond.evidence.evidence import PLACE, Evidence
from impactbond.tables import plain_rows, rows_table
from impactbond.terms.words import counted

KINDS = {
    "correction": "replaces a row of the delivery before, as it says",
    "changed": "says something else than under this reference before, and does not say that it "
    "corrects: what was settled on the first is not told from a slip. Give it a reference of its "
    "own, and say which row it replaces",
    "vanished": "was in the delivery before and is not in this one: what it earned would be taken "
    "back. To take a row back, deliver it again with the status withdrawn",
    "refused now": "was in the delivery before, and is refused in this one",
    "new": "was not in the delivery before",
}
_STOPS = ("changed", "vanished", "refused now")
_PLACES = [pa.field(f"{one.name}_before", one.type) for one in PLACE]
CHANGES = pa.schema(
    [pa.field("kind", pa.string()), pa.field("holds", pa.string()), *PLACE, *_PLACES]
)
_Place = tuple[str | None, str | None, int | None]
_Change = tuple[Any, ...]
_Said = dict[tuple[Any, ...], tuple[str | None, _Place]]
_NOWHERE: _Place = (None, None, None)
_SHOWN = 20


@dataclass(frozen=True, eq=False, repr=False)
class DeliveryComparison:
    """What differs between two deliveries of evidence. `changes_table` has a row for each row that
    differs: its kind, what its sheet holds, where it stands, and where it stood; no value and no
    child's reference is in it. `identical` counts the rows that are the same in both.
    """

    changes_table: pa.Table
    identical: int
    kind: str = "pandas"
    counts: Mapping[str, int] = field(default_factory=dict)

    changes = FrameOf("The rows that differ, as the kind of frame that the evidence came in.")

    @property
    def to_look_at(self) -> int:
        """How many rows changed without a correction, vanished, or are refused now."""
        return sum(self.counts[kind] for kind in _STOPS)

    def as_dict(self) -> dict[str, Any]:
        """The comparison as plain data, for `--json`."""
        rows = plain_rows(self.changes_table)
        return {"identical": self.identical, **self.counts, "changes": rows}

    @property
    def text(self) -> str:
        """The comparison in words: how many of which kind, and where the first of them stand."""
        lines = [f"{counted(self.identical, 'row')} of the delivery before are here again."]
        rows = self.changes_table.to_pylist()
        for kind, says in KINDS.items():
            own = [row for row in rows if row["kind"] == kind]
            if not own:
                continue
            lines.append(f"{kind}: {counted(len(own), 'row')}; each {says}.")
            if kind != "new":
                shown = [(_where(row, ""), _where(row, "_before")) for row in own[:_SHOWN]]
                lines += [f"  - {_arrow(*one)}" for one in shown]
                if len(own) > _SHOWN:
                    lines.append(f"    ... and {len(own) - _SHOWN:,} more: --json lists every one")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"DeliveryComparison(identical: {self.identical}, {dict(self.counts)})"


def _where(row: Mapping[str, Any], end: str) -> str:
    parts = (row[f"file{end}"], row[f"sheet{end}"], row[f"row{end}"])
    file, sheet, number = parts
    return "" if file is None else f"{file}, sheet '{sheet}', row {number}"


def _arrow(now: str, before: str) -> str:
    return f"{before} -> {now}" if now and before else now or before


def compare_evidence(was: Evidence, now: Evidence) -> DeliveryComparison:
    """What differs between two deliveries, read for the same contract, the later one whole: rows of
    participants, and rows of observations by their reference.

    A row without a reference is known by what it says, so that another value is another row. Rows
    that stand in two places say the same once.
    """
    rows: list[_Change] = []
    identical = 0
    # The same row of the same sheet, refused now: a slip there, and not a row taken out.
    refused = {(one["sheet"], one["row"]) for one in now.refused_table.to_pylist()}
    for holds, key, (one, other) in (
        ("participants", ("participant", "from_on"), (was.said[0], now.said[0])),
        ("observations", ("observation",), (was.said[1], now.said[1])),
    ):
        before, after = _by_key(one, key), _by_key(other, key)
        replaced = {(by,) for said in after.values() for by, _ in said.values() if by is not None}
        for name in before.keys() | after.keys():
            had, has = before.get(name, {}), after.get(name, {})
            identical += len(had.keys() & has.keys())
            # By what rows say: one that moved to another place is the same row.
            gone = [place for said, (_, place) in had.items() if said not in has]
            came = [said for said in has if said not in had]
            for said, place in zip_longest(came, gone):
                by, here = has[said] if said else (None, _NOWHERE)
                stood = _stood(before, by) if by is not None else None
                if stood:
                    kind, place = "correction", stood
                elif said:
                    kind = "changed" if place else "new"
                # Corrected rows may be left out of a later delivery: the correction tells of them.
                elif name in replaced:
                    continue  # told where the row stands that replaces it
                else:
                    kind = "refused now" if place[1:] in refused else "vanished"
                rows.append((kind, holds, *here, *(place or _NOWHERE)))
    rows.sort(key=_order)
    counts = Counter(row[0] for row in rows)
    return DeliveryComparison(
        rows_table(rows, CHANGES), identical, now.kind, {kind: counts[kind] for kind in KINDS}
    )


def _order(row: _Change) -> tuple[Any, ...]:
    place = [part or "" for part in (row[2], row[3], row[5], row[6])]
    return list(KINDS).index(row[0]), row[1], *place, row[4] or 0, row[7] or 0


def _stood(before: Mapping[tuple[Any, ...], _Said], name: str) -> _Place | None:
    """Where a row that is replaced stood in the delivery before."""
    return next((place for _, place in before.get((name,), {}).values()), None)


def _by_key(table: pa.Table, key: Sequence[str]) -> dict[tuple[Any, ...], _Said]:
    """What rows say, by what they are known by; with what each replaces, and where it stands."""
    found: dict[tuple[Any, ...], _Said] = {}
    columns = [name for name in table.column_names if name not in ("file", "sheet", "row")]
    for one in table.to_pylist():
        said = tuple(one[name] for name in columns)
        place = one["file"], one["sheet"], one["row"]
        rows = found.setdefault(tuple(one[name] for name in key), {})
        rows.setdefault(said, (one.get("supersedes"), place))
    return found
