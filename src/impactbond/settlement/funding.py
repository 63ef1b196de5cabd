"""Who shares each claim: the funders of a contract, with those that are resolved by an attribute,
and their share rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from impactbond.contract.contract import Contract
from impactbond.money import Pence, RoundingRule, cut
from impactbond.terms.funding import Funding, whole_shares

UNFUNDED = "unfunded"


@dataclass(frozen=True, slots=True, order=True)
class ShareRule:
    """Who pays which share of a claim.

    Money is cut on the running total of the claims under one share rule.
    """

    funding: int
    funders: tuple[str, ...]
    shares: tuple[Fraction, ...]

    def cut(self, running: Pence, halves: RoundingRule) -> Pence:
        """Running totals under the rule, cut into the parts of its funders; see `money.cut`."""
        return cut(running, self.shares, halves)


@dataclass(frozen=True, slots=True)
class Payer:
    """One funder: a named one, or one of many that an attribute resolves (`term` is its name in the
    contract).
    """

    id: str
    term: str
    name: str
    kind: str


@dataclass(frozen=True)
class Funders:
    """The funders of a settlement in the contract's order; last, what nobody funds."""

    all: tuple[Payer, ...]

    @classmethod
    def of(cls, contract: Contract, rules: Iterable[ShareRule]) -> Funders:
        """The funders of a contract; those that an attribute resolves are those in the rules."""
        known = {
            (term, funder)
            for rule in rules
            for term, funder in zip(_terms(contract, rule), rule.funders, strict=True)
        }
        found: list[Payer] = []
        for term, funder in contract.funders.items():
            if funder.each is None:
                found.append(Payer(term, term, funder.name, funder.kind))
                continue
            # Resolved funders are as many as occur, closed lines among them: in a fixed order, or
            # pages and bytes would move with the evidence.
            ids = sorted(name for of, name in known if of == term)
            found += [Payer(name, term, name[len(term) + 2 :], funder.kind) for name in ids]
        unpaid = "Beyond the funders' limits: unpaid"
        if contract.rounding.to is not None:
            unpaid = "Beyond the funders' limits, or no whole unit of payment yet: unpaid"
        return cls((*found, Payer(UNFUNDED, UNFUNDED, unpaid, "nobody")))

    def position(self, funder: str) -> int:
        """The position of a funder on the funder axis."""
        return self._positions[funder]

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {known.id: index for index, known in enumerate(self.all)}

    def of_term(self, term: str) -> list[int]:
        """The positions of every funder that a name of the contract stands for."""
        # The name of a contract stands for one funder, or for many: a limit on the name is on each
        # by itself.
        return [index for index, known in enumerate(self.all) if known.term == term]


def _terms(contract: Contract, rule: ShareRule) -> list[str]:
    return list(contract.funding[rule.funding].shares)


def resolved(term: str, value: str) -> str:
    """The id of one of the funders that a name stands for, such as `school: Moss Lane Primary`."""
    return f"{term}: {value}"


def share_rule(contract: Contract, rule: Funding, attributes: Mapping[str, str]) -> ShareRule:
    """The share rule of a claim under a funding entry by a participant with these attributes."""
    shares = whole_shares(rule.shares)
    funders = []
    for term in shares:
        each = contract.funders[term].each
        funders.append(term if each is None else resolved(term, attributes[each]))
    return ShareRule(contract.funding.index(rule), tuple(funders), tuple(shares.values()))


def rule_name(rule: ShareRule) -> str:
    """A share rule in a word: the entry of the contract's funding, and its funders."""
    # A school may be called anything, a semicolon among it: closed lines are read back by this
    # name.
    funders = (funder.replace("\\", "\\\\").replace(";", "\\;") for funder in rule.funders)
    return f"funding {rule.funding + 1}: {'; '.join(funders)}"


def named_rule(contract: Contract, name: str) -> ShareRule:
    """The share rule that `rule_name` named."""
    entry, _, listed = name.removeprefix("funding ").partition(": ")
    funding = int(entry) - 1
    shares = whole_shares(contract.funding[funding].shares)
    return ShareRule(funding, tuple(_split(listed)), tuple(shares.values()))


def _split(listed: str) -> list[str]:
    """The names in a list parted by `; `, in which a backslash stands before what is not a part."""
    found, escaped = [""], False
    for letter in listed:
        if escaped or letter not in "\\;":
            found[-1] += letter
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            found.append("")
    return [found[0], *(name.removeprefix(" ") for name in found[1:])]
