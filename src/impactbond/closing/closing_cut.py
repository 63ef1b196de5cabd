"""The closing cut: what was achieved by a year end and is in no claim made by then, settled as if
it were claimed on its own.

Takes  the versions of a contract, evidence, a year end, and the day up to which evidence counts.
Gives  the claims made by the year end, as they settle; beside them the lines and shares of what is
       not claimed yet, negative where evidence takes back what was.
Keeps  limits are filled by outcomes of the year alone: nothing achieved after the year end takes
       part. A cut is no claim and changes none: nothing settles on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import PrivateAttr

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import Period, day_number
from impactbond.dialect import Engine
from impactbond.evaluation.decisions import decisions_table
from impactbond.evaluation.inputs import ClaimDate, claim_dates
from impactbond.evidence.evidence import Evidence
from impactbond.reasons import Verdict
from impactbond.records.closed_claims import Closed
from impactbond.records.following import settle
from impactbond.records.record import File, Record
from impactbond.settlement.applicable_claims import applicable_claims
from impactbond.settlement.funding import UNFUNDED, Funders, Payer
from impactbond.settlement.lines import LINES, SHARES, attributed
from impactbond.settlement.lot_settlement import settle_claims
from impactbond.settlement.lots import period_of
from impactbond.settlement.settle import assert_complete
from impactbond.settlement.settlement import Settlement
from impactbond.terms.calendar import Calendar

Recorded = Mapping[tuple[str, str], date]  # by participant and milestone
Followed = Settlement | Record | Closed | File | None  # what the claims made follow on


@dataclass(frozen=True, eq=False, repr=False)
class Unclaimed:
    """What is in no claim made by the year end, by the evidence of one day: LINES and SHARES."""

    funders: tuple[Payer, ...]
    lines_table: pa.Table
    shares_table: pa.Table


class ClosingCalendar(Calendar):
    """A calendar of which nothing after a year end is known yet: no result, fee, commitment of a
    funder or later year of the contract counts, although the cut stands for a claim made after it.
    """

    _closes_on: date = PrivateAttr(default=date.max)
    _cut: date = PrivateAttr(default=date.max)

    @classmethod
    def of(cls, calendar: Calendar, closes_on: date, cut: int) -> ClosingCalendar:
        """The calendar as it is known at a year end; `cut` is the number of the cut's period."""
        terms = {name: getattr(calendar, name) for name in Calendar.model_fields}
        closing = cls.model_construct(**terms)
        closing._closes_on = closes_on
        closing._cut = closing.periods[cut].last if cut < len(closing.periods) else date.max
        return closing

    @property
    def closes_on(self) -> date:
        return self._closes_on

    def claim_date(self, period: Period) -> date:
        # Commitments and stages of limits are asked for as of the year end, not of a claim that
        # comes after it.
        return min(super().claim_date(period), self._closes_on)

    def year_of(self, day: date) -> int:
        # Where the claim of the year's last day is made, the cut takes the place of a claim of the
        # next year; what this one withheld is not paid from the room of that before it begins.
        return super().year_of(min(day, self._closes_on) if day == self._cut else day)


def _closing(contract: Contract, on: date, cut: int) -> Contract:
    """A version as it is known at a year end."""
    terms = {name: getattr(contract, name) for name in Contract.model_fields}
    terms["calendar"] = ClosingCalendar.of(contract.calendar, on, cut)
    # Not model_copy, which would keep what was worked out from the other calendar.
    closing = Contract.model_construct(**terms)
    closing._source, closing._source_name = contract.source, contract._source_name
    return closing


def claims_made(
    versions: Versions,
    evidence: Evidence,
    on: date,
    earlier: Followed,
    leave_out_refused: bool,
    engine: Engine,
) -> Settlement | None:
    """The claims made by the year end, as they settle; None where no claim date has come."""
    if not claim_dates(versions, on):
        assert_complete(evidence, leave_out_refused)
        return None
    return settle(
        versions,
        evidence,
        as_of=on,
        earlier=earlier,
        leave_out_refused=leave_out_refused,
        engine=engine,
    )


def went_into(
    made: Settlement | None, later: Settlement | None
) -> Mapping[tuple[str, str, date], tuple[str, date]]:
    """Of what no claim held by the year end, the first claim made after it that does, and its day:
    by participant, milestone and day of achievement.
    """
    if later is None:
        return {}
    known = 0 if made is None else len(made.claim_dates)
    days = {one.label: one.known_by for one in later.claim_dates[known:]}
    names = ("participant", "milestone", "achieved_on", "claim_period")
    found: dict[tuple[str, str, date], tuple[str, date]] = {}
    for who, milestone, day, claim in zip(
        *(later.lines_table[name].to_pylist() for name in names), strict=True
    ):
        if claim in days:
            # The first, as lines stand in the order of claims: a later one that takes it back is
            # another event.
            found.setdefault((who, milestone, day), (claim, days[claim]))
    return found


def known_at(versions: Versions, on: date, evidence_to: date) -> Versions:
    """The versions that a year end knows: signed by it; or by the sign-off, and effective by it.
    One that only begins to count later says nothing about the year.
    """
    first, *later = versions.all
    return Versions(
        (
            first,
            *(
                one
                for one in later
                # Signed afterwards and counting from before: it says what was so at the year end,
                # as late evidence does.
                if one.version.signed_on <= on
                or (one.version.signed_on <= evidence_to and one.version.effective_on <= on)
            ),
        )
    )


def unclaimed(
    versions: Versions,
    evidence: Evidence,
    made: Settlement | None,
    on: date,
    evidence_to: date,
    engine: Engine,
) -> Unclaimed:
    """What was achieved by the year end, by evidence recorded up to a day, less what claims made by
    the year end hold.
    """
    known = known_at(versions, on, evidence_to)
    closed = LINES.empty_table() if made is None else made.lines_table.cast(LINES)
    claims = _claims(known, () if made is None else made.claim_dates, on, evidence_to)
    if not claims:  # the last claim of the contract is made: nothing will ever be claimed again
        funders = () if made is None else made.funders.all
        return Unclaimed(funders, LINES.empty_table(), SHARES.empty_table())
    # Between the claims made and the cut, periods may have ended whose claims are not made yet.
    # Only the cut is asked about: it holds what is theirs too.
    cut = claims[-1]
    # Every version, so that none looks beyond the year end; and only here: claims made keep their
    # own calendar.
    known = Versions(tuple(_closing(one, on, cut.number) for one in known.all))
    applicable = applicable_claims(
        known, evidence.known_on(evidence_to), claims, [cut], closed, engine
    )
    settled, singly = settle_claims(known, claims, applicable, closed, cut.number)
    lines, shares = attributed(claims, settled, singly(), closed, cut.number)
    return Unclaimed(_without_nobody(settled.funders), *_of_the_cut(lines, shares, cut, on))


def decided_at(
    versions: Versions, evidence: Evidence, on: date, evidence_to: date, engine: Engine
) -> pa.Table:
    """The decisions at a year end, by the terms in force on it and evidence recorded up to a day
    (DECISIONS).
    """
    known = known_at(versions, on, evidence_to)
    terms, claim = known.within(known.terms), ClaimDate(0, str(on), on, evidence_to)
    decided = decisions_table(terms, evidence, claim, engine)
    # Of a milestone that pays for units, each has evidence of its own, and a decision is of none.
    by_unit = [name for name, term in terms.milestones.items() if term.units]
    if by_unit:
        is_unit = pc.is_in(decided["milestone"], pa.array(by_unit, pa.string()))
        known_on = pc.if_else(is_unit, None, decided["known_on"])
        place = decided.schema.get_field_index("known_on")
        decided = decided.set_column(place, "known_on", known_on)
    return decided


def recorded(decided: pa.Table) -> Recorded:
    """The day on which the newest evidence of each participant and milestone was recorded."""
    columns = [decided[name].to_pylist() for name in ("participant", "milestone", "known_on")]
    rows = zip(*columns, strict=True)
    return {(who, milestone): day for who, milestone, day in rows if day is not None}


def on_the_way(decided: pa.Table) -> dict[str, int]:
    """How many participants can still achieve each milestone, by the decisions at a year end."""
    # Not yet due, and nothing else: what was missed or is not evidenced is no income to come.
    open_ = decided.filter(pc.equal(decided["verdict"], Verdict.NOT_YET_DUE.value))
    counts = pc.value_counts(open_["milestone"].combine_chunks()).to_pylist()
    return {one["values"]: one["counts"] for one in counts}


def _claims(
    known: Versions, made: Sequence[ClaimDate], on: date, evidence_to: date
) -> tuple[ClaimDate, ...]:
    """The claims made, those whose periods ended since, and the cut in place of the next one."""
    periods = known.terms.calendar.periods
    # At least the next claim, though the year end lies in a period that is claimed already: what is
    # corrected since belongs to it.
    cut = max(len(made), min(period_of(periods, day_number(on)), len(periods) - 1))
    if cut == len(periods):
        return ()
    waiting = [
        ClaimDate(number, periods[number].label, periods[number].last, on)
        for number in range(len(made), cut)
    ]
    # Nothing after the year end, though the period goes on.
    last = min(periods[cut].last, on)
    return (*made, *waiting, ClaimDate(cut, periods[cut].label, last, evidence_to))


def _without_nobody(funders: Funders) -> tuple[Payer, ...]:
    return tuple(one for one in funders.all if one.id != UNFUNDED)


def _of_the_cut(
    lines: pa.Table, shares: pa.Table, cut: ClaimDate, on: date
) -> tuple[pa.Table, pa.Table]:
    """The lines and shares of the cut. Results stand at the end of their period and fees on their
    dates, whatever a claim date asks for: those after the year end are of the next year.
    """
    is_cut = pc.equal(lines["claim_period"], cut.label)
    # What is of the last day itself is of the year.
    by_then = pc.less_equal(lines["achieved_on"], pa.scalar(on, pa.date32()))
    own = lines.filter(pc.and_(is_cut, by_then))
    return own, shares.filter(pc.is_in(shares["line"], own["line"].combine_chunks()))
