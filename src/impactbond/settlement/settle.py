"""Settling: contract, evidence known on a date, and what was settled before, into what every funder
owes.

due now = entitled to date − settled to date
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import bank_holidays
from impactbond.errors import EvidenceError, Fault, InvariantError, SettlementError
from impactbond.evaluation.inputs import ClaimDate, claim_dates
from impactbond.evidence.evidence import Evidence
from impactbond.settlement.attribution import Attributed, Attribution, attribute
from impactbond.settlement.balances import balance
from impactbond.settlement.decisions_table import decided
from impactbond.settlement.evaluated import evaluate
from impactbond.settlement.funders import Funders
from impactbond.settlement.lines import (
    ClosedLine,
    closed_lines,
    closed_movements,
    closed_rules,
    pooled,
)
from impactbond.settlement.lot_settlement import LotSettlement
from impactbond.settlement.lots import Counted, Lots, Numbers, ShareRules, make_lots
from impactbond.settlement.movements import Movements, find_movements, none_yet
from impactbond.settlement.overflow import grows_at
from impactbond.settlement.schedule import balances_table, holiday_years, payments_table
from impactbond.settlement.settle_versions import settle_amended
from impactbond.settlement.settlement import Earlier, Settlement
from impactbond.settlement.shares import share_out, without_idle
from impactbond.settlement.terms_in_force import claim_dates_under, turns_of
from impactbond.tables import Engine


def settle_lots(
    contract: Contract,
    lots: Lots,
    funders: Funders,
    quantities: Numbers,
    closed: Movements | None = None,
    opens: int = 0,
) -> LotSettlement:
    """Settle quantities to date shaped (trial, claim date, lot).

    A statement is the case of one trial.
    """
    closed = none_yet(quantities.shape[0]) if closed is None else closed
    releases = partial(grows_at, contract)
    history = find_movements(contract, lots, quantities, closed, opens, releases)
    history, parts = without_idle(history, share_out(contract, lots, funders, history))
    return LotSettlement(
        lots, history, parts, balance(contract, funders, history, parts, quantities.shape[1])
    )


def settle(
    contract: Contract | Versions,
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
    those of the nation that the contract names. Of several versions, those signed by a claim date
    are known on it; what a new one changes in closed periods is an adjustment.

    Raises EvidenceError where evidence was refused, unless `leave_out_refused`; SettlementError
    where no claim date has come, or `earlier` is of another contract or later.
    """
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    _assert_complete(evidence, leave_out_refused)
    if isinstance(contract, Versions):
        return _settle_versions(contract, evidence, day, earlier, holidays, engine)
    claims = _claims(claim_dates(contract, day), contract, day)
    opens = _opens((contract.digest,), claims, earlier)
    if holidays is None:
        holidays = _holidays([contract])
    known = evidence.known_on(claims[-1].known_by)
    evaluated = evaluate(contract, known, claims[opens:] or claims[-1:], engine)
    kept = closed_rules(contract, earlier.lines_table) if earlier is not None else []
    rules = ShareRules(contract, evaluated.segments, kept)
    funders = Funders.of(contract, rules.all)
    closed = []
    if earlier is not None:
        closed = closed_lines(contract, claims, rules.all, earlier.lines_table)
    course = (contract, rules, funders, len(claims), opens)

    def singly() -> LotSettlement:
        return _settle(*course, evaluated.singly(), closed)

    def together() -> LotSettlement:
        return _settle(*course, evaluated.lots, pooled(closed))

    settled = singly() if contract.claim_by_claim else together()

    def attributed() -> Attributed:
        claimed = settled if contract.claim_by_claim else singly()
        return attribute(contract, claims, funders, settled, claimed)

    return Settlement(
        contract=contract,
        evidence=evidence,
        as_of=day,
        claim_dates=claims,
        funders=funders,
        holidays=tuple(holidays),
        refused_left_out=evidence.refused_table.num_rows,
        earlier=earlier,
        decided=partial(decided, contract, known, claims[-1], engine),
        attribution=Attribution(attributed),
        payments_table=payments_table(contract, claims, funders, settled, holidays),
        balances_table=balances_table(claims, funders, settled.balances),
    )


def _settle_versions(
    versions: Versions,
    evidence: Evidence,
    as_of: date,
    earlier: Earlier | None,
    holidays: Sequence[date] | None,
    engine: Engine,
) -> Settlement:
    """Turn after turn: the claim dates at which the same versions are known are settled together,
    and are closed to the next.
    """
    claims = _claims(claim_dates_under(versions, as_of), versions.all[0], as_of)
    opens = 0
    if earlier is not None:
        then = versions.known_by(earlier.claim_dates[-1].known_by)
        opens = _opens(then.digests, claims, earlier)
    turns = turns_of(versions, claims)
    if holidays is None:
        holidays = _holidays(turns[-1].known.all)
    settlement: Settlement | None = None
    for place, turn in enumerate(turns):
        is_closed = turn.end <= opens and turn is not turns[-1]
        if is_closed:
            continue
        before = earlier if settlement is None else settlement
        day = claims[turn.end - 1].known_by
        if len(turn.known.all) == 1:
            only = turn.known.all[0]
            settlement = settle(
                only,
                evidence,
                as_of=day,
                earlier=before,
                leave_out_refused=True,
                holidays=holidays,
                engine=engine,
            )
        else:
            settlement = settle_amended(
                evidence,
                claims[: turn.end],
                turns[: place + 1],
                None if before is None else before.lines_table,
                max(opens, turn.first),
                as_of=day,
                holidays=holidays,
                engine=engine,
            )
    if settlement is None:
        raise InvariantError("a claim date is in no turn")
    known = turns[-1].known if len(turns[-1].known.all) > 1 else None
    return replace(settlement, as_of=as_of, earlier=earlier, known=known)


def _holidays(contracts: Iterable[Contract]) -> tuple[date, ...]:
    """The bank holidays of every year in which a payment can fall due."""
    years = [(contract, holiday_years(contract)) for contract in contracts]
    nation = years[-1][0].calendar.payment.working_days_of
    first, last = min(one[1][0] for one in years), max(one[1][1] for one in years)
    return bank_holidays(nation, first, last)


def _settle(
    contract: Contract,
    rules: ShareRules,
    funders: Funders,
    claims: int,
    opens: int,
    rows: Iterable[Counted],
    closed: Sequence[ClosedLine],
) -> LotSettlement:
    lots, quantities = make_lots(rules, rows, claims, [line.key for line in closed])
    return settle_lots(
        contract, lots, funders, quantities[None], closed_movements(closed, lots), opens
    )


def _claims(
    claims: tuple[ClaimDate, ...], contract: Contract, as_of: date
) -> tuple[ClaimDate, ...]:
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


def _opens(digests: tuple[str, ...], claims: Sequence[ClaimDate], earlier: Earlier | None) -> int:
    """The number of the first claim date that is still open; `digests` are of the versions known
    when the earlier ones were settled.
    """
    if earlier is None:
        return 0
    if tuple(version.digest for version in earlier.versions) != digests:
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
