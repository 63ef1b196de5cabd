"""Fitting a file into a model, with every fault of shape on the way.

What cannot be read is told once; then something harmless stands in for it and the rest is read, so
that faults of meaning are told in the same breath.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from impactbond.contract.reading.model_layout import Layout, inside, keys_of, naming_key
from impactbond.contract.reading.shape_errors import (
    missing_key,
    no_choice,
    no_colon,
    nothing_written,
    split_by_comma,
    unfit,
    unknown_key,
)
from impactbond.contract.reading.yaml_text import Located
from impactbond.errors import Fault
from impactbond.terms.diagnostic import Diagnostic, Path, closest

Terms = TypeVar("Terms", bound=BaseModel)

# What the models call a term that is of none of the kinds that may stand there.
OF_NO_KIND = "not_a"


@dataclass
class Fitted(Generic[Terms]):
    """The terms as far as they could be read, where something stands in, and what was wrong."""

    terms: Terms | None = None
    stood_in: set[Path] = field(default_factory=set)
    faults: list[tuple[Path, Fault]] = field(default_factory=list)

    def believes(self, finding: Diagnostic, repeated: set[Path]) -> bool:
        """Whether a finding is about what was written, not about what stands in for it."""
        doubtful = self.stood_in | repeated
        return _outside(finding.path, self.stood_in) and all(
            _outside(path, doubtful) for path in finding.rests_on
        )


def _outside(path: Path, places: set[Path]) -> bool:
    return not any(path[:depth] in places for depth in range(len(path) + 1))


def fit(model: type[Terms], document: Located) -> Fitted[Terms]:
    """A document, which must hold keys with values, fitted into a model."""
    fitting = _Fitting(Layout.of(model), copy.deepcopy(document.value), document)
    for path in sorted(document.unreadable, key=len, reverse=True):
        fitting.replace(path)
    for path in list(_empty(fitting.value, ())):
        fitting.fill(path)
    fitted: Fitted[Terms] = Fitted(None, fitting.stood_in, fitting.faults)
    told = -1
    # Every round mends all that it finds; a further one is needed where that opened a new place.
    while told < len(fitting.faults):
        told = len(fitting.faults)
        try:
            fitted.terms = model.model_validate(fitting.value, by_name=False)
        except ValidationError as error:
            fitting.mend(error.errors(include_url=False))
    return fitted


def _empty(value: Any, path: Path) -> Iterator[Path]:
    """Every place at which nothing is written."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for part, entry in entries:
        if entry is None:
            yield (*path, part)
        elif isinstance(entry, dict | list):
            yield from _empty(entry, (*path, part))


@dataclass
class _Fitting:
    layout: Layout
    value: dict[str, Any]
    document: Located
    stood_in: set[Path] = field(default_factory=set)
    faults: list[tuple[Path, Fault]] = field(default_factory=list)

    def mend(self, details: list[ErrorDetails]) -> None:
        """Tell what does not fit, and make it fit."""
        placed = [(_real_path(detail, self.value), detail) for detail in details]
        for path, detail in placed:
            if detail["type"] == "extra_forbidden":
                self._mend_unknown(path)
        # A list is said to be too short when none of its entries can be read.
        above = {path[:depth] for path, _ in placed for depth in range(len(path))}
        for path, detail in placed:
            if detail["type"] == "missing":
                # A misspelt key may have been put right just before.
                if path[-1] not in self._at(path[:-1]):
                    self.tell(path, missing_key(str(path[-1]), self.layout.at(path, self.value)))
                    self.replace(path)
            elif detail["type"] == "extra_forbidden" or path in above or path in self.stood_in:
                continue
            elif detail["type"].startswith(OF_NO_KIND):
                self._mend_kind(path, detail)
            else:
                self.tell(path, unfit(detail, self.layout.at(path, self.value)))
                self.replace(path)

    def fill(self, path: Path) -> None:
        """Tell of a known key without a value; an unknown one is told as such."""
        node = self.layout.at(path, self.value)
        if node is not None:
            above = self.layout.at(path[:-1], self.value) or {}
            self.tell(path, nothing_written(node, path[-1] not in above.get("required", path)))
            self.replace(path)

    def replace(self, path: Path) -> None:
        """Let something harmless stand in at a place where something may stand."""
        node, above = self.layout.at(path, self.value), self._at(path[:-1])
        if node is not None:
            above[path[-1]] = self.layout.stand_in(node, inside(above, path[-1]))
            self.stood_in.add(path)

    def tell(self, path: Path, fault: Fault) -> None:
        """Keep a fault."""
        self.faults.append((path, fault))

    def _at(self, path: Path) -> Any:
        value: Any = self.value
        for part in path:
            value = value[part]
        return value

    def _mend_unknown(self, path: Path) -> None:
        """Tell of an unknown key, and go on with the key that may have been meant."""
        above, wrong = self._at(path[:-1]), str(path[-1])
        known = keys_of(self.layout.at(path[:-1], self.value))
        free = [key for key in known if key not in above]
        is_bare = above[wrong] is None and path not in self.document.unreadable
        first = re.split(r"[\s:]", wrong)[0]
        if is_bare and first in free:
            self.tell(path, no_colon(first))
            del above[wrong]
            self.replace((*path[:-1], first))
            return
        before = list(above)[: list(above).index(wrong)]
        if is_bare and before and not re.fullmatch("[a-z_]+", wrong):
            whole = (*path[:-1], before[-1])
            self.tell(whole, split_by_comma(before[-1], f"{above.pop(before[-1])},{wrong}"))
            del above[wrong]
            self.replace(whole)
            return
        self.tell(path, unknown_key(wrong, known))
        self._rename(path, closest(wrong, free))

    def _rename(self, path: Path, meant: str | None) -> None:
        above = self._at(path[:-1])
        written = above.pop(path[-1])
        if meant is not None:
            above[meant] = written
            self.document.rename(path, meant)

    def _mend_kind(self, path: Path, detail: ErrorDetails) -> None:
        """Tell that a term is of no kind, and go on with the kind that may have been meant."""
        written = self._at(path)
        kinds = [kind for kind in self.layout.kinds_at(path, self.value) if naming_key(kind)]
        names = list(dict.fromkeys(map(naming_key, kinds)))
        for key in written if isinstance(written, dict) else ():
            meant = closest(key, names)
            if meant == key:
                choices = [kind["properties"][key]["const"] for kind in kinds]
                self.tell((*path, key), no_choice(written[key], choices))
                guess = closest(str(written[key]), choices)
                if guess is None:
                    return self.replace(path)
                written[key] = guess
                return self.stood_in.add((*path, key))
            if meant is not None:
                self.tell((*path, key), unknown_key(key, names))
                return self._rename((*path, key), meant)
        self.tell(path, unfit(detail, None))
        return self.replace(path)


def _real_path(detail: ErrorDetails, value: Any) -> Path:
    """Where a fault stands in the file: without the marks of the kinds of terms on the way."""
    path: list[int | str] = []
    for part in detail["loc"]:
        is_there = part in value if isinstance(value, dict) else isinstance(value, list)
        if is_there and isinstance(part, int) == isinstance(value, list):
            path.append(part)
            value = value[part]
    if detail["type"] == "missing":
        path.append(detail["loc"][-1])
    return tuple(path)
