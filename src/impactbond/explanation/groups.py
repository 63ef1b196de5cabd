"""Explaining lines that are nobody's claims: what a result was measured on, when a fee is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.contract.wording.money import ContractWords
from impactbond.explanation.explanation import Explanation
from impactbond.explanation.paid import Ledger, entitled
from impactbond.explanation.parts import MilestoneExplained, Since
from impactbond.explanation.terms import money_terms
from impactbond.money import show
from impactbond.settlement.settlement import Settlement
from impactbond.settlement.values import group_of, sums_of, worth_pence
from impactbond.terms.measures import Sums, told
from impactbond.terms.results import Result


def explain_group_line(settlement: Settlement, row: Mapping[str, Any]) -> Explanation:
    """Why a line of a result or fee stands, as known on its claim date."""
    contract = settlement.contract
    claim = next(one for one in settlement.claim_dates if one.label == row["claim_period"])
    return Explanation(
        contract=contract.contract,
        title=contract.title,
        version=contract.version.number,
        contract_sha256=contract.digest,
        currency=contract.currency,
        participant="",
        claim_period=claim.label,
        claim_date=claim.known_by,
        ends_on=claim.ends_on,
        line=row["line"],
        standing="This line is nobody's claim: it is for a result of many, or a fee.",
        started_on=None,
        left_on=None,
        participant_rows=(),
        rows_recorded_later=0,
        eligibility=None,
        eligibility_clause="",
        milestones=(_explained(settlement, row, claim.known_by),),
        kind=settlement.evidence.kind,
    )


def _explained(settlement: Settlement, row: Mapping[str, Any], until: date) -> MilestoneExplained:
    contract, name = settlement.contract, row["milestone"]
    ledger = Ledger.of(settlement)
    of_group = [
        ledger.line(found, Since())
        for found in ledger.rows("", name, until)
        if found["group"] == row["group"] and found["period"] == row["period"]
    ]
    is_result = name in contract.results
    return MilestoneExplained(
        milestone=name,
        title=contract.title_of(name),
        clause=contract.term_of(name).clause,
        price_pence=row["price_pence"],
        priced_in=contract.currency,
        verdict="measured" if is_result else "due",
        reason="measured" if is_result else "due",
        sentence=_measured(settlement, row, until) if is_result else _due(contract, row),
        achieved_on=row["achieved_on"],
        known_on=None,
        period=row["period"],
        open_until=None,
        needs=(),
        chain=(),
        condition=None,
        lines=tuple(of_group),
        entitled_pence=entitled(of_group),
        terms=money_terms(contract, name),
        note="",
    )


def _due(contract: Contract, row: Mapping[str, Any]) -> str:
    fee = contract.fees[row["milestone"]]
    told = f"a {fee.kind} that falls due on {row['achieved_on']}"
    if fee.deferred_until is not None:
        waits = fee.deferred_until
        told += f", once {waits.at_least} claims of '{contract.title_of(waits.milestone)}' stand"
    return told + "."


def _measured(settlement: Settlement, row: Mapping[str, Any], until: date) -> str:
    """What a result was measured on and what followed, in one sentence."""
    contract = settlement.contract
    result, words = contract.results[row["milestone"]], ContractWords(contract)
    sums = _sums(settlement, row, result, until)
    says = f"{told(result.measure, sums, words)} = {sums.shown(result.measure)}"
    for gate in result.only_if:
        measured = f"{told(gate.measure, sums, words)} = {sums.shown(gate.measure)}"
        says += f"; {measured}, needed {gate.is_}"
    if result.times is not None:
        says += f"; times {told(result.times, sums, words)}"
    worth = show(worth_pence(contract, result, sums), contract.currency)
    says += f"; worth {worth} over that stretch"
    if result.less:
        says += f", less what {', '.join(map(contract.title_of, result.less))} paid"
    return says + "."


def _sums(settlement: Settlement, row: Mapping[str, Any], result: Result, until: date) -> Sums:
    """Claims of the result's stretch and group, as the lines up to the claim date have them."""
    contract = settlement.contract
    place = {period.label: number for number, period in enumerate(contract.calendar.periods)}
    last = place[row["period"]]
    first = result.first_period(contract.calendar, last)
    group = group_of(contract, result, row["group"])
    lines = [
        line
        for line in settlement.lines_table.to_pylist()
        if line["claim_date"] <= until
        and first <= place[line["period"]] <= last
        and (group is None or group_of(contract, result, line["group"]) == group)
    ]

    def summed(milestone: str, in_money: bool) -> int:
        column = "value_pence" if in_money else "quantity"
        return sum(line[column] for line in lines if line["milestone"] == milestone)

    return sums_of(contract, summed)
