"""The workbook of a year end, as an examiner reads it: live formulas over whole pence, each written
with the value that it gives, a check for every sum, and a page for every funder to sign.

Takes  a YearEnd.
Gives  the bytes of an Excel workbook, written as statements are.
Keeps  what is worked out is a formula: what is changed moves every total that rests on it. The
       previous year stands as it was filed. It names participants, in the sheet Cut off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impactbond.closing.beside_sheets import BESIDE, DATED, FUNDER, SIDES, PackSheets
from impactbond.closing.checks import WITHIN_LIMITS
from impactbond.closing.confirmation_pages import add_confirmations
from impactbond.closing.cover import add_cover, notes_sheet
from impactbond.closing.filed import Filed
from impactbond.closing.formulas import check_formulas
from impactbond.closing.year_end import YearEnd
from impactbond.closing.year_sheets import (
    FILED_COLUMNS,
    POSITION_HEADERS,
    add_income,
    add_journals,
    add_movement,
    add_position,
)
from impactbond.money import CURRENCIES
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.cover import contents_of
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    ColumnTotal,
    SheetTable,
    on_sheet,
)


def year_end_workbook(year: YearEnd) -> bytes:
    """The year end as an Excel workbook; the same year end gives the same bytes."""
    sheets = PackSheets(year)
    _sources(sheets)
    _from_others(sheets)
    add_position(sheets)
    add_income(sheets)
    add_movement(sheets)
    add_journals(sheets)
    _policy(sheets)
    _funds(sheets)
    _exchange(sheets)
    _beside(sheets)
    checks = _checks(sheets)
    order = (*_READ_FIRST, *(name for name in sheets.made if name not in _READ_FIRST))
    tables = [sheets.made[name] for name in order]
    book = Book(
        title=f"Year end of {year.contract} on {year.on}",
        subject=year.title,
        company="",
        created=year.evidence_to,
    )
    add_cover(book, year, sheets.made, sheets.amounts, checks)
    book.add_table(contents_of(tables, "Pages for funders to sign come last."))
    book.add_table(notes_sheet(year))
    for table in tables:
        book.add_table(table)
    add_confirmations(book, year, sheets.made["Confirmations"], sheets.amounts)
    return book.close()


_READ_FIRST = (
    *("Policy", "Position", "Income", "Movement", "Funds", "Journals", "Checks", "Disclosure"),
)


def _sources(sheets: PackSheets) -> None:
    """What everything else is worked out from."""
    entry = {"debit": "Debit", "credit": "Credit"}
    sheets.add(
        "Postings",
        "What was asked for and what came, to date",
        "Every claim, up-front payment, receipt, refund and write-off by the year end",
        sheets.rows("postings"),
        (("posting", "Posting", "identifier", 14), DATED, *SIDES, ("text", "Text", "text", 40)),
        entry,
        intro=("For a ledger without invoices of its own: post these or invoices, never both.",),
        totals=("debit", "credit"),
    )
    sheets.add(
        "Cut off",
        "Outcomes achieved by the year end that no claim holds",
        "Every outcome and funder of what is unclaimed, by when its evidence came",
        sheets.rows("cut_off"),
        (
            FUNDER,
            ("participant", "Participant", "identifier", 14),
            ("milestone", "Milestone", "identifier", 18),
            ("period", "Period", "identifier", 12),
            ("achieved_on", "Achieved on", "date", 13),
            ("recorded_on", "Recorded on", "date", 13),
            ("layer", "Evidence", "identifier", 24),
            ("claimed_in", "Claimed since in", "identifier", 14),
            ("claimed_on", "On", "date", 13),
        ),
        {"amount": "Amount"},
        intro=(
            "A reference of a participant is personal data: keep this sheet confidential.",
            "Recorded on: the day on which the newest evidence of the line was recorded.",
            "Claimed since in: the claim after the year end, by the sign-off, that holds the line.",
        ),
        totals=("amount",),
    )


def _from_others(sheets: PackSheets) -> None:
    """What the provider states, and what the year opens with."""
    sheets.add(
        "Disputed",
        "In dispute, or may be taken back",
        "What is not counted as earned by the provider's own figure, and why",
        sheets.rows("disputed"),
        (
            FUNDER,
            ("since_on", "Since", "date", 13),
            ("reason", "Reason", "text", 50),
            ("basis", "How much", "identifier", 20),
        ),
        {"amount": "Amount"},
        totals=("amount",),
    )
    filed = sheets.year.previous
    rows = [] if filed is None else [_with_income(row, filed) for row in filed.position]
    told = "no year end before it was given" if filed is None else f"of {filed.on}"
    sheets.add(
        "As filed",
        f"The previous year end as it was filed: {told}",
        "The position that this year opens with",
        rows,
        (FUNDER,),
        {"income": "Income of its year"} | {key: POSITION_HEADERS[key] for key in FILED_COLUMNS},
        intro=() if filed is None else (f"SHA-256 of its file: {filed.digest}",),
        totals=("income", "earned"),
    )


def _with_income(row: dict[str, Any], filed: Filed) -> dict[str, Any]:
    return row | {"income_pence": filed.income.get(row["funder"], 0)}


def _policy(sheets: PackSheets) -> None:
    sheets.add(
        "Policy",
        "How the figures were come by",
        "What was done, for a note on accounting policies to begin from",
        sheets.rows("policy"),
        (("subject", "Subject", "text", 30), ("text", "Text", "text", 110)),
        {},
        intro=("No advice: whether this is your policy is for you and your auditor or examiner.",),
    )


def _funds(sheets: PackSheets) -> None:
    """Every fund's figures, added up from the sheets by funder."""
    made = sheets.made

    def of(sheet: str, key: str) -> str:
        # A funder's fund stands in Income; the other sheets have the same funders.
        income, table = made["Income"], made[sheet]
        if sheets.year.ledger is None:  # one fund without a name, which no cell can be asked for
            return f"SUM({table.span(key)})"
        if sheet == "Income":
            return made.summed(table.span(key), (table.span("fund"), "[fund]"))
        if made.is_exact:  # all three sheets hold funders in one order; those left by come last
            last = income.cell("fund", table.height - 1).rpartition("!")[2]
            return made.summed(table.span(key), (f"{income.cell('fund', 0)}:{last}", "[fund]"))
        by_funder = f"SUMIF({table.span('funder')},{income.span('funder')},{table.span(key)})"
        return f"SUMPRODUCT(({income.span('fund')}=[fund])*{by_funder})"

    standing = {
        key: of("Position", key)
        for key in ("contract_asset", "contract_liability", "receivable", "in_advance")
    }
    asset, liability = sheets.year.words
    sheets.add(
        "Funds",
        "The year by fund",
        "Income, what was received, and what stands, by fund",
        sheets.rows("funds"),
        (("fund", "Fund", "identifier", 26), ("restricted", "Restricted?", "identifier", 14)),
        {
            "income": "Income of the year",
            "received": "Received in the year",
            "paid_back": "Paid back in the year",
            "contract_asset": asset,
            "contract_liability": liability,
            "receivable": "Receivable",
            "in_advance": "In advance",
        },
        {
            "income": of("Income", "income"),
            "received": of("Movement", "received"),
            "paid_back": of("Movement", "refunded"),
            **standing,
        },
        intro=("Accounts of receipts and payments need what was received and paid back alone.",),
        totals=("income", "received"),
    )


def _exchange(sheets: PackSheets) -> None:
    """What stands in the ledger's currency, where it has another one."""
    currency = sheets.year.ledger_currency
    if not currency:
        return
    cells, rows = AmountCells(CURRENCIES[currency]), sheets.rows("exchange")
    amounts = [row["amount_pence"] for row in rows]
    columns = [
        Column("funder", "Funder", "identifier", 34, [row["funder"] for row in rows]),
        Column("item", "Item", "identifier", 26, [row["item"] for row in rows]),
        *sheets.amounts.in_units("amount", "In the contract's", 15, amounts),
    ]
    headers = {"ledger": "To date", "filed": "As filed", "year": "Of the year"}
    values = {key: [row[f"{key}_pence"] for row in rows] for key in headers}
    for key, header in headers.items():
        columns += cells.in_units(key, header, 15, values[key])
    columns.append(sheets.amounts.in_minor("amount", "In the contract's", 15, amounts, None))
    for key, header in headers.items():
        formula = "[ledger]-[filed]" if key == "year" else None
        columns.append(cells.in_minor(key, header, 15, values[key], formula))
    sheets.made["Exchange"] = SheetTable(
        sheet="Exchange",
        title=f"In {currency}, the currency of the ledger",
        holds="What stands in the currency of the ledger, and the exchange difference",
        intro=("A difference below nothing is a loss.",),
        columns=tuple(columns),
        last_printed=cells.shown("year"),
    )


def _beside(sheets: PackSheets) -> None:
    """What stands beside the figures; see `closing/beside.py`."""
    for sheet, name, title, plain, pence, formulas in BESIDE:
        headers = pence
        sheets.add(sheet, title, title, sheets.rows(name), plain, headers, formulas)
    here = sheets.made["Position"]
    rows = sheets.rows("disclosure")
    keys = ("income", *_DISCLOSED)

    def now(_: SheetTable, index: int) -> str:
        if index == len(keys):
            return ""  # what is on the way is stated: limits are not worked out in cells
        table = sheets.made["Income"] if index == 0 else here
        return f"SUM({table.span(keys[index])})"

    def was(_: SheetTable, index: int) -> str:
        filed, key = sheets.made["As filed"], (*keys, "")[index]
        return f"SUM({filed.span(key)})" if key in ("income", *FILED_COLUMNS) else ""

    sheets.add(
        "Disclosure",
        "Totals for notes to the accounts",
        "Totals in the words of the framework; which apply is for you to decide",
        rows,
        (("label", "Figure", "identifier", 38),),
        {"this_year": "This year", "previous_year": "Previous year"},
        {"this_year": now, "previous_year": was},
        intro=(
            f"In the words of {sheets.year.framework}. Figures are the same in any framework.",
            "The previous year stands as it was filed.",
        ),
    )


_DISCLOSED = (
    *("earned", "asked", "received", "contract_asset", "contract_liability", "receivable"),
    *("in_advance", "on_account", "constrained", "written_off", "passed_on"),
)


def _checks(sheets: PackSheets) -> SheetTable:
    """Every sum found twice, by live formulas where a sheet holds what it is of."""
    rows = sheets.rows("checks")
    both = [check_formulas(sheets.made, row) for row in rows]

    def side(number: int) -> Callable[[SheetTable, int], str]:
        return lambda _, index: both[index][number]

    def holds(_: SheetTable, index: int) -> str:
        return "[one]<=[other]" if rows[index]["check"] == WITHIN_LIMITS else "[one]=[other]"

    def every(table: SheetTable) -> str:
        return f"AND({on_sheet(table.span('holds'))})"

    amounts = sheets.amounts
    one, other = ([row[f"{name}_pence"] for row in rows] for name in ("one", "other"))
    table = SheetTable(
        sheet="Checks",
        title="Checks",
        holds="Every sum found twice, and whether both are the same",
        intro=("A figure without a formula is stated by the year end itself.",),
        columns=(
            Column("check", "Check", "text", 44, [row["check"] for row in rows]),
            Column("of", "Of", "identifier", 44, [row["of"] for row in rows]),
            amounts.in_minor("one", "First", 18, one, side(0)),
            amounts.in_minor("other", "Second", 18, other, side(1)),
            Column("holds", "Holds", "flag", 10, [row["holds"] for row in rows], holds),
        ),
        totals=(ColumnTotal("All checks hold", "holds", "flag", not sheets.year.failed, every),),
    )
    sheets.made["Checks"] = table
    return table
