"""What several funders sent together: one amount, of which nobody says who paid how much.

Takes  the dues of every funder as its own money left them, and the receipts of several together.
Gives  accounts: one for each funder by itself, and one for all whom a receipt names together.
Keeps  nothing is split: a receipt of several pays the sum of what they owe, and what is open of
       that sum is told of all of them together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from impactbond.errors import Fault, ReceiptError
from impactbond.receipts.match import Claimed, Credit, Due, Match, match
from impactbond.terms.words import listed

TOGETHER = " + "
_BETWEEN = (";", r"\+", r"\|", "/", "&", ",", " and ")


def members(funder: str, terms: Collection[str]) -> tuple[str, ...]:
    """The funders that a receipt is from; `terms` are those that the contract names.

    The value of an attribute may hold anything: `school: Elm + Oak` is one school.
    """
    parts = tuple(funder.split(TOGETHER))
    known = all(part.partition(": ")[0] in terms for part in parts)
    return parts if known else (funder,)


def parted(text: str, read: Callable[[str], str | None]) -> list[str | None]:
    """The funders that a cell names together, None for one that is not known; none where it names
    one. Names hold commas and ands themselves: the mark that parts it into known ones is used.
    """
    found: list[str | None] = []
    for mark in _BETWEEN:
        parts = re.split(mark, text)
        read_so = [read(part.strip()) for part in parts]
        if len(parts) > 1 and any(read_so):
            found = found or read_so
            if all(read_so):
                return read_so
    return found


def named(funder: str, names: Mapping[str, str], terms: Collection[str]) -> str:
    """The name of a funder, or of several together, as an account tells it."""
    alone = members(funder, terms)
    if len(alone) == 1:
        return names.get(funder, funder)
    return f"{listed(names.get(one, one) for one in alone)}, together"


@dataclass
class Together:
    """The money of one funder, or of several: what they owe, what they sent, and what paid what.

    `dues` are those to be told: of several, the sums of what each of them owes for a claim on a
    day, with what is open of them after all that any of them sent.
    """

    funder: str
    members: tuple[str, ...]
    dues: list[Due] = field(default_factory=list)
    asked: list[Due | Credit] = field(default_factory=list)
    given_back: list[Credit] = field(default_factory=list)
    sent: list[Credit] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)

    @property
    def money(self) -> list[Credit]:
        """All that was sent or given back."""
        return sorted([*self.given_back, *self.sent], key=lambda credit: credit.order)


def accounts_of(
    order: Iterable[str],
    terms: Collection[str],
    dues: Iterable[Due],
    given_back: Iterable[Credit],
    sent: Iterable[Credit],
    claims: Collection[Claimed],
) -> list[Together]:
    """Every account, in the order of the funders. What one funder sent alone pays what it owes;
    what several sent together then pays what is open of the sum of theirs.

    Raises ReceiptError where receipts name groups of which one does not hold the other: whose money
    paid for whom they have in common, nobody says.
    """
    accounts: dict[frozenset[str], Together] = {}
    credits_ = list(sent)
    for funder in order:
        alone = [one for one in credits_ if one.funder == funder]
        owed = sorted((due for due in dues if due.funder == funder), key=lambda due: due.order)
        back = [one for one in given_back if one.funder == funder]
        own = Together(funder, (funder,), owed, [*owed, *back], back, alone)
        own.matches = match(owed, own.money, claims)
        accounts[frozenset({funder})] = own
    groups = {who for one in credits_ if len(who := members(one.funder, terms)) > 1}
    # The smaller first: what some of a group sent by themselves pays what these owe.
    for who in sorted(groups, key=lambda who: (len(who), who)):
        inside = [group for group in accounts if group <= set(who)]
        across = [group for group in accounts if group & set(who) and not group <= set(who)]
        if across:
            _refuse(who, accounts[across[0]].members)
        joined = [accounts.pop(group) for group in inside]
        funder = TOGETHER.join(who)
        of_all = [one for one in credits_ if one.funder == funder]
        accounts[frozenset(who)] = _joined(funder, who, joined, of_all, claims)
    return list(accounts.values())


def _joined(
    funder: str,
    who: tuple[str, ...],
    joined: Iterable[Together],
    own: list[Credit],
    claims: Collection[Claimed],
) -> Together:
    """The account of several: the sums of their dues, paid by what they sent together."""
    sums: defaultdict[tuple[Claimed, date, bool], list[int]] = defaultdict(lambda: [0, 0])
    found = Together(funder, who)
    for account in joined:
        found.asked += account.asked
        found.given_back += account.given_back
        found.sent += account.sent
        found.matches += account.matches
        for due in account.dues:
            total = sums[due.claim, due.due_on, due.is_refund]
            total[0] += due.amount_pence
            total[1] += due.open_pence
    found.dues = [
        Due(funder, claim, day, amount, open_, is_refund)
        for (claim, day, is_refund), (amount, open_) in sums.items()
    ]
    found.dues.sort(key=lambda due: due.order)
    found.matches += match(found.dues, sorted(own, key=lambda one: one.order), claims)
    found.sent += own
    return found


def _refuse(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    fault = Fault(
        code="overlapping_funders",
        problem="receipts name funders together of whom only some are named together elsewhere",
        found=f"{TOGETHER.join(one)}, and {TOGETHER.join(other)}",
        allowed="groups of which one holds the other, or that have nobody in common",
        hint="Write the receipts of both as sent by all of them together, or by each alone",
    )
    raise ReceiptError("Which funders paid for whom cannot be told.", [fault])
