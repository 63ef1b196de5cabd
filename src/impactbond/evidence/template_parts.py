"""The columns of a template: what each holds, what is allowed in it, and how Excel checks that.

And what a template tells whoever fills it in: how to, what is measured in the words of the
contract, and rows as they may look, which are nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.contract.wording.schedule import schedule_of
from impactbond.contract.wording.words import Rule, mark_of
from impactbond.dates import day_number
from impactbond.evidence.deliveries import STATUSES
from impactbond.evidence.refusals import FIRST_DAY, LAST_DAY
from impactbond.evidence.workbook import headings_of
from impactbond.terms.metrics import Chosen, Metric, Numbered
from impactbond.terms.metrics.sessions import Session
from impactbond.terms.sheets import METRIC, VALUE, Sheet

CELL = "{cell}"  # stands in a rule for the cell that it is about
_ABOUT = {
    "participant": "The key that stands for the child; never a name, NHS number or pupil number",
    "started_on": "The day on which the child started",
    "left_on": "The day on which the child left; blank while it has not",
    "from_on": "The day from which this row holds; blank: from the start",
    "recorded_on": "The day on which you came to know what this row says",
    "observed_on": "The day that this row speaks of",
    "metric": "What was observed",
    "value": "What it came to",
    "ref": "A reference of its own for each row; needed to correct the row later",
    "replaces": "The reference of the row that this one corrects; blank for all others",
    "source": "Who or what it was learnt from",
    "evidence_ref": "Where the proof is kept",
    "slot": "Which part of the day the row speaks of",
    "status": "Whether what the row says is in dispute, or taken back; blank: recorded",
}
_DATES = ("started_on", "left_on", "from_on", "recorded_on", "observed_on")


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """One column of the template: what it holds, what is allowed, and how Excel checks that."""

    heading: str
    about: str
    allowed: str
    is_needed: bool
    style: str = "text"
    choices: tuple[str, ...] = ()
    rule: tuple[tuple[str, Any], ...] = ()


def columns_of(contract: Contract, sheet: Sheet) -> list[TemplateColumn]:
    """The columns of a sheet, each heading once; what the first use of a heading says counts."""
    found = []
    for heading, held in headings_of(sheet).items():
        if sheet.holds == "participants" and held in contract.participants.attributes:
            found.append(_attribute_column(heading, held, contract))
        elif held in _ABOUT:
            found.append(_plain_column(heading, held, sheet, contract))
        else:
            found.append(_metric_column(heading, held, contract.metrics[held]))
    return found


def _plain_column(heading: str, held: str, sheet: Sheet, contract: Contract) -> TemplateColumn:
    needed = held in sheet.required
    if held == METRIC:
        words = tuple(sheet.delivers(contract.metrics).values())
        return TemplateColumn(heading, _ABOUT[held], ", ".join(words), needed, choices=words)
    if held == VALUE:
        allowed = "what its metric takes, as the notes say"
        return TemplateColumn(heading, _ABOUT[held], allowed, needed, "number")
    if held == "status":
        return TemplateColumn(heading, _ABOUT[held], ", ".join(STATUSES), False, choices=STATUSES)
    if held == "slot":
        delivered = [contract.metrics[one] for one in sheet.delivers(contract.metrics)]
        slots = tuple(dict.fromkeys(slot for one in delivered for slot in one.slot_names))
        # Beside metrics that have none, a row of such a metric leaves it blank.
        needed = all(one.slot_names for one in delivered)
        return TemplateColumn(heading, _ABOUT[held], ", ".join(slots), needed, choices=slots)
    if held not in _DATES:
        return TemplateColumn(heading, _ABOUT[held], "text", needed)
    between = {"validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": LAST_DAY}
    return TemplateColumn(
        heading, _ABOUT[held], "a date", needed, "date", rule=tuple(between.items())
    )


def _attribute_column(heading: str, held: str, contract: Contract) -> TemplateColumn:
    values = contract.participants.attributes[held]
    about = f"The attribute '{held}'"
    if values == "text":
        return TemplateColumn(heading, about, "text", True)
    choices = tuple(values)
    return TemplateColumn(heading, about, ", ".join(choices), True, choices=choices)


def _metric_column(heading: str, held: str, metric: Metric) -> TemplateColumn:
    about = f"The metric '{held}'; blank: not evidenced"
    if not isinstance(metric, Numbered):
        return TemplateColumn(heading, about, metric.allowed, False, choices=metric.choices)
    low, high = (f"{Decimal(end).scaleb(-metric.decimals):f}" for end in metric.bounds)
    between = {"validate": "integer", "criteria": "between", "minimum": low, "maximum": high}
    if metric.decimals:
        # Excel's own rule for decimals takes any number of them.
        fits = f"AND({CELL}>={low},{CELL}<={high},ROUND({CELL},{metric.decimals})={CELL})"
        formula = f"=IF(ISNUMBER({CELL}),{fits},FALSE)"
        between = {"validate": "custom", "value": formula}
    about = f"{metric.label}; blank: not evidenced" if metric.label else about
    rule = tuple(between.items())
    return TemplateColumn(heading, about, metric.allowed, False, "number", rule=rule)


# The parts of the contract that whoever keeps evidence needs, by the headings of `render`.
PARTS = (
    "Dates",
    "What is measured",
    "Windows of time",
    "Participants",
    "Conditions",
    "Evidence and payment",
)
HOW_TO = (
    "Type below the headings, a row for each thing that happened. Leave the headings and the names "
    "of sheets as they are; columns and rows of your own are better kept elsewhere.",
    "Never write a name, an NHS number, a pupil number, a postcode or a date of birth. The key of "
    "a participant is the one that your own list has for it, the same on every sheet.",
    "Two days stand on a row: the day that it speaks of, and the day on which you came to know it. "
    "Type them as dates. A row that speaks of a day after the one on which it was recorded is "
    "refused.",
    "What you do not know stays blank. Blank is not evidenced: it pays nothing.",
    "Never change a row that was delivered before. To correct it, add a row with a reference of "
    "its own that says which row it replaces, and the day on which you learnt it.",
    "Cells take what the contract allows, and say so when they are chosen. What is pasted over "
    "them is not checked until it is delivered: what cannot be used is then sent back, marked.",
    "Deliver the older rows as well: what was delivered twice counts once.",
)
Row = dict[str, object]
_KEYS = ("EXAMPLE-1", "EXAMPLE-2")
Line = tuple[str, str]  # a mark such as 2.1, blank for a heading, and what it says


def instructions(contract: Contract, files: str) -> Iterator[Line]:
    """The lines of the instructions; `files` says in a few words what is filled in."""
    yield "", f"Evidence for: {contract.title}"
    yield "", f"{contract.contract}, version {contract.version.number}. {files}"
    yield "", "How to fill it in"
    for place, says in enumerate(HOW_TO, 1):
        yield f"{place}", says
    yield "", "What the contract says of evidence, in plain English"
    for number, part in enumerate(schedule_of(contract).parts, 1):
        if part.heading not in PARTS:
            continue
        yield "", f"{number}. {part.heading}"
        for place, rule in enumerate(part.rules, 1):
            yield from _lines(f"{number}.{place}", rule, 0)
        if part.table is not None:
            for row in part.table.rows:
                told = zip(part.table.headings, row, strict=True)
                yield "–", ", ".join(f"{heading}: {cell}" for heading, cell in told)


def _lines(mark: str, rule: Rule, depth: int) -> Iterator[Line]:
    yield mark, rule.says
    for place, part in enumerate(rule.parts):
        yield from _lines(mark_of(place, depth), part, depth + 1)


def example_rows(contract: Contract, sheet: Sheet, number: int) -> list[Row]:
    """Rows of a sheet as they may look, by heading: they read without a refusal. `number` is that
    of the sheet, by which its references are told from those of others.
    """
    holds = headings_of(sheet)
    day = contract.calendar.term[0]
    if sheet.holds == "participants":
        rows = [_person(contract, key, day) for key in _KEYS]
    elif sheet.is_long:
        words = sheet.delivers(contract.metrics)
        rows = [
            _seen(contract.metrics[metric], day, f"EXAMPLE-{number}-{place}")
            | {METRIC: word, VALUE: _value(contract.metrics[metric], day)}
            for place, (metric, word) in enumerate(words.items(), 1)
        ]
    else:
        rows = list(_wide(contract, sheet, day, number))
    return [{heading: row.get(held) for heading, held in holds.items()} for row in rows]


def _person(contract: Contract, key: str, day: date) -> Row:
    attributes = {
        name: "Example" if allowed == "text" else allowed[0]
        for name, allowed in contract.participants.attributes.items()
    }
    return {"participant": key, "started_on": day, "recorded_on": _later(day), **attributes}


def _wide(contract: Contract, sheet: Sheet, day: date, number: int) -> Iterator[Row]:
    """A row with a value of every metric that may come from one source, and one that corrects it
    where rows have references.
    """
    metrics = {name: contract.metrics[name] for name in sheet.metrics}
    first = next(iter(metrics.values()))
    source = first.sources[0] if first.sources else "Example"
    # A row has one source, so an example of all metrics at once could be one that is refused.
    fits = {name: one for name, one in metrics.items() if not one.sources or source in one.sources}
    slotted = next((one for one in fits.values() if one.slot_names), first)
    ref = f"EXAMPLE-{number}-1"
    row = _seen(slotted, day, ref) | {"source": source}
    yield row | {name: _value(one, day) for name, one in fits.items()}
    if {"ref", "replaces"} <= sheet.columns.keys():
        values = {name: _value(one, day, again=True) for name, one in fits.items()}
        later = {"ref": f"EXAMPLE-{number}-2", "replaces": ref, "recorded_on": _later(day, 14)}
        yield row | values | later


def _seen(metric: Metric, day: date, ref: str) -> Row:
    row: Row = {"ref": ref, "participant": _KEYS[0], "observed_on": day}
    row |= {"recorded_on": _later(day), "source": metric.sources[0] if metric.sources else None}
    return row | {"slot": metric.slot_names[0] if metric.slot_names else None}


def _value(metric: Metric, day: date, *, again: bool = False) -> object:
    """Some value of a metric; another where it is corrected, if there is another."""
    if isinstance(metric, Numbered):
        low, high = metric.bounds
        # A quantity has hardly an end: its middle is no number that anybody types.
        middle = min((low + high) // 2, low + 10 * 10**metric.decimals)
        value = Decimal(min(middle + again, high)).scaleb(-metric.decimals)
        return value if metric.decimals else int(value)
    choices = metric.choices
    if isinstance(metric, Session):
        number = day_number(day)
        for edition in metric.editions():
            if edition.first <= number <= edition.last:
                choices = tuple(metric.marks[place] for place in edition.places)
    place = min(int(again), len(choices) - 1) if isinstance(metric, Chosen) else 0
    return choices[place]


def _later(day: date, days: int = 7) -> date:
    return day + timedelta(days=days)
