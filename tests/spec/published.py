"""Contracts of fixtures/contracts, settled from evidence that a test writes.

The published figures are in whole pounds where nothing else is said. Who reached what, and on which
day, is ours: only how many is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import pandas as pd
from tests.spec.drawn_tables import THE_END

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

CONTRACTS = Path(__file__).parents[2] / "fixtures" / "contracts"


@lru_cache
def contract(name: str) -> Contract:
    """A contract of the fixtures."""
    return read_contract(CONTRACTS / f"{name}.yaml")


def people(count: int, prefix: str = "p") -> list[str]:
    """The names of so many participants."""
    return [f"{prefix}{number}" for number in range(1, count + 1)]


def days(start: str, count: int, apart: int = 1) -> list[str]:
    """So many days from a first one, so many days apart."""
    first = date.fromisoformat(start)
    return [str(first + timedelta(days=apart * number)) for number in range(count)]


@dataclass
class Book:
    """Evidence in the making: everybody starts on one day unless said otherwise, and what happens
    is recorded on its day.
    """

    starts: str
    attributes: dict[str, str] = field(default_factory=dict)
    _people: dict[str, dict[str, str]] = field(default_factory=dict)
    _rows: list[dict[str, object]] = field(default_factory=list)

    def joins(self, who: Iterable[str], starts: str = "", **attributes: str) -> None:
        """These people start on a day, with these attributes."""
        day = starts or self.starts
        for name in who:
            self._people[name] = {
                "participant": name,
                "started_on": day,
                "recorded_on": day,
                **self.attributes,
                **attributes,
            }

    def saw(
        self,
        who: Iterable[str],
        metric: str,
        *on: str,
        value: object = "yes",
        source: str | None = None,
    ) -> None:
        """The same was seen of each of these people on each of these days."""
        for name in who:
            if name not in self._people:
                self.joins([name])
            self._rows += [
                {
                    "participant": name,
                    "metric": metric,
                    "value": value,
                    "observed_on": day,
                    "recorded_on": day,
                    "source": source,
                }
                for day in on
            ]

    def claims(self, who: list[str], metric: str, count: int, on: str) -> None:
        """So many rows among these people: each has one, then each a second, a day later."""
        for number in range(count):
            day = date.fromisoformat(on) + timedelta(days=number // len(who))
            self.saw([who[number % len(who)]], metric, str(day))

    def stays(
        self, who: Iterable[str], metric: str, states: tuple[str, str], on: str, length: int,
        source: str | None = None,
    ) -> None:  # fmt: skip
        """These people are in the first state for so many days, and then in the second."""
        end = date.fromisoformat(on) + timedelta(days=length)
        named = list(who)
        self.saw(named, metric, on, value=states[0], source=source)
        self.saw(named, metric, str(end), value=states[1], source=source)

    def evidence(self, about: Contract) -> Evidence:
        """The evidence, read like any other: nothing of it may be refused."""
        read = read_evidence(
            {
                "participants": pd.DataFrame(list(self._people.values()), dtype="object"),
                "observations": pd.DataFrame(self._rows, dtype="object"),
            },
            about,
        )
        assert read.refused_table.num_rows == 0, read.refused_table.to_pylist()[:3]
        return read

    def settled(self, name: str, as_of: str = THE_END) -> Settlement:
        """The settlement of a contract of the fixtures."""
        about = contract(name)
        return settle(about, self.evidence(about), as_of=as_of)


def _sums(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, amount in rows:
        found[name] = found.get(name, 0) + amount
    return {name: amount for name, amount in found.items() if amount}


def _column(
    settlement: Settlement, column: str, by: str = "milestone"
) -> Iterator[tuple[str, int]]:
    return ((row[by], row[column]) for row in settlement.lines_table.to_pylist())


def counted(settlement: Settlement) -> dict[str, int]:
    """How many claims stand of everything that is paid for."""
    return _sums(_column(settlement, "quantity"))


def worth(settlement: Settlement) -> dict[str, int]:
    """What stands of everything is worth before limits, in pence."""
    return _sums(_column(settlement, "value_pence"))


def earned(settlement: Settlement) -> dict[str, int]:
    """What is paid of it after limits, in pence."""
    return _sums(_column(settlement, "entitled_pence"))


def held_by(settlement: Settlement) -> dict[str, int]:
    """What is withheld, by the reasons that withhold it, in pence."""
    return _sums(_column(settlement, "withheld_pence", by="withheld_by"))


def by_period(settlement: Settlement) -> dict[str, int]:
    """What falls due at every claim, from all funders together, in pence."""
    return _sums(
        (row["claim_period"], row["due_pence"]) for row in settlement.balances_table.to_pylist()
    )


def by_funder(settlement: Settlement) -> dict[str, int]:
    """What every funder owes in all, in pence."""
    return _sums((row["funder"], row["due_pence"]) for row in settlement.balances_table.to_pylist())


def in_pence(pounds: dict[str, int]) -> dict[str, int]:
    """Whole pounds as pence, without what is nothing."""
    return {name: amount * 100 for name, amount in pounds.items() if amount}
