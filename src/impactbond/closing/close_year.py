"""Drawing up a year end: what was earned, asked and received by its last day, funder by funder.

Takes  a contract, evidence and receipts; the year end, and the sign-off up to which evidence
       counts; the previous year end as filed, and a ledger map.
Gives  a YearEnd: tables, journals and checks.
Keeps  a year end is no claim: it settles nothing, and the next claim is what it would have been.
       Figures only: what they are in the accounts is for the charity and its auditor to decide.

And the year by fund: what came and went, and what stands, as a charity's accounts keep them apart.

Takes  the income and the movement of the year, the position, and the ledger map.
Gives  the table FUNDS.
Keeps  nothing is netted between funders, and nothing between funds. `received` is money alone: all
       that a charity needs whose accounts are of receipts and payments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from os import PathLike
from typing import NamedTuple, get_args

import pyarrow as pa

from impactbond.closing.aged import aged_table, matched, paid_table, received_table
from impactbond.closing.beside import (
    after_table,
    confirmations_table,
    disclosure_table,
    disputed_table,
    in_progress_table,
    on_the_way_pence,
    refused_rows_table,
    withheld_table,
)
from impactbond.closing.checks import cautions_of, checks_table
from impactbond.closing.closing_cut import (
    Followed,
    Recorded,
    claims_made,
    decided_at,
    known_at,
    on_the_way,
    recorded,
    unclaimed,
    went_into,
)
from impactbond.closing.exchange import exchange_table
from impactbond.closing.filed import Filed, assert_last, parse_filed, read_filed
from impactbond.closing.inputs import Year
from impactbond.closing.invoices import Issued, StatementNames, invoices_table, statements_issued
from impactbond.closing.journals import journals_table, postings_table
from impactbond.closing.late_interest import interest_table
from impactbond.closing.ledger import Ledger, read_ledger
from impactbond.closing.policy import policy_table
from impactbond.closing.position import (
    Claims,
    cut_off_table,
    income_table,
    limits_table,
    movement_table,
    position_table,
    up_front_table,
)
from impactbond.closing.sums import by_funder
from impactbond.closing.trial_balance import (
    read_trial_balance,
    trial_balance_table,
    unmapped_accounts,
)
from impactbond.closing.year_end import WORDS, Framework, YearEnd
from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_given
from impactbond.dialect import Engine
from impactbond.errors import Fault, YearEndError, assert_one_of
from impactbond.evidence.evidence import Evidence, ExternalEvidence
from impactbond.money import show
from impactbond.receipts.receipts import Receipts
from impactbond.receipts.reconcile import assert_usable
from impactbond.receipts.together import members
from impactbond.settlement.settle import bank_holidays_of
from impactbond.tables import rows_table, schema_of

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
    statements: Sequence[FilePath] = (),
    leave_out_refused: bool = False,
    engine: Engine | None = None,
) -> YearEnd:
    """The position on the last day of a year, `on`, by evidence recorded up to `evidence_to` (by
    default that day): what was achieved by then, whether or not it is claimed.

    `previous` is the year end before, as filed: the income of the year is what this one adds to it;
    without it, income is all to date. `ledger` names funds and accounts. `earlier` is what the
    claims made follow on, as `settle` takes it. `framework` chooses words, no figure.
    `trial_balance` is a CSV file of what the ledger shows of this contract before the journals.
    `statements` are folders of statements that were issued, whose digests invoices then name.
    `engine` is by default the one that reads the evidence where it is.

    Raises YearEndError for a sign-off before the year end, a previous year end of another contract,
    not before this one or not the last one beside it, an account that the ledger map lacks, a rate
    that is missing, or receipts of several funders together; EvidenceError and ReceiptError for
    refused rows, unless `leave_out_refused`.
    """
    last = day_given(on, "on", YearEndError)
    sign_off = last if evidence_to is None else day_given(evidence_to, "evidence_to", YearEndError)
    assert_one_of(framework, "framework", get_args(Framework), YearEndError)
    chosen = engine or evidence.engine
    assert_one_of(chosen, "engine", get_args(Engine), YearEndError)
    versions = Versions.of(contract)
    filed = _filed(previous, last)
    _assert_in_order(versions.whole, last, sign_off, filed)
    _assert_usable(receipts, versions.whole, leave_out_refused)
    if not isinstance(ledger, Ledger | None):
        ledger = read_ledger(ledger, versions.whole)
    issued = statements_issued(statements)
    made = claims_made(versions, evidence, last, earlier, leave_out_refused, chosen)
    # Three times by three days: what is counted, what was in hand, and what came too late to count.
    # Their differences are the cut-off.
    cut, in_hand, after = (
        unclaimed(versions, evidence, made, last, day, chosen) for day in (sign_off, last, _EVER)
    )
    terms = known_at(versions, last, last).whole
    holidays = bank_holidays_of([terms])
    year = Year(terms, last, sign_off, made, cut, in_hand, after, receipts, holidays, ledger)
    _assert_within_earned(year)
    _assert_accounts(year)
    decided = decided_at(versions, evidence, last, sign_off, chosen)
    by_then = in_time = recorded(decided)
    if sign_off > last and any(day > last for day in by_then.values()):
        # Asked again only where something came after the year end: most years nothing did, and it
        # costs an evaluation.
        in_time = recorded(decided_at(versions, evidence, last, last, chosen))
    given = None
    if trial_balance is not None:
        given = read_trial_balance(trial_balance, versions.whole.currency)
    later = made
    if sign_off > last:
        later = claims_made(versions, evidence, sign_off, earlier, leave_out_refused, chosen)
    beside = Beside(on_the_way(decided), by_then, in_time, issued, went_into(made, later))
    tables = _tables(year, filed, framework, evidence, beside, given)
    cautions = cautions_of(year, tables, filed, unmapped_accounts(given, year.ledger))
    return _drawn_up(year, filed, framework, evidence, tables, cautions)


class Beside(NamedTuple):
    """What is on the way, when evidence was recorded as known at the sign-off and at the year end,
    which statements were issued, and which claim holds by the sign-off what none did before.
    """

    waiting: Mapping[str, int]
    recorded: Recorded
    recorded_in_hand: Recorded
    issued: Issued
    claimed: Claims


def _tables(
    year: Year,
    filed: Filed | None,
    framework: Framework,
    evidence: Evidence,
    beside: Beside,
    given: dict[str, int] | None,
) -> dict[str, pa.Table]:
    """Every table of a year end; the checks last, which compare the others."""
    ledger = year.ledger
    position = position_table(year, ledger)
    income = income_table(year, filed, position)
    cut_off = cut_off_table(
        year, beside.recorded, beside.recorded_in_hand, beside.claimed, evidence
    )
    found, since = matched(year), None if filed is None else filed.on
    names = StatementNames(year.terms.contract, position["funder"].to_pylist(), beside.issued)
    in_progress = in_progress_table(year, beside.waiting)
    journals, postings = journals_table(position, year.on), postings_table(year, ledger)
    tables = {
        "position": position,
        "income": income,
        "movement": movement_table(position, income, filed),
        "exchange": exchange_table(year, position, filed),
        "cut_off": cut_off,
        "after": after_table(year, cut_off),
        "up_front": up_front_table(year, position),
        "in_progress": in_progress,
        "limits": limits_table(year),
        "withheld": withheld_table(year),
        "disputed": disputed_table(year),
        "aged": aged_table(year, found),
        "paid": received_table(year, found),
        "payment_times": paid_table(year, found),
        "interest": interest_table(year, found),
        "refused": refused_rows_table(evidence, year.receipts),
        "journals": journals,
        "postings": postings,
        "trial_balance": trial_balance_table(given, ledger, postings, journals, filed),
        "invoices": invoices_table(year.asked, ledger, year.terms.contract, since, names),
        "disclosure": disclosure_table(
            position, income, filed, WORDS[framework], on_the_way_pence(year, in_progress)
        ),
        "confirmations": confirmations_table(found, position),
    }
    # These look at the tables above them; the checks stand last because they compare all of them.
    tables["funds"] = funds_table(tables, ledger)
    refused = sum(tables["refused"]["rows"].to_pylist())
    tables["policy"] = policy_table(year, position, framework, refused, tables)
    tables["checks"] = checks_table(year, tables, filed)
    return tables


def _drawn_up(
    year: Year,
    filed: Filed | None,
    framework: Framework,
    evidence: Evidence,
    tables: dict[str, pa.Table],
    cautions: tuple[str, ...],
) -> YearEnd:
    made = 0 if year.made is None else len(year.made.claim_dates)
    return YearEnd(
        contract=year.terms.contract,
        title=year.terms.title,
        contract_sha256=year.terms.digest,
        currency=year.terms.currency,
        on=year.on,
        evidence_to=year.evidence_to,
        framework=framework,
        previous=filed,
        ledger=year.ledger,
        earned=year.earned,
        tables=tables,
        claims_made=made,
        refused_left_out=evidence.refused_table.num_rows,
        refused_receipts=0 if year.receipts is None else year.receipts.refused_table.num_rows,
        later=year.later,
        kind=evidence.kind,
        cautions=cautions,
        evidence_sha256=_digest(evidence, year.evidence_to),
        titles={name: one.title for name, one in year.terms.milestones.items() if one.title},
    )


def _digest(evidence: Evidence, sign_off: date) -> str:
    """What the evidence said by the sign-off; "" where it is read where it is, and would have to be
    brought into memory whole.
    """
    is_elsewhere = isinstance(evidence, ExternalEvidence)
    return "" if is_elsewhere else evidence.known_on(sign_off).digest


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
        # More than was earned cannot be in dispute: the income of a year would be below nothing by
        # an assumption.
        if pence > max(earned.get(funder, 0), 0)
    ]
    if faults:
        raise YearEndError("The year end cannot be drawn up.", faults)


def _assert_accounts(year: Year) -> None:
    """The ledger map names an account for whatever was written off."""
    if year.ledger is not None and year.written_off and not year.ledger.accounts.bad_debt:
        fault = Fault(
            code="account_missing",
            problem="the receipts hold a write-off, and the ledger map has no account for it",
            hint="Name its code under accounts: bad_debt",
        )
        raise YearEndError("The year end cannot be drawn up.", [fault])


def _assert_usable(receipts: Receipts | None, contract: Contract, leave_out_refused: bool) -> None:
    """Every receipt is of one funder: a year end says of each what it owes, and of what several
    sent together nobody says who paid how much.
    """
    if receipts is None:
        return
    assert_usable(receipts, contract.contract, leave_out_refused)
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


def _filed(previous: YearEnd | Filed | FilePath | None, on: date) -> Filed | None:
    if isinstance(previous, YearEnd):
        return parse_filed(previous.filed, previous.file_name)
    if not isinstance(previous, str | PathLike):
        return previous
    filed = read_filed(previous)
    assert_last(previous, filed, on)
    return filed


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


FUNDS = schema_of(
    *("fund", "restricted", "income_pence", "received_pence", "paid_back_pence"),
    *("contract_asset_pence", "contract_liability_pence", "receivable_pence", "in_advance_pence"),
)
_STANDING = ("contract_asset", "contract_liability", "receivable", "in_advance")


def funds_table(tables: Mapping[str, pa.Table], ledger: Ledger | None) -> pa.Table:
    """The table `funds`: a row for every fund that a funder's money is in; one without a name where
    no ledger map says so.
    """
    told = {} if ledger is None else {one.name: one.restricted for one in ledger.funds.values()}
    fund_of = {row["funder"]: row["fund"] for row in tables["income"].to_pylist()}
    found: dict[str, list[int]] = {}
    for name, columns, place in (
        ("income", ("income",), 0),
        ("movement", ("received", "refunded"), 1),
        ("position", _STANDING, 3),
    ):
        for row in tables[name].to_pylist():
            sums = found.setdefault(fund_of[row["funder"]], [0] * 7)
            for at, column in enumerate(columns, place):
                sums[at] += row[f"{column}_pence"]
    rows = []
    for fund, sums in found.items():
        is_restricted = told.get(fund)
        word = {None: "", True: "restricted", False: "unrestricted"}[is_restricted]
        rows.append((fund, word, *sums))
    return rows_table(rows, FUNDS)
