"""Promise 7: engines give the same decisions, and all of them those of the plain reference.

The reference (`reference.py`, `reference_settlement.py`) shares no code with the engine: loops, one
participant at a time. The suite draws a few cases for every promise; `IMPACTBOND_ENGINE_TIMES=5`
multiplies them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date

import narwhals as nw
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from tests.properties import reference, reference_settlement
from tests.properties.drawn import Drawn, cases, evidence_of

from impactbond.dates import from_day_number
from impactbond.dialect import Engine
from impactbond.evaluation.claims import claims_of, evaluate
from impactbond.evaluation.decisions import achieved, decide, decisions_table
from impactbond.evaluation.inputs import EvaluationInput, claim_dates
from impactbond.reasons import Reason, Verdict
from impactbond.settlement.funding import UNFUNDED
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

Decided = tuple[str, str, str, str, date | None, int]
ENGINES: tuple[Engine, ...] = ("duckdb", "polars", "pandas")
AMOUNTS = ("value", "moved", "entitled", "withheld", "on_account", "settled", "due")
TIMES = float(os.environ.get("IMPACTBOND_ENGINE_TIMES", "0.5"))
thorough = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
# Polars needs no compiling, which for a new contract in every example is most of the time.
QUICK: Engine = "polars"


def engine_decisions(drawn: Drawn, engine: Engine) -> dict[date, list[Decided]]:
    """Every decision of the engine, by claim date."""
    claims = claim_dates(drawn.contract, date.max)
    question = EvaluationInput.of(drawn.contract, evidence_of(drawn), claims, engine)
    rows = question.session.collect(decide(question)).to_pylist()
    milestones = list(drawn.contract.milestones)
    found: dict[date, list[Decided]] = {claim.known_by: [] for claim in claims}
    for row in sorted(rows, key=lambda row: (row["participant"], row["milestone"])):
        achieved = (
            from_day_number(row["reached"]) if row["verdict"] == Verdict.ACHIEVED.number else None
        )
        verdict, reason = list(Verdict)[row["verdict"]], list(Reason)[row["reason"]]
        who, standing = row["participant"], row["standing"] if achieved else 0
        decided = (who, milestones[row["milestone"]], verdict, reason, achieved, standing)
        found[claims[row["claim"]].known_by].append(decided)
    return found


def reference_decisions(drawn: Drawn) -> dict[date, list[Decided]]:
    return {
        claim_date: [
            (
                one.participant,
                one.milestone,
                one.verdict,
                one.reason,
                one.achieved_on,
                one.standing if one.achieved_on else 0,
            )
            for one in reference.decide(
                drawn.contract, drawn.participants, drawn.observations, claim_date
            )
        ]
        for claim_date in reference.claim_dates(drawn.contract)
    }


@given(drawn=cases(whole=True))
@settings(thorough, max_examples=int(24 * TIMES))
def test_the_engine_decides_as_the_plain_reference_does(drawn: Drawn) -> None:
    assert engine_decisions(drawn, "duckdb") == reference_decisions(drawn)


@pytest.mark.parametrize("engine", ENGINES[1:])
@given(drawn=cases(whole=True))
@settings(thorough, max_examples=int(12 * TIMES))
def test_every_engine_decides_as_the_plain_reference_does(engine: Engine, drawn: Drawn) -> None:
    assert engine_decisions(drawn, engine) == reference_decisions(drawn)


def engine_claims(drawn: Drawn, engine: Engine) -> dict[date, list[tuple[object, ...]]]:
    """Every claim of the engine, with its units and how it stands, by claim date."""
    dated = claim_dates(drawn.contract, date.max)
    question = EvaluationInput.of(drawn.contract, evidence_of(drawn), dated, engine)
    milestones = list(drawn.contract.milestones)
    found: dict[date, list[tuple[object, ...]]] = {one.known_by: [] for one in dated}
    for row in question.session.collect(claims_of(question)).to_pylist():
        held = sorted(question.segments.named(row["segment"]).items())
        told = (row["participant"], milestones[row["milestone"]], from_day_number(row["reached"]))
        found[dated[row["claim"]].known_by].append((*told, row["standing"], row["quantity"], *held))
    return {day: sorted(claims) for day, claims in found.items()}


def reference_claims(drawn: Drawn) -> dict[date, list[tuple[object, ...]]]:
    return {
        day: sorted(
            (
                *(one.participant, one.milestone, one.achieved_on, one.standing, one.quantity),
                *sorted(one.attributes.items()),
            )
            for one in reference.claims(drawn.contract, drawn.participants, drawn.observations, day)
        )
        for day in reference.claim_dates(drawn.contract)
    }


@pytest.mark.parametrize("engine", ENGINES)
@given(drawn=cases(whole=True))
@settings(thorough, max_examples=int(12 * TIMES))
def test_every_engine_claims_the_units_of_the_plain_reference(engine: Engine, drawn: Drawn) -> None:
    assert engine_claims(drawn, engine) == reference_claims(drawn)


@pytest.mark.parametrize("engine", ENGINES)
@given(drawn=cases(whole=True))
@settings(thorough, max_examples=int(8 * TIMES))
def test_what_is_claimed_is_what_was_decided_and_asked_without_reasons(
    engine: Engine, drawn: Drawn
) -> None:
    dated = claim_dates(drawn.contract, date.max)
    question = EvaluationInput.of(drawn.contract, evidence_of(drawn), dated, engine)
    names = ["claim", "participant", "milestone", "known_by", "reached", "standing"]
    decided = decide(question).filter(nw.col("verdict") == Verdict.ACHIEVED.number).select(names)
    told = question.session.collect(decided).to_pylist()
    barely = [question.session.collect(own.select(names)) for own in achieved(question)]
    found = [row for table in barely for row in table.to_pylist()]
    assert sorted(map(str, found)) == sorted(map(str, told))


@given(drawn=cases(whole=True))
@settings(thorough, max_examples=int(6 * TIMES))
def test_claims_and_decisions_of_one_evaluation_are_those_of_two(drawn: Drawn) -> None:
    terms, evidence, dated = (
        drawn.contract,
        evidence_of(drawn),
        claim_dates(drawn.contract, date.max),
    )
    both, apart = (evaluate(terms, evidence, dated, with_decisions=way) for way in (True, False))
    assert apart.decided is None
    assert both.decided == decisions_table(terms, evidence, dated[-1])
    assert sorted(both.counted) == sorted(apart.counted)
    assert sorted(both.singly()) == sorted(apart.singly())
    assert both.segments == apart.segments


def reference_balances(drawn: Drawn) -> dict[tuple[date, str], tuple[int, ...]]:
    """Every balance of the reference in which anything is other than nothing."""
    by_date = [
        (made, reference.claims(drawn.contract, drawn.participants, drawn.observations, made))
        for made in reference.claim_dates(drawn.contract)
    ]
    return {
        (one.claim_date, one.funder): amounts
        for one in reference_settlement.settle(drawn.contract, by_date)
        if any(amounts := as_asked(one))
    }


def as_asked(one: reference_settlement.Balance) -> tuple[int, ...]:
    """The amounts of a balance; what nobody funds is withheld, where the reference has it due."""
    amounts = {name: getattr(one, f"{name}_pence") for name in AMOUNTS}
    if one.funder == UNFUNDED:
        amounts |= {"withheld": one.amount_pence, "settled": 0, "due": 0}
    return tuple(amounts.values())


def engine_balances(settlement: Settlement) -> dict[tuple[date, str], tuple[int, ...]]:
    return {
        (row["claim_date"], row["funder"]): amounts
        for row in settlement.balances_table.to_pylist()
        if any(amounts := tuple(row[f"{name}_pence"] for name in AMOUNTS))
    }


@given(drawn=cases())
@settings(thorough, max_examples=int(40 * TIMES))
def test_the_settlement_comes_to_the_pence_of_the_plain_reference(drawn: Drawn) -> None:
    settlement = settle(drawn.contract, evidence_of(drawn), as_of=date.max, engine=QUICK)
    assert engine_balances(settlement) == reference_balances(drawn)


@given(drawn=cases())
@settings(thorough, max_examples=int(20 * TIMES))
def test_settling_quarter_by_quarter_gives_what_settling_at_once_gives(drawn: Drawn) -> None:
    evidence = evidence_of(drawn)
    at_once = settle(drawn.contract, evidence, as_of=date.max, engine=QUICK)
    earlier: Settlement | None = None
    for claim in at_once.claim_dates:
        known = evidence.known_on(claim.known_by)
        day = claim.known_by
        earlier = settle(drawn.contract, known, as_of=day, earlier=earlier, engine=QUICK)
    assert earlier is not None
    for name in ("lines", "payments", "decisions"):
        assert getattr(earlier, f"{name}_table") == getattr(at_once, f"{name}_table")
    assert engine_balances(earlier) == engine_balances(at_once)


@given(drawn=cases())
@settings(thorough, max_examples=int(20 * TIMES))
def test_the_balances_hold_at_every_claim_date(drawn: Drawn) -> None:
    settlement = settle(drawn.contract, evidence_of(drawn), as_of=date.max, engine=QUICK)
    balances = settlement.balances_table.to_pylist()
    for row in balances:
        left = row["entitled_pence"] + row["on_account_pence"]
        assert left == row["settled_pence"] + row["due_pence"] + row["withheld_pence"]
    shares, lines = settlement.shares_table, settlement.lines_table
    by_line = shares.group_by("line").aggregate([("amount_pence", "sum"), ("value_pence", "sum")])
    parts = {row["line"]: row for row in by_line.to_pylist()}
    for line in lines.to_pylist():
        assert parts[line["line"]]["amount_pence_sum"] == line["entitled_pence"]
        assert parts[line["line"]]["value_pence_sum"] == line["value_pence"]
    assert set(parts) == set(lines["line"].to_pylist())


def shuffled(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    return list(reversed(rows))


@given(drawn=cases())
@settings(thorough, max_examples=int(12 * TIMES))
def test_the_order_of_rows_changes_nothing(drawn: Drawn) -> None:
    turned = Drawn(drawn.contract, shuffled(drawn.participants), shuffled(drawn.observations))
    one = settle(drawn.contract, evidence_of(drawn), as_of=date.max, engine=QUICK)
    other = settle(drawn.contract, evidence_of(turned), as_of=date.max, engine=QUICK)
    for name in ("decisions", "lines", "shares", "payments", "balances"):
        assert getattr(one, f"{name}_table") == getattr(other, f"{name}_table")


@given(drawn=cases())
@settings(thorough, max_examples=int(12 * TIMES))
def test_evidence_recorded_after_a_date_changes_nothing_settled_as_of_it(drawn: Drawn) -> None:
    evidence = evidence_of(drawn)
    claims = claim_dates(drawn.contract, date.max)
    middle = claims[len(claims) // 2].known_by
    known = settle(drawn.contract, evidence.known_on(middle), as_of=middle, engine=QUICK)
    later = settle(drawn.contract, evidence, as_of=date.max, engine=QUICK)
    closed = pc.less_equal(later.lines_table["claim_date"], middle)
    assert later.lines_table.filter(closed).to_pylist() == known.lines_table.to_pylist()
