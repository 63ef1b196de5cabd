"""The sheets before the tables: Cover, Contents and Notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impactbond.statements.account import ReceiptsAccount
from impactbond.statements.rows import THIS_CLAIM
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.amounts import AmountCells
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.grid import Grid
from impactbond.statements.workbook.layout import Column, SheetTable

STATUS = "Draft for approval"
_HOLD = "All checks hold"
_FAIL = "A check fails: see the sheet Checks before paying"


class _Page:
    """The cover, filled from top to bottom."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.sheet = book.add_sheet("Cover")
        self.row = 0

    def line(self, *cells: tuple[Any, str]) -> None:
        """One row of values with their looks; a value of None is a blank to be filled in."""
        for column, (value, look) in enumerate(cells):
            if value is None:
                self.sheet.write_blank(self.row, column, None, self.book.formats[look])
            else:
                self.book.write(self.sheet, self.row, column, value, look)
        self.row += 1

    def heading(self, text: str) -> None:
        self.row += 1
        self.line((text, "heading"))

    def fact(self, label: str, value: Any, look: str = "identifier", name: str = "") -> None:
        """A labelled value; `name` is the name under which an auditor can quote the cell."""
        if name:
            self.book.workbook.define_name(name, f"=Cover!$B${self.row + 1}")
        self.line((label, "label"), (value, look))

    def formula(self, label: str, formula: str, value: Any, look: str, name: str = "") -> None:
        self.fact(label, value, look, name)
        self.book.formula(self.sheet, self.row - 1, 1, formula, value, look)


def add_cover(
    book: Book,
    statement: Statement,
    summary: Grid,
    schedule: SheetTable,
    overall: str,
    account: SheetTable | None = None,
) -> None:
    """What the statement is, what is due and when, who approves it, and what it rests on."""
    about = statement.about
    page = _Page(book)
    for column, width in enumerate((32, 44, 26, 18, 30)):
        page.sheet.set_column(column, column, width)
    whom = "all funders" if statement.is_whole else about.funder_name
    page.line((f"Statement for {whom}, claim {about.claim_period}", "title"))
    page.line((_purpose(statement), "plain"))
    _due(page, statement, summary, schedule, overall)
    if account is not None and statement.account is not None:
        _account(page, statement.account, account, AmountCells(statement.currency))
    _facts(page, statement)
    _approval(page)
    page.heading("Limits of this statement")
    for sentence in _limits(statement):
        page.line((sentence, "plain"))
    page.heading("What it rests on")
    page.fact("SHA-256 of the contract", about.contract_sha256)
    page.fact("SHA-256 of the evidence", about.evidence_sha256)
    page.fact("Worked out by", f"impactbond {about.engine_version}")
    page.sheet.print_area(0, 0, page.row - 1, 4)


def contents_table(tables: Sequence[SheetTable]) -> SheetTable:
    """The sheets after this one, with what each holds."""
    return SheetTable(
        sheet="Contents",
        name="contents",
        title="Contents",
        holds="",
        intro=("Choose a name to go to its sheet.",),
        columns=(
            Column("sheet", "Sheet", "link", 24, [table.sheet for table in tables]),
            Column("holds", "What it holds", "text", 100, [table.holds for table in tables]),
        ),
        if_empty="",
    )


def notes_table(statement: Statement) -> SheetTable:
    """What the words mean, and what is left out."""
    notes, coins = statement.notes, statement.currency.coins
    return SheetTable(
        sheet="Notes",
        name="notes",
        title="Notes",
        holds=f"What the words mean, how {coins} are cut, and what is left out",
        intro=(),
        columns=(
            Column("number", "Note", "identifier", 12, [note.label for note in notes]),
            Column("subject", "Subject", "text", 30, [note.subject for note in notes]),
            Column("text", "Text", "text", 100, [note.text for note in notes]),
        ),
        if_empty="",
    )


def _purpose(statement: Statement) -> str:
    if statement.is_whole:
        return "What all funders are asked to pay at this claim, and how it comes about."
    return "What this funder is asked to pay at this claim, and how it comes about."


def _due(
    page: _Page, statement: Statement, summary: Grid, schedule: SheetTable, overall: str
) -> None:
    page.heading("What is due")
    total, amounts = statement.due_pence, AmountCells(statement.currency)
    page.formula(
        amounts.heading("Total due"),
        amounts.divided(summary.total("due")),
        amounts.value(total),
        amounts.look("total"),
        _named("total_due", amounts),
    )
    if total < 0:
        page.line(
            ("", "label"), ("The minus sign means that the provider owes the funder.", "plain")
        )
    if not statement.due_dates:
        page.fact("Due on", "Nothing is due at this claim")
    for due_on, pence in statement.due_dates:
        address = f"$B${page.row + 1}"
        where = f'{schedule.span("standing")},"{THIS_CLAIM}",{schedule.span("due on")},{address}'
        page.fact(amounts.heading("Due on, with the amount"), due_on, "date")
        formula = amounts.divided(f"SUMIFS({schedule.span('pence')},{where})")
        value = amounts.value(pence)
        page.book.formula(page.sheet, page.row - 1, 2, formula, value, amounts.look("left"))
    result = _FAIL if statement.failing else _HOLD
    page.formula("Checks", f'IF({overall},"{_HOLD}","{_FAIL}")', result, "identifier")


def _account(
    page: _Page, account: ReceiptsAccount, table: SheetTable, amounts: AmountCells
) -> None:
    page.heading("The account, this claim included")
    came = f"SUM({table.span('received')})"
    page.formula(
        amounts.heading("Received to date"),
        amounts.divided(came),
        amounts.value(account.received_pence),
        amounts.look("left"),
    )
    page.formula(
        amounts.heading("Balance"),
        amounts.divided(f"(SUM({table.span('due')})-{came})"),
        amounts.value(account.closing_pence),
        amounts.look("total"),
        _named("balance", amounts),
    )
    if account.closing_pence < 0:
        page.line(
            ("", "label"), ("The minus sign means that more was received than was due.", "plain")
        )


def _named(figure: str, amounts: AmountCells) -> str:
    """The name under which an auditor can quote an amount: total_due_pounds."""
    return f"{figure}_{amounts.currency.major}".replace(" ", "_").lower()


def _facts(page: _Page, statement: Statement) -> None:
    about = statement.about
    page.heading("What it is about")
    page.fact("Status", STATUS)
    page.fact("Statement reference", about.reference)
    page.fact("Contract", about.contract_id, name="contract_id")
    page.fact("Title", about.title)
    page.fact(
        "Version and effective date", f"{about.version}, effective {about.effective_on.isoformat()}"
    )
    page.fact("Provider", about.provider)
    page.fact("Funder", about.funder_name, name="funder")
    page.fact("Claim period", about.claim_period, name="claim_period")
    page.fact("Claim date", about.claim_date, "date", name="claim_date")
    page.fact("Evidence recorded up to", about.claim_date, "date")
    page.fact("Worked out as at", about.as_of, "date")
    page.fact("Lines in this claim", len(statement.lines), "left count")


def _approval(page: _Page) -> None:
    page.heading("Approval")
    page.line(
        ("To be completed by hand", "left header"), *((text, "left header") for text in _SIGNED)
    )
    for step in ("Prepared by", "Checked by", "Approved by"):
        page.line((step, "label"), *((None, "blank") for _ in _SIGNED))
    page.heading("For the invoice")
    for label, by in _INVOICE:
        page.line((label, "label"), (None, "blank"), (f"To be completed by {by}", "plain after"))


def _limits(statement: Statement) -> tuple[str, ...]:
    refused = statement.about.refused_rows
    return (
        "This statement says what the contract makes payable on the evidence delivered.",
        "It does not show that the evidence is true, nor that the programme caused the outcomes.",
        _INVOICE_LIMIT if statement.account is None else _RECEIPTS_LIMIT,
        f"Rows of evidence that were refused and so left out: {refused:,}. See the sheet Notes.",
        "Participants appear under a reference, which is personal data: keep it confidential.",
    )


_INVOICE_LIMIT = "It is not an invoice, works out no VAT, and says nothing about money received."
_RECEIPTS_LIMIT = (
    "It is not an invoice and works out no VAT. Receipts are as whoever settled states."
)
_SIGNED = ("Name", "Role", "Date", "Signature")
_INVOICE = (
    ("Purchase order", "the funder"),
    ("Invoice number and date", "the provider"),
    ("VAT treatment", "the provider"),
    ("Bank details", "the provider, by reference only"),
)
