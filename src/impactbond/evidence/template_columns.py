"""The columns of a template: what each holds, what is allowed in it, and how Excel checks that."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.evidence.deliveries import STATUSES
from impactbond.evidence.refusals import FIRST_DAY, LAST_DAY
from impactbond.evidence.workbook import headings_of
from impactbond.terms.metrics import Metric, Numbered
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
