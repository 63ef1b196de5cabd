"""What was known on each claim date: who the participants were, and which observations stood."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from impactbond.dates import day_number
from impactbond.evaluation.facts import NEVER
from impactbond.evaluation.inputs import EvaluationInput, columns_about
from impactbond.evaluation.late_evidence import Basis, recorded_in_time

FROM_SHIFT = 2**40
SEGMENT_SHIFT = 2**24
LAST_SEGMENT = SEGMENT_SHIFT - 1
LAST_DAY = 2**16 - 1


def known_participants(inputs: EvaluationInput) -> nw.LazyFrame[Any]:
    """Who was known and covered at each claim date: claim, participant, ends_on, known_by,
    started_on, left_on (NEVER while not left).

    The most recently recorded row decides the start and the leaving.
    """
    dated = inputs.table("claims")
    known = inputs.table("participants").join(dated, how="cross")
    known = known.filter(nw.col("recorded_on") <= nw.col("known_by"))
    order = (nw.col("recorded_on") * 2**16 + nw.col("from_on")) * 2**16
    known = known.with_columns(
        start=order + nw.col("started_on"), leave=order + nw.col("left_on").fill_null(0)
    )
    keys = ("claim", "participant", "ends_on", "known_by")
    picked = known.group_by(*keys).agg(nw.col("start").max(), nw.col("leave").max())
    left = nw.col("leave") % 2**16
    people = picked.select(
        *keys,
        started_on=nw.col("start") % 2**16,
        left_on=nw.when(left > 0).then(left).otherwise(nw.lit(NEVER)),
    )
    terms = inputs.contract.participants
    if terms.started is not None:
        first, last = map(day_number, terms.started)
        people = people.filter((nw.col("started_on") >= first) & (nw.col("started_on") <= last))
    return _covered(inputs, people) if terms.covered else people


def windows_of_people(inputs: EvaluationInput) -> nw.LazyFrame[Any]:
    """The participants known and covered with the days of their windows, and what else about them a
    milestone can ask: `only_<i>`, 1 where it is for them, and `place` and `person` by number.
    """
    people = known_participants(inputs)
    also = columns_about(inputs.contract)
    if also:
        asked = people.select("claim", "participant", "known_by", "started_on")
        at_start = segments_on(inputs, asked, "started_on", ["claim"])
        known = at_start.join(inputs.table("segments"), on="segment", how="inner")
        if "person" in also:
            known = known.join(inputs.table("persons"), on="participant", how="inner")
        people = people.join(
            known.select("claim", "participant", *also), on=["claim", "participant"], how="inner"
        )
    places = inputs.contract.participants.places
    clock = nw.col("started_on")
    if places is not None and places.clock == "goes on":
        clock = clock.min().over("claim", "place")
    timed = people.with_columns(clock_on=clock)
    windows = inputs.table("windows").rename({"started_on": "clock_on"})
    return timed.join(windows, on="clock_on", how="inner")


def _covered(inputs: EvaluationInput, people: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    asked = people.select("claim", "participant", "known_by", "started_on")
    at_start = segments_on(inputs, asked, "started_on", ["claim"])
    allowed = at_start.join(inputs.table("covered"), on="segment", how="semi")
    return people.join(allowed, on=["claim", "participant"], how="semi")


def segments_on(
    inputs: EvaluationInput, asked: nw.LazyFrame[Any], day: str, keys: list[str]
) -> nw.LazyFrame[Any]:
    """The segment of each participant on a day, as known by `known_by`: keys, participant, segment.

    The latest row that holds from that day or before; where all rows hold from later days, the
    earliest of them.
    """
    about = inputs.table("participants").select(
        "participant", "from_on", "segment", recorded_row=nw.col("recorded_on")
    )
    joined = asked.join(about, on="participant", how="inner").filter(
        nw.col("recorded_row") <= nw.col("known_by")
    )
    # Packed into one number, the day before the recording before the segment, so that one maximum
    # picks the row, and its segment with it, on every engine.
    held = (
        nw.col("from_on") * FROM_SHIFT + nw.col("recorded_row") * SEGMENT_SHIFT + nw.col("segment")
    )
    # Of the earliest day the row recorded last is wanted: what is not the day is turned round, so
    # that one minimum picks it.
    later = (
        nw.col("from_on") * FROM_SHIFT
        + (LAST_DAY - nw.col("recorded_row")) * SEGMENT_SHIFT
        + (LAST_SEGMENT - nw.col("segment"))
    )
    is_held = nw.col("from_on") <= nw.col(day)
    joined = joined.with_columns(
        held=nw.when(is_held).then(held).otherwise(nw.lit(-1)), later=later
    )
    picked = joined.group_by(*keys, "participant").agg(nw.col("held").max(), nw.col("later").min())
    segment = nw.when(nw.col("held") >= 0).then(nw.col("held") % SEGMENT_SHIFT)
    return picked.select(
        *keys,
        "participant",
        segment=segment.otherwise(LAST_SEGMENT - nw.col("later") % SEGMENT_SHIFT),
    )


def live_observations(
    inputs: EvaluationInput, basis: Basis, people: nw.LazyFrame[Any]
) -> nw.LazyFrame[Any]:
    """The observations of people that stood at each claim date (known, not superseded, not
    withdrawn) with the columns of `people`; `metric` by its number.

    Those recorded after the contract's deadline, or in dispute, only where the basis has them.
    """
    every = inputs.table("observations")
    # What supersedes is a small part of the rows: it is found once, before rows meet claim dates.
    superseded = (
        every.filter(~nw.col("supersedes").is_null())
        .select("recorded_on", observation=nw.col("supersedes"))
        .group_by("observation")
        .agg(superseded_on=nw.col("recorded_on").min())
    )
    standing = every.filter(nw.col("status") != "withdrawn")
    if basis.undisputed:
        standing = standing.filter(nw.col("status") != "disputed")
    standing = standing.drop("supersedes").join(superseded, on="observation", how="left")
    standing = standing.with_columns(nw.col("superseded_on").fill_null(NEVER))
    if basis.in_time:
        standing = recorded_in_time(standing, inputs.table("deadlines"))
    # People are there once for every claim date at which they were known.
    live = standing.join(people, on="participant", how="inner").filter(
        (nw.col("recorded_on") <= nw.col("known_by"))
        & (nw.col("superseded_on") > nw.col("known_by"))
    )
    return live.drop("superseded_on", "known_by")
