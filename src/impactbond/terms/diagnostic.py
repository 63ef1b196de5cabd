"""What a check finds: a fault, where it stands, and what must have been readable to believe it.

And what is worth a look in a contract and is meant so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from pydantic import Field

from impactbond.errors import Fault
from impactbond.terms.term import Cited

Path = tuple[str | int, ...]  # keys of mappings and places in lists, from the outside in

_SHOWN = 12


class Diagnostic(NamedTuple):
    """A fault of meaning at a place.

    It is told only when everything that it rests on could be read: otherwise it would repeat
    another fault.
    """

    path: Path
    fault: Fault
    rests_on: tuple[Path, ...] = ()


Diagnostics = Iterator[Diagnostic]


def fault_at(
    path: Path,
    code: str,
    problem: str,
    *,
    found: object = "",
    allowed: str = "",
    hint: str = "",
    rests: Iterable[Path] = (),
) -> Diagnostic:
    """What is wrong, or worth a look, at a place; told only where what it rests on is readable."""
    fault = Fault(code=code, problem=problem, found=str(found), allowed=allowed, hint=hint)
    return Diagnostic(path, fault, tuple(rests))


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that somebody who wrote `word` may have meant."""
    by_case: dict[str, str] = {}
    for each in known:
        if each == word:
            return word
        by_case.setdefault(each.casefold(), each)
    close = get_close_matches(word.casefold(), by_case, n=1, cutoff=0.7)
    return by_case[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint where a known word is close, otherwise nothing."""
    meant = closest(word, known)
    return f"Did you mean '{meant}'?" if meant else ""


def listing(names: Iterable[object]) -> str:
    """The names one after the other; of many, the first dozen."""
    every = list(map(str, names))
    more = len(every) - _SHOWN
    return ", ".join(every[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def unknown(kind: str, name: str, known: object) -> Fault:
    """A name that nothing in the contract has."""
    names = [str(each) for each in known] if isinstance(known, Iterable) else []
    return Fault(
        code=f"unknown_{kind}",
        problem=f"there is no {kind} '{name}'",
        allowed=listing(names) or "none is defined",
        hint=did_you_mean(name, names),
    )


def around(path: Path, parts: Iterable[str | int]) -> tuple[Path, ...]:
    """A place and some of the places directly in it."""
    return (path, *((*path, part) for part in parts))


def listed_twice(path: Path, values: Sequence[str], noun: str) -> Diagnostics:
    """Every value of a list that stands in it before."""
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if first.setdefault(value, index) != index:
            problem = f"the {noun} '{value}' is listed twice"
            rests = ((*path, index), (*path, first[value]))
            yield fault_at((*path, index), f"{noun}_twice", problem, hint="Keep one", rests=rests)


def entry(path: Path, index: int, count: int) -> Path:
    """The place of a name among `count`: one alone may be written without a list."""
    return (*path, index) if count > 1 else path


def circles(leads_to: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Ways that come back to where they started, the last step of each told once.

    Where no such step were taken there would be no circle left.
    """
    done: set[str] = set()
    for start in leads_to:
        way, ahead = [start], [iter(leads_to[start])]
        while way and start not in done:
            step = next(ahead[-1], None)
            if step is None:
                done.add(way.pop())
                ahead.pop()
            elif step in way:
                yield (*way[way.index(step) :], step)
            elif step in leads_to and step not in done:
                way.append(step)
                ahead.append(iter(leads_to[step]))


class Accepted(Cited):
    """Something that a check says is worth a look, and that is meant as it stands.

    It is told by its code and its place, both as the check tells them, so that nothing else is
    accepted with it; what is accepted and is not there any more is told.
    """

    code: str = Field(min_length=1)
    """The code of what is worth a look, such as unused_metric."""
    at: str = Field(min_length=1)
    """Its place, as the check tells it: metrics > spare."""
    because: str = Field(min_length=1)
    """Why it is meant so."""
