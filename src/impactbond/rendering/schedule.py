"""The whole contract as a schedule: its parts in the order in which people read them."""

from __future__ import annotations

from collections.abc import Callable

from impactbond.contract.contract import Contract
from impactbond.rendering.dates import dates
from impactbond.rendering.definitions import measured, windows
from impactbond.rendering.document import Part, Schedule, finished
from impactbond.rendering.examples import examples
from impactbond.rendering.fees import fees
from impactbond.rendering.funding import funding, rounding, tranches
from impactbond.rendering.investment import investment
from impactbond.rendering.limits import limits
from impactbond.rendering.participants import conditions, participants
from impactbond.rendering.parties import currencies, parties
from impactbond.rendering.plans import plans
from impactbond.rendering.prices import prices
from impactbond.rendering.process import process, sheets
from impactbond.rendering.results import results

_PARTS: tuple[Callable[[Contract], Part], ...] = (
    parties,
    currencies,
    dates,
    measured,
    windows,
    participants,
    conditions,
    prices,
    results,
    fees,
    funding,
    tranches,
    limits,
    rounding,
    process,
    investment,
    plans,
    sheets,
    examples,
)


def schedule_of(contract: Contract) -> Schedule:
    """The contract as a schedule; parts of which it says nothing are left out."""
    told = [part(contract) for part in _PARTS]
    parts = tuple(
        Part(part.heading, tuple(map(finished, part.rules)), part.table)
        for part in told
        if part.rules or part.table
    )
    about = (
        f"{contract.contract}, version {contract.version.number}. The contract in plain English: "
        "each rule in a sentence, with the clause that it encodes. The signed file decides."
    )
    return Schedule(contract.title, about, parts)
