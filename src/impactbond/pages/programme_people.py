"""The tables of a programme that tell participants, groups and senders of evidence apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.pages.house import AMOUNT, DAY, PageTable
from impactbond.settlement.settlement import Settlement
from impactbond.terms.words import plain

Row = Mapping[str, Any]
Money = Callable[[int], str]
ACHIEVED, OPEN, PAST = "achieved", "open", "past"
_MOST_VALUES = 60  # of an attribute, beyond which it is a text and no group


def stands(row: Row) -> str:
    """Whether a milestone is achieved, can still be earned, or neither."""
    if row["verdict"] == "achieved":
        return ACHIEVED
    return OPEN if row["evidence_until"] is not None else PAST


def _worth(row: Row) -> int:
    return row["worth_pence"] or 0


def close_by(rows: Sequence[Row], money: Money) -> PageTable:
    """Those of whom one thing is missing, those first whose day comes first."""
    found = [row for row in rows if stands(row) == OPEN and row["steps_missing"] == 1]
    found.sort(key=lambda row: (row["evidence_until"], -_worth(row), row["participant"]))
    cells = [
        [
            row["participant"],
            row["title"],
            row["missing"],
            str(row["open_until"] or ""),
            str(row["evidence_until"]),
            money(_worth(row)),
        ]
        for row in found
    ]
    return PageTable(
        "close-table",
        "One thing missing",
        ["Participant", "Milestone", "What is missing", "Open until", "Recorded by", "Worth"],
        cells,
        {0: DAY, 3: DAY, 4: DAY, 5: AMOUNT},
        [
            "Together",
            f"{len(found):,}",
            "",
            "",
            "",
            money(sum(r["worth_pence"] or 0 for r in found)),
        ],
        none="nobody is.",
    )


def every_journey(
    contract: Contract, rows: Sequence[Row], money: Money, *, whole: bool
) -> PageTable:
    """A row for each participant, a column for each milestone: how it stands, and since when."""
    found: defaultdict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        found[row["participant"]][row["milestone"]] = row
    names = [name for name in contract.milestones if any(name in own for own in found.values())]
    cells = [
        [
            who,
            *(_cell(own.get(name)) for name in names),
            money(sum(row["entitled_pence"] for row in own.values())),
        ]
        for who, own in sorted(found.items())
    ]
    return PageTable(
        "journeys",
        "How far each has come",
        ["Participant", *map(contract.title_of, names), "Earned" if whole else "Your part"],
        cells,
        {0: DAY, len(names) + 1: AMOUNT},
        note="✓ achieved on the day; → open until the day; … nothing recorded yet, which can come; "
        "✗ not achieved, or no longer possible; – not for this participant or not shared.",
        none="there are none.",
    )


def _cell(row: Row | None) -> str:
    if row is None:
        return "–"
    if row["verdict"] == "achieved":
        return f"✓ {row['achieved_on']}"
    if row["verdict"] == "not yet due":
        until = row["open_until"]
        return f"→ {until}" if row["evidence_until"] is not None else "✗ after the term"
    if row["evidence_until"] is not None:
        return f"… {row['verdict']}"
    return f"✗ {row['verdict']}"


def group_tables(settlement: Settlement, rows: Sequence[Row], money: Money) -> Iterator[PageTable]:
    """How each group stands: of every attribute by which there are groups."""
    latest: dict[str, tuple[Any, Row]] = {}
    known = settlement.evidence.known_on(settlement.claim.known_by).participants_table
    for about in known.to_pylist():
        order = (about["from_on"], about["recorded_on"])
        if about["participant"] not in latest or latest[about["participant"]][0] <= order:
            latest[about["participant"]] = order, about
    for name in settlement.contract.participants.attributes:
        of: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            of[latest[row["participant"]][1][name] or "none"].append(row)
        if 1 < len(of) <= _MOST_VALUES:
            yield _groups(name, of, money)


def _groups(name: str, of: Mapping[str, Sequence[Row]], money: Money) -> PageTable:
    cells = []
    for value, own in sorted(of.items()):
        count = Counter(map(stands, own))
        cells.append(
            [
                value,
                f"{len({row['participant'] for row in own}):,}",
                f"{count[ACHIEVED]:,}",
                money(sum(row["entitled_pence"] for row in own)),
                f"{count[OPEN]:,}",
                money(sum(map(_worth, own))),
            ]
        )
    title = plain(name)
    return PageTable(
        f"by-{name.replace('_', '-')}",
        f"By {title}",
        [title.capitalize(), "Participants", "Achieved", "Earned", "Can still be", "Worth"],
        cells,
        dict.fromkeys(range(1, 6), AMOUNT),
        note="By the latest known value of each participant.",
    )


def source_table(settlement: Settlement) -> PageTable | None:
    """Who sent how many rows, and when the last; None where no row names a source."""
    known = settlement.evidence.known_on(settlement.claim.known_by).observations_table
    added = known.group_by("source").aggregate([("recorded_on", "count"), ("recorded_on", "max")])
    found = [row for row in added.to_pylist() if row["source"]]
    rows = [
        [row["source"], f"{row['recorded_on_count']:,}", str(row["recorded_on_max"])]
        for row in sorted(found, key=lambda row: row["source"])
    ]
    if not rows:
        return None
    heads = ["Partner or person", "Rows", "Last recorded on"]
    return PageTable("source-table", "Evidence by who sent it", heads, rows, {1: AMOUNT, 2: DAY})
