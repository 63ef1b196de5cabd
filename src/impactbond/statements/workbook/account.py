"""The sheets Account and Receipts: what was received against what was due, from claim to claim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from impactbond.statements.account import ReceiptsAccount
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.amounts import AmountCells
from impactbond.statements.workbook.grid import on_sheet
from impactbond.statements.workbook.layout import Column, ColumnTotal, SheetTable, fitting


def receipts_table(statement: Statement, account: ReceiptsAccount) -> SheetTable:
    """One row for every receipt up to the claim date."""
    rows = account.receipts
    notes = [row.note for row in rows]
    amounts, pence = AmountCells(statement.currency), [row.amount_pence for row in rows]
    return SheetTable(
        sheet="Receipts",
        name="receipts",
        title="Receipts",
        holds="Every receipt of money up to the claim date",
        intro=("As stated by whoever settled; impactbond has seen no bank account.",),
        columns=(
            Column("receipt", "Receipt", "identifier", 18, [row.receipt for row in rows]),
            *_funder(statement, [row.code for row in rows], [row.name for row in rows]),
            Column("received on", "Received on", "date", 13, [row.received_on for row in rows]),
            Column("claim", "Names claim", "identifier", 13, [row.names_claim for row in rows]),
            *amounts.both("pence", "Amount", 16, pence),
            Column("note", "Note", "text", fitting(notes, 20, 50), notes),
        ),
        if_empty="Nothing has been received.",
        totals=(
            amounts.total(
                "Received to date",
                "pence",
                sum(pence),
                lambda table: f"SUM({table.span('pence')})",
            ),
        ),
    )


def account_table(
    statement: Statement, account: ReceiptsAccount, schedule: SheetTable, receipts: SheetTable
) -> SheetTable:
    """One row for every funder and claim so far; each opens as the one before closed."""
    rows, amounts = account.balances, AmountCells(statement.currency)
    whose = f",{schedule.span('code')},[code]" if statement.is_whole else ""
    whose_receipt = f",{receipts.span('code')},[code]" if statement.is_whole else ""
    due = f"SUMIFS({schedule.span('pence')},{schedule.span('claim date')},[until]{whose})"
    days = receipts.span("received on")
    received = f'SUMIFS({receipts.span("pence")},{days},"<="&[until]{whose_receipt}'
    patterns = {
        "opening": ("", "[closing^]"),
        "due": (due, due),
        "received": (f"{received})", f'{received},{days},">"&[until^])'),
        "closing": ("[opening]+[due]-[received]",) * 2,
    }
    named = (
        ("opening", "Opening balance", [row.opening_pence for row in rows]),
        ("due", "Due", [row.due_pence for row in rows]),
        ("received", "Received", [row.received_pence for row in rows]),
        ("closing", "Closing balance", [row.closing_pence for row in rows]),
    )
    table = SheetTable(
        sheet="Account",
        name="account",
        title=f"Account up to claim {statement.about.claim_period}",
        holds="What was received against what was due, from claim to claim",
        intro=_intro(amounts),
        columns=(
            *_funder(statement, [row.code for row in rows], [row.name for row in rows]),
            Column("period", "Claim period", "identifier", 12, [row.claim_period for row in rows]),
            Column("until", "Claim date", "date", 13, [row.until for row in rows]),
            *(
                column
                for key, header, values in named
                for column in amounts.in_units(key, header, 17, values)
            ),
            *(amounts.in_minor(key, header, 17, values) for key, header, values in named),
        ),
        if_empty="",
        totals=_totals(account, amounts),
        last_printed=amounts.shown("closing"),
    )
    columns = (
        replace(column, formula=_by_row(table, account, column, patterns[column.key]))
        if column.key in patterns
        else column
        for column in table.columns
    )
    return replace(table, columns=tuple(columns))


def _intro(amounts: AmountCells) -> tuple[str, ...]:
    told = (
        "Opening, with what is due, less what was received since the claim before, makes closing.",
        "A minus sign is the funder's money that is carried to the next claim.",
    )
    minor = amounts.currency.minor
    beside = f"The same amounts in {minor} stand to the right and are not printed."
    return (*told, beside) if amounts.is_doubled else told


def _by_row(
    table: SheetTable, account: ReceiptsAccount, column: Column, patterns: tuple[str, str]
) -> Callable[[int], str]:
    """The formula of each row: a funder's first opens at nothing, the others as the one above."""
    first, later = (table.formula_of(replace(column, formula=pattern)) for pattern in patterns)
    return lambda index: (first if account.balances[index].is_first else later)(index)


def _totals(account: ReceiptsAccount, amounts: AmountCells) -> tuple[ColumnTotal, ...]:
    due = sum(row.due_pence for row in account.balances)
    came = account.received_pence
    return (
        amounts.total("Due to date", "due", due, lambda table: _sum(table, "due")),
        amounts.total("Received to date", "received", came, lambda table: _sum(table, "received")),
        amounts.total(
            "Balance at this claim",
            "closing",
            due - came,
            lambda table: f"({_sum(table, 'due')}-{_sum(table, 'received')})",
        ),
    )


def _sum(table: SheetTable, key: str) -> str:
    return f"SUM({on_sheet(table.span(key))})"


def _funder(statement: Statement, codes: list[str], names: list[str]) -> tuple[Column, ...]:
    """The columns that say whose a row is, where a statement is for more than one."""
    if not statement.is_whole:
        return ()
    return (
        Column("code", "No.", "identifier", 7, codes),
        Column("funder", "Funder", "text", fitting(names, 24, 40), names),
    )
