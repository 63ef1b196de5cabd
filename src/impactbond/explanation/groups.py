"""Explaining lines that are nobody's claims: what a result was measured on, when a fee is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.explanation.explanation import Explanation
from impactbond.explanation.paid import Ledger, entitled
from impactbond.explanation.parts import MilestoneExplained, Since
from impactbond.explanation.terms import money_terms
from impactbond.money import rounded, show, show_share
from impactbond.settlement.results import Sums, first_period, measure, worth_of
from impactbond.settlement.settlement import Settlement
from impactbond.terms.results import (
    ClaimsCounted,
    Constant,
    ConstantShare,
    Difference,
    Measure,
    Product,
    Ratio,
    Reduction,
    Result,
    Value,
)


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
    result = contract.results[row["milestone"]]
    sums = _sums(settlement, row, result, until)
    told = f"{_told(contract, result.measure, sums)} = {_number(contract, result.measure, sums)}"
    for gate in result.only_if:
        measured = _number(contract, gate.measure, sums)
        told += f"; {_told(contract, gate.measure, sums)} = {measured}, needed {gate.is_}"
    if result.times is not None:
        told += f"; times {_told(contract, result.times, sums)}"
    worth = worth_of(contract, result, sums) * 10**contract.decimals
    pence = rounded(worth, contract.rounding.rule)
    told += f"; worth {show(pence, contract.currency)} over that stretch"
    if result.less:
        told += f", less what {', '.join(map(contract.title_of, result.less))} paid"
    return told + "."


def _sums(settlement: Settlement, row: Mapping[str, Any], result: Result, until: date) -> Sums:
    """Claims of the result's stretch and group, as the lines up to the claim date have them."""
    contract = settlement.contract
    place = {period.label: number for number, period in enumerate(contract.calendar.periods)}
    last = place[row["period"]]
    first = first_period(contract, result, last)
    held = None if result.each is None else contract.grouping.index(result.each)
    lines = [
        line
        for line in settlement.lines_table.to_pylist()
        if line["claim_date"] <= until
        and first <= place[line["period"]] <= last
        and (held is None or line["group"][held] == row["group"][held])
    ]

    def sums(milestone: str, in_money: bool) -> Fraction:
        column = "value_pence" if in_money else "quantity"
        total = sum(line[column] for line in lines if line["milestone"] == milestone)
        return Fraction(total, 10**contract.decimals if in_money else 1)

    return sums


def _number(contract: Contract, term: Measure, sums: Sums) -> str:
    found = measure(contract, term, sums)
    return "not known" if found is None else _shown(found)


def _shown(found: Fraction) -> str:
    """A number in digits where it is exact in four decimals, otherwise about, with the fraction."""
    if found.denominator == 1:
        return f"{found.numerator:,}"
    if 10**4 % found.denominator == 0:
        return f"{float(found):g}"
    return f"{found.numerator}/{found.denominator} (about {float(found):.4f})"


def _told(contract: Contract, term: Measure, sums: Sums) -> str:
    """A measure with the numbers in it."""
    match term:
        case str():
            return f"{term} ({_told(contract, contract.measures[term], sums)})"
        case ClaimsCounted(claims=names):
            return f"{_number(contract, term, sums)} claims of {_titles(contract, names)}"
        case Value(value=names):
            return f"{_number(contract, term, sums)} for {_titles(contract, names)}"
        case Constant(number=number):
            return f"{number:f}"
        case ConstantShare(share=share):
            return show_share(share)
        # Told part by part: over nought the whole is not known, while its parts are.
        case Ratio(ratio=(one, other)):
            return f"{_told(contract, one, sums)} over {_told(contract, other, sums)}"
        case Difference(difference=(one, other)):
            return f"{_told(contract, one, sums)} less {_told(contract, other, sums)}"
        case Reduction(reduction=(one, other)):
            return f"the reduction of {_told(contract, one, sums)} below" + (
                f" {_told(contract, other, sums)}"
            )
        case Product(product=factors):
            return " times ".join(_told(contract, factor, sums) for factor in factors)
    raise TypeError("not a measure")


def _titles(contract: Contract, names: tuple[str, ...]) -> str:
    return " and ".join(f"'{contract.title_of(name)}'" for name in names)
