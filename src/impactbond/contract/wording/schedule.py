"""The whole contract as a schedule: its parts in the order in which people read them."""

from __future__ import annotations

from collections.abc import Callable

from impactbond.contract.contract import Contract
from impactbond.contract.wording.dates import dates
from impactbond.contract.wording.definitions import measured, windows
from impactbond.contract.wording.document import Schedule, SchedulePart, finished
from impactbond.contract.wording.examples import examples
from impactbond.contract.wording.fees import fees
from impactbond.contract.wording.funding import funding, rounding, tranches
from impactbond.contract.wording.investment import investment
from impactbond.contract.wording.limits import limits
from impactbond.contract.wording.participants import conditions, participants
from impactbond.contract.wording.parties import currencies, parties
from impactbond.contract.wording.plans import plans
from impactbond.contract.wording.prices import prices
from impactbond.contract.wording.process import process, sheets
from impactbond.contract.wording.results import results

_PARTS: tuple[Callable[[Contract], SchedulePart], ...] = (
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
        SchedulePart(part.heading, tuple(map(finished, part.rules)), part.table)
        for part in told
        if part.rules or part.table
    )
    about = (
        f"{contract.contract}, version {contract.version.number}. The contract in plain English: "
        "each rule in a sentence, with the clause that it encodes. The signed file decides."
    )
    return Schedule(contract.title, about, parts)
