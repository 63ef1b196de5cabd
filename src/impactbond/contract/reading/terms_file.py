"""Reading a file of terms, whatever its kind: from bytes to a checked model, or one error with
everything wrong in it.

What cannot be read is told once; then something harmless stands in for it and the rest is read, so
that faults of meaning are told in the same breath.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path as FilePath
from typing import IO, Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from impactbond.contract.reading.file_schema import (
    FileSchema,
    inside,
    keys_of,
    missing_key,
    naming_key,
    no_choice,
    no_colon,
    nothing_written,
    second_kind,
    split_by_comma,
    unfit,
    unknown_key,
)
from impactbond.contract.reading.plain_json import NotPlainError, plain_json
from impactbond.contract.reading.yaml_document import Located, load
from impactbond.errors import ContractError, Fault, ImpactBondError
from impactbond.terms.diagnostic import Diagnostic, Path, closest

Terms = TypeVar("Terms", bound=BaseModel)
# What terms are read from: the path of a file, its text or bytes, a stream, or plain values.
Given = str | os.PathLike[str] | bytes | IO[str] | IO[bytes] | Mapping[str, Any]
Check = Callable[[Terms], Sequence[Diagnostic | tuple[Path, Fault]]]

# What stands in a text, and hardly in the name of a file.
_NO_PATH = re.compile(r"[\n\0{}]|:\s")
_LONGEST_NAME = 255
# What the models call a term that is of none of the kinds that may stand there.
_OF_NO_KIND = "not_a"
# Far beyond any contract that was met, and read within seconds: what is larger is another file.
MOST_BYTES = 200_000
MOST_FAULTS = 200  # told at once; nobody reads more, and each costs a look at the whole
_ENOUGH = 3  # keys of a model by which a file is known to be one of it, in part at least

_NOT_OPENED: dict[type[Exception], tuple[str, str]] = {
    FileNotFoundError: ("there is no such file", "Check the name and the folder"),
    IsADirectoryError: ("this is a folder, not a file", "Name a file in it"),
    PermissionError: ("the file may not be read", "Ask whoever keeps it for access"),
}


@dataclass(frozen=True, slots=True)
class TermsFile(Generic[Terms]):
    """A kind of file: the model it is read into, what people call it, and the error that lists what
    is wrong with it.
    """

    model: type[Terms]
    noun: str
    error: type[ImpactBondError]

    def source_of(self, given: Given) -> tuple[bytes, str]:
        """The bytes that were given, as far as they may be too many, and what they are called: the
        name of the file without its folder, or `the text`, `the bytes` and so on.

        Raises the error; of a text that is no path, nothing is repeated.
        """
        if isinstance(given, bytes | bytearray | memoryview):
            return bytes(given[: MOST_BYTES + 1]), "the bytes"
        if isinstance(given, str) and "\n" in given:  # which no name of a file has
            return given[: MOST_BYTES + 1].encode(errors="surrogatepass"), "the text"
        if isinstance(given, Mapping):
            try:
                return plain_json(given).encode(errors="surrogatepass"), "the mapping"
            except NotPlainError as error:
                raise self._unreadable(error.fault) from None
        if hasattr(given, "read"):
            return self._streamed(given), "the stream"
        return self._in_file(given)

    def _streamed(self, stream: Any) -> bytes:
        """What a stream of bytes or of text still holds."""
        try:
            content = stream.read(MOST_BYTES + 1)
        except Exception:  # whatever a stream of somebody's raises
            content = None
        if isinstance(content, str):
            return content.encode(errors="surrogatepass")
        if not isinstance(content, bytes):
            problem, hint = "the stream cannot be read", "Open it for reading, as bytes or as text"
            raise self._unreadable(Fault(code="no_stream", problem=problem, hint=hint))
        return content

    def _in_file(self, path: str | os.PathLike[str]) -> tuple[bytes, str]:
        written = os.fspath(path) if isinstance(path, str | os.PathLike) else "\0"
        file = FilePath(written)
        try:
            with file.open("rb") as opened:
                return opened.read(MOST_BYTES + 1), file.name
        except (OSError, ValueError) as error:
            unknown = ("the file cannot be opened", "Check that no other program holds it")
            problem, hint = _NOT_OPENED.get(type(error), unknown)
        fault = Fault(file=file.name, code="no_file", problem=problem, hint=hint)
        if _NO_PATH.search(written) or len(file.name) > _LONGEST_NAME:
            problem, hint = "this is no name of a file", "Write the text to a file, and name that"
            fault = Fault(code="not_a_path", problem=problem, hint=hint)
        raise self._unreadable(fault)

    def parse(self, source: bytes, name: str, check: Check[Terms]) -> Terms:
        """The terms in the bytes of a file called `name`, checked for shape and by `check` for
        meaning.

        Raises the error listing every fault with its line.
        """
        document = self._document(source, name)
        if len(document.faults) > MOST_FAULTS:
            raise self._faulty(name, document.faults)
        repair = repaired(self.model, document)
        faults = document.faults + [document.placed(*found) for found in repair.faults]
        if repair.terms is not None:
            findings = (Diagnostic(*found) for found in check(repair.terms))
            believed = filter(repair.believes, findings)
            faults += [document.placed(finding.path, finding.fault) for finding in believed]
        if faults or repair.terms is None:
            raise self._faulty(name, faults)
        return repair.terms

    def _faulty(self, name: str, faults: list[Fault]) -> ImpactBondError:
        every = sorted(set(faults))
        count = f"{len(every)} fault{'s' if len(every) != 1 else ''}"
        if len(every) >= MOST_FAULTS:
            count = f"{MOST_FAULTS} faults or more; the first"
        return self.error(f"The {self.noun} {name} has {count}:", every[:MOST_FAULTS])

    def _unreadable(self, fault: Fault) -> ImpactBondError:
        return self.error(f"The {self.noun} cannot be read.", [fault])

    def _document(self, source: bytes, name: str) -> Located:
        """The file as keys with values. Raises the error where it holds none."""
        if len(source) > MOST_BYTES and not source.startswith(b"PK"):
            problem = f"the file is larger than the {MOST_BYTES:,} bytes that are read"
            hint = f"Check that this is the {self.noun}; the longest that was met has some 10,000"
            raise self._unreadable(Fault(file=name, code="too_large", problem=problem, hint=hint))
        try:
            document = load(source.decode("utf-8-sig"), name)
        except UnicodeDecodeError as error:
            is_zip = source.startswith(b"PK")
            fault = Fault(
                file=name,
                line=0 if is_zip else source.count(b"\n", 0, error.start) + 1,
                code="not_text",
                problem="this looks like an Excel or Word file"
                if is_zip
                else "this is no UTF-8 text",
                allowed="a text file in YAML or JSON",
                hint="Save it as text, with the encoding UTF-8",
            )
            raise self._unreadable(fault) from None
        except ContractError as error:
            raise self._unreadable(error.faults[0]) from None
        fields = self.model.model_fields
        known = {field.alias or key for key, field in fields.items()}
        written = document.value if isinstance(document.value, dict) else {}
        if len(known & set(written)) < min(_ENOUGH, len(written) or _ENOUGH):
            # It may be something about a child: nothing of it is repeated.
            fault = Fault(
                file=name,
                line=1,
                code="empty",
                problem=f"the file holds no {self.noun}",
                found="nothing" if document.value is None else "something else",
                allowed=f"lines that start with {', '.join(list(fields)[:4])} ...",
                hint="Check that this is the right file",
            )
            raise self._unreadable(fault)
        return document


@dataclass
class Repair(Generic[Terms]):
    """A document on its way into a model: its value as far as it is put right, the places where
    something stands in, what was wrong, and in the end the terms as far as they could be read.
    """

    model: type[Terms]
    value: dict[str, Any]
    document: Located
    replaced: set[Path] = field(default_factory=set)
    faults: list[tuple[Path, Fault]] = field(default_factory=list)
    terms: Terms | None = None

    @cached_property
    def schema(self) -> FileSchema:
        """What the model allows where: found for what is wrong alone, since it takes long."""
        return FileSchema.of(self.model)

    def believes(self, finding: Diagnostic) -> bool:
        """Whether a finding is about what was written, not about what stands in for it."""
        doubtful = self.replaced | self.document.repeated
        return _outside(finding.path, self.replaced) and all(
            _outside(path, doubtful) for path in finding.rests_on
        )

    def put_right(self, details: list[ErrorDetails]) -> None:
        """Tell what does not fit, and make it fit."""
        # What is unknown comes first, since it may be what is missing; the order in which faults
        # are told is that of the file all the same.
        placed = [(_real_path(detail, self.value), detail) for detail in details]
        unknown = [path for path, detail in placed if detail["type"] == "extra_forbidden"]
        second = {path: kinds for path in unknown if (kinds := self._two_kinds(path, unknown))}
        of_two_kinds = {path[:-1] for path in second}  # what is meant there nobody knows
        for path in unknown:
            if path in second:
                self._repair_second_kind(path, *second[path])
            else:
                self._repair_unknown(path)
        # A list is said to be too short when none of its entries can be read.
        above = {path[:depth] for path, _ in placed for depth in range(len(path))}
        for path, detail in placed:
            if not self._is_there(path[:-1]):
                continue  # what it stood in was taken for something else just before, and is told
            if detail["type"] == "missing":
                # A misspelt key may have been put right just before.
                if path[-1] not in self._at(path[:-1]):
                    self._tell(path, missing_key(str(path[-1]), self.schema.at(path, self.value)))
                    self.replace(path)
            elif detail["type"] == "extra_forbidden" or path in above or path in self.replaced:
                continue
            elif any(path[: len(home)] == home for home in of_two_kinds):
                self.replace(path)
            elif detail["type"].startswith(_OF_NO_KIND):
                self._repair_kind(path, detail)
            else:
                self._tell(path, unfit(detail, self.schema.at(path, self.value)))
                self.replace(path)

    def fill(self, path: Path) -> None:
        """Tell of a known key without a value; an unknown one is told as such."""
        node = self.schema.at(path, self.value)
        if node is not None:
            above = self.schema.at(path[:-1], self.value) or {}
            self._tell(path, nothing_written(node, path[-1] not in above.get("required", path)))
            self.replace(path)

    def replace(self, path: Path) -> None:
        """Let something harmless stand in at a place where something may stand."""
        node, above = self.schema.at(path, self.value), self._at(path[:-1])
        if node is not None:
            above[path[-1]] = self.schema.placeholder(node, inside(above, path[-1]))
            self.replaced.add(path)

    def _tell(self, path: Path, fault: Fault) -> None:
        self.faults.append((path, fault))

    def _at(self, path: Path) -> Any:
        value: Any = self.value
        for part in path:
            value = value[part]
        return value

    def _is_there(self, path: Path) -> bool:
        """Whether a place is still there after what was put right."""
        try:
            self._at(path)
        except (KeyError, IndexError, TypeError):
            return False
        return True

    def _two_kinds(self, path: Path, unknown: Sequence[Path]) -> tuple[str, str] | None:
        """Of a key that belongs to another kind of term than the one that is read: the key that
        names the one that is read, and that which names the other.
        """
        home, above = path[:-1], self._at(path[:-1])
        kept, others = [], []
        for kind in self.schema.kinds_at(home, self.value):
            key = naming_key(kind)
            if key in above and (*home, key) not in unknown:
                kept.append(key)
            elif key in above and path[-1] in keys_of(kind):
                others.append(key)
        return (kept[0], others[0]) if kept and others else None

    def _repair_second_kind(self, path: Path, kept: str, other: str) -> None:
        """Tell of two kinds of terms in one, once for each further kind, and go on with the first;
        nothing else of the term is believed.
        """
        if path[-1] == other:
            kinds = self.schema.kinds_at(path[:-1], self.value)
            self._tell(path, second_kind(other, kept, list(map(naming_key, kinds))))
        del self._at(path[:-1])[path[-1]]
        self.replaced.add(path[:-1])

    def _repair_unknown(self, path: Path) -> None:
        """Tell of an unknown key, and go on with the key that may have been meant."""
        above, wrong = self._at(path[:-1]), str(path[-1])
        known = keys_of(self.schema.at(path[:-1], self.value))
        free = [key for key in known if key not in above]
        is_bare = above[wrong] is None and path not in self.document.unreadable
        first = re.split(r"[\s:]", wrong)[0]
        before = list(above)[: list(above).index(wrong)]
        if is_bare and first in free:
            whole = (*path[:-1], first)
            self._tell(path, no_colon(first))
        elif is_bare and before and not re.fullmatch("[a-z_]+", wrong):
            whole = (*path[:-1], before[-1])
            self._tell(whole, split_by_comma(before[-1], f"{above.pop(before[-1])},{wrong}"))
        else:
            self._tell(path, unknown_key(wrong, known))
            return self._rename(path, closest(wrong, free))
        del above[wrong]
        return self.replace(whole)

    def _rename(self, path: Path, meant: str | None) -> None:
        above = self._at(path[:-1])
        written = above.pop(path[-1])
        if meant is not None:
            above[meant] = written
            self.document.rename(path, meant)

    def _repair_kind(self, path: Path, detail: ErrorDetails) -> None:
        """Tell that a term is of no kind, and go on with the kind that may have been meant."""
        written = self._at(path)
        kinds = [kind for kind in self.schema.kinds_at(path, self.value) if naming_key(kind)]
        names = list(dict.fromkeys(map(naming_key, kinds)))
        for key in written if isinstance(written, dict) else ():
            meant = closest(key, names)
            if meant == key:
                choices = [kind["properties"][key]["const"] for kind in kinds]
                self._tell((*path, key), no_choice(written[key], choices))
                guess = closest(str(written[key]), choices)
                if guess is None:
                    return self.replace(path)
                written[key] = guess
                return self.replaced.add((*path, key))
            if meant is not None:
                self._tell((*path, key), unknown_key(key, names))
                return self._rename((*path, key), meant)
        self._tell(path, unfit(detail, None))
        return self.replace(path)


def repaired(model: type[Terms], document: Located) -> Repair[Terms]:
    """A document, which must hold keys with values, fitted into a model."""
    repair: Repair[Terms] = Repair(model, copy.deepcopy(document.value), document)
    for path in sorted(document.unreadable, key=len, reverse=True):
        repair.replace(path)
    for path in list(islice(_empty(repair.value, ()), MOST_FAULTS)):
        repair.fill(path)
    told = -1
    # Every round mends all that it finds; a further one is needed where that opened a new place.
    while told < len(repair.faults):
        told = len(repair.faults)
        try:
            repair.terms = model.model_validate(repair.value, by_name=False)
        except ValidationError as error:
            repair.put_right(error.errors(include_url=False)[:MOST_FAULTS])
            if len(repair.faults) >= MOST_FAULTS:
                break
    return repair


def _outside(path: Path, places: set[Path]) -> bool:
    return not any(path[:depth] in places for depth in range(len(path) + 1))


def _empty(value: Any, path: Path) -> Iterator[Path]:
    """Every place at which nothing is written."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for part, entry in entries:
        if entry is None:
            yield (*path, part)
        elif isinstance(entry, dict | list):
            yield from _empty(entry, (*path, part))


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
