"""Limits on each participant, worked out from one participant's claims alone, whoever it is.

Takes  a contract, and the claims of some participants by themselves.
Gives  which limits can be worked out so, and what they withhold of each participant's claims.
Keeps  what they withhold is what they would withhold in the settlement of everybody: whoever claims
       the same is let through the same.

They can where a claim is worth the same whatever others claim, and no other limit has to tell
participants apart. What other limits do to that is said by `Apart`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from impactbond.contract.contract import Contract
from impactbond.money import Pence
from impactbond.settlement.limits import apply_limits, nothing_of
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.priorities import Apart
from impactbond.settlement.values import part_paid, values_to_date
from impactbond.terms.applicability import is_about
from impactbond.terms.limits import WholeLimit


def limits_on_each(contract: Contract) -> tuple[int, ...]:
    """The positions, among the limits on the whole, of those on each participant; none where any of
    them asks for more than one participant's claims, or another limit asks for single claims.
    """
    whole = contract.limits_on_the_whole
    own = tuple(at for at, limit in enumerate(whole) if limit.each == "participant")
    others = [limit for limit in whole if limit.each != "participant"]
    if not own or _asks_single_claims(contract, others):
        return ()
    uneven = [
        name
        for name, term in contract.milestones.items()
        if term.bands or part_paid(contract, term) != 1
    ]
    return () if any(whole[at].is_on(name) for at in own for name in uneven) else own


def ask_whose(contract: Contract, positions: Collection[int]) -> bool:
    """Whether beside these limits it can matter whose claims come first: where another limit stands
    before one of them on the same claims, or after one of them on a number of these.
    """
    whole = contract.limits_on_the_whole
    return any(
        limit.is_on(name) and whole[own].is_on(name)
        for own in positions
        for at, limit in enumerate(whole)
        if at not in positions and (at < own or limit.at_most.of != "money")
        for name in contract.milestones
    )


def milestones_of_each(
    contract: Contract, positions: Collection[int], attributes: Mapping[str, str]
) -> frozenset[int]:
    """The milestones, by their numbers, of whose claims these limits can withhold anything from a
    participant with some attributes.
    """
    limits = [contract.limits_on_the_whole[position] for position in positions]
    return frozenset(
        number
        for number, name in enumerate(contract.milestones)
        if any(limit.is_on(name) and is_about(limit.only, attributes) for limit in limits)
    )


def withheld_of_each(
    contract: Contract, positions: Sequence[int], lots: Lots, quantity: Numbers, claim: int
) -> dict[int, Pence]:
    """What each of these limits withholds at the claim date of that number, by its position:
    (participant, lot). The lots name somebody, and `quantity` are the claims of one participant in
    each row.
    """
    value = values_to_date(contract, lots, quantity, claim)
    others = set(range(len(contract.limits_on_the_whole))).difference(positions)
    passed_by = Apart.of(dict.fromkeys(others, nothing_of(value)), len(value))
    _, withheld = apply_limits(contract, lots, quantity, value, claim, passed_by)
    first = len(withheld) - len(contract.limits_on_the_whole)
    return {position: withheld[first + position] for position in positions}


def _asks_single_claims(contract: Contract, limits: Sequence[WholeLimit]) -> bool:
    """Whether the contract would ask for single claims with these limits alone."""
    terms = {name: getattr(contract, name) for name in Contract.model_fields}
    # Not model_copy, which would keep what was worked out from the other limits.
    return Contract.model_construct(**{**terms, "limits": tuple(limits)}).claim_by_claim
