"""A year end in the currency that the ledger is kept in, where that is not the contract's, and the
exchange difference.

Takes  a Year, its position, the rates of the ledger map, and the previous year end as filed.
Gives  the table EXCHANGE: what stands in both currencies, and what of it is of the year.
Keeps  what is owed in money is at the rate of the last day: the receivable, and what was earned and
       is not asked for. Up-front money stays at the rate of the day on which it was asked for, also
       where it is recovered or set off. The income of a claim is at the rate of its day. No rate is
       fetched, and none is of a later day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import pyarrow as pa

from impactbond.closing.filed import Filed
from impactbond.closing.inputs import Year
from impactbond.closing.ledger import Exchange
from impactbond.errors import Fault, YearEndError
from impactbond.money import CURRENCIES, half_up, rounded
from impactbond.settlement.schedule import RECOVERED, RETURNED, UP_FRONT
from impactbond.tables import rows_table, schema_of

# `ledger`, `filed` and `year` are minor units of the ledger's currency; a difference below nothing
# is a loss.
EXCHANGE = schema_of(
    *("funder", "item", "amount_pence", "ledger_pence", "filed_pence", "year_pence"),
)
OPEN, ACCRUED_ITEM = "receivable, less in advance", "earned, not asked for"
HELD, CAME, GIVEN_UP = "up-front and deferred", "received", "written off"
INCOME_ITEM, DIFFERENCE = "income to date", "exchange difference"


class Rates:
    """The rates of a ledger map: of a day, the newest that is not after it."""

    def __init__(self, exchange: Exchange, currency: str, last: date) -> None:
        self._days = [(one.from_, Fraction(one.is_)) for one in exchange.rates]
        # What one minor unit of the contract's currency is in minor units of the ledger's.
        decimals = CURRENCIES[exchange.currency].decimals - CURRENCIES[currency].decimals
        self._scale = Fraction(10) ** decimals
        self.last = last

    def missing(self, days: Iterable[date]) -> list[Fault]:
        """What is missing for some days, and for the last day, which has a rate of its own."""
        first = self._days[0][0]
        faults = [
            Fault(
                code="rate_missing",
                problem=f"the ledger map has no rate for {day}",
                hint="Give one under exchange: rates",
            )
            for day in sorted(set(days))
            if day < first
        ]
        if self.last not in [day for day, _ in self._days]:
            problem = f"the ledger map has no rate of {self.last} itself"
            hint = "Give the closing rate under exchange: rates"
            faults.append(Fault(code="rate_missing", problem=problem, hint=hint))
        return faults

    def on(self, day: date, pence: int) -> int:
        """An amount at the rate of a day, in minor units of the ledger's currency."""
        # The newest that is not after the day: no year end may use what nobody knew.
        rate = next(rate for since, rate in reversed(self._days) if since <= day)
        return rounded(pence * rate * self._scale, half_up)


def _by_day() -> dict[date, int]:
    return defaultdict(int)


@dataclass
class _Funder:
    """What one funder was asked for, gave and earned, by the day that says the rate. `asked` is by
    claims, with what they recovered and without what goes back.
    """

    up_front: dict[date, int] = field(default_factory=_by_day)
    asked: dict[date, int] = field(default_factory=_by_day)
    returned: dict[date, int] = field(default_factory=_by_day)
    ahead: dict[date, int] = field(default_factory=_by_day)
    received: dict[date, int] = field(default_factory=_by_day)
    written_off: dict[date, int] = field(default_factory=_by_day)
    recovered: int = 0


def exchange_table(year: Year, position: pa.Table, previous: Filed | None) -> pa.Table:
    """The table `exchange`; without rows where the ledger has the contract's currency.

    Raises YearEndError where a rate is missing, or the previous year end was in another currency.
    """
    exchange = None if year.ledger is None else year.ledger.exchange
    currency = "" if exchange is None else exchange.currency
    if previous is not None and previous.ledger_currency != currency:
        fault = Fault(
            file=previous.name,
            code="other_ledger_currency",
            problem="the year end before was kept in another currency",
            found=previous.ledger_currency or previous.currency,
            allowed=currency or year.terms.currency,
            hint="Give the exchange of the ledger map in every year, or in none",
        )
        raise YearEndError("The year end cannot be drawn up.", [fault])
    if exchange is None:
        return EXCHANGE.empty_table()
    rates = Rates(exchange, year.terms.currency, year.on)
    funders = _by_funder(year)
    days = (
        day
        for one in funders.values()
        for dated in (one.up_front, one.asked, one.returned, one.received, one.written_off)
        for day in dated
    )
    if faults := rates.missing(days):
        raise YearEndError("The year end cannot be drawn up in the ledger's currency.", faults)
    # Beside last year stands what was filed, not what its rates would say today: the difference of
    # a year is what it adds to that.
    filed = {} if previous is None else previous.exchange
    rows = []
    for row in position.to_pylist():
        for item, (pence, ledger) in _items(row, funders[row["funder"]], rates).items():
            was = filed.get((row["funder"], item), 0)
            rows.append((row["funder"], item, pence, ledger, was, ledger - was))
    return rows_table(rows, EXCHANGE)


def _items(row: Mapping[str, int], one: _Funder, rates: Rates) -> dict[str, tuple[int | None, int]]:
    """Every item of a funder in both currencies; a difference is in the ledger's alone."""

    def at(dated: Mapping[date, int]) -> int:
        return sum(rates.on(day, pence) for day, pence in dated.items())

    up_front, asked, given_back = at(one.up_front), at(one.asked), at(one.returned)
    came, given_up, ahead = at(one.received), at(one.written_off), at(one.ahead)
    in_all, back = sum(one.up_front.values()), -sum(one.returned.values())

    def historic(pence: int) -> int:
        return rounded(Fraction(pence * up_front, in_all), half_up) if in_all else 0

    # On the running total, so that all of it together is what was asked for.
    off = row["set_off_pence"]
    recovered = historic(one.recovered)
    returned = historic(one.recovered + back) - recovered
    # Recovered, gone back, set off, in this order, each the step of one running total.
    set_off = historic(one.recovered + back + off) - recovered - returned
    rest = row["unclaimed_pence"] - off - row["constrained_pence"]
    # Money that will come is worth what it would bring on the last day; what is held already is not
    # translated again.
    accrued = rates.on(rates.last, rest)
    open_ = row["receivable_pence"] - row["in_advance_pence"]
    closing = rates.on(rates.last, open_)
    carried = up_front + asked + given_back - came - given_up
    income = asked + recovered + set_off + accrued - ahead
    held = row["on_account_pence"] - off + row["ahead_pence"]
    return {
        OPEN: (open_, closing),
        ACCRUED_ITEM: (rest, accrued),
        HELD: (held, up_front - recovered - returned - set_off + ahead),
        CAME: (row["received_pence"], came),
        GIVEN_UP: (row["written_off_pence"], given_up),
        INCOME_ITEM: (row["earned_pence"], income),
        DIFFERENCE: (None, closing - carried + returned + given_back),
    }


def _by_funder(year: Year) -> dict[str, _Funder]:
    found = {funder.id: _Funder() for funder in year.funders}
    for one in year.asked:
        own = found[one.funder]
        kinds = {UP_FRONT: own.up_front, RETURNED: own.returned}
        # What claims recover is within what they ask for: only what goes back has a day and a rate
        # of its own.
        kinds.get(one.kind, own.asked)[one.asked_on] += one.amount_pence
        own.recovered -= one.amount_pence if one.kind == RECOVERED else 0
    for day, funder, _, pence in year.received:
        found[funder].received[day] += pence
    for day, funder, _, pence in year.written_off:
        found[funder].written_off[day] += pence
    claimed = year.claimed_on
    for outcome, pence in year.ahead_by_outcome.items():
        # What is deferred was asked for by its claim; what no claim holds yet is of the last day.
        found[outcome.funder].ahead[claimed.get(outcome[1:], year.on)] += pence
    return found
