"""Why: the reason for a verdict as a plain sentence with its figures, down to the first cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from impactbond.contract.contract import Contract
from impactbond.evaluation.inputs import ClaimDate
from impactbond.explanation.parts import ConditionExplained, Need
from impactbond.explanation.sight import Decision, PersonView, UnitsFound
from impactbond.money import show_share
from impactbond.reasons import Reason, Standing, Verdict
from impactbond.terms.diagnostic import listing
from impactbond.terms.milestones import alternatives
from impactbond.terms.words import counted, plain


@dataclass(frozen=True)
class Judged:
    """One participant at one claim date: what was decided, and the findings behind it.

    `whenever` holds the findings with evidence that was recorded too late, where late evidence
    earns nothing.
    """

    contract: Contract
    claim: ClaimDate
    person: PersonView
    decisions: Mapping[str, Decision]
    quantities: Mapping[str, int]
    units: Mapping[str, tuple[UnitsFound, ...]]
    findings: Mapping[str, ConditionExplained]
    eligibility: ConditionExplained | None
    whenever: Mapping[str, ConditionExplained]

    @property
    def unmet_eligibility(self) -> ConditionExplained | None:
        """Eligibility, where it is asked for and not met."""
        asked = self.eligibility
        return asked if asked is not None and asked.state != "met" else None

    def title(self, milestone: str) -> str:
        """The milestone's title, in quotes."""
        return f"'{self.contract.milestones[milestone].title or milestone}'"

    def blocking(self, milestone: str) -> list[str]:
        """The prerequisites of a milestone that are not achieved."""
        # A place that another took is reached for whoever holds it: it blocks nothing.
        return [
            name
            for name in self.contract.milestones[milestone].after
            if self.decisions[name].verdict != Verdict.ACHIEVED
            and self.decisions[name].reason != Reason.PLACE_TAKEN
        ]


def reason(judged: Judged, milestone: str) -> str:
    """The reason for the verdict on a milestone, in a sentence."""
    own = judged.findings[milestone]
    match judged.decisions[milestone].reason:
        case Reason.MET:
            return own.sentence + _counted_from(judged, milestone) + _standing(judged, milestone)
        case Reason.WINDOW_OPEN:
            return _window_open(judged, milestone)
        case Reason.PREREQUISITE:
            return _needs_first(judged, milestone)
        case Reason.NOT_ELIGIBLE:
            return f"eligibility is not met: {_eligibility(judged)}"
        case Reason.ELIGIBILITY_NOT_EVIDENCED:
            return f"eligibility is not evidenced: {_eligibility(judged)}"
        case Reason.LEFT:
            return _left(judged, milestone)
        case Reason.OUTSIDE_TERM:
            first, last = judged.contract.calendar.term
            day = judged.decisions[milestone].reached_on
            return f"reached on {day}, outside the term ({first} through {last}): {own.sentence}"
        case Reason.RECORDED_LATE:
            return _recorded_late(judged, milestone)
        case Reason.ANOTHER_VERSION:
            version = judged.contract.version
            day = judged.decisions[milestone].reached_on
            return (
                f"reached on {day} by the terms of version {version.number}, which does not govern "
                f"it; the version that does pays nothing for it: {own.sentence}"
            )
        case Reason.NOT_FOR_SEGMENT:
            return _not_for_segment(judged, milestone)
        case Reason.ALTERNATIVE:
            return f"{own.sentence}; {_alternative(judged, milestone)}"
        case Reason.PLACE_TAKEN:
            return f"{own.sentence}; {_place_taken(judged)}"
        # What is left is decided by the condition alone, and its own sentence tells it.
        case _:
            return own.sentence


def open_until(judged: Judged, milestone: str) -> date | None:
    """The last day that can still change a verdict of not yet due; None for every other verdict."""
    decision = judged.decisions[milestone]
    if decision.verdict != Verdict.NOT_YET_DUE:
        return None
    own = judged.findings[milestone]
    if decision.reason == Reason.PREREQUISITE:
        waiting = [open_until(judged, name) for name in judged.blocking(milestone)]
        # The latest of all that is open: until then a yes is possible.
        return max([own.due_on, *(day for day in waiting if day is not None)])
    if (unmet := judged.unmet_eligibility) is not None:
        return unmet.due_on
    return judged.decisions[milestone].reached_on or own.due_on


def chain(judged: Judged, milestone: str) -> tuple[str, ...]:
    """The milestone and, prerequisite by prerequisite, the first cause of its verdict."""
    found = [milestone]
    while judged.decisions[found[-1]].reason == Reason.PREREQUISITE:
        blocking = judged.blocking(found[-1])
        waiting = [
            name for name in blocking if judged.decisions[name].verdict == Verdict.NOT_YET_DUE
        ]
        # What still waits explains an open verdict better than what has failed.
        found.append((waiting or blocking)[0])
    return tuple(found)


def needs(judged: Judged, milestone: str) -> tuple[Need, ...]:
    """The milestones that this one comes after, and how they stand."""
    found = []
    for name in judged.contract.milestones[milestone].after:
        term, decision = judged.contract.milestones[name], judged.decisions[name]
        stands = (decision.verdict, decision.achieved_on, reason(judged, name))
        found.append(Need(name, term.title or name, *stands, term.clause))
    return tuple(found)


def period_label(contract: Contract, day: date) -> str | None:
    """The period that a day falls in; None outside the term."""
    return next((p.label for p in contract.calendar.periods if p.first <= day <= p.last), None)


def _eligibility(judged: Judged) -> str:
    assert judged.eligibility is not None
    return judged.eligibility.sentence


def _counted_from(judged: Judged, milestone: str) -> str:
    """Which other thing made the day of achievement later than the condition's own."""
    own, reached = judged.findings[milestone].on, judged.decisions[milestone].achieved_on
    if own == reached:
        return ""
    before = {name: judged.decisions[name] for name in judged.contract.milestones[milestone].after}
    # What another version governs was reached all the same, and lets this one count.
    causes = [
        f"{judged.title(name)} was achieved"
        for name, one in before.items()
        if one.reached_on == reached and one.reason in (Reason.MET, Reason.ANOTHER_VERSION)
    ]
    if judged.eligibility is not None and judged.eligibility.on == reached:
        causes.append("eligibility was met")
    if not causes:
        causes.append("what it comes after was achieved for the place")
    return f"; met on {own} and counted from {reached}, when {' and '.join(causes)}"


def _window_open(judged: Judged, milestone: str) -> str:
    own, day = judged.findings[milestone], open_until(judged, milestone)
    assert day is not None
    if (unmet := judged.unmet_eligibility) is not None:
        until = f"eligibility is open until {day}{_decided(judged, day)}"
        return f"{until}; so far: {unmet.sentence}"
    if own.state == "met":
        after = f"after {judged.claim.ends_on}, the last day claimed here"
        return f"reached on {day}, {after}{_decided(judged, day)}: {own.sentence}"
    return f"open until {day}{_decided(judged, day)}; so far: {own.sentence}"


def _decided(judged: Judged, day: date) -> str:
    """Which claim decides what is open until a day."""
    calendar = judged.contract.calendar
    for period in calendar.periods:
        # The first period that has that day behind it or as its last.
        if period.last >= day:
            return f" (decided with the claim for {period.label}, on {calendar.claim_date(period)})"
    return f" (after the term, which ends on {calendar.term[1]})"


def _needs_first(judged: Judged, milestone: str) -> str:
    told = [
        f"needs {judged.title(name)} first, which is {judged.decisions[name].verdict}: "
        f"{reason(judged, name)}"
        for name in judged.blocking(milestone)
    ]
    return "; and ".join(told)


def _left(judged: Judged, milestone: str) -> str:
    own, left_on = judged.findings[milestone], judged.person.left_on
    if own.state == "met":
        day = judged.decisions[milestone].reached_on
        return f"reached on {day}, after leaving on {left_on}: {own.sentence}"
    return f"left on {left_on}, before the last day {own.due_on}; until then: {own.sentence}"


def _recorded_late(judged: Judged, milestone: str) -> str:
    terms = judged.contract.calendar.evidence
    if (unmet := judged.unmet_eligibility) is not None:
        in_time = unmet.sentence
    elif judged.blocking(milestone):
        in_time = _needs_first(judged, milestone)
    else:
        in_time = judged.findings[milestone].sentence
    clause = f" [{terms.clause}]" if terms.clause else ""
    return (
        f"evidence was recorded too late, after more than {terms.within}, and so earns nothing"
        f"{clause}; with it: {judged.whenever[milestone].sentence}; in time: {in_time}"
    )


def _standing(judged: Judged, milestone: str) -> str:
    """How a claim stands, and how many units it is, where that is not the whole price once."""
    told = ""
    if (units := judged.contract.milestones[milestone].units) is not None:
        many = judged.quantities.get(milestone, 0)
        when = _runs_of_units(judged.units[milestone]) if many else ""
        since = "the day after" if units.waits else "that day"
        told = f"; {when}{counted(many, 'unit')} from {since} on, as known so far"
    terms = judged.contract.calendar.evidence
    standing = judged.decisions[milestone].standing
    if standing == Standing.LATE and terms.late_pays is not None:
        share = show_share(terms.late_pays)
        told += f"; on evidence recorded after more than {terms.within}, which earns {share}"
    if standing == Standing.DISPUTED:
        told += "; on evidence in dispute, and so withheld until that is settled"
    return told


def _runs_of_units(found: Sequence[UnitsFound]) -> str:
    """From when to when units were counted, those that follow one another together."""
    runs: list[UnitsFound] = []
    for one in found:
        # Days that follow on one another are one run, as people count them.
        if runs and (one.first - runs[-1].last).days <= 1:
            last, many = max(one.last, runs[-1].last), runs[-1].quantity + one.quantity
            runs[-1] = UnitsFound(runs[-1].first, last, many)
        else:
            runs.append(one)
    told = [f"{one.first} through {one.last} ({counted(one.quantity, 'unit')})" for one in runs]
    # Rows apart from one another are runs of their own, and there can be hundreds.
    return f"{listing(told)}: "


def _not_for_segment(judged: Judged, milestone: str) -> str:
    only = judged.contract.milestones[milestone].only
    wanted = "; ".join(f"{plain(name)} {' or '.join(values)}" for name, values in only.items())
    held = ", ".join(f"{plain(name)} {judged.person.at_start[name]}" for name in only)
    return f"it is for participants with {wanted} at the start, and this one had {held}"


def _alternative(judged: Judged, milestone: str) -> str:
    group = next(one for one in alternatives(judged.contract.milestones) if milestone in one)
    paid = [name for name in group if judged.decisions[name].verdict == Verdict.ACHIEVED]
    if not paid:
        return "another milestone that stands instead of it was paid for the same place"
    day = judged.decisions[paid[0]].achieved_on
    return f"{judged.title(paid[0])}, achieved on {day}, stands instead: one of them is paid"


def _place_taken(judged: Judged) -> str:
    places = judged.contract.participants.places
    assert places is not None
    place = f"{plain(places.by)} {judged.person.at_start[places.by]}"
    return f"it is paid once for the place, {place}, and was achieved there by another participant"
