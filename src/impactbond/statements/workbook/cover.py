"""The sheets about the statement itself: Cover, Contents and Notes first, Checks last."""

from __future__ import annotations

import re
from collections.abc import Sequence

from impactbond.statements.due_parts import asked_before, due_parts
from impactbond.statements.receipts_account import ReceiptsAccount
from impactbond.statements.source import Replaced
from impactbond.statements.statement import THIS_CLAIM, Statement, Way
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.how_to_pay import account_words, paying_lines
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    ColumnTotal,
    Sheets,
    SheetTable,
    on_sheet,
)
from impactbond.statements.workbook.page import Page

STATUS = "Draft for approval"
_WIDTHS = (24, 26, 13, 13, 18)  # of labels, and of name, role, date and signature
_HOLD = "All checks hold"
_FAIL = "A check fails: see the sheet Checks before paying"
# The cells that the formula of a check names: a column of a sheet, or one row of it.
_CELLS = re.compile(r"\[(?P<sheet>[^].]+)\.(?P<column>[^].]+)(?:\.(?P<row>[^]]+))?\]")


def add_cover(book: Book, sheets: Sheets) -> None:
    """What the statement is, what is due and when, who approves it, and what it rests on."""
    statement = sheets.statement
    about = statement.about
    page = Page(book)
    whom = "all funders" if statement.is_whole else about.funder_name
    page.line((f"Statement for {whom}, claim {about.claim_period}", "title"))
    page.line((_purpose(statement), "plain"))
    _due(page, sheets)
    if about.replaces is not None:
        _replaced(page, statement, about.replaces, sheets["Summary"])
    if statement.account is not None:
        _account(page, statement.account, sheets["Account"], AmountCells(statement.currency))
    _how_to_pay(page, statement)
    _facts(page, statement)
    _approval(page, statement)
    page.heading("Limits of this statement")
    for sentence in _limits(statement):
        page.line((sentence, "plain"))
    page.heading("What it rests on")
    page.fact("SHA-256 of the contract", about.contract_sha256)
    what = "counts" if about.counted else "evidence"
    if about.evidence_sha256:
        page.fact(f"SHA-256 of the {what}", about.evidence_sha256)
    for one in about.mapped:
        page.fact("SHA-256 of a mapping", one.sha256)
        page.remark(f"The mapping {one.label}; the note on mappings tells the files")
    page.fact("Worked out by", f"impactbond {about.engine_version}")
    page.finish(_WIDTHS)


def contents_table(sheets: Sheets) -> SheetTable:
    """The sheets after this one, with what each holds."""
    return contents_of(list(sheets.after("Contents")))


def contents_of(tables: Sequence[SheetTable], *more: str) -> SheetTable:
    """Some sheets, with what each holds; `more` is said beside how to go to one."""
    return SheetTable(
        sheet="Contents",
        title="Contents",
        holds="",
        intro=(" ".join(("Choose a name to go to its sheet.", *more)),),
        columns=(
            Column("sheet", "Sheet", "link", 24, [table.sheet for table in tables]),
            Column("holds", "What it holds", "text", 100, [table.holds for table in tables]),
        ),
    )


def notes_table(sheets: Sheets) -> SheetTable:
    """What the words mean, and what is left out."""
    statement = sheets.statement
    notes, coins = statement.notes, statement.currency.coins
    return SheetTable(
        sheet="Notes",
        title="Notes",
        holds=f"What the words mean, how {coins} are cut, and what is left out",
        intro=(),
        columns=(
            # So wide that all of them are on one page.
            Column("number", "Note", "identifier", 10, [note.label for note in notes]),
            Column("subject", "Subject", "text", 25, [note.subject for note in notes]),
            Column("text", "Text", "text", 122, [note.text for note in notes]),
        ),
    )


def checks_table(sheets: Sheets) -> SheetTable:
    """One row for every check; the overall result stands above the table."""
    statement = sheets.statement
    checks = statement.checks
    first = [check.first for check in checks]
    second = [check.second for check in checks]
    units = [check.unit_in(statement.currency) for check in checks]
    off, holds = [check.difference for check in checks], [check.holds for check in checks]

    def every(table: SheetTable) -> str:
        return f"AND({on_sheet(table.span('holds'))})"

    def ways(key: str, header: str, found: list[Way]) -> Column:
        formulas = [_formula(way, sheets) for way in found]
        figures = [way.figure for way in found]
        return Column(key, header, "count", 16, figures, lambda table, index: formulas[index])

    return SheetTable(
        sheet="Checks",
        title="Checks",
        holds="Every figure found in two ways, and whether they agree",
        intro=(
            "A check holds when its difference is 0. "
            "A figure without a formula is stated by the settlement.",
        ),
        columns=(
            Column("number", "No.", "ordinal", 7, list(range(1, len(checks) + 1))),
            Column("promise", "Check", "text", 46, [check.promise for check in checks]),
            Column("first name", "First way", "text", 42, [way.words for way in first]),
            Column("second name", "Second way", "text", 42, [way.words for way in second]),
            Column("unit", "In", "identifier", 10, units),
            ways("first", "First figure", first),
            ways("second", "Second figure", second),
            Column("difference", "Difference (must be 0)", "count", 16, off, "[first]-[second]"),
            Column("holds", "Holds", "flag", 10, holds, "[difference]=0"),
        ),
        totals=(ColumnTotal("All checks hold", "holds", "flag", not statement.failing, every),),
    )


def _formula(way: Way, sheets: Sheets) -> str:
    """The formula of one way of a check, with the addresses of the cells that it names."""

    def address(found: re.Match[str]) -> str:
        table, column, row = sheets[found["sheet"]], found["column"], found["row"]
        if row is None:
            return table.span(column)
        return table.total(column) if row == "total" else table.cell(column, int(row))

    return _CELLS.sub(address, way.formula)


def _overall(checks: SheetTable) -> str:
    """The cell that says whether all checks hold."""
    return f"Checks!${checks.letter('holds')}${checks.header_row}"


def _purpose(statement: Statement) -> str:
    if statement.is_whole:
        return "What all funders are asked to pay at this claim, and how it comes about."
    return "What this funder is asked to pay at this claim, and how it comes about."


def _due(page: Page, sheets: Sheets) -> None:
    page.heading("What is due")
    statement, schedule = sheets.statement, sheets["Schedule"]
    total, amounts = statement.due_pence, AmountCells(statement.currency)
    summary = sheets["Summary"]
    # The parts are formulas and so is their sum: the sheet Checks compares them with what was
    # settled, so that nobody can change one and keep the total.
    for part in due_parts(statement):
        made = "+".join(summary.total(figure) for figure in part.figures)
        formula = f"({made})" if len(part.figures) > 1 else made
        page.amount(part.label, formula, part.pence, amounts, part=part.label)
    page.amount("Total due", summary.total("due"), total, amounts, total="total_due")
    if total < 0:
        page.remark("The minus sign means that the provider owes the funder.")
        page.remark("It is to be repaid, or carried to the next claim: nothing is to be paid.")
    if not statement.due_dates:
        page.fact("Due on", "Nothing is due at this claim")
    for due_on, pence in statement.due_dates:
        address = f"$B${page.row + 1}"
        where = f'{schedule.span("standing")},"{THIS_CLAIM}",{schedule.span("due on")},{address}'
        page.fact(amounts.heading("Due on, with the amount"), due_on, "date")
        formula = amounts.divided(f"SUMIFS({schedule.span('pence')},{where})")
        value = amounts.value(pence)
        page.book.formula(page.sheet, page.row - 1, 2, formula, value, amounts.look("left"))
    if asked_before(statement):
        to_date = {"opening": "Asked for before this claim", "closing": "Asked for to date"}
        for key, label in to_date.items():
            pence = sum(getattr(account, f"{key}_pence") for account in statement.accounts)
            page.amount(label, summary.total(key), pence, amounts)
    formula = f'IF({_overall(sheets["Checks"])},"{_HOLD}","{_FAIL}")'
    page.formula("Checks", formula, _FAIL if statement.failing else _HOLD, "identifier")


def _replaced(page: Page, statement: Statement, that: Replaced, summary: SheetTable) -> None:
    """Which statement this one takes the place of and, where its record says it, what that one
    asked for: somebody may have paid it.
    """
    amounts = AmountCells(statement.currency)
    page.heading("What it replaces")
    page.fact("Replaces statement", statement.about.replaced_reference)
    page.fact("SHA-256 of that one", that.sha256)
    if that.asked_pence is None or that.as_of is None:
        return
    page.fact("That one was worked out as at", that.as_of, "date")
    stated, asked = f"$B${page.row + 1}", amounts.value(that.asked_pence)
    page.fact(amounts.heading("That one asked for"), asked, amounts.look("left"))
    now = summary.total("due")
    page.amount("This one asks for", now, statement.due_pence, amounts)
    more = statement.due_pence - that.asked_pence
    difference = f"({now}-ROUND({stated}*{statement.currency.in_one},0))"
    page.amount("Difference", difference, more, amounts)
    page.fact("For whoever paid that one", _still_open(more))
    page.fact("For whoever did not", "This one holds, and that one is not to be paid.")


def _still_open(more: int) -> str:
    if more > 0:
        return "Only the difference is to be paid."
    return "The difference is to be repaid or carried." if more else "Nothing more is to be paid."


def _account(page: Page, account: ReceiptsAccount, table: SheetTable, amounts: AmountCells) -> None:
    page.heading("The account, this claim included")
    came = f"SUM({table.span('received')})"
    page.amount("Received to date", came, account.received_pence, amounts)
    balance = f"(SUM({table.span('due')})-{came})"
    page.amount("Balance", balance, account.closing_pence, amounts, total="balance")
    if account.closing_pence < 0:
        page.remark("The minus sign means that more was received than was due.")


def _facts(page: Page, statement: Statement) -> None:
    about = statement.about
    page.heading("What it is about")
    page.fact("Status", STATUS)
    page.fact("Statement reference", about.reference)
    page.fact("Statement number", about.number, "left count")
    if not statement.is_whole:
        page.fact("Payment reference", about.payment_reference, name="payment_reference")
    page.fact("Contract", about.contract_id, name="contract_id")
    page.fact("Title", about.title)
    version = f"{about.version}, effective {about.effective_on.isoformat()}"
    page.fact("Version and effective date", version)
    page.fact("Provider", about.provider)
    page.fact("Funder", about.funder_name, name="funder")
    page.fact("Claim period", about.claim_period, name="claim_period")
    page.fact("Claim date", about.claim_date, "date", name="claim_date")
    if about.ahead_of:
        page.fact("Asked for ahead of claim", about.ahead_of)
        page.remark("Its statement shows these payments again, under the same references:")
        page.remark("each is paid once.")
        return
    if about.counted:
        page.fact("Rests on", "Counts without evidence")
    what = "Counts" if about.counted else "Evidence"
    page.fact(f"{what} recorded up to", about.claim_date, "date")
    page.fact("Worked out as at", about.as_of, "date")
    page.fact("Lines in this claim", len(statement.lines), "left count")


def _how_to_pay(page: Page, statement: Statement) -> None:
    """How to pay; nothing where the contract does not say it."""
    lines = list(paying_lines(statement))
    if lines:
        page.heading("How to pay")
    for label, text in lines:
        page.fact(label, text)


def _approval(page: Page, statement: Statement) -> None:
    how, is_credit = statement.about.how, statement.due_pence < 0
    order = how.order_of(statement.about.funder)
    bank = how.account_for(statement.about.funder, statement.due_pence)
    known = {"Purchase order": order, "Bank details": bank and account_words(bank)}
    page.heading("Approval")
    page.line(
        ("To be completed by hand", "left header"), *((text, "left header") for text in _SIGNED)
    )
    for step in ("Prepared by", "Checked by", "Approved by"):
        page.line((step, "label"), *((None, "blank") for _ in _SIGNED))
    if not any(pence for _, pence in statement.due_dates):
        return  # nothing is due, and there is nothing to invoice
    page.heading("For the credit note" if is_credit else "For the invoice")
    for label, by in _CREDIT if is_credit else _INVOICE:
        if (told := known.get(label)) is not None:
            page.fact(label, told)
            continue
        page.line((label, "label"), (None, "blank"), (f"To be completed by {by}", "plain after"))


def _limits(statement: Statement) -> tuple[str, ...]:
    refused, counted = statement.about.refused_rows, statement.about.counted
    if statement.about.ahead_of:
        return (*_ON_A_DAY, _INVOICE_LIMIT)
    rests, true, participants = _ON_COUNTS if counted else _ON_EVIDENCE
    return (
        f"This statement says what the contract makes payable on {rests}.",
        f"It does not show that the {true} true, nor that the programme caused the outcomes.",
        _INVOICE_LIMIT if statement.account is None else _RECEIPTS_LIMIT,
        f"Rows of {'counts' if counted else 'evidence'} that were refused and so left out: "
        f"{refused:,}. See the sheet Notes.",
        participants,
    )


_ON_EVIDENCE = (
    "the evidence delivered",
    "evidence is",
    "Participants appear under a reference, which is personal data: keep it confidential.",
)
_ON_COUNTS = (
    "counts without evidence, as they were stated",
    "counts are",
    "No participant appears: a line is so many claims that were counted together.",
)
_ON_A_DAY = (
    "This statement says what the contract makes payable up-front on a day, without evidence.",
    "It is on account of later claims, which recover it as the contract says; see the sheet Notes.",
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
_CREDIT = (
    ("Repaid or carried forward", "the funder"),
    ("Credit note number and date", "the provider"),
    ("VAT treatment", "the provider"),
    ("Bank details", "the funder, by reference only"),
)
