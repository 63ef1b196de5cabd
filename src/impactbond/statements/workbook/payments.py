"""The sheets Schedule, Account, Receipts and Plans: what was asked for, when it is due, what came,
and what had been planned.
"""

from __future__ import annotations

from impactbond.statements.receipts_account import ReceiptsAccount
from impactbond.statements.statement import KINDS, THIS_CLAIM, Statement
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    ColumnTotal,
    Formula,
    Sheets,
    SheetTable,
    fitting,
    on_sheet,
)


def schedule_table(sheets: Sheets) -> SheetTable:
    """One row for every claim period, funder and kind of payment; earlier claims for context."""
    # It is long because a payment has as many facts, each with its column, and not because anything
    # is decided: only the total of this claim leaves rows out.
    statement = sheets.statement
    rows, amounts = statement.schedule, AmountCells(statement.currency)
    pence = [row.amount_pence for row in rows]
    now = sum(row.amount_pence for row in rows if row.standing == THIS_CLAIM)
    codes, names = [row.code for row in rows], [row.funder_name for row in rows]

    def of_this_claim(table: SheetTable) -> str:
        return f'SUMIFS({table.span("pence")},{table.span("standing")},"{THIS_CLAIM}")'

    return SheetTable(
        sheet="Schedule",
        title="Schedule of payments",
        holds="Every payment asked for up to this claim, with its due date",
        intro=("Earlier claims are shown for context: nothing of them is asked for again.",),
        columns=(
            Column("period", "Claim period", "identifier", 12, [row.claim_period for row in rows]),
            Column("claim date", "Claim date", "date", 13, [row.claim_date for row in rows]),
            Column("standing", "Standing", "identifier", 15, [row.standing for row in rows]),
            Column("due on", "Due on", "date", 13, [row.due_on for row in rows]),
            *_whose(statement, codes, names, widest=44),
            Column("kind", "Kind", "identifier", 15, [row.kind for row in rows]),
            Column("tranche", "Tranche", "text", 24, [row.title or None for row in rows]),
            *amounts.both("pence", "Amount", 16, pence, _of_tranches(sheets)),
        ),
        if_empty="No payment has been asked for.",
        totals=(
            amounts.total("This claim", "pence", now, of_this_claim),
            amounts.sum_of("All claims to date", "pence", pence),
        ),
    )


def _of_tranches(sheets: Sheets) -> Formula:
    """Up-front money is what the contract's tranche says, in its row of the terms; all else is
    stated by the settlement.
    """
    statement = sheets.statement
    funders = {account.code: account.funder for account in statement.accounts}
    first = len(statement.rates) + len(statement.limits)
    found = {
        (KINDS["up-front"], one.title, one.funder, one.amount_pence): first + place
        for place, one in enumerate(statement.tranches)
    }

    def formula(table: SheetTable, index: int) -> str:
        row = statement.schedule[index]
        place = found.get((row.kind, row.title, funders[row.code], row.amount_pence))
        return "" if place is None else sheets["Rates and limits"].cell("pence", place)

    return formula


def receipts_table(sheets: Sheets) -> SheetTable | None:
    """One row for every receipt up to the claim date; None where no receipts were given."""
    statement = sheets.statement
    if statement.account is None:
        return None
    rows, amounts = statement.account.receipts, AmountCells(statement.currency)
    notes, pence = [row.note for row in rows], [row.amount_pence for row in rows]
    codes, names = [row.code for row in rows], [row.name for row in rows]
    back = min(pence, default=0) < 0
    return SheetTable(
        sheet="Receipts",
        title="Receipts",
        holds="Every receipt of money up to the claim date",
        intro=(
            "As stated by whoever settled; impactbond has seen no bank account.",
            *(["A minus sign is money that was paid back to the funder."] if back else []),
        ),
        columns=(
            Column("receipt", "Receipt", "identifier", 18, [row.receipt for row in rows]),
            *_whose(statement, codes, names, widest=40),
            Column("received on", "Received on", "date", 13, [row.received_on for row in rows]),
            Column("claim", "Names claim", "identifier", 13, [row.names_claim for row in rows]),
            *amounts.both("pence", "Amount", 16, pence),
            Column("note", "Note", "text", fitting(notes, 20, 50), notes),
        ),
        if_empty="Nothing has been received.",
        totals=(amounts.sum_of("Received to date", "pence", pence),),
    )


def plans_table(sheets: Sheets) -> SheetTable | None:
    """One row for every plan, period and name; None where there was no plan."""
    statement = sheets.statement
    rows, amounts = statement.plans, AmountCells(statement.currency)
    if not rows:
        return None
    off = [row.difference_pence for row in rows]
    names = [row.name for row in rows]
    return SheetTable(
        sheet="Plans",
        title=f"Plans beside what came up to claim {statement.about.claim_period}",
        holds="Every version of the plan beside what came, period by period",
        intro=(
            "A plan binds nobody. Blank where it says nothing, and where a period is not over.",
            "To a milestone came what was entitled at its claims, to a funder what was due.",
        ),
        columns=(
            Column("plan", "Plan", "identifier", 18, [row.plan for row in rows]),
            Column("made on", "Made on", "date", 13, [row.made_on for row in rows]),
            Column("period", "Period", "identifier", 30, [row.period for row in rows]),
            Column("name", "Name", "identifier", fitting(names, 16, 40), names),
            *amounts.both("planned", "Planned", 16, [row.planned_pence for row in rows]),
            *amounts.both("came", "Came", 16, [row.actual_pence for row in rows]),
            *amounts.both("difference", "Difference", 16, off, "[came]-[planned]"),
        ),
    )


def account_table(sheets: Sheets) -> SheetTable | None:
    """One row for every funder and claim so far; each opens as the one before closed."""
    statement = sheets.statement
    if statement.account is None:
        return None
    rows, amounts = statement.account.balances, AmountCells(statement.currency)
    schedule, receipts = sheets["Schedule"], sheets["Receipts"]
    whose = f",{schedule.span('code')},[code]" if statement.is_whole else ""
    due = f"SUMIFS({schedule.span('pence')},{schedule.span('claim date')},[until]{whose})"
    whose = f",{receipts.span('code')},[code]" if statement.is_whole else ""
    days = receipts.span("received on")
    received = f'SUMIFS({receipts.span("pence")},{days},"<="&[until]{whose}'
    # A funder's first row opens at nothing; the others go on from the row above.
    since = _by_row(statement.account, f"{received})", f'{received},{days},">"&[until^])')
    opening = _by_row(statement.account, "", "[closing^]")
    closing = "[opening]+[due]-[received]"
    figures: tuple[tuple[str, str, list[int | None], Formula], ...] = (
        ("opening", "Opening balance", [row.opening_pence for row in rows], opening),
        ("due", "Due", [row.due_pence for row in rows], due),
        ("received", "Received", [row.received_pence for row in rows], since),
        ("closing", "Closing balance", [row.closing_pence for row in rows], closing),
    )
    codes, names = [row.code for row in rows], [row.name for row in rows]
    return SheetTable(
        sheet="Account",
        title=f"Account up to claim {statement.about.claim_period}",
        holds="What was received against what was due, from claim to claim",
        intro=_intro(amounts),
        columns=(
            *_whose(statement, codes, names, widest=40),
            Column("period", "Claim period", "identifier", 12, [row.claim_period for row in rows]),
            Column("until", "Claim date", "date", 13, [row.until for row in rows]),
            *(
                column
                for key, header, pence, _ in figures
                for column in amounts.in_units(key, header, 17, pence)
            ),
            *(
                amounts.in_minor(key, header, 17, pence, formula)
                for key, header, pence, formula in figures
            ),
        ),
        totals=_totals(statement.account, amounts),
        last_printed=amounts.shown("closing"),
    )


def _whose(
    statement: Statement, codes: list[str], names: list[str], *, widest: float
) -> tuple[Column, ...]:
    """The columns that say whose a row is, where a statement is for more than one."""
    if not statement.is_whole:
        return ()
    return (
        Column("code", "No.", "identifier", 7, codes),
        Column("funder", "Funder", "text", fitting(names, 24, widest), names),
    )


def _by_row(account: ReceiptsAccount, first: str, later: str) -> Formula:
    """The formula of a funder's first row, and that of the others."""
    return lambda table, index: first if account.balances[index].is_first else later


def _intro(amounts: AmountCells) -> tuple[str, ...]:
    told = (
        "Opening, with what is due, less what was received since the claim before, makes closing.",
        "A minus sign is the funder's money that is carried to the next claim.",
    )
    minor = amounts.currency.minor
    beside = f"The same amounts in {minor} stand to the right and are not printed."
    return (*told, beside) if amounts.is_doubled else told


def _totals(account: ReceiptsAccount, amounts: AmountCells) -> tuple[ColumnTotal, ...]:
    def summed(table: SheetTable, key: str) -> str:
        return f"SUM({on_sheet(table.span(key))})"

    due = sum(row.due_pence for row in account.balances)
    came = account.received_pence

    def balance(table: SheetTable) -> str:
        return f"({summed(table, 'due')}-{summed(table, 'received')})"

    return (
        amounts.total("Due to date", "due", due, lambda it: summed(it, "due")),
        amounts.total("Received to date", "received", came, lambda it: summed(it, "received")),
        amounts.total("Balance at this claim", "closing", due - came, balance),
    )
