"""Money in whole pence, shares as exact fractions, and the one place where pennies are cut."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impactbond.money import (
    CURRENCIES,
    common_denominator,
    cut,
    cut_whole,
    half_away,
    half_up,
    minor_units,
    parse_share,
    round_fraction,
    rounded,
    show,
    show_amount,
    show_share,
)
from impactbond.terms.rounding import HALVES

PENNIES = st.integers(-(10**11), 10**11)
FRACTIONS = st.fractions(0, 1, max_denominator=10**4)
KEYS = st.sampled_from(("up", "even"))


@st.composite
def wholes(draw: st.DrawFn) -> tuple[Fraction, ...]:
    """Shares, some of them nothing, that make a whole."""
    weights = draw(st.lists(st.integers(0, 1000), min_size=1, max_size=7).filter(any))
    return tuple(Fraction(weight, sum(weights)) for weight in weights)


def array(*amounts: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.array(amounts, dtype=np.int64)


# What every rule makes of a fraction, worked out otherwise; `round` takes halves to even.
NEAREST: dict[str, Callable[[Fraction], int]] = {
    "up": lambda exact: floor(exact + Fraction(1, 2)),
    "even": round,
}


@given(st.lists(PENNIES, max_size=5), FRACTIONS, KEYS)
def test_rounding_is_exact(amounts: list[int], share: Fraction, half: str) -> None:
    expected = [NEAREST[half](amount * share) for amount in amounts]
    assert round_fraction(array(*amounts), share, HALVES[half].rule).tolist() == expected


@pytest.mark.parametrize(
    ("half", "expected"),
    [("up", [-2, -1, 0, 0, 1, 2, 3]), ("even", [-2, -2, 0, 0, 0, 2, 2])],
)
def test_halves_go_up_or_to_even_below_nothing_too(half: str, expected: list[int]) -> None:
    amounts = array(-5, -3, -1, 0, 1, 3, 5)
    rule = HALVES[half].rule
    assert round_fraction(amounts, Fraction(1, 2), rule).tolist() == expected
    assert [rounded(Fraction(one, 2), rule) for one in amounts.tolist()] == expected


def test_a_tax_taken_back_is_the_tax_that_was_asked() -> None:
    halves = [Fraction(parts, 2) for parts in (-5, -3, -1, 0, 1, 3, 5)]
    assert [rounded(exact, half_away) for exact in halves] == [-3, -2, -1, 0, 1, 2, 3]
    assert rounded(Fraction(-7, 4), half_away) == -2
    assert rounded(Fraction(-5, 4), half_away) == -1


@pytest.mark.parametrize("whole", [1, 2, 3, 9, 20, 10**9 + 7])
def test_halves_go_up_as_far_as_64_bits_reach(whole: int) -> None:
    """The largest amounts that are taken, and those about a half, whether the whole is even or
    odd.
    """
    most = (2**63 - 1) // 2
    about = [whole // 2 - 1, whole // 2, whole // 2 + 1, whole - 1, whole]
    amounts = [most, -most, *about, *(-one for one in about)]
    expected = [floor(Fraction(one, whole) + Fraction(1, 2)) for one in amounts]
    assert round_fraction(array(*amounts), Fraction(1, whole), half_up).tolist() == expected


def test_what_does_not_fit_64_bits_is_refused_and_not_wrapped() -> None:
    share = Fraction(333_333_333, 10**9)
    assert round_fraction(array(10**9), share, half_up).tolist() == [333_333_333]
    with pytest.raises(OverflowError, match="smaller denominator"):
        round_fraction(array(5, 10**11), share, half_up)
    with pytest.raises(OverflowError):
        round_fraction(array(-(10**11)), share, half_up)


@given(st.lists(PENNIES, max_size=6), wholes(), KEYS)
def test_the_parts_sum_to_the_total(
    running: list[int], shares: tuple[Fraction, ...], half: str
) -> None:
    parts = cut(array(*running), shares, HALVES[half].rule)
    assert parts.shape == (len(running), len(shares))
    assert parts.sum(axis=-1).tolist() == running


@given(PENNIES, wholes())
def test_a_part_is_less_than_a_penny_from_its_exact_share(
    running: int, shares: tuple[Fraction, ...]
) -> None:
    for part, share in zip(cut_whole(running, shares, half_up), shares, strict=True):
        assert abs(part - running * share) < 1


@given(PENNIES, wholes())
def test_with_halves_to_even_a_part_is_at_most_a_penny_from_its_exact_share(
    running: int, shares: tuple[Fraction, ...]
) -> None:
    for part, share in zip(cut_whole(running, shares, HALVES["even"].rule), shares, strict=True):
        assert abs(part - running * share) <= 1


@given(st.lists(PENNIES, min_size=2, max_size=8), wholes(), KEYS, st.data())
def test_what_comes_later_shifts_no_penny_of_what_came_before(
    running: list[int], shares: tuple[Fraction, ...], half: str, data: st.DataObject
) -> None:
    known = data.draw(st.integers(1, len(running)))
    rule = HALVES[half].rule
    whole, part = cut(array(*running), shares, rule), cut(array(*running[:known]), shares, rule)
    assert whole[:known].tolist() == part.tolist()


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=40), wholes())
def test_differences_of_a_running_total_never_drift(
    amounts: list[int], shares: tuple[Fraction, ...]
) -> None:
    parts = np.diff(cut(np.cumsum(array(*amounts)), shares, half_up), axis=0, prepend=0)
    assert parts.sum(axis=1).tolist() == amounts
    for place, share in enumerate(shares):
        assert abs(int(parts[:, place].sum()) - sum(amounts) * share) < 1


@given(st.lists(PENNIES, min_size=4, max_size=4), wholes())
def test_totals_of_any_shape_are_cut_alike(
    amounts: list[int], shares: tuple[Fraction, ...]
) -> None:
    flat = cut(array(*amounts), shares, half_up)
    square = cut(array(*amounts).reshape(2, 2), shares, half_up)
    assert square.reshape(4, -1).tolist() == flat.tolist()
    assert [cut_whole(amount, shares, half_up) for amount in amounts] == [
        tuple(part) for part in flat
    ]


def test_a_part_is_cut_in_the_order_of_the_shares() -> None:
    thirds = (Fraction(1, 3),) * 3
    assert [cut_whole(pence, thirds, half_up) for pence in (100, 200, 1, 2)] == [
        (33, 34, 33),
        (67, 66, 67),
        (0, 1, 0),
        (1, 0, 1),
    ]
    assert cut_whole(1, (Fraction(0), Fraction(1), Fraction(0)), half_up) == (0, 1, 0)


@pytest.mark.parametrize("shares", [(), (Fraction(1, 2),), (Fraction(2, 3), Fraction(2, 3))])
def test_shares_that_make_no_whole_are_not_cut(shares: tuple[Fraction, ...]) -> None:
    with pytest.raises(ValueError, match="do not make a whole"):
        cut_whole(100, shares, half_up)


@given(FRACTIONS)
def test_a_share_is_read_as_it_is_shown(share: Fraction) -> None:
    assert parse_share(show_share(share)) == share


@pytest.mark.parametrize(
    ("text", "share", "shown"),
    [
        ("30%", Fraction(3, 10), "30%"),
        (" 12.5 % ", Fraction(1, 8), "12.5%"),
        ("1/9", Fraction(1, 9), "1/9"),
        ("2 / 4", Fraction(1, 2), "50%"),
        ("33.333333%", Fraction(33333333, 10**8), "33.333333%"),
        ("0%", Fraction(0), "0%"),
        ("0/5", Fraction(0), "0%"),
        ("100%", Fraction(1), "100%"),
        ("7/7", Fraction(1), "100%"),
        ("0.0000001%", Fraction(1, 10**9), "1/1000000000"),
    ],
)
def test_shares_are_percentages_or_fractions(text: str, share: Fraction, shown: str) -> None:
    assert parse_share(text) == share
    assert show_share(share) == shown


@pytest.mark.parametrize("text", ["", "30", "0.3", "-30%", "30 %%", "1/0", "a third", "1//3", "%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a share"):
        parse_share(text)


@pytest.mark.parametrize("text", ["100.01%", "4/3", "300%"])
def test_a_share_over_the_whole_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="over the whole"):
        parse_share(text)


@pytest.mark.parametrize(
    ("pence", "currency", "shown"),
    [
        (123450, "GBP", "£1,234.50"),
        (-5, "GBP", "-£0.05"),
        (0, "GBP", "£0.00"),
        (100, "EUR", "€1.00"),
        (100, "USD", "US$1.00"),
        (1235, "JPY", "¥1,235"),
        (-1235, "JPY", "-¥1,235"),
        (1234567, "KWD", "KWD 1,234.567"),
        (123456789012, "NZD", "NZ$1,234,567,890.12"),
    ],
)
def test_amounts_are_shown_as_people_write_them(pence: int, currency: str, shown: str) -> None:
    assert show(pence, currency) == shown
    assert show(np.int64(pence), currency) == shown  # type: ignore[arg-type]


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(CURRENCIES)))
def test_an_amount_in_minor_units_is_the_amount(units: int, currency: str) -> None:
    decimals = CURRENCIES[currency].decimals
    assert minor_units(Decimal(units).scaleb(-decimals), currency) == units


@given(st.decimals(-(10**9), 10**9, places=3), st.sampled_from(("GBP", "JPY", "KWD")))
def test_no_amount_is_rounded_on_the_way_to_minor_units(amount: Decimal, currency: str) -> None:
    exact = Fraction(amount) * CURRENCIES[currency].in_one
    if exact.denominator == 1:
        assert minor_units(amount, currency) == exact
    else:
        with pytest.raises(ValueError, match="decimals"):
            minor_units(amount, currency)


@given(st.lists(st.fractions(0, 1, max_denominator=50), max_size=5))
def test_in_the_common_denominator_every_share_is_whole(shares: list[Fraction]) -> None:
    common = common_denominator(tuple(shares))
    assert all((share * common).denominator == 1 for share in shares)
    assert not shares or common <= 50 ** len(shares)


@given(PENNIES, st.sampled_from(sorted(CURRENCIES)))
def test_an_amount_that_is_not_finer_than_its_currency_is_shown_as_its_minor_units_are(
    pence: int, currency: str
) -> None:
    amount = Decimal(pence).scaleb(-CURRENCIES[currency].decimals)
    assert show_amount(amount, currency) == show(pence, currency)


def test_an_amount_that_is_finer_keeps_its_decimals() -> None:
    assert show_amount(Decimal("-0.0050"), "GBP") == "-£0.005"
    assert show_amount(Decimal("1E+3"), "GBP") == "£1,000.00"
