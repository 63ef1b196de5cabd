"""What is paid for the results of whole groups, and the measures that it follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.words import distance, money, payable, payables, said_day
from impactbond.money import show_share
from impactbond.terms.results import (
    ClaimsCounted,
    Constant,
    ConstantShare,
    Difference,
    Measure,
    Pays,
    PerPoint,
    Product,
    Ratio,
    Reduction,
    Result,
    Slides,
    Tiers,
    Value,
)
from impactbond.terms.words import counted, listed, number, plain, quoted

_JOINED = Ratio | Difference | Reduction | Product


def results(contract: Contract) -> SchedulePart:
    """Every measure and every result of a group, with the money that follows from it."""
    measures = [
        Rule(f"the measure {quoted(name)} is {measure_words(contract, measure)}")
        for name, measure in contract.measures.items()
    ]
    told = [result_rule(contract, name, term) for name, term in contract.results.items()]
    return SchedulePart("Results of whole groups", (*measures, *told))


def measure_words(contract: Contract, measure: Measure) -> str:
    """What a measure is, in a phrase; measures inside others stand in brackets."""
    match measure:
        case str():
            return f"the measure {quoted(measure)}"
        case ClaimsCounted():
            return f"the number of claims of {payables(contract, measure.claims)}"
        case Value():
            return f"the value before limits of the claims of {payables(contract, measure.value)}"
        case Constant():
            return number(measure.number)
        case ConstantShare():
            return show_share(measure.share)
        case Ratio():
            first, second = (_inside(contract, one) for one in measure.ratio)
            return f"{first} divided by {second} (nothing is known where that is nought)"
        case Difference():
            first, second = (_inside(contract, one) for one in measure.difference)
            return f"{first} less {second}"
        case Reduction():
            first, second = (_inside(contract, one) for one in measure.reduction)
            return f"the share by which {first} is lower than {second}"
        case Product():
            return " times ".join(_inside(contract, one) for one in measure.product)
    # A kind of measure without words is found by the type check, not by a reader.
    assert_never(measure)


def _inside(contract: Contract, measure: Measure) -> str:
    words = measure_words(contract, measure)
    return f"({words})" if isinstance(measure, _JOINED) else words


def result_rule(contract: Contract, name: str, term: Result) -> Rule:
    """A result: its measure, over what it is taken, and what it pays."""
    each = f" for each {plain(term.each)} by itself" if term.each else ""
    measure = measure_words(contract, term.measure)
    says = f"{payable(contract, name)} ({name}) is paid{each} by a result, on these terms:"
    parts = (
        Rule(f"the result is {measure}, counted over {_counted(term)}"),
        Rule(_taken(term)),
        *_gates(contract, term),
        *_pays(contract, term.pays),
        *_after(contract, term),
    )
    return Rule(says, term.clause, parts)


def _counted(term: Result) -> str:
    match term.counted:
        case "to date":
            idle = f" (a length of {term.over} has no effect here)" if term.over > 1 else ""
            return f"everything achieved to date{idle}"
        case "each period":
            return "what is achieved in each period" + _so_many(term.over, "period")
        case "each year":
            return "what is achieved in each year of the contract" + _so_many(term.over, "year")


def _so_many(over: int, noun: str) -> str:
    return f", together with the {counted(over - 1, noun)} before it" if over > 1 else ""


def _taken(term: Result) -> str:
    if term.on is None:
        return "it is taken at every claim"
    return f"it is taken at the claims for periods that end on {said_day(term.on)} or later"


def _gates(contract: Contract, term: Result) -> Iterator[Rule]:
    for gate in term.only_if:
        yield Rule(f"nothing is paid unless {measure_words(contract, gate.measure)} is {gate.is_}")


def _pays(contract: Contract, pays: Pays) -> Iterator[Rule]:
    match pays:
        case Tiers():
            tiers = tuple(
                Rule(f"{money(contract, tier.pays)} while it is {tier.is_}") for tier in pays.tiers
            )
            yield Rule("it pays the amount of the last of these that holds, or nothing:", "", tiers)
        case Slides():
            points = listed(
                f"{money(contract, point.pays)} at {distance(point.at)}" for point in pays.slides
            )
            yield Rule(
                f"it pays {points}, in a straight line from each to the next and the same before "
                "the first and after the last"
            )
        case PerPoint():
            yield Rule(_per_point(contract, pays))


def _per_point(contract: Contract, pays: PerPoint) -> str:
    above = f" above {distance(pays.above)}" if pays.above is not None else ""
    steps = "for whole steps only" if pays.steps == "whole" else "and in proportion for a part"
    says = f"it pays {money(contract, pays.pays)} for each {distance(pays.each)}{above}, {steps}"
    if pays.at_least is not None:
        says += f", at least {money(contract, pays.at_least)}"
    if pays.at_most is not None:
        says += f", at most {money(contract, pays.at_most)}"
    return says


def _after(contract: Contract, term: Result) -> Iterator[Rule]:
    if term.times is not None:
        yield Rule(f"that amount is multiplied by {measure_words(contract, term.times)}")
    if term.less:
        yield Rule(f"what has been paid for {payables(contract, term.less)} is taken off")
