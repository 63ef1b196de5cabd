"""An explanation as plain text: indented, one tree for each milestone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from impactbond.explanation.explained import Explained
from impactbond.explanation.parts import (
    ConditionExplained,
    EvidenceRow,
    Line,
    MilestoneExplained,
    ParticipantRow,
    Passed,
    ShareOfLine,
    Stated,
)
from impactbond.explanation.tabulate import reference
from impactbond.explanation.words import place_words, sheet_words
from impactbond.money import show, show_share
from impactbond.settlement.funders import UNFUNDED

INDENT = "  "


def tell_all(explanation: Explained) -> str:
    """The whole explanation as text."""
    told = Telling(explanation.currency)
    lines = [*_about(explanation)]
    if explanation.eligibility is not None:
        lines += ["", f"Eligibility{_cited(explanation.eligibility_clause)}"]
        lines += _indented(told.condition(explanation.eligibility))
    for milestone in explanation.milestones:
        lines += ["", *told.milestone(milestone)]
    lines += told.terms(explanation.milestones)
    return "\n".join(lines) + "\n"


class Telling:
    """Tells conditions once: where the same one comes again, it is told in one line."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self._told: set[ConditionExplained] = set()
        self._told_rows: set[tuple[tuple[EvidenceRow, ...], ...]] = set()

    def milestone(self, told: MilestoneExplained) -> Iterator[str]:
        """One milestone: verdict, prerequisites, condition, money."""
        name = "" if told.title == told.milestone else f" ({told.milestone})"
        price = show(told.price_pence, told.priced_in)
        yield f"{told.title}{name}{_cited(told.clause)}, {price}"
        yield f"{INDENT}{told.verdict.upper()}{_on(told)}: {told.sentence}"
        if len(told.chain) > 1:
            yield f"{INDENT}First cause: {' ← '.join(told.chain)}"
        # Sentences of open windows name the day already: it is told once.
        if told.open_until is not None and str(told.open_until) not in told.sentence:
            yield f"{INDENT}Open until {told.open_until}"
        for need in told.needs:
            reached = f" on {need.achieved_on}" if need.achieved_on else ""
            yield f"{INDENT}After '{need.title}'{_cited(need.clause)}: {need.verdict}{reached}"
        if told.note:
            yield f"{INDENT}{told.note}"
        if told.condition is not None:
            yield f"{INDENT}Condition{_cited(told.clause)}"
            yield from _indented(_indented(self.condition(told.condition)))
        yield (
            f"{INDENT}Money: {self._money(told.entitled_pence)} in all"
            if told.lines
            else f"{INDENT}Money: no line"
        )
        for line in told.lines:
            yield from _indented(_indented(self.line(line)))

    def condition(self, finding: ConditionExplained) -> Iterator[str]:
        """A condition and what is inside it."""
        day = f" on {finding.on}" if finding.on else ""
        name = f"{finding.name}: " if finding.name else ""
        text = finding.sentence if not finding.parts else _how_many(finding)
        state = finding.state if finding.state == "met" else finding.state.upper()
        again = " (told above)" if finding in self._told else ""
        yield f"[{state}{day}] {name}{text}{_cited(finding.clause)}{again}"
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
        if finding.rows or finding.left_aside:
            self._told_rows.add(rows)
        yield from _grouped(finding.rows)
        yield from _aside(finding.left_aside)

    def line(self, line: Line) -> Iterator[str]:
        """A line of a statement and who pays it."""
        entitled = self._money(line.entitled_pence)
        yield f"Line {line.line}, claimed on {line.claim_date}, due on {line.due_on}: {entitled}"
        yield f"{INDENT}{line.sentence}"
        for limit in line.limits:
            yield f"{INDENT}{limit.term}: {limit.says}{_cited(limit.clause)}"
        before, after = (
            self._money(line.running_before_pence),
            self._money(line.running_after_pence),
        )
        rule = f"{line.share_rule}{_cited(line.share_clause)}"
        yield f"{INDENT}{rule}: running total {before} to {after}"
        for share in line.shares:
            yield f"{INDENT * 2}{self._share(share)}"
        for flow in dict.fromkeys(flow for share in line.shares for flow in share.passed):
            yield f"{INDENT * 2}{self._passed(flow)}"
        if line.evidence_since:
            yield f"{INDENT}Evidence {line.evidence_since[0].taken_as}:"
            yield from _indented(_indented(_grouped(line.evidence_since, with_role=False)))
        for about in line.participant_rows_since:
            yield f"{INDENT}Recorded since, about the participant: {_participant_row(about)}"

    def terms(self, milestones: tuple[MilestoneExplained, ...]) -> Iterator[str]:
        """The terms that the payments rest on: those of all milestones once, then those of each."""
        shared = [
            term for term in milestones[0].terms if all(term in told.terms for told in milestones)
        ]
        yield from ["", "Terms that the payment rests on"]
        yield from _indented(map(_stated, shared))
        for told in milestones:
            own = [term for term in told.terms if term not in shared]
            if own:
                yield f"{INDENT}{told.title}"
                yield from _indented(_indented(map(_stated, own)))

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


def _about(explanation: Explained) -> Iterator[str]:
    of = f"{explanation.title} ({explanation.contract}, version {explanation.version})"
    yield f"{explanation.participant}: {of}"
    if explanation.line:
        yield f"{INDENT}Asked about line {explanation.line}"
    claim = f"{explanation.claim_date}, the claim date of {explanation.claim_period}"
    reached = f"what was reached by {explanation.ends_on} is claimed"
    yield f"{INDENT}As known on {claim}; {reached}"
    yield f"{INDENT}{explanation.standing}"
    for row in explanation.participant_rows:
        yield f"{INDENT}{_participant_row(row)}"
    if explanation.rows_recorded_later:
        later = explanation.rows_recorded_later
        yield f"{INDENT}Rows recorded after {explanation.claim_date}, not counted here: {later}"


def _participant_row(row: ParticipantRow) -> str:
    attributes = "".join(f", {name} {value}" for name, value in row.attributes.items())
    left = f", left {row.left_on}" if row.left_on else ""
    known = "" if row.is_known else " (recorded later: not known yet)"
    says = f"started {row.started_on}{left}{attributes}, from {row.from_on}"
    place = place_words(sheet_words(row.file, row.sheet), row.row)
    return f"{place}: {says}, recorded {row.recorded_on}{known}"


def _how_many(finding: ConditionExplained) -> str:
    return f"{finding.found}, {finding.needed} needed"


def _grouped(rows: Iterable[EvidenceRow], *, with_role: bool = True) -> Iterator[str]:
    """Rows of evidence under the file and sheet that they stand in."""
    for (file, name, metric), together in groupby(rows, key=_where):
        yield f"{metric} in {sheet_words(file, name)}:"
        for row in together:
            replaces = f", replaces {row.replaces}" if row.replaces else ""
            source = f", by {row.source}" if row.source else ""
            role = f": {row.taken_as}" if with_role else ""
            number = f"row {row.row}, " if row.row else ""
            yield (
                f"{INDENT}{number}{row.value}, observed {row.observed_on}, recorded "
                f"{row.recorded_on}{reference(row)}{source}{replaces}{role}"
            )


def _aside(rows: Iterable[EvidenceRow]) -> Iterator[str]:
    """Rows that were left aside: where they stand and why, without what they say."""
    reasons: dict[tuple[tuple[str, str, str], str], list[str]] = {}
    for row in rows:
        value = f" ({row.value})" if row.is_known else ""
        reasons.setdefault((_where(row), row.taken_as), []).append(
            f"{row.row or row.observation}{value}"
        )
    for ((file, name, metric), why), numbers in reasons.items():
        word = "row" if len(numbers) == 1 else "rows"
        yield (
            f"left aside, {why}: {metric} in {sheet_words(file, name)}, {word} {', '.join(numbers)}"
        )


def _where(row: EvidenceRow) -> tuple[str, str, str]:
    return row.file, row.sheet, row.metric


def _stated(term: Stated) -> str:
    return f"{term.term}: {term.says}{_cited(term.clause)}"


def _on(told: MilestoneExplained) -> str:
    return f" on {told.achieved_on} ({told.period})" if told.achieved_on else ""


def _cited(clause: str) -> str:
    return f" [{clause}]" if clause else ""


def _indented(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"{INDENT}{line}"
