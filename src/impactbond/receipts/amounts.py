"""What is in a cell of money: one amount in one currency, or why not. Nothing is guessed."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from math import isfinite

from impactbond.evidence.cells import Refusal, why_broken
from impactbond.money import CURRENCIES

LARGEST_DIGITS = 15
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_NUMBER = re.compile(r"\d(?:[\d.,]*\d)?", re.ASCII)
_CODE = re.compile(r"\b[A-Z]{3}\b")
_SIGNS = re.compile("[$£€¥₪₹₩₽¢]")


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
            "A receipt is money in. Leave out what was paid back, and the receipt it was for.",
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
    # With three decimals 1,234 could be either.
    is_grouped = known.decimals != 3 and _GROUPED.fullmatch(text) is not None
    if is_grouped or _PLAIN.fullmatch(text):
        return Decimal(text.replace(",", ""))
    return None


def _why_no_amount(text: str, currency: str, allowed: str) -> Refusal:
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
        return Refusal(
            "other_currency",
            "this amount is in another currency",
            allowed,
            f"Write what arrived in {currency}. Nothing is converted.",
        )
    return _not_an_amount(allowed)


def _not_an_amount(allowed: str) -> Refusal:
    return Refusal("not_an_amount", "this is not an amount", allowed, "Type digits alone.")
