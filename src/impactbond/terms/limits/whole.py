"""Limits on the whole: on everything, or on some of what is paid for, whoever pays it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from impactbond.money import minor_units, show_share
from impactbond.terms.applicability import Only, with_attributes
from impactbond.terms.diagnostic import Diagnostics, Path, entry, fault_at, listing
from impactbond.terms.limits.limit import LimitedContract, LimitKind, MostPhrase
from impactbond.terms.parties import Funder
from impactbond.terms.reference import NameOf, PayableName
from impactbond.terms.term import OneOrMany
from impactbond.terms.words import MoneyWords, plain

_EACH = ("year", "period", "participant")
_ATTRIBUTES: Path = ("participants", "attributes")
EachName = Annotated[str, NameOf(("attributes",), _EACH, "attribute")]
BeyondTheWhole = Literal["unpaid", "next year"]
Column = Any  # one number, or an array of them

_FIRST = {
    "earliest": "the earliest claims come first",
    "highest price": "the claims with the highest price come first",
    "in proportion": "all claims are cut in the same proportion",
}
_FIRST_IN_SHORT = {
    "earliest": [],
    "highest price": ["the highest price comes first"],
    "in proportion": ["every claim is paid in proportion"],
}
_STRADDLING = {
    "part paid": "a claim that reaches over the limit is paid in part",
    "unpaid": "a claim that reaches over the limit is not paid, nor is what comes after it",
}
_BEYOND = {
    "unpaid": "what lies beyond it is not paid, unless there is room again",
    "next year": "what lies beyond it is paid from the room of later years",
}


class WholeLimit(LimitKind):
    """A limit that is applied before the money is shared.

    `each` is year, period, participant, or an attribute: the limit is on each one by itself.
    `first` says which claims come first, `straddling` what becomes of the claim that reaches over
    the limit. Money beyond a yearly limit may be paid from the room of the next year. What has no
    participant, such as a fee, is under no limit on claims, participants or attributes. A result
    has no price, and comes last where the highest price comes first; where it falls, it takes back
    no more than the limit had let through of it.

    A share limits those alone that `only` names, by a number: rounded down, the share of all claims
    that stand, of everybody; of all participants who have one; or of all claims that are paid.
    The last is the largest number n with n ≤ share × (n + others paid). Paid is what this limit and
    those before it let through at the claim date, be it in part; so no limit after it may be on the
    same, and what a funder leaves unpaid under its own limit counts as paid.
    """

    each: EachName | None = None
    """By what it holds apart: year, period, participant, or an attribute."""
    only: Only = Field(default_factory=dict)
    """Whom it is for: an attribute with the values that count, {borough: [north]}."""
    first: Literal["earliest", "highest price", "in proportion"] = "earliest"
    """Which claims come first."""
    straddling: Literal["part paid", "unpaid"] = "part paid"
    """What becomes of the claim that reaches over it."""
    if TYPE_CHECKING:
        beyond: BeyondTheWhole

    @abstractmethod
    def is_on(self, payable: str) -> bool:
        """Whether it is on something that is paid for."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """What it names: what it is on, or what it leaves out."""

    @property
    @abstractmethod
    def is_on_every_payable(self) -> bool:
        """Whether it is on everything that is paid for, by what it is."""

    @property
    @abstractmethod
    def what(self) -> str:
        """What it is on in a few words, beside its scope and how it counts."""

    @abstractmethod
    def check_names(self, contract: LimitedContract, path: Path) -> Diagnostics:
        """What is wrong with what it names."""

    @abstractmethod
    def on(self, words: MoneyWords) -> str:
        """What it is on, as the end of a sentence."""

    @property
    def name(self) -> str:
        only = "".join(f" {name} {', '.join(values)}" for name, values in self.only.items())
        each = f" each {self.each}" if self.each else ""
        in_number = "" if self.at_most.of == "money" else f" in {self.at_most.of}"
        return f"{self.what}{' only' if only else ''}{only}{each}{in_number}"

    @property
    def thing(self) -> Hashable:
        only = frozenset((name, frozenset(values)) for name, values in self.only.items())
        return type(self), frozenset(self.names), self.each, only, self.at_most.of

    def passes_by(self, contract: LimitedContract, name: str) -> bool:
        """Whether it tells apart what something that is no milestone does not: participants, their
        claims or their attributes. A result has the one attribute that it is worked out for, a fee
        none: by any other, the limit could not tell in which group they count.
        """
        attributes = {each for each in (self.each, *self.only) if each in contract.grouping}
        result = contract.results.get(name)
        known = {result.each} if result is not None else set()
        in_number = self.at_most.of != "money"
        return in_number or self.each == "participant" or not attributes <= known

    @property
    def is_yearly(self) -> bool:
        return self.each == "year"

    @property
    def is_plain(self) -> bool:
        """Whether it is on everybody together, over the whole term."""
        return self.each is None and not self.only

    @property
    def is_on_everything(self) -> bool:
        return self.is_on_every_payable and self.is_plain and self.at_most.of == "money"

    @property
    def asks_single_claims(self) -> bool:
        """Whether it looks at single claims, so that equal ones cannot be counted together."""
        of_people = self.each == "participant" or self.at_most.is_of_people
        return of_people or self.straddling == "unpaid"

    def concerns(self, payable: str, paying: Collection[str]) -> bool:
        return self.is_on(payable)

    def most_on(self, funders: Mapping[str, Funder], day: date) -> Decimal | None:
        return self.at_most.amount if self.at_most.of == "money" else None

    def most_in_all(self, funders: Mapping[str, Funder]) -> Decimal | None:
        return self.at_most.amount if self.is_on_everything else None

    def headroom(self, claims: Callable[[], Column], currency: str) -> Column:
        """How many minor units, claims or participants it lets through.

        `claims` gives what a share is worked out from: how many claims stand of what it names, how
        many of the others are paid, or how many participants have a claim.
        """
        part = self.at_most.share
        match self.at_most.of:
            case "money":
                return minor_units(self.at_most.amount, currency)
            case "share of claims" | "share of participants":
                # Rounded down: a claim of which only a part is within the share is beyond it.
                return claims() * part.numerator // part.denominator
            case "share of paid claims":
                # n ≤ part × (n + others), solved for n.
                return claims() * part.numerator // (part.denominator - part.numerator)
            case _:
                return self.at_most.number

    def precedence(self, price: Column) -> Column:
        """What decides which claims come first, before the order of settlement: the least does."""
        # A column of nothing and not a number, so that it sorts beside others.
        return -price if self.first == "highest price" else 0 * price

    def check(self, contract: LimitedContract, path: Path) -> Diagnostics:
        yield from self.check_names(contract, path)
        yield from self._check_each(contract, (*path, "each"))
        yield from self._contradictions(path)
        if self.at_most.of == "share of paid claims" and self.only:
            values = contract.participants.attributes
            are_all = (
                isinstance(every := values.get(name), tuple) and set(every) <= set(named)
                for name, named in self.only.items()
            )
            if all(are_all):  # of what is paid to nobody else there is no share
                problem = "everybody is limited to a share of what is paid, so that nothing is"
                hint = "Take out of only those whose claims are not limited"
                place = (*path, "only")
                yield fault_at(
                    place, "share_of_everything", problem, hint=hint, rests=(_ATTRIBUTES,)
                )

    def _check_each(self, contract: LimitedContract, path: Path) -> Diagnostics:
        if self.each in _EACH and self.each in contract.participants.attributes:
            problem = f"'{self.each}' is an attribute of participants, and a limit means its own"
            hint = "Give the attribute another name"
            yield fault_at(path, "each_unclear", problem, hint=hint, rests=(_ATTRIBUTES,))

    def _contradictions(self, path: Path) -> Diagnostics:
        """Terms of the limit that contradict each other, at the one to change."""
        most, at_most = self.at_most.of, (*path, "at_most")
        if most == "commitment":
            problem = "only a funder has a commitment"
            hint = "Write an amount or a number of claims, or a limit on the funder"
            yield fault_at(at_most, "not_a_funder", problem, hint=hint)
        if self.at_most.is_share and not self.only:
            problem = f"a {most} must be on some of them only"
            hint = "Add only: and the attribute of those whose share is limited"
            yield fault_at(at_most, "share_of_everything", problem, hint=hint)
        if most == "share of paid claims" and self.at_most.share == 1:
            problem = "all claims that are paid may always be paid: the limit limits nothing"
            yield fault_at(at_most, "share_of_itself", problem, hint="Lower it, or take it out")
        if self.at_most.is_of_people and self.each == "participant":
            problem = "each participant is one participant"
            hint = "Leave out each, or write an amount or a number of claims"
            yield fault_at((*path, "each"), "each_of_itself", problem, hint=hint)
        # A term without effect is refused, not passed over: its reader would count on it.
        in_proportion = self.first == "in proportion"
        if in_proportion and most == "share of paid claims":
            problem = "claims cut in proportion are all paid in part: no number of them is paid"
            hint = "Leave out first, or write highest price"
            yield fault_at((*path, "first"), "share_in_proportion", problem, hint=hint)
        if self.straddling == "unpaid" and (in_proportion or most != "money"):
            why = "in proportion" if in_proportion else "a limit in number"
            problem = f"no claim reaches over the limit: {why} pays no claim in part by chance"
            place = (*path, "straddling")
            yield fault_at(place, "nothing_straddles", problem, hint="Leave out straddling")
        if self.beyond == "next year" and not (self.is_yearly and most in ("money", "claims")):
            problem = "only a limit on each year, on money or claims, has room in the next year"
            hint = "Add each: year, or write beyond: unpaid"
            yield fault_at((*path, "beyond"), "no_next_year", problem, hint=hint)

    def says(self, words: MoneyWords) -> str:
        told = {None: "", "year": "in each year of the contract, ", "period": "in each period, "}
        each = told.get(self.each, f"for each {plain(self.each or '')} by itself, ")
        only = f", counting {with_attributes(self.only)} alone" if self.only else ""
        orders = [_FIRST[self.first], _STRADDLING[self.straddling], _BEYOND[self.beyond]]
        if self.at_most.is_share:
            return f"{each}{self._share_says(words)}: {'; '.join(orders)}"
        return f"{each}{self.most_is_paid(words)} {self.on(words)}{only}: {'; '.join(orders)}"

    def _share_says(self, words: MoneyWords) -> str:
        """Which number of whose claims is paid, as a share of which number of everybody's."""
        on, few = self.on(words), with_attributes(self.only) or "participants"
        part = f"rounded down, {show_share(self.at_most.share)} of the number of"
        match self.at_most.of:
            case "share of claims":
                says = f"at most so many claims of {few} are paid {on} as make, {part} all claims"
                return f"{says} that stand {on}, of all participants, paid or not"
            case "share of paid claims":
                says = f"at most so many claims of {few} are paid {on} that they make no more than"
                says += f" {show_share(self.at_most.share)} of the number of all claims that are"
                return f"{says} paid {on} to date, of all participants, these included"
            case _:
                says = f"claims {on} are paid of at most so many {few} as make, {part} all"
                return f"{says} participants who have a claim {on}, paid or not"

    def scope(self, words: MoneyWords) -> list[str]:
        found = []
        if self.each:
            told = {"year": "in each year of the contract", "period": "in each period"}
            found.append(told.get(self.each, f"for each {self.each}"))
        if self.only:
            only = "; ".join(f"{name} {', '.join(values)}" for name, values in self.only.items())
            found.append(f"only {only}")
        return found

    def beyond_in_words(self, words: MoneyWords, *, by_name: bool = False) -> str:
        room = "paid from the room of the next year"
        found = [room if self.beyond == "next year" else self.beyond, *_FIRST_IN_SHORT[self.first]]
        if self.straddling == "unpaid":
            found.append("the claim that reaches over it is not paid, nor any after it")
        return "; ".join(found)


class ContractLimit(WholeLimit):
    """The most that the whole contract pays; `besides` names what does not count towards it."""

    key: ClassVar[str] = "contract"
    contract: Literal["whole"]
    """All that is paid for: whole."""
    at_most: MostPhrase
    """Money, claims or participants, such as 90000.00, 300 claims or 40% of claims."""
    besides: OneOrMany[PayableName] = ()
    """What it does not count, by name."""
    beyond: BeyondTheWhole
    """What becomes of what lies beyond: unpaid, or next year."""

    def is_on(self, payable: str) -> bool:
        return payable not in self.besides

    @property
    def names(self) -> tuple[str, ...]:
        return self.besides

    @property
    def is_on_every_payable(self) -> bool:
        return not self.besides

    @property
    def what(self) -> str:
        return "contract" + (f" besides {', '.join(self.besides)}" if self.besides else "")

    def check_names(self, contract: LimitedContract, path: Path) -> Diagnostics:
        yield from _check_payables(contract, self.besides, (*path, "besides"))
        if set(contract.payables) <= set(self.besides):
            problem = "the limit leaves everything out"
            hint = "Take out of 'besides' what it is on"
            rests = (("milestones",),)
            yield fault_at((*path, "besides"), "limits_nothing", problem, hint=hint, rests=rests)

    def on(self, words: MoneyWords) -> str:
        besides = f", not counting {words.payables(self.besides)}" if self.besides else ""
        return f"under the whole contract{besides}"

    def subject(self, words: MoneyWords) -> str:
        return "Everything paid under the contract"

    def scope(self, words: MoneyWords) -> list[str]:
        besides = f"besides {', '.join(map(words.title, self.besides))}"
        return [*super().scope(words), *([besides] if self.besides else [])]


class MilestoneLimit(WholeLimit):
    """The most that is paid for one milestone, or for several together, over the whole contract."""

    key: ClassVar[str] = "milestone"
    milestone: OneOrMany[PayableName]
    """The milestone, result or fee, or the list of them, that it is on."""
    at_most: MostPhrase
    """Money, claims or participants, such as 90000.00, 300 claims or 40% of claims."""
    beyond: BeyondTheWhole
    """What becomes of what lies beyond: unpaid, or next year."""

    def is_on(self, payable: str) -> bool:
        return payable in self.milestone

    @property
    def names(self) -> tuple[str, ...]:
        return self.milestone

    @property
    def is_on_every_payable(self) -> bool:
        # It stays on what it names when something else comes to be paid for.
        return False

    @property
    def what(self) -> str:
        return f"milestone {', '.join(self.milestone)}"

    def check_names(self, contract: LimitedContract, path: Path) -> Diagnostics:
        place = (*path, "milestone")
        if not self.milestone:
            problem = "the limit names no milestone"
            yield fault_at(place, "limits_nothing", problem, allowed=listing(contract.payables))
        yield from _check_payables(contract, self.milestone, place)
        yield from self._check_apart(contract, place)

    def _check_apart(self, contract: LimitedContract, path: Path) -> Diagnostics:
        """A limit on participants or claims cannot be on what is of no participant, or no claim."""
        for index, name in enumerate(self.milestone):
            if name in contract.milestones or name not in contract.payables:
                continue
            if self.passes_by(contract, name):
                place = entry(path, index, len(self.milestone))
                problem = f"the limit tells participants apart, and '{name}' is of no participant"
                hint = "Take it out, or write a limit of its own"
                rests = (("results",), ("fees",), _ATTRIBUTES)
                yield fault_at(place, "of_no_participant", problem, hint=hint, rests=rests)

    def on(self, words: MoneyWords) -> str:
        together = " together" if len(self.milestone) > 1 else ""
        return f"for {words.payables(self.milestone)}{together}"

    def subject(self, words: MoneyWords) -> str:
        return f"Milestone: {', '.join(map(words.title, self.milestone))}"


def _check_payables(contract: LimitedContract, names: Sequence[str], path: Path) -> Diagnostics:
    """What a limit names must be named once."""
    for index, name in enumerate(names):
        if name in contract.payables and name in names[:index]:
            place = entry(path, index, len(names))
            yield fault_at(place, "named_twice", f"the limit names '{name}' twice", hint="Keep one")
