"""Notes on terms that one contract has and others have not: versions, invoices, VAT."""

from __future__ import annotations

from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.money import CURRENCIES, Currency, half_away, rounded, show, show_share
from impactbond.settlement.settlement import Settlement

Noted = tuple[str, str]


def contract_notes(settlement: Settlement) -> tuple[Noted, ...]:
    """Each note's subject and text."""
    found: list[Noted] = []
    if settlement.is_amended:
        found.append(("Versions", _versions(settlement.known)))
    priced = [contract for contract in settlement.versions if contract.prices_in is not None]
    rates = [_rate(contract) for contract in priced]
    if rates:
        found.append(("Prices", f"{' '.join(dict.fromkeys(rates))} {_AT_A_RATE}"))
    payment = settlement.contract.calendar.payment
    if payment.invoiced is not None:
        found.append(("Invoices", _INVOICED[payment.invoiced].format(payment.within)))
    return tuple(found)


def vat_term(contract: Contract) -> tuple[str, Fraction | None, str] | None:
    """The treatment of VAT, its rate and its clause; None where the contract says nothing."""
    vat = contract.vat
    return None if vat is None else (vat.treatment, vat.rate, vat.clause)


def vat_notes(
    vat: tuple[str, Fraction | None, str] | None, due_pence: int, currency: Currency
) -> tuple[Noted, ...]:
    """The note on VAT of a statement that asks for this much; nothing where there is no term."""
    if vat is None:
        return ()
    treatment, rate, clause = vat
    cited = f" [{clause}]" if clause else ""
    if rate is None:
        said = "exempt from VAT" if treatment == "exempt" else "outside the scope of VAT"
        return (("VAT", f"What is due is {said}{cited}: none is charged."),)
    shown = show_share(rate)

    def money(pence: int) -> str:
        return show(pence, currency.code)

    if treatment == "included":
        part = rounded(due_pence * rate / (1 + rate), half_away)
        told = f"What is due includes VAT at {shown}{cited}: {money(part)} of it is VAT."
    else:
        added = rounded(due_pence * rate, half_away)
        told = (
            f"What is due is without VAT. VAT at {shown} comes on top{cited}: {money(added)}, so "
            f"that {money(due_pence + added)} is to be paid. No sum in this workbook holds it."
        )
    return (("VAT", told),)


def _rate(contract: Contract) -> str:
    """What one of the currency of prices is paid as, under one version."""
    assert contract.prices_in is not None
    priced, paid = CURRENCIES[contract.prices_in.currency], CURRENCIES[contract.currency]
    cited = f" [{contract.prices_in.clause}]" if contract.prices_in.clause else ""
    return (
        f"Prices are in {priced.name} ({priced.code}), payments in {paid.name} ({paid.code}): "
        f"1 {priced.code} is paid as {contract.prices_in.rate} {paid.code}{cited}."
    )


_AT_A_RATE = (
    "What a milestone has earned is converted on its running total, so that the value of a line is "
    "not its quantity times a rounded price. A price stands in the column of its own currency; the "
    "other columns of prices and amounts are blank there."
)
_INVOICED = {
    "by the provider": "The provider invoices what is due; it is payable within {} of the claim "
    "date, whenever the invoice comes.",
    "by the funder itself": "The funder bills itself: this statement stands for the invoice, "
    "payable within {} of the claim date.",
}
_GOVERNED = {
    "participants started": "by the day on which the participant started",
    "milestones achieved": "by the day on which it was achieved",
    "claims made": "by the claim date at which it was first made",
}


def _versions(known: Versions) -> str:
    told = [
        f"version {one.number} ({one.kind}), signed on {one.signed_on}, effective from "
        f"{one.effective_on}, SHA-256 {contract.digest}"
        for contract in known.all
        for one in [contract.version]
    ]
    return (
        f"This statement is made under {'; '.join(told)}. Which version governs a claim is decided "
        f"{_GOVERNED[known.terms.governs]}. What a new version changes in earlier claims is an "
        "adjustment in this one."
    )
