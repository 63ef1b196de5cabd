"""What can go wrong, and how it is told. All that a user can put right is an ImpactBondError."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from impactbond.texts import as_counted

MOST_TOLD = 1_000  # letters of each part of a fault
_LONGEST_NAME = 255  # of a file, on every system


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: where it is, what it is, what was found, what is allowed, what to do.

    No field ever holds a child's value: `found` names a kind of content ("text", "a date after
    ..."), a term of the contract, or a count. Of what is longer than `MOST_TOLD`, the first part is
    told.
    """

    file: str = ""
    sheet: str = ""
    line: int = 0
    row: int = 0
    column: str = ""
    clause: str = ""
    code: str = ""
    problem: str = ""
    found: str = ""
    allowed: str = ""
    hint: str = ""

    def __post_init__(self) -> None:
        if not _is_name(self.file):
            object.__setattr__(self, "file", "")
        for name in ("clause", "problem", "found", "allowed", "hint"):
            if len(told := getattr(self, name)) > MOST_TOLD:
                object.__setattr__(self, name, f"{told[:MOST_TOLD]}…")

    def __lt__(self, other: Fault) -> bool:
        """Whether it comes before another: part by part, numbers in texts as people count."""
        for name in self.__slots__:
            one, two = getattr(self, name), getattr(other, name)
            if one != two:
                texts = isinstance(one, str)
                return bool(as_counted(one) < as_counted(two) if texts else one < two)
        return False

    @property
    def place(self) -> str:
        """Where the fault is, as a reader would look for it."""
        parts = [
            self.file,
            f"line {self.line}" if self.line else "",
            f"sheet '{self.sheet}'" if self.sheet else "",
            f"row {self.row}" if self.row else "",
            f"column '{self.column}'" if self.column else "",
            f"at {self.clause}" if self.clause else "",
        ]
        return ", ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, str | int]:
        """The fault as plain data, for `--json`."""
        return asdict(self)

    def __str__(self) -> str:
        text = f"{self.place}: {self.problem}" if self.place else self.problem
        if self.found:
            text += f"; found {self.found}"
        if self.allowed:
            text += f"; allowed: {self.allowed}"
        return f"{text}. {self.hint}" if self.hint else f"{text}."


def _is_name(text: str) -> bool:
    """Whether a file may be called so."""
    return len(text) <= _LONGEST_NAME and not any(letter < " " for letter in text)


def unopened(path: Path, error: OSError | ValueError) -> Fault:
    """The fault of a file that cannot be opened; of its path only the name is told, and nothing of
    a text that was given for one: it may be a delivery.
    """
    if not _is_name(path.name):
        hint = "Write the text to a file, and name that"
        return Fault(code="not_a_path", problem="this is no name of a file", hint=hint)
    # A name that no file has, with half a character in it, is a ValueError.
    why = error.strerror if isinstance(error, OSError) else "the system does not take such a name"
    problem = f"the file cannot be opened: {why}"
    hint = "Check its name, its folder, and that you may read it"
    return Fault(file=path.name, code="no_file", problem=problem, hint=hint)


@contextmanager
def libraries_unheard() -> Iterator[None]:
    """Within it no library's warning is passed on: one may quote the file that it reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class ImpactBondError(Exception):
    """Something a user can put right.

    `faults` lists everything that was found wrong, in reading order. `wrote` says whether anything
    was written before it was found.
    """

    wrote = False

    def __init__(self, summary: str, faults: Iterable[Fault] = ()) -> None:
        self.summary = summary
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        super().__init__(summary)

    def __str__(self) -> str:
        return "\n".join([self.summary, *(f"  - {fault}" for fault in self.faults)])


def assert_one_of(
    given: object, name: str, allowed: Iterable[object], error: type[ImpactBondError]
) -> None:
    """Raises `error` unless what was given as the argument `name` is one of the words allowed."""
    words = list(allowed)
    # By type too: True equals 1, and a list cannot be looked up in a set.
    if not any(type(given) is type(word) and given == word for word in words):
        told = f"{given[:40]!a}" if isinstance(given, str) else f"a {type(given).__name__}"
        fault = Fault(
            code="unknown_word",
            problem=f"{name} is none of the words that are known",
            found=told,
            allowed=", ".join(map(str, words)),
            hint="Write one of these",
        )
        raise error("An argument cannot be used.", [fault])


def not_installed(what: str, library: str, extra: str) -> Fault:
    """The fault of what needs a library that comes with an extra of impactbond alone."""
    return Fault(
        code="not_installed",
        problem=f"{what} {library}, which is not installed",
        # Most have the repository and no package index; double quotation marks are Windows's too.
        hint=f'Install it with python -m pip install ".[{extra}]" in the folder of the repository, '
        f'or "impactbond[{extra}]" where it came from a package index',
    )


class ContractError(ImpactBondError):
    """The contract cannot be trusted as written."""


class InstrumentError(ImpactBondError):
    """A questionnaire cannot be scored by the instrument as written."""


class EvidenceError(ImpactBondError):
    """The evidence cannot be used as delivered."""


class SettlementError(ImpactBondError):
    """What was asked cannot be settled."""


class AssumptionError(ImpactBondError):
    """What a simulation assumes does not fit together, or does not fit the contract."""


class SimulationError(ImpactBondError):
    """A simulation was begun, and not every future came back."""


class ReceiptError(ImpactBondError):
    """The receipts cannot be used as delivered."""


class YearEndError(ImpactBondError):
    """A year end cannot be drawn up as asked, or what was filed cannot be trusted."""


class StatementError(ImpactBondError):
    """A statement cannot be written, or does not verify."""


class PageError(ImpactBondError):
    """A page cannot be made as asked, or cannot be written."""


class RecordError(ImpactBondError):
    """A record is damaged, of another version, or does not regenerate."""


class DisclosureError(ImpactBondError):
    """What is asked cannot be published, or a reference cannot be replaced, as asked."""


class EngineError(ImpactBondError):
    """A query engine could not finish: it lacked memory or room, or lost what it was reading.

    What the engine itself says is not repeated, because it may hold what stands in the rows.
    """


class InvariantError(Exception):
    """A promise of this library does not hold. Please report it: it is our mistake."""
