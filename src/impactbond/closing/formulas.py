"""The live formulas of a year end's workbook: the position from postings and outcomes, journals
from the position, and both figures of every check.

Takes  the sheets made so far.
Gives  formulas by column, by row of the journals, and by row of the checks.
Keeps  a formula finds a figure anew from what it is of, and never copies it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from impactbond.closing.beside_sheets import Made
from impactbond.closing.exchange import (
    ACCRUED_ITEM,
    CAME,
    DIFFERENCE,
    GIVEN_UP,
    HELD,
    INCOME_ITEM,
    OPEN,
)
from impactbond.closing.journals import (
    ACCRUED,
    BAD_DEBT,
    BANK,
    COLUMNS,
    IN_ADVANCE,
    INCOME,
    RECEIVABLE,
    UP_FRONT_ACCOUNT,
)
from impactbond.statements.workbook.layout import Formula, SheetTable


def position_formulas(made: Made) -> dict[str, Formula]:
    """The formulas of the position."""
    postings, cut_off, disputed = made["Postings"], made["Cut off"], made["Disputed"]

    def posted(account: str, plus: str = "debit", minus: str = "credit") -> str:
        return _net(made, "Postings", account, "[funder]", plus, minus)

    listed, held = (
        made.summed(table.span("amount"), (table.span("funder"), "[funder]"))
        for table in (cut_off, disputed)
    )
    paid_back = made.summed(
        postings.span("credit"),
        (postings.span("account"), f'"{BANK}"'),
        (postings.span("funder"), "[funder]"),
    )
    standing, open_ = "([earned]-[asked])", "([asked]-[received]-[written_off])"
    return {
        "claimed": posted(INCOME, "credit", "debit"),
        "unclaimed": listed,
        "constrained": held,
        "earned": "[claimed]+[unclaimed]-[ahead]-[constrained]",
        "asked": f"{posted(RECEIVABLE)}+[received]+[written_off]",
        "on_account": "[asked]-[claimed]",
        "received": posted(BANK),
        "refunded": paid_back,
        "written_off": posted(BAD_DEBT),
        "contract_asset": f"MAX({standing},0)",
        "contract_liability": f"MAX(-{standing},0)",
        "receivable": f"MAX({open_},0)",
        "in_advance": f"MAX(-{open_},0)",
        "set_off": "MAX(MIN([unclaimed],[on_account]),0)",
    }


def _net(made: Made, sheet: str, account: str, funder: str, plus: str, minus: str) -> str:
    """What is posted to an account of a funder, one side less the other."""
    table = made[sheet]
    where = (table.span("account"), f'"{account}"'), (table.span("funder"), funder)
    return f"{made.summed(table.span(plus), *where)}-{made.summed(table.span(minus), *where)}"


def journal_formula(
    position: SheetTable, rows: Sequence[Mapping[str, Any]], side: str
) -> Callable[[SheetTable, int], str]:
    """The debit or credit of every line of the journals, from the position."""
    place = {funder: index for index, funder in enumerate(position.columns[0].values)}

    def formula(_: SheetTable, index: int) -> str:
        row = rows[index]
        cell = position.cell(COLUMNS[row["journal"]].removesuffix("_pence"), place[row["funder"]])
        # The first line of a journal is its debit; below nothing both are turned round.
        is_debit = row["account"] == _first_account(rows, row)
        signed = cell if is_debit == (side == "debit") else f"-{cell}"
        return f"MAX({signed},0)"

    return formula


def _first_account(rows: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> str:
    """The account that a journal debits."""
    key = (row["journal"], row["funder"])
    return str(next(one["account"] for one in rows if (one["journal"], one["funder"]) == key))


def check_formulas(made: Made, row: Mapping[str, Any]) -> tuple[str, str]:
    """Both formulas of a check; "" where no sheet holds what a figure is of."""
    of = row["of"]
    made_by = _CHECKS.get(row["check"])
    if made_by is not None:
        return made_by(made, of)
    if row["check"].startswith("journal "):
        table, name = made["Journals"], row["check"].split()[1]
        both = (
            f'SUMIFS({table.span(side)},{table.span("journal")},"{name}")'
            for side in ("debit", "credit")
        )
        first, second = both
        return first, second
    return "", ""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _of(made: Made, sheet: str, key: str, name: str, by: str = "funder") -> str:
    table = made[sheet]
    return made.summed(table.span(key), (table.span(by), _quoted(name)))


def _added(made: Made, sheet: str, funder: str, plus: str, minus: str = "") -> str:
    """Columns of a funder's row added up, less others; keys between spaces."""
    signed = [*((key, "+") for key in plus.split()), *((key, "-") for key in minus.split())]
    return "".join(sign + _of(made, sheet, key, funder) for key, sign in signed).removeprefix("+")


def _ledger(made: Made, funder: str, *accounts: str, is_credit: bool = False) -> str:
    """What postings and journals together come to in accounts of a funder."""
    plus, minus = ("credit", "debit") if is_credit else ("debit", "credit")
    return "+".join(
        _net(made, sheet, account, _quoted(funder), plus, minus)
        for sheet in ("Postings", "Journals")
        for account in accounts
    )


def _up_front(made: Made, funder: str) -> str:
    return _net(made, "Postings", UP_FRONT_ACCOUNT, _quoted(funder), "credit", "debit")


def _limit(made: Made, of: str, key: str) -> str:
    table = made["Limits"]
    limits, funders = (list(table.columns[n].values) for n in (0, 1))
    names = [", ".join(filter(None, pair)) for pair in zip(limits, funders, strict=True)]
    return table.cell(key, names.index(of))


def _funds(made: Made, of: str) -> tuple[str, str]:
    key = of.replace(" ", "_")
    sheet = "Income" if key == "income" else "Position"
    return f"SUM({made['Funds'].span(key)})", f"SUM({made[sheet].span(key)})"


def _items(made: Made, funder: str, plus: Sequence[str], minus: Sequence[str] = ()) -> str:
    """Items of a funder in the ledger's currency added up, less others."""
    table = made["Exchange"]

    def one(item: str) -> str:
        whose = (table.span("funder"), _quoted(funder))
        return made.summed(table.span("ledger"), whose, (table.span("item"), f'"{item}"'))

    return "+".join(map(one, plus)) + "".join(f"-{one(item)}" for item in minus)


_Both = Callable[[Made, str], tuple[str, str]]
_CHECKS: dict[str, _Both] = {
    "earned less received is what stands": lambda made, of: (
        _added(made, "Position", of, "earned", "received written_off"),
        _added(made, "Position", of, "contract_asset receivable", "contract_liability in_advance"),
    ),
    "income is what it is of": lambda made, of: (
        _added(made, "Income", of, "income"),
        _added(made, "Income", of, "this_year late taken_back moved fees constrained passed_on"),
    ),
    "asset and liability roll": lambda made, of: (
        _added(made, "Movement", of, "opening_asset income passed_on", "opening_liability asked"),
        _added(made, "Position", of, "contract_asset", "contract_liability"),
    ),
    "receivable rolls": lambda made, of: (
        _added(made, "Movement", of, "opening_receivable asked refunded", "received written_off"),
        _added(made, "Position", of, "receivable", "in_advance"),
    ),
    "receivable is what is aged": lambda made, of: (
        _added(made, "Position", of, "receivable", "in_advance"),
        _added(made, "Aged", of, "balance"),
    ),
    "receipts are what was received": lambda made, of: (
        _added(made, "Paid", of, "amount"),
        _added(made, "Position", of, "received"),
    ),
    "earned is within every limit": lambda made, of: (
        _limit(made, of, "used"),
        _limit(made, of, "at_most"),
    ),
    "cut-off lists what is unclaimed": lambda made, of: (
        _added(made, "Cut off", of, "amount"),
        "",
    ),
    "earned is its value less what is withheld": lambda made, of: (
        _added(made, "Position", of, "earned constrained ahead"),
        _added(made, "Withheld", of, "entitled"),
    ),
    "opening is the closing as filed": lambda made, of: (
        _added(made, "Income", of, "opening"),
        _added(made, "As filed", of, "earned"),
    ),
    "on account is up-front less recovered": lambda made, of: (
        _added(made, "Position", of, "on_account"),
        _up_front(made, of),
    ),
    "the ledger holds asset and liability": lambda made, of: (
        _ledger(made, of, ACCRUED, UP_FRONT_ACCOUNT),
        _added(made, "Position", of, "contract_asset", "contract_liability"),
    ),
    "the ledger holds income": lambda made, of: (
        _ledger(made, of, INCOME, is_credit=True),
        _added(made, "Position", of, "earned", "passed_on"),
    ),
    "the ledger holds what is receivable": lambda made, of: (
        _ledger(made, of, RECEIVABLE),
        _added(made, "Position", of, "receivable"),
    ),
    "the ledger holds what came in advance": lambda made, of: (
        _ledger(made, of, IN_ADVANCE, is_credit=True),
        _added(made, "Position", of, "in_advance"),
    ),
    "confirmations are what is receivable": lambda made, of: (
        _added(made, "Confirmations", of, "open"),
        _added(made, "Position", of, "receivable", "in_advance"),
    ),
    "disputed is what is constrained": lambda made, of: (
        _added(made, "Disputed", of, "amount"),
        _added(made, "Position", of, "constrained"),
    ),
    "funds are what funders come to": _funds,
    "in the ledger's currency it adds up": lambda made, of: (
        _items(made, of, (CAME, GIVEN_UP, OPEN, ACCRUED_ITEM), (HELD,)),
        _items(made, of, (INCOME_ITEM, DIFFERENCE)),
    ),
    "the trial balance ties": lambda made, of: (
        "+".join(
            _of(made, "Trial balance", key, of, "account") for key in ("trial_balance", "journals")
        ),
        _of(made, "Trial balance", "should_be", of, "account"),
    ),
}
