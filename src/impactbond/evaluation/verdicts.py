"""Verdicts, reasons and standings, by the numbers that stand for them in an engine."""

from __future__ import annotations

VERDICTS = (
    "achieved",
    "not achieved",
    "not evidenced",
    "not yet due",
    "late",
    "ineligible",
    "withdrawn",
)
ACHIEVED, NOT_ACHIEVED, NO_EVIDENCE, NOT_YET_DUE, LATE, INELIGIBLE, WITHDRAWN = range(7)
REASONS = (
    "met",
    "not_met",
    "no_evidence",
    "window_open",
    "prerequisite",
    "not_eligible",
    "eligibility_not_evidenced",
    "left",
    "outside_term",
    "recorded_late",
    "not_for_segment",
    "alternative",
    "place_taken",
)
REASON = {name: number for number, name in enumerate(REASONS)}
# How what is achieved stands: for its whole price, for what late evidence earns, or in dispute.
FULL, LATE_EVIDENCE, DISPUTED = range(3)
