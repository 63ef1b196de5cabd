"""Verdicts, reasons and standings, by the numbers that stand for them in an engine."""

from __future__ import annotations

import narwhals as nw

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
_REASONS_AT_MOST = 16
# How what is achieved stands: for its whole price, for what late evidence earns, or in dispute.
FULL, LATE_EVIDENCE, DISPUTED = range(3)


def code_of(verdict: int, reason: str) -> int:
    """A verdict and its reason as one number."""
    return verdict * _REASONS_AT_MOST + REASON[reason]


def is_verdict(code: nw.Expr, verdict: int) -> nw.Expr:
    """Whether a code is of that verdict; nothing is divided, which engines write at length."""
    least = verdict * _REASONS_AT_MOST
    return (code >= least) & (code < least + _REASONS_AT_MOST)


def taken_apart(code: nw.Expr) -> tuple[nw.Expr, nw.Expr]:
    """The verdict and the reason of a code."""
    return code // _REASONS_AT_MOST, code % _REASONS_AT_MOST
