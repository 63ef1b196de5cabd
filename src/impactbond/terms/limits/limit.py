"""What every kind of limit says of itself.

A kind is one class: what a file may write, what it is called, what is wrong with it, what it is on
and how much it lets through, and how contract, statement and explanation word it. A limit is on the
whole (`WholeLimit`), applied before the money is shared, or on what a funder pays (`ShareLimit`).
The arithmetic on columns is settlement's, and is driven by what a kind says here.

And what a limit lets through, as a phrase: an amount, a number, or a share of what is claimed.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from impactbond.money import show_share
from impactbond.terms.calendar import Calendar
from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.kind import Kind, Kinds, OfKind
from impactbond.terms.parties import Funder, Participants
from impactbond.terms.phrases import parse_part
from impactbond.terms.term import Cited, checked_amount
from impactbond.terms.words import MoneyWords, counted

# What a limit takes a share of, as a file writes it, and what it is called.
_MOST_OF = {
    "of claims": "share of claims",
    "of paid claims": "share of paid claims",
    "of participants with claims": "share of participants",
}
_MOST = re.compile(rf"(\S+(?: ?/ ?\d+)?) (claims?|participants?|{'|'.join(_MOST_OF)})")


@dataclass(frozen=True, slots=True)
class Most:
    """What a limit lets through: an amount of money, so many claims or participants, what a funder
    has committed, or a share: of all claims, paid or not; of the claims that are paid; of the
    participants who have a claim, paid or not.
    """

    of: Literal[
        "money",
        "claims",
        "participants",
        "commitment",
        "share of claims",
        "share of paid claims",
        "share of participants",
    ]
    amount: Decimal = Decimal(0)
    number: int = 0
    share: Fraction = Fraction(0)

    @property
    def is_share(self) -> bool:
        """Whether it is a share of a number that is only known when claims are."""
        return self.of in _MOST_OF.values()

    @property
    def is_of_people(self) -> bool:
        """Whether it counts participants, not what is paid for them."""
        return self.of in ("participants", "share of participants")

    @classmethod
    def parse(cls, value: object) -> Most:
        """A limit from a number, or from text such as `300 claims` or `40% of claims`.

        Raises ValueError for anything else.
        """
        if isinstance(value, Most):
            return value
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return cls("money", checked_amount(value))
        text = " ".join(value.split()) if isinstance(value, str) else ""
        if text == "commitment":
            return cls("commitment")
        match = _MOST.fullmatch(text)
        if match and match[2] in _MOST_OF:
            return cls(_MOST_OF[match[2]], share=parse_part(match[1]))  # type: ignore[arg-type]
        if match and match[1].isdigit() and len(match[1]) <= 12:
            return cls(f"{match[2].removesuffix('s')}s", number=int(match[1]))  # type: ignore[arg-type]
        raise ValueError(
            "not what a limit may let through: write an amount in digits, such as 5000.00, 300"
            " claims, 20 participants, commitment, or a share: 40% of claims (of all that stand,"
            " paid or not), 40% of paid claims (these among them), or 40% of participants with"
            " claims (name a milestone at a price of nothing as well that everybody achieves at the"
            " start, if everybody counts)"
        )

    def __str__(self) -> str:
        match self.of:
            case "money":
                return f"{self.amount:f}"
            case "commitment":
                return "commitment"
            case of if self.is_share:
                written = next(text for text, known in _MOST_OF.items() if known == of)
                return f"{show_share(self.share)} {written}"
            case counted:
                return f"{self.number} {counted}"


MostPhrase = Annotated[
    Most,
    BeforeValidator(Most.parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "examples": ["300 claims", "40% of paid claims", "commitment"]},
            ]
        }
    ),
]


# The whole that a share is of, in words that cannot mean another one.
_WHOLE_OF = {
    "share of claims": "all claims, paid or not",
    "share of paid claims": "all claims that are paid, these included",
    "share of participants": "all participants with a claim, paid or not",
}


class LimitedContract(Protocol):
    """The parts of a contract that a limit is about."""

    @property
    def payables(self) -> Sequence[str]: ...
    @property
    def milestones(self) -> Mapping[str, Any]: ...
    @property
    def results(self) -> Mapping[str, Any]: ...
    @property
    def funders(self) -> Mapping[str, Funder]: ...
    @property
    def participants(self) -> Participants: ...
    @property
    def grouping(self) -> Collection[str]: ...
    @property
    def calendar(self) -> Calendar: ...


class LimitKind(Cited, Kind):
    """A limit, of any kind."""

    demands: ClassVar[tuple[str, ...]] = ("at_most", "beyond")
    if TYPE_CHECKING:
        # A field of every kind, which a file writes after what the limit is on.
        at_most: Most

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is on, in a few words: `contract`, `milestone sign_up each year`.

        No two limits of a contract have the same name.
        """

    @property
    @abstractmethod
    def thing(self) -> Hashable:
        """What it is on and how it counts: no contract has two limits of which that is the same."""

    @property
    @abstractmethod
    def is_yearly(self) -> bool:
        """Whether it is on each year of the contract by itself."""

    @property
    @abstractmethod
    def is_on_everything(self) -> bool:
        """Whether it is on all the money of the contract, to date."""

    @property
    def on_funder(self) -> str | None:
        """The funder whose payments it limits; None for a limit on the whole."""
        return None

    @property
    def taker(self) -> str | None:
        """The funder that pays what lies beyond it; None where nobody does."""
        return None

    @property
    def amounts(self) -> Mapping[Path, Decimal]:
        """Its amounts by their places from here, none of which may be finer than the currency."""
        return {("at_most",): self.at_most.amount}

    @abstractmethod
    def concerns(self, payable: str, paying: Collection[str]) -> bool:
        """Whether it is about something that is paid for, by these funders."""

    @abstractmethod
    def most_on(self, funders: Mapping[str, Funder], day: date) -> Decimal | None:
        """How much money it lets through as of a claim date; None for a limit in number."""

    @abstractmethod
    def most_in_all(self, funders: Mapping[str, Funder]) -> Decimal | None:
        """The most that all together, or one funder, ever pay under it; None where it does not say
        so.
        """

    @abstractmethod
    def check(self, contract: LimitedContract, path: Path) -> Diagnostics:
        """What is wrong with it by itself; `path` is where it stands."""

    @abstractmethod
    def says(self, words: MoneyWords) -> str:
        """The limit in one sentence of the contract: on what, how much, what happens beyond it."""

    @abstractmethod
    def subject(self, words: MoneyWords) -> str:
        """What it is on, as a statement calls it: `Milestone: Sign-up`."""

    @abstractmethod
    def scope(self, words: MoneyWords) -> list[str]:
        """For what of that it is by itself, or alone, in the words of a statement."""

    @abstractmethod
    def beyond_in_words(self, words: MoneyWords, *, by_name: bool = False) -> str:
        """What becomes of what lies beyond it, and how that is found where it is not the usual way;
        a funder stands there as the contract refers to it, or by its name.
        """

    def subject_in_full(self, words: MoneyWords) -> str:
        """What it is on, with its scope: `Milestone: Sign-up, for each participant`."""
        return ", ".join([self.subject(words), *self.scope(words)])

    def terms_in_words(self, words: MoneyWords) -> str:
        """Everything it says beside what it is on: `at most £500.00; beyond it: unpaid`."""
        terms = [f"at most {self.most_in_words(words)}", *self.scope(words)]
        return f"{', '.join(terms)}; beyond it: {self.beyond_in_words(words)}"

    def most_in_words(self, words: MoneyWords) -> str:
        """How much it lets through: money as people write it, or a number of claims."""
        most = self.at_most
        match most.of:
            case "money":
                return words.money(most.amount)
            case "commitment":
                return "what it has committed"
            case _ if most.is_share:
                return f"{show_share(most.share)} of {_WHOLE_OF[most.of]}"
            case of:
                return counted(most.number, of[:-1])

    def most_is_paid(self, words: MoneyWords) -> str:
        """How much it lets through, as the start of a sentence."""
        most = self.at_most
        match most.of:
            case "money":
                return f"at most {words.money(most.amount)} is paid"
            case "claims":
                return f"at most {counted(most.number, 'claim')} are paid"
            case "participants":
                return f"claims of at most {counted(most.number, 'participant')} are paid"
            case "commitment":
                return "at most what has been committed is paid"
            case _:
                what = "participants" if most.is_of_people else "claims"
                return f"at most {show_share(most.share)} of {what} are paid"


def _how_to_write(keys: tuple[str, ...]) -> str:
    named = " or ".join(f"{key}:" for key in keys if key != "contract")
    return f"write contract: whole, or {named} and its name"


LIMITS: Kinds[LimitKind] = Kinds("limit", LimitKind, _how_to_write)
Limit = Annotated[LimitKind, OfKind(LIMITS)]
