"""What differs between two versions of a contract: computed from the terms, never typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.contract.walk import DEFINED, rests_on
from impactbond.money import minor_units, show

# Mappings whose keys are names that the parties gave, rather than terms of the language.
_NAMED = frozenset(
    (
        *("funders", "metrics", "windows", "conditions", "milestones", "tranches", "sheets"),
        *("indices", "measures", "results", "fees"),
        *("shares", "by", "attributes", "covered", "columns", "only"),
    )
)
_AMOUNTS = frozenset(("price", "pay", "at_most", "amount"))
_NO_MONEY = frozenset(("impactbond", "contract", "title", "version", "provider", "sheets"))
_KEYS = ("contract", "milestone", "funder", "participant", "segment", "period", "for", "from")


@dataclass(frozen=True, slots=True)
class TermChange:
    """One term that differs: where it is, what it said, what it says now.

    `milestones` are those whose money the term can move; none for a title or a heading.
    """

    path: str
    was: str
    now: str
    clause: str
    milestones: tuple[str, ...]

    def __str__(self) -> str:
        cited = f" [{self.clause}]" if self.clause else ""
        return f"{self.path}{cited}: was {self.was}, now {self.now}"


def changed_terms(was: Contract, now: Contract) -> tuple[TermChange, ...]:
    """Every term that differs, in the order of the contract."""
    before, after = (contract.model_dump(mode="json", by_alias=True) for contract in (was, now))
    touched = _Touched(before, after)
    walk = _Walk(*(getattr(one, "currency_of_prices", one.currency) for one in (was, now)))
    return tuple(
        TermChange(
            " › ".join(_word(part) for part in path),
            old,
            new,
            _clause(after, path) or _clause(before, path),
            touched.by(path),
        )
        for path, old, new in walk.differences(before, after, ())
    )


class _Walk:
    """Goes through both contracts at once, and stops where they differ."""

    def __init__(self, was: str, now: str) -> None:
        self.currencies = (was, now)

    def differences(
        self, was: Any, now: Any, path: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """Path, what was and what is, of every term that differs."""
        if was == now and _order(was) == _order(now):
            return
        if isinstance(was, dict) and isinstance(now, dict):
            is_named = not path or path[-1] in _NAMED
            if is_named or was.keys() == now.keys():
                yield from self._of_mappings(was, now, path)
                return
        if _is_listed(was) and _is_listed(now):
            old, new = _keyed(was), _keyed(now)
            if old.keys() & new.keys():
                yield from self._of_mappings(old, new, path)
                return
        yield path, self._told(was, path, 0), self._told(now, path, 1)

    def _of_mappings(
        self, was: Mapping[str, Any], now: Mapping[str, Any], path: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], str, str]]:
        for key in [*was, *(key for key in now if key not in was)]:
            if key in was and key in now:
                yield from self.differences(was[key], now[key], (*path, key))
            else:
                here = (*path, key)
                old = self._told(was[key], here, 0) if key in was else "nothing"
                new = self._told(now[key], here, 1) if key in now else "nothing"
                yield here, old, new
        both = [[key for key in one if key in other] for one, other in ((was, now), (now, was))]
        if both[0] != both[1]:
            yield (*path, "order"), ", ".join(both[0]), ", ".join(both[1])

    def _told(self, value: Any, path: tuple[str, ...], side: int) -> str:
        if value is None and len(path) > 1 and path[-2] in ("shares", "by"):
            return "the rest"
        if value in (None, "", [], {}):
            return "nothing"
        if path and path[-1] in _AMOUNTS:
            return _amount(value, self.currencies[side])
        return _flow(value)


class _Touched:
    """Which milestones' money a term can move, by what each milestone rests on."""

    def __init__(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        self.rests_on: dict[str, set[str]] = {}
        for contract in (now, was):
            for milestone, names in rests_on(contract).items():
                self.rests_on.setdefault(milestone, set()).update(names)

    def by(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """The milestones that a term at that place can touch."""
        if path == ("version", "effective_on"):
            return tuple(self.rests_on)
        if not path or path[0] in _NO_MONEY or path[-1] in ("clause", "title", "name"):
            return ()
        if path[0] in DEFINED and len(path) > 1:
            name = path[1]
            if name != "order" and path[-1] == "price":
                return (name,)
            if name != "order":
                return tuple(one for one, names in self.rests_on.items() if name in names)
        if path[0] in ("funding", "limits") and len(path) > 1:
            words = set(re.findall(r"[^\s,]+", path[1]))
            named = tuple(one for one in self.rests_on if one in words)
            return named or tuple(self.rests_on)
        return tuple(self.rests_on)


def _is_listed(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _keyed(terms: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Terms of a list by what they are about, so that one moved or added is told from one changed.

    Two about the same are told apart by their order.
    """
    found: dict[str, dict[str, Any]] = {}
    for place, term in enumerate(terms, 1):
        about = [
            f"{key} {_flow(term[key])}" for key in _KEYS if term.get(key) not in (None, "", [])
        ]
        name = about[0].replace("[", "").replace("]", "") if about else f"entry {place}"
        found[name if name not in found else f"{name} ({place})"] = term
    return found


def _order(value: Any) -> Any:
    """The order of the keys, which equality of mappings leaves out."""
    if isinstance(value, dict):
        return [(key, _order(inside)) for key, inside in value.items()]
    return [_order(inside) for inside in value] if isinstance(value, list) else None


def _clause(contract: Mapping[str, Any], path: Iterable[str]) -> str:
    """The clause cited nearest above a term."""
    here: Any = contract
    clause = ""
    for part in path:
        if _is_listed(here):
            here = _keyed(here)
        if not isinstance(here, Mapping) or part not in here:
            break
        here = here[part]
        if isinstance(here, Mapping) and isinstance(here.get("clause"), str):
            clause = here["clause"] or clause
    return clause


def _word(part: str) -> str:
    return part.replace("_", " ") if part in _AMOUNTS | {"working_days_of", "if_closed"} else part


def _amount(value: Any, currency: str) -> str:
    try:
        return show(minor_units(Decimal(str(value)), currency), currency)
    except (
        ValueError,
        InvalidOperation,
    ):  # a number of something, or an amount of its own currency
        return _flow(value)


def _flow(value: Any) -> str:
    """Plain data as a contract writes it on one line, without what is empty."""
    if isinstance(value, Mapping):
        filled = {key: one for key, one in value.items() if one not in (None, "", [], {}, False)}
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in filled.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
