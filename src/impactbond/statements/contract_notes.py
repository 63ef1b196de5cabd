"""Notes on terms that one contract has and others have not: its versions."""

from __future__ import annotations

from impactbond.contract.versions import Versions
from impactbond.settlement.settlement import Settlement

Noted = tuple[str, str]


def contract_notes(settlement: Settlement) -> tuple[Noted, ...]:
    """Each note's subject and text."""
    found: list[Noted] = []
    if settlement.known is not None:
        found.append(("Versions", _versions(settlement.known)))
    return tuple(found)


_GOVERNED = {
    "participants started": "by the day on which the participant started",
    "milestones achieved": "by the day on which it was achieved",
    "claims made": "by the claim date at which it was first made",
}


def _versions(known: Versions) -> str:
    told = [
        f"version {one.number} ({one.kind}), signed on {one.signed_on}, effective from "
        f"{one.effective_on}, SHA-256 {contract.digest}"
        for contract in known.all
        for one in [contract.version]
    ]
    return (
        f"This statement is made under {'; '.join(told)}. Which version governs a claim is decided "
        f"{_GOVERNED[known.terms.governs]}. What a new version changes in earlier claims is an "
        "adjustment in this one."
    )
