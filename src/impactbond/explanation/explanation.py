"""An explanation: why a participant's milestones were paid or not, as text, as data, as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from typing import Any

import pyarrow as pa

from impactbond.cards import card
from impactbond.explanation.parts import (
    ConditionExplained,
    EvidenceRow,
    Line,
    MilestoneExplained,
    ParticipantRow,
    Passed,
    ShareOfLine,
    Stated,
    StepExplained,
    place_words,
    sheet_words,
)
from impactbond.money import show, show_share
from impactbond.settlement.funding import UNFUNDED
from impactbond.tables import as_kind, schema_of
from impactbond.terms.words import counted

STEPS = schema_of("milestone", "step", "what", "found", "needed", "clause")
Step = tuple[str, str, str, str, str, str]
INDENT = "  "
_DIGEST = re.compile(r"[0-9a-f]{32}")  # stands for a row that was delivered without a reference


@dataclass(frozen=True, kw_only=True, repr=False)
class Explanation:
    """Why one participant's milestones were paid or not, as known at one claim date: as text, as
    data, as a table.

    It names the participant and shows its evidence, because it was asked about it: keep it as the
    evidence is kept. `line` is set where one line of a statement was asked about.
    """

    contract: str
    title: str
    version: int
    contract_sha256: str
    currency: str
    participant: str = ""
    claim_period: str
    claim_date: date
    ends_on: date
    line: str | None
    standing: str
    started_on: date | None = None
    left_on: date | None = None
    participant_rows: tuple[ParticipantRow, ...] = ()
    rows_recorded_later: int = 0
    eligibility: ConditionExplained | None = None
    eligibility_clause: str = ""
    milestones: tuple[MilestoneExplained, ...]
    kind: str

    @property
    def entitled_pence(self) -> int:
        """What all the lines told here come to."""
        return sum(milestone.entitled_pence for milestone in self.milestones)

    @cached_property
    def text(self) -> str:
        """The explanation as plain text, one indented tree for each milestone."""
        writer = _TextWriter(self.currency)
        lines = [*_about(self)]
        if self.eligibility is not None:
            lines += ["", f"Eligibility{_cited(self.eligibility_clause)}"]
            lines += _indented(writer.condition(self.eligibility))
        for milestone in self.milestones:
            lines += ["", *writer.milestone(milestone)]
        lines += ["", "Terms that the payment rests on", *_indented(_terms(self.milestones))]
        return "\n".join(lines) + "\n"

    @cached_property
    def table(self) -> Any:
        """The explanation as a long frame in reading order, in the kind of the evidence.

        Its columns are milestone, step, what, found, needed, clause.
        """
        columns = zip(*_steps(self), strict=True)
        arrays = [pa.array(column, pa.string()) for column in columns]
        return as_kind(pa.table(arrays, schema=STEPS), self.kind)

    def as_dict(self) -> dict[str, Any]:
        """The explanation as plain data, for `--json`: dates as 2018-01-31, shares as 1/9."""
        return as_plain(self) | {"entitled_pence": self.entitled_pence}

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        """What it is, and nothing of a participant: an explanation may end up in a log."""
        about = f"{self.contract}, claim {self.claim_period}"
        return f"<Explanation of {about}: {counted(len(self.milestones), 'milestone')}>"

    def _repr_html_(self) -> str:
        return card(
            f"{self.participant}: {self.title}, {self.claim_period}",
            self.standing,
            ["Milestone", "Clause", "Verdict", "Why", "Entitled"],
            [
                (*told, show(one.entitled_pence, self.currency))
                for one in self.milestones
                for told in [(one.title, one.clause, one.verdict, one.sentence)]
            ],
            words=4,
            folded=("Everything, down to the row of evidence", self.text),
        )


def as_plain(answer: Any) -> dict[str, Any]:
    """An answer as plain data, without the kind of frame that its table comes in."""
    plain: dict[str, Any] = _plain(answer)
    del plain["kind"]
    return plain


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: _plain(inside) for key, inside in value.items()}
    if isinstance(value, tuple):
        return [_plain(inside) for inside in value]
    if isinstance(value, date):
        return value.isoformat()
    return show_share(value) if isinstance(value, Fraction) else value


class _TextWriter:
    """Writes conditions once: where the same one comes again, it is told in one line."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self._told: set[ConditionExplained] = set()
        self._told_rows: set[tuple[tuple[EvidenceRow, ...], ...]] = set()

    def milestone(self, told: MilestoneExplained) -> Iterator[str]:
        """One milestone: verdict, prerequisites, condition, money."""
        name = "" if told.title == told.milestone else f" ({told.milestone})"
        # A result has no price: what is paid for it is worked out.
        price = "" if told.steps else f", {show(told.price_pence, told.priced_in)}"
        yield f"{told.title}{name}{_cited(told.clause)}{price}"
        period = f" ({told.period})" if told.achieved_on else ""
        yield f"{INDENT}{told.verdict.upper()}{_on(told.achieved_on)}{period}: {told.sentence}"
        if len(told.chain) > 1:
            yield f"{INDENT}First cause: {' ← '.join(told.chain)}"
        # Sentences of open windows name the day already: it is told once.
        if told.open_until is not None and str(told.open_until) not in told.sentence:
            yield f"{INDENT}Open until {told.open_until}"
        for need in told.needs:
            after = f"After '{need.title}'{_cited(need.clause)}"
            yield f"{INDENT}{after}: {need.verdict}{_on(need.achieved_on)}"
        if told.note:
            yield f"{INDENT}{told.note}"
        if told.condition is not None:
            yield f"{INDENT}Condition{_cited(told.clause)}"
            yield from _indented(self.condition(told.condition), 2)
        if told.steps:
            yield f"{INDENT}Worked out"
            yield from _indented(map(_worked, told.steps), 2)
        money = f"{self._money(told.entitled_pence)} in all" if told.lines else "no line"
        yield f"{INDENT}Money: {money}"
        for line in told.lines:
            yield from _indented(self._line(line), 2)

    def condition(self, finding: ConditionExplained) -> Iterator[str]:
        """A condition and what is inside it."""
        name = f"{finding.name}: " if finding.name else ""
        how_many = f"{finding.found}, {finding.needed} needed"
        text = f"{name}{how_many if finding.parts else finding.sentence}{_cited(finding.clause)}"
        state = finding.state if finding.state == "met" else finding.state.upper()
        again = " (told above)" if finding in self._told else ""
        yield f"[{state}{_on(finding.on)}] {text}{again}"
        if again:
            return
        self._told.add(finding)
        yield from _indented(self._rows(finding))
        for part in finding.parts:
            yield from _indented(self.condition(part))

    def _rows(self, finding: ConditionExplained) -> Iterator[str]:
        rows = (finding.rows, finding.left_aside)
        if rows in self._told_rows:
            yield "on the same rows as told above"
            return
        if any(rows):
            self._told_rows.add(rows)
        yield from _grouped(finding.rows)
        yield from _aside(finding.left_aside)

    def _line(self, line: Line) -> Iterator[str]:
        """A line of a statement and who pays it."""
        entitled = self._money(line.entitled_pence)
        yield f"Line {line.line}, claimed on {line.claim_date}, due on {line.due_on}: {entitled}"
        yield f"{INDENT}{line.sentence}"
        yield from _indented(map(_stated, line.limits))
        running = map(self._money, (line.running_before_pence, line.running_after_pence))
        rule = f"{line.share_rule}{_cited(line.share_clause)}"
        yield f"{INDENT}{rule}: running total {' to '.join(running)}"
        yield from _indented(map(self._share, line.shares), 2)
        yield from _indented(map(self._passed, line.passed), 2)
        if line.evidence_since:
            yield f"{INDENT}Evidence {line.evidence_since[0].taken_as}:"
            yield from _indented(_grouped(line.evidence_since, with_role=False), 2)
        for about in line.participant_rows_since:
            yield f"{INDENT}Recorded since, about the participant: {_participant_row(about)}"

    def _share(self, share: ShareOfLine) -> str:
        start, end = self._money(share.share_before_pence), self._money(share.share_after_pence)
        payer = "Nobody" if share.funder == UNFUNDED else share.name
        told = f"{payer} pays {self._money(share.amount_pence)}"
        if share.share:
            told += f": {show_share(share.share)}, to date {start} to {end}"
        if share.withheld_pence:
            word = "withheld" if share.withheld_pence > 0 else "no longer withheld"
            withheld = self._money(abs(share.withheld_pence))
            told += f"; of a value of {self._money(share.value_pence)}, {withheld} {word}"
        if share.moved_pence:
            word = "taken over" if share.moved_pence > 0 else "passed on"
            told += f"; {self._money(abs(share.moved_pence))} {word}"
        return told

    def _passed(self, flow: Passed) -> str:
        limit = f"limit on {flow.limit}, {self._money(flow.at_most_pence)}{_cited(flow.clause)}"
        amount = self._money(abs(flow.amount_pence))
        if flow.amount_pence > 0:
            return f"{limit}: {amount} passed on from {flow.from_funder} to {flow.to_funder}"
        back = f"{amount} back from {flow.to_funder} to {flow.from_funder}"
        return f"{limit}: {back}, which has room again"

    def _money(self, pence: int) -> str:
        return show(pence, self.currency)


def _about(explanation: Explanation) -> Iterator[str]:
    of = f"{explanation.title} ({explanation.contract}, version {explanation.version})"
    yield f"{explanation.participant}: {of}" if explanation.participant else of
    if explanation.line:
        yield f"{INDENT}Asked about line {explanation.line}"
    claim = f"{explanation.claim_date}, the claim date of {explanation.claim_period}"
    reached = f"what was reached by {explanation.ends_on} is claimed"
    yield f"{INDENT}As known on {claim}; {reached}"
    yield f"{INDENT}{explanation.standing}"
    yield from _indented(map(_participant_row, explanation.participant_rows))
    if explanation.rows_recorded_later:
        later = explanation.rows_recorded_later
        yield f"{INDENT}Rows recorded after {explanation.claim_date}, not counted here: {later}"


def _terms(milestones: tuple[MilestoneExplained, ...]) -> Iterator[str]:
    """The terms that the payments rest on: those of all milestones once, then those of each."""
    first = milestones[0].terms
    shared = [term for term in first if all(term in told.terms for told in milestones)]
    yield from map(_stated, shared)
    for told in milestones:
        own = [term for term in told.terms if term not in shared]
        if own:
            yield told.title
            yield from _indented(map(_stated, own))


def _worked(step: StepExplained) -> str:
    counted = f" ({step.counted})" if step.counted else ""
    return f"{step.step}. {step.says}: {step.found}{counted}"


def _participant_row(row: ParticipantRow) -> str:
    attributes = "".join(f", {name} {value}" for name, value in row.attributes.items())
    left = f", left {row.left_on}" if row.left_on else ""
    known = "" if row.is_known else " (recorded later: not known yet)"
    says = f"started {row.started_on}{left}{attributes}, from {row.from_on}"
    place = place_words(sheet_words(row.file, row.sheet), row.row)
    return f"{place}: {says}, recorded {row.recorded_on}{known}"


def _grouped(rows: Iterable[EvidenceRow], *, with_role: bool = True) -> Iterator[str]:
    """Rows of evidence under the file and sheet that they stand in."""
    for (file, name, metric), together in groupby(rows, key=_where):
        yield f"{metric} in {sheet_words(file, name)}:"
        for row in together:
            replaces = f", replaces {row.replaces}" if row.replaces else ""
            source = f", by {row.source}" if row.source else ""
            role = f": {row.taken_as}" if with_role else ""
            number = f"row {row.row}, " if row.row else ""
            yield f"{INDENT}{number}{_says(row)}{_reference(row)}{source}{replaces}{role}"


def _aside(rows: Iterable[EvidenceRow]) -> Iterator[str]:
    """Rows that were left aside: where they stand and why, without what they say."""
    reasons: dict[tuple[tuple[str, str, str], str], list[str]] = {}
    for row in rows:
        value = f" ({row.value})" if row.is_known else ""
        told = reasons.setdefault((_where(row), row.taken_as), [])
        told.append(f"{row.row or row.observation}{value}")
    for ((file, name, metric), why), numbers in reasons.items():
        rows_of = f"{'row' if len(numbers) == 1 else 'rows'} {', '.join(numbers)}"
        yield f"left aside, {why}: {metric} in {sheet_words(file, name)}, {rows_of}"


def _where(row: EvidenceRow) -> tuple[str, str, str]:
    return row.file, row.sheet, row.metric


def _says(row: EvidenceRow) -> str:
    return f"{row.value}, observed {row.observed_on}, recorded {row.recorded_on}"


def _reference(row: EvidenceRow) -> str:
    """What a row of evidence is referred to by, and the document behind it, where there are any."""
    is_digest = _DIGEST.fullmatch(row.observation) is not None
    behind = f", document {row.evidence_ref}" if row.evidence_ref else ""
    return f"{'' if is_digest else f', ref {row.observation}'}{behind}"


def _stated(term: Stated) -> str:
    return f"{term.term}: {term.says}{_cited(term.clause)}"


def _on(day: date | None) -> str:
    return f" on {day}" if day else ""


def _cited(clause: str) -> str:
    return f" [{clause}]" if clause else ""


def _indented(lines: Iterable[str], steps: int = 1) -> Iterator[str]:
    for line in lines:
        yield f"{INDENT * steps}{line}"


def _steps(explanation: Explanation) -> Iterator[Step]:
    """The rows of the table."""
    who, clause = explanation.participant, explanation.eligibility_clause
    yield "", "standing", who, explanation.standing, "", clause
    if explanation.eligibility is not None:
        yield from _steps_of_condition("", "eligibility", explanation.eligibility, clause)
    for told in explanation.milestones:
        name, title = told.milestone, told.title
        yield name, "verdict", title, f"{told.verdict}: {told.sentence}", "", told.clause
        if told.open_until is not None:
            yield name, "open until", title, told.open_until.isoformat(), "", told.clause
        for need in told.needs:
            found = f"{need.verdict}{_on(need.achieved_on)}"
            yield name, "after", need.title, found, "achieved", need.clause
        if told.condition is not None:
            yield from _steps_of_condition(name, "condition", told.condition, told.clause)
        for one in told.steps:
            found = f"{one.found} ({one.counted})" if one.counted else one.found
            yield name, f"step {one.step}", one.says, found, "", told.clause
        for line in told.lines:
            yield from _steps_of_line(name, line, explanation.currency)
        for term in told.terms:
            yield name, "term", term.term, term.says, "", term.clause


def _steps_of_condition(
    milestone: str, step: str, top: ConditionExplained, clause: str
) -> Iterator[Step]:
    for finding in top.walk():
        cited = finding.clause or clause
        what = f"{finding.name}: {finding.what}" if finding.name else finding.what
        found = f"{finding.state}{_on(finding.on)}: {finding.found}"
        yield milestone, step, what, found, finding.needed, cited
        for of_rows, rows in (("evidence", finding.rows), ("left aside", finding.left_aside)):
            for row in rows:
                stands = place_words(sheet_words(row.file, row.sheet), row.row)
                says = f"{row.metric} {_says(row)}"
                yield milestone, of_rows, f"{stands}{_reference(row)}", says, row.taken_as, cited


def _steps_of_line(milestone: str, line: Line, currency: str) -> Iterator[Step]:
    clause = line.share_clause
    yield milestone, "line", line.line, line.sentence, "", clause
    for limit in line.limits:
        held = f"{show(line.withheld_pence, currency)} withheld"
        yield milestone, "limit", limit.term, held, limit.says, limit.clause
    for share in line.shares:
        amount = f"{show(share.amount_pence, currency)} due on {line.due_on}"
        yield milestone, "share", share.name, amount, show_share(share.share), clause
    for flow in line.passed:
        moved = f"{show(flow.amount_pence, currency)} from {flow.from_funder} to {flow.to_funder}"
        most = show(flow.at_most_pence, currency)
        yield milestone, "passed on", f"limit on {flow.limit}", moved, most, flow.clause
