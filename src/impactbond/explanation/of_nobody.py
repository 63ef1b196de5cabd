"""What stands behind a line that is nobody's: a count without evidence, a result of many, a fee.

And what a result of a group was measured on, step by step, down to the claims that were counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.wording.words import ContractWords
from impactbond.evaluation.inputs import ClaimDate
from impactbond.evidence.counts import Counts
from impactbond.explanation.lines import LineBook
from impactbond.explanation.parts import MilestoneExplained, StepExplained, place_words
from impactbond.explanation.payment import StatedTerms, money_terms
from impactbond.money import show
from impactbond.settlement.counted_claims import rows_counted
from impactbond.settlement.results import MeasuredResult
from impactbond.settlement.settlement import Settlement
from impactbond.settlement.values import group_of, result_in, sums_of, text_of, worth_pence
from impactbond.terms.measures import Measure, Sums, told
from impactbond.terms.results import Result
from impactbond.terms.words import counted
from impactbond.terms.workings import Step


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
    periods = [period.label for period in contract.calendar.periods]
    # As the version that governs its period has it: another would say what was not paid.
    result = result_in(contract, row["milestone"], periods.index(row["period"]))
    words = ContractWords(contract)
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

    return sums_of(text_of(contract, last), summed)


def explained_steps(settlement: Settlement, one: MeasuredResult) -> tuple[StepExplained, ...]:
    """The steps of a measured result; a count of claims tells when they were achieved."""
    currency = settlement.contract.currency
    return tuple(
        StepExplained(
            step=number,
            part=step.part,
            says=step.says,
            found=_found(step, currency),
            given=not step.formula,
            milestone=step.name if step.kind in ("claims", "value") else "",
            counted=_claims(settlement, one, step) if step.kind in ("claims", "value") else "",
        )
        for number, step in enumerate(one.steps, 1)
    )


def _found(step: Step, currency: str) -> str:
    """What a step comes to, as people write it."""
    if step.value is None:
        return "not known"
    if step.unit == "yes or no":
        return "yes" if step.numerator else "no"
    if step.unit == "minor units" and step.value.denominator == 1:
        return show(int(step.value), currency)
    minor = " minor units" if step.unit == "minor units" else ""
    return f"{_number(step.value)}{minor}"


def _number(exact: Fraction) -> str:
    if exact.denominator == 1:
        return f"{exact.numerator:,}"
    if 10**6 % exact.denominator == 0:
        return f"{float(exact):.6f}".rstrip("0")
    return f"{exact.numerator}/{exact.denominator} (about {float(exact):.6f})"


def _claims(settlement: Settlement, one: MeasuredResult, step: Step) -> str:
    """The claims of a count: of how many participants, and how many in each period, as the lines
    up to the claim date have them.
    """
    participants: Counter[str] = Counter()
    periods: Counter[str] = Counter()
    for line in _lines_counted(settlement, one, step.name):
        participants[line["participant"]] += line["quantity"]
        periods[line["period"]] += line["quantity"]
    people = sum(number != 0 for number in participants.values())
    told = [f"{number:,} in {period}" for period, number in periods.items() if number]
    claims = "" if step.kind == "claims" else f"{counted(periods.total(), 'claim')} "
    return f"{claims}of {counted(people, 'participant')}: {', '.join(told)}" if told else ""


def _lines_counted(
    settlement: Settlement, one: MeasuredResult, milestone: str
) -> Iterator[dict[str, Any]]:
    """The lines of a milestone in the stretch and group of a measured result, up to its claim
    date.
    """
    contract = settlement.contract
    places = [period.label for period in contract.calendar.periods]
    stretch = places[places.index(one.from_period) : one.place[2] + 1]
    each = contract.results[one.result].each
    position = None if each is None else contract.grouping.index(each)
    lines = settlement.lines_table
    for line in lines.filter(pc.equal(lines["milestone"], milestone)).to_pylist():
        held = line["group"]
        is_own = position is None or held[position : position + 1] == [one.group]
        if line["claim_date"] <= one.claim_date and line["period"] in stretch and is_own:
            yield line
