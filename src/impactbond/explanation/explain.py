"""Explaining: why was this paid, why not, down to the penny and the row of evidence.

Takes  a settlement, and one participant or one line.
Gives  an Explanation: verdicts with reasons, conditions with their rows, lines with their shares.
Keeps  the engine's own verdicts and lines: what is told comes from the columns that were settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import pyarrow.compute as pc

from impactbond.errors import Fault, SettlementError
from impactbond.evaluation.inputs import ClaimDate
from impactbond.explanation.applicable_version import by_version
from impactbond.explanation.case import Case
from impactbond.explanation.explanation import Explanation
from impactbond.explanation.groups import explain_group_line
from impactbond.explanation.paid import Ledger, entitled
from impactbond.explanation.parts import Line, MilestoneExplained, Since
from impactbond.explanation.reasons import Judged, chain, needs, open_until, period_label, reason
from impactbond.explanation.terms import stated_terms
from impactbond.reasons import LineKind
from impactbond.settlement.settlement import Settlement

CLOSED_OTHERWISE = (
    "This claim came in closed, and the evidence there is now says otherwise than its lines: "
    "the lines stay as they are, and a later claim puts the difference right."
)


def explain(
    settlement: Settlement, *, participant: str, milestone: str | None = None
) -> Explanation:
    """Why a participant's milestones were paid or not, at the settlement's latest claim date.

    With `milestone`, that one alone. The explanation shows the participant's evidence. Raises
    SettlementError, without the id, for a participant of whom the evidence holds no row.
    """
    milestones = settlement.contract.milestones
    if milestone is not None and milestone not in milestones:
        problem = f"there is no milestone '{milestone}'"
        fault = Fault(code="unknown_milestone", problem=problem, allowed=", ".join(milestones))
        raise SettlementError("There is nothing to explain.", [fault])
    wanted = list(milestones) if milestone is None else [milestone]
    return _explained(settlement, participant, settlement.claim, wanted)


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
    if row["milestone"] not in settlement.contract.milestones:
        return explain_group_line(settlement, row)
    claim = next(dated for dated in settlement.claim_dates if dated.label == row["claim_period"])
    return _explained(settlement, row["participant"], claim, [row["milestone"]], line)


def _explained(
    settlement: Settlement,
    participant: str,
    claim: ClaimDate,
    milestones: Iterable[str],
    line: str | None = None,
) -> Explanation:
    cases = _cases(settlement, participant, claim, list(milestones))
    case = next(reversed(cases.values()))
    contract, ledger = settlement.contract, Ledger.of(settlement)
    told = [_milestone(of, ledger, name) for name, of in cases.items()]
    return Explanation(
        contract=contract.contract,
        title=contract.title,
        version=contract.version.number,
        contract_sha256=contract.digest,
        currency=contract.currency,
        participant=case.participant,
        claim_period=case.claim.label,
        claim_date=case.claim.known_by,
        ends_on=case.claim.ends_on,
        line=line,
        standing=case.standing,
        started_on=case.person.started_on if case.person else None,
        left_on=case.person.left_on if case.person else None,
        participant_rows=case.participant_rows,
        rows_recorded_later=case.rows_recorded_later,
        eligibility=case.judged.eligibility if case.judged else None,
        eligibility_clause=contract.participants.clause,
        milestones=tuple(told),
        kind=case.evidence.kind,
    )


def _cases(
    settlement: Settlement, participant: str, claim: ClaimDate, milestones: list[str]
) -> dict[str, Case]:
    """The case of each milestone, by the version that governs it."""
    seen = by_version(settlement, participant, claim, milestones)
    found: dict[str, Case] = {}
    for by in dict.fromkeys(seen.values()):
        names = frozenset(name for name, one in seen.items() if one is by)
        case = Case.of(by, participant, claim, None if by is settlement else names)
        found |= dict.fromkeys(names, case)
    return {name: found[name] for name in milestones}


def _milestone(case: Case, ledger: Ledger, name: str) -> MilestoneExplained:
    contract, judged = case.settlement.contract, case.judged
    term = contract.milestones[name]
    lines = tuple(_lines(case, ledger, name))
    findings = []
    if judged is not None:
        findings = [judged.findings[name], *([judged.eligibility] if judged.eligibility else [])]
    otherwise = case.closed_otherwise(name, sum(line.quantity for line in lines))
    return MilestoneExplained(
        milestone=name,
        title=term.title or name,
        clause=term.clause,
        price_pence=contract.price_pence(name),
        priced_in=contract.currency_of_prices,
        lines=lines,
        entitled_pence=entitled(lines),
        terms=stated_terms(
            contract, name, findings, (metric for metric, _ in case.looked_at(name))
        ),
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
    is_known = case.person is not None
    nothing = dict.fromkeys(("achieved_on", "known_on", "period", "open_until", "condition"))
    return nothing | {
        "verdict": "not covered" if is_known else "not known yet",
        "reason": "not_covered" if is_known else "not_known",
        "sentence": case.standing,
        "needs": (),
        "chain": (),
    }


def _lines(case: Case, ledger: Ledger, milestone: str) -> Iterator[Line]:
    for row in ledger.rows(case.participant, milestone, case.claim.known_by):
        has_moved = row["kind"] == LineKind.ADJUSTMENT and row["quantity"] != 0
        since = _since(case, milestone, row["claim_period"]) if has_moved else Since()
        yield ledger.line(row, since)


def _since(case: Case, milestone: str, claim_period: str) -> Since:
    claims = case.settlement.claim_dates
    place = [claim.label for claim in claims].index(claim_period)
    after = claims[place - 1].known_by if place else date.min
    return case.recorded_since(milestone, after, claims[place].known_by)
