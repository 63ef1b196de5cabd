"""How to pay, on the cover and beside each payment of the sheet Remittance; nothing of it where the
contract does not say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from impactbond.statements.statement import Statement
from impactbond.statements.workbook.layout import Column, fitting
from impactbond.terms.payment_details import BankAccount, Details

# How many letters of 12 points the cover shows beside a label.
_ACROSS = 76


def paying_lines(statement: Statement) -> Iterator[tuple[str, str]]:
    """The lines of the cover, each with its label: who is paid into which account, and who pays."""
    about = statement.about
    how = about.how
    if not how:
        return
    yield "Payment terms", how.within
    if how.payee is not None:
        yield from _party("To be paid to", about.provider, how.payee)
    own = how.payers.get(about.funder or "")
    if own is not None:
        yield from _party("To be paid by", about.funder_name, own)


def _party(label: str, name: str, one: Details) -> Iterator[tuple[str, str]]:
    yield label, name
    yield from _told("Address", ", ".join(one.address))
    numbers = [f"{text}: {number}" for text, number in one.registered.items()]
    yield from _told("Numbers and contact", "; ".join(numbers))
    if one.bank is not None:
        yield from _told("Account", account_words(one.bank))


def _told(label: str, text: str) -> Iterator[tuple[str, str]]:
    """A text in as many lines as it takes; nothing where there is none."""
    for place, line in enumerate(wrap(text, _ACROSS)):
        yield "" if place else label, line


def account_words(bank: BankAccount) -> str:
    """Whose account it is, and its numbers."""
    numbers = [f"{name} {number}" for name, number in bank.numbers.items()]
    return f"{bank.account_name}: {', '.join(numbers)}"


def paying_columns(
    statement: Statement, funders: Sequence[str], pence: Sequence[int]
) -> tuple[Column, ...]:
    """For each payment the funder's purchase order and the account that it goes to."""
    how = statement.about.how
    orders = [how.order_of(funder) for funder in funders]
    accounts = [how.account_for(*one) for one in zip(funders, pence, strict=True)]
    told: dict[str, list[str | None]] = {"Purchase order": orders}
    told["Account name"] = [None if one is None else one.account_name for one in accounts]
    for name in ("Sort code", "Account number", "IBAN", "BIC"):
        told[name] = [None if one is None else one.numbers.get(name) for one in accounts]
    return tuple(
        Column(name.lower(), name, "identifier", fitting([name, *values], 10, 36), values)
        for name, values in told.items()
        if any(values)
    )
