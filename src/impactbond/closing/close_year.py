"""Drawing up a year end: what was earned, asked and received by its last day, funder by funder.

Takes  a contract, evidence and receipts; the year end, and the sign-off up to which evidence
       counts; the previous year end as filed, and a ledger map.
Gives  a YearEnd: tables, journals and checks.
Keeps  a year end is no claim: it settles nothing, and the next claim is what it would have been.
       Figures only: what they are in the accounts is for the charity and its auditor to decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from os import PathLike
from typing import get_args

from impactbond.closing.aged import aged_table, matched, paid_table
from impactbond.closing.beside import (
    after_table,
    confirmations_table,
    disclosure_table,
    disputed_table,
    in_progress_table,
)
from impactbond.closing.checks import checks_table
from impactbond.closing.closing_cut import (
    Followed,
    claims_made,
    known_at,
    on_the_way,
    unclaimed,
)
from impactbond.closing.filed import Filed, parse_filed, read_filed
from impactbond.closing.inputs import Year, by_funder
from impactbond.closing.invoices import invoices_table
from impactbond.closing.journals import journals_table, postings_table
from impactbond.closing.ledger import Ledger, read_ledger
from impactbond.closing.position import (
    cut_off_table,
    income_table,
    limits_table,
    movement_table,
    position_table,
    up_front_table,
)
from impactbond.closing.trial_balance import read_trial_balance, trial_balance_table
from impactbond.closing.year_end import WORDS, Framework, YearEnd
from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_given
from impactbond.errors import Fault, YearEndError, assert_one_of
from impactbond.evidence.evidence import Evidence
from impactbond.money import show
from impactbond.receipts.receipts import Receipts
from impactbond.receipts.reconcile import assert_usable
from impactbond.receipts.together import members
from impactbond.settlement.settle import bank_holidays_of

_EVER = date(2999, 12, 31)  # all evidence that there is, whenever it was recorded
FilePath = str | PathLike[str]


def year_end(
    contract: Contract | Versions,
    evidence: Evidence,
    *,
    on: date | str,
    evidence_to: date | str | None = None,
    receipts: Receipts | None = None,
    previous: YearEnd | Filed | FilePath | None = None,
    ledger: Ledger | FilePath | None = None,
    framework: Framework = "SORP 2026",
    earlier: Followed = None,
    trial_balance: FilePath | None = None,
    leave_out_refused: bool = False,
) -> YearEnd:
    """The position on the last day of a year, `on`, by evidence recorded up to `evidence_to` (by
    default that day): what was achieved by then, whether or not it is claimed.

    `previous` is the year end before, as filed: the income of the year is what this one adds to it;
    without it, income is all to date. `ledger` names funds and accounts. `earlier` is what the
    claims made follow on, as `settle` takes it. `framework` chooses words, no figure.
    `trial_balance` is a CSV file of what the ledger shows of this contract before the journals.

    Raises YearEndError for a sign-off before the year end, a previous year end of another contract
    or not before this one, or receipts of several funders together; EvidenceError and ReceiptError
    for refused rows, unless `leave_out_refused`.
    """
    last = day_given(on, "on", YearEndError)
    sign_off = last if evidence_to is None else day_given(evidence_to, "evidence_to", YearEndError)
    assert_one_of(framework, "framework", get_args(Framework), YearEndError)
    versions = Versions.of(contract)
    filed = _filed(previous)
    _assert_in_order(versions.whole, last, sign_off, filed)
    if receipts is not None:
        assert_usable(receipts, versions.whole.contract, leave_out_refused)
        _assert_from_one_each(receipts, versions.whole)
    if ledger is not None and not isinstance(ledger, Ledger):
        ledger = read_ledger(ledger, versions.whole)
    made = claims_made(versions, evidence, last, earlier, leave_out_refused)
    cut = unclaimed(versions, evidence, made, last, sign_off)
    in_hand = cut if sign_off == last else unclaimed(versions, evidence, made, last, last)
    after = unclaimed(versions, evidence, made, last, _EVER)
    terms = known_at(versions, last, last).whole
    holidays = bank_holidays_of([terms])
    year = Year(terms, last, sign_off, made, cut, in_hand, after, receipts, holidays, ledger)
    _assert_within_earned(year)
    waiting = on_the_way(versions, evidence, last, sign_off)
    given = None
    if trial_balance is not None:
        given = read_trial_balance(trial_balance, versions.whole.currency)
    return _drawn_up(year, filed, framework, evidence, waiting, given)


def _drawn_up(
    year: Year,
    filed: Filed | None,
    framework: Framework,
    evidence: Evidence,
    waiting: Mapping[str, int],
    given: dict[str, int] | None,
) -> YearEnd:
    ledger = year.ledger
    position = position_table(year, ledger)
    income = income_table(year, filed, position)
    cut_off, found = cut_off_table(year), matched(year)
    journals, postings = journals_table(position, year.on), postings_table(year, ledger)
    tables = {
        "position": position,
        "income": income,
        "movement": movement_table(position, income, filed),
        "cut_off": cut_off,
        "after": after_table(year, cut_off),
        "up_front": up_front_table(year, position),
        "in_progress": in_progress_table(year, waiting),
        "limits": limits_table(year),
        "disputed": disputed_table(year),
        "aged": aged_table(year, found),
        "payment_times": paid_table(year, found),
        "journals": journals,
        "postings": postings,
        "trial_balance": trial_balance_table(given, ledger, postings, journals, filed),
        "invoices": invoices_table(
            year.asked, ledger, year.terms.contract, None if filed is None else filed.on
        ),
        "disclosure": disclosure_table(position, income, filed, WORDS[framework]),
        "confirmations": confirmations_table(found, position),
    }
    tables["checks"] = checks_table(year, tables, filed)
    return YearEnd(
        contract=year.terms.contract,
        title=year.terms.title,
        contract_sha256=year.terms.digest,
        currency=year.terms.currency,
        on=year.on,
        evidence_to=year.evidence_to,
        framework=framework,
        previous=filed,
        ledger=ledger,
        earned=year.earned,
        tables=tables,
        claims_made=0 if year.made is None else len(year.made.claim_dates),
        refused_left_out=evidence.refused_table.num_rows,
        refused_receipts=0 if year.receipts is None else year.receipts.refused_table.num_rows,
        later=year.later,
        kind=evidence.kind,
    )


def _assert_within_earned(year: Year) -> None:
    """No constraint is on more than a funder's claims and what is unclaimed."""
    earned = by_funder(year.earned)
    faults = [
        Fault(
            code="constraint_too_large",
            problem=f"the constraints on '{funder}' are more than was earned of it",
            found=show(pence, year.terms.currency),
            allowed=f"{show(max(earned.get(funder, 0), 0), year.terms.currency)} at most",
        )
        for funder, pence in year.constrained.items()
        if pence > max(earned.get(funder, 0), 0)
    ]
    if faults:
        raise YearEndError("The year end cannot be drawn up.", faults)


def _assert_from_one_each(receipts: Receipts, contract: Contract) -> None:
    """Every receipt is of one funder: a year end says of each what it owes, and of what several
    sent together nobody says who paid how much.
    """
    tables = (receipts.received_table, receipts.written_off_table)
    rows = [row for table in tables for row in table.select(["receipt", "funder"]).to_pylist()]
    faults = [
        Fault(
            code="sent_together",
            problem=f"the receipt '{row['receipt']}' is of several funders together",
            found=row["funder"],
            allowed="one funder for each receipt",
            hint="Ask them who paid how much, and give each its own row",
        )
        for row in rows
        if len(members(row["funder"], contract.funders)) > 1
    ]
    if faults:
        raise YearEndError("Who paid how much cannot be told.", faults)


def _filed(previous: YearEnd | Filed | FilePath | None) -> Filed | None:
    if isinstance(previous, YearEnd):
        return parse_filed(previous.filed, previous.file_name)
    return read_filed(previous) if isinstance(previous, str | PathLike) else previous


def _assert_in_order(contract: Contract, on: date, evidence_to: date, filed: Filed | None) -> None:
    """The days follow one another, and what was filed is an earlier year of the same contract."""
    faults = []
    if evidence_to < on:
        problem = f"evidence would count up to {evidence_to}, before the year end"
        fault = Fault(code="sign_off_early", problem=problem, allowed=f"{on} or later")
        faults.append(fault)
    if filed is not None and (filed.contract, filed.currency) != (
        contract.contract,
        contract.currency,
    ):
        problem = f"it is of the contract '{filed.contract}'"
        fault = Fault(
            file=filed.name, code="other_contract", problem=problem, allowed=contract.contract
        )
        faults.append(fault)
    elif filed is not None and filed.on >= on:
        problem = f"it is of {filed.on}, which is not before {on}"
        hint = "Name the year end before this one"
        faults.append(Fault(file=filed.name, code="not_previous", problem=problem, hint=hint))
    if faults:
        raise YearEndError("The year end cannot be drawn up.", faults)
