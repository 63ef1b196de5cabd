"""Settling: contract, evidence known on a date, and what was settled before, into what every funder
owes.

due now = entitled to date − settled to date

One course: versions of the contract → terms in force, stretches of claim dates at which the same
versions are known → claims under the applicable version → lots → movements, limits and shares →
schedule. A contract that was never amended is the only version of itself, in force throughout.

On its way to a penny a claim takes these forms, each in the module that makes it:

  Evaluated         evaluation.claims  the claims of one version: Counted, so many equal ones or one
  ApplicableClaims  applicable_claims  those of every version in force, each under the one it is of
  Lots, LotKey      lots               what makes claims interchangeable; quantities at claim dates
  _State            movements          value, entitled and withheld to date (by values and limits)
  Movements         movements          what changed in a lot since the claim date before
  Parts             shares             the movement cut among funders, with their overflow
  Balances          lot_settlement     the parts to date, and what is due; in a LotSettlement
  PAYMENTS          schedule           a row for what a funder owes, and when; in a Settlement
  LINES, SHARES     lines              a row for a movement whose lot is one claim, and its parts

With lines of closed claim dates, a settlement starts from their movements (lines.ClosedLines).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import bank_holidays
from impactbond.dialect import Engine
from impactbond.errors import EvidenceError, Fault, InvariantError, SettlementError
from impactbond.evaluation.inputs import ClaimDate, claim_dates
from impactbond.evidence.evidence import Evidence
from impactbond.settlement.applicable_claims import ByVersion, applicable_claims
from impactbond.settlement.funders import Funders, named_rule
from impactbond.settlement.lines import (
    LINES,
    Attributed,
    Attribution,
    ClosedLines,
    assert_lines_add_up,
    limits_replaced,
    lines_table,
    shares_table,
    where_terms_were_replaced,
)
from impactbond.settlement.lot_settlement import (
    LotSettlement,
    TermsInForce,
    settle_by_terms,
    terms_in_force,
)
from impactbond.settlement.lots import Rulebook, make_lots
from impactbond.settlement.schedule import balances_table, holiday_years, payments_table
from impactbond.settlement.settlement import Earlier, Settlement


def settle(
    contract: Contract | Versions,
    evidence: Evidence,
    *,
    as_of: date | str,
    earlier: Earlier | None = None,
    leave_out_refused: bool = False,
    holidays: Sequence[date] | None = None,
    engine: Engine | None = None,
) -> Settlement:
    """What every funder owes, at every claim date up to and including `as_of`.

    With `earlier`, its claim dates are closed and only later ones are worked out; without it, all
    are, one after another, to the same result. `holidays` are the bank holidays to use; by default
    those of the nation that the contract names; `engine` is by default the one that reads the
    evidence where it is. Of several versions, those signed by a claim date
    are known on it; what a new one changes in closed periods is an adjustment.

    Raises EvidenceError where evidence was refused, unless `leave_out_refused`; SettlementError
    where no claim date has come, or `earlier` is of another contract or later.
    """
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    _assert_complete(evidence, leave_out_refused)
    versions = Versions.of(contract)
    claims = _claims(claim_dates(versions, day), versions.all[0], day)
    first_open = _first_open(versions, claims, earlier)
    stretches = terms_in_force(versions, claims)
    if holidays is None:
        holidays = _holidays(stretches[-1].known.all)
    chosen = engine or evidence.engine
    settlement: Settlement | None = None
    before = LINES.empty_table() if earlier is None else earlier.lines_table.cast(LINES)
    for stretch in stretches:
        if stretch.end <= first_open and stretch.end < len(claims):
            continue  # settled before, under the versions known then
        if settlement is not None:
            # Closed to the next stretch, whose lines start from these: only the last can wait.
            before = settlement.lines_table
        opens = max(first_open, stretch.first)
        step = _Step(stretch.known, evidence, claims[: stretch.end], opens, before, chosen)
        settlement = step.settled(holidays)
    if settlement is None:
        raise InvariantError("a claim date is in no stretch of terms in force")
    return replace(settlement, as_of=day, earlier=earlier)


@dataclass(frozen=True)
class _Step:
    """Claim dates under the same versions, from number `first_open` on: worked out together, on
    the lines of all that is closed before, and themselves closed to the next step.
    """

    known: Versions
    evidence: Evidence
    claims: tuple[ClaimDate, ...]
    first_open: int
    closed: pa.Table
    engine: Engine

    def settled(self, holidays: Sequence[date]) -> Settlement:
        """What every funder owes up to the last of the claim dates."""
        whole, claims = self.known.whole, self.claims
        asked = claims[self.first_open :] or claims[-1:]
        on_the_day = self.evidence.known_on(claims[-1].known_by)
        found = applicable_claims(self.known, on_the_day, claims, asked, self.closed, self.engine)
        # The funders of closed lines may be gone from today's evidence.
        names = self.closed["share_rule"].unique().to_pylist()
        rulebook = Rulebook(self.known, found.segments, [named_rule(whole, name) for name in names])
        funders = Funders.of(whole, rulebook.all)
        closed_lines = ClosedLines.of(whole, claims, rulebook.all, self.closed).grouped_as_now(
            len(whole.grouping), lambda: make_lots(rulebook, found.singly(), len(claims))[0]
        )
        terms = terms_in_force(self.known, claims)

        def settle(rows: ByVersion, closed: ClosedLines) -> LotSettlement:
            lots, quantities = make_lots(rulebook, rows, len(claims), closed.keys)
            before, first_open = closed.in_lots(lots), self.first_open
            return settle_by_terms(terms, lots, funders, quantities[None], before, first_open)

        def singly() -> LotSettlement:
            return settle(found.singly(), closed_lines)

        # Lots count equal claims, and are few: what is due follows from them alone. The same course
        # with single claims gives the lines, when they are asked for. Limits on claims one by one
        # have to tell claims apart from the start.
        settled = singly() if whole.claim_by_claim else settle(found.counted, closed_lines.pooled())

        def attributed() -> Attributed:
            single = settled if whole.claim_by_claim else singly()
            assert_lines_add_up(settled, single)
            return self._attributed(terms, funders, single)

        return Settlement(
            contract=whole,
            known=self.known,
            evidence=self.evidence,
            as_of=claims[-1].known_by,
            claim_dates=claims,
            funders=funders,
            holidays=tuple(holidays),
            refused_left_out=self.evidence.refused_table.num_rows,
            earlier=None,
            decided=found.decisions,
            attribution=Attribution(attributed),
            payments_table=payments_table(terms, claims, funders, settled, holidays),
            balances_table=balances_table(claims, funders, settled.balances),
        )

    def _attributed(
        self, terms: Sequence[TermsInForce], funders: Funders, single: LotSettlement
    ) -> Attributed:
        """The closed lines as they are, the lines of the open claim dates, and the shares of
        all.
        """
        whole, claims = self.known.whole, self.claims
        history = single.history
        own = history.where(history.claim >= self.first_open)
        lines = lines_table(whole, claims, single.lots, own)
        if terms[:-1] and self.first_open == terms[-1].first and self.first_open < len(claims):
            limits = limits_replaced(terms[-2].contract, terms[-1].contract)
            lines = where_terms_were_replaced(lines, claims[self.first_open].label, limits)
        lines = pa.concat_tables([self.closed, lines]).combine_chunks()
        return Attributed(lines, shares_table(single.lots, funders, history, single.parts, lines))


def _holidays(contracts: Iterable[Contract]) -> tuple[date, ...]:
    """The bank holidays of every year in which a payment can fall due."""
    years = [(contract, holiday_years(contract)) for contract in contracts]
    nation = years[-1][0].calendar.payment.working_days_of
    first, last = min(one[1][0] for one in years), max(one[1][1] for one in years)
    return bank_holidays(nation, first, last)


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
    faults = [Fault(**row) for row in evidence.refused_table.to_pylist()]
    count = len(faults)
    raise EvidenceError(
        f"Rows of the evidence that cannot be used: {count}. Nothing was settled. "
        "Put them right, or settle without them: leave_out_refused=True, --leave-out-refused.",
        faults,
    )


def _first_open(versions: Versions, claims: Sequence[ClaimDate], earlier: Earlier | None) -> int:
    """The number of the first claim date that is still open. What was settled earlier must have
    been under the versions that were known then.
    """
    if earlier is None:
        return 0
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
