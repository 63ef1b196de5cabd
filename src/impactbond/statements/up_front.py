"""Up-front money asked for on its own day, ahead of the claim that counts it.

Takes  a contract, and the name of one of its tranches.
Gives  the source of a statement for every funder that pays a part of it, and one for all.
Keeps  no claim changes: the statement of the claim in whose period the day lies shows the same
       payments again, due on the same day under the same reference, and each is paid once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number
from impactbond.errors import Fault, StatementError
from impactbond.evaluation.inputs import ClaimDate, claim_dates
from impactbond.files import Writing
from impactbond.settlement.lines import LINES, SHARES
from impactbond.settlement.lots import period_of
from impactbond.settlement.schedule import BALANCES, PAYMENTS, UP_FRONT
from impactbond.settlement.settle import bank_holidays_of
from impactbond.statements.how_to_pay import how_to_pay
from impactbond.statements.manifest import NOT_WRITTEN
from impactbond.statements.source import StatementSource, terms_shown
from impactbond.statements.write import write_statements
from impactbond.tables import rows_table
from impactbond.terms.diagnostic import did_you_mean, listing
from impactbond.version import __version__

if TYPE_CHECKING:
    from impactbond.terms.funding import Tranche


def up_front_source(
    contract: Contract | Versions, tranche: str, *, holidays: Sequence[date] | None = None
) -> StatementSource:
    """The source of the statements that ask for one tranche on its day.

    Its claim period is the tranche, such as `mobilisation up-front`, and its claim date the day;
    `holidays` are the bank holidays to use, by default those of the nation that the contract names.
    Raises StatementError where the contract has no such tranche.
    """
    versions = Versions.of(contract)
    claim = _claim_of(versions, _tranche(versions.terms, tranche))
    terms = versions.known_by(claim.known_by).terms
    term = terms.tranches.get(tranche, versions.terms.tranches[tranche])
    closed = bank_holidays_of(versions.all) if holidays is None else list(holidays)
    label, day = f"{tranche} up-front", term.on
    due_on = terms.calendar.payment.open_day(day, closed)
    parts = term.parts(terms.currency, terms.rounding.rule)
    known = [(name, terms.funders[name].name, terms.funders[name].kind) for name in parts]
    asked = [
        (label, day, due_on, funder, UP_FRONT, tranche, pence) for funder, pence in parts.items()
    ]
    stands = [(label, day, funder, 0, 0, 0, 0, pence, 0, pence) for funder, pence in parts.items()]
    return StatementSource(
        lines=LINES.empty_table(),
        shares=SHARES.empty_table(),
        payments=rows_table(asked, PAYMENTS),
        balances=rows_table(stands, BALANCES),
        funders=pa.table(
            {
                name: [row[place] for row in known]
                for place, name in enumerate(("funder", "name", "kind"))
            }
        ),
        claim_period=label,
        claim_date=day,
        as_of=day,
        refused_rows=0,
        engine_version=__version__,
        evidence_sha256="",
        ahead_of=claim.label,
        how=replace(how_to_pay(terms, parts), within="On the day that the contract states"),
        **terms_shown(terms, day),
    )


def write_up_front(
    contract: Contract | Versions, tranche: str, out: str | Path, **how: Unpack[Writing]
) -> list[Path]:
    """Writes the statements that ask for up-front money on its own day, ahead of the claim that
    counts it: for all funders, then for each that pays a part; last, the manifest.

    No claim changes: its statement shows the same payments again, under the same payment
    references. Raises StatementError where the contract has no such tranche, or the files cannot be
    written: then nothing is.
    """
    return write_statements(up_front_source(contract, tranche), out, **how)


def _tranche(contract: Contract, name: str) -> Tranche:
    if name in contract.tranches:
        return contract.tranches[name]
    fault = Fault(
        code="unknown_tranche",
        problem=f"there is no tranche '{name}'",
        allowed=listing(contract.tranches) or "none is defined",
        hint=did_you_mean(name, contract.tranches),
    )
    raise StatementError(NOT_WRITTEN, [fault])


def _claim_of(versions: Versions, tranche: Tranche) -> ClaimDate:
    """The claim that counts a tranche: that of the period in which its day lies."""
    number = period_of(versions.terms.calendar.periods, day_number(tranche.on))
    return claim_dates(versions, date.max)[number]
