"""Reconciling: what funders really sent against what they were asked for.

Takes  a settlement, receipts, and the day on which the account is looked at.
Gives  matches, open and aged dues, what is carried, and every funder's account claim by claim, as
       tables, text and plain data.
Keeps  opening + due − received = closing, for every funder and claim; the opening of an account is
       the closing of the one before; a receipt changes nothing that was settled.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.cards import FrameOf, text_card
from impactbond.dates import day_given
from impactbond.errors import Fault, ReceiptError, SettlementError
from impactbond.money import show
from impactbond.receipts.account import Entry, assert_balanced, dues_and_credits, entries, received
from impactbond.receipts.match import Claimed, Credit, Due, Match
from impactbond.receipts.payment_times import payment_times
from impactbond.receipts.receipts import Receipts
from impactbond.receipts.together import accounts_of, members, named
from impactbond.settlement.settlement import Settlement
from impactbond.tables import aligned, plain_rows, rows_table, schema_of
from impactbond.terms.words import counted

BANDS = {
    "not yet due": "not_yet_due_pence",
    "1-30 days": "overdue_1_to_30_days_pence",
    "31-60 days": "overdue_31_to_60_days_pence",
    "61-90 days": "overdue_61_to_90_days_pence",
    "over 90 days": "overdue_over_90_days_pence",
}
REASONS = {
    "overpaid": "more than was due: carried, and taken off what is asked for next",
    "given_back": "given back by a correction: carried, and taken off what is asked for next",
    "returned": "up-front money left at the end: to be paid back to the funder",
    "nothing_due": "nothing was ever asked of this funder",
    "unknown_funder": "the settlement has no such funder: look for another spelling of its name",
    "claim_not_made": "the claim that it names is not made yet",
    "not_open": "written off, though it was not open: take the row out",
}
MATCHES = schema_of(*Match._fields)
DUES = schema_of(
    *("funder", "claim_period", "due_on", "due_pence", "matched_pence", "open_pence"),
    *("days_overdue", "band"),
    days_overdue=pa.int64(),
)
UNMATCHED = schema_of(
    *("funder", "receipt", "received_on", "claim_period", "received_pence", "unmatched_pence"),
    "reason",
)
ACCOUNT = schema_of(
    *("funder", "claim_period", "until", "opening_pence", "due_pence", "received_pence"),
    *("written_off_pence", "closing_pence"),
)
AGED = schema_of("funder", *BANDS.values(), "carried_pence", "balance_pence")


def band(days_overdue: int) -> str:
    """The band of an open amount; what is due on the day itself is not overdue."""
    if days_overdue <= 0:
        return "not yet due"
    return list(BANDS)[min((days_overdue + 29) // 30, 4)]


@dataclass(frozen=True, eq=False, repr=False)
class Reconciliation:
    """Receipts matched against what was due, as at the end of one day.

    Frames come in the kind that the receipts came in; money is whole pence (`*_pence`).
    `later_receipts` counts those received after the day, `refused_left_out` the rows refused.
    """

    contract: str
    currency: str
    on: date
    claim_period: str
    names: dict[str, str]
    matches_table: pa.Table
    dues_table: pa.Table
    unmatched_table: pa.Table
    account_table: pa.Table
    payment_times_table: pa.Table
    received_pence: int
    paid_back_pence: int
    receipts: int
    later_receipts: int
    refused_left_out: int
    kind: str

    matches = FrameOf(
        "Which receipt paid what, and when; `receipt` is blank where a claim gave money back."
    )
    dues = FrameOf("What was due, what is matched of it, and how long the rest has been overdue.")
    unmatched = FrameOf(
        "What is carried: money received or given back that nothing due has taken up, and why."
    )
    account = FrameOf("Opening, due, received and closing of every funder, claim by claim.")
    aged = FrameOf(
        "What is open of every funder by how long it is overdue, what is carried, the balance."
    )

    @cached_property
    def aged_table(self) -> pa.Table:
        """The table `aged`: a row for every funder of the account."""
        rows = []
        for funder in dict.fromkeys(self.account_table["funder"].to_pylist()):
            dues = self.dues_table.filter(pc.equal(self.dues_table["funder"], funder))
            unmatched = self.unmatched_table
            carried = _total(unmatched.filter(pc.equal(unmatched["funder"], funder)), "unmatched")
            amounts = [_total(dues.filter(pc.equal(dues["band"], name)), "open") for name in BANDS]
            rows.append((funder, *amounts, carried, sum(amounts) - carried))
        return rows_table(rows, AGED)

    payment_times = FrameOf(
        "How long every funder took to pay, as regulation 38 of the Procurement Regulations "
        "2024 counts it: the average in days, and per cent of payments within 30 days, 31 to "
        "60, later."
    )

    @property
    def open_pence(self) -> int:
        """What was asked for and is not paid."""
        return _total(self.dues_table, "open")

    @property
    def carried_pence(self) -> int:
        """What was received, or given back, and nothing due has taken up."""
        return _total(self.unmatched_table, "unmatched")

    @property
    def text(self) -> str:
        """The reconciliation in plain words."""
        received = f"{self._money(self.received_pence)} in {counted(self.receipts, 'receipt')}"
        back, off = self.paid_back_pence, _total(self.account_table, "written_off")
        told = [
            f"{self.contract}: what was received against what was due, on {self.on}",
            f"  Asked for up to claim {self.claim_period}: {self._money(self._asked_pence)}",
            f"  Received: {received}",
            *([f"  Paid back, and taken off that: {self._money(back)}"] if back else []),
            *([f"  Written off: {self._money(off)}"] if off else []),
            f"  Open: {self._money(self.open_pence)}; carried: {self._money(self.carried_pence)}",
            "",
            *self._aged_lines(),
        ]
        if self.unmatched_table.num_rows:
            heading = "  Carried, because nothing due has taken it up:"
            told += ["", heading, *self._unmatched_lines()]
        if self.later_receipts:
            later = counted(self.later_receipts, "receipt")
            told.append(f"  Received after {self.on}, not counted: {later}")
        if self.refused_left_out:
            told.append(f"  Refused and left out: {counted(self.refused_left_out, 'row')}")
        return "\n".join(told)

    @property
    def _asked_pence(self) -> int:
        return _total(self.account_table, "due")

    def _money(self, pence: int) -> str:
        return show(pence, self.currency)

    def _aged_lines(self) -> list[str]:
        heads = ["Funder", "Balance", *(name.capitalize() for name in BANDS), "Carried"]
        rows = [
            [
                self.names.get(row["funder"], row["funder"]),
                self._money(row["balance_pence"]),
                *(self._money(row[name]) for name in BANDS.values()),
                self._money(row["carried_pence"]),
            ]
            for row in self.aged_table.to_pylist()
        ]
        return [f"  {line}" for line in aligned([heads, *rows], 1)]

    def _unmatched_lines(self) -> list[str]:
        return [
            f"    {self._money(row['unmatched_pence'])} of "
            + (f"receipt {row['receipt']}" if row["receipt"] else f"claim {row['claim_period']}")
            + f", {self.names.get(row['funder'], row['funder'])}: {REASONS[row['reason']]}"
            for row in self.unmatched_table.to_pylist()
        ]

    def as_dict(self) -> dict[str, Any]:
        """The reconciliation as plain data, for `--json`."""
        tables = ("aged", "account", "dues", "matches", "unmatched", "payment_times")
        return {
            "contract": self.contract,
            "on": self.on.isoformat(),
            "claim_period": self.claim_period,
            "asked_pence": self._asked_pence,
            "received_pence": self.received_pence,
            "paid_back_pence": self.paid_back_pence,
            "written_off_pence": _total(self.account_table, "written_off"),
            "open_pence": self.open_pence,
            "carried_pence": self.carried_pence,
            "receipts": self.receipts,
            "later_receipts": self.later_receipts,
            "refused_left_out": self.refused_left_out,
            **{name: plain_rows(getattr(self, f"{name}_table")) for name in tables},
        }

    def __repr__(self) -> str:
        is_open = f"{self._money(self.open_pence)} open"
        return f"<Reconciliation of {self.contract} on {self.on}: {is_open}>"

    def _repr_html_(self) -> str:
        return text_card(self.text)


def _total(table: pa.Table, name: str) -> int:
    return int(pc.sum(table[f"{name}_pence"]).as_py() or 0)


def reconcile(
    settlement: Settlement,
    receipts: Receipts,
    *,
    on: date | str,
    leave_out_refused: bool = False,
) -> Reconciliation:
    """What every funder paid of what it was asked for, as at the end of a day.

    Claims made by then count, and receipts of that day and before. A receipt that names a claim
    pays that one first, any other the oldest due first; what is over is carried. What several
    funders sent together is not split: they have one account, of the sums of what they owe, which
    its receipts pay after what each sent alone has paid what that one owes. What was paid back
    takes up what is carried, and the rest of it is open again; what was written off is open no
    more.

    Raises ReceiptError where receipts were refused, unless `leave_out_refused`, or are for another
    contract; SettlementError where no claim had been made by that day.
    """
    day = day_given(on, "on", ReceiptError)
    assert_usable(receipts, settlement.contract.contract, leave_out_refused)
    claims = _claims_made(settlement, day)
    by_then = receipts.received_by(day)
    sent = by_then.received_table["amount_pence"].to_pylist()
    dues, given_back = dues_and_credits(settlement.payments_table, claims, by_then.received_table)
    came = received(by_then.received_table, by_then.written_off_table)
    order = [funder.id for funder in settlement.funders.all]
    terms = settlement.contract.funders
    # Whoever sent money and is no funder of the contract has an account too: nothing is lost.
    paying = {due.funder for due in dues} | {one.funder for one in given_back}
    paying |= {funder for one in came for funder in members(one.funder, terms)}
    ordered = [*filter(paying.__contains__, order), *sorted(paying - set(order))]
    accounts = accounts_of(ordered, terms, dues, given_back, came, claims)
    left_over = _left_over(settlement)
    matches: list[Match] = []
    account: list[Entry] = []
    due_rows: list[tuple[Any, ...]] = []
    unmatched: list[tuple[Any, ...]] = []
    for one in accounts:
        found = entries(one.funder, one.asked, one.sent, claims, day)
        assert_balanced(found, one.dues, one.money)
        matches += one.matches
        account += found
        due_rows += [_due(due, day) for due in one.dues]
        of_nobody = "nothing_due" if {*one.members} & {*order} else "unknown_funder"
        over = "overpaid" if one.dues else of_nobody
        left = [credit for credit in one.money if credit.left_pence]
        unmatched += [_unmatched(one.funder, credit, over, claims, left_over) for credit in left]
    no_money = {None, *by_then.written_off_table["receipt"].to_pylist()}
    names = {funder.id: funder.name for funder in settlement.funders.all}
    told = {one.funder for one in accounts} | {one.funder for one in came}
    return Reconciliation(
        contract=settlement.contract.contract,
        currency=settlement.contract.currency,
        on=day,
        claim_period=claims[-1].claim_period,
        names=names | {funder: named(funder, names, terms) for funder in told - names.keys()},
        matches_table=rows_table(matches, MATCHES),
        dues_table=rows_table(due_rows, DUES),
        unmatched_table=rows_table(unmatched, UNMATCHED),
        account_table=rows_table(map(_entry, account), ACCOUNT),
        payment_times_table=payment_times(
            (due for one in accounts for due in one.dues), matches, no_money
        ),
        received_pence=by_then.total_pence,
        paid_back_pence=-sum(one for one in sent if one < 0),
        receipts=sum(one > 0 for one in sent),
        later_receipts=receipts.received_table.num_rows - len(sent),
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


def _due(due: Due, day: date) -> tuple[Any, ...]:
    """A row of the dues, as at the end of a day."""
    days = max((day - due.due_on).days, 0) if due.open_pence else 0
    amounts = (due.amount_pence, due.amount_pence - due.open_pence, due.open_pence)
    standing = band(days) if due.open_pence else "paid"
    return (due.funder, due.claim.claim_period, due.due_on, *amounts, days, standing)


def _claims_made(settlement: Settlement, day: date) -> list[Claimed]:
    """The claims made by a day. Raises SettlementError where there is none."""
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
    return claims


def _left_over(settlement: Settlement) -> set[tuple[str, str]]:
    """The funders and claims with up-front money that goes back."""
    payments = settlement.payments_table.to_pylist()
    return {(one["funder"], one["claim_period"]) for one in payments if one["kind"] == "returned"}


def _unmatched(
    account: str,
    credit: Credit,
    reason: str,
    claims: Sequence[Claimed],
    left_over: Collection[tuple[str, str]],
) -> tuple[Any, ...]:
    """A row of what is carried in an account, with the reason unless the credit has one of its own;
    `left_over` are the funders and claims with up-front money that goes back.
    """
    came = credit.amount_pence
    if credit.is_write_off:
        came, reason = 0, "not_open"
    elif credit.receipt is None:
        is_left_over = (credit.funder, credit.claim_period) in left_over
        came, reason = 0, "returned" if is_left_over else "given_back"
    elif credit.claim_period not in {None, *(claim.claim_period for claim in claims)}:
        reason = "claim_not_made"
    origin = (account, credit.receipt, credit.day, credit.claim_period)
    return (*origin, came, credit.left_pence, reason)


def _entry(one: Entry) -> tuple[Any, ...]:
    amounts = (one.opening_pence, one.due_pence, one.received_pence, one.written_off_pence)
    return (one.funder, one.claim_period, one.until, *amounts, one.closing_pence)
