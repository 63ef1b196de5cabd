"""The sheet Checks: every figure found in two ways, by formulas, and whether they agree."""

from __future__ import annotations

from dataclasses import dataclass

from impactbond.settlement.funders import UNFUNDED
from impactbond.statements.checks import CheckKey, whole_contract_limit
from impactbond.statements.rows import ADJUSTMENT, KINDS, THIS_CLAIM
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.grid import Grid
from impactbond.statements.workbook.layout import Column, ColumnTotal, SheetTable
from impactbond.statements.workbook.terms import limit_cell


@dataclass(frozen=True, slots=True)
class Sheets:
    """The sheets that the checks compare."""

    summary: Grid
    to_date: Grid
    schedule: SheetTable
    lines: SheetTable
    adjustments: SheetTable
    rates: SheetTable
    shares: SheetTable
    account: SheetTable | None = None
    receipts: SheetTable | None = None


def checks_table(statement: Statement, sheets: Sheets) -> SheetTable:
    """One row for every check; the overall result stands above the table."""
    checks = statement.checks
    units = [check.unit_in(statement.currency) for check in checks]
    first, second = first_ways(statement, sheets), second_ways(sheets)
    return SheetTable(
        sheet="Checks",
        name="checks",
        title="Checks",
        holds="Every figure found in two ways, and whether they agree",
        intro=(
            "A check holds when its difference is 0. "
            "A figure without a formula is stated by the settlement.",
        ),
        columns=(
            Column("number", "No.", "ordinal", 7, list(range(1, len(checks) + 1))),
            Column("promise", "Check", "text", 46, [check.promise for check in checks]),
            Column("first name", "First way", "text", 42, [check.first_way for check in checks]),
            Column("second name", "Second way", "text", 42, [check.second_way for check in checks]),
            Column("unit", "In", "identifier", 10, units),
            Column(
                "first",
                "First figure",
                "count",
                16,
                [check.first for check in checks],
                lambda index: first[checks[index].key],
            ),
            Column(
                "second",
                "Second figure",
                "count",
                16,
                [check.second for check in checks],
                lambda index: second.get(checks[index].key, ""),
            ),
            Column(
                "difference",
                "Difference (must be 0)",
                "count",
                16,
                [check.difference for check in checks],
                "[first]-[second]",
            ),
            Column(
                "holds", "Holds", "flag", 10, [check.holds for check in checks], "[difference]=0"
            ),
        ),
        if_empty="",
        totals=(
            ColumnTotal(
                "All checks hold",
                "holds",
                "flag",
                not statement.failing,
                lambda table: f"AND({table.span('holds').rpartition('!')[2]})",
            ),
        ),
    )


def overall_cell(checks: SheetTable) -> str:
    """The cell that says whether all checks hold."""
    return f"Checks!${checks.letter('holds')}${checks.header_row}"


def first_ways(statement: Statement, sheets: Sheets) -> dict[CheckKey, str]:
    """The formula of each check's first figure."""
    lines, summary, to_date = sheets.lines, sheets.summary, sheets.to_date
    total = f"SUM({lines.span('entitled' if statement.is_whole else 'amount')})"
    unfunded = any(column.key == UNFUNDED for column in lines.columns)
    formulas: dict[CheckKey, str] = {
        "lines to summary": f"{total}-SUM({lines.span(UNFUNDED)})" if unfunded else total,
        "lines as settled": total,
        "line count": f'COUNTIFS({lines.span("number")},">0")',
        "line order": f"SUM({lines.span('order')})",
        "milestones to schedule": summary.total("milestones"),
        "adjustments to schedule": summary.total("adjustments"),
        "adjustments listed": f"SUM({sheets.adjustments.span('pence')})",
        "schedule to closing": f"SUM({sheets.schedule.span('pence')})",
        "opening to closing": _not_zero(summary.span("difference")),
        "opening as settled": summary.total("opening"),
        "due as settled": summary.total("due"),
        "to date": _not_zero(to_date.span("difference")),
        "funder limits": f'COUNTIFS({to_date.span("headroom")},"<0")',
    }
    if sheets.account is not None and sheets.receipts is not None:
        formulas["account due"] = f"SUM({sheets.account.span('due')})"
        formulas["account received"] = f"SUM({sheets.account.span('received')})"
        formulas["receipts as read"] = f"SUM({sheets.receipts.span('pence')})"
    if statement.is_whole:
        formulas["shares to lines"] = _not_zero(lines.span("difference"))
        formulas["shares whole"] = _not_zero(sheets.shares.span("difference"))
        limit = whole_contract_limit(statement.limits)
        if limit is not None:
            earned = f"{to_date.total('value')}-{to_date.total('withheld')}"
            most = limit_cell(statement, sheets.rates, limit)
            formulas["contract limit"] = f"IF({earned}>{most},{earned}-{most},0)"
    return formulas


def second_ways(sheets: Sheets) -> dict[CheckKey, str]:
    """The formula of each check's second figure, where it is not stated or none."""
    summary, schedule, lines = sheets.summary, sheets.schedule, sheets.lines
    listed = "entitled" if summary.is_whole else "amount"

    def scheduled(kind: str) -> str:
        tests = f'{schedule.span("standing")},"{THIS_CLAIM}",{schedule.span("kind")},"{kind}"'
        return f"SUMIFS({schedule.span('pence')},{tests})"

    of_account: dict[CheckKey, str] = {}
    if sheets.receipts is not None:
        of_account = {
            "account due": summary.total("closing"),
            "account received": f"SUM({sheets.receipts.span('pence')})",
        }
    return of_account | {
        "lines to summary": f"{summary.total('milestones')}+{summary.total('adjustments')}",
        "milestones to schedule": scheduled(KINDS["milestones"]),
        "adjustments to schedule": scheduled(KINDS["adjustments"]),
        "adjustments listed": f'SUMIFS({lines.span(listed)},{lines.span("kind")},"{ADJUSTMENT}")',
        "schedule to closing": summary.total("closing"),
    }


def _not_zero(cells: str) -> str:
    """How many cells hold a number that is not 0; a blank is not counted."""
    return f'COUNTIFS({cells},">0")+COUNTIFS({cells},"<0")'
