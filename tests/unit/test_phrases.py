"""The short phrases of a contract: thresholds, distances, windows, terms, shares."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impactbond.terms.phrases import (
    Distance,
    Edge,
    Threshold,
    Window,
    parse_funding_share,
    parse_part,
    parse_span,
    parse_term_dates,
)

STARTS = st.dates(date(1980, 1, 1), date(2100, 12, 31))
SPANS = st.builds("{} {}".format, st.integers(0, 30), st.sampled_from(("days", "weeks", "months")))
EDGES = st.one_of(
    st.just("start"),
    st.builds("{} {} start".format, SPANS, st.sampled_from(("before", "after"))),
    st.dates(date(1980, 1, 1), date(2100, 12, 31)).map(str),
)


@pytest.mark.parametrize(
    ("text", "comparison", "bar", "percent", "shown"),
    [
        ("at least 17", "at least", "17", False, "at least 17"),
        ("below 92%", "below", "92", True, "below 92%"),
        (" at  most   -2.5 ", "at most", "-2.5", False, "at most -2.5"),
        ("above 0.5 %", "above", "0.5", True, "above 0.5%"),
    ],
)
def test_a_threshold_has_a_side_and_a_bar(
    text: str, comparison: str, bar: str, percent: bool, shown: str
) -> None:
    found = Threshold.parse(text)
    assert (found.comparison, found.bar, found.percent) == (comparison, Decimal(bar), percent)
    assert str(found) == shown
    assert Threshold.parse(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        *("", "17", "at least", "at least x", "over 17", ">= 17", "At least 17", "at least 1e3"),
        *("at least 1,000", "at least 17 or so", "between 1 and 2", "at least 1234567890123"),
    ],
)
def test_what_is_no_threshold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a threshold: write at least, at most"):
        Threshold.parse(text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(5, "5"), (Decimal("2.5"), "2.5"), ("5%", "5%"), (" 5 % ", "5%"), ("-1", "-1")],
)
def test_a_distance_is_a_number_or_percentage_points(value: object, shown: str) -> None:
    found = Distance.parse(value)
    assert str(found) == shown
    assert Distance.parse(str(found)) == found
    assert Distance.parse(found) is found


@pytest.mark.parametrize(
    "value", [True, None, "", "a lot", "5 points", [5], {}, 10**13, Decimal("1E+40"), 5.0]
)
def test_what_is_no_distance_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a distance: write a number"):
        Distance.parse(value)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("start", date(2016, 2, 29)),
        ("3 months before start", date(2015, 11, 29)),
        ("1 year after start", date(2017, 2, 28)),
        ("0 days after start", date(2016, 2, 29)),
        ("2017-01-31", date(2017, 1, 31)),
    ],
)
def test_an_end_of_a_window_is_the_start_moved_or_a_date(text: str, day: date) -> None:
    edge = Edge.parse(text)
    assert edge.on(date(2016, 2, 29)) == day
    assert str(edge) == text


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("start to 1 year after start", "2017-01-31", "2018-01-30"),
        ("start through 1 year after start", "2017-01-31", "2018-01-31"),
        ("3 months before start through 60 days after start", "2016-10-31", "2017-04-01"),
        ("start to 1 month after start", "2017-01-31", "2017-02-27"),
        ("2016-11-01 through start", "2016-11-01", "2017-01-31"),
        ("2016-11-01  to  2019-03-31", "2016-11-01", "2019-03-30"),
    ],
)
def test_to_ends_the_day_before_and_through_on_the_day(text: str, first: str, last: str) -> None:
    days = Window.parse(text).days(date(2017, 1, 31))
    assert tuple(map(str, days)) == (first, last)


@given(EDGES, EDGES, st.sampled_from(("to", "through")))
def test_a_window_is_read_as_it_is_shown(opens: str, closes: str, word: str) -> None:
    window = Window.parse(f"{opens} {word} {closes}")
    assert Window.parse(str(window)) == window


@given(EDGES, EDGES, EDGES, STARTS)
def test_adjoining_windows_share_no_day_and_leave_none_out(
    first: str, second: str, third: str, start: date
) -> None:
    earlier, later = Window.parse(f"{first} to {second}"), Window.parse(f"{second} to {third}")
    assert later.days(start)[0] == earlier.days(start)[1] + timedelta(days=1)
    assert Window.parse(f"{first} through {second}").days(start)[1] == later.days(start)[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a window: write for example start to 1 year after start"),
        ("start", "not a window"),
        ("start until 1 year after start", "not a window"),
        ("start to start to start", "not a window"),
        ("start to June", "not an end of a window: write start"),
        ("start to 1 year after", "not an end of a window"),
        ("start to 2017-02-29", "a day that does not exist"),
        ("start to 20170228", "not an end of a window"),
        ("start to one year after start", "not a length of time"),
        ("start to 101 years after start", "over 100 years"),
        ("40000 days before start to start", "over 100 years"),
    ],
)
def test_what_is_no_window_is_refused_with_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Window.parse(text)


def test_a_length_of_time_goes_up_to_a_hundred_years() -> None:
    assert (parse_span("100 years").count, parse_span("36525 days").count) == (100, 36525)
    for text in ("101 years", "36526 days", "5300 weeks", "1300 months"):
        with pytest.raises(ValueError, match="over 100 years: write a shorter one"):
            parse_span(text)


def test_a_term_names_its_first_and_last_day() -> None:
    term = parse_term_dates(" 2016-11-01  through 2019-03-31 ")
    assert term == (date(2016, 11, 1), date(2019, 3, 31))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2016-11-01 to 2019-03-31", "not a term: write for example 2016-11-01 through"),
        ("2016-11-01", "not a term"),
        ("start through 2019-03-31", "not a term"),
        ("2016-11-31 through 2019-03-31", "a day that does not exist"),
        ("2016-11-01 through 2019-02-29", "a day that does not exist"),
    ],
)
def test_what_is_no_term_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_term_dates(text)


def test_a_funder_may_pay_a_share_or_the_rest() -> None:
    assert parse_funding_share(" the  rest ") is None
    assert parse_funding_share("1/9") == parse_part("1/9") == Fraction(1, 9)
    with pytest.raises(ValueError, match=r"fraction such as 1/3, or the rest$"):
        parse_funding_share("a third")
    with pytest.raises(ValueError, match=r"fraction such as 1/3$"):
        parse_part("the rest")
    for parse in (parse_funding_share, parse_part):
        with pytest.raises(ValueError, match=r"over the whole: write at most 100%$"):
            parse("101%")
