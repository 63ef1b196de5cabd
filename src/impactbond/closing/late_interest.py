"""Statutory interest on what funders paid late, for those whose money is an exchange.

Takes  what every funder was asked for and what paid it; the reference rates of the ledger map.
Gives  the table INTEREST of receipts.
Keeps  it is claimed or not as the provider decides: it is in no journal and no other figure. A
       grant is no commercial debt, and nobody's nature is inferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pyarrow as pa

from impactbond.closing.aged import Matched
from impactbond.closing.inputs import Year
from impactbond.errors import Fault, ReceiptError, YearEndError
from impactbond.receipts.interest import INTEREST, Of, interest_on

EXCHANGE_NATURE = "exchange"


def interest_table(year: Year, found: Iterable[Matched]) -> pa.Table:
    """The table `interest`, to date; without rows where the ledger map gives no rates.

    Raises YearEndError for a debt for whose day there is no rate, and another currency than GBP.
    """
    ledger = year.ledger
    if ledger is None or not ledger.reference_rates:
        return INTEREST.empty_table()
    _assert_in_pounds(year.terms.currency)
    entries = {one.id: ledger.of(one.id) for one in year.funders}
    # The Act is about debts of an exchange: a grant that comes late bears no statutory interest.
    funders = [one for one, entry in entries.items() if entry and entry.nature == EXCHANGE_NATURE]
    dues, paid = _dues_and_paid(list(found))
    given = {one.from_: one.is_ for one in ledger.reference_rates}
    try:
        return interest_on(dues, paid, given, year.on, funders)
    except ReceiptError as error:
        raise YearEndError("Statutory interest cannot be worked out.", error.faults) from None


def _assert_in_pounds(currency: str) -> None:
    if currency != "GBP":
        fault = Fault(
            code="other_currency",
            problem="the Act on late payment is of the law of the United Kingdom",
            found=currency,
            allowed="GBP",
            hint="Take reference_rates out of the ledger map",
        )
        raise YearEndError("Statutory interest cannot be worked out.", [fault])


def _dues_and_paid(
    found: Sequence[Matched],
) -> tuple[list[tuple[Of, int, int]], list[tuple[Of, date, int]]]:
    """What was asked for, in all and still open; and what paid it, and when."""
    asked = (due for _, own, _, _ in found for due in own)
    matches = (match for *_, own in found for match in own)
    dues = [
        ((due.funder, due.claim.claim_period, due.due_on), due.amount_pence, due.open_pence)
        for due in asked
    ]
    paid = [
        ((one.funder, one.claim_period, one.due_on), one.received_on, one.amount_pence)
        for one in matches
    ]
    return dues, paid
