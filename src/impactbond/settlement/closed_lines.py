"""Closed lines, as they enter a later settlement's history: movements, and the lots they are in.

Takes  the lines of closed claim dates (LINES).
Gives  the key of every lot, and the movement of every line.
Keeps  what is closed stands as it was paid: the price is the line's own, and limits are known by
       their names, as the place of one may be another now. Lines are many and the lots they are in
       far fewer: nothing is done line by line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.evaluation.inputs import ClaimDate
from impactbond.numbering import alike
from impactbond.reasons import Standing
from impactbond.settlement.funding import ShareRule, rule_name
from impactbond.settlement.limits import reasons_to_withhold
from impactbond.settlement.lots import LotKey, Lots, Numbers
from impactbond.settlement.movements import Movements

_AMOUNTS = ("quantity", "value_pence", "entitled_pence")
_OF_A_LOT = ("period", "achieved_on", "milestone", "share_rule", "price_pence", "standing", "group")


class ClosedLines(NamedTuple):
    """The lots of closed lines, each once, and the movement of each line, in the order in which
    they stand; `lot` of a movement is a position in `keys`.
    """

    keys: Sequence[LotKey]
    movements: Movements

    @classmethod
    def of(
        cls,
        contract: Contract,
        claims: Sequence[ClaimDate],
        rules: Sequence[ShareRule],
        lines: pa.Table,
        *,
        singly: bool = True,
    ) -> ClosedLines:
        """The closed lines of a table (LINES): by default a lot for every claim, otherwise `pooled`
        from the start, which takes a fraction of the time.
        """
        described = [_places(lines[name]) for name in (*_OF_A_LOT, *["participant"] * singly)]
        first, lot = _alike(described, lines.num_rows)
        keys = _keys(contract, rules, lines.take(pa.array(first)), singly=singly)
        claim = _of_texts(
            lines["claim_period"], {one.label: one.number for one in claims}.__getitem__
        )
        limits = reasons_to_withhold(contract)

        def bits(withheld_by: str) -> int:
            names = withheld_by.split("; ")
            return sum(1 << bit for bit, name in enumerate(limits) if name in names)

        limited = _of_texts(lines["withheld_by"], bits)
        amounts = [lines[name].to_numpy()[None] for name in _AMOUNTS]
        is_release = ~np.any(np.concatenate(amounts), axis=0)
        return cls(keys, Movements(claim, lot, limited, is_release, *amounts))

    def pooled(self) -> ClosedLines:
        """Closed lines as the lots have them, which do not tell participants apart.

        What is due is worked out from lots, of which there are few, and lines must add up to the
        same; so the closed lines enter both, as single claims and pooled. Equal claims are
        interchangeable for money: the sums of pooled movements are the sums of the single ones.
        """
        return self._with([key._replace(participant="") for key in self.keys])

    def grouped_as_now(self, width: int, now: Callable[[], Lots]) -> ClosedLines:
        """Closed lines with the groups that limits and results tell apart now, of so many
        attributes: as those of the same claim, where it stands `now`, otherwise blank.

        A new version can tell participants apart by more attributes than were written into the
        lines.
        """
        if self.is_grouped(width):
            return self
        # Attributes are only ever added, and behind: what a line tells of its group is how that of
        # its claim begins. Without it the result of one borough would be taken for another's.
        current, keys, groups = now().keys, [], dict[int, dict[LotKey, tuple[str, ...]]]()
        for key in self.keys:
            if (told := len(key.group)) != width:
                if told not in groups:
                    cut = (one._replace(group=one.group[:told]) for one in current)
                    groups[told] = dict(zip(cut, (one.group for one in current), strict=True))
                blank = (*key.group, *[""] * (width - told))
                key = key._replace(group=groups[told].get(key, blank))
            keys.append(key)
        return self._with(keys)

    def is_grouped(self, width: int) -> bool:
        """Whether every lot is told from others by so many attributes."""
        return {len(key.group) for key in self.keys} <= {width}

    def in_lots(self, lots: Lots) -> Movements:
        """Closed lines as movements of the lots that they are in, in the order in which they
        stand.
        """
        number = {key: index for index, key in enumerate(lots.keys)}
        lot = np.array([number[key] for key in self.keys], dtype=np.int64)
        return self.movements._replace(lot=lot[self.movements.lot])

    def _with(self, keys: Sequence[LotKey]) -> ClosedLines:
        """The same movements, of lots that are called otherwise and may be fewer."""
        number: dict[LotKey, int] = {}
        place = [number.setdefault(key, len(number)) for key in keys]
        lot = np.array(place, dtype=np.int64)[self.movements.lot]
        return ClosedLines(list(number), self.movements._replace(lot=lot))


def _keys(
    contract: Contract, rules: Sequence[ShareRule], lines: pa.Table, *, singly: bool
) -> list[LotKey]:
    """The key of each line's lot; without participants unless `singly`."""
    period = {one.label: number for number, one in enumerate(contract.calendar.periods)}
    milestone = {name: number for number, name in enumerate(contract.payables)}
    rule = {rule_name(one): number for number, one in enumerate(rules)}
    standing = {one.value: one.number for one in Standing}
    columns = (
        _of_texts(lines["period"], period.__getitem__).tolist(),
        _of_days(lines["achieved_on"]).tolist(),
        _of_texts(lines["milestone"], milestone.__getitem__).tolist(),
        _of_texts(lines["share_rule"], rule.__getitem__).tolist(),
        lines["price_pence"].to_pylist(),
        _of_texts(lines["standing"], standing.__getitem__).tolist(),
        map(tuple, lines["group"].to_pylist()),
        lines["participant"].to_pylist() if singly else [""] * lines.num_rows,
    )
    return list(map(LotKey, *columns))


def _places(column: pa.ChunkedArray) -> Numbers:
    """A number for each value of a column, the same for equal ones."""
    if pa.types.is_list(column.type):
        # No text holds what stands between these, and a list of nothing is none of one empty text.
        texts = pc.binary_join(column, "\x00")
        column = pc.binary_join_element_wise(
            pc.cast(pc.list_value_length(column), pa.string()), texts, "\x00"
        )
    encoded = pc.dictionary_encode(column.combine_chunks())
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _alike(described: Sequence[Numbers], rows: int) -> tuple[Numbers, Numbers]:
    """A row of each that are alike in every number, and of each row which of these it is like."""
    return alike([np.zeros(rows, dtype=np.int64), *described])


def _of_texts(column: pa.ChunkedArray, number: Callable[[str], int]) -> Numbers:
    """A number for each text, asked once for each that is another."""
    encoded = pc.dictionary_encode(column.combine_chunks())
    numbers = np.array([number(text) for text in encoded.dictionary.to_pylist()], dtype=np.int64)
    return np.asarray(numbers[encoded.indices.to_numpy(zero_copy_only=False)])


def _of_days(column: pa.ChunkedArray) -> Numbers:
    """The day numbers of dates."""
    return np.asarray(pc.cast(column, pa.int32()).to_numpy(), dtype=np.int64)
