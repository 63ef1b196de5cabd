"""What evaluation works on, to answer one question: what stood achieved at these claim dates, given
this contract and this evidence? It holds every table that enters the engine.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import count

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions, unit_stretches
from impactbond.dates import Span, day_number, from_day_number
from impactbond.dialect import Engine
from impactbond.evaluation.plan import EvaluationPlan
from impactbond.evidence.evidence import Evidence
from impactbond.tables import EngineSession, with_day_numbers
from impactbond.terms.metrics.choices import State
from impactbond.terms.milestones import DaysIn


@dataclass(frozen=True, slots=True)
class ClaimDate:
    """One claim: `number` counts from 0; evidence recorded by `known_by` counts; what was achieved
    by `ends_on` is claimed.
    """

    number: int
    label: str
    ends_on: date
    known_by: date


def claim_dates(contract: Contract | Versions, as_of: date) -> tuple[ClaimDate, ...]:
    """Every claim date up to and including `as_of`, in order, each by the terms in force on it.

    Where a version signed in the meantime moves a claim date to before its own signing, the claim
    is made on the day of signing: before that day nobody could know of it.
    """
    versions = Versions.of(contract)
    signed = sorted({one.version.signed_on for one in versions.all[1:]})
    known = [(day, versions.known_by(day)) for day in (date.min, *signed)]
    found: list[ClaimDate] = []
    for number in count():
        dated = []
        for (since, then), end in zip(known, (*signed, date.max), strict=True):
            calendar = then.terms.calendar
            if number < len(calendar.periods):
                period = calendar.periods[number]
                # Not before its own signing.
                day = max(calendar.claim_date(period), since)
                # The date that another version gives may lie in the stretch of a later one, which
                # then says for itself when the claim is made.
                if day < end:
                    dated.append(ClaimDate(number, period.label, period.last, day))
        if not dated or dated[0].known_by > as_of:
            break
        found.append(dated[0])
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Segments:
    """The distinct combinations of attributes among the participants; a number stands for each."""

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, contract: Contract, participants: pa.Table) -> Segments:
        """The segments in a table of participants, in order of their values."""
        names = tuple(contract.participants.attributes)
        if not names:
            return cls((), ((),))
        distinct = participants.group_by(list(names)).aggregate([])
        rows = zip(*(distinct[name].to_pylist() for name in names), strict=True)
        return cls(names, tuple(sorted(tuple(value or "" for value in row) for row in rows)))

    def named(self, number: int) -> dict[str, str]:
        """The attributes of a segment by their names."""
        return dict(zip(self.names, self.values[number], strict=True))

    def covered(self, contract: Contract) -> list[int]:
        """The segments whose participants the contract covers."""
        # Asked of the combinations, which are few, and not of every participant.
        covered = contract.participants.covered.items()
        named = enumerate(map(self.named, range(len(self.values))))
        return [n for n, held in named if all(held[name] in allowed for name, allowed in covered)]

    def about(self, contract: Contract) -> pa.Table:
        """What milestones ask about each segment: `only_<i>`, 1 where it is for it; its `place`."""
        named = list(map(self.named, range(len(self.values))))
        table: dict[str, Sequence[int]] = {"segment": range(len(named))}
        for index, term in enumerate(contract.milestones.values()):
            if term.only:
                only = term.only.items()
                table[f"only_{index}"] = [
                    int(all(held[name] in values for name, values in only)) for held in named
                ]
        places = contract.participants.places
        if places is not None:
            distinct = sorted({held[places.by] for held in named})
            table["place"] = [distinct.index(held[places.by]) for held in named]
        return _of_numbers(**table)

    def numbered(self, participants: pa.Table) -> pa.Table:
        """The participants with a column `segment`."""
        place = np.zeros(participants.num_rows, dtype=np.int64)
        known = np.zeros(len(self.values), dtype=np.int64)
        for column, name in enumerate(self.names):
            values = sorted({segment[column] for segment in self.values})
            held = pc.index_in(pc.fill_null(participants[name], ""), pa.array(values, pa.string()))
            # Numbers in a mixed base, a digit for each attribute: their order is that of the
            # segments, and a search finds them all at once.
            place = place * len(values) + held.to_numpy()
            own = [values.index(segment[column]) for segment in self.values]
            known = known * len(values) + np.array(own, dtype=np.int64)
        return participants.append_column("segment", pa.array(np.searchsorted(known, place)))


@dataclass(frozen=True)
class EvaluationInput:
    """A contract, the evidence, and the claim dates asked about, at work in one engine; `session`
    holds the tables by their names.
    """

    contract: Contract
    evidence: Evidence
    claims: tuple[ClaimDate, ...]
    segments: Segments
    session: EngineSession

    @cached_property
    def is_disputed(self) -> bool:
        """Whether any row of the evidence is in dispute."""
        return self.evidence.has_status("disputed")

    @classmethod
    def of(
        cls,
        contract: Contract,
        evidence: Evidence,
        claims: Sequence[ClaimDate],
        engine: Engine | None = None,
    ) -> EvaluationInput:
        """The input with every table taken into the engine: by default the one that reads the
        evidence where it is.
        """
        segments = Segments.of(contract, evidence.participants_table)
        session = EngineSession(engine or evidence.engine, contract.digest)
        inputs = cls(contract, evidence, tuple(claims), segments, session)
        for name, table in inputs._tables().items():
            session.register(name, table)
        evidence.lay_out(session, contract)
        return inputs

    def _tables(self) -> dict[str, pa.Table]:
        """The tables that evaluation rests on besides `observations`; dates are day numbers."""
        contract, evidence = self.contract, self.evidence
        people = ["participant", "started_on", "left_on", "from_on", "recorded_on", "segment"]
        numbered = self.segments.numbered(evidence.participants_table)
        tables: dict[str, pa.Table] = {
            "participants": with_day_numbers(numbered).select(people),
            "claims": _of_numbers(
                claim=[claim.number for claim in self.claims],
                ends_on=[day_number(claim.ends_on) for claim in self.claims],
                known_by=[day_number(claim.known_by) for claim in self.claims],
            ),
            "windows": _windows_table(contract, evidence),
            "covered": _of_numbers(segment=self.segments.covered(contract)),
        }
        # What no term of the contract asks for is not made: every table costs an engine something.
        terms = contract.calendar.evidence
        if terms.tells_late:
            days = evidence.observed_days
            tables["deadlines"] = _of_numbers(
                observed_on=list(map(day_number, days)),
                deadline=[day_number(terms.within.after(day)) for day in days],
            )
        if spans_of := confirmed(contract):
            tables["confirmed"] = _confirmed_table(spans_of, evidence)
        if columns_about(contract):
            tables["segments"] = self.segments.about(contract)
        if contract.participants.places is not None:
            # In the order of names, for the last tie between holders of a place: by nothing that
            # depends on the delivery.
            ids = sorted(evidence.participants_table["participant"].unique().to_pylist())
            persons = _of_numbers(person=range(len(ids)))
            tables["persons"] = persons.add_column(0, "participant", pa.array(ids, pa.string()))
        if spans := EvaluationPlan.of(contract).spans:
            tables["spans"] = _spans_table(spans, evidence, tables["windows"])
        if any(term.units for term in contract.milestones.values()):
            tables["days"] = _days_table(contract)
            tables |= _unit_ends_tables(contract)
        return tables


def columns_about(contract: Contract) -> list[str]:
    """What milestones ask about a participant besides evidence."""
    only = [f"only_{i}" for i, term in enumerate(contract.milestones.values()) if term.only]
    return only + (["place", "person"] if contract.participants.places is not None else [])


def confirmed(contract: Contract) -> dict[int, Span]:
    """How often each state must be confirmed, by the number of its metric, where it must be."""
    terms = enumerate(contract.metrics.values())
    return {
        number: term.confirmed
        for number, term in terms
        if isinstance(term, State) and term.confirmed is not None
    }


def _confirmed_table(spans: Mapping[int, Span], evidence: Evidence) -> pa.Table:
    """The last day that confirms a state recorded on a day: metric, observed_on, confirmed_by."""
    days = evidence.observed_days
    found = [
        (metric, day_number(day), day_number(span.after(day)))
        for metric, span in spans.items()
        for day in days
    ]
    metrics, observed, by = zip(*found, strict=True) if found else ((), (), ())
    return _of_numbers(metric=metrics, observed_on=observed, confirmed_by=by)


def _spans_table(spans: Sequence[Span], evidence: Evidence, windows: pa.Table) -> pa.Table:
    """How many days each span has from every day on which something may begin: day, length_<i>."""
    opening = [name for name in windows.column_names if name.startswith("opens_")]
    found = set(map(day_number, evidence.observed_days))
    days = sorted(found.union(*(windows[name].to_pylist() for name in opening)))
    starts = [from_day_number(day) for day in days]
    lengths = {
        f"length_{index}": [span.length_from(start) for start in starts]
        for index, span in enumerate(spans)
    }
    return _of_numbers(day=days, **lengths)


def _units_in_stretches(contract: Contract) -> Iterator[tuple[int, DaysIn]]:
    """The units whose days are counted from the first of a stretch, by their milestone."""
    for index, term in enumerate(contract.milestones.values()):
        if isinstance(term.units, DaysIn) and term.units.in_stretches:
            yield index, term.units


def _unit_ends_tables(contract: Contract) -> dict[str, pa.Table]:
    """Of each milestone that pays for months or years, how many days from every day of the term on
    complete every unit: first, place, number.
    """
    (opens, closes), tables = contract.calendar.term, {}
    for index, units in _units_in_stretches(contract):
        if units.every.days is None:
            ends: list[tuple[int, int, int]] = []
            for first in range(day_number(opens), day_number(closes) + 1):
                begins = from_day_number(first)
                for number in count(1):
                    # From the first day each time: month after month, a 31st would become a 28th.
                    length = units.every.times(number).length_from(begins)
                    # The last day of a unit is one of its days: it must still lie within the term.
                    if first + length - 1 > day_number(closes):
                        break
                    ends.append((first, length, number))
            firsts, places, numbers = zip(*ends, strict=True) if ends else ((), (), ())
            tables[f"unit_ends_{index}"] = _of_numbers(first=firsts, place=places, number=numbers)
    return tables


def _days_table(contract: Contract) -> pa.Table:
    """Every day of every period: day, period, and of a milestone that is paid by the unit
    `stretch_<i>`, the number of the stretch in which its units come to the same money, and
    `lapse_<i>`, how many days a lapse that begins the day after may have without starting the count
    again.
    """
    found = [
        (day, number)
        for number, period in enumerate(contract.calendar.periods)
        for day in range(day_number(period.first), day_number(period.last) + 1)
    ]
    days, numbers = zip(*found, strict=True)
    # A lapse begins on the day after the last one that counted, which is the day a month is counted
    # from.
    lapses = {
        f"lapse_{index}": [units.lapses.length_from(from_day_number(day + 1)) for day in days]
        for index, units in _units_in_stretches(contract)
        if units.lapses is not None
    }
    alike = {
        f"stretch_{index}": _stretches(unit_stretches(contract, name), days)
        for index, (name, term) in enumerate(contract.milestones.items())
        if term.units is not None
    }
    return _of_numbers(day=days, period=numbers, **alike, **lapses)


def _stretches(first_days: Sequence[date], days: Sequence[int]) -> list[int]:
    starts = list(map(day_number, first_days))
    return [bisect_right(starts, day) for day in days]


def _windows_table(contract: Contract, evidence: Evidence) -> pa.Table:
    """First and last day of every window for every start date in the evidence: started_on,
    opens_<i>, closes_<i>.
    """
    # Worked out once for every start date that occurs: the calendar is not asked by engines.
    starts = sorted(evidence.participants_table["started_on"].unique().to_pylist())
    table = {"started_on": list(map(day_number, starts))}
    for index, window in enumerate(contract.windows.values()):
        days = [window.days(start) for start in starts]
        # A window that opens before day numbers begin opens with them: a negative number would
        # spoil the packs.
        table[f"opens_{index}"] = [max(0, day_number(first)) for first, _ in days]
        table[f"closes_{index}"] = [day_number(last) for _, last in days]
    return _of_numbers(**table)


def _of_numbers(**columns: Sequence[int]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})
