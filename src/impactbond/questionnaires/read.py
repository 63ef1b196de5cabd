"""Reading instruments: those that come with the library, by name, and the user's own, by path.

And which values a score can come to: by them tables and cut-points are known to be complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from os import PathLike
from os.path import exists  # no to a name that is too long, where pathlib raises
from pathlib import Path as FilePath

from impactbond.contract.reading.terms_file import TermsFile
from impactbond.errors import InstrumentError
from impactbond.questionnaires.instrument import Answers, Banding, Instrument, Scored
from impactbond.questionnaires.scoring import combined
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    fault_at,
    listed_twice,
    listing,
    unknown,
)
from impactbond.texts import one_spelling

_FILE = TermsFile(Instrument, "instrument", InstrumentError)
_SHIPPED = FilePath(__file__).parent / "shipped"


def shipped_instruments() -> tuple[str, ...]:
    """The names of the instruments that come with the library."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yaml")))


def read_instrument(name: str | PathLike[str]) -> Instrument:
    """An instrument that comes with the library, such as `sdq`, or one in a YAML or JSON file.

    Raises InstrumentError listing every fault with its line.
    """
    place = FilePath(name)
    if isinstance(name, str) and name in shipped_instruments():
        place = _SHIPPED / f"{name}.yaml"
    elif isinstance(name, str) and place.name == name and not place.suffix and not exists(place):
        shown = name if name.isprintable() and len(name) <= 40 else "something else"
        fault = unknown("instrument", shown, shipped_instruments())
        raise InstrumentError("The instrument cannot be read.", [fault])
    source, file = _FILE.source_of(place)
    return parse_instrument(source, name=file)


def parse_instrument(source: bytes, *, name: str) -> Instrument:
    """The instrument in the bytes of a file called `name`.

    Raises InstrumentError listing every fault with its line.
    """
    instrument = _FILE.parse(source, name, lambda found: list(check_instrument(found)))
    instrument._source, instrument._source_name = source, name
    return instrument


def check_instrument(instrument: Instrument) -> Diagnostics:
    """Every fault of meaning, each at the path of the term that it is in."""
    yield from listed_twice(("items",), instrument.items, "item")
    yield from listed_twice(("reversed",), instrument.reversed, "item")
    for index, item in enumerate(instrument.reversed):
        if item not in instrument.items:
            yield Diagnostic(("reversed", index), unknown("item", item, instrument.items))
    readable = list(_check_answers(("answers",), instrument.answers, instrument.no_answer))
    for item, answers in instrument.answers_of.items():
        path: Path = ("answers_of", item)
        if item not in instrument.items:
            yield Diagnostic(path, unknown("item", item, instrument.items))
        readable += _check_answers(path, answers, instrument.no_answer)
    yield from readable
    yield from _check_informants(instrument)
    names = list(_check_parts(instrument))
    yield from names
    if not readable and not names:
        yield from _check_values(instrument)


def _check_answers(path: Path, answers: Answers, no_answer: tuple[str, ...]) -> Diagnostics:
    """Each answer a number, and each word for one answer alone."""
    words: dict[str, str] = {one_spelling(one).casefold(): "no answer" for one in no_answer}
    for number, said in answers.items():
        if _plain_number(number) is None:
            problem = "an answer counts as a number"
            yield fault_at((*path, number), "not_a_number", problem, hint="Write digits, such as 0")
            continue
        for word in (number, *said):
            key = one_spelling(word).casefold()
            other = words.setdefault(key, number)
            if other != number:
                problem = f"'{word}' stands for {number} and for {other}"
                yield fault_at((*path, number), "word_twice", problem, hint="Keep one of them")
            elif word is not number and _plain_number(word) is not None:
                problem = f"'{word}' is a number, and would stand for {number}"
                hint = "Answers that are written from another number on: say `written_from`"
                yield fault_at((*path, number), "number_as_word", problem, hint=hint)


def _plain_number(text: str) -> Fraction | None:
    bare = text.removeprefix("-")
    is_plain = bare.replace(".", "", 1).isdecimal() and bare.isascii() and len(bare) < 12
    return Fraction(Decimal(text)) if is_plain and not bare.endswith(".") else None


def _check_informants(instrument: Instrument) -> Diagnostics:
    words: dict[str, str] = {}
    for name, said in instrument.informants.items():
        for word in (name, *said):
            other = words.setdefault(one_spelling(word).casefold(), name)
            if other != name:
                problem = f"'{word}' stands for {name} and for {other}"
                yield fault_at(("informants", name), "word_twice", problem, hint="Keep one")
    for name, bands in instrument.bands.items():
        for informant in bands.informants:
            if informant not in instrument.informants:
                path = ("bands", name, "informants")
                fault = unknown("informant", informant, instrument.informants)
                yield Diagnostic(path, fault)


def _check_parts(instrument: Instrument) -> Diagnostics:
    """What each score is made of, and how much of it there must be."""
    above: list[str] = []
    for name, term in instrument.scores.items():
        path: Path = ("scores", name)
        if name in instrument.items:
            problem = f"'{name}' is an item too"
            yield fault_at(path, "name_twice", problem, hint="Give the score another name")
        yield from listed_twice((*path, "of"), term.of, "part")
        for index, part in enumerate(term.of):
            # Of scores only those above it: so none can be made of itself.
            if part not in instrument.items and part not in above:
                fault = unknown("item", part, [*above, *instrument.items])
                hint = fault.hint or "A score is made of items, or of scores that stand above it"
                yield fault_at(
                    (*path, "of", index),
                    fault.code,
                    fault.problem,
                    allowed=fault.allowed,
                    hint=hint,
                )
        if len({part in instrument.items for part in term.of}) > 1:
            problem = "items and scores are mixed"
            yield fault_at((*path, "of"), "mixed_parts", problem, hint="Make a score of the items")
        if term.at_least is not None and term.at_least > len(term.of):
            problem = f"there are {len(term.of)} parts, and {term.at_least} must be answered"
            yield fault_at((*path, "at_least"), "at_least", problem, hint="Write a smaller number")
        above.append(name)
    for bands, term_of in instrument.bands.items():
        for name in term_of.scores:
            if name not in instrument.scores:
                fault = unknown("score", name, instrument.scores)
                yield Diagnostic(("bands", bands, "scores", name), fault)


def _check_values(instrument: Instrument) -> Diagnostics:
    """Whether tables and cut-points say something of every value that a score can come to."""
    known: dict[str, Values | None] = {}
    for name, term in instrument.scores.items():
        values = attainable(instrument, name, known)
        yield from _check_table(("scores", name, "table"), term, values)
        known[name] = in_table(term, values)
    for name, bands in instrument.bands.items():
        yield from _check_bands(("bands", name, "scores"), bands, known)


def _check_table(path: Path, term: Scored, values: Values | None) -> Diagnostics:
    if not term.table:
        return
    bad = [raw for raw in term.table if _plain_number(raw) is None]
    if bad or values is None:
        problem = "raw scores are numbers" if bad else "it can come to too many values for a table"
        yield fault_at(path, "table_unusable", problem, found=listing(bad), hint="Look for a slip")
        return
    raws = {Fraction(raw) for raw in term.table}
    for there, code, problem in (
        (values - raws, "table_short", "raw scores that answers can come to are not in the table"),
        (raws - values, "table_long", "raw scores in the table that no answers come to"),
    ):
        if there:
            hint = "Copy the whole table; a score that may be pro-rated must be rounded first"
            yield fault_at(path, code, problem, found=told(there), hint=hint)


def _check_bands(path: Path, bands: Banding, known: Mapping[str, Values | None]) -> Diagnostics:
    for name, cuts in bands.scores.items():
        for band, (low, high) in cuts.items():
            if low > high:
                problem = "the band ends before it begins"
                yield fault_at((*path, name, band), "band_backwards", problem, hint="Turn it round")
        ends = list(_overlapping(cuts))
        for one, other in ends:
            problem = f"'{one}' and '{other}' overlap"
            yield fault_at((*path, name, other), "bands_overlap", problem, hint="Look at the ends")
        values = known[name] or frozenset()
        outside = {
            value
            for value in values
            if not any(low <= value <= high for low, high in cuts.values())
        }
        if outside:
            problem = "values that the score can come to lie in no band"
            hint = "Let the bands reach from the lowest to the highest score, and meet"
            yield fault_at((*path, name), "band_missing", problem, found=told(outside), hint=hint)


def _overlapping(cuts: Mapping[str, tuple[Decimal, ...]]) -> Iterator[tuple[str, str]]:
    in_order = sorted(cuts, key=lambda band: cuts[band])
    for one, other in pairwise(in_order):
        if cuts[other][0] <= cuts[one][1]:
            yield one, other


MOST_VALUES = 20_000
Values = frozenset[Fraction]


def attainable(
    instrument: Instrument, score: str, known: Mapping[str, Values | None]
) -> Values | None:
    """Every value of a score before its table; None where they are too many to be listed.

    `known` are those of the scores above it, after their tables.
    """
    term = instrument.scores[score]
    parts = []
    for name in term.of:
        values = known[name] if name in known else instrument.values_of(name)
        if values is None:
            return None
        parts.append(values)
    sums: set[tuple[int, Fraction]] = {(0, Fraction(0))}
    for values in parts:
        answered = {(count + 1, total + value) for count, total in sums for value in values}
        # How many were answered goes with each sum: what is made up for the others depends on both.
        sums = answered | sums if _may_be_left_out(term) else answered
        if len(sums) > MOST_VALUES:
            return None
    needed = term.at_least or len(term.of)
    return frozenset(combined(term, total, count) for count, total in sums if count >= needed)


def _may_be_left_out(term: Scored) -> bool:
    return term.at_least is not None and term.at_least < len(term.of)


def in_table(term: Scored, values: Values | None) -> Values | None:
    """The values of a score after its table."""
    if not term.table:
        return values
    return frozenset(map(Fraction, term.table.values()))


def told(values: Iterable[Fraction]) -> str:
    """The first of some values, in order, as text."""
    return ", ".join(str(one) for one in sorted(values)[:5])
