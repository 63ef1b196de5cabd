"""What each row must be by itself, where rows stay where they are: each rule as a condition in SQL.

The same rules are kept row by row in `checks` and `deliveries`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import narwhals as nw

from impactbond.dates import LAST_DAY_NUMBER
from impactbond.evidence.cells import ERRORS, may_have_thousands
from impactbond.evidence.deliveries import OBSERVATION_RULES, WITHDRAWN, RowRules
from impactbond.evidence.external_columns import Reading
from impactbond.evidence.refusals import (
    DATE_OUTSIDE,
    ERROR_VALUE,
    FORMULA_TEXT,
    MAY_BE_THOUSANDS,
    MISSING,
    NOT_A_DATE,
    NOT_TEXT,
    Refusal,
    mark_not_in_force,
    no_slot_of,
    not_listed,
    outside,
    source_not_accepted,
    unknown_participant,
    unreadable,
)
from impactbond.terms.metrics import Metric, Numbered
from impactbond.terms.metrics.sessions import Session

SPACES = Refusal(
    "spaces_around",
    "there are spaces before or after the text, or characters that nobody sees",
    "text without them, and one space between words",
    "Take them out where the file is made.",
)
# No blank cell is refused for these.
NOT_IN_BLANKS = (SPACES, FORMULA_TEXT, ERROR_VALUE)


class RowCheck(NamedTuple):
    """A fault that a row may have: the column it is told under, and the condition in SQL.

    Where it is `of_values`, it shows in how many values of a metric could be read, and in the
    smallest and the largest.
    """

    column: str
    refusal: Refusal
    condition: str
    of_values: bool = False


def is_of_texts(check: RowCheck) -> bool:
    """Whether a check asks how a text is written, or whether one stands there."""
    return check.refusal in (MISSING, *NOT_IN_BLANKS)


def checks_of(
    reading: Reading, rules: RowRules, required: Sequence[str], texts: Sequence[str]
) -> Iterator[RowCheck]:
    """The rules of a table in SQL; `texts` are its columns of texts."""
    for column in required:
        yield RowCheck(column, MISSING, is_blank(reading, column))
    for column in texts:
        raw, text = reading.raw(column), reading.text(column)
        # A column of whole numbers has no spaces and no formulas to look for.
        if reading.kinds.get(column) == nw.String:
            yield RowCheck(column, SPACES, reading.dialect.has_other_spelling(raw))
            # Where a text comes among others says how it begins, and is quicker than to look.
            yield RowCheck(column, FORMULA_TEXT, f"{raw} >= '=' AND {raw} < '>'")
            errors = ", ".join(map(reading.dialect.text, sorted(ERRORS)))
            error = f"{raw} >= '#' AND {raw} < '$' AND {raw} IN ({errors})"
            yield RowCheck(column, ERROR_VALUE, error)
        elif column in reading.kinds:
            none = "TRUE" if not reading.is_text(column) else f"{text} IS NULL"
            yield RowCheck(column, NOT_TEXT, f"{raw} IS NOT NULL AND {none}")
    for column in rules.days:
        if column in reading.kinds:
            unread = f"d_{column} IS NULL AND NOT {is_blank(reading, column)}"
            yield RowCheck(column, NOT_A_DATE, unread)
            # The days that packs of evaluation can hold: another would come out as some other
            # child's.
            beyond = f"d_{column} < 0 OR d_{column} > {LAST_DAY_NUMBER}"
            yield RowCheck(column, DATE_OUTSIDE, beyond)
    later, earlier, refusal = rules.order
    yield RowCheck(later, refusal, f"d_{later} < d_{earlier}")
    for column, (allowed, what) in rules.listed.items():
        refusal = not_listed("unknown_value", what, allowed)
        texts = ", ".join(map(reading.dialect.text, allowed))
        yield RowCheck(column, refusal, f"{reading.text(column)} NOT IN ({texts})")


def observation_checks(reading: Reading) -> list[RowCheck]:
    """What each observation must be by itself; `known` is its participant, where there is one."""
    metrics = reading.contract.metrics
    who, what = reading.text("participant"), reading.text("metric")
    blank = is_blank(reading, "value")
    nobody = unknown_participant("participants", was_refused=False)
    no_metric = not_listed("unknown_metric", "a metric of the contract", tuple(metrics))
    # What is withdrawn needs no value, and whatever value it has evidences nothing.
    stands = f"c_status <> '{WITHDRAWN}'"
    required = ("observation", "metric", *OBSERVATION_RULES.required)
    slot = ("slot",) if reading.contract.slots else ()
    texts = ("observation", "participant", "supersedes", "source", "evidence_ref", *slot)
    checks = [
        *checks_of(reading, OBSERVATION_RULES, required, texts),
        RowCheck("metric", no_metric, f"c_metric IS NULL AND {what} <> ''"),
        RowCheck("participant", nobody, f"known IS NULL AND {who} <> '' AND trim({who}) = {who}"),
        RowCheck("value", MISSING, f"{stands} AND {blank}", of_values=True),
    ]
    for place, metric in enumerate(metrics.values()):
        here, (low, high) = f"c_metric = {place} AND {stands}", metric.bounds
        unread = f"{here} AND c_value IS NULL AND NOT {blank}"
        if isinstance(metric, Numbered) and may_have_thousands(metric):
            thousands = reading.may_be_thousands(metric.decimals)
            twofold = f"{unread} AND {thousands}"
            checks.append(RowCheck("value", MAY_BE_THOUSANDS, twofold, of_values=True))
            unread += f" AND NOT {thousands}"
        checks.append(RowCheck("value", unreadable(metric), unread, of_values=True))
        beyond = f"{here} AND NOT c_value BETWEEN {low} AND {high}"
        checks.append(RowCheck("value", outside(metric), beyond, of_values=True))
    for place, (name, metric) in enumerate(metrics.items()):
        here = f"c_metric = {place} AND {stands} AND c_value IS NOT NULL"
        checks += _mark_checks(metric, here)
        if reading.contract.slots:
            checks += _slot_checks(reading, name, metric.slot_names, here)
        if metric.sources:
            known = ", ".join(map(reading.dialect.text, metric.sources))
            other = f"coalesce({reading.text('source')} NOT IN ({known}), TRUE)"
            refusal = source_not_accepted(name, metric.sources)
            checks.append(RowCheck("source", refusal, f"{here} AND {other}"))
    return checks


def _mark_checks(metric: Metric, here: str) -> Iterator[RowCheck]:
    """That a mark may be written for the day that its row speaks of."""
    if not isinstance(metric, Session):
        return
    for edition in metric.editions():
        # None is in force: then no mark is, and -1 is the place of none.
        places = ", ".join(map(str, edition.places)) or "-1"
        days = f"d_observed_on BETWEEN {edition.first} AND {edition.last}"
        other = f"{here} AND {days} AND c_value NOT IN ({places})"
        yield RowCheck("value", mark_not_in_force(metric, edition), other)


def _slot_checks(
    reading: Reading, metric: str, slots: tuple[str, ...], here: str
) -> Iterator[RowCheck]:
    """That a row names a slot of its metric, and none where the metric has none."""
    blank, other = is_blank(reading, "slot"), no_slot_of(metric, slots)
    if not slots:
        yield RowCheck("slot", other, f"{here} AND NOT {blank}")
        return
    yield RowCheck("slot", MISSING, f"{here} AND {blank}")
    known = ", ".join(map(reading.dialect.text, slots))
    is_other = f"{here} AND NOT {blank} AND {reading.text('slot')} NOT IN ({known})"
    yield RowCheck("slot", other, is_other)


def is_blank(reading: Reading, column: str) -> str:
    # Some programs write an empty text for nothing.
    if reading.kinds.get(column) == nw.String:
        return f"({reading.raw(column)} IS NULL OR {reading.raw(column)} = '')"
    return f"{reading.raw(column)} IS NULL"
