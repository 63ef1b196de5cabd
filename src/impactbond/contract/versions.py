"""The versions of a contract: an amendment or a correction is a whole new one, with its own dates.

Nothing is worked out from differences: every version says everything. A correction takes the place
of the version that it corrects from the beginning; an amendment governs from its effective day.

And stretches of days on which a unit of a milestone comes to the same money, by days alone: its
price, who pays it, whether relief stands in its place, the year of the contract, and the version
that governs it. Units of one stretch are counted together; those of another are priced and shared
by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from pydantic import PrivateAttr

from impactbond.cards import card
from impactbond.contract.contract import Contract
from impactbond.contract.difference import ContractChange, difference
from impactbond.dates import ONE_DAY
from impactbond.errors import ContractError, Fault
from impactbond.terms.prices import Indexed
from impactbond.terms.term import Term

T = TypeVar("T")


class InWhole(Contract):
    """A version, or all of them together, with the names that the whole contract has in common."""

    _grouping: tuple[str, ...] = PrivateAttr(default=())
    _version_turns: tuple[date, ...] = PrivateAttr(default=())
    _texts: tuple[tuple[date, Contract], ...] = PrivateAttr(default=())

    @cached_property
    def grouping(self) -> tuple[str, ...]:
        """The attributes by which limits and results of any version tell participants apart."""
        return self._grouping

    @property
    def version_turns(self) -> tuple[date, ...]:
        """The days on which another version begins to govern what is achieved."""
        return self._version_turns

    @property
    def texts(self) -> tuple[tuple[date, Contract], ...]:
        """Every text in force, with the first of the days that it governs."""
        return self._texts or super().texts


@dataclass(frozen=True, slots=True)
class Stretch:
    """The terms that govern from a day until the next stretch; the first governs before it too."""

    from_: date
    terms: Contract


@dataclass(frozen=True, eq=False, repr=False)
class Versions:
    """The versions of one contract in the order of their numbers, checked against each other."""

    all: tuple[Contract, ...]

    @classmethod
    def of(cls, contract: Contract | Versions) -> Versions:
        """The versions of a contract; one that was never amended is the only version of itself."""
        return contract if isinstance(contract, Versions) else cls((contract,))

    def numbered(self, number: int) -> Contract:
        """The version of that number. Raises ContractError where there is none."""
        for version in self.all:
            if version.version.number == number:
                return version
        numbers = ", ".join(str(version.version.number) for version in self.all)
        problem = f"there is no version {number}"
        fault = Fault(code="unknown_version", problem=problem, allowed=numbers)
        raise ContractError("There is no such version.", [fault])

    def known_by(self, day: date) -> Versions:
        """The versions signed by a day; the first counts whenever it was signed."""
        # Without the first there would be no contract at all on days before it was signed.
        first, *later = self.all
        return Versions((first, *(one for one in later if one.version.signed_on <= day)))

    def difference(self, old: int, new: int) -> tuple[ContractChange, ...]:
        """What changed between two versions, by their numbers, term by term."""
        return difference(self.numbered(old), self.numbered(new))

    @property
    def latest(self) -> Contract:
        """The last version. Where it corrects an earlier one, later terms may still govern."""
        return self.all[-1]

    @property
    def digests(self) -> tuple[str, ...]:
        """The digest of the text of every version."""
        return tuple(version.digest for version in self.all)

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """What governs when: the original, then every amendment from its effective day, each as
        last corrected.
        """
        found: list[Stretch] = []
        place: dict[int, int] = {}
        for contract in self.all:
            version = contract.version
            corrected = place.get(version.corrected)
            if version.kind == "correction" and corrected is not None:
                # From the day on which what it corrects took effect: as if that had never been
                # written.
                found[corrected] = Stretch(found[corrected].from_, contract)
                place[version.number] = corrected
            else:
                place[version.number] = len(found)
                found.append(Stretch(version.effective_on, contract))
        return tuple(found)

    @property
    def terms(self) -> Contract:
        """The terms in force: those of the last amendment, as last corrected."""
        return self.stretches[-1].terms

    def governing(self, day: date) -> Contract:
        """The version whose terms govern what is dated on a day."""
        past = [stretch.terms for stretch in self.stretches if stretch.from_ <= day]
        # What is dated before the first version took effect is the first one's all the same.
        return past[-1] if past else self.stretches[0].terms

    @cached_property
    def whole(self) -> Contract:
        """Everything that any version names, under one roof: the terms in force, with the funders,
        metrics and payables of the other versions.

        Whoever settles reads limits and dates from it; prices, conditions and what results come to
        are those of the version that governs, one of its `texts`. What an earlier version named
        keeps its place.
        """
        first, *later = self.all
        if not later:
            return first
        fundings = list(first.funding)
        for one in later:
            fundings += [rule for rule in one.funding if rule not in fundings]
        more = self._in_common | {"funding": tuple(fundings)}
        whole = self._in_whole(self.terms, more | self._attributes(self.terms))
        # What is dated before the first took effect is the first one's all the same.
        froms = [date.min, *(one.from_ for one in self.stretches[1:])]
        texts = (self.within(one.terms) for one in self.stretches)
        whole._texts = tuple(zip(froms, texts, strict=True))
        return whole

    def within(self, contract: Contract) -> Contract:
        """One of the versions, with the names that it has in common with the others."""
        if len(self.all) == 1:
            return contract
        common = {name: self._in_common[name] for name in ("funders", "metrics")}
        return self._in_whole(contract, common | self._attributes(contract))

    def as_under(self, fewer: Versions) -> Contract:
        """The whole, with the limits, dates and roundings that were in force under fewer versions
        of it.
        """
        if len(fewer.all) == len(self.all):
            return self.whole
        names = ("version", "governs", "calendar", "tranches", "limits", "rounding")
        then = {name: getattr(fewer.terms, name) for name in names}
        funders = self.whole.funders | fewer.whole.funders
        return self._in_whole(self.whole, then | {"funders": funders})

    def stated(self, contract: Contract) -> Contract:
        """One of the versions as it counts now: its own terms for what is earned, and the limits,
        up-front payments and roundings in force.
        """
        if len(self.all) == 1:
            return contract
        now = {name: getattr(self.terms, name) for name in ("tranches", "limits", "rounding")}
        return self._in_whole(self.within(contract), now)

    @cached_property
    def _in_common(self) -> dict[str, Any]:
        names = ["funders", "metrics", "milestones", "results", "fees", "measures"]
        names += ["indices", "windows", "conditions", "sheets"]
        latest_last = [*(one for one in self.all if one is not self.terms), self.terms]
        return {
            name: _united(*([getattr(one, name) for one in of] for of in (self.all, latest_last)))
            for name in names
        }

    def _attributes(self, contract: Contract) -> dict[str, Any]:
        every = [one.participants.attributes for one in self.all]
        people = contract.participants.model_copy(update={"attributes": _united(every, every)})
        return {"participants": people}

    def _in_whole(self, contract: Contract, more: Mapping[str, Any]) -> InWhole:
        """A contract with other terms in place of some of its own."""
        # Not model_copy, which would keep what was worked out from the terms that are replaced.
        terms = {name: getattr(contract, name) for name in Contract.model_fields}
        whole = InWhole.model_construct(**terms | dict(more))
        whole._source, whole._source_name = contract.source, contract._source_name
        if self.terms.governs == "milestones achieved":
            whole._version_turns = tuple(one.from_ for one in self.stretches[1:])
        whole._grouping = tuple(dict.fromkeys(name for one in self.all for name in one.grouping))
        return whole

    def __repr__(self) -> str:
        told = (f"{one.version.number} from {one.version.effective_on}" for one in self.all)
        return f"<Versions of {self.latest.contract}: {', '.join(told)}>"

    def _repr_html_(self) -> str:
        return card(
            self.latest.title,
            "",
            ["Version", "Kind", "Signed on", "Effective on"],
            [
                [str(one.number), one.kind, str(one.signed_on), str(one.effective_on)]
                for one in (text.version for text in self.all)
            ],
            words=4,
        )


def _united(
    in_order: Iterable[Mapping[str, T]], latest_last: Iterable[Mapping[str, T]]
) -> dict[str, T]:
    """The entries of all; each keeps the place where it first stood, and is as it last was."""
    # Each as it last was: limits and titles are read from here, prices never.
    last = {name: entry for entries in latest_last for name, entry in entries.items()}
    return {name: last[name] for entries in in_order for name in entries}


def unit_stretches(contract: Contract, milestone: str) -> list[date]:
    """The first days of the stretches, in order: of every period, and wherever a term of the money
    of the milestone starts or ends within one.
    """
    first, last = contract.calendar.term
    turns = {one.first for one in contract.calendar.periods}
    terms = {*_turns(contract, milestone), *contract.version_turns}
    turns |= {day for day in terms if first <= day <= last}
    # A limit on each year looks at the day of every unit: none may lie in two years.
    if any(limit.is_yearly for limit in contract.limits):
        month, day = contract.calendar.year_starts
        years = (date(year, month, day) for year in range(first.year, last.year + 1))
        turns |= {start for start in years if first <= start <= last}
    return sorted(turns)


def _turns(contract: Contract, milestone: str) -> Iterator[date]:
    term = contract.milestones[milestone]
    indexed = [one for one in term.changes if isinstance(one, Indexed)]
    dated: list[Term] = [*term.rates, *contract.discounts_of(milestone)]
    dated += contract.fundings_of(milestone)
    dated += [one for one in term.changes if one not in indexed]
    dated += _reliefs(contract, milestone)
    for one in dated:
        yield from _ends(getattr(one, "from_", None), getattr(one, "through", None))
    for change in indexed:
        yield from (value.from_ for value in contract.indices[change.index])


def _reliefs(contract: Contract, milestone: str) -> Iterator[Term]:
    """What is paid in place of a milestone, over days of its own."""
    for fee in contract.fees.values():
        if fee.instead_of is not None and milestone in fee.instead_of.milestones:
            yield fee.instead_of


def _ends(from_: date | None, through: date | None) -> Iterator[date]:
    if from_ is not None:
        yield from_
    if through is not None:
        # The day after the last on which it holds is the first of what follows.
        yield through + ONE_DAY
