"""Limits on what funders pay, and what happens beyond them: another funder pays, or nobody."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Hashable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Tag

from impactbond.terms.diagnostic import Diagnostics, Path, around, fault_at
from impactbond.terms.limits.limit import LimitedContract, LimitKind, MostPhrase
from impactbond.terms.parties import Funder
from impactbond.terms.reference import FunderName
from impactbond.terms.term import Amount, Some, Term, kind_of
from impactbond.terms.words import MoneyWords, listed

_FUNDERS: Path = ("funders",)


class ShareLimit(LimitKind):
    """A limit that is applied after the money is shared, to what a funder pays."""

    @property
    def on_funder(self) -> str:
        """The funder: what stands at the key that makes it what it is."""
        return str(getattr(self, self.key))

    @property
    @abstractmethod
    def depends_on(self) -> Collection[str]:
        """The funders on whose commitments it depends how much it lets through."""

    @abstractmethod
    def most_on(self, funders: Mapping[str, Funder], day: date) -> Decimal:
        """The most that the funder pays to date as of a claim date, or of each year."""

    @property
    def is_on_everything(self) -> bool:
        return False

    def concerns(self, payable: str, paying: Collection[str]) -> bool:
        return self.on_funder in paying


class PassedTo(Term):
    """What lies beyond a funder's limit is paid by another funder."""

    funder: FunderName
    """The funder that pays what lies beyond."""


def _beyond_kind(value: Any) -> str | None:
    return "(unpaid)" if value == "unpaid" else kind_of(value, {"funder": PassedTo})


Beyond = Annotated[
    Annotated[Literal["unpaid"], Tag("(unpaid)")] | Annotated[PassedTo, Tag("(funder)")],
    Discriminator(
        _beyond_kind,
        custom_error_type="not_a_beyond",
        custom_error_message="not what may happen beyond a limit: write unpaid, or the funder that"
        " takes over, such as {funder: trust}",
    ),
]


class Release(Term):
    """A funder pays only once these funders together have committed so much."""

    committed_by: Some[FunderName]
    """The funders whose commitments are added up."""
    at_least: Amount
    """What they must have committed, in the currency of payments, such as 500000.00."""

    def is_reached(self, funders: Mapping[str, Funder], day: date) -> bool:
        """Whether they have committed so much by a day."""
        joined = sum(funders[name].committed_on(day) for name in self.committed_by)
        return joined >= self.at_least


class FunderLimit(ShareLimit):
    """The most that one funder pays; beyond it another funder pays, or nobody."""

    key: ClassVar[str] = "funder"
    funder: FunderName
    """The funder that it is on."""
    at_most: MostPhrase
    """What the funder pays at most, such as 30000.00, or its commitment."""
    each: Literal["year"] | None = None
    """Whether it holds for each year by itself."""
    released_when: Release | None = None
    """What others must have committed before the funder pays more."""
    beyond: Beyond
    """What becomes of what lies beyond: unpaid, or the funder that pays it."""

    @property
    def name(self) -> str:
        return f"funder {self.funder}" + (f" each {self.each}" if self.each else "")

    @property
    def thing(self) -> Hashable:
        return self.funder

    @property
    def is_yearly(self) -> bool:
        return self.each is not None

    @property
    def taker(self) -> str | None:
        return self.beyond.funder if isinstance(self.beyond, PassedTo) else None

    @property
    def depends_on(self) -> Collection[str]:
        own = {self.funder} if self.at_most.of == "commitment" else set()
        return own | set(self.released_when.committed_by if self.released_when else ())

    @property
    def amounts(self) -> Mapping[Path, Decimal]:
        if self.released_when is None:
            return super().amounts
        return {**super().amounts, ("released_when", "at_least"): self.released_when.at_least}

    def most_on(self, funders: Mapping[str, Funder], day: date) -> Decimal:
        if self.released_when is not None and not self.released_when.is_reached(funders, day):
            return Decimal(0)
        if self.at_most.of == "commitment":
            return funders[self.funder].committed_on(day)
        return self.at_most.amount

    def most_in_all(self, funders: Mapping[str, Funder]) -> Decimal | None:
        if self.each is not None or self.funder not in funders:
            return None
        if self.at_most.of == "commitment":
            return max((one.amount for one in funders[self.funder].commits), default=None)
        return self.at_most.amount if self.at_most.of == "money" else None

    def check(self, contract: LimitedContract, path: Path) -> Diagnostics:
        yield from self._check_taker(contract, (*path, "beyond", "funder"))
        yield from self._check_most(contract, path)
        if self.released_when is not None:
            yield from _check_release(contract, self.released_when, (*path, "released_when"))

    def _check_taker(self, contract: LimitedContract, place: Path) -> Diagnostics:
        taker = contract.funders.get(self.taker or "")
        if taker is not None and taker.each is not None:
            problem = (
                f"'{self.taker}' stands for many funders and cannot take over what lies beyond"
            )
            hint = "Name a single funder, or write unpaid"
            rests = around((*_FUNDERS, str(self.taker)), ["each"])
            yield fault_at(place, "resolved_funder", problem, hint=hint, rests=rests)

    def _check_most(self, contract: LimitedContract, path: Path) -> Diagnostics:
        place = (*path, "at_most")
        if self.at_most.of not in ("money", "commitment"):
            problem = "a limit on a funder is in money"
            allowed = "an amount, or commitment"
            yield fault_at(place, "not_money", problem, found=self.at_most, allowed=allowed)
        if self.at_most.of != "commitment" or self.funder not in contract.funders:
            return
        if not contract.funders[self.funder].commits:
            problem = f"the funder '{self.funder}' has committed nothing"
            hint = "Add commits: to the funder, with the days and the amounts"
            rests = around((*_FUNDERS, self.funder), ["commits"])
            yield fault_at(place, "no_commitment", problem, hint=hint, rests=rests)
        if self.each is not None:
            problem = "a commitment is what a funder pays in all, not in each year"
            hint = "Leave out each, or write the amount of a year"
            yield fault_at((*path, "each"), "commitment_in_all", problem, hint=hint)

    def says(self, words: MoneyWords) -> str:
        year = " in each year of the contract" if self.each else ""
        says = f"{self.most_is_paid(words)} by {words.funder(self.funder)}{year}"
        if (release := self.released_when) is not None:
            have = "have together" if len(release.committed_by) > 1 else "has"
            says += f", and only once {listed(map(words.funder, release.committed_by))} {have}"
            says += f" committed at least {words.money(release.at_least)}"
        payer = "nobody" if self.taker is None else words.funder(self.taker)
        return f"{says}: what lies beyond it is paid by {payer}"

    def subject(self, words: MoneyWords) -> str:
        return f"Funder: {words.funder(self.funder)}"

    def scope(self, words: MoneyWords) -> list[str]:
        return ["in each year of the contract"] if self.each else []

    def beyond_in_words(self, words: MoneyWords, *, by_name: bool = False) -> str:
        found = ["unpaid"]
        if self.taker is not None:
            found = [f"paid by {words.funder(self.taker)}" if by_name else f"{self.taker} pays"]
        if self.at_most.of == "commitment":
            found.append(f"committed: {words.committed(self.funder)}")
        if (release := self.released_when) is not None:
            least = words.money(release.at_least)
            joined = ", ".join(release.committed_by)
            found.append(f"nothing until {joined} have committed {least} in all")
        return "; ".join(found)


def _check_release(contract: LimitedContract, release: Release, path: Path) -> Diagnostics:
    """What releases a funder must be known, and be reached by the last claim date."""
    rests: list[Path] = [path, ("calendar",)]
    for index, name in enumerate(release.committed_by):
        place, home = (*path, "committed_by", index), (*_FUNDERS, name)
        rests += [place, *around(home, ["commits"])]
        if name not in contract.funders:
            return
        if name in release.committed_by[:index]:
            problem = f"the funder '{name}' is named twice"
            yield fault_at(place, "named_twice", problem, hint="Keep one")
        if contract.funders[name].each is not None:
            problem = f"'{name}' stands for many funders, whose commitments are not one amount"
            each = around(home, ["each"])
            hint = "Name single funders"
            yield fault_at(place, "resolved_funder", problem, hint=hint, rests=each)
    first, last = contract.calendar.term
    periods = contract.calendar.periods if first <= last else ()
    if not periods:
        return
    day = contract.calendar.claim_date(periods[-1])
    reached = sum(contract.funders[name].committed_on(day) for name in set(release.committed_by))
    if reached < release.at_least:
        place, problem = (*path, "at_least"), "what releases the funder is never reached"
        found = f"{reached:,f} committed by the last claim date, {day}"
        most = f"at least {release.at_least:,f}"
        yield fault_at(place, "never_released", problem, found=found, allowed=most, rests=rests)
