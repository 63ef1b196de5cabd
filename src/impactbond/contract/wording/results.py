"""What is paid for the results of whole groups, and the measures that it follows."""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.money import ContractWords
from impactbond.contract.wording.words import payable
from impactbond.dates import said_day
from impactbond.terms.measures import said
from impactbond.terms.results import Result
from impactbond.terms.words import counted, plain, quoted


def results(contract: Contract) -> SchedulePart:
    """Every measure and every result of a group, with the money that follows from it."""
    words = ContractWords(contract)
    measures = [
        Rule(f"the measure {quoted(name)} is {said(measure, words)}")
        for name, measure in contract.measures.items()
    ]
    told = [result_rule(contract, name, term) for name, term in contract.results.items()]
    return SchedulePart("Results of whole groups", (*measures, *told))


def result_rule(contract: Contract, name: str, term: Result) -> Rule:
    """A result: its measure, over what it is taken, and what it pays."""
    each = f" for each {plain(term.each)} by itself" if term.each else ""
    says = f"{payable(contract, name)} ({name}) is paid{each} by a result, on these terms:"
    return Rule(says, term.clause, tuple(_terms(term, ContractWords(contract))))


def _terms(term: Result, words: ContractWords) -> Iterator[Rule]:
    yield Rule(f"the result is {said(term.measure, words)}, counted over {_counted(term)}")
    yield Rule(_taken(term))
    for gate in term.only_if:
        yield Rule(f"nothing is paid unless {said(gate.measure, words)} is {gate.is_}")
    parts = tuple(map(Rule, term.pays.parts(words)))
    yield Rule(term.pays.says(words), "", parts)
    if term.times is not None:
        yield Rule(f"that amount is multiplied by {said(term.times, words)}")
    if term.less:
        yield Rule(f"what has been paid for {words.payables(term.less)} is taken off")


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
