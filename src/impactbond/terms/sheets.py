"""How evidence is delivered: one entry for each sheet of the workbook, with the headings that the
charity uses.
"""

from __future__ import annotations

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
EACH_ROW = "each row"
# A column that is none of the two tables' own holds an attribute.
ColumnName = Annotated[str, NameOf(("attributes",), (*PARTICIPANT_COLUMNS, *OBSERVATION_COLUMNS))]


class Sheet(Cited):
    """One sheet: which heading holds which column, and which heading (or `each row`) holds which
    metric.
    """

    holds: Literal["participants", "observations"] = "observations"
    columns: dict[ColumnName, str]
    metrics: dict[MetricName, str] = Field(default_factory=dict)
