"""Claims: one milestone achieved once by one participant, in the segment it held on that day.

Takes  decisions at every claim date, and the rows about participants.
Gives  claim, participant, milestone, reached (day number), segment; and the same counted, which is
       what money needs.
Keeps  nothing but achieved decisions becomes a claim.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from impactbond.evaluation.decisions import ACHIEVED
from impactbond.evaluation.knowledge import segments_on
from impactbond.evaluation.question import Question

CLAIM_KEYS = ["claim", "milestone", "reached"]


def claims_of(question: Question, decisions: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The achieved decisions with the segment of the participant on the day of achievement, as then
    known.
    """

    def found() -> nw.LazyFrame[Any]:
        achieved = decisions.filter(nw.col("verdict") == ACHIEVED)
        asked = achieved.select(*CLAIM_KEYS, "participant", "known_by")
        held = segments_on(question, asked, "reached", CLAIM_KEYS)
        return held.select("claim", "participant", "milestone", "reached", "segment")

    return question.shop.keep("claims_found", found)


def counted(claims: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Equal claims counted: claim, milestone, reached, segment, quantity."""
    return claims.group_by("claim", "milestone", "reached", "segment").agg(quantity=nw.len())
