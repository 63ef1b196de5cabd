"""What must hold of every settlement in the life of a contract, looked at from outside."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pyarrow.compute as pc
from tests.properties.histories import Life
from tests.properties.reference_versions import standing

from impactbond.explanation.explain import explain_line
from impactbond.settlement.settlement import Settlement


def assert_adds_up(settlement: Settlement) -> None:
    """Promises 1 and 3, for every funder, line and claim date."""
    lines = {row["line"]: row for row in settlement.lines_table.to_pylist()}
    parts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    shared: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in settlement.shares_table.to_pylist():
        parts[row["line"]][0] += row["value_pence"]
        parts[row["line"]][1] += row["amount_pence"]
        shared[row["funder"], row["claim_period"]] += row["amount_pence"]
    assert parts.keys() <= lines.keys()
    for name, line in lines.items():
        assert parts[name] == [line["value_pence"], line["entitled_pence"]]
        assert line["value_pence"] == line["withheld_pence"] + line["entitled_pence"]
    due: defaultdict[tuple[str, str], int] = defaultdict(int)
    claimed: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in settlement.payments_table.to_pylist():
        due[row["funder"], row["claim_period"]] += row["amount_pence"]
        if row["kind"] in ("milestones", "results", "adjustments"):
            claimed[row["funder"], row["claim_period"]] += row["amount_pence"]
    settled: defaultdict[str, int] = defaultdict(int)
    for row in settlement.balances_table.to_pylist():
        key = (row["funder"], row["claim_period"])
        if row["funder"] != "unfunded":
            assert due[key] == row["due_pence"]
            assert claimed[key] == shared[key]
        assert row["settled_pence"] == settled[row["funder"]]
        assert (
            row["entitled_pence"] + row["on_account_pence"]
            == row["settled_pence"] + row["due_pence"] + row["withheld_pence"]
        )
        settled[row["funder"]] += row["due_pence"]


def assert_within_limits(settlement: Settlement, life: Life) -> None:
    """Promise 2, by the limits that the version in force at the claim date states."""
    in_force = life.in_force(settlement.claim.known_by)
    of_child: defaultdict[str, int] = defaultdict(int)
    for row in settlement.lines_table.to_pylist():
        of_child[row["participant"]] += row["entitled_pence"]
    assert all(0 <= pence <= in_force.each * 100 for pence in of_child.values())
    assert sum(of_child.values()) <= in_force.at_most * 100
    to_date: defaultdict[str, int] = defaultdict(int)
    for row in settlement.balances_table.to_pylist():
        to_date[row["funder"]] += row["due_pence"]
    assert to_date["lottery"] <= in_force.of_lottery * 100
    assert sum(to_date.values()) <= in_force.at_most * 100


def assert_as_the_reference_says(settlement: Settlement, life: Life) -> None:
    """Which claims stand, at which price, and what limits and disputes leave of them in all."""
    expected = standing(
        life.versions.all,
        settlement.evidence.participants_table.to_pylist(),
        settlement.evidence.observations_table.to_pylist(),
    )[settlement.claim.number]
    stands: Counter[tuple[Any, ...]] = Counter()
    for row in settlement.lines_table.to_pylist():
        names = ("participant", "milestone", "achieved_on", "price_pence", "standing")
        stands[tuple(row[name] for name in names)] += row["quantity"]
    disputed = {0: "full", 2: "disputed"}
    assert {claim: count for claim, count in stands.items() if count} == {
        (
            one.participant,
            one.milestone,
            one.achieved_on,
            one.price_pence,
            disputed[one.standing],
        ): 1
        for one in expected.values()
    }
    in_force = life.in_force(settlement.claim.known_by)
    of_child: Counter[str] = Counter()
    for one in expected.values():
        of_child[one.participant] += one.price_pence if one.standing == 0 else 0
    payable = sum(min(pence, in_force.each * 100) for pence in of_child.values())
    entitled = pc.sum(settlement.lines_table["entitled_pence"]).as_py() or 0
    assert entitled == min(payable, in_force.at_most * 100)


def assert_led_back(settlement: Settlement, row: dict[str, Any]) -> None:
    """Promise 8: line, claim, price, clause, decision, rows."""
    told = explain_line(settlement, row["line"])
    assert told.line == row["line"]
    (milestone,) = told.milestones
    (line,) = [line for line in milestone.lines if line.line == row["line"]]
    assert milestone.milestone == row["milestone"]
    assert (line.entitled_pence, line.price_pence) == (row["entitled_pence"], row["price_pence"])
    assert sum(share.amount_pence for share in line.shares) == row["entitled_pence"]
    assert line.share_clause.startswith("§")
    assert milestone.clause.startswith("§")
    if row["quantity"] > 0:
        assert milestone.verdict == "achieved"
        assert milestone.achieved_on == row["achieved_on"]
        assert milestone.condition is not None
        rows = [one for part in milestone.condition.walk() for one in part.rows]
        assert rows
        assert all(one.recorded_on <= row["claim_date"] for one in rows if one.is_known)
    if row["withheld_pence"]:
        assert line.limits or "dispute" in row["withheld_by"]
