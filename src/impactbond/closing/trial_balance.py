"""A trial balance beside a year end: what a ledger shows, the journals to post, and what it should
show then.

Takes  a trial balance of the contract's accounts before the journals of the year end, as CSV.
Gives  the table TRIAL_BALANCE: a row for every code of the ledger map but of accounts that hold
       more than the contract: the bank's, what is passed on, exchange differences.
Keeps  what does not tie is shown as a rest, and never plugged. Accounts of income and of bad debts
       begin a year at nothing; the others are to date.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import pyarrow as pa

from impactbond.closing.filed import Filed
from impactbond.closing.journals import BAD_DEBT, BANK, INCOME, PASSED_ON, balances
from impactbond.closing.ledger import Ledger
from impactbond.errors import Fault, YearEndError
from impactbond.evidence.csv_files import straight_lines
from impactbond.evidence.headings import as_name
from impactbond.evidence.refusals import Refusal
from impactbond.receipts.cells import amount_of
from impactbond.tables import rows_table, schema_of

HEADINGS = ("account", "debit", "credit")
TRIAL_BALANCE = schema_of(
    *("account", "trial_balance_pence", "journals_pence", "should_be_pence", "rest_pence"),
)
# The bank holds more than a contract; what is passed on, what was paid to the other party.
_OF_MORE = (BANK, PASSED_ON, "exchange")
_ADVICE = "Give account,debit,credit of this contract alone, before the journals of the year end"


def read_trial_balance(path: str | PathLike[str], currency: str) -> dict[str, int]:
    """The balance of every account by its code: debits less credits.

    Raises YearEndError listing every row that cannot be read.
    """
    file = Path(path)
    lines, faults = straight_lines(file)
    if faults:
        raise YearEndError("The trial balance cannot be read.", faults)
    found: dict[str, int] = {}
    names = [as_name(cell) for cell in lines[0][1]] if lines else []
    if any(names.count(heading) != 1 for heading in HEADINGS):
        told = f"it needs the headings {', '.join(HEADINGS)}, each once"
        fault = Fault(file=file.name, code="column_missing", problem=told, hint=_ADVICE)
        raise YearEndError("The trial balance cannot be read.", [fault])
    for number, cells in lines[1:]:
        row = dict(zip(names, cells, strict=False))
        code, *written = ((row.get(name) or "").strip() for name in HEADINGS)
        sides = [_side(cell, currency) for cell in written]
        problem = ""
        if not code:
            problem = "this row names no account"
        elif code in found:
            problem = "this account stands above"
        elif any(isinstance(one, str) for one in sides):
            problem = next(one for one in sides if isinstance(one, str))
        elif all(sides):
            # 1,200.00 without quotation marks is two cells: a debit of 1 and a credit of 200.
            problem = "this account has a debit and a credit: give its balance, on one side"
        if problem:
            place = Fault(file=file.name, row=number, code="trial_balance", problem=problem)
            faults.append(place)
            continue
        debit, credit = (one for one in sides if isinstance(one, int))
        found[code] = debit - credit
    if faults:
        raise YearEndError("The trial balance cannot be read.", faults)
    return found


def _side(cell: str, currency: str) -> int | str:
    """A debit or credit in minor units, or why it is none; a blank is nothing."""
    amount = amount_of(cell, currency) if cell else 0
    if isinstance(amount, Refusal):
        return 0 if amount.code == "nothing_received" else amount.problem
    return amount


def trial_balance_table(
    given: dict[str, int] | None,
    ledger: Ledger | None,
    postings: pa.Table,
    journals: pa.Table,
    previous: Filed | None,
) -> pa.Table:
    """The table `trial_balance`; without rows where none was given."""
    if given is None:
        return TRIAL_BALANCE.empty_table()
    if ledger is None:
        fault = Fault(
            code="no_ledger",
            problem="a trial balance ties to nothing without the codes of accounts",
            hint="Give a ledger map: ledger=, --ledger",
        )
        raise YearEndError("There is no ledger map.", [fault])
    # What earlier years earned and lost is in no account of this year any more.
    closed = {
        INCOME: sum(
            one["earned_pence"] - one["passed_on_pence"]
            for one in (() if previous is None else previous.position)
        ),
        # Income stands in credit, below nothing; a bad debt in debit: their closing entries have
        # opposite signs.
        BAD_DEBT: -(
            0 if previous is None else sum(one["written_off_pence"] for one in previous.position)
        ),
    }
    should, posted = dict[str, int](), dict[str, int]()
    by_account = [_by_account(table) for table in (postings, journals)]
    for account, code in ledger.accounts.model_dump().items():
        if code and account not in _OF_MORE:
            before, change = (one.get(account, 0) for one in by_account)
            should[code] = should.get(code, 0) + before + change + closed.get(account, 0)
            posted[code] = posted.get(code, 0) + change
    rows = []
    for code, pence in should.items():
        shown = given.get(code, 0)
        # Each code once, though several keys may share it in a small ledger: what they should show
        # is added up.
        rows.append((code, shown, posted[code], pence, pence - shown - posted[code]))
    return rows_table(rows, TRIAL_BALANCE)


def unmapped_accounts(given: dict[str, int] | None, ledger: Ledger | None) -> tuple[str, ...]:
    """The accounts of a trial balance that the ledger map does not name."""
    known = set() if ledger is None else set(ledger.accounts.model_dump().values())
    return tuple(sorted(set(given or ()) - known))


def _by_account(table: pa.Table) -> dict[str, int]:
    found: dict[str, int] = {}
    for (account, _), pence in balances(table).items():
        found[account] = found.get(account, 0) + pence
    return found
