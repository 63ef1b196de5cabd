"""Why a row or a cell of evidence is refused: a stable code, and words that never hold what was in
the cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from impactbond.dates import EPOCH, LAST_DAY_NUMBER, between, from_day_number
from impactbond.terms.metrics import Chosen, Metric, Numbered
from impactbond.terms.metrics.sessions import Edition, Session

FIRST_DAY, LAST_DAY = EPOCH, from_day_number(LAST_DAY_NUMBER)
_DAYS = f"a date from {FIRST_DAY} to {LAST_DAY}"
_SLIP = "Look for a slip."
MOST_COUNTED = 1_000_000_000
_COUNT = f"a whole number from 0 to {MOST_COUNTED:,}, in digits alone"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason to refuse: what is wrong, what is allowed, what to do."""

    code: str
    problem: str
    allowed: str = ""
    hint: str = ""


class Refused(NamedTuple):
    """One cell or row that was refused, and where it stands."""

    file: str
    sheet: str
    row: int
    column: str
    refusal: Refusal


MISSING = Refusal(
    "missing_value",
    "this cell is empty and the row cannot be used without it",
    "a value in every row",
    "Fill it in.",
)
NOT_TEXT = Refusal(
    "not_text",
    "this cell holds a date, a time or TRUE or FALSE where text or a number is needed",
    "text or a whole number",
    "Format the column as text, so that Excel does not turn what is typed into a date.",
)
ERROR_VALUE = Refusal(
    "error_value",
    "this cell shows an Excel error",
    "a value",
    "Put right the formula, or clear the cell.",
)
NOT_CALCULATED = Refusal(
    "formula_not_calculated",
    "this cell holds a formula whose result was never saved",
    "a value",
    "Open the workbook in Excel or LibreOffice, save it, and deliver it again.",
)
SHOWS_OTHER = Refusal(
    "shows_other",
    "the format of this cell shows something else than the number that it holds",
    "a cell that shows its number",
    "Format the cell as General, look whether the number is right, and type it again if it is not.",
)
ONLY_COLOURED = Refusal(
    "only_coloured",
    "this cell holds nothing, and is in a colour that others around it are not in",
    "a value, or an empty cell in no colour",
    "Type what the colour stands for, or take it away.",
)
MERGED = Refusal(
    "merged_cell",
    "this cell is merged with another, which alone holds what both seem to say",
    "a value in every cell",
    "Take the cells apart, and type the value into each for which it holds.",
)
SHOWN_AS_PERCENT = Refusal(
    "shown_as_percentage",
    "this cell shows a percentage: Excel holds 0.9 where it shows 90%",
    "a plain number",
    "Format the cell as General and type what is meant.",
)
FORMULA_TEXT = Refusal(
    "formula_as_text",
    "this cell holds a formula written as text",
    "a value",
    "Type the value, or format the cell as General and enter the formula again.",
)
NOT_A_DATE = Refusal(
    "not_a_date",
    "this is not a date",
    f"{_DAYS}, as an Excel date or typed like {FIRST_DAY}",
    "Format the cell as a date. Other text is not guessed at: day and month could change places.",
)
TIME_WITH_ZONE = Refusal(
    "time_with_zone",
    "this is a time with a time zone, which is no day",
    "a date",
    "Turn it into a date where it is made, in the right zone.",
)
DATE_OUTSIDE = Refusal(
    "date_outside", "this date is too early or too late", _DAYS, "Look at the year."
)
NOT_A_COUNT = Refusal("not_a_count", "this is not a number of claims", _COUNT, "Type digits alone.")
NEGATIVE_COUNT = Refusal(
    "negative_count",
    "this number is negative",
    _COUNT,
    "To correct a count, add a row with the right number that says which row it replaces.",
)
PART_OF_A_COUNT = Refusal(
    "part_of_a_count",
    "this number has a fraction, and there are no parts of claims",
    _COUNT,
    "A share or a rate is worked out from counts: give the counts.",
)
COUNT_TOO_LARGE = Refusal("count_too_large", "this number is too large", _COUNT, _SLIP)
MAY_BE_THOUSANDS = Refusal(
    "may_be_thousands",
    "three digits after the point may be thousands, and nobody guesses",
    "digits alone, such as 1500, or fewer or more of them after the point, such as 1.5",
    "Write the number without a point if thousands are meant, and otherwise without its last "
    "noughts.",
)
RECORDED_BEFORE_OBSERVED = Refusal(
    "recorded_before_observed",
    "the row speaks of a date in the future of its recording",
    "recorded on the day itself or later",
    "One of the two dates is wrong.",
)
LEFT_BEFORE_START = Refusal(
    "left_before_start",
    "leaving comes before the start",
    "the day of the start or later",
    "One of the two is wrong.",
)
CONTRADICTORY_PARTICIPANT = Refusal(
    "contradictory_participant",
    "rows about the same participant, from the same day and recorded on the same day, differ",
    "one row for each participant, day from which it holds and day of recording",
    "Keep the right row, or give the later one the day on which it was recorded.",
)
CONTRADICTORY_VALUES = Refusal(
    "contradictory_values",
    "rows give different values for the same participant, measure and day",
    "one value for each participant, measure and day, besides rows that another row replaces",
    "Keep the right one, or let it say which row it replaces. None of them counts until then.",
)
SLOT_TWICE = Refusal(
    "slot_twice",
    "several rows are about the same participant, measure, day and slot",
    "one row for each participant, measure, day and slot, besides rows that another row replaces",
    "Keep the right one, or let it say which row it replaces. None of them counts until then.",
)
REFERENCE_REUSED = Refusal(
    "reference_reused",
    "the same reference stands on rows that differ",
    "a reference of its own for each row",
    "To correct a row, add a new one with a new reference that says which it replaces.",
)
UNKNOWN_REPLACED = Refusal(
    "unknown_replaced",
    "this row replaces a reference that no row has",
    "the reference of another row of the same sheet",
    "Look for a typing mistake; if the row was delivered earlier, deliver that workbook as well.",
)
REPLACES_ITSELF = Refusal(
    "replaces_itself",
    "this row replaces itself, directly or by way of others",
    "the reference of an earlier row",
    "Give the correction a new reference.",
)


def unknown_participant(sheet: str, *, was_refused: bool) -> Refusal:
    """A row about a participant whom no row tells of, or only one that was refused. Where partners'
    files are read by mappings there is no one sheet of participants, and none is named.
    """
    allowed = f"a participant of the sheet '{sheet}'" if sheet else "one whom a row tells of"
    if was_refused:
        row = f"in '{sheet}'" if sheet else "about the participant"
        hint = f"The row {row} was refused: put that right first."
    else:
        row = f"to '{sheet}'" if sheet else "about the participant"
        hint = f"Look for a typing mistake, or add a row {row}."
    problem = "no row tells who this participant is"
    return Refusal("unknown_participant", problem, allowed, hint)


def source_not_accepted(metric: str, sources: tuple[str, ...]) -> Refusal:
    """A value of a metric from somebody whose word the contract does not take for it."""
    problem = f"the contract does not take the metric '{metric}' from this source"
    hint = "Deliver the row with a source that the contract names, written exactly as it is there."
    return Refusal("source_not_accepted", problem, ", ".join(sources), hint)


def no_slot_of(metric: str, slots: tuple[str, ...]) -> Refusal:
    """A slot that the metric does not have."""
    if slots:
        return not_listed("unknown_slot", f"a slot of the metric '{metric}'", slots)
    problem = f"the metric '{metric}' has no slots, and so this row can speak of none"
    return Refusal("slot_not_taken", problem, "an empty cell")


def mark_not_in_force(metric: Session, edition: Edition) -> Refusal:
    """A mark that may not be written for the day that its row speaks of."""
    first = from_day_number(edition.first) if edition.first else None
    last = from_day_number(edition.last) if edition.last < LAST_DAY_NUMBER else None
    marks = ", ".join(metric.marks[place] for place in edition.places)
    problem = "this mark does not hold on the day that the row speaks of"
    hint = "Look at the day, or write the mark that holds on it."
    return Refusal("mark_not_in_force", problem, f"for days {between(first, last)}: {marks}", hint)


def outside(metric: Metric) -> Refusal:
    """A number that is outside the range of its metric."""
    problem = "this number is outside the range of its metric"
    return Refusal("out_of_range", problem, metric.allowed, _SLIP)


def unreadable(metric: Metric) -> Refusal:
    """A value that its metric cannot be read from, where whole columns are checked at once."""
    match metric:
        case Chosen(noun=noun):
            code, what = f"unknown_{noun}", f"one of the {noun}s of this metric"
        case Numbered():
            code, what = "text_in_number", "a plain number as fine as its metric"
        case _:
            code, what = "not_yes_or_no", "an answer"
    return Refusal(code, f"this is not {what}", metric.allowed, _SLIP)


def not_listed(code: str, what: str, allowed: tuple[str, ...]) -> Refusal:
    """A text that is none of those that the contract lists."""
    hint = "Write it exactly as it is listed."
    return Refusal(code, f"this is not {what}", ", ".join(allowed), hint)
