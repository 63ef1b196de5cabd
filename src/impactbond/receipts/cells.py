"""What is in each column of receipts: references, funders, days, amounts and claim periods, or why
not. Nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, TypeVar

from impactbond.contract.contract import Contract
from impactbond.evidence.cells import CellColumn, dates, texts, why_broken
from impactbond.evidence.deliveries import Block
from impactbond.evidence.refusals import MAY_BE_THOUSANDS, Refusal
from impactbond.money import CURRENCIES, thousands_in
from impactbond.receipts.together import TOGETHER, parted
from impactbond.terms.diagnostic import listing
from impactbond.texts import one_spelling

T = TypeVar("T")
LARGEST_DIGITS = 15
RECEIVED, REFUND, WRITE_OFF = "received", "refund", "write-off"
KINDS = (RECEIVED, REFUND, WRITE_OFF)
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_NUMBER = re.compile(r"\d(?:[\d.,]*\d)?", re.ASCII)
_SET_APART = re.compile(r"\A\D*\d{1,3}(?:(?P<mark>[ '])\d{3})(?:(?P=mark)\d{3})*(?:\.\d+)?\D*\Z")
_SCIENTIFIC = re.compile(r"\A\D*\d+(?:\.\d+)?[eE][+-]?\d+\D*\Z")
_CODE = re.compile(r"\b[A-Z]{3}\b")
_SIGNS = re.compile("[$£€¥₪₹₩₽¢₦₱₺₴₫]")


def columns_of(block: Block, contract: Contract) -> dict[str, CellColumn[Any]]:
    """Every column that receipts have, read against a contract."""
    currency = contract.currency
    periods = [period.label for period in contract.calendar.periods]
    hint = "Leave it blank where the payment names none."
    unknown_period = Refusal(
        "unknown_claim_period", "the contract has no such claim period", listing(periods), hint
    )
    other_contract = Refusal(
        "other_contract",
        "this is a receipt for another contract",
        contract.contract,
        "Take the row out, or reconcile it with its own contract.",
    )

    def known(name: str, allowed: Collection[str], refusal: Refusal) -> CellColumn[str]:
        read = texts(block.column(name))
        return _each(read, lambda text: text if text in allowed else refusal)

    amounts: CellColumn[Any] = CellColumn(list(block.column("amount")), {})
    unknown_kind = Refusal(
        "unknown_kind",
        "this is no kind of receipt",
        listing(KINDS),
        "Leave it blank for money that arrived.",
    )
    return {
        "receipt": texts(block.column("receipt")),
        "funder": _each(texts(block.column("funder")), lambda text: _funder(text, contract)),
        "received_on": dates(block.column("received_on")),
        "amount": _each(amounts, lambda cell: amount_of(cell, currency)),
        "claim_period": known("claim_period", periods, unknown_period),
        "note": texts(block.column("note")),
        "kind": known("kind", KINDS, unknown_kind),
        "contract": known("contract", {contract.contract}, other_contract),
        "currency": known("currency", {currency}, _other_currency(currency, currency)),
    }


def _each(column: CellColumn[Any], read: Callable[[Any], T | Refusal]) -> CellColumn[T]:
    """A column of which each cell that is not blank is read further."""
    found = [None if cell is None else read(cell) for cell in column.values]
    refused = {place: one for place, one in enumerate(found) if isinstance(one, Refusal)}
    values = [None if isinstance(one, Refusal) else one for one in found]
    return CellColumn(values, column.refusals | refused)


def _alone(text: str, contract: Contract) -> str | None:
    """The one funder of a text: by id, by its name, or as one of many that an attribute has."""
    term, is_one_of_many, value = text.partition(": ")
    ids = {one_spelling(key): key for key in contract.funders}
    id_ = ids.get(term if is_one_of_many else text, "")
    funder = contract.funders.get(id_)
    if funder is not None and bool(funder.each) == bool(is_one_of_many):
        values = contract.participants.attributes.get(funder.each or "", "text")
        if values == "text" or value in values:
            return f"{id_}: {value}" if is_one_of_many else id_
    # A name that two funders share says neither.
    alone = {key: one_spelling(one.name) for key, one in contract.funders.items() if not one.each}
    named = [key for key, name in alone.items() if name == text]
    return named[0] if len(named) == 1 else None


def _funder(text: str, contract: Contract) -> str | Refusal:
    """The funder that a cell names, or several that paid together, in the contract's order."""
    alone, is_one_of_many = _alone(text, contract), ": " in text
    if alone is not None and not is_one_of_many:
        return alone
    together = parted(text, lambda part: _alone(part, contract))
    several = {one for one in together if one is not None}
    if several and len(several) == len(together):
        order = list(contract.funders)
        places = sorted((order.index(one.partition(": ")[0]), one) for one in several)
        return TOGETHER.join(one for _, one in places)
    # The name of one of many may hold such marks, but not another funder of the contract.
    if alone is not None and len(several) < 2:
        return alone
    if several:
        return Refusal(
            "several_funders",
            "this cell names several funders, of whom one is not the contract's or stands twice",
            "one funder, or several that paid together, each once",
            "Write their ids with semicolons between, such as council; trust.",
        )
    known = [f"{key}: …" if one.each else key for key, one in contract.funders.items()]
    many = [key for key, one in contract.funders.items() if one.each]
    hint = "Is it a receipt for another contract?"
    if many:
        each = contract.funders[many[0]].each
        hint = f"Write one of many as '{many[0]}: ' and its {each}. {hint}"
    problem = "the contract has no such funder"
    return Refusal("unknown_funder", problem, listing(known), hint)


def amount_of(cell: object, currency: str) -> int | Refusal:
    """The amount in minor units of the currency; a Refusal for anything that is not one."""
    allowed = allowed_amounts(currency)
    broken = why_broken(cell)
    if broken is not None:
        return broken
    if isinstance(cell, str):
        number = _digits(cell, currency)
        if number is None:
            return _why_no_amount(cell, currency, allowed)
        if thousands_in(number, CURRENCIES[currency].decimals):
            return MAY_BE_THOUSANDS
    elif isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        if not isfinite(cell):
            return _not_an_amount(allowed)
        # The float's shortest text is what the sheet shows: exact up to 15 digits.
        number = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
    else:
        return _not_an_amount(allowed)
    return _checked(number, currency, allowed)


def allowed_amounts(currency: str) -> str:
    """The amounts of a currency, in words."""
    decimals = CURRENCIES[currency].decimals
    example = "1234" + ("." + "50".ljust(decimals, "0") if decimals else "")
    return f"one amount in {currency} above 0, such as {example}"


def _checked(number: Decimal, currency: str, allowed: str) -> int | Refusal:
    if number.adjusted() >= LARGEST_DIGITS:
        return Refusal("amount_too_large", "this amount is too large", allowed, "Look for a slip.")
    scaled = Fraction(number) * CURRENCIES[currency].in_one
    if scaled.denominator != 1:
        return Refusal(
            "too_many_decimals",
            "this amount is finer than its currency",
            allowed,
            "Money is received in whole units of the currency: this is a result of a calculation.",
        )
    if scaled < 0:
        return Refusal(
            "negative_amount",
            "this amount is negative",
            allowed,
            "Write the amount without its sign, and in the column kind that it is a refund.",
        )
    if scaled == 0:
        return Refusal("nothing_received", "the amount is nothing", allowed, "Take the row out.")
    return int(scaled)


def _digits(text: str, currency: str) -> Decimal | None:
    """The number in a text that holds one amount and, perhaps, the sign of the currency."""
    known = CURRENCIES[currency]
    for written in (known.sign.strip(), currency, *known.also_read):
        text = text.removeprefix(written).strip()
    text = text.removesuffix(currency).strip()
    # With three decimals or more 1,234 could be either.
    is_grouped = known.decimals < 3 and _GROUPED.fullmatch(text) is not None
    if is_grouped or _PLAIN.fullmatch(text):
        return Decimal(text.replace(",", ""))
    return None


def _why_no_amount(text: str, currency: str, allowed: str) -> Refusal:
    if _SET_APART.search(text) or _SCIENTIFIC.search(text):
        problem = "this amount is written with spaces, apostrophes or an exponent"
        return Refusal("not_an_amount", problem, allowed, "Type digits alone.")
    if len(_NUMBER.findall(text)) > 1:
        return Refusal(
            "two_amounts",
            "this cell holds more than one number",
            allowed,
            "Give each receipt a row of its own.",
        )
    known = CURRENCIES[currency]
    own = {currency, known.sign.strip(), *known.also_read}
    others = {*_CODE.findall(text), *_SIGNS.findall(text)} - own
    if others & ({*CURRENCIES} | set(_SIGNS.findall(text))) or (others and _NUMBER.search(text)):
        return _other_currency(currency, allowed)
    return _not_an_amount(allowed)


def _not_an_amount(allowed: str) -> Refusal:
    return Refusal("not_an_amount", "this is not an amount", allowed, "Type digits alone.")


def _other_currency(currency: str, allowed: str) -> Refusal:
    hint = f"Write what arrived in {currency}. Nothing is converted."
    return Refusal("other_currency", "this amount is in another currency", allowed, hint)
