"""An investor's dated schedule: what is called, what comes back, and from which money.

Takes  a contract with investment terms; what its funders paid, by day, or a settlement; what the
       measures of its classes came to, and when that was known.
Gives  an InvestorSchedule: every flow of every investor and class, the account of the money that
       was there, and what each class was owed and got.
Keeps  money that came in is money that went out: recycled, fees, investors, surplus, or left over.

And what the measures of an investment's classes came to, and when that was known.

Takes  what was given by name, and a settlement where there is one.
Gives  for every class the days on which its measure became known, each with an exact share.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.dates import day_given
from impactbond.errors import Fault, InvariantError, SettlementError
from impactbond.investment.investor_schedule import (
    AccountEntry,
    InvestorFlow,
    InvestorSchedule,
)
from impactbond.investment.waterfall import (
    ClassAccount,
    committed_pence,
    for_repayment,
    repay,
    split_among_investors,
)
from impactbond.money import parse_share
from impactbond.settlement.settlement import Settlement
from impactbond.terms.investment import Investment

Received = Settlement | Mapping[date, int]


def investor_schedule(
    contract: Contract,
    received: Received,
    *,
    measured: Mapping[str, Measured] | None = None,
    until: date | str | None = None,
    principal_from: date | str | None = None,
    fees: Mapping[date, int] | None = None,
) -> InvestorSchedule:
    """What an investment pays and gets, dated, from what funders paid.

    `received` is a settlement, whose payments are taken on their due days, or minor units by day.
    `measured` says what the measure or result of a class came to, by name: an exact share such as
    Fraction(3, 5) or "60%" for all of the time, or one for each day on which it became known. From
    a settlement what its results measured is taken where it is not given. `until` closes the
    account: by default the last day on which anything is called, received or known.
    `principal_from` keeps principal back until a day, as a bond's maturity does. `fees` are paid
    from what is received before investors are.

    Everything is paid as soon as it is there and owed: to the ranks in their order, within a rank
    in proportion to what is owed, returns before principal. When the account closes, whoever
    protects a share of principal makes good what did not come back of it, and what was earned above
    a cap goes to whom the terms name, as far as money is left.

    Raises SettlementError listing everything that is missing or cannot be used.
    """
    investment = _investment(contract)
    receipts = _receipts(received)
    known = known_measures(contract, received, measured or {})
    costs = _whole_by_day(fees or {}, "fees")
    ends = _day(until, "until") or _last_day(investment, receipts, known, costs)
    late = [day for day in (*receipts, *costs) if day > ends]
    if late:
        raise _refused(
            "after_the_end",
            f"money comes or goes after the account closes on {ends}",
            found=f"{max(late)}",
            hint="Give a later day: until=",
        )
    accounts = [
        ClassAccount(
            name, term, contract, known[name], _day(principal_from, "principal_from"), ends
        )
        for name, term in investment.classes.items()
    ]
    return _Course(contract, investment, accounts, receipts, costs, ends).run()


class _Course:
    """An investment, gone through day by day."""

    def __init__(
        self,
        contract: Contract,
        investment: Investment,
        accounts: list[ClassAccount],
        receipts: Mapping[date, int],
        fees: Mapping[date, int],
        ends: date,
    ) -> None:
        self.contract, self.investment, self.ends = contract, investment, ends
        self.accounts = {one.name: one for one in accounts}
        self.receipts, self.fees = receipts, fees
        self.flows: list[InvestorFlow] = []
        self.entries: list[AccountEntry] = []
        self.there = self.fees_open = 0
        self.split: dict[tuple[str, str], dict[str, int]] = {}
        self.total: dict[tuple[str, str], int] = {}

    def run(self) -> InvestorSchedule:
        days = {*self.receipts, *self.fees, self.ends}
        for one in self.accounts.values():
            days |= {day for day, _ in one.calls} | one.days_due
        for day in sorted(day for day in days if day <= self.ends):
            self._call(day)
            self._receive(day)
            self._pay_fees(day)
            self._repay(day)
        self._make_good()
        self._hand_on()
        if sum(entry.pence for entry in self.entries):
            raise InvariantError("the money of an investment does not add up")
        ended = {name: one.owed(self.ends) for name, one in self.accounts.items()}
        return InvestorSchedule(
            self.contract, self.ends, tuple(self.flows), tuple(self.entries), ended
        )

    def _call(self, day: date) -> None:
        for name, one in self.accounts.items():
            for on, pence in one.calls:
                if on == day:
                    one.draw(day, pence)
                    self._flow(day, name, "called", -pence)

    def _receive(self, day: date) -> None:
        came = self.receipts.get(day, 0)
        if not came:
            return
        kept = for_repayment(self.investment, came, day) if came > 0 else came
        self._entry(day, "received", "", came)
        self._entry(day, "recycled", "", kept - came)
        self.there += kept

    def _pay_fees(self, day: date) -> None:
        self.fees_open += self.fees.get(day, 0)
        paid = min(self.fees_open, max(0, self.there))
        self._entry(day, "fees", "", -paid)
        self.fees_open -= paid
        self.there -= paid

    def _repay(self, day: date) -> None:
        if self.there <= 0:
            return
        owed = {name: one.owed(day) for name, one in self.accounts.items()}
        for name, pence in repay(self.investment, self.there, owed).items():
            if not pence:
                continue
            returns, principal = self.accounts[name].pay(day, pence)
            self._flow(day, name, "return", returns)
            self._flow(day, name, "principal", principal)
            self._entry(day, "investors", name, -pence)
            self.there -= pence

    def _make_good(self) -> None:
        for name, one in self.accounts.items():
            protected = one.term.protected
            if protected is not None:
                pence = one.made_good(protected.principal)
                self._flow(self.ends, name, "made good", pence)

    def _hand_on(self) -> None:
        """What was earned above a cap to whom the terms name, and what is left to the provider."""
        for one in self.accounts.values():
            if one.term.surplus_to is not None:
                pence = min(max(0, self.there), one.surplus(self.ends))
                self._entry(self.ends, "surplus", one.term.surplus_to, -pence)
                self.there -= pence
        self._entry(self.ends, "left", "", -self.there)

    def _flow(self, day: date, name: str, kind: str, pence: int) -> None:
        """An amount of a class cut among its investors on its running total, so that no penny is
        ever more than a penny from its share.
        """
        if not pence:
            return
        key = (name, kind)
        before = self.split.get(key, {})
        self.total[key] = self.total.get(key, 0) + pence
        term = self.accounts[name].term
        now = split_among_investors(self.contract, term, self.total[key])
        self.split[key] = now
        for investor, sum_ in now.items():
            own = sum_ - before.get(investor, 0)
            if own:
                self.flows.append(InvestorFlow(day, name, investor, kind, own))

    def _entry(self, day: date, kind: str, who: str, pence: int) -> None:
        if pence:
            self.entries.append(AccountEntry(day, kind, who, pence))


def _investment(contract: Contract) -> Investment:
    if contract.investment is None:
        raise _refused(
            "no_investment",
            f"the contract {contract.contract} has no investment",
            hint="Add its terms: investment, with investors, classes and repaid",
        )
    for name, term in contract.investment.classes.items():
        if not committed_pence(contract, term):
            raise _refused("nothing_committed", f"nobody commits anything to the class '{name}'")
    return contract.investment


def _receipts(received: Received) -> dict[date, int]:
    if not isinstance(received, Settlement):
        return _whole_by_day(received, "received")
    rows = received.payments_table.select(["due_on", "amount_pence"]).to_pylist()
    sums: dict[date, int] = {}
    for row in rows:
        sums[row["due_on"]] = sums.get(row["due_on"], 0) + row["amount_pence"]
    return sums


def _whole_by_day(given: Mapping[Any, Any], name: str) -> dict[date, int]:
    """Minor units by day as they were given to an argument of that name."""
    faults, found = [], dict[date, int]()
    for day, pence in given.items():
        if type(day) is not date:
            problem, told = f"{name}= has a key that is no day", f"a {type(day).__name__}"
        elif type(pence) is not int:
            problem = f"{name}= has no whole number of minor units on {day}"
            told = f"a {type(pence).__name__}"
        else:
            found[day] = pence
            continue
        hint = "Write datetime.date(2017, 1, 31): 1050 for 10.50"
        faults.append(Fault(code="not_whole", problem=problem, found=told, hint=hint))
    if faults:
        raise SettlementError("The schedule cannot be made.", faults)
    return found


def _day(given: date | str | None, name: str) -> date | None:
    return None if given is None else day_given(given, name, SettlementError)


def _last_day(
    investment: Investment,
    receipts: Iterable[date],
    known: Mapping[str, Any],
    fees: Iterable[date],
) -> date:
    called = [one.on for term in investment.classes.values() for one in term.drawn]
    learnt = [day for own in known.values() for day, _ in own]
    last: date = max([*called, *receipts, *learnt, *fees])
    return last


def _refused(code: str, problem: str, found: str = "", hint: str = "") -> SettlementError:
    fault = Fault(code=code, problem=problem, found=found, hint=hint)
    return SettlementError("The schedule cannot be made.", [fault])


Share = Fraction | int | str
Measured = Share | Mapping[date, Share]
_ALWAYS = date.min


def known_measures(
    contract: Contract, received: Any, given: Mapping[str, Measured]
) -> dict[str, list[tuple[date, Fraction | None]]]:
    """Each class with the days, in order, from which its measure is known to be so much.

    Raises SettlementError listing every measure that is neither given nor in the settlement, and
    everything given that cannot be used.
    """
    assert contract.investment is not None
    classes = contract.investment.classes
    wanted = {name: str(term.measured) for name, term in classes.items()}
    faults = list(_check(given, set(wanted.values())))
    found = {}
    for name, measure in wanted.items():
        if measure in given:
            found[name] = _given(measure, given[measure], faults)
        else:
            found[name] = _settled(contract, received, measure)
            if not found[name]:
                faults.append(
                    Fault(
                        code="not_measured",
                        problem=f"nothing says what '{measure}' came to, which the class '{name}'"
                        " rests on",
                        hint=f'Give it: measured={{"{measure}": "60%"}}, or with the days on which'
                        " it became known",
                    )
                )
    if faults:
        raise SettlementError("The schedule cannot be made.", faults)
    return found


def _check(given: Mapping[str, Measured], wanted: set[str]) -> Iterator[Fault]:
    for name in given:
        if name not in wanted:
            problem, allowed = f"no class rests on '{name}'", ", ".join(sorted(wanted))
            yield Fault(code="unknown_measure", problem=problem, allowed=allowed)


def _given(name: str, value: Measured, faults: list[Fault]) -> list[tuple[date, Fraction | None]]:
    dated = value if isinstance(value, Mapping) else {_ALWAYS: value}
    found: list[tuple[date, Fraction | None]] = []
    for day, share in dated.items():
        exact = _exact(share)
        if exact is None or type(day) is not date:
            hint = 'Write Fraction(3, 5), "60%" or "3/5"; no float holds a share'
            problem = f"what '{name}' came to cannot be used"
            kind = type(share if exact is None else day).__name__
            faults.append(Fault(code="no_share", problem=problem, found=f"a {kind}", hint=hint))
        else:
            found.append((day, exact))
    return sorted(found)


def _exact(share: object) -> Fraction | None:
    if isinstance(share, Fraction) or type(share) is int:
        return Fraction(share)
    if not isinstance(share, str):
        return None
    try:
        # A reduction may be below nothing: results can be worse than elsewhere.
        sign, text = (-1, share.strip()[1:]) if share.strip().startswith("-") else (1, share)
        return sign * parse_share(text)
    except ValueError:
        return None


def _settled(contract: Contract, received: Any, measure: str) -> list[tuple[date, Fraction | None]]:
    """What the results of a settlement measured: of the result of that name, or of the first that
    measures it for everybody; at each claim date the latest period.
    """
    if not isinstance(received, Settlement):
        return []
    named = (
        name
        for name, result in contract.results.items()
        if name == measure or (result.measure == measure and not result.each)
    )
    chosen = next(named, None)
    own = [one for one in received.measured_results if (one.result, one.group) == (chosen, "")]
    # Of several periods at one claim date the last stands.
    return list({one.claim_date: one.measured for one in own}.items())
