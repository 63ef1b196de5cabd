"""An explanation as rows: milestone, step, what, found, needed, clause."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa

from impactbond.explanation.explained import Explained
from impactbond.explanation.parts import ConditionExplained, EvidenceRow, Line, MilestoneExplained
from impactbond.explanation.words import place_words, sheet_words
from impactbond.money import show, show_share

TABLE = pa.schema(
    [(name, pa.string()) for name in ("milestone", "step", "what", "found", "needed", "clause")]
)
_DIGEST = re.compile(r"[0-9a-f]{32}")  # stands for a row that was delivered without a reference
Step = tuple[str, str, str, str, str, str]


def tabulated(explanation: Explained) -> Iterator[Step]:
    """The rows of an explanation, in reading order."""
    yield (
        "",
        "standing",
        explanation.participant,
        explanation.standing,
        "",
        explanation.eligibility_clause,
    )
    if explanation.eligibility is not None:
        yield from _condition(
            "", "eligibility", explanation.eligibility, explanation.eligibility_clause
        )
    for told in explanation.milestones:
        yield from _milestone(told, explanation.currency)


def _milestone(told: MilestoneExplained, currency: str) -> Iterator[Step]:
    name = told.milestone
    yield name, "verdict", told.title, f"{told.verdict}: {told.sentence}", "", told.clause
    if told.open_until is not None:
        yield name, "open until", told.title, told.open_until.isoformat(), "", told.clause
    for need in told.needs:
        reached = f" on {need.achieved_on}" if need.achieved_on else ""
        yield name, "after", need.title, f"{need.verdict}{reached}", "achieved", need.clause
    if told.condition is not None:
        yield from _condition(name, "condition", told.condition, told.clause)
    for line in told.lines:
        yield from _line(name, line, currency)
    for term in told.terms:
        yield name, "term", term.term, term.says, "", term.clause


def _condition(milestone: str, step: str, top: ConditionExplained, clause: str) -> Iterator[Step]:
    for finding in top.walk():
        cited = finding.clause or clause
        what = f"{finding.name}: {finding.what}" if finding.name else finding.what
        day = f" on {finding.on}" if finding.on else ""
        yield milestone, step, what, f"{finding.state}{day}: {finding.found}", finding.needed, cited
        for row in finding.rows:
            yield milestone, "evidence", place(row), shown_row(row), row.taken_as, cited
        for row in finding.left_aside:
            yield milestone, "left aside", place(row), shown_row(row), row.taken_as, cited


def _line(milestone: str, line: Line, currency: str) -> Iterator[Step]:
    yield milestone, "line", line.line, line.sentence, "", line.share_clause
    for limit in line.limits:
        held = show(line.withheld_pence, currency)
        yield milestone, "limit", limit.term, f"{held} withheld", limit.says, limit.clause
    for share in line.shares:
        amount = f"{show(share.amount_pence, currency)} due on {line.due_on}"
        yield milestone, "share", share.name, amount, show_share(share.share), line.share_clause
    for flow in dict.fromkeys(flow for share in line.shares for flow in share.passed):
        moved = f"{show(flow.amount_pence, currency)} from {flow.from_funder} to {flow.to_funder}"
        yield (
            milestone,
            "passed on",
            f"limit on {flow.limit}",
            moved,
            show(flow.at_most_pence, currency),
            flow.clause,
        )


def place(row: EvidenceRow) -> str:
    """Where a row of evidence stands: file, sheet, row and reference."""
    return f"{place_words(sheet_words(row.file, row.sheet), row.row)}{reference(row)}"


def reference(row: EvidenceRow) -> str:
    """What a row of evidence is referred to by, and the document behind it, where there are any."""
    is_digest = _DIGEST.fullmatch(row.observation) is not None
    behind = f", document {row.evidence_ref}" if row.evidence_ref else ""
    return f"{'' if is_digest else f', ref {row.observation}'}{behind}"


def shown_row(row: EvidenceRow) -> str:
    """What a row of evidence says, with its two days."""
    return f"{row.metric} {row.value}, observed {row.observed_on}, recorded {row.recorded_on}"
