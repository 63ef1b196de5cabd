"""The checks of a year end: every sum found twice.

Takes  a Year and its tables, and the previous year end as filed.
Gives  the table CHECKS: what is compared, for whom, both figures, and whether it holds.
Keeps  a difference is shown, never plugged.

And what of a year end deserves a look, though it stops nothing.

Takes  what came late, the previous year end, the ledger map, up-front money, a trial balance.
Gives  sentences for the text, the cover and `--json`.
Keeps  they are told and filed nowhere: what came after the sign-off changes no year end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.closing.beside import open_by_funder
from impactbond.closing.exchange import (
    ACCRUED_ITEM,
    CAME,
    DIFFERENCE,
    GIVEN_UP,
    HELD,
    INCOME_ITEM,
    OPEN,
)
from impactbond.closing.filed import Filed
from impactbond.closing.inputs import Year
from impactbond.closing.journals import (
    ACCRUED,
    IN_ADVANCE,
    INCOME,
    RECEIVABLE,
    UP_FRONT_ACCOUNT,
    balances,
)
from impactbond.closing.sums import summed
from impactbond.money import minor_units, show
from impactbond.settlement.funding import UNFUNDED
from impactbond.settlement.schedule import ON_ACCOUNT
from impactbond.tables import rows_table, schema_of
from impactbond.terms.words import counted

CHECKS = schema_of("check", "of", "one_pence", "other_pence", "holds", holds=pa.bool_())
Tables = Mapping[str, pa.Table]
Compared = tuple[str, str, int, int]  # what is compared, for whom, and both figures
WITHIN_LIMITS = "earned is within every limit"


def checks_table(year: Year, tables: Tables, previous: Filed | None) -> pa.Table:
    """The table `checks`."""
    compared = (
        *_shares_are_scheduled(year),
        *_positions(tables),
        *_rolls(tables),
        *_aged(tables),
        *((WITHIN_LIMITS, *_limit(row)) for row in tables["limits"].to_pylist()),
        *_cut_off(year, tables),
        *_withheld(tables),
        *_as_filed(tables, previous),
        *_up_front(year, tables),
        *_journals(tables),
        *_confirmed(tables),
        *_trial_balance(tables),
        *_in_the_ledgers_currency(tables),
        *_by_fund(tables),
    )
    rows = [
        (*one, one[2] <= one[3] if one[0] == WITHIN_LIMITS else one[2] == one[3])
        for one in compared
    ]
    return rows_table(rows, CHECKS)


def _shares_are_scheduled(year: Year) -> Iterator[Compared]:
    """1. What claims hold, by their lines, is what they ask for before money on account."""
    if year.made is None:
        return
    shares = year.made.shares_table.select(["claim_period", "funder", "amount_pence"]).to_pylist()
    scheduled = year.made.payments_table.to_pylist()
    sums = [
        summed((f"{row['claim_period']}, {row['funder']}", row["amount_pence"]) for row in rows)
        for rows in (
            [row for row in shares if row["funder"] != UNFUNDED],
            [row for row in scheduled if row["kind"] not in ON_ACCOUNT],
        )
    ]
    for of in sorted({*sums[0], *sums[1]}):
        yield "shares are what the schedule asks for", of, sums[0].get(of, 0), sums[1].get(of, 0)


def _positions(tables: Tables) -> Iterator[Compared]:
    """2. The identity of a position, funder by funder."""
    for row in tables["position"].to_pylist():
        asset = row["contract_asset_pence"] - row["contract_liability_pence"]
        open_ = row["receivable_pence"] - row["in_advance_pence"]
        standing = row["earned_pence"] - row["received_pence"] - row["written_off_pence"]
        yield "earned less received is what stands", row["funder"], standing, asset + open_


def _rolls(tables: Tables) -> Iterator[Compared]:
    """3 and 4. Income is what it is of; asset, liability and receivable roll from year to year."""
    for row in tables["income"].to_pylist():
        parts = ("this_year", "late", "taken_back", "moved", "fees", "constrained", "passed_on")
        income = sum(row[f"{name}_pence"] for name in parts)
        yield "income is what it is of", row["funder"], row["income_pence"], income
    for row in tables["movement"].to_pylist():
        was, now = (
            row[f"{when}_asset_pence"] - row[f"{when}_liability_pence"]
            for when in ("opening", "closing")
        )
        rolled = was + row["income_pence"] + row["passed_on_pence"] - row["asked_pence"]
        yield "asset and liability roll", row["funder"], rolled, now
        came = row["received_pence"] - row["refunded_pence"] + row["written_off_pence"]
        open_ = row["opening_receivable_pence"] + row["asked_pence"] - came
        yield "receivable rolls", row["funder"], open_, row["closing_receivable_pence"]


def _aged(tables: Tables) -> Iterator[Compared]:
    """5. What is open is what matching the receipts leaves open."""
    aged = {row["funder"]: row["balance_pence"] for row in tables["aged"].to_pylist()}
    paid = summed((row["funder"], row["amount_pence"]) for row in tables["paid"].to_pylist())
    for row in tables["position"].to_pylist():
        open_ = row["receivable_pence"] - row["in_advance_pence"]
        yield "receivable is what is aged", row["funder"], open_, aged.get(row["funder"], 0)
        own = paid.get(row["funder"], 0)
        yield "receipts are what was received", row["funder"], own, row["received_pence"]


def _limit(row: Mapping[str, int | str]) -> tuple[str, int, int]:
    """6. The limit, what is used of it, and the most."""
    of = ", ".join(filter(None, (str(row["limit"]), str(row["funder"]))))
    return of, int(row["used_pence"]), int(row["at_most_pence"])


def _cut_off(year: Year, tables: Tables) -> Iterator[Compared]:
    """7. What the cut lists is what it comes to, and what its lines are entitled to."""
    listed = summed((row["funder"], row["amount_pence"]) for row in tables["cut_off"].to_pylist())
    for row in tables["position"].to_pylist():
        own = listed.get(row["funder"], 0)
        yield "cut-off lists what is unclaimed", row["funder"], own, row["unclaimed_pence"]
    entitled, shared = (
        int(pc.sum(table[name]).as_py() or 0)
        for table, name in (
            (year.cut.lines_table, "entitled_pence"),
            (year.cut.shares_table, "amount_pence"),
        )
    )
    yield "lines of the cut are shared in full", "all", entitled, shared


def _withheld(tables: Tables) -> Iterator[Compared]:
    """6, from the other side. What is earned is its value, less what is withheld of it."""
    found = {row["funder"]: row for row in _rows(tables, "withheld")}
    for row in tables["position"].to_pylist():
        own = found[row["funder"]]
        left = own["value_pence"] - own["withheld_pence"] + own["moved_pence"]
        earned = row["earned_pence"] + row["constrained_pence"] + row["ahead_pence"]
        yield "earned is its value less what is withheld", row["funder"], earned, left


def _as_filed(tables: Tables, previous: Filed | None) -> Iterator[Compared]:
    """8. The year opens with what was filed."""
    if previous is None:
        return
    opening = {row["funder"]: row["opening_pence"] for row in tables["income"].to_pylist()}
    for row in previous.position:
        own = opening.get(row["funder"], 0)
        yield "opening is the closing as filed", row["funder"], own, row["earned_pence"]


def _up_front(year: Year, tables: Tables) -> Iterator[Compared]:
    """9. Money on account is what was asked up-front, is not recovered and did not go back."""
    found = summed((one.funder, one.amount_pence) for one in year.asked if one.kind in ON_ACCOUNT)
    for row in tables["position"].to_pylist():
        own = found.get(row["funder"], 0)
        yield "on account is up-front less recovered", row["funder"], row["on_account_pence"], own


def _confirmed(tables: Tables) -> Iterator[Compared]:
    """What funders are asked to confirm is what they owe, and what is in dispute is constrained."""
    open_ = open_by_funder(tables["confirmations"])
    constrained = summed((one["funder"], one["amount_pence"]) for one in _rows(tables, "disputed"))
    for row in tables["position"].to_pylist():
        funder, standing = row["funder"], row["receivable_pence"] - row["in_advance_pence"]
        yield "confirmations are what is receivable", funder, open_.get(funder, 0), standing
        own = constrained.get(funder, 0)
        yield "disputed is what is constrained", funder, own, row["constrained_pence"]


def _trial_balance(tables: Tables) -> Iterator[Compared]:
    """10. The trial balance with the journals is what the ledger should show."""
    for row in _rows(tables, "trial_balance"):
        shown = row["trial_balance_pence"] + row["journals_pence"]
        yield "the trial balance ties", row["account"], shown, row["should_be_pence"]


def _in_the_ledgers_currency(tables: Tables) -> Iterator[Compared]:
    """What came and stands in the ledger's currency is income and the exchange difference."""
    found: dict[str, dict[str, int]] = {}
    for row in _rows(tables, "exchange"):
        found.setdefault(row["funder"], {})[row["item"]] = row["ledger_pence"]
    for funder, own in found.items():
        came = own[CAME] + own[GIVEN_UP] + own[OPEN] + own[ACCRUED_ITEM] - own[HELD]
        earned = own[INCOME_ITEM] + own[DIFFERENCE]
        yield "in the ledger's currency it adds up", funder, came, earned


def _by_fund(tables: Tables) -> Iterator[Compared]:
    """The funds together are the funders together."""
    for name, table in (("income", "income"), ("contract_asset", "position")):
        one, other = (
            sum(row[f"{name}_pence"] for row in _rows(tables, of)) for of in ("funds", table)
        )
        yield "funds are what funders come to", name.replace("_", " "), one, other


def _rows(tables: Tables, name: str) -> list[dict[str, Any]]:
    return list(tables[name].to_pylist())


def _journals(tables: Tables) -> Iterator[Compared]:
    """What a ledger shows after the postings to date and the journals is the position."""
    journals = tables["journals"]
    for name in sorted(set(journals["journal"].to_pylist())):
        own = journals.filter(pc.equal(journals["journal"], name))
        debit, credit = (int(pc.sum(own[f"{one}_pence"]).as_py()) for one in ("debit", "credit"))
        yield f"journal {name} balances", "all", debit, credit
    posted, closed = balances(tables["postings"]), balances(journals)

    def balance(funder: str, *accounts: str) -> int:
        keys = [(account, funder) for account in accounts]
        return sum(posted.get(key, 0) + closed.get(key, 0) for key in keys)

    for row in tables["position"].to_pylist():
        funder = row["funder"]
        asset = row["contract_asset_pence"] - row["contract_liability_pence"]
        held = balance(funder, ACCRUED, UP_FRONT_ACCOUNT)
        yield "the ledger holds asset and liability", funder, held, asset
        own = row["earned_pence"] - row["passed_on_pence"]
        yield "the ledger holds income", funder, -balance(funder, INCOME), own
        open_ = balance(funder, RECEIVABLE)
        yield "the ledger holds what is receivable", funder, open_, row["receivable_pence"]
        ahead = -balance(funder, IN_ADVANCE)
        yield "the ledger holds what came in advance", funder, ahead, row["in_advance_pence"]


# A year of 53 weeks has 371 days. Longer is allowed, but is hardly the last one.
LONGEST_YEAR = 371
_SHOWN = 8


def cautions_of(
    year: Year, tables: Tables, previous: Filed | None, unmapped: Sequence[str]
) -> tuple[str, ...]:
    """Every caution of a year end. `unmapped` are accounts of the trial balance that the ledger map
    does not name.
    """
    every = (
        _order(year, previous),
        _material(year, tables, previous),
        _left_over(year, tables),
        _unmapped(unmapped),
    )
    return tuple(sentence for some in every for sentence in some)


def _order(year: Year, before: Filed | None) -> Iterator[str]:
    if before is None:
        first = min((one.achieved_on for one in year.earned), default=year.on)
        if (year.on - first).days > LONGEST_YEAR:
            yield f"No previous year end was given, and income is all since {first}: IS IT RIGHT?"
    elif (year.on - before.on).days > LONGEST_YEAR:
        yield f"The previous year end is of {before.on}, more than a year before: IS IT THE LAST?"


def _material(year: Year, tables: Tables, previous: Filed | None) -> Iterator[str]:
    """What is of years that were filed, or of this one and came too late, above the materiality
    that the charity has set itself.
    """
    amount = None if year.ledger is None else year.ledger.materiality
    if amount is None:
        return
    currency = year.terms.currency
    most = minor_units(amount, currency)
    told = f"above the {show(most, currency)} that you set"
    late, back = (
        sum(tables["income"][f"{name}_pence"].to_pylist()) for name in ("late", "taken_back")
    )
    if previous is not None and max(late, -back) > most:
        of = f"{show(late, currency)} late, {show(back, currency)} taken back"
        yield f"Income of earlier years is {told}: {of}. Was an earlier year wrong?"
    added, taken = year.later
    if max(added, -taken) > most:
        of = f"{show(added, currency)} added, {show(taken, currency)} taken back"
        yield f"Evidence after {year.evidence_to} is {told}: {of}. Is the sign-off too early?"


def _left_over(year: Year, tables: Tables) -> Iterator[str]:
    """Up-front money that no claim will use up any more."""
    made = 0 if year.made is None else len(year.made.claim_dates)
    rows = tables["up_front"].to_pylist()
    left = sum(row["remaining_pence"] for row in rows)
    if left > 0 and made == len(year.terms.calendar.periods):
        words = sorted({row["left_over"] or "not said" for row in rows if row["remaining_pence"]})
        yield (
            f"The last claim is made, and {show(left, year.terms.currency)} stays on account. By"
            f" the contract it is: {', '.join(words)}. Is it still a liability?"
        )


def _unmapped(codes: Sequence[str]) -> Iterator[str]:
    if codes:
        shown = ", ".join(codes[:_SHOWN]) + (" …" if len(codes) > _SHOWN else "")
        count = counted(len(codes), "account")
        yield f"The ledger map names {count} of the trial balance nowhere: {shown}. Left out."
