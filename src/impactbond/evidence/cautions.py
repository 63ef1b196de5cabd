"""What deserves a look in evidence that is in order by itself: names that may be one, written in
two ways, and days that no contract of these years speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.texts import alike

MOST_NAMES = 5_000  # different texts of an attribute that are compared with each other
_MOST_TOLD = 10
_LONG_BEFORE, _LONG_AFTER = timedelta(days=3652), timedelta(days=730)


def twin_cautions(participants: pa.Table, contract: Contract) -> Iterator[str]:
    """A caution for two spellings of what tells funders apart, a school's name or a borough's: each
    is a funder of its own.
    """
    for name in dict.fromkeys(one.each for one in contract.funders.values() if one.each):
        texts = participants[name].unique().drop_null().to_pylist()
        if len(texts) > MOST_NAMES:
            continue
        for one, other in alike(texts)[:_MOST_TOLD]:
            spelt = pc.is_in(participants[name], pa.array([one, other]))
            sheets = participants.filter(spelt)["sheet"].unique().to_pylist()
            yield (
                f"sheet '{', '.join(sorted(filter(None, sheets)))}', column for '{name}': "
                f"'{one}' and '{other}' may be one, written in two ways. As it is they are two "
                "funders: write one of them in every row, if they are one."
            )


def day_cautions(table: pa.Table, contract: Contract) -> Iterator[str]:
    """A caution for days more than ten years before the contract begins or two after it ends."""
    periods = contract.calendar.periods
    first, last = periods[0].first - _LONG_BEFORE, periods[-1].last + _LONG_AFTER
    for name in ("started_on", "observed_on", "recorded_on"):
        if name not in table.column_names:
            continue
        day = pa.date32()
        early = pc.less(table[name], pa.scalar(first, day))
        late = pc.greater(table[name], pa.scalar(last, day))
        odd = table.filter(pc.or_(early, late))
        for sheet in sorted(filter(None, odd["sheet"].unique().to_pylist())):
            rows = odd.filter(pc.equal(odd["sheet"], sheet)).num_rows
            yield (
                f"sheet '{sheet}': '{name}' lies more than ten years before the contract begins or "
                f"two years after it ends, in rows: {rows}. Look at the year."
            )
