"""How to pay: where the parties are reached, their registered numbers, and the account that money
goes to. What stands here moves no payment.

An IBAN and a British VAT number carry check digits, by ISO 13616 and by HMRC's rule: what fails
them was mistyped, and is refused. British account numbers have no rule of their own, and are
checked for their length alone.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from impactbond.terms.diagnostic import Diagnostics, Path, fault_at, listing
from impactbond.terms.parties import Funder, Participants
from impactbond.terms.term import Cited, Listed

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_MISTYPED = "its check digits do not agree, or it has another length: copy it again"
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2)


def is_iban(text: str) -> bool:
    """Whether an IBAN without spaces has its shape and its check digits: ISO 13616, modulo 97."""
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def is_british_vat_number(digits: str) -> bool:
    """Whether the nine digits of a British VAT number agree: the first seven, weighted 8 to 2, with
    the last two as a number come to a multiple of 97, or to one less 55 (numbers since 2009).
    """
    total = sum(int(digit) * weight for digit, weight in zip(digits[:7], _WEIGHTS, strict=True))
    return (total + int(digits[7:9])) % 97 in (0, 42)


def _together(value: Any) -> Any:
    return value.replace(" ", "").upper() if isinstance(value, str) else value


def _iban(value: Any) -> Any:
    value = _together(value)
    if isinstance(value, str) and not is_iban(value):
        raise ValueError(_MISTYPED)
    return value


def _vat_number(value: Any) -> Any:
    value = _together(value)
    if isinstance(value, str) and value.startswith("GB"):
        digits = value.removeprefix("GB")
        if not re.fullmatch("[0-9]{9}|[0-9]{12}", digits) or not is_british_vat_number(digits):
            raise ValueError(_MISTYPED)
    return value


def _sort_code(value: Any) -> Any:
    digits = re.sub("[ -]", "", value) if isinstance(value, str) else ""
    if not re.fullmatch("[0-9]{6}", digits):
        return value
    return f"{digits[:2]}-{digits[2:4]}-{digits[4:]}"


Line = Annotated[str, Field(min_length=1, max_length=70)]
Number = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./-]{0,29}$")]
Iban = Annotated[str, BeforeValidator(_iban)]
VatNumber = Annotated[str, BeforeValidator(_vat_number), Field(pattern=r"^[A-Z]{2}[A-Z0-9]{2,13}$")]
SortCode = Annotated[
    str, BeforeValidator(_sort_code), Field(pattern=r"^[0-9]{2}-[0-9]{2}-[0-9]{2}$")
]


class BankAccount(Cited):
    """The account that money goes to: a British one, or one with an IBAN."""

    account_name: str = Field(min_length=1, max_length=70)
    """Whose account it is, as the bank has it."""
    sort_code: SortCode | None = None
    """The six digits of a British branch, such as 20-00-00."""
    account_number: str | None = Field(default=None, pattern=r"^[0-9]{6,10}$")
    """The digits of a British account, in quotes, such as "01234567"."""
    iban: Iban | None = None
    """The international number of the account, with or without spaces."""
    bic: str | None = Field(default=None, pattern=r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$")
    """The bank's own code, beside an IBAN, such as BUKBGB22."""

    def errors(self, path: Path) -> Diagnostics:
        """An account is told in one way, in full."""
        is_british = (self.sort_code is not None, self.account_number is not None)
        is_whole = all(is_british) if self.iban is None else not any(is_british)
        if not is_whole or (self.bic is not None and self.iban is None):
            problem = "the account is told by half, or twice"
            allowed = "sort_code with account_number, or iban with or without bic"
            yield fault_at(path, "bank_account", problem, allowed=allowed)

    @property
    def numbers(self) -> dict[str, str]:
        """The numbers of the account, by what people call them."""
        told = {
            "Sort code": self.sort_code,
            "Account number": self.account_number,
            "IBAN": None if self.iban is None else spaced(self.iban),
            "BIC": self.bic,
        }
        return {name: number for name, number in told.items() if number is not None}


def spaced(iban: str) -> str:
    """An IBAN as it is printed, in fours."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


class Details(Cited):
    """Where somebody is reached, and under which numbers."""

    address: Listed[Line] = ()
    """The lines of the address, the postcode last."""
    company_number: Number | None = None
    """The number in the register of companies, in quotes where it is digits alone."""
    charity_number: Number | None = None
    """The number in the register of charities, in quotes where it is digits alone."""
    vat_number: VatNumber | None = None
    """The VAT number with its country, such as GB123456782."""
    contact: str | None = Field(default=None, min_length=1, max_length=200)
    """Whom to ask about a payment: an office rather than a person."""
    purchase_order: str | None = Field(default=None, min_length=1, max_length=40)
    """The funder's own reference for what it pays under the contract."""
    bank: BankAccount | None = None
    """The account that money goes to."""

    @property
    def registered(self) -> dict[str, str]:
        """Numbers, contact and reference, by what people call them."""
        told = {
            "Company number": self.company_number,
            "Charity number": self.charity_number,
            "VAT number": self.vat_number,
            "Contact": self.contact,
            "Purchase order": self.purchase_order,
        }
        return {name: text for name, text in told.items() if text is not None}

    def _bank_errors(self, path: Path) -> Diagnostics:
        if self.bank is not None:
            yield from self.bank.errors((*path, "bank"))


class PartyDetails(Details):
    """The details of the provider or of a funder, or of each that a funder stands for."""

    each: dict[str, Details] = Field(default_factory=dict)
    """For a funder with each: the details by the value of its attribute, such as a school."""

    def errors(
        self, path: Path, name: str, funder: Funder | None, participants: Participants
    ) -> Diagnostics:
        """What is wrong with the details of a party; `funder` is None for the provider."""
        if funder is None and self.purchase_order is not None:
            place, hint = (*path, "purchase_order"), "Write it with the funder"
            problem = "the provider is paid, and has no purchase order of its own"
            yield fault_at(place, "of_the_payee", problem, hint=hint)
        if self.each and (funder is None or funder.each is None):
            problem = f"'{name}' is one party, and has no details of each"
            hint = "Write them directly, without each"
            rests = (("funders", name),)
            yield fault_at((*path, "each"), "not_resolved", problem, hint=hint, rests=rests)
        elif funder is not None and funder.each is not None:
            yield from self._unknown_values(path, funder.each, participants)
        yield from self._bank_errors(path)
        for key, one in self.each.items():
            yield from one._bank_errors((*path, "each", key))

    def _unknown_values(
        self, path: Path, attribute: str, participants: Participants
    ) -> Diagnostics:
        values = participants.attributes.get(attribute)
        for value in self.each:
            if isinstance(values, tuple) and value not in values:
                problem = f"no participant can have the {attribute} '{value}'"
                place, allowed = (*path, "each", value), listing(values)
                rests = (("participants", "attributes"),)
                yield fault_at(place, "unknown_value", problem, allowed=allowed, rests=rests)
