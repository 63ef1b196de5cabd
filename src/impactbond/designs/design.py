"""A design: a contract and an area in which some terms are other than written.

Takes  a contract and an area that were read from files, and terms by their path.
Gives  a Design, read and checked as a file would be.
Keeps  what is not named stays as it is; a path that leads nowhere, or a value that a term cannot
       take, is refused with its path.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import cached_property
from typing import Any

from impactbond.contract.contract import Contract, FromText
from impactbond.contract.read import parse_contract
from impactbond.contract.reading.yaml_document import load
from impactbond.errors import AssumptionError, Fault, ImpactBondError
from impactbond.simulation.area import Area
from impactbond.simulation.read import parse_area

Value = Decimal | Fraction | int | str | date | Mapping[str, Any] | Sequence[Any] | None
Overrides = Mapping[str, Value]
EVERY = "*"


@dataclass(frozen=True)
class Design:
    """A contract and an area with the terms that differ from those written, by path."""

    name: str
    contract: Contract
    area: Area
    overrides: Mapping[str, Value]


class Written:
    """A contract and an area as they were written, from which designs are made."""

    def __init__(self, contract: Contract, area: Area) -> None:
        self.contract, self.area = contract, area
        unread = [
            Fault(
                code="no_text",
                problem=f"the {kind} was not read from a file, and its terms have no path",
                hint=f"Read it with ib.read_{kind}",
            )
            for kind, one in (("contract", contract), ("area", area))
            if not one.source
        ]
        if unread:
            raise AssumptionError("No term can be changed.", unread)

    @cached_property
    def _terms(self) -> tuple[Any, Any]:
        return _plain(self.contract), _plain(self.area)

    def design(self, overrides: Overrides, name: str = "") -> Design:
        """The design with these terms.

        Raises AssumptionError listing every path that leads nowhere and every value that is none,
        or what reading the changed contract or area raises.
        """
        contract_terms, area_terms = deepcopy(self._terms)
        faults: list[Fault] = []
        touched = set[str]()
        for path, value in overrides.items():
            kind, parts = self._parted(path)
            terms = area_terms if kind == "area" else contract_terms
            touched.add(kind)
            faults += _put(terms, parts, value, path)
        if faults:
            raise AssumptionError("The terms cannot be changed.", faults)
        contract, area = self.contract, self.area
        if "contract" in touched:
            contract = _read(parse_contract, contract_terms, "contract", overrides)
        if "area" in touched:
            area = _read(parse_area, area_terms, "area", overrides)
        called = name or ", ".join(map(_said, overrides.items())) or "as written"
        return Design(called, contract, area, dict(overrides))

    def _parted(self, path: str) -> tuple[str, list[str]]:
        """Whether a path is one of the area or of the contract, and its parts: terms of an area
        are known by their first key, which no contract has, or by "area" before it.
        """
        parts = path.split(".")
        if parts[0] in ("area", "contract") and len(parts) > 1:
            return parts[0], parts[1:]
        of_area = parts[0] in Area.model_fields and parts[0] not in Contract.model_fields
        return ("area" if of_area else "contract"), parts


def _plain(terms: FromText) -> Any:
    return load(terms.source.decode("utf-8-sig"), "").value


def _put(terms: Any, parts: Sequence[str], value: Value, path: str) -> Iterator[Fault]:
    """Puts a value at a path; gives a fault where there is no such place."""
    places, key = [terms], parts[-1]
    for part in parts[:-1]:
        below = [found[one] for found in places for one in _keys(found, part)]
        if not below:
            yield _nowhere(path, part, places)
            return
        places = below
    if isinstance(value, float):
        hint = 'Write "0.5%", "1/3" or Decimal("450.00"): no float holds money or a share'
        yield Fault(code="no_float", clause=path, problem="a float is no term", hint=hint)
        return
    put = False
    for place in places:
        keys = _keys(place, key)
        if not keys and isinstance(place, dict) and key != EVERY:
            keys = [key]  # a term that is not written may be added; reading says if it is none
        for one in keys:
            place[one] = _as_written(value, place.get(one) if isinstance(place, dict) else None)
            put = True
    if not put:
        yield _nowhere(path, key, places)


def _keys(found: Any, part: str) -> list[Any]:
    """The places below a term that a part of a path names: a key, every one, an entry by its number
    from 1 or by its name.
    """
    if part == EVERY:
        return list(found) if isinstance(found, dict) else list(range(len(found)))
    key = _key(found, part)
    return [] if key is None else [key]


def _key(found: Any, part: str) -> Any:
    if isinstance(found, dict):
        return next((key for key in found if str(key) == part), None)
    if not isinstance(found, list):
        return None
    if part.isdecimal() and 1 <= int(part) <= len(found):
        return int(part) - 1
    names = [one.get("name") if isinstance(one, dict) else None for one in found]
    return names.index(part) if part in names else None


def _nowhere(path: str, part: str, places: Sequence[Any]) -> Fault:
    keys = [str(key) for one in places if isinstance(one, dict) for key in one]
    count = max((len(one) for one in places if isinstance(one, list)), default=0)
    near = get_close_matches(part, keys, 1)
    return Fault(
        code="no_term",
        clause=path,
        problem=f"there is no '{part}' here",
        allowed=", ".join(keys[:20]) or (f"entries 1 to {count}, or {EVERY}" if count else ""),
        hint=f"Did you mean '{near[0]}'?"
        if near
        else "Write keys as in the file, with dots between",
    )


def _as_written(value: Value, was: Any) -> Any:
    """A value in the way that files write it: an amount given as text is a number there."""
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    is_number = isinstance(was, Decimal | int) and not isinstance(was, bool)
    if is_number and isinstance(value, str) and value.replace(".", "", 1).isdecimal():
        return Decimal(value)
    if isinstance(was, date) and isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value


def _read(parse: Any, terms: Any, kind: str, overrides: Overrides) -> Any:
    try:
        return parse(_flow(terms).encode(), name=f"{kind}.yaml")
    except ImpactBondError as error:
        # The text is one line that nobody wrote: its line says nothing, and its place all.
        changed = "; ".join(map(_said, overrides.items()))
        faults = [
            Fault(**(fault.as_dict() | {"file": "", "line": 0}))  # type: ignore[arg-type]
            for fault in error.faults
        ]
        summary = f"The {kind} cannot be read with {changed}:"
        raise type(error)(summary, faults) from None


def _flow(value: Any) -> str:
    """Plain data as YAML that reads back to the same: texts in quotation marks, nothing else."""
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(str(key))}: {_flow(one)}" for key, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else json.dumps(value)


def _said(one: tuple[str, Value]) -> str:
    path, value = one
    return f"{path} = {value}"
