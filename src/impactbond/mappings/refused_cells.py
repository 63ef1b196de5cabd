"""Why a cell cannot be read as its mapping says; like every refusal without what stands in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from impactbond.dates import between
from impactbond.evidence.refusals import Refusal
from impactbond.terms.diagnostic import listing

_DAY_HINT = "Put the cell right, or add the form in which it is written to the mapping."
NOT_A_PERCENTAGE = Refusal(
    "not_a_percentage",
    "this is not a percentage",
    "a cell that shows 92.5%, the text 92.5%, or 92.5",
    "The mapping says `as: percent`. Type what is meant.",
)
NOT_A_FRACTION = Refusal(
    "not_a_fraction",
    "this is not a fraction of one",
    "a number from 0 to 1, such as 0.925, or a cell that shows 92.5%",
    "The mapping says `as: fraction`. Look whether it is right for the whole column.",
)
MIXED_PERCENTAGES = Refusal(
    "mixed_percentages",
    "the column holds cells that show a percentage and cells that do not",
    "one way of writing in a column, or a mapping that says which it is",
    "Write `as: percent` or `as: fraction` for this column in the mapping.",
)
NOT_A_READING_AGE = Refusal(
    "not_a_reading_age",
    "this is not a reading age in years and months",
    "years:months such as 7:10 (or 7y 10m), with months from 0 to 11",
    "7.10 may be seven years and ten months, or seven and a tenth: write 7:10. What is only a "
    "bound, such as <6:00, needs a code in the mapping.",
)
NOT_A_MOMENT = Refusal(
    "not_a_moment",
    "this is not a moment in UTC",
    "such as 2025-04-27T23:30:00Z, or with its distance from UTC such as +01:00",
    "Export the column with its time zone.",
)
NOT_A_SCHOOL_YEAR = Refusal(
    "not_a_school_year",
    "this is not a school year",
    "2024/25, 2024/2025 or 202425; a lone 2024 only where the mapping says `year: starts` or "
    "`year: ends`",
    "Put the cell right, or say in the mapping what a lone year means.",
)
PARTS_DIFFER = Refusal(
    "parts_differ",
    "the parts of this row do not add up to their whole",
    "parts that come to the whole exactly",
    "Look at the counts of the row; ask whoever made the summary.",
)
MORE_THAN_WHOLE = Refusal(
    "more_than_the_whole",
    "the part of this row is more than its whole",
    "at most the whole",
    "Look at the counts of the row.",
)
OTHER_BEFORE = Refusal(
    "before_the_other_day",
    "this day comes before another that it must not come before",
    "the other day or later",
    "The two days may have changed places.",
)
NOT_TWO_COUNTS = Refusal(
    "not_two_counts",
    "this is not a count and its whole in one cell",
    "two whole numbers with the separator that the mapping states between them, such as 18/20",
    "Put the cell right. Excel makes a date of 3/10: format the column as text before it is typed.",
)
LISTED_TWICE = Refusal(
    "listed_twice",
    "somebody stands in several lists of this row",
    "everybody in one list",
    "Take whoever stands in two lists out of the wrong one. Nothing of them counts until then.",
)
BELOW_THE_END = Refusal(
    "below_the_end",
    "this row stands below the one that ends the table, and reads like a row of it",
    "no row of a child below the words of until:",
    "If it is one, take the rows between out by leave_out: and let until: be what stands below the "
    "last child. If another table begins there, map it; if it is a footnote, add the words with "
    "which it begins to until:.",
)
ALMOST_LEFT_OUT = Refusal(
    "almost_left_out",
    "this is written almost like what leaves a row out, and the row would count",
    "a word of leave_out:, or one that no slip makes of it",
    "Put the word right; or write it under leave_out: too, or under where: of what is to count.",
)
CHILD_TWICE = Refusal(
    "child_twice",
    "another row of the sheet has another mark of this child for this day",
    "one row for each child, or rows that say the same",
    "Look which of the two is right, and take the other out; a child of two groups needs a sheet "
    "for each.",
)
OTHER_CODING = Refusal(
    "answers_coded_otherwise",
    "answers of the file seem to be counted from another number than the instrument counts from",
    "answers that are coded as the instrument says",
    "Look at the form. If the lowest answer is written 1 where the instrument says 0, write "
    "starting_at: 1 in the mapping.",
)


DAY_AS_NUMBER = Refusal(
    "day_as_number",
    "this is a number, as a spreadsheet keeps a day that is not formatted as one",
    "a date",
    "Format the column as a date and export the file again. The number itself is not read: two "
    "systems count days from different ones.",
)


def not_a_mark_each(slots: Sequence[str]) -> Refusal:
    """A cell that does not hold the marks of several slots."""
    return Refusal(
        "not_a_mark_each",
        "this cell does not hold one mark for each slot",
        f"a mark for {' and '.join(slots)} one after the other, with a blank between those of more "
        "than one letter",
        "Write a mark for each, also where there is none to give, such as -.",
    )


def not_written(forms: Sequence[str]) -> Refusal:
    """A text that is no day in the forms that the mapping states."""
    allowed = f"a day written {' or '.join(forms)}, or a date of Excel"
    return Refusal(
        "not_in_form", "this is not a day in the form that is stated", allowed, _DAY_HINT
    )


def unknown_code(known: Iterable[str], also: str = "") -> Refusal:
    """A code that the mapping does not know; nothing is taken for it."""
    allowed = listing(known) + (f", or {also}" if also else "")
    hint = "Look for a slip; a code that is right needs its meaning in the mapping."
    return Refusal("unknown_code", "the mapping has no meaning for this code", allowed, hint)


def code_not_in_force(spans: Sequence[tuple[object, object]]) -> Refusal:
    """A code that means nothing on the day of its row."""
    allowed = " or ".join(between(first, last) for first, last in spans)  # type: ignore[arg-type]
    problem = "this code has no meaning on the day that the row speaks of"
    hint = "Look at the day, or write the code that holds on it."
    return Refusal("code_not_in_force", problem, f"for days {allowed}", hint)


def answer_not_listed(allowed: str, hint: str) -> Refusal:
    """An answer that its item does not have."""
    return Refusal("answer_not_listed", "this is not an answer of its item", allowed, hint)


def unknown_informant(words: Iterable[str]) -> Refusal:
    """A word for nobody whose answers the instrument knows."""
    hint = "Write who answered in one of these words."
    return Refusal("unknown_informant", "this does not say who answered", listing(words), hint)
