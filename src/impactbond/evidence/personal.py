"""Columns that say who a child is: found by their headings, and by what most of their cells are.

Evidence needs none of them, and a settlement, its statements and its records would carry them on.
They are refused wherever evidence comes in, unless the heading is allowed; what stands in them is
never told.

Numbers of pupils and of patients have check characters. One in eleven numbers of ten digits passes
by chance, so a column is judged by the majority of a sample of its cells. The authority that a
pupil number begins with is not looked up: lists of them are soon out of date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from impactbond.errors import EvidenceError, Fault

CODE = "personal_data"
SAMPLE = 400  # cells of a column, evenly spaced
_LEAST_NUMBERS = 3  # that must pass, where chance could make one
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_UPN_LENGTH = 13
_UPN = re.compile(r"[A-HJ-NP-RT-Z]\d{11}[\dA-HJ-NP-RT-Z]")
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_TWO_NAMES = re.compile(r"[A-Z][a-z'’]+( [A-Z][A-Za-z'’-]+){1,2}")
_YEARS = timedelta(days=365)
_HEADINGS = {
    "a name": r"(fore|sur|nick)?names?",
    "an NHS number": r"nhs(\s?(number|no|nr|id))?",
    "a pupil number": r"(upn|uln|uci|adno|pupil matching ref(erence)?"
    r"|(unique (pupil|learner)|admission|candidate) (number|no|id))",
    "a national insurance number": r"(national insurance|ni) (number|no)",
    "a postcode": r"(home )?post\s?codes?",
    "a date of birth": r"(dob|do b|d o b|birth\s?(day|date)|date of birth|born( on)?)",
    "an email address": r"e ?mails?",
    "a telephone number": r"(tele)?phone|(mobile|contact) (number|no)",
    "an address": r"(home|postal|street) address|address line",
}
_LOOKS_LIKE = {what: re.compile(rf"\b({pattern})\b") for what, pattern in _HEADINGS.items()}
_WHOLE_HEADINGS = {"address": "an address", "mobile": "a telephone number"}
_OTHER_NAMES = re.compile(
    r"\b(school|club|partner|worker|organisation|provider|programme|project|service|activity|course"
    r"|session|file|group|class|metric|event|site|team|borough|council|funder|area|ward|milestone"
    r"|measure|test|survey|form)s? names?\b"
)


def heading_tells(heading: str) -> Iterator[str]:
    """What a heading says that its column holds, of what says who a child is."""
    split = re.sub(r"([a-z])([A-Z])", r"\1 \2", heading).replace("'", "").casefold()
    words = _OTHER_NAMES.sub("", " ".join(re.findall(r"[a-z]+", split)))
    yield from (what for what, pattern in _LOOKS_LIKE.items() if pattern.search(words))
    if words in _WHOLE_HEADINGS:
        yield _WHOLE_HEADINGS[words]


def is_pupil_number(text: str) -> bool:
    """Whether a text is a unique pupil number, permanent or temporary, by its check letter: that at
    the remainder of the digits times their places. A letter at the end counts as its own place.
    """
    if len(text) != _UPN_LENGTH or not _UPN.fullmatch(text):
        return False
    last = _UPN_LETTERS.find(text[-1]) if text[-1].isalpha() else int(text[-1])
    digits = [*map(int, text[1:12]), last]
    whole = sum(digit * place for place, digit in enumerate(digits, 2))
    return text[0] == _UPN_LETTERS[whole % 23]


def is_nhs_number(text: str) -> bool:
    """Whether ten digits are an NHS number by the last of them. Those of one digit alone, which
    pass, are nobody's.
    """
    if not _is_ten_digits(text):
        return False
    check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(text[:9])) % 11
    return check != 10 and check % 11 == int(text[9])


def _is_ten_digits(text: str) -> bool:
    return len(text) == 10 and text.isdecimal() and len(set(text)) > 1


def is_learner_number(text: str) -> bool:
    """Whether ten digits are a unique learner number by the last of them."""
    if not _is_ten_digits(text):
        return False
    left = sum(int(digit) * (10 - place) for place, digit in enumerate(text[:9])) % 11
    return left != 0 and 10 - left == int(text[9])


_Test = Callable[[str], object]
_VALUES: dict[str, _Test] = {
    "pupil numbers": is_pupil_number,
    "NHS numbers": lambda text: is_nhs_number(text.replace(" ", "").replace("-", "")),
    "learner numbers": is_learner_number,
    "postcodes": _POSTCODE.fullmatch,
    "email addresses": _EMAIL.fullmatch,
}
_ONE_OF: dict[str, str] = {
    "pupil numbers": "a pupil number",
    "NHS numbers": "an NHS number",
    "learner numbers": "a learner number",
    "postcodes": "a postcode",
    "email addresses": "an email address",
}
_BY_CHANCE = ("NHS numbers", "learner numbers")


def cell_tells(text: str) -> str:
    """What one text is by itself, of what says who a child is; nothing otherwise."""
    return next((_ONE_OF[what] for what, holds in _VALUES.items() if holds(text.strip())), "")


def values_tell(cells: Sequence[object], *, names: bool, born: tuple[date, date] | None) -> str:
    """What most of the cells of a column are, of what says who a child is; nothing otherwise.

    `names` where the column should hold references: two words with capitals are names there.
    `born` are the days between which dates are taken for births, where the column has no use here.
    """
    filled = [cell for cell in cells if cell is not None and cell != ""]
    chosen = filled[:: max(1, len(filled) // SAMPLE)]
    texts = [str(cell).strip() for cell in chosen if isinstance(cell, str | int)]
    different = set(texts)
    for what, holds in _VALUES.items():
        passed = {text for text in different if holds(text)}
        by_chance = what in _BY_CHANCE and not any(" " in text for text in passed)
        # A number written in groups, 943 476 5919, was typed as what it is; a bare one that passes
        # may be anybody's invoice.
        if len(passed) < (_LEAST_NUMBERS if by_chance else 1):
            continue
        if 2 * sum(text in passed for text in texts) > len(chosen):
            return what
    # Elsewhere two words with capitals are a school or a street as well.
    if names and 2 * sum(bool(_TWO_NAMES.fullmatch(text)) for text in texts) > len(chosen) > 0:
        return "names"
    if born is not None:
        days = [day for day in map(_day, chosen) if day is not None and born[0] <= day <= born[1]]
        # One day in every row is the day of an export.
        if 2 * len(days) > len(chosen) > 0 and len(set(days)) > 1:
            return "dates of birth"
    return ""


def _day(cell: object) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, str) and re.fullmatch(r"(19|20)\d\d-[01]\d-[0-3]\d", cell.strip()):
        try:
            return date.fromisoformat(cell.strip())
        except ValueError:
            return None
    return cell if isinstance(cell, date) else None


def personal_columns(
    place: Fault,
    columns: Mapping[str, Sequence[object]],
    used: Iterable[str],
    begins: date,
    reference: str = "participant",
) -> Iterator[Fault]:
    """A fault for each column that says who a child is.

    Takes where they stand, their cells by heading, the headings that the contract uses, the first
    day of the contract, and the heading of the participants' references. A child of the contract
    was born 2 to 26 years before it begins.
    """
    used = set(used)
    years = (begins - 26 * _YEARS, begins - 2 * _YEARS)
    for number, (heading, cells) in enumerate(columns.items(), 1):
        told = [f"the heading looks like {what}" for what in heading_tells(heading)]
        born = None if heading in used else years
        if not told:
            what = values_tell(cells, names=heading == reference, born=born)
            told = [f"most of its cells look like {what}"] if what else []
        # Where the row of headings is a child's, the heading is what must not be told.
        shown = f"number {number}" if cell_tells(heading) else heading
        for problem in told:
            fault = replace(place, column=shown, code=CODE, problem=problem)
            yield replace(
                fault,
                hint="Evidence needs none: take the column out of what is delivered, or use keys "
                "in its place. If it is none, allow its heading: allow_personal, --allow-personal",
            )


def assert_allowed(found: Iterable[Fault], allowed: Iterable[str]) -> set[str]:
    """A caution for each column whose heading is allowed. Raises EvidenceError for the others."""
    known = {one.casefold() for one in allowed}
    faults = list(found)
    if refused := [one for one in faults if one.column.casefold() not in known]:
        count = len({(one.file, one.sheet, one.column) for one in refused})
        raise EvidenceError(f"Columns that say who a child is: {count}. Nothing was read.", refused)
    return {f"sheet '{one.sheet}', column '{one.column}': {one.problem}." for one in faults}
