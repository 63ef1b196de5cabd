"""Claims made into lots: counted, or each a lot of its own.

Takes  claims at every claim date under each version, what is due without them, and the lots of
       closed lines.
Gives  lots in settlement order, and how many claims each held at each claim date.
Keeps  the order of the rows that come in is nothing. Claims are columns: of a million children, an
       object for each claim at each claim date would take gigabytes, and most of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.evaluation.claims import ClaimRows, Counted
from impactbond.numbering import alike
from impactbond.settlement.lots import LotColumns, LotKey, Lots, Numbers, Rulebook, ShareRules


class _Described(NamedTuple):
    """Rows from one source: of each the place of its kind among `kinds` (what makes claims
    interchangeable, but for whose they are) and of its participant among `people`.
    """

    kinds: Sequence[Numbers]
    groups: Sequence[tuple[str, ...]]
    group: Numbers
    kind: Numbers
    people: pa.Array
    person: Numbers


def make_lots(
    rulebook: Rulebook,
    counted: Iterable[Iterable[Counted]],
    claims: int,
    closed: Iterable[LotKey] = (),
) -> tuple[Lots, Numbers]:
    """Lots in settlement order, and quantities to date shaped (claim date, lot), from the claims
    under each version.

    Lots of `closed` periods are kept although nothing of them may be left.
    """
    kept = tuple(closed)
    fees = _uncounted(rulebook, claims, kept)
    rows = [ClaimRows.of(own) for own in counted]
    sources = [_of_keys([*kept, *fees])]
    sources += [
        _of_rows(rules, own) for rules, own in zip(rulebook.by_version, rows, strict=True) if own
    ]
    columns, places = _in_order(sources)
    lots = Lots(columns, rulebook.all)
    quantities = np.zeros((claims, len(lots)), dtype=np.int64)
    flat = quantities.reshape(-1)
    for own, lot in zip(filter(len, rows), places[1:], strict=True):
        at = own.numbers["claim"].astype(np.int64) * len(lots)
        at += lot
        np.add.at(flat, at, own.numbers["quantity"])
    for (key, number), lot in zip(fees.items(), places[0][len(kept) :].tolist(), strict=True):
        quantities[key.period :, lot] = number
    return lots, quantities


def _uncounted(rulebook: Rulebook, claims: int, closed: Sequence[LotKey]) -> Mapping[LotKey, int]:
    """The lots that are made of nobody's claims, with what each holds from its period on."""
    found: dict[LotKey, int] = {}
    before: set[LotKey] | None = None
    for rules in rulebook.by_version:
        for key in rules.uncounted(claims):
            # Not due before its claim; but what a closed claim has paid of it must be there, to be
            # taken back.
            if key.day > rules.closes_on and key not in found:
                before = set(closed) if before is None else before
                if key not in before:
                    continue
            # A fee is claimed by being due; a result has no number: it is worth what is measured.
            found[key] = int(key.milestone >= rulebook.first_fee)
    return found


def _of_keys(keys: Sequence[LotKey]) -> _Described:
    columns = LotColumns.of(keys)
    number = np.arange(len(keys))
    groups, people = columns.groups, columns.participants
    return _Described(columns.numbers, groups, columns.group, number, people, columns.participant)


def _of_rows(rules: ShareRules, rows: ClaimRows) -> _Described:
    of_kind = [rows.numbers[name] for name in ("milestone", "day", "segment", "standing")]
    row, kind = alike(of_kind)
    kinds, groups, group = rules.described(*(one[row].astype(np.int64) for one in of_kind))
    if rows.participants is None:
        return _Described(
            kinds, groups, group, kind, pa.array([""], pa.string()), np.zeros_like(kind)
        )
    who = rows.participants.dictionary_encode().unify_dictionaries().combine_chunks()
    person = who.indices.to_numpy(zero_copy_only=False)
    return _Described(kinds, groups, group, kind, who.dictionary, person)


def _in_order(sources: Sequence[_Described]) -> tuple[LotColumns, list[Numbers]]:
    """The lots of all sources, each once and in order; and the lot of every row of each source."""
    groups = sorted({group for one in sources for group in one.groups})
    at = {group: place for place, group in enumerate(groups)}
    kinds = [np.concatenate(column) for column in zip(*(one.kinds for one in sources), strict=True)]
    of_source = (np.array([at[one] for one in own.groups], np.int64)[own.group] for own in sources)
    kinds.append(np.concatenate(list(of_source)))
    row_of_kind, kind = alike(kinds)
    people = pa.concat_arrays([one.people for one in sources]).unique()
    people = people.take(pc.sort_indices(people))
    width, first, rows = len(people), 0, []
    for one in sources:
        own = kind[first : first + len(one.group)]
        first += len(one.group)
        person = pc.index_in(one.people, people).to_numpy(zero_copy_only=False)
        rows.append(own[one.kind] * width + person[one.person])
    # The order of settlement: limits and running totals go through lots as they stand here, so
    # nothing may depend on the order of the evidence.
    lots, lot = np.unique(np.concatenate(rows), return_inverse=True)
    of_lot = row_of_kind[lots // max(width, 1)]
    *numbers, group = (column[of_lot] for column in kinds)
    columns = LotColumns(tuple(numbers), group, lots % max(width, 1), groups, people)
    ends = np.cumsum([len(one) for one in rows])[:-1]
    return columns, np.split(lot.reshape(-1), ends)
