"""What stands behind a line that is nobody's: a count without evidence, a result of many, a fee."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.contract.wording.words import ContractWords
from impactbond.evaluation.inputs import ClaimDate
from impactbond.evidence.counts import Counts
from impactbond.explanation.lines import LineBook
from impactbond.explanation.measured import explained_steps
from impactbond.explanation.parts import MilestoneExplained, place_words
from impactbond.explanation.payment import StatedTerms, money_terms
from impactbond.money import show
from impactbond.settlement.counted_claims import rows_counted
from impactbond.settlement.results import MeasuredResult
from impactbond.settlement.settlement import Settlement
from impactbond.settlement.values import group_of, sums_of, worth_pence
from impactbond.terms.measures import Measure, Sums, told
from impactbond.terms.results import Result


def count_explained(
    settlement: Settlement, counts: Counts, row: Mapping[str, Any], claim: ClaimDate
) -> MilestoneExplained:
    """The rows that count what a line is about, with the lines for it."""
    contract, name = settlement.contract, row["milestone"]
    book = LineBook(settlement, [""])
    # What settlement counts together: rows of one milestone and day may be of other prices, shares
    # or standings, and are told with the lines of their own lot alone.
    lot = ("milestone", "period", "achieved_on", "price_pence", "standing", "share_rule", "group")
    lines = tuple(
        book.explained(other)
        for other in book.rows("", claim.known_by)
        if all(other[key] == row[key] for key in lot)
    )
    found = list(rows_counted(settlement.known, counts, row, claim.known_by))
    told = (
        f"{one['number']:,} in {place_words(one['file'] or 'the frame', one['row'])}, recorded "
        f"{one['recorded_on']}"
        for one in found
    )
    number = sum(one["number"] for one in found)
    for_ = f"in {row['period']}" if any(one["period"] for one in found) else "on that day"
    return MilestoneExplained(
        milestone=name,
        title=contract.title_of(name),
        clause=contract.term_of(name).clause,
        price_pence=row["price_pence"],
        priced_in=contract.currency_of_prices,
        verdict="counted",
        reason="counted",
        sentence=f"{number:,} counted {for_}, without evidence: {'; '.join(told) or 'no row'}.",
        achieved_on=row["achieved_on"],
        period=row["period"],
        lines=lines,
        entitled_pence=sum(line.entitled_pence for line in lines),
        terms=StatedTerms(contract).of(name, (), ()),
    )


def group_explained(
    settlement: Settlement, row: Mapping[str, Any], until: date
) -> MilestoneExplained:
    """What a result was measured on, or when a fee is due, with the lines for it."""
    contract, name = settlement.contract, row["milestone"]
    is_result, book = name in contract.results, LineBook(settlement, [""])
    measured = _measured_result(settlement, row, until) if is_result else None
    # A result of each group has the same title in all of them.
    group = f": {measured.group}" if measured and measured.group else ""
    lines = tuple(
        book.explained(other)
        for other in book.rows("", until)
        if all(other[key] == row[key] for key in ("milestone", "group", "period"))
    )
    return MilestoneExplained(
        milestone=name,
        title=f"{contract.title_of(name)}{group}",
        clause=contract.term_of(name).clause,
        price_pence=row["price_pence"],
        priced_in=contract.currency,
        verdict=measured.outcome.value if measured else "due",
        reason=measured.outcome.name.lower() if measured else "due",
        sentence=_measured(settlement, row, until) if is_result else _due(contract, row),
        achieved_on=row["achieved_on"],
        period=row["period"],
        lines=lines,
        entitled_pence=sum(line.entitled_pence for line in lines),
        terms=money_terms(contract, name),
        steps=() if measured is None else explained_steps(settlement, measured),
    )


def _measured_result(settlement: Settlement, row: Mapping[str, Any], until: date) -> MeasuredResult:
    """What the result of a line was measured on at a claim date."""
    of = (until, row["milestone"], "".join(row["group"]), row["period"])
    return next(one for one in settlement.measured_results if (one.claim_date, *one.key[1:]) == of)


def _due(contract: Contract, row: Mapping[str, Any]) -> str:
    fee = contract.fees[row["milestone"]]
    says = f"a {fee.kind} that falls due on {row['achieved_on']}"
    if fee.deferred_until is not None:
        waits = fee.deferred_until
        says += f", once {waits.at_least} claims of '{contract.title_of(waits.milestone)}' stand"
    return says + "."


def _measured(settlement: Settlement, row: Mapping[str, Any], until: date) -> str:
    """What a result was measured on and what followed, in one sentence."""
    contract = settlement.contract
    result, words = contract.results[row["milestone"]], ContractWords(contract)
    sums = _sums(settlement, row, result, until)

    def measured(measure: Measure) -> str:
        return f"{told(measure, sums, words)} = {sums.shown(measure)}"

    says = measured(result.measure)
    for gate in result.only_if:
        says += f"; {measured(gate.measure)}, needed {gate.is_}"
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
