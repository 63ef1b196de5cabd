"""The sheet Schedule: every payment asked for up to this claim, with its due date."""

from __future__ import annotations

from impactbond.statements.rows import THIS_CLAIM
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.amounts import AmountCells
from impactbond.statements.workbook.layout import Column, SheetTable, fitting


def schedule_table(statement: Statement) -> SheetTable:
    """One row for every claim period, funder and kind of payment; earlier claims for context."""
    rows = statement.schedule
    amounts = AmountCells(statement.currency)
    pence = [row.amount_pence for row in rows]
    names = [row.funder_name for row in rows]
    funder = (
        Column("code", "No.", "identifier", 7, [row.code for row in rows]),
        Column("funder", "Funder", "text", fitting(names, 24, 44), names),
    )
    return SheetTable(
        sheet="Schedule",
        name="schedule",
        title="Schedule of payments",
        holds="Every payment asked for up to this claim, with its due date",
        intro=("Earlier claims are shown for context: they are closed and do not change.",),
        columns=(
            Column("period", "Claim period", "identifier", 12, [row.claim_period for row in rows]),
            Column("claim date", "Claim date", "date", 13, [row.claim_date for row in rows]),
            Column("standing", "Standing", "identifier", 15, [row.standing for row in rows]),
            Column("due on", "Due on", "date", 13, [row.due_on for row in rows]),
            *(funder if statement.is_whole else ()),
            Column("kind", "Kind", "identifier", 15, [row.kind for row in rows]),
            Column("tranche", "Tranche", "text", 24, [row.title or None for row in rows]),
            *amounts.both("pence", "Amount", 16, pence),
        ),
        if_empty="No payment has been asked for.",
        totals=(
            amounts.total(
                "This claim",
                "pence",
                sum(row.amount_pence for row in rows if row.standing == THIS_CLAIM),
                lambda table: (
                    f'SUMIFS({table.span("pence")},{table.span("standing")},"{THIS_CLAIM}")'
                ),
            ),
            amounts.total(
                "All claims to date",
                "pence",
                sum(pence),
                lambda table: f"SUM({table.span('pence')})",
            ),
        ),
    )
