"""Whether the money terms fit together: amounts that can be paid, shares that make a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.errors import Fault
from impactbond.money import CURRENCIES, common_denominator, minor_units, show_share
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    around,
    did_you_mean,
    listing,
    unknown,
)

# Running totals times a cumulative share must fit 64 bits.
_FINEST = 10**8


def check_money(contract: Contract) -> Diagnostics:
    """Every fault of the currency and the amounts, each with its path."""
    yield from check_currency(contract.currency, ("currency",))
    for path, amount in _amounts(contract).items():
        yield from check_amount(amount, contract.currency, path, (("currency",),))


def check_currency(currency: str, path: Path) -> Diagnostics:
    """A currency that is not one of the list."""
    if currency not in CURRENCIES:
        fault = Fault(
            code="unknown_currency",
            problem=f"the currency '{currency}' is not known",
            allowed=", ".join(CURRENCIES),
            hint=did_you_mean(currency, CURRENCIES),
        )
        yield Diagnostic(path, fault)


def check_amount(
    amount: Decimal, currency: str, path: Path, rests_on: tuple[Path, ...]
) -> Diagnostics:
    """An amount that is finer than its currency; nothing is told where that is not known."""
    try:
        minor_units(amount, currency) if currency in CURRENCIES else None
    except ValueError:
        decimals = CURRENCIES[currency].decimals
        fault = Fault(
            code="too_fine",
            problem=f"the amount has more than the {decimals} decimals of {currency}",
            found=f"the number {amount}",
            hint="Round it to what can be paid",
        )
        yield Diagnostic(path, fault, rests_on)


def _amounts(contract: Contract) -> dict[Path, Decimal]:
    """Every amount in the contract's currency, but those of results and fees."""
    return {
        **{("tranches", name, "pay"): one.pay for name, one in contract.tranches.items()},
        **{
            ("limits", index, *place): amount
            for index, one in enumerate(contract.limits)
            for place, amount in one.amounts.items()
        },
        **{
            ("funders", name, "commits", index, "amount"): one.amount
            for name, funder in contract.funders.items()
            for index, one in enumerate(funder.commits)
        },
    }


def check_shares(
    contract: Contract, shares: Mapping[str, Fraction | None], path: Path
) -> Diagnostics:
    """Every fault of shares that must make a whole."""
    for funder in shares:
        if funder not in contract.funders:
            yield Diagnostic(
                (*path, funder), unknown("funder", funder, contract.funders), (("funders",),)
            )
    rests_on = around(path, shares)
    yield from (Diagnostic(path, fault, rests_on) for fault in _faults_of_shares(shares))


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
    # Nothing left for 'the rest' adds up, and is refused: it reads as if that funder paid.
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
