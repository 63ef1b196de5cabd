"""The sheets of a year end's workbook that the accounts are made from: the position, the income of
the year, how both roll, and the journals.

Takes  the sheets of postings, outcomes, disputes and of what was filed.
Gives  Position, Income, Movement and Journals.
Keeps  a figure is a formula of what it is of; the previous year stands as it was filed.
"""

from __future__ import annotations

from collections.abc import Callable

from impactbond.closing.beside_sheets import DATED, FUNDER, SIDES, PackSheets
from impactbond.closing.formulas import journal_formula, position_formulas
from impactbond.statements.workbook.layout import Formula, SheetTable

POSITION_HEADERS = {
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
    "passed_on": "Passed on",
}
FILED_COLUMNS = (
    *("constrained", "earned", "asked", "received", "refunded", "written_off"),
    *("contract_asset", "contract_liability", "receivable", "in_advance", "passed_on"),
)


def add_position(sheets: PackSheets) -> None:
    asset, liability = sheets.year.words
    headers = POSITION_HEADERS | {"contract_asset": asset, "contract_liability": liability}
    sheets.add(
        "Position",
        f"Position on {sheets.year.on}, to date, funder by funder",
        "What every funder owes for what was earned, claimed or not, and what came",
        sheets.rows("position"),
        (FUNDER, ("name", "Name", "text", 30)),
        headers,
        position_formulas(sheets.made) | {"passed_on": _passed_on(sheets)},
        intro=(
            "Earned - received - written off = asset - liability + receivable - in advance.",
            "No funder is netted against another.",
        ),
        totals=("earned", "received", "contract_asset", "contract_liability", "receivable"),
    )


def _code(sheets: PackSheets, account: str) -> str:
    """The code of an account in the ledger; nothing where no ledger map says it."""
    return "" if sheets.year.ledger is None else sheets.year.code_of(account)


def _passed_on(sheets: PackSheets) -> Formula:
    """What an agent passes on: all but the share that it keeps, cut as the figures are."""
    ledger, rows = sheets.year.ledger, sheets.rows("position")

    def formula(_: SheetTable, index: int) -> str:
        entry = None if ledger is None else ledger.of(rows[index]["funder"])
        if entry is None or entry.agent is None:
            return ""
        keeps = entry.agent.keeps
        # Half a penny goes up, in whole numbers: a product of decimals would not be exact.
        parts = f"{2 * keeps.numerator}*[earned]+{keeps.denominator}"
        return f"[earned]-INT(({parts})/{2 * keeps.denominator})"

    return formula


def _of(sheets: PackSheets, sheet: str) -> Callable[[str], str]:
    """The columns of the same funder's row of another sheet, by key."""
    table = sheets.made[sheet]
    whose = (table.span("funder"), "[funder]")
    return lambda key: sheets.made.summed(table.span(key), whose)


def add_income(sheets: PackSheets) -> None:
    """Income, movement and journals: of the position, and of what was filed."""
    filed, here = _of(sheets, "As filed"), _of(sheets, "Position")
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
            "passed_on": "Another party's",
        },
        {
            "opening": filed("earned"),
            "earned": here("earned"),
            "income": "[earned]-[opening]+[passed_on]",
            "constrained": f"{filed('constrained')}-{here('constrained')}",
            "passed_on": f"{filed('passed_on')}-{here('passed_on')}",
        },
        totals=("income",),
    )


def add_movement(sheets: PackSheets) -> None:
    filed, here = _of(sheets, "As filed"), _of(sheets, "Position")
    income = _of(sheets, "Income")
    opens = {f"opening_{name}": filed(f"contract_{name}") for name in ("asset", "liability")} | {
        "opening_receivable": f"{filed('receivable')}-{filed('in_advance')}"
    }
    standing = "[opening_asset]-[opening_liability]+[income]+[passed_on]-[asked]"
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
            "passed_on": "Another party's",
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
            "income": income("income"),
            "passed_on": f"-{income('passed_on')}",
            "asked": f"{here('asked')}-{filed('asked')}",
            "closing_asset": f"MAX({standing},0)",
            "closing_liability": f"MAX(-({standing}),0)",
            "received": f"{here('received')}-{filed('received')}+[refunded]",
            "refunded": f"{here('refunded')}-{filed('refunded')}",
            "written_off": f"{here('written_off')}-{filed('written_off')}",
            "closing_receivable": "[opening_receivable]+[asked]-[received]+[refunded]"
            "-[written_off]",
        },
    )


def add_journals(sheets: PackSheets) -> None:
    here, rows = sheets.made["Position"], sheets.rows("journals")
    sides = {side: journal_formula(here, rows, side) for side in ("debit", "credit")}
    sheets.add(
        "Journals",
        f"Journals of the year end, {sheets.year.on}, reversed the next day",
        "What to post so that the ledger shows the position",
        [row | {"code": _code(sheets, row["account"])} for row in rows],
        (
            ("journal", "Journal", "identifier", 9),
            DATED,
            ("reverses_on", "Reverses on", "date", 13),
            ("code", "Code", "identifier", 9),
            *SIDES,
            ("text", "Text", "text", 44),
            ("basis", "How much", "text", 26),
        ),
        {"debit": "Debit", "credit": "Credit"},
        sides,
        totals=("debit", "credit"),
    )
