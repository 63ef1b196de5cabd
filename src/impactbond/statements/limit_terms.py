"""The limits of a contract as a statement shows them, and which lines each of them adds up.

Takes  the terms in force, and the claim date.
Gives  a term for every limit, in the order in which they are applied.
Keeps  a limit has a reach only where what it lets through is the least of what was asked for and
       its amount; of any other kind a statement shows what it withheld, and not how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.contract.wording.words import ContractWords
from impactbond.settlement.limits import DISPUTE, RELIEF, headroom_pence
from impactbond.terms.limits import ShareLimit, WholeLimit
from impactbond.terms.limits.limit import LimitKind
from impactbond.terms.limits.whole import MilestoneLimit


@dataclass(frozen=True, slots=True)
class LimitReach:
    """Which lines a limit in money adds up, and what it holds apart.

    `milestones` names what it is on, None for all. `each` is year, period, participant, the place
    of an attribute in the group of a line, or nothing; `only` are places with the values that
    count. `passes_on` says that another funder pays what lies beyond it.
    """

    milestones: frozenset[str] | None = None
    each: str | int = ""
    only: tuple[tuple[int, tuple[str, ...]], ...] = ()
    year_starts: tuple[int, int] = (1, 1)
    passes_on: bool = False

    def group(self, line: Mapping[str, Any]) -> str | None:
        """By what it holds the row of a line apart from others; None where it is not on it."""
        held = line.get("group") or ()
        if not self._is_on(line["milestone"], held):
            return None
        if isinstance(self.each, int):
            return (held[self.each] if held else "") or None
        match self.each:
            case "year":
                day: date = line["achieved_on"]
                # Before the day on which years begin it is still the year before.
                return str(day.year - ((day.month, day.day) < self.year_starts))
            case "participant":
                return line["participant"] or None
            case "period":
                return str(line["period"])
            case _:
                return ""

    def _is_on(self, milestone: str, held: Sequence[str]) -> bool:
        if self.milestones is not None and milestone not in self.milestones:
            return False
        return all(held and held[place] in values for place, values in self.only)


@dataclass(frozen=True, slots=True)
class LimitTerm:
    """One limit in the contract's order.

    `funder` is set only where the limit is on what that funder pays to date, `payer` where it is on
    what it pays, to date or in each year; `whole_contract` only where it is on what is paid to date
    by all together. `at_most_pence` is None for a limit in number; `what` then says the number.
    `name` is what lines call it that it withholds of, `milestone` what it is on where it is on all
    that one thing costs, `reach` which lines it adds up.
    """

    what: str
    at_most_pence: int | None
    beyond: str
    clause: str
    funder: str | None = None
    whole_contract: bool = False
    name: str = ""
    milestone: str = ""
    payer: str | None = None
    reach: LimitReach | None = None

    @property
    def whose(self) -> str | None:
        """The funder whose payments it limits; None where it is on the whole."""
        return self.payer or self.funder


def limit_terms(contract: Contract, day: date) -> tuple[LimitTerm, ...]:
    """The limits as they stand on a claim date, by which a funder has committed so much."""
    found, words = [], ContractWords(contract)
    for limit in contract.limits:
        what, pence = limit.subject_in_full(words), None
        beyond = limit.beyond_in_words(words, by_name=True)
        if limit.most_on(contract.funders, day) is None:
            what = f"{what}: {limit.most_in_words(words)}"
        else:
            pence = headroom_pence(contract, limit, day)
        # Of each year by itself is not of what is paid to date: the sheet of balances compares the
        # latter.
        funder = None if limit.is_yearly else limit.on_funder
        whole = limit.is_on_everything
        told = (what, pence, beyond, limit.clause, funder)
        found.append(
            LimitTerm(
                *told,
                whole_contract=whole,
                name=limit.name,
                milestone=_one_thing(limit),
                payer=limit.on_funder,
                reach=_reach(contract, limit),
            )
        )
    return tuple(found)


def limit_words(withheld_by: str, terms: Sequence[LimitTerm]) -> str:
    """What withholds of a line, in the words of Rates and limits and each limit with its clause;
    by its name alone where that sheet does not show it.
    """
    known = {term.name: term for term in terms}
    found = []
    for name in filter(None, withheld_by.split("; ")):
        if name.startswith((DISPUTE, RELIEF)):
            found.append(name)
            continue
        term = known.get(name)
        kind, apart, rest = (term.what if term else name).partition(": ")
        what = f"{kind[:1].lower()}{kind[1:]}{apart and ' '}{rest}"
        clause = f", {term.clause}" if term and term.clause else ""
        found.append(f"the limit on {what}{clause}")
    return "; ".join(found)


def _one_thing(limit: LimitKind) -> str:
    """What a limit in money is on, where that is one thing, for everybody and all the time."""
    if not isinstance(limit, MilestoneLimit) or not limit.is_plain or len(limit.names) != 1:
        return ""
    return limit.names[0] if limit.at_most.of == "money" else ""


def _reach(contract: Contract, limit: LimitKind) -> LimitReach | None:
    starts = contract.calendar.year_starts
    if isinstance(limit, ShareLimit):
        each = "year" if limit.is_yearly else ""
        return LimitReach(each=each, year_starts=starts, passes_on=limit.taker is not None)
    # A claim that is not paid in part, room of later years, and numbers of claims do not add up to
    # the least of two amounts.
    if not isinstance(limit, WholeLimit) or limit.at_most.of != "money":
        return None
    if limit.straddling == "unpaid" or limit.beyond == "next year":
        return None
    grouping = contract.grouping
    return LimitReach(
        frozenset(name for name in contract.payables if limit.is_on(name)),
        grouping.index(limit.each) if limit.each in grouping else limit.each or "",
        tuple((grouping.index(name), tuple(values)) for name, values in limit.only.items()),
        starts,
    )
