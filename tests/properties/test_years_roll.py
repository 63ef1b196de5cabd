"""Two years and the rest of a contract: whatever limits bind between a year end and its sign-off,
whatever comes late, is taken back or in dispute, and whichever version and currency: every check
holds, and the income of the years is, funder by funder, what the claims come to.

Unlike `test_year_ends.py`, which draws contracts of every kind, these are made so that there is
money at the year end that no claim holds yet. What was drawn is counted: `python -m tests.long
year-ends` draws a thousand and tells how often each thing was among them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from tests.spec.drawn_tables import contract_of, evidence_of, versions_of

import impactbond as ib
from impactbond.closing.closing_cut import known_at
from impactbond.closing.ledger import Agent, Exchange, Ledger
from impactbond.closing.year_end import YearEnd
from impactbond.contract.versions import Versions
from impactbond.dialect import Engine
from impactbond.evidence.evidence import Evidence
from impactbond.money import major_units
from impactbond.receipts.receipts import Receipts
from impactbond.settlement.funding import UNFUNDED
from impactbond.settlement.schedule import ON_ACCOUNT
from impactbond.settlement.settlement import Settlement

FIRST = int(os.environ.get("IMPACTBOND_YEARS_FROM", "0"))
COUNT = int(os.environ.get("IMPACTBOND_YEARS", "3"))
LAST = date(2019, 6, 30)
# Limits on the whole stand before those on one funder: they are drawn in that order.
LIMITS = (
    "{contract: whole, at_most: MONEY, beyond: unpaid}",
    "{contract: whole, at_most: MONEY, beyond: unpaid, first: in proportion}",
    "{contract: whole, at_most: MONEY, each: year, beyond: next year}",
    "{contract: whole, at_most: MONEY, each: year, beyond: unpaid}",
    "{funder: council, at_most: MONEY, beyond: {funder: trust}}",
    "{funder: council, at_most: MONEY, beyond: {funder: trust}}",
    "{funder: council, at_most: MONEY, beyond: unpaid}",
    "{funder: council, at_most: commitment, beyond: unpaid}",
    "{funder: trust, at_most: MONEY, each: year, beyond: unpaid}",
    "{milestone: consent, at_most: 4 claims, beyond: unpaid}",
    "{milestone: consent, only: {borough: [north]}, at_most: 50% of claims, beyond: unpaid}",
    "{milestone: consent, at_most: 3 participants, beyond: unpaid}",
)
MADE = ("1 month", "1 month", "0 days", "45 days")
FEE = "fees: {standing: {kind: standing charge, pay: 30, on: [2017-12-15, 2018-02-15]}}"
RESULT = "results: {reached: {measure: {claims: consent}, pays: {each: 1, pays: 7}}}"
TRANCHE = (
    "tranches: {start: {pay: MONEY, on: DAY, by: {council: 100%}, recovered: {at: 1/2}LEFT_OVER}}"
)
LEDGER = """
accounts: {receivable: "1100", accrued: "1105", up_front: "2115", in_advance: "2116",
           income: "4105", bad_debt: "7100", passed_on: "2200", exchange: "7900"}
funders:
  council: {nature: exchange}
  lottery: {nature: grant}
  trust: {nature: grant}
  school: {nature: exchange}
"""


def money(draw: Random, least: int, most: int) -> str:
    """An amount that every currency here has."""
    return f"{draw.randrange(least, most)}"


def terms_of(draw: Random, currency: str) -> str:
    decimals = "" if currency == "JPY" else f".{draw.randrange(100):02d}"
    price = f"{100 + draw.randrange(9)}{decimals}"
    limits = [
        draw.choice(LIMITS).replace("MONEY", money(draw, 90, 500) + decimals)
        for _ in range(draw.choice((1, 1, 2)))
    ]
    # One of a kind: two limits on the same thing are refused.
    limits = list({one.split(",")[0] + ("each" in one) * "each": one for one in limits}.values())
    limits.sort(key=lambda one: (one.startswith("{funder"), one.startswith("{funder: trust")))
    share = draw.choice(("1/3", "1/2", "2/7", "100%"))
    shares = {"1/3": "trust: 2/3", "1/2": "trust: 1/2", "2/7": "trust: 5/7", "100%": ""}[share]
    both = ", ".join(filter(None, (f"council: {share}", shares)))
    left_over = draw.choice(("", ", left_over: returned"))
    day = date(2017, 1, 20) + timedelta(days=draw.randrange(400))
    tranche = TRANCHE.replace("MONEY", money(draw, 30, 90)).replace("DAY", str(day))
    tranche = tranche.replace("LEFT_OVER", left_over)
    commits = "[{from: 2017-01-01, amount: 150}, {from: 2018-01-10, amount: 400}]"
    return "\n".join(
        [
            f"currency: {currency}",
            f"funders: {{council: {{commits: {commits}}}}}",
            f"calendar: {{claims: {{every: quarter, made: {draw.choice(MADE)} after the period}}}}",
            "milestones:",
            f"  consent: {{when: {{observed: consent, in: year one}}, price: {price}}}",
            f"funding: [{{for: every milestone, shares: {{{both}}}}}]",
            f"limits: [{', '.join(limits)}]",
            *draw.sample((FEE, RESULT, tranche), draw.choice((0, 1, 1, 2))),
        ]
    )


def amendment_of(draw: Random, price: int) -> str:
    signed = date(2017, 10, 1) + timedelta(days=draw.randrange(160))
    effective = signed + timedelta(days=draw.randrange(60))
    version = f"{{number: 2, kind: amendment, signed_on: {signed}, effective_on: {effective}}}"
    price_ = f"{{consent: {{when: {{observed: consent, in: year one}}, price: {price}}}}}"
    return f"version: {version}\nmilestones: {price_}\n"


def evidence_rows(draw: Random) -> str:
    """Consents around the year end, of which some come late, some are taken back or in dispute."""
    rows = []
    for number in range(1, draw.randrange(5, 11)):
        on = date(2017, 8, 1) + timedelta(days=draw.randrange(210))
        known = on + timedelta(days=draw.choice((0, 0, 5, 40, 80, 150)))
        standing = draw.choice(("", "", "", "", "disputed"))
        child, ref = f"c{number}", f"r{number}"
        rows.append(f"{child} | consent | {on} | {known} | yes | {ref} | | {standing}")
        if draw.random() < 0.35:
            again = known + timedelta(days=draw.randrange(1, 200))
            status = draw.choice(("withdrawn", "withdrawn", "", "disputed"))
            value = "no" if not status and draw.random() < 0.5 else "yes"
            rows.append(f"{child} | consent | {on} | {again} | {value} | {ref}b | {ref} | {status}")
    head = "child | metric | on | recorded | value | ref | replaces | status"
    children = [
        f"c{number} | 2017-07-01 | Elm | {draw.choice(('north', 'south'))}"
        for number in range(1, 11)
    ]
    people = "\n".join(["child | start | school | borough", *children])
    return people + "\n---\n" + "\n".join([head, *rows])


def receipts_of(draw: Random, contract: Versions) -> Receipts:
    rows = [
        {
            "receipt": f"R{number}",
            "funder": draw.choice(("council", "trust")),
            "received_on": str(date(2017, 10, 1) + timedelta(days=draw.randrange(500))),
            "amount": str(draw.randrange(1, 200)),
            "kind": draw.choice(("received", "received", "refund", "write-off")),
        }
        for number in range(draw.randrange(6))
    ]
    names = ("receipt", "funder", "received_on", "amount", "kind")
    frame = pd.DataFrame({name: [row[name] for row in rows] for name in names}, dtype="object")
    return ib.read_receipts(frame, contract.whole)


def ledger_of(draw: Random, contract: Versions, folder: Path) -> Ledger:
    """A ledger map, half the time with what the provider does not count as earned."""
    text = LEDGER
    if draw.random() < 0.5:
        since = date(2017, 10, 1) + timedelta(days=draw.randrange(200))
        until = since + timedelta(days=draw.randrange(1, 300))
        amount = draw.randrange(1, 60)
        held = f"{{funder: council, amount: {amount}, since: {since}, until: {until}, reason: All}}"
        text += f"constraints: [{held}]\n"
    path = folder / "ledger.yaml"
    path.write_text(text, "utf-8")
    return ib.read_ledger(path, contract.whole)


def abroad_or_agent(draw: Random, ledger: Ledger, world: World) -> dict[str, object]:
    """What of a ledger map says, three times in ten each, that it is kept in another currency, or
    that the provider is an agent of the council's.
    """
    kind = draw.random()
    if kind < 0.3:
        days = {date(2016, 1, 1), LAST, *(on for on, _ in world.ends)}
        days |= {date(2017, 1, 1) + timedelta(days=draw.randrange(900)) for _ in range(6)}
        rates = [
            {"from": day, "is": Decimal(draw.randrange(5000, 9999)) / 10000} for day in sorted(days)
        ]
        other = draw.choice([one for one in ("GBP", "EUR", "JPY", "KWD") if one != world.currency])
        return {"exchange": Exchange.model_validate({"currency": other, "rates": rates})}
    if kind < 0.6:
        agent = Agent.model_validate({"keeps": draw.choice(("1/3", "15%", "2/7", "100%"))})
        council = ledger.funders["council"].model_copy(update={"agent": agent})
        return {"funders": {**ledger.funders, "council": council}}
    return {}


def by_funder(settlement: Settlement) -> dict[str, int]:
    """What the claims come to, without what nobody pays."""
    found: dict[str, int] = {}
    for row in settlement.shares_table.to_pylist():
        if row["funder"] != UNFUNDED:
            found[row["funder"]] = found.get(row["funder"], 0) + row["amount_pence"]
    return found


def trial_balance_of(
    settlement: Settlement, receipts: Receipts, previous: YearEnd, folder: Path
) -> Path:
    """What a ledger shows that posted the claims and the receipts, and closed the earlier years:
    from the settlement and the receipts, and not from what a year end makes of them.
    """
    payments = settlement.payments_table.to_pylist()
    asked = sum(row["amount_pence"] for row in payments)
    on_account = sum(row["amount_pence"] for row in payments if row["kind"] in ON_ACCOUNT)
    received = sum(receipts.received_table["amount_pence"].to_pylist())
    written_off = sum(receipts.written_off_table["amount_pence"].to_pylist())
    # What an agent passes on was no income of the years that are closed.
    own = previous.total("position", "earned") - previous.total("position", "passed_on")
    closed = own, previous.total("position", "written_off")
    balances = {
        "1100": asked - received - written_off,
        "2115": -on_account,
        "4105": closed[0] - sum(by_funder(settlement).values()),
        "7100": written_off - closed[1],
    }
    rows = ["account,debit,credit"]
    for code, pence in balances.items():
        told = f"{major_units(abs(pence), settlement.contract.currency):f}"
        rows.append(f"{code},{told},0" if pence > 0 else f"{code},0,{told}")
    path = folder / "trial_balance.csv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


class World:
    """One drawn contract, what came of it, and the days on which its years end."""

    def __init__(self, seed: int, folder: Path) -> None:
        draw, self.seed, self.folder = Random(seed), seed, folder
        # One in twenty on the engine that files are read by, which takes four times as long.
        self.engine: Engine = "duckdb" if seed % 20 == 19 else "polars"
        self.currency = draw.choice(("GBP", "GBP", "EUR", "JPY", "KWD"))
        terms = terms_of(draw, self.currency)
        self.contract = Versions.of(contract_of(terms))
        if draw.random() < 0.4:
            self.contract = versions_of(terms, amendment_of(draw, draw.randrange(40, 160)))
        self.rows = evidence_rows(draw)
        self.evidence: Evidence = evidence_of(self.rows, self.contract)
        self.receipts = receipts_of(draw, self.contract)
        self.ledger = ledger_of(draw, self.contract, folder)
        first = date(2017, 10, 20) + timedelta(days=draw.randrange(80))
        second = first + timedelta(days=draw.randrange(20, 150))
        self.ends = [
            (on, on + timedelta(days=draw.choice((0, 30, 60, 120))))
            for on in draw.choice(((first, second), (first,)))
        ]
        self.ledger = self.ledger.model_copy(update=abroad_or_agent(draw, self.ledger, self))

    def years(self) -> list[YearEnd]:
        """The year ends, each on what was filed before, and one after everything."""
        settled = ib.settle(self.contract, self.evidence, as_of=LAST, engine=self.engine)
        found: list[YearEnd] = []
        for on, sign_off in (*self.ends, (LAST, LAST)):
            previous = found[-1] if found else None
            tied = None
            if on == LAST:
                assert previous is not None
                tied = trial_balance_of(settled, self.receipts, previous, self.folder)
            year = self._year(on, sign_off, previous, tied)
            assert not year.failed, (self.seed, str(on), year.failed)
            found.append(year)
        income: dict[str, int] = {}
        for year in found:
            for row in year.tables["income"].to_pylist():
                whole = row["income_pence"] - row["passed_on_pence"]
                income[row["funder"]] = income.get(row["funder"], 0) + whole
        claimed = by_funder(settled)
        of_all = {*income, *claimed}
        assert {one: income.get(one, 0) for one in of_all} == {
            one: claimed.get(one, 0) for one in of_all
        }, self.seed
        return found

    def _year(
        self, on: date, sign_off: date, previous: YearEnd | None, tied: Path | None
    ) -> YearEnd:
        def drawn_up() -> YearEnd:
            return ib.year_end(
                self.contract,
                self.evidence,
                on=on,
                evidence_to=sign_off,
                receipts=self.receipts,
                previous=previous,
                ledger=self.ledger,
                trial_balance=tied,
                engine=self.engine,
            )

        try:
            return drawn_up()
        except ib.YearEndError as error:
            # What is constrained is never more than was earned: refused, and the year goes without.
            if [fault.code for fault in error.faults] != ["constraint_too_large"]:
                raise
            self.ledger = self.ledger.model_copy(update={"constraints": ()})
            return drawn_up()

    def held(self, years: list[YearEnd]) -> Iterator[str]:
        """What of the things that matter this world had."""
        before = years[:-1]
        layers = {one for year in before for one in year.tables["cut_off"]["layer"].to_pylist()}
        parts = {
            name
            for year in years[1:]
            for name in ("late", "taken_back", "moved")
            if any(year.tables["income"][f"{name}_pence"].to_pylist())
        }
        yield from (f"in the cut: {one}" for one in layers)
        yield from (f"in the income: {one} of earlier years" for one in parts)
        for name, table, column in (
            ("money that is not claimed", "position", "unclaimed"),
            ("a constraint by the provider's figure", "position", "constrained"),
            ("up-front money", "up_front", "amount"),
            ("up-front money set off", "position", "set_off"),
            ("something withheld", "withheld", "withheld"),
            ("something another funder took over", "withheld", "moved"),
            ("what an agent passes on", "position", "passed_on"),
            ("an exchange difference", "exchange", "ledger"),
            ("a refund", "position", "refunded"),
            ("a write-off", "position", "written_off"),
            ("a fee", "income", "fees"),
        ):
            if any(
                one for year in before for one in year.tables[table][f"{column}_pence"].to_pylist()
            ):
                yield name
        if any(self._binds_between(year) for year in before):
            yield "a limit that binds while outcomes come between year end and sign-off"
        if any(self._disputed_by(year) for year in before):
            yield "evidence in dispute at the sign-off"
        if len(self.contract.all) > 1:
            yield "two versions"
            if any(len(known_at(self.contract, *day).all) > 1 for day in self.ends):
                yield "a second version that a year end knows"
        if self.currency != "GBP":
            yield f"money in {self.currency}"
        if len(before) == 2:
            yield "three years"
        if any(year.later != (0, 0) for year in before):
            yield "evidence after the sign-off that changes what was unclaimed"

    def _observed(self, year: YearEnd) -> list[dict[str, object]]:
        return [
            row
            for row in self.evidence.observations_table.to_pylist()
            if row["recorded_on"] <= year.evidence_to
        ]

    def _binds_between(self, year: YearEnd) -> bool:
        between = any(
            str(year.on) < str(row["observed_on"]) <= str(year.evidence_to)
            for row in self._observed(year)
        )
        return between and any(year.tables["withheld"]["withheld_pence"].to_pylist())

    def _disputed_by(self, year: YearEnd) -> bool:
        return any(
            row["status"] == "disputed" and str(row["observed_on"]) <= str(year.on)
            for row in self._observed(year)
        )


# What the thousand have to hold often enough that a fault of it would show.
OFTEN = (
    "in the cut: in hand at year end",
    "in the cut: arrived by sign-off",
    "in the cut: taken back by sign-off",
    "in the income: late of earlier years",
    "in the income: taken_back of earlier years",
    "money that is not claimed",
    "a constraint by the provider's figure",
    "up-front money set off",
    "something withheld",
    "something another funder took over",
    "a limit that binds while outcomes come between year end and sign-off",
    "evidence in dispute at the sign-off",
    "a second version that a year end knows",
    "money in JPY",
    "money in KWD",
    "what an agent passes on",
    "an exchange difference",
    "a refund",
    "a write-off",
    "a fee",
)


def test_income_of_the_years_is_what_the_claims_come_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    had: Counter[str] = Counter()
    for number, seed in enumerate(range(FIRST, FIRST + COUNT), 1):
        world = World(seed, tmp_path)
        years = world.years()
        had.update(
            {
                "contracts": 1,
                "year ends": len(years),
                "checks": sum(year.tables["checks"].num_rows for year in years),
            }
        )
        had.update(world.held(years))
        if COUNT >= 50 and number % 25 == 0:
            with capsys.disabled():
                print(f"\n{dict(had.most_common())}", flush=True)
    # A draw in which little is unclaimed would show little.
    assert 2 * had["money that is not claimed"] >= COUNT
    if COUNT >= 100:
        assert {name for name in OFTEN if 50 * had[name] < COUNT} == set()
