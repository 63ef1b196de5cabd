"""Several results of one participant: which of them counts, and which correct each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

from impactbond.canonical import sha256
from impactbond.evidence.cells import dates
from impactbond.evidence.deliveries import Block

_Row = tuple[int, int]  # the place of a block, and of a row in it


def chosen(blocks: list[Block], which: Literal["all", "latest", "first"]) -> list[Block]:
    """The blocks with the rows of the latest, or the first, day of each participant and metric."""
    if which == "all":
        return blocks
    best: dict[tuple[object, str], date] = {}
    days = [_days(block) for block in blocks]
    pick = max if which == "latest" else min
    for block, of_block in zip(blocks, days, strict=True):
        [metric] = block.metrics
        for who, day in zip(block.column("participant"), of_block, strict=True):
            if day is not None:
                best[who, metric] = pick(best.get((who, metric), day), day)
    kept = []
    for block, of_block in zip(blocks, days, strict=True):
        [metric] = block.metrics
        pairs = zip(block.column("participant"), of_block, strict=True)
        kept.append(block.only([day is None or day == best[who, metric] for who, day in pairs]))
    return kept


def corrected(blocks: Sequence[Block]) -> list[Block]:
    """The blocks in which what was recorded later, of the same participant, metric, day and slot,
    replaces what was recorded before; what says the same again is left out.

    Rows of one day of recording that differ stay as they are, and contradict each other.
    """
    groups: defaultdict[tuple[object, ...], list[tuple[date, _Row]]] = defaultdict(list)
    for at, block in enumerate(blocks):
        [metric] = block.metrics
        cells = zip(
            *(block.column("participant"), _days(block), block.column("slot"), _recorded(block)),
            strict=True,
        )
        for place, (who, day, slot, known) in enumerate(cells):
            if day is not None and known is not None:
                groups[who, metric, day, slot].append((known, (at, place)))
    refs: dict[_Row, str] = {}
    replaces: dict[_Row, str] = {}
    dropped: set[_Row] = set()
    for key, rows in groups.items():
        if len(rows) > 1:
            _in_order(blocks, key, sorted(rows), refs, replaces, dropped)
    return list(_with(blocks, refs, replaces, dropped))


def _in_order(
    blocks: Sequence[Block],
    key: tuple[object, ...],
    rows: Sequence[tuple[date, _Row]],
    refs: dict[_Row, str],
    replaces: dict[_Row, str],
    dropped: set[_Row],
) -> None:
    """The rows about one thing: each that says otherwise, later than another, replaces it."""
    before: tuple[date, _Row, object] | None = None
    for known, (at, place) in rows:
        row, [cells] = (at, place), blocks[at].metrics.values()
        value = cells[place] if cells is not None else True
        if before is not None and value == before[2]:
            dropped.add(row)
            continue
        # No reference of a partner's can be taken for this one, and no child is seen in it.
        refs[row] = f"mapped {sha256(repr([*map(str, key), str(known), str(value)]).encode())[:24]}"
        if before is not None and known > before[0]:
            replaces[row] = refs[before[1]]
        before = (known, row, value)


def _with(
    blocks: Sequence[Block], refs: dict[_Row, str], replaces: dict[_Row, str], dropped: set[_Row]
) -> Iterator[Block]:
    for at, block in enumerate(blocks):
        places = [(at, place) for place in range(len(block.rows))]
        block.columns["ref"] = [refs.get(place) for place in places]
        block.columns["replaces"] = [replaces.get(place) for place in places]
        yield block.only([place not in dropped for place in places])


def _days(block: Block) -> list[date | None]:
    return dates(block.column("observed_on")).values


def _recorded(block: Block) -> list[date | None]:
    return dates(block.column("recorded_on")).values
