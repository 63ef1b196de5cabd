"""The fixed grammar of short phrases: thresholds, windows, shares.

Everything that is not one of these phrases is structure, never prose to be guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from impactbond.dates import Span
from impactbond.money import parse_share, show_share
from impactbond.terms.term import parse_day, phrase

Comparison = Literal["at least", "at most", "above", "below"]
_NUMBER = r"(-?\d{1,12}(?:\.\d{1,10})?)( ?%)?"
_THRESHOLD = re.compile(rf"(at least|at most|above|below) {_NUMBER}")
_DISTANCE = re.compile(_NUMBER)
_LONGEST_DAYS = 36525
_TERM = re.compile(r"(\d{4}-\d\d-\d\d) through (\d{4}-\d\d-\d\d)")
_NOT_A_SHARE = "not a share: write a percentage such as 30%, or a fraction such as 1/3"
_CHANGE = re.compile(r"([+-]) ?(\d{1,4}(?:\.\d{1,6})?) ?%")
_OFFSET = re.compile(r"(.+) (before|after) start")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bar with its side: `at least 17`, `below 92%`."""

    comparison: Comparison
    bar: Decimal
    percent: bool

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """A threshold from its phrase. Raises ValueError for anything else."""
        match = _THRESHOLD.fullmatch(" ".join(text.split()))
        if not match:
            raise ValueError(
                "not a threshold: write at least, at most, above or below and a number, such as"
                " at least 17 or below 92%"
            )
        return cls(match[1], Decimal(match[2]), bool(match[3]))  # type: ignore[arg-type]

    @property
    def exact(self) -> Fraction:
        """The bar as a plain number: 5% is 1/20."""
        return Fraction(self.bar) / (100 if self.percent else 1)

    def is_passed_by(self, value: Fraction) -> bool:
        """Whether a plain number is on the right side of the bar."""
        match self.comparison:
            case "at least":
                return value >= self.exact
            case "at most":
                return value <= self.exact
            case "above":
                return value > self.exact
            case "below":
                return value < self.exact

    def __str__(self) -> str:
        return f"{self.comparison} {self.bar}{'%' if self.percent else ''}"


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a measure must move: `5`, or `5%` for percentage points."""

    size: Decimal
    percent: bool

    @classmethod
    def parse(cls, value: object) -> Distance:
        """A distance from a number or from text such as `5%`.

        Raises ValueError for anything else.
        """
        if isinstance(value, Distance):
            return value
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        match = (
            _DISTANCE.fullmatch(str(value).strip()) if is_number or isinstance(value, str) else None
        )
        if not match:
            raise ValueError("not a distance: write a number, or percentage points such as 5%")
        return cls(Decimal(match[1]), bool(match[2]))

    @property
    def exact(self) -> Fraction:
        """The distance as a plain number: 5% is 1/20."""
        return Fraction(self.size) / (100 if self.percent else 1)

    def __str__(self) -> str:
        return f"{self.size}{'%' if self.percent else ''}"


def parse_change(text: str) -> Fraction:
    """By what share a price changes, from `+10%` or `-5%`. Raises ValueError for anything else."""
    match = _CHANGE.fullmatch(text.strip())
    if not match:
        raise ValueError("not a change: write a percentage with its sign, such as +10% or -5%")
    share = Fraction(match[2]) / 100
    if match[1] == "-" and share > 1:
        raise ValueError("a price lowered below nothing: write at most -100%")
    return share if match[1] == "+" else -share


def show_change(change: Fraction) -> str:
    """A change with its sign, as it is written."""
    return f"{'-' if change < 0 else '+'}{show_share(abs(change))}"


@dataclass(frozen=True, slots=True)
class Edge:
    """One end of a window: the start date moved by a span, or a date of the calendar."""

    fixed: date | None = None
    span: Span | None = None
    side: Literal["before", "after"] = "after"

    @classmethod
    def parse(cls, text: str) -> Edge:
        """An edge from `start`, `3 months before start`, `1 year after start` or `2017-01-31`."""
        if text == "start":
            return cls()
        if match := _OFFSET.fullmatch(text):
            return cls(span=parse_span(match[1]), side=match[2])  # type: ignore[arg-type]
        day = parse_day(text)
        if day is None:
            raise ValueError(
                "not an end of a window: write start, 3 months before start, or 2017-01-31"
            )
        return cls(fixed=day)

    def on(self, start: date) -> date:
        """The day of this edge for somebody who started on `start`."""
        if self.fixed is not None:
            return self.fixed
        if self.span is None:
            return start
        return self.span.after(start) if self.side == "after" else self.span.before(start)

    def __str__(self) -> str:
        if self.fixed is not None:
            return self.fixed.isoformat()
        return "start" if self.span is None else f"{self.span} {self.side} start"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of days.

    `A to B` ends before B, so that adjoining windows never share a day; `A through B` includes B.
    """

    opens: Edge
    closes: Edge
    includes_close: bool

    @classmethod
    def parse(cls, text: str) -> Window:
        """A window from its phrase. Raises ValueError for anything else."""
        stripped = " ".join(text.split())
        for word, includes in ((" through ", True), (" to ", False)):
            if stripped.count(word) == 1:
                opens, closes = stripped.split(word)
                return cls(Edge.parse(opens), Edge.parse(closes), includes)
        raise ValueError(
            "not a window: write for example start to 1 year after start (ends the day before), or"
            " start through 60 days after start (includes that day)"
        )

    def days(self, start: date) -> tuple[date, date]:
        """First and last day, both included, for somebody who started on `start`."""
        last = self.closes.on(start)
        if not self.includes_close:
            last = date.fromordinal(last.toordinal() - 1)
        return self.opens.on(start), last

    def __str__(self) -> str:
        return f"{self.opens} {'through' if self.includes_close else 'to'} {self.closes}"


def parse_term_dates(text: str) -> tuple[date, date]:
    """First and last day of a term, from `2016-11-01 through 2019-03-31`."""
    days = _TERM.fullmatch(" ".join(text.split()))
    first, last = (parse_day(days[1]), parse_day(days[2])) if days else (None, None)
    if first is None or last is None:
        raise ValueError(
            "not a term: write for example 2016-11-01 through 2021-03-31, both days included"
        )
    return first, last


def parse_span(value: object) -> Span:
    """A length of time of at most a hundred years. Raises ValueError for anything else."""
    if isinstance(value, Span):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        # As days it would be one length and as months another: nobody guesses which is meant.
        raise ValueError(
            "a number without its unit is not a length of time: write for example 90 days,"
            " 6 weeks, 3 months or 1 year"
        )
    span = Span.parse(value if isinstance(value, str) else "")
    days = {"day": 1, "week": 7, "month": 30, "year": 365}[span.unit] * span.count
    if days > _LONGEST_DAYS:
        raise ValueError("a length of time over 100 years: write a shorter one")
    return span


def parse_often(text: str) -> Span:
    """How often something comes, from `every 92 days`. Raises ValueError for anything else."""
    word, _, length = " ".join(text.split()).partition(" ")
    if word != "every":
        raise ValueError("not how often: write for example every 92 days, or every 3 months")
    return parse_span(length)


def parse_lapses(value: object) -> Span | None:
    """How long a lapse may be: None for `any`, no day for `none`, or `up to 90 days`.

    Raises ValueError for anything else.
    """
    if value is None or isinstance(value, Span):
        return value
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if text in ("any", "none"):
        return None if text == "any" else Span(0, "day")
    if not text.startswith("up to "):
        raise ValueError("not what lapses may be: write none, any, or for example up to 90 days")
    return parse_span(text.removeprefix("up to "))


def show_lapses(longest: Span | None) -> str:
    """How long a lapse may be, as it is written."""
    if longest is None:
        return "any"
    return f"up to {longest}" if longest.count else "none"


def parse_part(text: str) -> Fraction:
    """A share of at most the whole. Raises ValueError for anything else."""
    try:
        return parse_share(text)
    except ValueError as error:
        over = "a share over the whole: write at most 100%"
        raise ValueError(over if "over" in str(error) else _NOT_A_SHARE) from None


def parse_funding_share(text: str) -> Fraction | None:
    """A funder's share; None for `the rest`. Raises ValueError for anything else."""
    if " ".join(text.split()) == "the rest":
        return None
    try:
        return parse_part(text)
    except ValueError as error:
        message = str(error)
        also = ", or the rest" if message == _NOT_A_SHARE else ""
        raise ValueError(message + also) from None


def show_funding_share(share: Fraction | None) -> str:
    """A funder's share as it is written."""
    return "the rest" if share is None else show_share(share)


def _text(*examples: str, words: str) -> WithJsonSchema:
    """Text in a schema; `words` is its pattern, in which any space may be several."""
    pattern = rf"^\s*{words}\s*$".replace(" ", r"\s+")
    return WithJsonSchema({"type": "string", "examples": list(examples), "pattern": pattern})


_DAY = r"\d{4}-\d\d-\d\d"
_LENGTH = r"\d+ (day|week|month|year)s?"
_EDGE = rf"(start|{_LENGTH} (before|after) start|{_DAY})"
_PART = r"(\d+(\.\d+)?\s*%|\d+\s*/\s*\d+"
_SIDE = r"(at least|at most|above|below) -?\d+(\.\d+)?\s*%?"
_shown = PlainSerializer(str, return_type=str)
ThresholdPhrase = Annotated[
    Threshold, phrase(Threshold.parse), _shown, _text("at least 17", "below 92%", words=_SIDE)
]
WindowPhrase = Annotated[
    Window,
    phrase(Window.parse),
    _shown,
    _text("start to 1 year after start", words=rf"{_EDGE} (to|through) {_EDGE}"),
]
DistancePhrase = Annotated[
    Distance,
    BeforeValidator(Distance.parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "examples": ["5%"]}]}),
]
ChangePhrase = Annotated[
    Fraction,
    phrase(parse_change),
    PlainSerializer(show_change, return_type=str),
    _text("+10%", "-5%", words=r"[+-]\d+(\.\d+)?%"),
]
SpanPhrase = Annotated[Span, BeforeValidator(parse_span), _shown, _text("90 days", words=_LENGTH)]
OftenPhrase = Annotated[
    Span,
    phrase(parse_often),
    PlainSerializer(lambda span: f"every {span}", return_type=str),
    _text("every 92 days", words=rf"every {_LENGTH}"),
]
LapsesPhrase = Annotated[
    Span | None,
    BeforeValidator(parse_lapses),
    PlainSerializer(show_lapses, return_type=str),
    _text("none", "any", "up to 90 days", words=rf"(none|any|up to {_LENGTH})"),
]
SharePhrase = Annotated[
    Fraction,
    phrase(parse_part),
    PlainSerializer(show_share, return_type=str),
    _text("30%", "1/3", words=rf"{_PART})"),
]
FundingSharePhrase = Annotated[
    Fraction | None,
    phrase(parse_funding_share),
    PlainSerializer(show_funding_share, return_type=str),
    _text("30%", "1/9", "the rest", words=rf"{_PART}|the rest)"),
]
TermPhrase = Annotated[
    tuple[date, date],
    phrase(parse_term_dates),
    PlainSerializer(lambda days: f"{days[0]} through {days[1]}", return_type=str),
    _text("2016-11-01 through 2021-03-31", words=rf"{_DAY} through {_DAY}"),
]
