"""Several results of one participant: which of them counts, and which correct each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from impactbond.canonical import sha256
from impactbond.contract.contract import Contract
from impactbond.evidence.cells import dates, texts
from impactbond.evidence.deliveries import RECORDED, Block

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


def corrected(blocks: Sequence[Block], contract: Contract) -> list[Block]:
    """The blocks in which what was recorded later, of the same participant, metric, day and slot,
    replaces what was recorded before; what says the same again is left out.

    Rows of one day of recording that differ stay as they are, and contradict each other. A row that
    will be refused, for its days or its source, neither replaces another nor stands for one.
    """
    groups: defaultdict[tuple[object, ...], list[tuple[date, _Row]]] = defaultdict(list)
    for at, block in enumerate(blocks):
        [metric] = block.metrics
        accepted = contract.metrics[metric].sources
        sources = texts(block.column("source")).values
        whose, slots = block.column("participant"), block.column("slot")
        cells = zip(whose, _days(block), slots, _recorded(block), sources, strict=True)
        for place, (who, day, slot, known, source) in enumerate(cells):
            if day is None or known is None or known < day:
                continue
            if not accepted or source in accepted:
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
    before: tuple[date, _Row, tuple[object, object]] | None = None
    for known, (at, place) in rows:
        row, [cells] = (at, place), blocks[at].metrics.values()
        value = cells[place] if cells is not None else True
        # What is taken back, or put in doubt, later is not the same again.
        status = blocks[at].column("status")[place] or RECORDED
        if before is not None and (value, status) == before[2]:
            dropped.add(row)
            continue
        # No reference of a partner's can be taken for this one, and no child is seen in it.
        said = [*map(str, key), str(known), str(value), *([] if status == RECORDED else [status])]
        refs[row] = f"mapped {sha256(repr(said).encode())[:24]}"
        if before is not None and known > before[0]:
            replaces[row] = refs[before[1]]
        before = (known, row, (value, status))


def _with(
    blocks: Sequence[Block], refs: dict[_Row, str], replaces: dict[_Row, str], dropped: set[_Row]
) -> Iterator[Block]:
    for at, block in enumerate(blocks):
        places = [(at, place) for place in range(len(block.rows))]
        told = {
            "ref": [refs.get(place) for place in places],
            "replaces": [replaces.get(place) for place in places],
        }
        yield replace(block, columns={**block.columns, **told}).only(
            [place not in dropped for place in places]
        )


def _days(block: Block) -> list[date | None]:
    return dates(block.column("observed_on")).values


def _recorded(block: Block) -> list[date | None]:
    return dates(block.column("recorded_on")).values
