"""Explaining: why was this paid, why not, down to the penny and the row of evidence.

Takes  a settlement, and one participant, many, or one line.
Gives  an Explanation: verdicts with reasons, conditions with their rows, lines with their shares;
       of a line that is nobody's claim, what a result was measured on, or when a fee is due.
Keeps  the engine's own verdicts and lines: what is told comes from the columns that were settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import pyarrow.compute as pc

from impactbond.errors import Fault, SettlementError
from impactbond.evaluation.inputs import ClaimDate
from impactbond.explanation.case import TOGETHER, AskedAbout, Case, cases_by_milestone
from impactbond.explanation.explanation import Explanation
from impactbond.explanation.of_nobody import count_explained, group_explained
from impactbond.explanation.parts import Line, MilestoneExplained
from impactbond.explanation.verdicts import Judged, chain, needs, open_until, period_label, reason
from impactbond.reasons import LineKind
from impactbond.settlement.counted_claims import nobody_behind
from impactbond.settlement.settlement import Settlement

CLOSED_OTHERWISE = (
    "This claim came in closed, and the evidence there is now says otherwise than its lines: "
    "the lines stay as they are, and a later claim puts the difference right."
)


def explain(
    settlement: Settlement,
    *,
    participant: str | None = None,
    milestone: str | None = None,
    result: str | None = None,
) -> Explanation:
    """Why a participant's milestones were paid or not, at the settlement's latest claim date.

    With `milestone`, that one alone. With `result` in place of a participant: what a result of a
    group was measured on, of every group, from the claims that were counted to its lines. The
    explanation shows the participant's evidence. Raises SettlementError, without the id, for a
    participant of whom the evidence holds no row, and where there is no such milestone or result.
    """
    if settlement.counts is not None:
        raise nobody_behind("an explanation of a participant")
    if result is not None:
        if participant is not None or milestone is not None:
            problem = "a result is nobody's: name no participant and no milestone with it"
            fault = Fault(code="result_of_nobody", problem=problem)
            raise SettlementError("There is nothing to explain.", [fault])
        return _of_result(settlement, result)
    if not isinstance(participant, str):
        kind = f"a value of type {type(participant).__name__}"
        problem = "a participant is asked for by the id, as text"
        fault = Fault(code="unknown_participant", problem=problem, found=kind)
        raise SettlementError("There is nothing to explain.", [fault])
    names = _milestones_asked(settlement, milestone)
    about = AskedAbout(settlement, [participant], settlement.claim)
    return _of_participant(about, participant, names)


def explain_each(
    settlement: Settlement,
    participants: Iterable[str] | None = None,
    *,
    milestone: str | None = None,
) -> Iterator[Explanation]:
    """The explanations of many participants, each as `explain` gives it: in the order asked for, by
    default of everybody in the order of their references.

    The engine is asked once for every thousand of them, so that hundreds take little longer than
    one. Raises SettlementError as `explain` does, when it comes to it.
    """
    if settlement.counts is not None:
        raise nobody_behind("an explanation of a participant")
    names = _milestones_asked(settlement, milestone)
    if participants is None:
        participants = settlement.evidence.participants_table["participant"].unique().to_pylist()
        participants = sorted(participants)
    several = list(participants)
    # In lots, because what is asked of the engine at once is held in memory at once.
    for place in range(0, len(several), TOGETHER):
        together = several[place : place + TOGETHER]
        asked = AskedAbout(settlement, together, settlement.claim)
        for participant in together:
            yield _of_participant(asked, participant, names)


def _milestones_asked(settlement: Settlement, milestone: str | None) -> Sequence[str]:
    """The milestone that is asked for, or all. Raises SettlementError where there is none."""
    milestones = settlement.contract.milestones
    if milestone is not None and milestone not in milestones:
        fault = _no_milestone(settlement, milestone)
        raise SettlementError("There is nothing to explain.", [fault])
    return list(milestones) if milestone is None else [milestone]


def _no_milestone(settlement: Settlement, name: str) -> Fault:
    """Why a milestone that is asked for is none; a result says how it is asked for."""
    contract = settlement.contract
    if name in contract.results:
        problem = f"'{name}' is a result of a group, not a milestone"
        hint = f"Ask for it alone, with --result {name} or result='{name}'"
        return Fault(code="not_a_milestone", problem=problem, hint=hint)
    problem = f"there is no milestone '{name}'"
    return Fault(code="unknown_milestone", problem=problem, allowed=", ".join(contract.milestones))


def _of_result(settlement: Settlement, name: str) -> Explanation:
    """A result: of every group for the period that is claimed at the latest claim date, and for
    every period for which it has a line, as it was measured at the last claim date of a line.
    """
    contract, claim = settlement.contract, settlement.claim
    measured = [one for one in settlement.measured_results if one.result == name]
    paid = {one.place for one in measured if one.value_pence}
    # Results stand by claim date: of a place the last one measured stays.
    # Results stand in the order of claim dates, so the last one of a place wins.
    latest = {one.place: one for one in measured}.values()
    found = [one for one in latest if one.claim_date == claim.known_by or one.place in paid]
    if not found:
        problem, allowed = f"there is no result '{name}'", ", ".join(contract.results) or "none"
        if name in contract.results:
            problem = f"the result '{name}' is not measured at the claim of {claim.label}"
        fault = Fault(code="unknown_result", problem=problem, allowed=allowed)
        raise SettlementError("There is nothing to explain.", [fault])
    each = contract.results[name].each
    told = []
    for one in found:
        group = [one.group if attribute == each else "" for attribute in contract.grouping]
        period = contract.calendar.periods[one.place[2]]
        row = {"milestone": name, "group": group, "period": one.period, "price_pence": 0}
        told.append(group_explained(settlement, row | {"achieved_on": period.last}, one.claim_date))
    standing = "This is nobody's claim: it is a result of many, measured over their claims."
    return _explanation(settlement, claim, line=None, standing=standing, milestones=tuple(told))


def explain_line(settlement: Settlement, line: str) -> Explanation:
    """Why a line stands in a statement: its milestone, as known on the line's claim date."""
    lines = settlement.lines_table
    place = pc.index(lines["line"], line).as_py()
    if place < 0:
        fault = Fault(
            code="unknown_line",
            problem=f"none of the {lines.num_rows} lines of this settlement has the name asked for",
            allowed="a name from the column 'line' of a statement"
            + (f", such as {lines['line'][0]}" if lines.num_rows else ""),
        )
        raise SettlementError("There is nothing to explain.", [fault])
    row = lines.slice(place, 1).to_pylist()[0]
    claim = next(dated for dated in settlement.claim_dates if dated.label == row["claim_period"])
    if settlement.counts is not None and row["milestone"] in settlement.contract.milestones:
        return _explanation(
            settlement,
            claim,
            line=line,
            standing="No participant stands behind this line: it is of counts without evidence.",
            milestones=(count_explained(settlement, settlement.counts, row, claim),),
        )
    if row["milestone"] in settlement.contract.milestones:
        who = row["participant"]
        return _of_participant(AskedAbout(settlement, [who], claim), who, [row["milestone"]], line)
    return _explanation(
        settlement,
        claim,
        line=line,
        standing="This line is nobody's claim: it is for a result of many, or a fee.",
        milestones=(group_explained(settlement, row, claim.known_by),),
    )


def _explanation(settlement: Settlement, claim: ClaimDate, **told: Any) -> Explanation:
    contract = settlement.contract
    return Explanation(
        contract=contract.contract,
        title=contract.title,
        version=contract.version.number,
        contract_sha256=contract.digest,
        currency=contract.currency,
        claim_period=claim.label,
        claim_date=claim.known_by,
        ends_on=claim.ends_on,
        kind=settlement.evidence.kind,
        **told,
    )


def _of_participant(
    asked: AskedAbout, participant: str, milestones: Sequence[str], line: str | None = None
) -> Explanation:
    settlement, claim = asked.settlement, asked.claim
    cases = cases_by_milestone(asked, participant, milestones)
    case = cases[milestones[-1]]
    return _explanation(
        settlement,
        claim,
        participant=participant,
        line=line,
        standing=case.standing,
        started_on=case.person.started_on if case.person else None,
        left_on=case.person.left_on if case.person else None,
        participant_rows=case.participant_rows,
        rows_recorded_later=case.rows_recorded_later,
        eligibility=case.judged.eligibility if case.judged else None,
        eligibility_clause=settlement.contract.participants.clause,
        milestones=tuple(_milestone(of, name) for name, of in cases.items()),
    )


def _milestone(case: Case, name: str) -> MilestoneExplained:
    contract, judged = case.settlement.contract, case.judged
    term = contract.milestones[name]
    lines = tuple(_lines(case, name))
    trees = (judged.findings[name], judged.eligibility) if judged is not None else ()
    metrics = (metric for metric, _ in case.looked_at(name))
    otherwise = case.closed_otherwise(name, sum(line.quantity for line in lines))
    return MilestoneExplained(
        milestone=name,
        title=term.title or name,
        clause=term.clause,
        price_pence=contract.price_pence(name),
        priced_in=contract.currency_of_prices,
        lines=lines,
        entitled_pence=sum(line.entitled_pence for line in lines),
        terms=case.asked.stated(contract).of(name, filter(None, trees), metrics),
        note=CLOSED_OTHERWISE if otherwise else "",
        **(_decided(judged, name) if judged is not None else _not_judged(case)),
    )


def _decided(judged: Judged, name: str) -> dict[str, Any]:
    decision = judged.decisions[name]
    reached = decision.achieved_on
    return {
        "verdict": decision.verdict,
        "reason": decision.reason,
        "sentence": reason(judged, name),
        "achieved_on": reached,
        "known_on": decision.known_on,
        "period": period_label(judged.contract, reached) if reached is not None else None,
        "open_until": open_until(judged, name),
        "needs": needs(judged, name),
        "chain": chain(judged, name),
        "condition": judged.findings[name],
    }


def _not_judged(case: Case) -> dict[str, Any]:
    known = case.person is not None
    verdict, why = ("not covered", "not_covered") if known else ("not known yet", "not_known")
    return {"verdict": verdict, "reason": why, "sentence": case.standing}


def _lines(case: Case, milestone: str) -> Iterator[Line]:
    book, dated = case.asked.lines, case.asked.settlement.claim_dates
    claims = [claim.label for claim in dated]
    days = [date.min, *(claim.known_by for claim in dated)]
    for row in book.rows(case.participant, case.claim.known_by):
        if row["milestone"] != milestone:
            continue
        # Only where claims went or came: of money alone that moved no row of evidence is the
        # reason.
        if row["kind"] == LineKind.ADJUSTMENT and row["quantity"] != 0:
            place = claims.index(row["claim_period"])
            since = case.recorded_since(milestone, days[place], days[place + 1])
            yield book.explained(row, *since)
        else:
            yield book.explained(row)
