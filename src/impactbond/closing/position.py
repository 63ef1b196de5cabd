"""The position of a year end: what every funder owes for what was earned, whether or not it was
claimed, and what was asked and received beside it.

Takes  a Year, the previous year end as filed, and the ledger map.
Gives  the tables POSITION, INCOME, MOVEMENT, CUT_OFF, UP_FRONT and LIMITS.
Keeps  earned - received = asset - liability + receivable - in advance, for every funder; no funder
       is netted against another. A year is the difference of two positions, the earlier as filed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from impactbond.closing.closing_cut import Recorded
from impactbond.closing.filed import Filed
from impactbond.closing.inputs import Year
from impactbond.closing.ledger import FunderEntry, Ledger
from impactbond.closing.newest_evidence import newest_evidence
from impactbond.closing.sums import Sums, by_funder, summed, summed_by_outcome
from impactbond.evidence.evidence import Evidence
from impactbond.money import half_up, rounded
from impactbond.settlement.limits import headroom_pence
from impactbond.settlement.schedule import RECOVERED, RETURNED, UP_FRONT
from impactbond.tables import rows_table, schema_of

POSITION = schema_of(
    *("funder", "name", "nature", "fund", "claimed_pence", "unclaimed_pence", "ahead_pence"),
    *("constrained_pence", "earned_pence", "asked_pence", "on_account_pence", "received_pence"),
    *("refunded_pence", "written_off_pence"),
    *("contract_asset_pence", "contract_liability_pence", "receivable_pence"),
    *("in_advance_pence", "set_off_pence", "passed_on_pence"),
)
INCOME = schema_of(
    *("funder", "fund", "opening_pence", "earned_pence", "income_pence", "this_year_pence"),
    *("late_pence", "taken_back_pence", "moved_pence", "fees_pence", "constrained_pence"),
    "passed_on_pence",
)
MOVEMENT = schema_of(
    *("funder", "opening_asset_pence", "opening_liability_pence", "income_pence"),
    *("passed_on_pence", "asked_pence"),
    *("closing_asset_pence", "closing_liability_pence", "opening_receivable_pence"),
    *("received_pence", "refunded_pence", "written_off_pence", "closing_receivable_pence"),
)
CUT_OFF = schema_of(
    *("funder", "participant", "milestone", "period", "achieved_on", "recorded_on", "layer"),
    *("evidence", "claimed_in", "claimed_on", "amount_pence"),
)
UP_FRONT_MONEY = schema_of(
    *("tranche", "funder", "asked_on", "amount_pence", "recovered_pence", "set_off_pence"),
    *("returned_pence", "remaining_pence", "left_over"),
)
LIMITS = schema_of("limit", "funder", "at_most_pence", "used_pence", "headroom_pence")
Claims = Mapping[tuple[str, str, date], tuple[str, date]]
IN_HAND, ARRIVED = "in hand at year end", "arrived by sign-off"
TAKEN_BACK, MOVED = "taken back by sign-off", "moved between funders"


def position_table(year: Year, ledger: Ledger | None) -> pa.Table:
    """The table `position`: a row for every funder, to date."""
    claimed, unclaimed = by_funder(year.claimed), by_funder(year.unclaimed)
    asked = summed((one.funder, one.amount_pence) for one in year.asked)
    received = summed((funder, pence) for _, funder, _, pence in year.received)
    refunded = summed((funder, max(-pence, 0)) for _, funder, _, pence in year.received)
    written_off = summed((funder, pence) for _, funder, _, pence in year.written_off)
    sums = (claimed, unclaimed, year.ahead, year.constrained, asked, received)
    rows = []
    for funder in year.funders:
        own = [one.get(funder.id, 0) for one in (*sums, refunded, written_off)]
        entry = None if ledger is None else ledger.of(funder.id)
        nature = "" if entry is None else entry.nature
        fund = "" if ledger is None else ledger.fund_of(funder.id)
        amounts = _amounts(*own)
        rows.append((funder.id, funder.name, nature, fund, *amounts, passed_on(entry, amounts[4])))
    return rows_table(rows, POSITION)


def passed_on(entry: FunderEntry | None, earned: int) -> int:
    """What of an amount that was earned is another party's, whose agent the provider is. It is cut
    on what is earned to date, so that the years add up to it.
    """
    if entry is None or entry.agent is None:
        return 0
    # Half a penny by a fixed rule: the bargain with the other party is none of this contract's,
    # whose own rule says nothing of it.
    return earned - rounded(earned * entry.agent.keeps, half_up)


def _amounts(
    claimed: int,
    unclaimed: int,
    ahead: int,
    constrained: int,
    asked: int,
    received: int,
    refunded: int,
    written_off: int,
) -> tuple[int, ...]:
    earned, on_account = claimed + unclaimed - ahead - constrained, asked - claimed
    # Two measures that are often mixed up: earned against asked is asset or liability, asked
    # against received is receivable or in advance.
    position, open_ = earned - asked, asked - received - written_off
    return (
        *(claimed, unclaimed, ahead, constrained, earned, asked, on_account, received),
        *(refunded, written_off),
        *(max(position, 0), max(-position, 0), max(open_, 0), max(-open_, 0)),
        # Set off as far as both stand: neither more than is earned and not asked, nor more than is
        # held.
        max(min(unclaimed, on_account), 0),
    )


def income_table(year: Year, previous: Filed | None, position: pa.Table) -> pa.Table:
    """The table `income`: what the year adds to what was filed, and what of it is of earlier years.

    Without a previous year end it is all that was earned to date. What is passed on to another
    party is no income of an agent's.
    """
    before: Sums = {} if previous is None else previous.earned
    was = {} if previous is None else {row["funder"]: row for row in previous.position}
    parts = {kind: summed(pairs) for kind, pairs in _parts(year, before, previous).items()}
    rows = []
    for row in _with_filed(position, previous):
        funder, earned = row["funder"], row["earned_pence"]
        own = [parts[kind].get(funder, 0) for kind in _KINDS]
        filed, constrained, passed = (
            was.get(funder, {}).get(f"{name}_pence", 0)
            for name in ("earned", "constrained", "passed_on")
        )
        # What was constrained last year and is not now is income of this one: filed less now.
        own += [constrained - row["constrained_pence"], passed - row["passed_on_pence"]]
        rows.append((funder, row["fund"], filed, earned, earned - filed + own[-1], *own))
    return rows_table(rows, INCOME)


def _with_filed(position: pa.Table, previous: Filed | None) -> list[dict[str, Any]]:
    """The rows of the position, and one of nothing for whoever was a funder in the previous one."""
    rows: list[dict[str, Any]] = position.to_pylist()
    # A funder that is gone still opened the year with something, and must roll to nothing, or the
    # totals would not be last year's.
    have = {row["funder"] for row in rows}
    for row in [] if previous is None else previous.position:
        if row["funder"] not in have:
            rows.append({name: 0 if name.endswith("_pence") else row[name] for name in row})
    return rows


_KINDS = ("this year", "late", "taken back", "moved", "fees")


def _parts(year: Year, before: Sums, previous: Filed | None) -> dict[str, list[tuple[str, int]]]:
    """The income of the year by what it is of.

    An outcome is one of a milestone and a period: when only its day is corrected within earlier
    years, nothing came late. What all funders owe for it says whether it came late or was taken
    back; where that is as it was, a penny of the running totals, or what lies beyond a funder's
    limit, has moved from one funder to another.
    """
    closed = date.min if previous is None else previous.on
    found: dict[str, list[tuple[str, int]]] = {kind: [] for kind in _KINDS}
    changed: dict[tuple[str, ...], dict[str, int]] = {}
    for sums, sign in ((year.earned, 1), (before, -1)):
        for one, pence in sums.items():
            if one.milestone in year.terms.fees:
                found["fees"].append((one.funder, sign * pence))
            # Nothing of the day of the last year end itself is of this year.
            elif one.achieved_on > closed:
                found["this year"].append((one.funder, sign * pence))
            else:
                own = changed.setdefault((one.participant, one.milestone, one.period), {})
                own[one.funder] = own.get(one.funder, 0) + sign * pence
    for by_payer in changed.values():
        whole = sum(by_payer.values())
        # By what all funders owe: a penny that moves between two would otherwise be told as late by
        # one and as taken back by the other.
        found["late" if whole > 0 else "taken back" if whole else "moved"] += by_payer.items()
    return found


def movement_table(position: pa.Table, income: pa.Table, previous: Filed | None) -> pa.Table:
    """The table `movement`: how asset, liability and receivable roll from the previous year end.

    A receivable is after what was received in advance, which is below nothing.
    """
    filed = {} if previous is None else {row["funder"]: row for row in previous.position}
    earned = {row["funder"]: row for row in income.to_pylist()}
    nothing = dict.fromkeys(POSITION.names, 0)
    rows = []
    for row in _with_filed(position, previous):
        was = filed.get(row["funder"], nothing)
        asked, received, refunded, off = (
            row[f"{name}_pence"] - was[f"{name}_pence"]
            for name in ("asked", "received", "refunded", "written_off")
        )
        both = [
            (one["contract_asset_pence"], one["contract_liability_pence"]) for one in (was, row)
        ]
        open_ = [one["receivable_pence"] - one["in_advance_pence"] for one in (was, row)]
        # What came is told in full, with what went back beside it.
        own = earned[row["funder"]]
        of_year = (own["income_pence"], -own["passed_on_pence"], asked)
        movement = (*both[0], *of_year, *both[1], open_[0])
        rows.append((row["funder"], *movement, received + refunded, refunded, off, open_[1]))
    return rows_table(rows, MOVEMENT)


def cut_off_table(
    year: Year, recorded: Recorded, recorded_in_hand: Recorded, claimed: Claims, evidence: Evidence
) -> pa.Table:
    """The table `cut_off`: a row for every outcome and funder of what is unclaimed, by when its
    evidence came. `recorded` is when the newest evidence of a milestone was recorded, as known at
    the sign-off and at the year end; a result, a fee and a unit have no such day. `evidence` names
    the rows of that day on which it rests; `claimed` is the claim that holds an outcome by the
    sign-off, if one was made by then.
    """
    days = (recorded_in_hand, recorded)
    found = list(_cut_off(year.unclaimed_in_hand, year.unclaimed, recorded, recorded_in_hand))
    named = newest_evidence(year.terms, evidence, (one[1] for one in found), days)
    rows = []
    for *about, pence in found:
        _, who, milestone, _, achieved_on, recorded_on, _ = about
        claim = claimed.get((who, milestone, achieved_on), ("", None))
        rows.append((*about, named.get((who, milestone, recorded_on), ""), *claim, pence))
    return rows_table(rows, CUT_OFF)


def _cut_off(
    in_hand: Sums, by_sign_off: Sums, recorded: Recorded, recorded_in_hand: Recorded
) -> Iterator[tuple[Any, ...]]:
    changed = summed_by_outcome(by_sign_off)
    for outcome, pence in summed_by_outcome(in_hand).items():
        changed[outcome] = changed.get(outcome, 0) - pence
    for one in sorted({*in_hand, *by_sign_off}):
        was, now, whole = in_hand.get(one, 0), by_sign_off.get(one, 0), changed[one[1:]]
        if was:
            yield (*one, recorded_in_hand.get(one[1:3]), IN_HAND, was)
        # Beside what was in hand stands only what changed, so that the two layers add up to what is
        # unclaimed.
        if now != was:
            # As for earlier years: what all funders owe for an outcome says what happened to it.
            layer = ARRIVED if whole > 0 else TAKEN_BACK if whole else MOVED
            yield (*one, recorded.get(one[1:3]), layer, now - was)


def up_front_table(year: Year, position: pa.Table) -> pa.Table:
    """The table `up_front`: what was asked on account, what claims recovered of it, what the year
    end sets off against unclaimed income, what went back to the funder, and what remains; and what
    the contract says becomes of what no claim uses up.
    """
    left = {row["funder"]: row["set_off_pence"] for row in position.to_pylist()}
    recovered, returned = (
        summed(
            (f"{one.name}\n{one.funder}", -one.amount_pence)
            for one in year.asked
            if one.kind == kind
        )
        for kind in (RECOVERED, RETURNED)
    )
    rows = []
    for one in sorted(year.asked, key=lambda asked: asked.asked_on):
        if one.kind == UP_FRONT:
            of = f"{one.name}\n{one.funder}"
            taken, back = recovered.pop(of, 0), returned.pop(of, 0)
            # The oldest tranche is set off first, as claims recover it.
            off = min(left[one.funder], one.amount_pence - taken - back)
            left[one.funder] -= off
            amounts = (one.amount_pence, taken, off, back, one.amount_pence - taken - off - back)
            left_over = year.terms.tranches[one.name].left_over or ""
            rows.append((one.name, one.funder, one.asked_on, *amounts, left_over))
    return rows_table(rows, UP_FRONT_MONEY)


def limits_table(year: Year) -> pa.Table:
    """The table `limits`: every limit in money on all that a funder, or everybody, pays to date."""
    # A fee that is for later days is within a limit all the same.
    due = summed((*by_funder(year.earned).items(), *year.ahead.items()))
    rows: list[tuple[object, ...]] = []
    for limit in year.terms.limits:
        # Years of the contract are not years of the charity: of those no headroom can be told here.
        if limit.is_yearly or limit.most_on(year.terms.funders, year.on) is None:
            continue
        if not limit.is_on_everything and limit.on_funder is None:
            continue
        own = [
            one.id for one in year.funders if limit.is_on_everything or one.term == limit.on_funder
        ]
        most = headroom_pence(year.terms, limit, year.on)
        # A limit on a funder of which there are many is on each of them.
        groups = [own] if limit.is_on_everything else [[one] for one in own]
        for group in groups:
            used = sum(due.get(one, 0) for one in group)
            funder = "" if limit.is_on_everything else group[0]
            rows.append((limit.name, funder, most, used, most - used))
    return rows_table(rows, LIMITS)
