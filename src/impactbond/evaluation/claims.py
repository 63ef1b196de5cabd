"""Claims: one milestone achieved once by one participant, in the segment it held on that day.

Takes  what was achieved at every claim date, and the rows about participants.
Gives  claim, participant, milestone, reached (day number), segment, standing, quantity; and the
       same counted, which is what money needs.
Keeps  nothing but achieved decisions becomes a claim. The quantity is one, except where a milestone
       pays for units: then it is the units of one period.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from impactbond.evaluation.decisions import achieved
from impactbond.evaluation.inputs import EvaluationInput
from impactbond.evaluation.knowledge import segments_on
from impactbond.evaluation.units import in_columns, paid_by_unit, units_of

CLAIM_KEYS = ["claim", "milestone", "reached", "standing", "quantity"]


def claims_of(question: EvaluationInput) -> nw.LazyFrame[Any]:
    """What was achieved, and units, with the segment of the participant on the day of achievement,
    as then known.
    """
    by_unit = paid_by_unit(question.contract)
    earned = achieved(question)

    def found() -> nw.LazyFrame[Any]:
        alone = earned.filter(~nw.col("milestone").is_in(by_unit)) if by_unit else earned
        once = in_columns(alone.with_columns(quantity=nw.lit(1)))
        asked = [once, *(units_of(question, earned, number) for number in by_unit)]
        every = nw.concat(asked) if by_unit else once
        held = segments_on(question, every, "reached", CLAIM_KEYS)
        return held.select(*CLAIM_KEYS, "participant", "segment")

    name = "claims_found_disputed" if question.is_disputed else "claims_found"
    return question.shop.keep(name, found)


def counted(claims: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Equal claims counted: claim, milestone, reached, segment, standing, quantity."""
    return claims.group_by("claim", "milestone", "reached", "segment", "standing").agg(
        nw.col("quantity").sum()
    )
