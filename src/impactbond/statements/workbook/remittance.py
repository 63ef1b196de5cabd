"""The sheet Remittance: the slip that goes with each payment, for people and for programs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date

from impactbond.statements.statement import THIS_CLAIM, Statement
from impactbond.statements.workbook.how_to_pay import paying_columns
from impactbond.statements.workbook.layout import AmountCells, Column, Sheets, SheetTable, fitting

_TO_PAY, _CREDIT = "To be paid", "To be repaid or carried forward"


def remittance_table(sheets: Sheets) -> SheetTable:
    """One row for every payment that this claim asks for: whose, to whom, how much, by when."""
    statement, about = sheets.statement, sheets.statement.about
    amounts, due = AmountCells(statement.currency), _due(statement)
    pence, funders = list(due.values()), {one.code: one for one in statement.accounts}
    own = [about.of(funders[code].funder) for code, _ in due]
    references = [one.payment_reference for one in own]
    names, count = [funders[code].name for code, _ in due], len(due)
    payee = [about.provider] * count
    paying = paying_columns(statement, [one.funder or "" for one in own], pence)
    widest = 28 if paying else 36
    notes = [_CREDIT if one < 0 else _TO_PAY for one in pence]
    contract = Column(
        *("contract", "Contract", "identifier"),
        fitting([about.contract_id], 12, 24),
        [about.contract_id] * count,
    )
    numbers = [one.number for one in own]
    units = amounts.in_units("pence", "Amount", 14, pence)
    minor = amounts.in_minor("pence", "Amount", 14, pence, _amount(sheets))
    before = (
        Column("reference", "Payment reference", "identifier", 21, references),
        *([Column("code", "No.", "identifier", 7, [code for code, _ in due])] * statement.is_whole),
        Column("payer", "From", "text", fitting(names, 20, widest), names),
        Column("payee", "To", "text", fitting(payee, 20, widest), payee),
    )
    when = (
        Column("claim", "Claim", "identifier", 11, [about.claim_period] * count),
        Column("number", "Statement No.", "ordinal", 11, numbers),
        Column("due on", "Due on", "date", 13, [day for _, day in due]),
        Column("currency", "Currency", "identifier", 10, [statement.currency.code] * count),
    )
    note = Column("note", "What to do", "text", 20, notes)
    columns = (*before, contract, *when, *units, minor, note)
    if paying:
        # One page wide: what a payment does not need stands at the right, and is not printed.
        amount, rest = (units, (contract, minor)) if units else ((minor,), (contract,))
        columns = (*before, *when, *amount, note, *paying, *rest)
    return SheetTable(
        sheet="Remittance",
        title=f"Remittance slip for claim {about.claim_period}",
        holds="What goes with a payment: its reference, amount and day; one row for each",
        intro=("Quote the payment reference, or send this row with the payment.",),
        columns=columns,
        if_empty="Nothing is due at this claim.",
        totals=(amounts.sum_of("This claim", "pence", pence),),
        last_printed=paying[-1].key if paying else "",
    )


def _due(statement: Statement) -> dict[tuple[str, date], int]:
    """What each funder is asked for on each day, in the order of the Schedule."""
    found: defaultdict[tuple[str, date], int] = defaultdict(int)
    for row in statement.schedule:
        if row.standing == THIS_CLAIM:
            found[row.code, row.due_on] += row.amount_pence
    return found


def _amount(sheets: Sheets) -> Callable[[SheetTable, int], str]:
    """What the Schedule asks a funder for on a day."""
    schedule = sheets["Schedule"]
    whose = f",{schedule.span('code')},[code]" if sheets.statement.is_whole else ""
    now = f'{schedule.span("standing")},"{THIS_CLAIM}",{schedule.span("due on")},[due on]{whose}'
    return lambda table, index: f"SUMIFS({schedule.span('pence')},{now})"
