"""Money in whole minor units (pence), shares as exact fractions, and the one place where pennies
are cut.

No float ever holds money. A share is a `Fraction`; an amount is an `int` or an int64 array of minor
units.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from math import lcm
from typing import Any

import iso4217
import numpy as np
from numpy.typing import NDArray

Pence = NDArray[np.int64]
# The most that is worked out in 64 bits, in minor units times the parts that a share cuts them in.
MOST_PENCE = 2**62 - 1
_LARGEST = np.iinfo(np.int64).max
# Whether what lies `rest` parts of a `whole` above a whole number goes to the next: `rule(below,
# rest, whole)`, written with operators only, so that it holds for an int and for an array alike.
RoundingRule = Callable[[Any, Any, int], Any]


@dataclass(frozen=True, slots=True)
class Currency:
    """How a currency of ISO 4217 is counted and said.

    `sign` is what people write before an amount, such that no other currency of the list is meant,
    and the code where there is no such sign; `also_read` are signs that are understood in an amount
    of this currency. It is counted in `major` and `minor` units, pounds and pence; one of the
    latter is a `coin`, and several to be handed round are `coins`. Without decimals the two units
    are the same.
    """

    code: str
    decimals: int
    sign: str
    name: str
    major: str
    minor: str
    coin: str
    coins: str
    also_read: tuple[str, ...] = ()

    @property
    def in_one(self) -> int:
        """How many minor units make one unit."""
        return int(10**self.decimals)


_CENTS = ("cents", "cent", "cents")
_SAID = (
    Currency("GBP", 2, "£", "pounds sterling", "pounds", "pence", "penny", "pennies"),
    Currency("EUR", 2, "€", "euros", "euros", *_CENTS),
    Currency("USD", 2, "US$", "US dollars", "US dollars", *_CENTS, also_read=("$",)),
    Currency("AUD", 2, "A$", "Australian dollars", "Australian dollars", *_CENTS),
    Currency("CAD", 2, "C$", "Canadian dollars", "Canadian dollars", *_CENTS),
    Currency("NZD", 2, "NZ$", "New Zealand dollars", "New Zealand dollars", *_CENTS),
    Currency("CHF", 2, "CHF ", "Swiss francs", "francs", "centimes", "centime", "centimes"),
    Currency("JPY", 0, "¥", "Japanese yen", "yen", "yen", "yen", "yen"),
    Currency("KWD", 3, "KWD ", "Kuwaiti dinars", "dinars", "fils", "fils", "fils"),
    Currency("INR", 2, "₹", "Indian rupees", "rupees", "paise", "paisa", "paise"),
    Currency("ZAR", 2, "ZAR ", "South African rand", "rand", *_CENTS),
)
# Signs that one currency alone has: a dollar, peso, krona, won or rupee sign says no currency.
_SIGNS = {"BRL": "R$", "ILS": "₪", "NGN": "₦", "PHP": "₱", "TRY": "₺", "UAH": "₴", "VND": "₫"}
# What took the place of a currency that ISO 4217 lists no more.
_REPLACED = {
    **dict.fromkeys(["ATS", "BEF", "BGN", "CYP", "DEM", "EEK", "ESP", "FIM", "FRF"], "EUR"),
    **dict.fromkeys(["GRD", "HRK", "IEP", "ITL", "LTL", "LUF", "LVL", "MTL", "NLG"], "EUR"),
    **dict.fromkeys(["PTE", "SIT", "SKK"], "EUR"),
    **{"ANG": "XCG", "BYR": "BYN", "CUC": "CUP", "GHC": "GHS", "MRO": "MRU", "ROL": "RON"},
    **{"SLL": "SLE", "STD": "STN", "TRL": "TRY", "VEF": "VES", "ZMK": "ZMW", "ZWL": "ZWG"},
}
# Units in which something is reckoned and nothing paid, as ISO 4217 marks them.
_OF_ACCOUNT = {
    entry.findtext("Ccy")
    for entry in iso4217.raw_xml.iterfind("CcyTbl/CcyNtry")
    if entry.find("CcyNm[@IsFund='true']") is not None
}


def _listed(one: iso4217.Currency) -> Currency:
    """A currency with the decimals of ISO 4217, which are not those that prices are shown with
    elsewhere (Unicode's have none for the forint), said by its code.
    """
    decimals, sign = one.exponent or 0, _SIGNS.get(one.code, f"{one.code} ")
    coins = ("minor units", "minor unit", "minor units")
    if not decimals:
        coins = (one.code, "unit", "units")
    return Currency(one.code, decimals, sign, one.currency_name, one.code, *coins)


_ISO = {one.code: one for one in iso4217.Currency}
CURRENCIES = {one.code: one for one in _SAID}
CURRENCIES |= {
    code: _listed(one)
    for code, one in sorted(_ISO.items())
    if code not in CURRENCIES and one.exponent is not None and code not in _OF_ACCOUNT
}


def why_no_currency(code: str) -> str:
    """Why nothing can be paid in a code that is not in `CURRENCIES`; nothing where it is no code
    that is known.
    """
    if code in _REPLACED:
        return f"it is not money any more: {_REPLACED[code]} has taken its place"
    if code in _OF_ACCOUNT:
        return f"it is a unit of account ({_ISO[code].currency_name}), in which nobody pays"
    return f"it is no money: {_ISO[code].currency_name}" if code in _ISO else ""


_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_RATIO = re.compile(r"(\d+)\s*/\s*(\d+)")


@lru_cache(maxsize=4096)
def minor_units(amount: Decimal, currency: str) -> int:
    """The amount in minor units of the currency, exactly.

    Raises ValueError when the amount has more decimals than the currency.
    """
    decimals = CURRENCIES[currency].decimals
    scaled = amount.scaleb(decimals)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"more than {decimals} decimals")
    return int(scaled)


def major_units(pence: int, currency: str) -> Decimal:
    """Minor units of the currency as the amount, with all its decimals: the opposite of
    `minor_units`.
    """
    return Decimal(pence).scaleb(-CURRENCIES[currency].decimals)


def thousands_in(amount: Decimal, decimals: int) -> str:
    """A number without its point, where that may part thousands, as in 1.500 pesos, and not its
    `decimals`; otherwise nothing.
    """
    whole, _, after = f"{amount:f}".partition(".")
    return whole + after if len(after) == 3 != decimals and 1 <= abs(amount) < 1000 else ""


def show(pence: int, currency: str) -> str:
    """The amount as people write it: `£1,234.50`, `-£0.05`, `¥1,234`."""
    known = CURRENCIES[currency]
    major, minor = divmod(abs(int(pence)), known.in_one)
    decimals = f".{minor:0{known.decimals}d}" if known.decimals else ""
    text = f"{known.sign}{major:,}{decimals}"
    return f"-{text}" if pence < 0 else text


def show_amount(amount: Decimal, currency: str) -> str:
    """An amount of a contract as people write it: `£1,234.50`; with all its decimals where it is
    finer than the currency, as a rate of £0.333 for each point is, whose product is rounded.
    """
    known = CURRENCIES[currency]
    own = amount.normalize().as_tuple().exponent
    assert isinstance(own, int), "an amount is a number"
    text = f"{known.sign}{abs(amount):,.{max(known.decimals, -own)}f}"
    return f"-{text}" if amount < 0 else text


def parse_share(text: str) -> Fraction:
    """A share from `30%`, `12.5%` or `1/9`, exactly.

    Raises ValueError for anything else, and for shares over the whole.
    """
    if match := _PERCENT.fullmatch(text.strip()):
        share = Fraction(match[1]) / 100
    elif (match := _RATIO.fullmatch(text.strip())) and int(match[2]):
        share = Fraction(int(match[1]), int(match[2]))
    else:
        raise ValueError("not a share: write a percentage such as 30% or a fraction such as 1/3")
    if share > 1:
        raise ValueError("a share over the whole")
    return share


def show_share(share: Fraction) -> str:
    """The share as a percentage where that is exact in six decimals, otherwise as a fraction:
    `30%`, `1/9`.
    """
    percent = share * 100
    if 10**6 % percent.denominator == 0:
        return f"{Decimal(percent.numerator) / Decimal(percent.denominator):f}%"
    return f"{share.numerator}/{share.denominator}"


def half_up(below: Any, rest: Any, whole: int) -> Any:
    """Half a minor unit goes to the larger neighbour, towards +infinity."""
    return 2 * rest >= whole


def half_away(below: Any, rest: Any, whole: int) -> Any:
    """Half a minor unit goes away from nothing: what is taken back is what was asked."""
    return (2 * rest > whole) | ((2 * rest == whole) & (below >= 0))


def always_up(below: Any, rest: Any, whole: int) -> Any:
    """Any part of a unit makes a whole one."""
    return rest > 0


def always_down(below: Any, rest: Any, whole: int) -> Any:
    """Any part of a unit is left out."""
    return rest < 0


def rounded(exact: Fraction, rule: RoundingRule) -> int:
    """An exact number as a whole one, by a rule."""
    return int(_whole(exact.numerator, exact.denominator, rule))


def assert_fits(largest: float) -> None:
    """Nothing where minor units up to so many can be added up, or OverflowError.

    A float tells it well enough: half of what 64 bits hold is left as a margin.
    """
    if largest > MOST_PENCE:
        raise OverflowError(f"more than {MOST_PENCE:,} minor units in all")


def round_fraction(amount: Pence, share: Fraction, rule: RoundingRule) -> Pence:
    """`amount × share` in whole minor units by a rule, in exact integers.

    Raises OverflowError where the exact product would not fit int64.
    """
    return _rounded_parts(amount, _largest_of(amount), share, rule)


def _largest_of(amount: Pence) -> int:
    """The largest amount, whatever its sign."""
    return max(int(amount.max(initial=0)), -int(amount.min(initial=0)))


def _rounded_parts(amount: Pence, largest: int, share: Fraction, rule: RoundingRule) -> Pence:
    """`amount × share` by a rule, of amounts of which the largest is known."""
    if 2 * max(largest * share.numerator, share.denominator) > _LARGEST:
        raise OverflowError(
            "amount × share does not fit 64 bits: use a share with a smaller denominator"
        )
    parts = np.asarray(amount * share.numerator, dtype=np.int64)
    if rule is half_up and parts.ndim:
        # What `_whole` comes to, in one division: with half of an odd whole rounded down, exactly
        # the rests of at least a half reach the next. Nothing overflows: each term is within half
        # of what fits.
        parts += share.denominator // 2
        parts //= share.denominator
        return parts
    return np.asarray(_whole(parts, share.denominator, rule), dtype=np.int64)


def _whole(parts: Any, whole: int, rule: RoundingRule) -> Any:
    """Parts of a whole as whole ones; the one place where anything is rounded to a minor unit.

    An int and an array of int64 are treated alike. `//` goes down below nothing too, so that the
    rest is never negative, and a rule needs to say only when it goes to the next above.
    """
    below = parts // whole
    # The same as `%`, and faster for arrays.
    return below + rule(below, parts - below * whole, whole)


def cut(running: Pence, shares: tuple[Fraction, ...], rule: RoundingRule) -> Pence:
    """Running totals cut into parts, at the boundaries `round(running × cumulative share)`.

    Takes running totals of any shape `(...)`; gives parts shaped `(..., share)`. Each part is less
    than a penny from its exact share (with halves to even, at most a penny), and the parts always
    sum to the total. The last share must complete the whole.
    """
    parts = np.diff(np.stack([*boundaries(running, shares, rule)], axis=-1), axis=-1, prepend=0)
    return np.asarray(parts, dtype=np.int64)


def boundaries(running: Pence, shares: tuple[Fraction, ...], rule: RoundingRule) -> Iterator[Pence]:
    """Where running totals are cut: what the first share, the first two and so on come to."""
    largest = _largest_of(running)
    for share in _cumulative(shares):
        yield running if share == 1 else _rounded_parts(running, largest, share, rule)


@lru_cache(maxsize=4096)
def _cumulative(shares: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    cumulative = tuple(accumulate(shares))
    if not cumulative or cumulative[-1] != 1:
        raise ValueError("the shares do not make a whole")
    return cumulative


def cut_whole(amount: int, shares: tuple[Fraction, ...], rule: RoundingRule) -> tuple[int, ...]:
    """One amount cut into parts that sum to it; see `cut`."""
    return tuple(int(part) for part in cut(np.array(amount, dtype=np.int64), shares, rule))


def cut_equally(amount: int, parts: int, rule: RoundingRule) -> tuple[int, ...]:
    """One amount cut into so many equal parts that sum to it; see `cut`."""
    return cut_whole(amount, (Fraction(1, parts),) * parts, rule)


def common_denominator(shares: tuple[Fraction, ...]) -> int:
    """The smallest denominator in which every share is a whole number of parts."""
    return lcm(*(share.denominator for share in shares)) if shares else 1
