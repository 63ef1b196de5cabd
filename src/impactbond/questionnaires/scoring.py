"""Scores of one child's answers: exact fractions, rounded only where the instrument says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property
from typing import Final, TypeVar

from impactbond.errors import EvidenceError, Fault
from impactbond.money import half_up, rounded
from impactbond.questionnaires.instrument import Answers, Instrument, Scored
from impactbond.terms.diagnostic import did_you_mean, listing
from impactbond.texts import one_spelling

T = TypeVar("T")
Answer = str | Decimal | int | None
Scores = dict[str, Fraction | None]
# Whole numbers are ints where many are handled: a fraction takes twenty times as long to be found.
Exact = Fraction | int
_LONGEST = 200  # letters of an answer that is still looked at


@dataclass(frozen=True, slots=True)
class NotListed:
    """An answer that is none of those of its item: what kind of thing it is, never what it says."""

    found: str
    number: Fraction | None = None


NOT_A_NUMBER: Final = "a text that stands for no answer"


class Reader:
    """Reads the answers of an instrument: numbers and words, in whatever capitals."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._words: dict[int, dict[str, Fraction]] = {}
        self._known: dict[str, dict[tuple[type, object], Exact | NotListed | None]] = {}

    def read(self, item: str, given: object) -> Exact | NotListed | None:
        """What an answer counts as in its item, turned round where the item is; None for none."""
        return self.column(item, [given])[0]

    def column(self, item: str, cells: Sequence[object]) -> list[Exact | NotListed | None]:
        """What each of many answers to an item counts as; what is alike is read once."""
        known = self._known.setdefault(item, {})
        found = []
        for cell in cells:
            key = (type(cell), cell)
            try:
                if key not in known:
                    known[key] = light(self._counted(item, cell))
                found.append(known[key])
            except TypeError:  # what has no hash is no answer
                found.append(NotListed("neither a number nor a text"))
        return found

    @cached_property
    def _nothing(self) -> frozenset[str]:
        return frozenset(one_spelling(one).casefold() for one in self._instrument.no_answer)

    def _words_of(self, answers: Answers) -> dict[str, Fraction]:
        found = self._words.get(id(answers))
        if found is None:
            found = {
                one_spelling(word).casefold(): Fraction(number)
                for number, words in answers.items()
                for word in words
            }
            self._words[id(answers)] = found
        return found

    def _counted(self, item: str, given: object) -> Fraction | NotListed | None:
        answers = self._instrument.answers_to(item)
        if given is None or (isinstance(given, float) and given != given):
            return None
        if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
            return NotListed("neither a number nor a text")
        # A number is the shortest text of it: 0.1 of a file and 0.1 of Python are the same answer.
        text = one_spelling(str(given)[:_LONGEST]).casefold()
        if not text or text in self._nothing or _as_written(text) in self._nothing:
            return None
        value = self._words_of(answers).get(text)
        if value is None:
            number = _number(text)
            if number is None:
                return NotListed(NOT_A_NUMBER)
            value = number - self._instrument.shift
            if value not in map(Fraction, answers):
                return NotListed("a number that stands for no answer", number)
        if item in self._instrument.reversed:
            every = list(map(Fraction, answers))
            return min(every) + max(every) - value
        return value


def light(value: T) -> T | int:
    """A whole number as an int, and everything else as it is."""
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


def _number(text: str) -> Fraction | None:
    try:
        number = Decimal(text) if text.isascii() and "_" not in text else None
    except InvalidOperation:
        return None
    if number is None or not number.is_finite() or abs(number.adjusted()) > 12:
        return None
    return Fraction(number)


def _as_written(text: str) -> str:
    """A whole number as its digits: a spreadsheet gives -9 as -9.0."""
    return text.removesuffix(".0")


def score(instrument: Instrument, answers: Mapping[str, Answer]) -> Scores:
    """The scores of one child's answers, in the instrument's order: exact, and None where too few
    items were answered.

    `answers` are by item, as numbers or words; None, or an item that is not there, is not answered.
    Raises EvidenceError listing every answer that is not among those of its item, and every item
    that the instrument does not have; no answer is repeated.
    """
    reader = Reader(instrument)
    faults = [_unknown_item(instrument, item) for item in answers if item not in instrument.items]
    read: dict[str, list[Exact | None]] = {}
    for item in instrument.items:
        value = reader.read(item, answers.get(item))
        if isinstance(value, NotListed):
            faults.append(not_listed(instrument, item, value))
        else:
            read[item] = [value]
    if faults:
        raise EvidenceError(f"The answers cannot be scored by {instrument.instrument}.", faults)
    every = scores_in_columns(instrument, read)
    return {name: None if one is None else Fraction(one) for name, [one] in every.items()}


def scores_in_columns(
    instrument: Instrument, read: Mapping[str, Sequence[Exact | None]]
) -> dict[str, list[Exact | None]]:
    """The scores of answers that were read, by item, a place for each row; rows in which the parts
    of a score are alike are scored once.
    """
    found: dict[str, Sequence[Exact | None]] = dict(read)
    scores: dict[str, list[Exact | None]] = {}
    for name, term in instrument.scores.items():
        known: dict[tuple[Exact | None, ...], Exact | None] = {}
        column = scores[name] = []
        for parts in zip(*(found[one] for one in term.of), strict=True):
            if parts not in known:
                value = _scored(term, parts)
                known[parts] = value if value is None else light(value)
            column.append(known[parts])
        found[name] = column
    return scores


def _scored(term: Scored, parts: Sequence[Exact | None]) -> Fraction | None:
    answered = [part for part in parts if part is not None]
    if len(answered) < (term.at_least or len(parts)):
        return None
    value = combined(term, Fraction(sum(answered, Fraction(0))), len(answered))
    return Fraction(_of_table(term)[value]) if term.table else value


def _of_table(term: Scored) -> Mapping[Fraction, Decimal]:
    return {Fraction(raw): value for raw, value in term.table.items()}


def combined(term: Scored, total: Fraction, count: int) -> Fraction:
    """What so many answers that come to a total make of a score, before its table."""
    whole = len(term.of)
    if term.way == "mean":
        value = total / count
    else:
        value = total * whole / count if term.unanswered == "pro rata" else total
    value *= Fraction(term.times)
    if term.rounded is None:
        return value
    in_one: int = 10**term.decimals
    return Fraction(rounded(value * in_one, half_up), in_one)


def bands_of(
    instrument: Instrument, scores: Mapping[str, Fraction | None], bands: str
) -> dict[str, str | None]:
    """The band that each score lies in, by one of the instrument's sets of cut-points; None where
    there is no score.

    Raises EvidenceError for a set, or a score, that the instrument does not have.
    """
    assert_bands(instrument, bands)
    found: dict[str, str | None] = {}
    for name, cuts in instrument.bands[bands].scores.items():
        if name not in scores:
            problem = f"there is no score '{name}'"
            fault = Fault(code="unknown_score", problem=problem, allowed=listing(scores))
            raise EvidenceError("The scores lie in no band.", [fault])
        found[name] = band_of(cuts, scores[name])
    return found


def band_of(cuts: Mapping[str, Sequence[Decimal]], value: Exact | None) -> str | None:
    """The first band that a value lies in."""
    if value is None:
        return None
    return next((band for band, (low, high) in cuts.items() if low <= value <= high), None)


def assert_bands(instrument: Instrument, bands: str) -> None:
    """Nothing, or EvidenceError where an instrument has no such set of cut-points."""
    if bands not in instrument.bands:
        fault = Fault(
            code="unknown_bands",
            problem=f"{instrument.instrument} has no set of cut-points of that name",
            allowed=listing(instrument.bands) or "none is defined",
            hint="Name one of these, or add it to an instrument of your own",
        )
        raise EvidenceError("The scores lie in no band.", [fault])


def not_listed(instrument: Instrument, item: str, wrong: NotListed) -> Fault:
    """The fault of an answer that its item does not have."""
    shift = instrument.shift
    allowed = [
        " or ".join([_plain(Fraction(number) + shift), *words])
        for number, words in instrument.answers_to(item).items()
    ]
    return Fault(
        column=item,
        code="answer_not_listed",
        problem="this is not an answer of its item",
        found=wrong.found,
        allowed=", ".join([*allowed, "or nothing"]),
        hint="Look at the form, and at how answers are coded",
    )


def _plain(number: Fraction) -> str:
    return f"{Decimal(number.numerator) / Decimal(number.denominator):f}"


def _unknown_item(instrument: Instrument, item: object) -> Fault:
    return Fault(
        code="unknown_item",
        problem=f"{instrument.instrument} has no item '{str(item)[:40]}'",
        allowed=listing(instrument.items),
        hint=did_you_mean(str(item)[:40], instrument.items),
    )
