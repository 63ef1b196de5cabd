"""The plain reference for several versions: which claims stand on a claim date, and at what price.

To be read beside the paper contracts. It takes nothing from the engine: versions are put in order
here, and each is evaluated by the plain reference for one contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from tests.properties.reference import Claim, Rows, claim_dates, claims, known_participants

from impactbond.contract.contract import Contract

Pair = tuple[str, str]  # participant, milestone


class InForce(NamedTuple):
    """The terms in force from a day on."""

    since: date
    terms: Contract


def in_force(versions: Sequence[Contract], day: date) -> list[InForce]:
    """What is in force by the versions signed by a day: amendments follow on the original, and a
    correction stands in the place of what it corrects.
    """
    places: list[int] = []
    found: list[InForce] = []
    for contract in versions:
        version = contract.version
        if found and version.signed_on > day:
            break
        if version.kind == "correction":
            corrected = version.number - 1 if version.corrects is None else version.corrects
            place = places[corrected - 1]
            found[place] = InForce(found[place].since, contract)
            places.append(place)
        else:
            places.append(len(found))
            found.append(InForce(version.effective_on, contract))
    return found


def governing(terms: Sequence[InForce], day: date) -> Contract:
    """The terms in force on a day; before all of them, the first."""
    found = terms[0].terms
    for one in terms:
        if one.since <= day:
            found = one.terms
    return found


def standing(
    versions: Sequence[Contract], participants: Rows, observations: Rows
) -> list[dict[Pair, Claim]]:
    """At every claim date the claims that stand, each once, by the version that governs it."""
    made: dict[Pair, date] = {}
    found = []
    for day in claim_dates(versions[0]):
        terms = in_force(versions, day)
        said = {
            id(one.terms): {
                (claim.participant, claim.milestone): claim
                for claim in claims(one.terms, participants, observations, day)
            }
            for one in terms
        }
        starts = {one.participant: one.started_on for one in known_participants(participants, day)}
        stands: dict[Pair, Claim] = {}
        since: dict[Pair, date] = {}
        for pair in sorted({pair for one in said.values() for pair in one}):
            match terms[-1].terms.governs:
                case "participants started":
                    claim = said[id(governing(terms, starts[pair[0]]))].get(pair)
                case "milestones achieved":
                    own = [said[id(one.terms)].get(pair) for one in terms]
                    kept = [
                        one
                        for one, of in zip(own, terms, strict=True)
                        if one is not None and governing(terms, one.achieved_on) is of.terms
                    ]
                    claim = min(kept, key=lambda one: one.achieved_on, default=None)
                case _:
                    claim = None
                    for on in (made.get(pair, day), day):
                        if claim is None:
                            claim = said[id(governing(terms, on))].get(pair)
                            since[pair] = on
            if claim is not None:
                stands[pair] = claim
        made = {pair: on for pair, on in since.items() if pair in stands}
        found.append(stands)
    return found
