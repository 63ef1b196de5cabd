"""Reconciling: what funders really sent against what they were asked for.

Takes  a settlement, receipts, and the day on which the account is looked at.
Gives  matches, open and aged dues, what is carried, and every funder's account claim by claim.
Keeps  opening + due − received = closing, for every funder and claim; the opening of an account is
       the closing of the one before; a receipt changes nothing that was settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from impactbond.errors import Fault, ReceiptError, SettlementError
from impactbond.receipts.account import Entry, assert_balanced, entries
from impactbond.receipts.dues import Claimed, Credit, Due, Match, dues_and_credits, received
from impactbond.receipts.match import match
from impactbond.receipts.receipts import Receipts
from impactbond.receipts.reconciliation import (
    ACCOUNT,
    DUES,
    MATCHES,
    UNMATCHED,
    Reconciliation,
    band,
    table_of,
)
from impactbond.settlement.settlement import Settlement


def reconcile(
    settlement: Settlement,
    receipts: Receipts,
    *,
    on: date | str,
    leave_out_refused: bool = False,
) -> Reconciliation:
    """What every funder paid of what it was asked for, as at the end of a day.

    Claims made by then count, and receipts of that day and before. A receipt that names a claim
    pays that one first, any other the oldest due first; what is over is carried.

    Raises ReceiptError where receipts were refused, unless `leave_out_refused`, or are for another
    contract; SettlementError where no claim had been made by that day.
    """
    day = date.fromisoformat(on) if isinstance(on, str) else on
    assert_usable(receipts, settlement.contract.contract, leave_out_refused)
    claims = [
        Claimed(number, claim.label, claim.known_by)
        for number, claim in enumerate(settlement.claim_dates)
        if claim.known_by <= day
    ]
    if not claims:
        first = settlement.claim_dates[0].known_by
        problem = f"no claim had been made by {day}"
        fault = Fault(code="no_claim_date", problem=problem, allowed=f"{first} or later")
        raise SettlementError("There is nothing to reconcile yet.", [fault])
    counted = receipts.received_by(day)
    dues, given_back = dues_and_credits(settlement.payments_table, claims)
    came = received(counted.received_table)
    order = [funder.id for funder in settlement.funders.all]
    paying = {due.funder for due in dues} | {one.funder for one in [*given_back, *came]}
    ordered = [*filter(paying.__contains__, order), *sorted(paying - set(order))]
    matches: list[Match] = []
    account: list[Entry] = []
    for funder in ordered:
        own = [due for due in dues if due.funder == funder]
        back = [credit for credit in given_back if credit.funder == funder]
        sent = [credit for credit in came if credit.funder == funder]
        matches += match(own, [*back, *sent], claims)
        found = entries(funder, [*own, *back], sent, claims, day)
        assert_balanced(found, own, [*back, *sent])
        account += found
    return Reconciliation(
        contract=settlement.contract.contract,
        currency=settlement.contract.currency,
        on=day,
        claim_period=claims[-1].claim_period,
        names={funder.id: funder.name for funder in settlement.funders.all},
        matches_table=table_of([_matched(one) for one in matches], MATCHES),
        dues_table=table_of(_in_order(dues, ordered, day), DUES),
        unmatched_table=table_of(
            _unmatched([*given_back, *came], dues, claims, ordered), UNMATCHED
        ),
        account_table=table_of([_entry(one) for one in account], ACCOUNT),
        received_pence=counted.total_pence,
        receipts=counted.received_table.num_rows,
        later_receipts=receipts.received_table.num_rows - counted.received_table.num_rows,
        refused_left_out=receipts.refused_table.num_rows,
        kind=receipts.kind,
    )


def assert_usable(receipts: Receipts, contract: str, leave_out_refused: bool) -> None:
    """Raises ReceiptError for receipts of another contract, and for refused rows unless they are to
    be left out.
    """
    if receipts.contract != contract:
        problem = f"they were read for the contract '{receipts.contract}'"
        fault = Fault(code="other_contract", problem=problem, allowed=contract)
        raise ReceiptError("The receipts are for another contract.", [fault])
    if receipts.refused_table.num_rows and not leave_out_refused:
        faults = [Fault(**row) for row in receipts.refused_table.to_pylist()]
        raise ReceiptError(
            f"Rows of the receipts that cannot be used: {len(faults)}. Nothing was matched. "
            "Put them right, or go on without them: leave_out_refused=True, --leave-out-refused.",
            faults,
        )


def _matched(one: Match) -> tuple[Any, ...]:
    credit, due = one.credit, one.due
    return (
        credit.funder,
        credit.receipt,
        credit.day,
        due.claim.claim_period,
        due.due_on,
        one.matched_on,
        one.amount_pence,
    )


def _in_order(dues: Sequence[Due], funders: Sequence[str], day: date) -> list[tuple[Any, ...]]:
    rows = []
    place = {funder: number for number, funder in enumerate(funders)}
    for due in sorted(dues, key=lambda one: (place[one.funder], one.due_on, one.claim.number)):
        days = max((day - due.due_on).days, 0) if due.open_pence else 0
        rows.append(
            (
                due.funder,
                due.claim.claim_period,
                due.due_on,
                due.amount_pence,
                due.amount_pence - due.open_pence,
                due.open_pence,
                days,
                band(days) if due.open_pence else "paid",
            )
        )
    return rows


def _unmatched(
    credits_: Sequence[Credit],
    dues: Sequence[Due],
    claims: Sequence[Claimed],
    funders: Sequence[str],
) -> list[tuple[Any, ...]]:
    asked = {due.funder for due in dues}
    made = {claim.claim_period for claim in claims}
    place = {funder: number for number, funder in enumerate(funders)}
    found = []
    for one in sorted(credits_, key=lambda one: (place[one.funder], one.day, one.receipt or "")):
        if not one.left_pence:
            continue
        reason = "overpaid" if one.funder in asked else "nothing_due"
        if one.receipt is None:
            reason = "given_back"
        elif one.claim_period is not None and one.claim_period not in made:
            reason = "claim_not_made"
        found.append(
            (
                one.funder,
                one.receipt,
                one.day,
                one.claim_period,
                one.amount_pence if one.receipt is not None else 0,
                one.left_pence,
                reason,
            )
        )
    return found


def _entry(one: Entry) -> tuple[Any, ...]:
    amounts = (one.opening_pence, one.due_pence, one.received_pence, one.closing_pence)
    return (one.funder, one.claim_period, one.until, *amounts)
