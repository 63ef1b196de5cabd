"""The workbook of a year end, as an examiner reads it: live formulas over whole pence, each written
with the value that it gives, a check for every sum, and a page for every funder to sign.

Takes  a YearEnd.
Gives  the bytes of an Excel workbook, written as statements are.
Keeps  what is worked out is a formula: what is changed moves every total that rests on it. The
       previous year stands as it was filed. It names participants, in the sheet Cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from impactbond.closing.beside_sheets import BESIDE, FUNDER, Plain
from impactbond.closing.checks import WITHIN_LIMITS
from impactbond.closing.confirmation_pages import add_confirmations
from impactbond.closing.cover import add_cover, notes_sheet
from impactbond.closing.formulas import check_formulas, journal_formula, position_formulas
from impactbond.closing.year_end import YearEnd
from impactbond.money import CURRENCIES
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.cover import contents_of
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    ColumnTotal,
    Formula,
    SheetTable,
    fitting,
    on_sheet,
)

Made = dict[str, SheetTable]
# Every sheet: the table that it shows, its title, what it holds, and the columns of no amount.
_DATED: Plain = ("date", "Date", "date", 12)
_SIDES: tuple[Plain, ...] = (
    ("account", "Account", "identifier", 13),
    FUNDER,
    ("fund", "Fund", "identifier", 18),
)


class PackSheets:
    """The sheets of a year end, made one after another: each may name those before it."""

    def __init__(self, year: YearEnd) -> None:
        self.year = year
        self.amounts = AmountCells(CURRENCIES[year.currency])
        self.made: Made = {}

    def add(
        self,
        sheet: str,
        title: str,
        holds: str,
        rows: Sequence[Mapping[str, Any]],
        plain: Sequence[Plain],
        pence: Mapping[str, str],
        formulas: Mapping[str, Formula] | None = None,
        *,
        intro: Sequence[str] = (),
        totals: Sequence[str] = (),
        if_empty: str = "None.",
    ) -> SheetTable:
        """A sheet of one table: columns of no amount, then amounts in pounds, which are printed,
        and in pence, which are worked out.
        """
        given = formulas or {}
        values = {key: [row[f"{key}_pence"] for row in rows] for key in pence}
        columns = []
        for key, header, kind, width in plain:
            cells = [None if row[key] == "" else row[key] for row in rows]
            wide = fitting(cells, width, 46) if kind == "identifier" else width
            columns.append(Column(key, header, kind, wide, cells, given.get(key)))
        for key, header in pence.items():
            columns += self.amounts.in_units(key, header, 12.5, values[key])
        for key, header in pence.items():
            columns.append(self.amounts.in_minor(key, header, 12.5, values[key], given.get(key)))
        table = SheetTable(
            sheet=sheet,
            title=title,
            holds=holds,
            intro=tuple(intro),
            columns=tuple(columns),
            if_empty=if_empty,
            # A table without rows has no cells that a total could name.
            totals=tuple(
                self.amounts.sum_of(f"All: {pence[key].lower()}", key, values[key])
                for key in totals
                if rows
            ),
            last_printed=self.amounts.shown(list(pence)[-1]) if pence else "",
        )
        self.made[sheet] = table
        return table

    def rows(self, name: str) -> list[dict[str, Any]]:
        return list(self.year.tables[name].to_pylist())


def year_end_workbook(year: YearEnd) -> bytes:
    """The year end as an Excel workbook; the same year end gives the same bytes."""
    sheets = PackSheets(year)
    _sources(sheets)
    _position(sheets)
    _of_the_year(sheets)
    _movement(sheets)
    _journals(sheets)
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


_READ_FIRST = ("Position", "Income", "Movement", "Journals", "Checks", "Disclosure")


def _sources(sheets: PackSheets) -> None:
    """What everything else is worked out from."""
    entry = {"debit": "Debit", "credit": "Credit"}
    sheets.add(
        "Postings",
        "What was asked for and what came, to date",
        "Every claim, up-front payment, receipt, refund and write-off by the year end",
        sheets.rows("postings"),
        (("posting", "Posting", "identifier", 14), _DATED, *_SIDES, ("text", "Text", "text", 40)),
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
        ),
        {"amount": "Amount"},
        intro=(
            "A reference of a participant is personal data: keep this sheet confidential.",
            "Recorded on: the day on which the newest evidence of the line was recorded.",
        ),
        totals=("amount",),
    )
    sheets.add(
        "Disputed",
        "In dispute, or may be taken back",
        "What is not counted as earned by the provider's own figure, and why",
        sheets.rows("disputed"),
        (FUNDER, ("since_on", "Since", "date", 13), ("reason", "Reason", "text", 50)),
        {"amount": "Amount"},
        totals=("amount",),
    )
    filed = sheets.year.previous
    rows = [] if filed is None else list(filed.position)
    told = "no year end before it was given" if filed is None else f"of {filed.on}"
    sheets.add(
        "As filed",
        f"The previous year end as it was filed: {told}",
        "The position that this year opens with",
        rows,
        (FUNDER,),
        {key: _POSITION[key] for key in _FILED},
        intro=() if filed is None else (f"SHA-256 of its file: {filed.digest}",),
        totals=("earned",),
    )


_POSITION = {
    "claimed": "Claimed",
    "unclaimed": "Unclaimed",
    "ahead": "Claimed ahead",
    "constrained": "In dispute",
    "earned": "Earned",
    "asked": "Asked for",
    "on_account": "On account",
    "received": "Received",
    "refunded": "Of it paid back",
    "written_off": "Written off",
    "contract_asset": "Contract asset",
    "contract_liability": "Contract liability",
    "receivable": "Receivable",
    "in_advance": "In advance",
    "set_off": "Set off",
}
_FILED = (
    *("constrained", "earned", "asked", "received", "refunded", "written_off"),
    *("contract_asset", "contract_liability", "receivable", "in_advance"),
)


def _position(sheets: PackSheets) -> None:
    asset, liability = sheets.year.words
    headers = _POSITION | {"contract_asset": asset, "contract_liability": liability}
    sheets.add(
        "Position",
        f"Position on {sheets.year.on}, to date, funder by funder",
        "What every funder owes for what was earned, claimed or not, and what came",
        sheets.rows("position"),
        (FUNDER,),
        headers,
        position_formulas(sheets.made),
        intro=(
            "Earned - received - written off = asset - liability + receivable - in advance.",
            "No funder is netted against another.",
        ),
        totals=("earned", "received", "contract_asset", "contract_liability", "receivable"),
    )


def _of(table: SheetTable, key: str) -> str:
    """A column of the same funder's row of another sheet."""
    return f"SUMIFS({table.span(key)},{table.span('funder')},[funder])"


def _of_the_year(sheets: PackSheets) -> None:
    """Income, movement and journals: of the position, and of what was filed."""
    here, filed = sheets.made["Position"], sheets.made["As filed"]
    natures = {row["funder"]: row["nature"] for row in sheets.rows("position")}

    sheets.add(
        "Income",
        "Income of the year, funder by funder",
        "What the year adds to what was filed, and what of it is of earlier years",
        [row | {"nature": natures.get(row["funder"], "")} for row in sheets.rows("income")],
        (FUNDER, ("nature", "Nature", "identifier", 16), ("fund", "Fund", "identifier", 18)),
        {
            "opening": "Opening, as filed",
            "earned": "Earned to date",
            "income": "Income of the year",
            "this_year": "Of this year",
            "late": "Late, of earlier years",
            "taken_back": "Taken back, of earlier",
            "moved": "Moved between funders",
            "fees": "Fees",
            "constrained": "Change of dispute",
        },
        {
            "opening": _of(filed, "earned"),
            "earned": _of(here, "earned"),
            "income": "[earned]-[opening]",
            "constrained": f"{_of(filed, 'constrained')}-{_of(here, 'constrained')}",
        },
        totals=("income",),
    )


def _movement(sheets: PackSheets) -> None:
    here, filed, income = (sheets.made[name] for name in ("Position", "As filed", "Income"))
    opens = {
        f"opening_{name}": _of(filed, f"contract_{name}") for name in ("asset", "liability")
    } | {"opening_receivable": f"{_of(filed, 'receivable')}-{_of(filed, 'in_advance')}"}
    standing = "[opening_asset]-[opening_liability]+[income]-[asked]"
    sheets.add(
        "Movement",
        "How asset, liability and receivable roll from the previous year end",
        "Opening, what the year adds, and closing",
        sheets.rows("movement"),
        (FUNDER,),
        {
            "opening_asset": "Opening asset",
            "opening_liability": "Opening liability",
            "income": "Income",
            "asked": "Asked for",
            "closing_asset": "Closing asset",
            "closing_liability": "Closing liability",
            "opening_receivable": "Opening receivable",
            "received": "Received",
            "refunded": "Paid back",
            "written_off": "Written off",
            "closing_receivable": "Closing receivable",
        },
        {
            **opens,
            "income": _of(income, "income"),
            "asked": f"{_of(here, 'asked')}-{_of(filed, 'asked')}",
            "closing_asset": f"MAX({standing},0)",
            "closing_liability": f"MAX(-({standing}),0)",
            "received": f"{_of(here, 'received')}-{_of(filed, 'received')}+[refunded]",
            "refunded": f"{_of(here, 'refunded')}-{_of(filed, 'refunded')}",
            "written_off": f"{_of(here, 'written_off')}-{_of(filed, 'written_off')}",
            "closing_receivable": "[opening_receivable]+[asked]-[received]+[refunded]"
            "-[written_off]",
        },
    )


def _journals(sheets: PackSheets) -> None:
    here, rows = sheets.made["Position"], sheets.rows("journals")
    sides = {side: journal_formula(here, rows, side) for side in ("debit", "credit")}
    sheets.add(
        "Journals",
        f"Journals of the year end, {sheets.year.on}, reversed the next day",
        "What to post so that the ledger shows the position",
        rows,
        (
            ("journal", "Journal", "identifier", 9),
            _DATED,
            ("reverses_on", "Reverses on", "date", 13),
            *_SIDES,
            ("text", "Text", "text", 44),
            ("basis", "How much", "text", 26),
        ),
        {"debit": "Debit", "credit": "Credit"},
        sides,
        totals=("debit", "credit"),
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
        table = sheets.made["Income"] if index == 0 else here
        return f"SUM({table.span(keys[index])})"

    def was(_: SheetTable, index: int) -> str:
        filed, key = sheets.made["As filed"], keys[index]
        return f"SUM({filed.span(key)})" if key in _FILED else ""

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
            "The income of the previous year stands in its own file.",
        ),
    )


_DISCLOSED = (
    *("earned", "asked", "received", "contract_asset", "contract_liability", "receivable"),
    *("in_advance", "on_account", "constrained", "written_off"),
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
