"""Whether the money terms fit together: amounts that can be paid, every milestone funded once,
shares that make a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from impactbond.contract.contract import EVERY_MILESTONE, Contract
from impactbond.contract.findings import (
    Finding,
    Found,
    around,
    closest,
    did_you_mean,
    entry,
    listing,
    unknown,
)
from impactbond.contract.yaml_lines import Path
from impactbond.errors import Fault
from impactbond.money import CURRENCIES, common_denominator, minor_units, show_share

# Running totals times a cumulative share must fit 64 bits.
_FINEST = 10**8


def check_money(contract: Contract) -> Found:
    """Every fault of the currency, the amounts and the funding, each with its path."""
    if contract.currency not in CURRENCIES:
        fault = Fault(
            code="unknown_currency",
            problem=f"the currency '{contract.currency}' is not known",
            allowed=", ".join(CURRENCIES),
            hint=did_you_mean(contract.currency, CURRENCIES),
        )
        yield Finding(("currency",), fault)
    else:
        yield from _check_amounts(contract)
    yield from _check_funding(contract)


def _check_amounts(contract: Contract) -> Found:
    decimals, _ = CURRENCIES[contract.currency]
    amounts: dict[Path, Decimal] = {
        **{("tranches", name, "pay"): one.pay for name, one in contract.tranches.items()},
        **{
            ("limits", index, "at_most"): one.at_most.amount
            for index, one in enumerate(contract.limits)
        },
    }
    for path, amount in amounts.items():
        try:
            minor_units(amount, contract.currency)
        except ValueError:
            fault = Fault(
                code="too_fine",
                problem=f"the amount has more than the {decimals} decimals of {contract.currency}",
                found=f"the number {amount}",
                hint="Round it to what can be paid",
            )
            yield Finding(path, fault, (("currency",),))


def check_shares(contract: Contract, shares: Mapping[str, Fraction | None], path: Path) -> Found:
    """Every fault of shares that must make a whole."""
    for funder in shares:
        if funder not in contract.funders:
            yield Finding(
                (*path, funder), unknown("funder", funder, contract.funders), (("funders",),)
            )
    rests_on = around(path, shares)
    yield from (Finding(path, fault, rests_on) for fault in _faults_of_shares(shares))


def _faults_of_shares(shares: Mapping[str, Fraction | None]) -> Iterator[Fault]:
    stated = [share for share in shares.values() if share is not None]
    total, rests = sum(stated, Fraction(0)), len(shares) - len(stated)
    if rests > 1:
        yield Fault(
            code="two_rests",
            problem="'the rest' is given to more than one funder",
            found=listing(funder for funder, share in shares.items() if share is None),
            hint="Give it to one, and write the shares of the others",
        )
    if total > 1 or (total == 1 and rests):
        yield Fault(
            code="shares_not_whole",
            problem="the shares make more than a whole"
            if total > 1
            else "nothing is left for 'the rest'",
            found=f"{_told(total)} in all" + (" before 'the rest'" if rests else ""),
            allowed=_ALLOWED,
        )
    elif total < 1 and not rests:
        yield Fault(
            code="shares_not_whole",
            problem="the shares make less than a whole",
            found=f"{_told(total)} in all",
            allowed=_ALLOWED,
            hint="Give one funder 'the rest' to complete it",
        )
    if common_denominator(tuple(stated)) > _FINEST:
        yield Fault(
            code="shares_too_fine",
            problem="the shares are too fine to be worked out exactly",
            hint="Write percentages with at most six decimals, or simple fractions",
        )


_ALLOWED = "100% in all"


def _told(share: Fraction) -> str:
    """A share; where it is no percentage, about how many per cent it is."""
    text = show_share(share)
    return text if text.endswith("%") else f"{text} (about {float(share * 100):.2f}%)"


def _check_funding(contract: Contract) -> Found:
    funded: dict[str, int] = {}
    unclear = 0
    for index, rule in enumerate(contract.funding):
        path: Path = ("funding", index)
        yield from check_shares(contract, rule.shares, (*path, "shares"))
        yield from _check_for(contract, rule.for_, (*path, "for"))
        named = list(contract.milestones) if rule.for_ == (EVERY_MILESTONE,) else list(rule.for_)
        twice = [name for name in dict.fromkeys(named) if name in funded or named.count(name) > 1]
        if twice:
            others = sorted({funded.get(name, index) + 1 for name in twice})
            fault = Fault(
                code="funded_twice",
                problem=f"funded twice: {listing(twice)}",
                hint="Also in " + ", ".join(f"entry {number}" for number in others) + "; keep one",
            )
            yield Finding((*path, "for"), fault, (("milestones",),))
        # A misspelt name is told where it stands, and the milestone that it means is funded.
        meant = [closest(name, contract.milestones) for name in named]
        unclear += meant.count(None) if named else len(contract.milestones)
        funded |= {name: index for name in meant if name and name not in funded}
    yield from _check_unfunded(contract, funded, unclear)


def _check_unfunded(contract: Contract, funded: Mapping[str, int], unclear: int) -> Found:
    """Milestones that nobody funds; names that mean none of them may mean so many of these."""
    unfunded = [name for name in contract.milestones if name not in funded]
    places: list[Path] = [("funding",)]
    for index, rule in enumerate(contract.funding):
        places += [("funding", index), *around(("funding", index, "for"), range(len(rule.for_)))]
    for name in unfunded if len(unfunded) > unclear else ():
        fault = Fault(
            code="not_funded",
            problem=f"nobody funds the milestone '{name}'",
            hint="Add it to an entry of funding",
        )
        yield Finding(("milestones", name), fault, tuple(places))


def _check_for(contract: Contract, milestones: tuple[str, ...], path: Path) -> Found:
    known = (EVERY_MILESTONE, *contract.milestones)
    if not milestones:
        fault = Fault(
            code="funds_nothing", problem="the entry names no milestone", allowed=listing(known)
        )
        yield Finding(path, fault)
    for index, name in enumerate(milestones):
        place = entry(path, index, len(milestones))
        if name == EVERY_MILESTONE and len(milestones) > 1:
            fault = Fault(
                code="not_alone",
                problem=f"'{EVERY_MILESTONE}' stands beside others",
                hint="Write it alone, or name the milestones",
            )
            yield Finding(place, fault)
        elif name not in known:
            fault = unknown("milestone", name, known)
            yield Finding(place, fault, (("milestones",), (*path, index)))
