"""Days, spans, periods, claim dates and working days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impactbond.dates import (
    EPOCH,
    LAST_DAY_NUMBER,
    NATIONS,
    Every,
    Period,
    Span,
    assert_place,
    bank_holidays,
    day_given,
    day_number,
    from_day_number,
    periods,
    working_day,
)
from impactbond.errors import SettlementError
from impactbond.terms.calendar import Calendar

DAYS = st.dates(date(1970, 1, 1), date(2149, 6, 6))
EVERY = st.sampled_from(get_args(Every))
UNITS = st.sampled_from(("day", "week", "month", "year"))


@given(DAYS)
def test_a_day_number_is_the_day_again(day: date) -> None:
    assert from_day_number(day_number(day)) == day
    assert day_number(day + timedelta(days=1)) == day_number(day) + 1
    assert 0 <= day_number(day) <= LAST_DAY_NUMBER


def test_day_numbers_start_in_1970_and_fit_16_bits() -> None:
    assert day_number(EPOCH) == 0
    assert LAST_DAY_NUMBER == 2**16 - 1
    assert from_day_number(LAST_DAY_NUMBER) == date(2149, 6, 6)


@given(st.integers(0, 500), UNITS)
def test_a_span_is_read_as_it_is_shown(count: int, unit: str) -> None:
    span = Span(count, unit)  # type: ignore[arg-type]
    assert Span.parse(str(span)) == span


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("90 days", "90 days"),
        ("1  month", "1 month"),
        (" 1 years ", "1 year"),
        ("6 week", "6 weeks"),
    ],
)
def test_spans_are_counts_of_days_weeks_months_or_years(text: str, shown: str) -> None:
    assert str(Span.parse(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "90", "days", "-1 day", "1.5 years", "a month", "1 quarter", "3 months ago", "1 Day"],
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a length of time: write for example 90 days"):
        Span.parse(text)


@pytest.mark.parametrize(
    ("span", "day", "after", "before"),
    [
        ("1 month", date(2017, 1, 31), date(2017, 2, 28), date(2016, 12, 31)),
        ("1 month", date(2016, 1, 31), date(2016, 2, 29), date(2015, 12, 31)),
        ("1 month", date(2017, 3, 31), date(2017, 4, 30), date(2017, 2, 28)),
        ("1 year", date(2016, 2, 29), date(2017, 2, 28), date(2015, 2, 28)),
        ("4 years", date(2016, 2, 29), date(2020, 2, 29), date(2012, 2, 29)),
        ("12 months", date(2016, 2, 29), date(2017, 2, 28), date(2015, 2, 28)),
        ("6 weeks", date(2017, 1, 1), date(2017, 2, 12), date(2016, 11, 20)),
        ("90 days", date(2016, 12, 1), date(2017, 3, 1), date(2016, 9, 2)),
        ("0 days", date(2017, 1, 1), date(2017, 1, 1), date(2017, 1, 1)),
    ],
)
def test_months_end_on_their_last_day_and_leap_days_move_to_the_day_before(
    span: str, day: date, after: date, before: date
) -> None:
    assert (Span.parse(span).after(day), Span.parse(span).before(day)) == (after, before)


@given(DAYS, st.integers(0, 60), UNITS)
def test_a_longer_start_never_ends_earlier(day: date, count: int, unit: str) -> None:
    span = Span(count, unit)  # type: ignore[arg-type]
    assert span.after(day) <= span.after(day + timedelta(days=1))
    assert span.before(day) <= day <= span.after(day)


@given(DAYS, st.integers(0, 3000), EVERY)
def test_periods_cover_the_term_without_gap_or_overlap(
    first: date, length: int, every: Every
) -> None:
    last = min(first + timedelta(days=length), date(2149, 6, 6))
    found = periods(first, last, every)
    assert (found[0].first, found[-1].last) == (first, last)
    for earlier, later in pairwise(found):
        assert later.first == earlier.last + timedelta(days=1)
        assert later.first.day == 1
    assert all(period.first <= period.last for period in found)
    assert len({period.label for period in found}) == len(found)
    assert sorted(found) == list(found)


@pytest.mark.parametrize(
    ("every", "labels"),
    [
        ("month", ["2016-11", "2016-12", "2017-01"]),
        ("quarter", ["2016-Q4", "2017-Q1"]),
        ("year", ["2016", "2017"]),
    ],
)
def test_the_outer_periods_are_cut_to_the_term(every: Every, labels: list[str]) -> None:
    found = periods(date(2016, 11, 15), date(2017, 1, 20), every)
    assert [period.label for period in found] == labels
    assert (found[0].first, found[-1].last) == (date(2016, 11, 15), date(2017, 1, 20))


def test_a_term_of_a_day_has_one_period_and_one_that_ended_before_it_began_has_none() -> None:
    day = date(2017, 5, 5)
    assert periods(day, day, "quarter") == (Period(day, day, "2017-Q2"),)
    assert periods(date(2017, 5, 5), date(2017, 3, 5), "month") == ()


def calendar(term: str, every: str, made: str) -> Calendar:
    """A calendar with these terms."""
    return Calendar.model_validate(
        {
            "term": term,
            "claims": {"every": every, "made": f"{made} after the period"},
            "evidence": {"within": "90 days", "late": "next claim"},
            "payment": {"within": "30 days", "working_days_of": "England"},
        }
    )


def test_a_month_after_a_quarter_is_the_last_day_of_the_next_month() -> None:
    terms = calendar("2016-11-01 through 2017-12-31", "quarter", "1 month")
    assert [str(terms.claim_date(period)) for period in terms.periods] == [
        "2017-01-31",
        "2017-04-30",
        "2017-07-31",
        "2017-10-31",
        "2018-01-31",
    ]


@pytest.mark.parametrize(
    ("made", "claim_date"),
    [
        ("0 days", date(2016, 2, 29)),
        ("10 days", date(2016, 3, 10)),
        ("1 month", date(2016, 3, 31)),
        ("2 weeks", date(2016, 3, 14)),
        ("1 year", date(2017, 2, 28)),
    ],
)
def test_a_claim_date_is_counted_from_the_end_of_the_last_day(made: str, claim_date: date) -> None:
    terms = calendar("2016-02-01 through 2016-02-29", "month", made)
    assert terms.claim_date(terms.periods[0]) == claim_date


@given(DAYS.filter(lambda day: day.year < 2140), st.integers(0, 1500), EVERY)
def test_claim_dates_come_in_the_order_of_the_periods(first: date, length: int, every: str) -> None:
    terms = calendar(f"{first} through {first + timedelta(days=length)}", every, "1 month")
    made = [terms.claim_date(period) for period in terms.periods]
    assert made == sorted(set(made))
    assert all(day > period.last for day, period in zip(made, terms.periods, strict=True))


EASTER_MONDAY = date(2017, 4, 17)
ST_ANDREW, ST_PATRICK, BOYNE = date(2016, 11, 30), date(2017, 3, 17), date(2017, 7, 12)


@pytest.mark.parametrize(
    ("nation", "closed", "opened"),
    [
        ("England", [EASTER_MONDAY, date(2017, 8, 28)], [date(2017, 1, 3), ST_ANDREW, BOYNE]),
        ("Wales", [EASTER_MONDAY, date(2017, 8, 28)], [date(2017, 1, 3), ST_PATRICK]),
        ("Scotland", [date(2017, 1, 3), ST_ANDREW], [EASTER_MONDAY, date(2017, 8, 28)]),
        ("Northern Ireland", [EASTER_MONDAY, ST_PATRICK, BOYNE], [ST_ANDREW]),
    ],
)
def test_bank_holidays_differ_by_nation(
    nation: str, closed: list[date], opened: list[date]
) -> None:
    found = bank_holidays(nation, 2016, 2017)
    assert set(closed) <= set(found)
    assert not set(opened) & set(found)
    assert list(found) == sorted(found)
    assert {day.year for day in found} == {2016, 2017}


def test_there_is_no_calendar_of_the_uk() -> None:
    for whole in ("UK", "GB", "GB-ENG"):
        with pytest.raises(ValueError, match="the nations of the UK differ"):
            assert_place(whole)
    assert set(NATIONS) == {"England", "Wales", "Scotland", "Northern Ireland"}


@pytest.mark.parametrize(
    ("day", "following", "before"),
    [
        (date(2017, 4, 13), date(2017, 4, 13), date(2017, 4, 13)),
        (date(2017, 4, 14), date(2017, 4, 18), date(2017, 4, 13)),
        (date(2017, 4, 16), date(2017, 4, 18), date(2017, 4, 13)),
        (date(2017, 4, 22), date(2017, 4, 24), date(2017, 4, 21)),
        (date(2016, 12, 25), date(2016, 12, 28), date(2016, 12, 23)),
    ],
)
def test_a_closed_day_moves_over_weekends_and_bank_holidays(
    day: date, following: date, before: date
) -> None:
    closed = bank_holidays("England", 2016, 2017)
    assert working_day(day, closed, "next working day") == following
    assert working_day(day, closed, "previous working day") == before


@given(DAYS, st.lists(st.integers(-8, 8), max_size=10))
def test_a_working_day_is_open_and_the_nearest_on_its_side(day: date, shut: list[int]) -> None:
    closed = [day + timedelta(days=number) for number in shut]
    later = working_day(day, closed, "next working day")
    earlier = working_day(day, iter(closed), "previous working day")
    assert earlier <= day <= later
    for found in (earlier, later):
        assert found.weekday() < 5
        assert found not in closed
    between = [earlier + timedelta(days=n) for n in range(1, (later - earlier).days)]
    assert all(one.weekday() >= 5 or one in closed for one in between)


@pytest.mark.parametrize(
    "written",
    [
        "31/07/2018",
        "2018-02-30",
        "20180731",
        "2018-W05-3",
        "",
        datetime(2018, 7, 31),
        20180731,
        None,
    ],
)
def test_a_day_is_a_date_or_text_in_one_form_and_anything_else_is_refused(written: object) -> None:
    assert day_given("2018-07-31", "as_of", SettlementError) == date(2018, 7, 31)
    with pytest.raises(SettlementError, match=r"as_of is not a day.*YYYY-MM-DD") as caught:
        day_given(written, "as_of", SettlementError)
    assert [fault.code for fault in caught.value.faults] == ["not_a_day"]
