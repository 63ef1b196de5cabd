"""The plain reference of limits: what each lets through, one claim at a time.

To be read beside the paper contract. Amounts are whole pence. It takes nothing but terms from the
contract package and shares no code with the engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import floor
from typing import Any, NamedTuple

from tests.properties.reference import Claim, claim_dates, pence

from impactbond.contract.contract import Contract


class Rule(NamedTuple):
    """A share rule: an entry of the contract's funding and the funders it means for one claim."""

    entry: int
    funders: tuple[str, ...]


class Place(NamedTuple):
    """Where a claim stands in the order of settlement; at another place it is another claim."""

    period: str
    achieved_on: date
    milestone: int
    rule: Rule
    price_pence: int
    told_apart: tuple[str, ...]
    participant: str


Placed = Mapping[Place, Claim]


def told_apart(contract: Contract, claim: Claim) -> tuple[str, ...]:
    """The claim's values of the attributes by which limits tell participants apart."""
    named = set()
    for limit in contract.limits:
        if not is_on_a_funder(limit):
            named |= {limit.each, *limit.only}
    return tuple(
        claim.attributes[name] for name in contract.participants.attributes if name in named
    )


def let_through(
    contract: Contract, limit: Any, placed: Placed,
    asked: Mapping[Place, int], claim_date: date,
) -> dict[Place, int]:  # fmt: skip
    """What passes a limit, of what every claim asks for when it meets it."""
    let = dict(asked)
    queue = [place for place in sorted(placed) if is_limited(limit, placed[place])]
    if limit.first == "highest price":
        queue.sort(key=lambda place: -place.price_pence)
    if limit.beyond == "next year":
        return let | year_by_year(contract, limit, queue, asked, claim_date)
    groups: dict[object, list[Place]] = defaultdict(list)
    for place in queue:
        groups[group_of(contract, limit, placed[place])].append(place)
    for group, places in groups.items():
        every = {
            place: claim
            for place, claim in placed.items()
            if is_named(limit, claim) and group_of(contract, limit, claim) == group
        }
        others = [place for place, claim in every.items() if not is_limited(limit, claim)]
        whole = {
            "share of participants": len({place.participant for place in every} - {""}),
            "share of paid claims": sum(asked[place] > 0 for place in others),
        }.get(limit.at_most.of, len(every))
        let |= let_in(limit, places, asked, room(contract, limit, whole))
    return let


def is_named(limit: Any, claim: Claim) -> bool:
    """Whether a limit names what a claim is for."""
    return ON_THE_WHOLE[limit.key](limit, claim)


def is_limited(limit: Any, claim: Claim) -> bool:
    """Whether a limit on the whole is about a claim."""
    held = [claim.attributes[name] in values for name, values in limit.only.items()]
    return is_named(limit, claim) and all(held)


def group_of(contract: Contract, limit: Any, claim: Claim) -> object:
    """What a limit is on by itself: a year, a period, a participant, a value of an attribute."""
    match limit.each:
        case None:
            return None
        case "year":
            return contract.calendar.year_of(claim.achieved_on)
        case "period":
            return claim.period
        case "participant":
            return claim.participant
        case attribute:
            return claim.attributes[attribute]


def room(contract: Contract, limit: Any, claims: int) -> int:
    """How many pence, claims or participants a limit lets through, where there are so many of
    what it takes a share: claims, participants, or claims of others that are paid.
    """
    match limit.at_most.of:
        case "money":
            return pence(contract, limit.at_most.amount)
        case "share of claims" | "share of participants":
            return floor(limit.at_most.share * claims)
        case "share of paid claims":
            # One claim more, for as long as it and those before it keep within their share.
            within = (n for n in range(10_000) if n + 1 > limit.at_most.share * (n + 1 + claims))
            return next(within)
        case _:
            return limit.at_most.number


def let_in(
    limit: Any, queue: Sequence[Place],
    asked: Mapping[Place, int], most: int,
) -> dict[Place, int]:  # fmt: skip
    """What passes of one group, in the order of the queue."""
    counts = limit.at_most.of
    asking = [place for place in queue if asked[place] > 0]
    if limit.first == "in proportion":
        whole = {
            "money": sum(asked[place] for place in asking),
            "participants": len({place.participant for place in asking}),
            "share of participants": len({place.participant for place in asking}),
        }.get(counts, len(asking))
        return in_proportion(queue, asked, most, whole)
    let = dict.fromkeys(queue, 0)
    let_in_before: set[str] = set()
    is_full = False
    for place in asking:
        amount = asked[place]
        if counts in ("participants", "share of participants"):
            if place.participant in let_in_before or len(let_in_before) < most:
                let_in_before.add(place.participant)
                let[place] = amount
        elif counts == "money":
            is_full = is_full or (limit.straddling == "unpaid" and amount > most)
            let[place] = 0 if is_full else min(amount, most)
            most -= let[place]
        elif most > 0:
            let[place] = amount
            most -= 1
    return let


def in_proportion(
    queue: Sequence[Place], asked: Mapping[Place, int], part: int, whole: int
) -> dict[Place, int]:
    """Everybody's part, cut on the running total, with its boundaries rounded down."""
    let, running = {}, 0
    for place in queue:
        before, running = running, running + asked[place]
        scaled = [total * part // whole if whole > part else total for total in (before, running)]
        let[place] = scaled[1] - scaled[0]
    return let


def year_by_year(
    contract: Contract, limit: Any, queue: Sequence[Place],
    asked: Mapping[Place, int], claim_date: date,
) -> dict[Place, int]:  # fmt: skip
    """What passes when each year that has begun pays what the years before it left unpaid."""
    period = contract.calendar.periods[claim_dates(contract).index(claim_date)]
    year_of = contract.calendar.year_of
    let = dict.fromkeys(queue, 0)
    first = min((year_of(place.achieved_on) for place in queue), default=year_of(period.last))
    for year in range(first, year_of(period.last) + 1):
        waiting = [place for place in queue if year_of(place.achieved_on) <= year]
        left = {place: asked[place] - let[place] for place in waiting}
        for place, amount in let_in(limit, waiting, left, room(contract, limit, 0)).items():
            let[place] += amount
    return let


def committed(contract: Contract, funder: str, day: date) -> int:
    """What a funder has committed by a day, in pence."""
    amounts = [one.amount for one in contract.funders[funder].commits if one.from_ <= day]
    return pence(contract, amounts[-1]) if amounts else 0


def is_on_a_funder(limit: Any) -> bool:
    """Whether a limit is on a funder, not on the whole; one that is of no kind here is neither."""
    assert (limit.key in ON_FUNDERS) != (limit.key in ON_THE_WHOLE), limit.key
    return limit.key in ON_FUNDERS


def funder_of(limit: Any) -> str:
    """The funder that a limit is on."""
    return str(getattr(limit, limit.key))


def most_of(contract: Contract, limit: Any, claim_date: date) -> int:
    """The most that a funder pays as of a claim date, or that is paid in all."""
    if is_on_a_funder(limit):
        return ON_FUNDERS[limit.key](contract, limit, claim_date)
    return pence(contract, limit.at_most.amount)


def most_of_funder(contract: Contract, limit: Any, claim_date: date) -> int:
    """An amount or what the funder has committed; nothing until others have committed enough."""
    release = limit.released_when
    if release is not None:
        joined = sum(committed(contract, name, claim_date) for name in release.committed_by)
        if joined < pence(contract, release.at_least):
            return 0
    if limit.at_most.of == "commitment":
        return committed(contract, limit.funder, claim_date)
    return pence(contract, limit.at_most.amount)


# Of every kind of limit: whether it names what a claim is for; how much a funder pays on a day.
ON_THE_WHOLE: dict[str, Callable[[Any, Claim], bool]] = {
    "contract": lambda limit, claim: claim.milestone not in limit.besides,
    "milestone": lambda limit, claim: claim.milestone in limit.milestone,
}
ON_FUNDERS: dict[str, Callable[[Contract, Any, date], int]] = {"funder": most_of_funder}


class Share:
    """What one funder was asked for to date under one limit, what it pays, and what it left."""

    def __init__(self) -> None:
        self.most = 0
        self.asked = 0
        self.paid = 0
        self.gone = 0
        self.left: dict[Place, int] = defaultdict(int)

    def release(self, most: int, leaves_unpaid: bool) -> dict[Place, int]:
        """What growing room pays of the claims that were left unpaid, earliest first."""
        released = {}
        if most > self.most and leaves_unpaid:
            more = min(self.asked, most) - self.paid
            self.paid += more
            for place in sorted(self.left):
                give = min(max(self.left[place], 0), more)
                self.left[place] -= give
                more -= give
                released[place] = give
        elif most > self.most:
            self.gone = self.asked - self.paid
        self.most = most
        return {place: amount for place, amount in released.items() if amount}

    def ask(self, place: Place, amount: int) -> int:
        """Ask for an amount; gives what lies beyond the room."""
        self.asked += amount
        paid = min(max(self.asked - self.gone, min(self.asked, 0)), self.most)
        beyond = amount - (paid - self.paid)
        self.paid = paid
        self.left[place] += beyond
        return beyond
