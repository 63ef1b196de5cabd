"""Two years and the rest of a contract: whatever limits bind between a year end and its sign-off,
whatever comes late, is taken back or in dispute, and whichever version and currency: every check
holds, and the income of the years is, funder by funder, what the claims come to.

Unlike `test_year_ends.py`, which draws contracts of every kind, these are made so that there is
money at the year end that no claim holds yet.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from random import Random

import pandas as pd
from tests.spec.drawn_tables import contract_of, evidence_of, versions_of

import impactbond as ib
from impactbond.closing.year_end import YearEnd
from impactbond.contract.versions import Versions
from impactbond.evidence.evidence import Evidence
from impactbond.receipts.receipts import Receipts
from impactbond.settlement.funding import UNFUNDED

COUNT = int(os.environ.get("IMPACTBOND_YEARS", "3"))
LIMITS = (
    "{contract: whole, at_most: MONEY, beyond: unpaid}",
    "{contract: whole, at_most: MONEY, beyond: unpaid, first: in proportion}",
    "{contract: whole, at_most: MONEY, each: year, beyond: next year}",
    "{contract: whole, at_most: MONEY, each: year, beyond: unpaid}",
    "{funder: council, at_most: MONEY, beyond: {funder: trust}}",
    "{funder: council, at_most: MONEY, beyond: unpaid}",
    "{funder: council, at_most: commitment, beyond: unpaid}",
    "{funder: trust, at_most: MONEY, each: year, beyond: unpaid}",
    "{milestone: consent, at_most: 4 claims, beyond: unpaid}",
    "{milestone: consent, only: {borough: [north]}, at_most: 50% of claims, beyond: unpaid}",
    "{milestone: consent, at_most: 3 participants, beyond: unpaid}",
)
MADE = ("1 month", "1 month", "0 days", "45 days")


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
    limits.sort(key=lambda one: one.startswith("{funder"))  # those on the whole stand first
    share = draw.choice(("1/3", "1/2", "2/7", "100%"))
    shares = {"1/3": "trust: 2/3", "1/2": "trust: 1/2", "2/7": "trust: 5/7", "100%": ""}[share]
    both = ", ".join(filter(None, (f"council: {share}", shares)))
    fee = "fees: {standing: {kind: standing charge, pay: 30, on: [2017-12-15, 2018-02-15]}}"
    result = "results: {reached: {measure: {claims: consent}, pays: {each: 1, pays: 7}}}"
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
            *draw.sample((fee, result), draw.choice((0, 0, 1, 2))),
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


def settled_by_funder(contract: Versions, evidence: Evidence, as_of: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in ib.settle(contract, evidence, as_of=as_of).shares_table.to_pylist():
        if row["funder"] != UNFUNDED:
            found[row["funder"]] = found.get(row["funder"], 0) + row["amount_pence"]
    return found


def years_of(seed: int) -> list[YearEnd]:
    """Two year ends and one after everything, each on what was filed before."""
    draw = Random(seed)
    currency = draw.choice(("GBP", "GBP", "GBP", "JPY"))
    terms = terms_of(draw, currency)
    contract = Versions.of(contract_of(terms))
    if draw.random() < 0.4:
        contract = versions_of(terms, amendment_of(draw, draw.randrange(40, 160)))
    evidence = evidence_of(evidence_rows(draw), contract)
    receipts = receipts_of(draw, contract)
    first = date(2017, 10, 20) + timedelta(days=draw.randrange(80))
    found: list[YearEnd] = []
    for on in (first, first + timedelta(days=draw.randrange(20, 150)), date(2019, 6, 30)):
        sign_off = on + timedelta(days=draw.choice((0, 30, 60, 120)))
        previous = found[-1] if found else None
        year = ib.year_end(
            contract, evidence, on=on, evidence_to=sign_off, receipts=receipts, previous=previous
        )
        assert not year.failed, (seed, str(on), year.failed)
        found.append(year)
    income: dict[str, int] = {}
    for year in found:
        for row in year.tables["income"].to_pylist():
            income[row["funder"]] = income.get(row["funder"], 0) + row["income_pence"]
    settled = settled_by_funder(contract, evidence, "2019-06-30")
    of_all = {*income, *settled}
    assert {one: income.get(one, 0) for one in of_all} == {
        one: settled.get(one, 0) for one in of_all
    }, seed
    return found


def test_income_of_the_years_is_what_the_claims_come_to() -> None:
    drawn = [years_of(seed) for seed in range(COUNT)]
    unclaimed = [any(year.total("position", "unclaimed") for year in years[:2]) for years in drawn]
    # A draw in which little is unclaimed would show little.
    assert 2 * sum(unclaimed) >= COUNT
