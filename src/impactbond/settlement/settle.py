"""Settling: contract, evidence known on a date, and what was settled before, into what every funder
owes.

due now = entitled to date − settled to date
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import narwhals as nw
import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.dates import bank_holidays
from impactbond.errors import EvidenceError, Fault, InvariantError, SettlementError
from impactbond.evaluation.claims import claims_of, counted
from impactbond.evaluation.decisions import decide
from impactbond.evaluation.question import ClaimDate, Question, claim_dates
from impactbond.evidence.evidence import Evidence
from impactbond.money import Pence
from impactbond.settlement.balances import balance
from impactbond.settlement.funders import Funders
from impactbond.settlement.lines import (
    ClosedLine,
    closed_lines,
    closed_movements,
    closed_rules,
    lines_table,
    shares_table,
)
from impactbond.settlement.lots import Counted, Lots, Numbers, ShareRules, make_lots
from impactbond.settlement.movements import Movements, find_movements, none_yet
from impactbond.settlement.passing import grows_at
from impactbond.settlement.schedule import balances_table, holiday_years, payments_table
from impactbond.settlement.settled import Settled
from impactbond.settlement.settlement import Earlier, Settlement, decisions_table
from impactbond.settlement.shares import share_out, without_idle
from impactbond.tables import Engine


def settle_lots(
    contract: Contract,
    lots: Lots,
    funders: Funders,
    quantities: Numbers,
    closed: Movements | None = None,
    opens: int = 0,
) -> Settled:
    """Settle quantities to date shaped (trial, claim date, lot).

    A statement is the case of one trial.
    """
    closed = none_yet(quantities.shape[0]) if closed is None else closed
    releases = partial(grows_at, contract)
    history = find_movements(contract, lots, quantities, closed, opens, releases)
    history, parts = without_idle(history, share_out(contract, lots, funders, history))
    return Settled(
        lots, history, parts, balance(contract, funders, history, parts, quantities.shape[1])
    )


def settle(
    contract: Contract,
    evidence: Evidence,
    *,
    as_of: date | str,
    earlier: Earlier | None = None,
    leave_out_refused: bool = False,
    holidays: Sequence[date] | None = None,
    engine: Engine = "duckdb",
) -> Settlement:
    """What every funder owes, at every claim date up to and including `as_of`.

    With `earlier`, its claim dates are closed and only later ones are worked out; without it, all
    are, one after another, to the same result. `holidays` are the bank holidays to use; by default
    those of the nation that the contract names.

    Raises EvidenceError where evidence was refused, unless `leave_out_refused`; SettlementError
    where no claim date has come, or `earlier` is of another contract or later.
    """
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    claims = _claims(contract, day)
    _assert_complete(evidence, leave_out_refused)
    opens = _opens(contract, claims, earlier)
    if holidays is None:
        nation = contract.calendar.payment.working_days_of
        holidays = bank_holidays(nation, *holiday_years(contract))
    known = evidence.known_on(claims[-1].known_by)
    evaluated = evaluate(contract, known, claims[opens:] or claims[-1:], engine)
    kept = closed_rules(contract, earlier.lines_table) if earlier is not None else []
    rules = ShareRules(contract, evaluated.segments, kept)
    funders = Funders.of(contract, rules.all)
    closed = []
    if earlier is not None:
        closed = closed_lines(contract, claims, rules.all, earlier.lines_table)
    pooled = [line._replace(key=line.key._replace(participant="")) for line in closed]
    course = (contract, rules, funders, len(claims), opens)
    singly = _settle(*course, evaluated.claims, closed)
    settled = singly if contract.claim_by_claim else _settle(*course, evaluated.lots, pooled)
    _assert_lines_add_up(settled, singly)
    lines = lines_table(contract, claims, singly.lots, singly.history)
    return Settlement(
        contract=contract,
        evidence=evidence,
        as_of=day,
        claim_dates=claims,
        funders=funders,
        holidays=tuple(holidays),
        refused_left_out=evidence.refused_table.num_rows,
        earlier=earlier,
        decisions_table=decisions_table(contract, evaluated.decisions, claims[-1]),
        lines_table=lines,
        shares_table=shares_table(singly.lots, funders, singly.history, singly.parts, lines),
        payments_table=payments_table(contract, claims, funders, settled, holidays),
        balances_table=balances_table(claims, funders, settled.balances),
    )


@dataclass(frozen=True)
class Evaluated:
    """What evaluation gives to settlement: decisions, and the claims counted and one by one."""

    segments: dict[int, dict[str, str]]
    decisions: pa.Table
    lots: list[Counted]
    claims: list[Counted]


def evaluate(
    contract: Contract, evidence: Evidence, claims: Sequence[ClaimDate], engine: Engine = "duckdb"
) -> Evaluated:
    """The decisions and claims at those claim dates."""
    question = Question.of(contract, evidence, claims, engine)
    decisions = decide(question)
    found = claims_of(question, decisions)
    give, segments = question.shop.give, question.segments
    lots = _counted(give(counted(found)))
    return Evaluated(
        {number: segments.named(number) for number in {lot.segment for lot in lots}},
        give(decisions.filter(nw.col("claim") == claims[-1].number)),
        lots,
        _singly(give(found)),
    )


def _settle(
    contract: Contract,
    rules: ShareRules,
    funders: Funders,
    claims: int,
    opens: int,
    rows: Iterable[Counted],
    closed: Sequence[ClosedLine],
) -> Settled:
    lots, quantities = make_lots(rules, rows, claims, [line.key for line in closed])
    return settle_lots(
        contract, lots, funders, quantities[None], closed_movements(closed, lots), opens
    )


def _claims(contract: Contract, as_of: date) -> tuple[ClaimDate, ...]:
    claims = claim_dates(contract, as_of)
    if claims:
        return claims
    first = contract.calendar.claim_date(contract.calendar.periods[0])
    fault = Fault(
        code="no_claim_date",
        problem=f"no claim date has come by {as_of}",
        allowed=f"the contract's first claim date, {first}, or later",
    )
    raise SettlementError("There is nothing to settle yet.", [fault])


def _assert_complete(evidence: Evidence, leave_out_refused: bool) -> None:
    if leave_out_refused or not evidence.refused_table.num_rows:
        return
    faults = [
        Fault(**{name: row[name] for name in row}) for row in evidence.refused_table.to_pylist()
    ]
    count = len(faults)
    raise EvidenceError(
        f"Rows of the evidence that cannot be used: {count}. Nothing was settled. "
        "Put them right, or settle without them: leave_out_refused=True, --leave-out-refused.",
        faults,
    )


def _opens(contract: Contract, claims: Sequence[ClaimDate], earlier: Earlier | None) -> int:
    """The number of the first claim date that is still open."""
    if earlier is None:
        return 0
    if earlier.contract.digest != contract.digest:
        raise SettlementError(
            "The earlier settlement is of another contract.",
            [
                Fault(
                    code="other_contract",
                    problem="the text of the contract differs from the one settled earlier",
                )
            ],
        )
    if len(earlier.claim_dates) > len(claims):
        raise SettlementError(
            "The earlier settlement is later.",
            [
                Fault(
                    code="not_earlier",
                    problem=f"it settled up to {earlier.claim_dates[-1].known_by}, after this date",
                )
            ],
        )
    return len(earlier.claim_dates)


def _counted(table: pa.Table) -> list[Counted]:
    names = ("claim", "milestone", "reached", "segment", "quantity", "standing")
    rows = zip(*(table[name].to_pylist() for name in names), strict=True)
    return [
        Counted(claim, milestone, day, segment, quantity, "", standing)
        for claim, milestone, day, segment, quantity, standing in rows
    ]


def _singly(table: pa.Table) -> list[Counted]:
    names = ("claim", "milestone", "reached", "segment", "quantity", "participant", "standing")
    return [Counted(*row) for row in zip(*(table[name].to_pylist() for name in names), strict=True)]


def _by_claim(settled: Settled, amounts: Pence) -> Pence:
    sums = np.zeros((settled.balances.value.shape[1], amounts.shape[-1]), dtype=np.int64)
    np.add.at(sums, settled.history.claim, amounts[0])
    return sums


def _assert_lines_add_up(settled: Settled, singly: Settled) -> None:
    """Promise: attribution back to lines adds up to the lots, funder by funder and claim date by
    claim date.
    """
    for whole, single in (
        (settled.parts.value, singly.parts.value),
        (settled.parts.amount, singly.parts.amount),
    ):
        if (_by_claim(settled, whole) != _by_claim(singly, single)).any():
            raise InvariantError("the lines do not add up to the lots")
