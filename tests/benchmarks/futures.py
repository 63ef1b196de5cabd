"""Futures of an area of any size, by the engine and by NumPy written for the contract."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from tests.benchmarks.measure import Work
from tests.benchmarks.references_futures import Futures, Journeys
from tests.benchmarks.settlement import AREA, CONTRACT, SEED

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.simulation.area import Area
from impactbond.simulation.draw import Draws
from impactbond.simulation.read import read_area
from impactbond.simulation.simulate import simulate
from impactbond.terms.limits.whole import ContractLimit

TOLD = 500  # so many futures must be the same, to the penny


def by_the_engine(children: int, groups: int, trials: int, each: str | None = None) -> Work:
    """Futures drawn and settled; told is what is due in the first of them. With a limit on each
    child, in pounds, it is the first of all limits.
    """
    contract = _contract(each)
    area = _area_of(contract, children, groups)
    return Work(
        lambda: simulate(contract, area, trials=trials, seed=SEED),
        # Last stands what nobody pays.
        lambda forecast: _told(forecast.due_pence[:TOLD, :, :-1]),
    )


def by_hand(children: int, groups: int, trials: int, each: str | None = None) -> Work:
    """As many drawn and settled by hand; told is what is due on the counts that the engine drew."""
    contract = _contract(each)
    area = _area_of(contract, children, groups)
    futures = Futures.of(area, None if each is None else int(Decimal(each) * 100))

    def on_the_same_counts(_: Any) -> str:
        draws, some = Draws.of(contract, area, SEED), min(TOLD, trials)
        if each is None:
            return _told(futures.due(draws.counts(0)[:some].T).transpose(2, 0, 1))
        journeys: list[Journeys] = [[] for _ in area.groups]
        for group, claims, taken in draws.journeys(0):
            journeys[group].append((tuple(one.milestone for one in claims), taken[:some]))
        return _told(futures.due(*futures.cut(journeys)).transpose(2, 0, 1))

    return Work(lambda: futures.drawn(trials, SEED), on_the_same_counts)


def _contract(each: str | None) -> Contract:
    """The fixture, with a limit on each child before its own limits."""
    contract = read_contract(CONTRACT)
    if each is None:
        return contract
    terms = {name: getattr(contract, name) for name in Contract.model_fields}
    limit = ContractLimit(
        contract="whole", each="participant", at_most=Decimal(each), beyond="unpaid"
    )
    return Contract.model_construct(**{**terms, "limits": (limit, *contract.limits)})


def _area_of(contract: Contract, children: int, groups: int) -> Area:
    """The fixture's area with so many children in so many groups; in more than its own, of forty
    schools, from one day to the next.
    """
    area, made = read_area(AREA, contract), []
    if children == area.children and groups == len(area.groups):
        return area
    for index in range(groups):
        like = area.groups[index % len(area.groups)]
        own = children // groups + (index < children % groups)
        changed: dict[str, Any] = {"children": own}
        if groups > len(area.groups):
            changed["name"] = f"Group {index}"
            changed["start"] = area.groups[0].start + timedelta(days=index % 60)
            changed["attributes"] = {**like.attributes, "school": f"School {index % 40}"}
        made.append(like.model_copy(update=changed))
    return area.model_copy(update={"groups": tuple(made)})


def _told(due: Any) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(due).tobytes()).hexdigest()[:16]
    return f"{int(due.sum())} pence in {len(due)} futures {digest}"
