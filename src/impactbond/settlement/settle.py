"""Settling: contract, evidence known on a date, and what was settled before, into what every funder
owes.

due now = entitled to date − settled to date

One course: versions of the contract → terms in force, stretches of claim dates at which the same
versions are known → claims under the applicable version → lots → movements, limits and shares →
schedule. A contract that was never amended is the only version of itself, in force throughout.

On its way to a penny a claim takes these forms, each in the module that makes it:

  Claims            evaluation.claims  those under one version: Counted, so many equal ones or one
  Lots, LotKey      lots               what makes claims interchangeable; quantities at claim dates
  Movements         movements          what changed in a lot since the claim date before
  Parts             shares             the movement cut among funders, with their overflow
  LotSettlement     lot_settlement     movements, their parts, and what is due to date
  PAYMENTS          schedule           a row for what a funder owes, and when; in a Settlement
  LINES, SHARES     lines              a row for a movement whose lot is one claim, and its parts

With lines of closed claim dates, a settlement starts from their movements (ClosedLines), and with
what an earlier claim date carried forward (evaluation.carried), only those are evaluated of whom
something has changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import get_args

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_given
from impactbond.dialect import Engine
from impactbond.errors import (
    EvidenceError,
    Fault,
    InvariantError,
    SettlementError,
    assert_one_of,
)
from impactbond.evaluation.carried import unchanged
from impactbond.evaluation.claims import Claims
from impactbond.evaluation.inputs import ClaimDate, claim_dates
from impactbond.evidence.counts import Counts
from impactbond.evidence.evidence import Evidence
from impactbond.money import MOST_PENCE, show
from impactbond.settlement.applicable_claims import (
    applicable_claims,
    applicable_decisions,
    claims_beside,
)
from impactbond.settlement.counted_claims import (
    assert_of_counts,
    assert_single_claims_unasked,
    counted_claims,
    no_evidence,
    nobody_behind,
)
from impactbond.settlement.lines import LINES, Attribution, attributed
from impactbond.settlement.lot_settlement import LotSettlement, settle_claims, terms_in_force
from impactbond.settlement.results import MeasuredResult, measured_results
from impactbond.settlement.schedule import balances_table, payments_table
from impactbond.settlement.settlement import Earlier, Settlement


def settle(
    contract: Contract | Versions,
    evidence: Evidence | Counts,
    *,
    as_of: date | str,
    earlier: Earlier | None = None,
    leave_out_refused: bool = False,
    holidays: Sequence[date] | None = None,
    engine: Engine | None = None,
    carried: pa.Table | None = None,
    with_decisions: bool = False,
) -> Settlement:
    """What every funder owes, at every claim date up to and including `as_of`, on evidence or on
    counts of claims.

    With `earlier`, its claim dates are closed and only later ones are worked out; without it, all
    are, one after another, to the same result. `holidays` are the bank holidays to use; by default
    those of the nation that the contract names; `engine` is by default the one that reads the
    evidence where it is. Of several versions, those signed by a claim date are known on it; what a
    new one changes in closed periods is an adjustment. With what was `carried` forward from the
    last claim date of `earlier` (CARRIED), who is as it was then is not evaluated again. Whoever is
    about to ask for decisions says so, `with_decisions`: of little evidence they are found with the
    claims, in half the time and to the same result.

    Raises EvidenceError where evidence was refused, unless `leave_out_refused`; SettlementError
    where no claim date has come, `earlier` is of another contract or later, an argument is none, or
    counts do not say enough.
    """
    day = day_given(as_of, "as_of", SettlementError)
    chosen = engine or evidence.engine
    assert_one_of(chosen, "engine", get_args(Engine), SettlementError)
    assert_complete(evidence, leave_out_refused)
    versions = Versions.of(contract)
    claims = _claims(claim_dates(versions, day), versions.all[0], day)
    first_open = _first_open(versions, claims, earlier)
    stretches = terms_in_force(versions, claims)
    if holidays is None:
        holidays = bank_holidays_of(stretches[-1].known.all)
    else:
        holidays = [day_given(one, "a bank holiday", SettlementError) for one in holidays]
    settlement: Settlement | None = None
    before = LINES.empty_table() if earlier is None else earlier.lines_table.cast(LINES)
    assert_of_counts(before, list(versions.whole.milestones), isinstance(evidence, Counts))
    for stretch in stretches:
        if stretch.end <= first_open and stretch.end < len(claims):
            continue  # settled before, under the versions known then
        if settlement is not None:
            # Closed to the next stretch, whose lines start from these: only the last can wait.
            before = settlement.lines_table
        until, opens = claims[: stretch.end], max(first_open, stretch.first)
        try:
            settlement = _settled(
                stretch.known,
                evidence,
                until,
                opens,
                before,
                holidays,
                chosen,
                carried,
                with_decisions and stretch is stretches[-1],
            )
        except OverflowError:
            raise _too_large(versions.whole) from None
    if settlement is None:
        raise InvariantError("a claim date is in no stretch of terms in force")
    return replace(settlement, as_of=day, earlier=earlier)


def _settled(
    known: Versions,
    evidence: Evidence | Counts,
    claims: tuple[ClaimDate, ...],
    first_open: int,
    closed: pa.Table,
    holidays: Sequence[date],
    engine: Engine,
    carried: pa.Table | None,
    with_decisions: bool,
) -> Settlement:
    """What every funder owes up to the last of the claim dates under the same versions: those from
    number `first_open` on are worked out together, on the lines of all that is closed before.
    """
    # With every claim date closed, the last is evaluated again for its decisions; it moves nothing.
    asked = claims[first_open:] or claims[-1:]
    counts, decided, as_before = None, _undecided, None
    if isinstance(evidence, Counts):
        counts, evidence = evidence, no_evidence(known.whole, evidence)
        applicable: Sequence[Claims] = counted_claims(known, counts, asked)
    else:
        # What was recorded later is not known yet: settled again next year, this claim must come to
        # the same penny.
        on_the_day = evidence.known_on(claims[-1].known_by)
        # Other engines read all the evidence: what is carried is asked of DuckDB alone.
        if carried is not None and engine == "duckdb" and first_open < len(claims):
            as_before = unchanged(known, on_the_day, carried)
        if as_before is not None:
            applicable = [claims_beside(known.whole, on_the_day, asked, closed, as_before)]
        else:
            applicable = applicable_claims(
                known, on_the_day, claims, asked, closed, engine, with_decisions=with_decisions
            )
        decided = applicable_decisions(known, on_the_day, asked[-1], applicable, engine)
    stand = None if as_before is None else as_before.participants
    settled, singly = settle_claims(known, claims, applicable, closed, first_open, stand)
    if counts is not None:
        assert_single_claims_unasked(known.whole, settled)
    return Settlement(
        contract=known.whole,
        known=known,
        evidence=evidence,
        as_of=claims[-1].known_by,
        claim_dates=claims,
        funders=settled.funders,
        holidays=tuple(holidays),
        refused_left_out=evidence.refused_table.num_rows,
        earlier=None,
        counts=counts,
        unchanged=as_before,
        decided=decided,
        attribution=Attribution(lambda: attributed(claims, settled, singly(), closed, first_open)),
        measured=_measuring(known, claims, settled, first_open),
        payments_table=payments_table(claims, settled, holidays),
        balances_table=balances_table(claims, settled),
    )


def _undecided() -> pa.Table:
    raise nobody_behind("a decision about each participant")


def _measuring(
    known: Versions, claims: tuple[ClaimDate, ...], settled: LotSettlement, first_open: int
) -> Callable[[], tuple[MeasuredResult, ...]]:
    """What follows the results of groups, which is asked for later, if at all; without any, nothing
    is kept for it.
    """
    if not known.whole.results:
        return tuple
    return partial(measured_results, known, claims, settled, first_open)


def _too_large(contract: Contract) -> SettlementError:
    fault = Fault(
        code="too_large",
        problem="a running total, times the parts that shares cut it into, is too large to be"
        " worked out exactly",
        allowed=f"at most {show(MOST_PENCE, contract.currency)}",
        hint="Look for a slip in a price or a quantity, or write the shares in fewer parts",
    )
    return SettlementError("An amount is too large.", [fault])


def bank_holidays_of(contracts: Iterable[Contract]) -> tuple[date, ...]:
    """The bank holidays of every year in which a payment can fall due, as today's libraries know
    them; versions of one contract have the same.
    """
    calendars = [contract.calendar for contract in contracts]
    first, last = zip(*(calendar.payment_years for calendar in calendars), strict=True)
    return calendars[-1].payment.closed(min(first), max(last))


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


def assert_complete(evidence: Evidence | Counts, leave_out_refused: bool) -> None:
    if leave_out_refused or not evidence.refused_table.num_rows:
        return
    faults = [Fault(**row) for row in evidence.refused_table.to_pylist()]
    count = len(faults)
    what = "counts" if isinstance(evidence, Counts) else "evidence"
    raise EvidenceError(
        f"Rows of the {what} that cannot be used: {count}. Nothing was settled. "
        "Put them right, or settle without them: leave_out_refused=True, --leave-out-refused.",
        faults,
    )


def _first_open(versions: Versions, claims: Sequence[ClaimDate], earlier: Earlier | None) -> int:
    """The number of the first claim date that is still open. What was settled earlier must have
    been under the versions that were known then.
    """
    if earlier is None:
        return 0
    # As known then: a version signed since is no other contract, and its changes are adjustments.
    then = versions.known_by(earlier.claim_dates[-1].known_by)
    if tuple(version.digest for version in earlier.versions) != then.digests:
        problem = "the text of the contract differs from the one settled earlier"
        fault = Fault(code="other_contract", problem=problem)
        raise SettlementError("The earlier settlement is of another contract.", [fault])
    if len(earlier.claim_dates) > len(claims):
        problem = f"it settled up to {earlier.claim_dates[-1].known_by}, after this date"
        fault = Fault(code="not_earlier", problem=problem)
        raise SettlementError("The earlier settlement is later.", [fault])
    return len(earlier.claim_dates)
