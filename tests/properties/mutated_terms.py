"""Contracts in which one thing that is written is written otherwise: every leaf and every name."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from tests.spec.drawn_tables import contract_text

PAYING, TOLD = (Path(__file__).parents[1] / f"{of}_scenarios.yaml" for of in ("paying", "told"))
Path_ = tuple[Any, ...]
SCENARIOS = {
    name: scenario
    for file in (PAYING, TOLD)
    for name, scenario in YAML(typ="safe").load(file.read_text(encoding="utf-8")).items()
}


class Mutant(NamedTuple):
    """A contract with one thing written otherwise."""

    scenario: str
    place: str
    text: str

    @property
    def evidence(self) -> str:
        """What is delivered under the contract as it was."""
        return str(SCENARIOS[self.scenario]["evidence"])


def mutants(seed: int, count: int) -> Iterator[Mutant]:
    """So many of all the mutants, drawn; the same for the same seed."""
    every = list(places().items())
    drawn = random.Random(seed)
    for (name, place), others in (drawn.choice(every) for _ in range(count)):
        other = drawn.choice(others)
        whole = _with(_written(name), place, other)
        shown = " > ".join(map(str, place))
        yield Mutant(name, f"{shown}: {other!r:.60}", _text(whole))


@cache
def places() -> dict[tuple[str, Path_], list[Any]]:
    """Every place of every scenario, what all have in common once, with what else may stand."""
    found: dict[tuple[str, Path_], list[Any]] = {}
    known: set[tuple[Path_, str]] = set()
    for name in SCENARIOS:
        for place, other in _ways(_written(name)):
            found.setdefault((name, place), []).append(other)
        was = [one for one in found if one[0] == name and (one[1], str(found[one])) in known]
        known |= {(place, str(others)) for (of, place), others in found.items() if of == name}
        for one in was:
            del found[one]
    return found


def _written(name: str) -> Any:
    return YAML(typ="safe").load(contract_text(SCENARIOS[name]["terms"]))


def _text(whole: Any) -> str:
    stream, writer = StringIO(), YAML(typ="safe")
    writer.allow_unicode, writer.sort_base_mapping_type_on_output = True, False
    writer.dump(whole, stream)
    return stream.getvalue()


class _Renamed(NamedTuple):
    name: str


def _with(whole: Any, place: Path_, other: Any) -> Any:
    changed = copy.deepcopy(whole)
    above = changed
    for part in place[:-1]:
        above = above[part]
    if isinstance(other, _Renamed):
        # A name and whatever refers to it: what it is called must not matter.
        return _renamed(changed, place[-1], other.name)
    above[place[-1]] = other
    return changed


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {new if k == old else k: _renamed(v, old, new) for k, v in value.items()}
    if isinstance(value, list):
        return [_renamed(one, old, new) for one in value]
    return new if value == old else value


def _ways(
    value: Any, place: Path_ = (), names: tuple[str, ...] = ()
) -> Iterator[tuple[Path_, Any]]:
    if isinstance(value, dict):
        named = tuple(map(str, value))
        for key, one in value.items():
            yield from _ways(one, (*place, key), named)
            if len(place) == 1:  # funders, metrics, milestones: what the contract gives a name
                yield from (((*place, key), _Renamed(new)) for new in NAMES)
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _ways(one, (*place, at), names)
    else:
        yield from ((place, other) for other in _others(value, names) if other != value)


# Quoted where they are written, as a name that looks like something else has to be.
NAMES = (
    *("the rest", "provider", "total", "unfunded", "school: Elm", "Elm", "north", "2017-Q1"),
    *("=1+1", "ﬁn\u00a0x", "a" * 150, "x/y\\z", "yes", "<b>&amp;", "[x]*", "naïve 学校", "{}"),
)
NUMBERS = (
    *(0, 1, 2, 7, 0.001, 0.0000000001, -0.01, 123456.789, 46117),
    *(999999999999, 999999999999.99, 10**12, 1e308, -1e308, 1e-300),
)
DAYS = (
    *(date(1, 1, 1), date(9999, 12, 31), date(1800, 1, 1), date(2999, 12, 31)),
    *(date(1969, 12, 31), date(1970, 1, 1), date(2149, 6, 6), date(2149, 6, 7)),
    *(date(2016, 2, 29), date(2018, 12, 31)),
)
PERCENTS = (
    *("0%", "100%", "100.1%", "33.3333333333333%", "0.0000000001%", "0.000001%", "1e308%"),
    *("1/3", "1/0", "1/999999999999", "999999999998/999999999999", f"{10**308}%"),
)
SPANS = ("0 days", "1 day", "100 years", "1200 months", "36525 days", "9999999999 years")
IN_PHRASES = ("0", "1", "999999999999", "0.0000000001", "-999999999999.99", "1e308", "1" * 13)
_SPAN = re.compile(r"\d+ (?:day|week|month|year)s?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PERCENT = re.compile(r"(?<=[+-])\d[\d.]*%|\d[\d.]*%|\d+/\d+")
_NUMBER = re.compile(r"(?<![\d-])-?\d+(?:\.\d+)?(?![\d%/-])(?! (?:day|week|month|year))")


_PHRASES = (
    (_SPAN, SPANS),
    (_DAY, tuple(day.isoformat() for day in DAYS)),
    (_PERCENT, PERCENTS),
    (_NUMBER, IN_PHRASES),
)


def _others(value: Any, names: tuple[str, ...]) -> Iterator[Any]:
    """What else may be written in place of a leaf; in a phrase, in place of a part of it."""
    if isinstance(value, bool):
        yield from (not value, "maybe")
    elif isinstance(value, int | float):
        yield from (*NUMBERS, value + 1, "50%", "1/3")
    elif isinstance(value, date):
        yield from DAYS
    else:
        found = [
            value[: match.start()] + other + value[match.end() :]
            for pattern, others in _PHRASES
            for match in pattern.finditer(value)
            for other in others
        ]
        yield from found or (*NAMES, *names, "", 5, ["x"])
