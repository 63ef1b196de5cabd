"""What every kind of metric says of itself, and the three ways in which a value is written.

A cell holds an answer (yes or no), one of a few words, or a number. A kind is one of these by its
base class, and adds what its values mean. In evidence every value is a whole number.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import ceil, floor
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from impactbond.dates import LAST_DAY_NUMBER
from impactbond.errors import Fault
from impactbond.terms.diagnostic import Diagnostics, Path, around, fault_at
from impactbond.terms.kind import Kind, Kinds, OfKind
from impactbond.terms.term import Cited, Listed
from impactbond.terms.words import counted, listed

LARGEST = 2**30  # a value, a day and a day of recording are packed into one 64-bit integer


class ValueDays(NamedTuple):
    """A value that counts, and the first and the last day number on which it does."""

    value: int
    first: int = 0
    last: int = LAST_DAY_NUMBER

    @property
    def is_always(self) -> bool:
        """Whether the value counts on every day that evidence can speak of."""
        return (self.first, self.last) == (0, LAST_DAY_NUMBER)


Values = tuple[ValueDays, ...]


class MetricTerm(Cited, Kind):
    """A metric: evidence from any source, or from these alone."""

    lasts: ClassVar[bool]
    """Whether a value holds from its row's day until the day before the next row."""
    one_a_day: ClassVar[bool]
    """Whether two rows of one participant and day that differ contradict each other."""
    observed: ClassVar[str] = "recorded"
    """What is said of a row that counts, with what was found."""

    sources: Listed[str] = ()
    """The sources whose evidence is accepted, such as [school]; without any, all."""
    kind: str

    @property
    def places(self) -> int:
        """How many decimals a value has; a value in evidence is scaled up by as many."""
        return 0

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that may be written, where there are only a few."""
        return ()

    @property
    @abstractmethod
    def allowed(self) -> str:
        """What may be written, in words."""

    @property
    @abstractmethod
    def bounds(self) -> tuple[int, int]:
        """The least and the largest value as evidence holds them."""

    @abstractmethod
    def shown(self, value: int) -> str:
        """A value of the evidence as people write it: 17, 91.5%, attended, yes."""

    @property
    def slot_names(self) -> tuple[str, ...]:
        """The parts of a day that a row must name one of; of most kinds a day has none."""
        return ()

    @abstractmethod
    def counted(self, marked: Sequence[str] = (), leaving_out: Sequence[str] = ()) -> Values | None:
        """Which values count towards a number of rows, and when; None where any does."""

    @abstractmethod
    def says(self) -> str:
        """What the metric is, in the words of the contract."""

    def says_counted(self, name: str) -> str:
        """That a row is recorded, in the words of the contract; `name` is the metric's, quoted."""
        return f"{name} is recorded"

    def definition(self) -> str:
        """What the metric is, with the sources that its evidence may come from."""
        if not self.sources:
            return self.says()
        of = listed(self.sources, "or")
        return f"{self.says()}; only evidence that comes from {of} counts"

    @abstractmethod
    def check(self, path: Path) -> Diagnostics:
        """What is wrong with the metric by itself; `path` is where it stands."""


METRICS: Kinds[MetricTerm] = Kinds("metric", MetricTerm, "write its kind, one of", by="kind")
Metric = Annotated[MetricTerm, OfKind(METRICS)]


class Answered(MetricTerm):
    """A metric whose values are answers: 1 for yes, 0 for no."""

    observed: ClassVar[str] = "observed"

    @property
    def choices(self) -> tuple[str, ...]:
        return "yes", "no"

    @property
    def allowed(self) -> str:
        return ", ".join(self.choices)

    @property
    def bounds(self) -> tuple[int, int]:
        return 0, 1

    def shown(self, value: int) -> str:
        return "yes" if value == 1 else "no"

    def counted(self, marked: Sequence[str] = (), leaving_out: Sequence[str] = ()) -> Values | None:
        return (ValueDays(1),)

    def says_counted(self, name: str) -> str:
        return f"{name} is recorded as having happened"


class Chosen(MetricTerm):
    """A metric whose values are words of a list, each the place of its word, from 0."""

    noun: ClassVar[str]
    """What one of the words is called: a mark, a state."""

    @property
    @abstractmethod
    def choices(self) -> tuple[str, ...]: ...

    @property
    def allowed(self) -> str:
        return ", ".join(self.choices)

    @property
    def bounds(self) -> tuple[int, int]:
        return 0, len(self.choices) - 1

    def shown(self, value: int) -> str:
        return self.choices[value] if 0 <= value < len(self.choices) else str(value)

    def values_of(self, words: Sequence[str]) -> tuple[int, ...]:
        """The values that stand for some words, in order."""
        return tuple(sorted(map(self.choices.index, words)))


class Numbered(MetricTerm):
    """A metric whose values are numbers, each times 10 to the power of `decimals`."""

    sign: ClassVar[str] = ""
    """What is written after a value."""

    if TYPE_CHECKING:
        decimals: int  # a field of every kind, which stands where the kind's own order wants it

    @property
    @abstractmethod
    def ends(self) -> tuple[Decimal, Decimal]:
        """The lowest and the highest number."""

    @property
    def label(self) -> str:
        """What is written beside the column where values are typed; nothing where none is."""
        return ""

    @property
    def places(self) -> int:
        return self.decimals

    @property
    def fineness(self) -> str:
        """How finely values are taken, in words."""
        places = {0: "whole numbers", 1: "1 decimal"}
        return places.get(self.decimals, f"{self.decimals} decimals")

    @property
    def within(self) -> str:
        """Between which numbers a value is, in words."""
        return f"from {self.ends[0]} to {self.ends[1]}"

    @property
    def allowed(self) -> str:
        if self.decimals == 0:
            return f"a whole number {self.within}"
        return f"a number {self.within} with at most {self.fineness}"

    @property
    def bounds(self) -> tuple[int, int]:
        low, high = (end * 10**self.decimals for end in self.ends)
        return max(ceil(low), 1 - LARGEST), min(floor(high), LARGEST - 1)

    def shown(self, value: int) -> str:
        return f"{Decimal(value).scaleb(-self.decimals):f}{self.sign}"

    def counted(self, marked: Sequence[str] = (), leaving_out: Sequence[str] = ()) -> Values | None:
        return None

    def held(self, amount: Decimal) -> int:
        """An amount as evidence holds it, which it is not finer than."""
        return int(amount.scaleb(self.decimals))

    def too_fine(self, what: str) -> Fault:
        """That something written for the metric is finer than its values are taken."""
        problem, hint = (
            f"{what} is finer than the metric",
            "Round it, or give the metric more decimals",
        )
        return Fault(code="finer_than_metric", problem=problem, allowed=self.fineness, hint=hint)

    @property
    def says_fineness(self) -> str:
        """How finely values are taken, in the words of the contract."""
        if self.decimals == 0:
            return ", in whole numbers"
        return f", to {counted(self.decimals, 'decimal place')}"


def check_kind(
    metrics: Mapping[str, MetricTerm],
    name: str,
    takes: tuple[type[MetricTerm], ...],
    key: str,
    path: Path,
) -> Diagnostics:
    """Whether a metric that there is is of a kind that is looked at in this way."""
    if not isinstance(metrics[name], takes):
        fitting = [kind.key for kind in METRICS if issubclass(kind, takes)]
        problem = f"'{key}' cannot look at a metric of this kind"
        found = f"'{name}', of kind {metrics[name].kind}"
        allowed = f"a metric of kind {' or '.join(fitting)}"
        rests, code = around(("metrics", name), ["kind"]), "wrong_metric_kind"
        yield fault_at(path, code, problem, found=found, allowed=allowed, rests=rests)
