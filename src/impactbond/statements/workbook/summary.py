"""The sheets Summary and To date: from opening to closing, and where every funder stands."""

from __future__ import annotations

from collections.abc import Callable

from impactbond.statements.rows import ADJUSTMENT, CLAIM, EARLIER_CLAIM, KINDS, THIS_CLAIM
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.grid import Grid, Measure
from impactbond.statements.workbook.layout import SheetTable
from impactbond.statements.workbook.lines import funder_columns

_THIS_CLAIM = ("standing", THIS_CLAIM)
_LIMITS = (
    Measure(
        "limit",
        "Limit",
        "The most that milestones may cost this funder to date; blank: no such limit",
        "limit_pence",
        is_summed=False,
    ),
    Measure(
        "headroom",
        "Headroom",
        "What the limit leaves, up-front money apart",
        "headroom_pence",
        "[limit]-[value]-[moved]+[withheld]",
        is_summed=False,
        is_total=True,
    ),
)


def summary_grid(statement: Statement, lines: SheetTable, schedule: SheetTable) -> Grid:
    """The sheet Summary: opening, movements and closing of every funder."""
    return Grid(
        statement,
        (*_movements(statement, lines, schedule), *_outcome(statement, schedule)),
        sheet="Summary",
        name="summary",
        title=f"Summary of claim {statement.about.claim_period}",
        holds="From opening through the movements of this claim to closing",
        intro="Opening, with the movements of this claim, makes closing.",
    )


def to_date_grid(statement: Statement, summary: Grid) -> Grid:
    """The sheet To date: how closing comes about, and what the funders' limits leave."""
    return Grid(
        statement,
        (*_positions(summary), *_LIMITS),
        sheet="To date",
        name="to_date",
        title=f"Position to date at claim {statement.about.claim_period}",
        holds="How closing comes about, and what the limits of funders leave",
        intro="All that was ever asked for, this claim included.",
    )


def _movements(
    statement: Statement, lines: SheetTable, schedule: SheetTable
) -> tuple[Measure, ...]:
    def scheduled(*tests: tuple[str, str]) -> str:
        return _scheduled(statement, schedule, *tests)

    return (
        Measure(
            "opening",
            "Opening",
            "Due at all earlier claims together",
            "opening_pence",
            scheduled(("standing", EARLIER_CLAIM)),
        ),
        Measure(
            "milestones",
            "Milestones",
            "Lines of this claim",
            "milestones_pence",
            _earned(statement, lines, CLAIM),
        ),
        Measure(
            "adjustments",
            "Adjustments",
            "Lines of this claim that concern periods claimed before",
            "adjustments_pence",
            _earned(statement, lines, ADJUSTMENT),
        ),
        Measure(
            "up-front",
            "Up-front",
            "Up-front money that falls in this claim",
            "up_front_pence",
            scheduled(_THIS_CLAIM, ("kind", KINDS["up-front"])),
        ),
        Measure(
            "recovered",
            "Recovered",
            "Up-front money that milestones have since earned, taken off",
            "recovered_pence",
            scheduled(_THIS_CLAIM, ("kind", KINDS["recovered"])),
        ),
    )


def _outcome(statement: Statement, schedule: SheetTable) -> tuple[Measure, ...]:
    return (
        Measure(
            "due",
            "Due now",
            "Milestones, adjustments, up-front and recovered together",
            "due_pence",
            "[milestones]+[adjustments]+[up-front]+[recovered]",
            is_total=True,
        ),
        Measure(
            "closing",
            "Closing",
            "Due at all claims together, this one included, from the Schedule",
            "closing_pence",
            _scheduled(statement, schedule),
            is_total=True,
        ),
        Measure(
            "difference",
            "Difference",
            "Opening and what is due now, less closing: must be 0",
            "difference_pence",
            "[opening]+[due]-[closing]",
        ),
    )


def _positions(summary: Grid) -> tuple[Measure, ...]:
    return (
        Measure("value", "Value", "Share of all that was achieved to date", "value_pence"),
        Measure(
            "moved",
            "Taken over or passed on",
            "Taken over from others beyond their limits, or with a minus sign passed on to others",
            "moved_pence",
        ),
        Measure(
            "withheld",
            "Withheld",
            "Kept back by limits on the contract or on a milestone",
            "withheld_pence",
        ),
        Measure(
            "on account",
            "Up-front less recovered",
            "Up-front money not yet earned by milestones",
            "on_account_pence",
        ),
        Measure(
            "payable",
            "Payable to date",
            "Value and what was taken over, less withheld, with up-front less recovered",
            "payable_pence",
            "[value]+[moved]-[withheld]+[on account]",
            is_total=True,
        ),
        Measure(
            "closing",
            "Closing",
            "Due at all claims together, from the Summary",
            "closing_pence",
            lambda index: summary.cell("closing", index),
        ),
        Measure(
            "difference",
            "Difference",
            "Payable to date less closing: must be 0",
            "to_date_difference_pence",
            "[payable]-[closing]",
        ),
    )


def _scheduled(statement: Statement, schedule: SheetTable, *tests: tuple[str, str]) -> str:
    """What the Schedule holds for a funder, where its columns say what the tests say."""
    conditions = [f'{schedule.span(key)},"{value}"' for key, value in tests]
    if statement.is_whole:
        conditions.append(f"{schedule.span('code')},[code]")
    amounts = schedule.span("pence")
    return f"SUMIFS({amounts},{','.join(conditions)})" if conditions else f"SUM({amounts})"


def _earned(statement: Statement, lines: SheetTable, kind: str) -> Callable[[int], str]:
    """What the Lines of one kind hold for a funder."""
    columns = {
        member.code: column for column in funder_columns(statement) for member in column.members
    }
    of_kind = f'{lines.span("kind")},"{kind}"'

    def formula(index: int) -> str:
        if not statement.is_whole:
            return f"SUMIFS({lines.span('amount')},{of_kind})"
        column = columns[statement.accounts[index].code]
        whose = f",{lines.span(f'{column.key} code')},[code]" if column.is_group else ""
        return f"SUMIFS({lines.span(column.key)},{of_kind}{whose})"

    return formula
