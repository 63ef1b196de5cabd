"""What was known on each claim date: who the participants were, and which observations stood.

A row recorded after the contract's deadline counts at the first claim date by which it is recorded,
for the whole price or for a share of it (`late_pays`), or it earns nothing. What rests on a row in
dispute is claimed, and withheld until the dispute is settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals as nw

from impactbond.dates import LAST_DAY_NUMBER, day_number
from impactbond.evaluation.facts import KEYS, NEVER, where
from impactbond.evaluation.inputs import EvaluationInput, columns_about, confirmed
from impactbond.reasons import Standing

Frame = nw.LazyFrame[Any]
FROM_SHIFT = 2**40
SEGMENT_SHIFT = 2**24
LAST_SEGMENT = SEGMENT_SHIFT - 1


@dataclass(frozen=True, slots=True)
class Basis:
    """Which evidence is evaluated: that recorded late or in dispute can be left out."""

    in_time: bool = False
    undisputed: bool = False

    def named(self, what: str) -> str:
        """A name for what rests on this evidence."""
        return f"{what}{'_in_time' * self.in_time}{'_undisputed' * self.undisputed}"


def bases(inputs: EvaluationInput) -> list[tuple[Basis, Standing]]:
    """The evidence that can earn something, one basis after the other, and how what each earns
    stands.

    What evidence in time earns is not asked of late evidence again, and what undisputed evidence
    earns not of that in dispute: each basis is evaluated only for what those before it did not
    earn.
    """
    is_disputed, only_in_time = inputs.is_disputed, inputs.contract.calendar.evidence.earns_nothing
    found: list[tuple[Basis, Standing]] = []
    if inputs.contract.calendar.evidence.late_pays is not None:
        found.append((Basis(in_time=True, undisputed=is_disputed), Standing.FULL))
        found.append((Basis(undisputed=is_disputed), Standing.LATE))
    else:
        found.append((Basis(only_in_time, is_disputed), Standing.FULL))
    # Last, and with all that may count at all: what is in dispute is shown as claimed and withheld,
    # never dropped in silence.
    if is_disputed:
        found.append((Basis(only_in_time), Standing.DISPUTED))
    return found


def known_participants(inputs: EvaluationInput) -> Frame:
    """Who was known and covered at each claim date: claim, participant, ends_on, known_by,
    started_on, left_on (NEVER while not left).

    The most recently recorded row decides the start and the leaving.
    """
    table, terms = inputs.session.table, inputs.contract.participants
    known = table("participants").join(table("claims"), how="cross")
    known = known.filter(nw.col("recorded_on") <= nw.col("known_by"))
    # Recorded last wins; of one day's recordings the row that holds from the latest day, so that no
    # tie is left to the order of rows.
    order = (nw.col("recorded_on") * 2**16 + nw.col("from_on")) * 2**16
    known = known.with_columns(
        start=order + nw.col("started_on"), leave=order + nw.col("left_on").fill_null(0)
    )
    keys = (*KEYS, "ends_on", "known_by")
    picked = known.group_by(*keys).agg(nw.col("start").max(), nw.col("leave").max())
    # Nought stands for not left: a row that takes back a leaving must be able to win over the one
    # that recorded it.
    left = nw.col("leave") % 2**16
    people = picked.select(
        *keys, started_on=nw.col("start") % 2**16, left_on=where(left > 0, left, NEVER)
    )
    if terms.started is not None:
        first, last = map(day_number, terms.started)
        # Both days are among those on which somebody may start.
        people = people.filter((nw.col("started_on") >= first) & (nw.col("started_on") <= last))
    if terms.covered:
        allowed = segments_at_start(inputs, people).join(table("covered"), on="segment", how="semi")
        people = people.join(allowed, on=list(KEYS), how="semi")
    return people


def people_of(inputs: EvaluationInput) -> Frame:
    """The participants known and covered, kept in the engine, with the days of their windows, and
    what else about them a milestone can ask: `only_<i>`, 1 where it is for them, and `place` and
    `person` by number.
    """
    return inputs.session.materialize("people", lambda: _people(inputs))


def _people(inputs: EvaluationInput) -> Frame:
    table, places = inputs.session.table, inputs.contract.participants.places
    people = known_participants(inputs)
    also = columns_about(inputs.contract)
    if also:
        known = segments_at_start(inputs, people)
        known = known.join(table("segments"), on="segment", how="inner")
        if "person" in also:
            known = known.join(table("persons"), on="participant", how="inner")
        people = people.join(known.select(*KEYS, *also), on=list(KEYS), how="inner")
    clock = nw.col("started_on")
    if places is not None and places.clock == "goes on":
        # The windows of a place go on from its first holder: who follows inherits the clock, and
        # may find some windows closed.
        clock = clock.min().over("claim", "place")
    timed = people.with_columns(clock_on=clock)
    windows = table("windows").rename({"started_on": "clock_on"})
    return timed.join(windows, on="clock_on", how="inner")


def segments_at_start(inputs: EvaluationInput, people: Frame) -> Frame:
    """The segment of each participant on the day of its start: claim, participant, segment."""
    asked = people.select(*KEYS, "known_by", "started_on")
    return segments_on(inputs, asked, "started_on", ["claim"])


def segments_on(inputs: EvaluationInput, asked: Frame, day: str, keys: list[str]) -> Frame:
    """The segment of each participant on a day, as known by `known_by`: keys, participant, segment.

    The latest row that holds from that day or before; where all rows hold from later days, the
    earliest of them.
    """
    about = inputs.session.table("participants").select(
        "participant", "from_on", "segment", recorded_row="recorded_on"
    )
    joined = asked.join(about, on="participant", how="inner").filter(
        nw.col("recorded_row") <= nw.col("known_by")
    )
    since, recorded = nw.col("from_on") * FROM_SHIFT, nw.col("recorded_row")
    # Packed into one number, the day before the recording before the segment, so that one maximum
    # picks the row, and its segment with it, on every engine.
    held = since + recorded * SEGMENT_SHIFT + nw.col("segment")
    # Of the earliest day the row recorded last is wanted: what is not the day is turned round, so
    # that one minimum picks it.
    later = since + (LAST_DAY_NUMBER - recorded) * SEGMENT_SHIFT + LAST_SEGMENT - nw.col("segment")
    is_held = nw.col("from_on") <= nw.col(day)
    joined = joined.with_columns(held=where(is_held, held, -1), later=later)
    picked = joined.group_by(*keys, "participant").agg(nw.col("held").max(), nw.col("later").min())
    segment = where(
        nw.col("held") >= 0,
        nw.col("held") % SEGMENT_SHIFT,
        LAST_SEGMENT - nw.col("later") % SEGMENT_SHIFT,
    )
    return picked.select(*keys, "participant", segment=segment)


def live_observations(inputs: EvaluationInput, basis: Basis) -> Frame:
    """The observations of the participants that stood at each claim date (known, not superseded,
    not withdrawn) with the windows of their participants; `metric` by its number.

    Those recorded after the contract's deadline, or in dispute, only where the basis has them.
    """
    every = inputs.session.table("observations")
    # What supersedes is a small part of the rows: it is found once, before rows meet claim dates.
    # Superseded from the day on which the earliest correction became known: a claim made before
    # that stood on the old row, and keeps it.
    superseded = (
        every.filter(~nw.col("supersedes").is_null())
        .select("recorded_on", observation=nw.col("supersedes"))
        .group_by("observation")
        .agg(superseded_on=nw.col("recorded_on").min())
    )
    # A row that was withdrawn still supersedes: what it had replaced does not come back.
    standing = every.filter(nw.col("status") != "withdrawn")
    if basis.undisputed:
        standing = standing.filter(nw.col("status") != "disputed")
    standing = standing.drop("supersedes").join(superseded, on="observation", how="left")
    standing = standing.with_columns(nw.col("superseded_on").fill_null(NEVER))
    if basis.in_time:
        # Deadlines are worked out once for each day that occurs: engines do not agree about months.
        dated = standing.join(inputs.session.table("deadlines"), on="observed_on", how="inner")
        standing = dated.filter(nw.col("recorded_on") <= nw.col("deadline")).drop("deadline")
    # People are there once for every claim date at which they were known.
    windows = range(len(inputs.contract.windows))
    edges = (f"{edge}_{i}" for i in windows for edge in ("opens", "closes"))
    people = people_of(inputs).select(*KEYS, "known_by", *edges)
    # Known by the claim date, inclusive; superseded on that very day, it stands no more.
    live = standing.join(people, on="participant", how="inner").filter(
        (nw.col("recorded_on") <= nw.col("known_by"))
        & (nw.col("superseded_on") > nw.col("known_by"))
    )
    return live.drop("superseded_on", "known_by")


def live_states(inputs: EvaluationInput, basis: Basis) -> Frame:
    """The live observations of states, kept in the engine: they are gone through several times.

    `confirmed_by` is the last day on which another row lets the state last until then.
    """
    terms = enumerate(inputs.contract.metrics.values())
    is_state = nw.col("metric").is_in([number for number, term in terms if term.lasts])

    def states() -> Frame:
        rows = live_observations(inputs, basis).filter(is_state)
        if not confirmed(inputs.contract):
            return rows.with_columns(confirmed_by=nw.lit(NEVER).cast(nw.Int64))
        keys = ["metric", "observed_on"]
        rows = rows.join(inputs.session.table("confirmed"), on=keys, how="left")
        return rows.with_columns(nw.col("confirmed_by").fill_null(NEVER))

    return inputs.session.materialize(basis.named("states"), states)


def rows_that_count(inputs: EvaluationInput) -> Frame:
    """Every live observation that can earn something by itself, with how what it earns stands: one
    both late and in dispute is in dispute.
    """
    rows = live_observations(inputs, Basis(in_time=inputs.contract.calendar.evidence.earns_nothing))
    # In dispute is laid over late: withheld wins, whatever it would earn.
    standing = nw.lit(Standing.FULL.number)
    if inputs.contract.calendar.evidence.late_pays is not None:
        rows = rows.join(inputs.session.table("deadlines"), on="observed_on", how="inner")
        is_late = nw.col("recorded_on") > nw.col("deadline")
        standing = where(is_late, Standing.LATE.number, standing)
    is_disputed = nw.col("status") == "disputed"
    return rows.with_columns(standing=where(is_disputed, Standing.DISPUTED.number, standing))
