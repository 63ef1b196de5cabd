"""How evidence is delivered: one entry for each sheet of the workbook, with the headings that the
charity uses; without any, the two evidence tables as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from impactbond.terms.reference import MetricName, NameOf
from impactbond.terms.term import Cited

# Columns of the two evidence tables that a sheet may hold, besides attributes and metrics; the
# first ones are required.
PARTICIPANT_COLUMNS = ("participant", "started_on", "recorded_on", "from_on", "left_on")
REQUIRED_PARTICIPANT_COLUMNS = PARTICIPANT_COLUMNS[:3]
OBSERVATION_COLUMNS = (
    "participant",
    "observed_on",
    "recorded_on",
    "ref",
    "replaces",
    "source",
    "evidence_ref",
    "status",
    "slot",
)
REQUIRED_OBSERVATION_COLUMNS = OBSERVATION_COLUMNS[:3]
LONG_COLUMNS = METRIC, VALUE = "metric", "value"  # of a sheet in long form, required there
EACH_ROW = "each row"
# What the evidence tables call the references of rows, which in long form are of observations.
NAMES_IN_TABLES = {"ref": "observation", "replaces": "supersedes"}
_NAMED = (*PARTICIPANT_COLUMNS, *OBSERVATION_COLUMNS, *LONG_COLUMNS)
# A column that is none of the two tables' own holds an attribute.
ColumnName = Annotated[str, NameOf(("attributes",), _NAMED)]


class Sheet(Cited):
    """One sheet: which heading holds which column, and which heading (or `each row`) holds which
    metric. A sheet in long form has a row for each observation instead, and columns for its metric
    and its value; `metrics` then says how the sheet writes each metric, where it has own words.
    """

    holds: Literal["participants", "observations"] = "observations"
    """Which of the two evidence tables it holds rows of."""
    columns: dict[ColumnName, str]
    """Each column with the heading that it has in the sheet, {participant: Child}."""
    metrics: dict[MetricName, str] = Field(default_factory=dict)
    """Each metric with its heading or each row; in long form, the word for it."""

    @property
    def is_long(self) -> bool:
        """Whether each row is one observation, with its metric and its value."""
        return self.holds == "observations" and not self.columns.keys().isdisjoint(LONG_COLUMNS)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that such a sheet must have, besides attributes and metrics."""
        if self.holds == "participants":
            return REQUIRED_PARTICIPANT_COLUMNS
        return (*REQUIRED_OBSERVATION_COLUMNS, *(LONG_COLUMNS if self.is_long else ()))

    def delivers(self, metrics: Iterable[str]) -> dict[str, str]:
        """Which of these metrics it delivers, and its heading or `each row`; in long form, the word
        that the sheet writes for it.
        """
        return self.metrics or {one: one for one in metrics if self.is_long}


def evidence_tables(attributes: Iterable[str], *, has_slots: bool = False) -> dict[str, Sheet]:
    """The sheets of a contract that says nothing of sheets: the two evidence tables, under the same
    headings as in frames and files, with the column `slot` where a metric has slots.
    """
    people = (*PARTICIPANT_COLUMNS, *attributes)
    seen = (
        *("ref", "participant", *LONG_COLUMNS, "observed_on"),
        *(("slot",) if has_slots else ()),
        "recorded_on",
        *("replaces", "source", "evidence_ref", "status"),
    )
    headings = {column: NAMES_IN_TABLES.get(column, column) for column in seen}
    return {
        "Participants": Sheet(holds="participants", columns={name: name for name in people}),
        "Observations": Sheet(columns=headings),
    }
