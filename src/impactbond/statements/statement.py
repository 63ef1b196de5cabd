"""What one funder, or all together, is asked for at one claim date, as plain data.

Takes: the tables of a settlement and its terms (`StatementSource`).
Gives: a `Statement`: accounts to date, schedule, lines, terms, notes and checks.
Keeps: opening and movements make closing; a funder's statement holds no other funder's amounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from impactbond.errors import StatementError
from impactbond.money import CURRENCIES, Currency
from impactbond.settlement.funders import UNFUNDED
from impactbond.statements.account import ReceiptsAccount, account_checks, receipts_account
from impactbond.statements.checks import Check, Control, check_statement
from impactbond.statements.contract_notes import vat_notes
from impactbond.statements.notes import Note, statement_notes
from impactbond.statements.rows import ADJUSTMENT, THIS_CLAIM, Account, ScheduleRow, StatementLine
from impactbond.statements.source import (
    LimitTerm,
    RateTerm,
    ShareTerm,
    StatementSource,
    TrancheTerm,
)
from impactbond.statements.statement_rows import StatementRows


@dataclass(frozen=True, slots=True)
class About:
    """Which contract, funder, claim and evidence a statement is about."""

    contract_id: str
    title: str
    version: int
    effective_on: date
    provider: str
    funder: str | None
    funder_name: str
    claim_period: str
    claim_date: date
    as_of: date
    refused_rows: int
    engine_version: str
    contract_sha256: str
    evidence_sha256: str

    @property
    def reference(self) -> str:
        """The statement's own reference: contract, claim period, funder."""
        return f"{self.contract_id} / {self.claim_period} / {self.funder or 'all funders'}"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is asked for at one claim date; `about.funder` is None where it is asked of all funders
    together.
    """

    about: About
    currency: Currency
    accounts: tuple[Account, ...]
    schedule: tuple[ScheduleRow, ...]
    lines: tuple[StatementLine, ...]
    milestones: Mapping[str, tuple[str, str]]
    rates: tuple[RateTerm, ...]
    share_rules: tuple[ShareTerm, ...]
    limits: tuple[LimitTerm, ...]
    tranches: tuple[TrancheTerm, ...]
    notes: tuple[Note, ...]
    control: Control
    checks: tuple[Check, ...]
    account: ReceiptsAccount | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the statement is for all funders together."""
        return self.about.funder is None

    @property
    def due_pence(self) -> int:
        """What this claim asks for in all."""
        return sum(account.due_pence for account in self.accounts)

    @property
    def due_dates(self) -> tuple[tuple[date, int], ...]:
        """The due dates of this claim, each with its amount in pence."""
        by_date: defaultdict[date, int] = defaultdict(int)
        for row in self.schedule:
            if row.standing == THIS_CLAIM:
                by_date[row.due_on] += row.amount_pence
        return tuple(sorted(by_date.items()))

    @property
    def adjustments(self) -> tuple[tuple[int, StatementLine], ...]:
        """The lines that concern closed periods, each with its place among the lines."""
        return tuple(
            (place, line) for place, line in enumerate(self.lines) if line.kind == ADJUSTMENT
        )

    @property
    def failing(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.holds)


def make_statement(
    source: StatementSource, funder: str | None = None, claim_period: str | None = None
) -> Statement:
    """The statement for one funder, or for all together, at one claim: the latest, unless another
    is named.

    Raises StatementError when the settlement knows no such funder or claim period, or nobody knows
    its currency.
    """
    if source.currency not in CURRENCIES:
        raise StatementError(f"The currency '{source.currency}' is not known.")
    currency = CURRENCIES[source.currency]
    settled = StatementRows(source, funder, claim_period or source.claim_period)
    schedule = settled.schedule()
    lines = settled.lines()
    accounts = settled.accounts(schedule, lines)
    share_rules = tuple(term for term in source.share_rules if settled.shows(term.funder))
    limits = tuple(
        term for term in source.limits if term.funder is None or settled.shows(term.funder)
    )
    control = settled.control()
    account = receipts_account(settled)
    unfunded = sum(
        share.amount_pence for line in lines for share in line.shares if share.funder == UNFUNDED
    )
    return Statement(
        about=_about(source, settled),
        currency=currency,
        accounts=accounts,
        schedule=schedule,
        lines=lines,
        milestones=dict(source.milestones),
        rates=source.rates,
        share_rules=share_rules,
        limits=limits,
        tranches=tuple(term for term in source.tranches if settled.shows(term.funder)),
        notes=statement_notes(
            funder=funder,
            currency=currency,
            rounding=source.rounding,
            refused_rows=source.refused_rows,
            unfunded_pence=unfunded,
            refused_receipts=None if account is None else account.refused_rows,
            of_contract=(*source.notes, *vat_notes(source.vat, control.due_pence, currency)),
        ),
        control=control,
        checks=check_statement(
            whole=funder is None,
            accounts=accounts,
            schedule=schedule,
            lines=lines,
            share_rules=share_rules,
            limits=limits,
            control=control,
        )
        + account_checks(account, accounts),
        account=account,
    )


def _about(source: StatementSource, settled: StatementRows) -> About:
    return About(
        contract_id=source.contract_id,
        title=source.title,
        version=source.version,
        effective_on=source.effective_on,
        provider=source.provider,
        funder=settled.funder,
        funder_name="All funders" if settled.funder is None else settled.names[settled.funder],
        claim_period=settled.claim_period,
        claim_date=settled.claim_date,
        as_of=source.as_of,
        refused_rows=source.refused_rows,
        engine_version=source.engine_version,
        contract_sha256=source.contract_sha256,
        evidence_sha256=source.evidence_sha256,
    )
