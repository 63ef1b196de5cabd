"""Pages that funders sign: what stands between them and the provider on the year end.

Takes  a YearEnd and the sheet Confirmations.
Gives  a page for every funder, named Confirm 1 and so on.
Keeps  a page is of one funder: none tells what another owes. No participant is named.
"""

from __future__ import annotations

from impactbond.closing.beside import EARNED
from impactbond.closing.year_end import YearEnd
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.layout import AmountCells, SheetTable
from impactbond.statements.workbook.page import Page

_HEADS = ("What", "Claim or receipt", "Due on, or received on")


def add_confirmations(book: Book, year: YearEnd, table: SheetTable, amounts: AmountCells) -> None:
    """A page for every funder of the position."""
    rows = year.tables["confirmations"].to_pylist()
    for number, funder in enumerate(year.tables["position"].to_pylist(), 1):
        page = Page(book, f"Confirm {number}")
        page.line((f"Confirmation of balances on {year.on}", "title"))
        page.line((f"To: {funder['name']}", "plain"))
        page.line((f"Contract: {year.title} ({year.contract})", "plain"))
        page.row += 1
        page.line(("Please confirm to us, or to our auditor or examiner.", "plain"))
        page.row += 1
        heads = (*_HEADS, amounts.heading("In all"), amounts.heading("Open"))
        sides = (*["left header"] * 3, *["right header"] * 2)
        page.line(*zip(heads, sides, strict=True))
        own = [index for index, row in enumerate(rows) if row["funder"] == funder["funder"]]
        for index in own:
            row = rows[index]
            period, due = row["claim_period"] or "-", row["due_on"]
            day = (due, "date") if due else ("-", "identifier")
            page.line((row["item"], "identifier"), (period, "identifier"), day)
            for column, key in ((3, "asked"), (4, "open")):
                formula = amounts.divided(table.cell(key, index))
                value = amounts.value(row[f"{key}_pence"])
                look = amounts.kind
                book.formula(page.sheet, page.row - 1, column, formula, value, look)
        if not own:
            page.line(("Nothing is open and nothing is held.", "identifier"))
        page.row += 1
        total = sum(rows[index]["open_pence"] for index in own)
        cells = "+".join(table.cell("open", index) for index in own)
        # Where nothing is open there is no cell to add, and a formula of nothing is none.
        formula = amounts.divided(f"({cells or 0})")
        label = amounts.heading("You owe us in all")
        page.formula(label, formula, amounts.value(total), amounts.look("total"))
        page.remark("A minus sign is money of yours that we hold, beside any up-front money.")
        if any(rows[index]["item"] == EARNED for index in own):
            page.remark("What is earned and not claimed yet is in a later claim, and not open.")
        page.heading("To be completed by the funder")
        page.line(("We agree with these figures", "label"), ("yes / no", "plain"))
        for label in ("If not, what differs", "Name and role", "Date", "Signature"):
            page.line((label, "label"), (None, "blank"), (None, "blank"))
        page.finish((34, 26, 26, 18, 18), is_portrait=False)
