"""What a modeller simulates, a finance team pays: every drawn future, delivered as evidence and
settled in the ordinary way, gives the same pence.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.dates import Span
from impactbond.evidence.evidence import (
    OBSERVATIONS_SCHEMA,
    REFUSED_SCHEMA,
    Evidence,
    participants_schema,
)
from impactbond.settlement.schedule import BALANCE_COLUMNS
from impactbond.settlement.settle import settle
from impactbond.simulation.area import Area, Chance, Group
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.read import read_area
from impactbond.simulation.simulate import simulate
from impactbond.terms.limits import Limit
from impactbond.terms.limits.funder import FunderLimit, PassedTo, Release
from impactbond.terms.limits.whole import ContractLimit, MilestoneLimit
from impactbond.terms.parties import Commitment

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONTRACT = read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
AREA = read_area(FIXTURES / "areas" / "new_borough.yaml", CONTRACT)
LAST_CLAIM = CONTRACT.calendar.claim_date(CONTRACT.calendar.periods[-1])
SCORES = {"sdq": (20, 10), "english": (80, 95), "maths": (80, 95)}  # at risk, and better
OUTCOMES = dict(zip(("one_outcome", "two_outcomes", "three_outcomes"), SCORES, strict=True))
AREAS = int(os.environ.get("IMPACTBOND_AREAS", "5"))
EVENTS = {"consent": "consent", "sign_up": "agreement"}
YEARS = {"engaged_year_1": 0, "engaged_year_2": 1}

Reached = dict[str, date]
Seen = tuple[str, int, date]


def children_of(forecast: Forecast, trial: int) -> Iterator[tuple[str, Group, Reached]]:
    """Every child of an area, with what it reaches in one trial and when."""
    reached: dict[str, Reached] = {}
    for row in forecast.reached_table(trial).to_pylist():
        child = f"{row['group']} {row['child']:07d}"
        reached.setdefault(child, {})[row["milestone"]] = row["reached_on"]
    for group in forecast.area.groups:
        for number in range(1, group.children + 1):
            child = f"{group.name} {number:07d}"
            yield child, group, reached.get(child, {})


def observed_of(group: Group, reached: Reached, is_odd: bool) -> Iterator[Seen]:
    """What a charity would have recorded of a child that reaches exactly these milestones."""
    for metric, (at_risk, _) in SCORES.items():
        yield metric, at_risk, group.start - timedelta(days=10)
    for milestone, metric in EVENTS.items():
        if milestone in reached:
            yield metric, 1, reached[milestone]
        elif is_odd:  # asked, and the answer was no
            yield metric, 0, group.start + timedelta(days=5)
    for milestone, year in YEARS.items():
        first = Span(year, "year").after(group.start)
        enough = milestone in reached
        for week in range(6 if enough or is_odd else 5):
            yield "link_worker", 1, first + timedelta(weeks=week)
        for week in range(4):
            missed = week == 0 if enough or not is_odd else week < 2
            yield "specialist", int(missed), first + timedelta(weeks=week)
    for milestone, metric in OUTCOMES.items():
        at_risk, better = SCORES[metric]
        if milestone in reached:
            yield metric, better, reached[milestone]
        elif is_odd:  # asked, and no better
            yield metric, at_risk, Span(21, "month").after(group.start)


def evidence_of(forecast: Forecast, trial: int) -> Evidence:
    """One trial as the evidence that the charity would deliver."""
    people: list[dict[str, Any]] = []
    seen: list[dict[str, Any]] = []
    for place, (child, group, reached) in enumerate(children_of(forecast, trial)):
        on = {"started_on": group.start, "from_on": group.start, "recorded_on": group.start}
        people.append({"participant": child, **on, **group.attributes})
        for number, (metric, value, day) in enumerate(observed_of(group, reached, place % 2 == 1)):
            row = {"observation": f"{child}/{number}", "participant": child, "metric": metric}
            dates = {"observed_on": day, "recorded_on": day}
            seen.append({**row, **dates, "value": value, "status": "recorded"})
    schema = participants_schema(tuple(forecast.contract.participants.attributes))
    return Evidence(
        participants_table=pa.Table.from_pylist(people, schema=schema),
        observations_table=pa.Table.from_pylist(seen, schema=OBSERVATIONS_SCHEMA),
        refused_table=REFUSED_SCHEMA.empty_table(),
    )


def assert_agrees(forecast: Forecast, trial: int) -> None:
    """Settle the evidence of a trial in the ordinary way and compare claims, days and pence."""
    settlement = settle(forecast.contract, evidence_of(forecast, trial), as_of=LAST_CLAIM)
    achieved = {
        (row["participant"], row["milestone"], row["achieved_on"])
        for row in settlement.decisions_table.to_pylist()
        if row["verdict"] == "achieved"
    }
    assert achieved == {
        (f"{row['group']} {row['child']:07d}", row["milestone"], row["reached_on"])
        for row in forecast.reached_table(trial).to_pylist()
        if row["pays"]
    }
    assert settlement.claim_dates == forecast.claim_dates
    # A settlement names the schools that had a claim; a forecast, every school of the area.
    places = [forecast.funders.position(funder.id) for funder in settlement.funders.all]
    balances = forecast.settled(trial)
    for name in BALANCE_COLUMNS:
        paid = settlement.balances_table[f"{name}_pence"].to_numpy()
        drawn = getattr(balances, name)[0]
        np.testing.assert_array_equal(drawn[:, places].ravel(), paid, err_msg=name)
        assert drawn.sum() == paid.sum()
    np.testing.assert_array_equal(forecast.due_pence[trial], balances.due[0])
    withheld = pc.sum(settlement.lines_table["withheld_pence"]).as_py() or 0
    whole = [place for place, limit in enumerate(forecast.limits_on) if not limit.funder]
    assert forecast.held_back_pence[trial, -1, whole].sum() == withheld


@pytest.mark.parametrize("trial", [0, 1, 2047, 2048, 2099])
def test_a_trial_settles_as_its_evidence_would(trial: int) -> None:
    assert_agrees(simulate(CONTRACT, AREA, trials=2_100, seed=1), trial)


def test_trials_in_which_limits_bind_settle_as_their_evidence_would() -> None:
    limits: tuple[Limit, ...] = (
        MilestoneLimit(milestone="engaged_year_1", at_most=Decimal(37_000), beyond="unpaid"),
        ContractLimit(contract="whole", at_most=Decimal(140_000), beyond="unpaid"),
        FunderLimit(funder="school", at_most=Decimal("5000.01"), beyond="unpaid"),
        FunderLimit(funder="lottery", at_most=Decimal(25_000), beyond=PassedTo(funder="trust")),
        FunderLimit(funder="trust", at_most=Decimal(30_000), beyond="unpaid"),
    )
    forecast = simulate(with_limits(limits), AREA, trials=50, seed=3)
    at_end = forecast.held_back_pence[:, -1]
    assert (at_end > 0).any(axis=0).sum() > 5
    for trial in (0, int(at_end.sum(axis=1).argmin()), int(at_end.sum(axis=1).argmax())):
        assert_agrees(forecast, trial)


def with_limits(limits: tuple[Limit, ...], **terms: Any) -> Contract:
    # A copy would keep what was worked out from the limits of the original.
    same = {name: getattr(CONTRACT, name) for name in Contract.model_fields}
    return Contract.model_construct(**{**same, "limits": limits, **terms})


@st.composite
def areas(draw: st.DrawFn) -> Area:
    """Small areas with starts around the edges of the term, and prerequisites that come later."""
    days = st.dates(date(2016, 7, 15), date(2018, 2, 1))
    schools = st.sampled_from(["Ark", "Elm", "Moss"])
    groups = [
        Group(
            name=f"Group {number}",
            children=draw(st.integers(1, 5)),
            start=draw(days),
            attributes={"school": draw(schools), "borough": "lbhf", "key_stage": "2"},
        )
        for number in range(draw(st.integers(1, 4)))
    ]
    enrolment, months = st.integers(0, 60), st.integers(20, 24)
    after = {name: f"{draw(enrolment)} days" for name in EVENTS}
    after |= {"engaged_year_1": "364 days", "engaged_year_2": "729 days"}
    after |= {name: f"{draw(months)} months" for name in OUTCOMES}
    likely = st.sampled_from(["0%", "1/3", "80%", "95%", "100%"])
    chances = {name: Chance(chance=draw(likely), after=after[name]) for name in CONTRACT.milestones}
    return Area(impactbond=1, area="drawn", title="Drawn", groups=groups, chances=chances)


@st.composite
def limits(draw: st.DrawFn) -> tuple[Limit, ...]:
    """Some limits, in an order that a contract may state them in, low enough to bind often."""
    amount = st.integers(0, 1_000_000).map(lambda pence: Decimal(pence) / 100)
    some = st.sampled_from(["earliest", "highest price", "in proportion"])
    each = st.sampled_from(["year", "period", "school"])
    outcomes = ("one_outcome", "two_outcomes")
    claims = st.sampled_from(["1 claims", "4 claims", "9 claims"])
    every: list[Limit] = [
        MilestoneLimit(milestone=outcomes, at_most=draw(claims), each=draw(each), beyond="unpaid"),
        MilestoneLimit(
            milestone="consent", at_most="40% of claims", only={"school": ("Ark",)}, beyond="unpaid"
        ),
        ContractLimit(
            contract="whole",
            at_most=draw(amount),
            each="year",
            first="highest price",
            beyond="next year",
        ),
        ContractLimit(
            contract="whole",
            at_most=draw(amount),
            besides="consent",
            first=draw(some),
            each=draw(each),
            beyond="unpaid",
        ),
        ContractLimit(contract="whole", at_most=draw(amount), beyond="unpaid"),
        MilestoneLimit(milestone="sign_up", at_most=draw(amount), beyond="unpaid"),
        FunderLimit(funder="school", at_most=draw(amount), beyond=PassedTo(funder="lottery")),
        FunderLimit(funder="lottery", at_most=draw(amount), beyond=PassedTo(funder="trust")),
        FunderLimit(funder="trust", at_most=draw(amount), each="year", beyond="unpaid"),
    ]
    chosen = tuple(limit for limit in every if draw(st.booleans()))
    return chosen


@settings(max_examples=AREAS, deadline=None)
@given(area=areas(), stated=limits(), trial=st.integers(0, 3), seed=st.integers(0, 2**64))
def test_a_drawn_area_settles_as_its_evidence_would(
    area: Area, stated: tuple[Limit, ...], trial: int, seed: int
) -> None:
    assert_agrees(simulate(with_limits(stated), area, trials=4, seed=seed), trial)


@pytest.mark.parametrize(
    "terms",
    [
        {"each": "participant", "at_most": Decimal(900)},
        {"at_most": "30 participants"},
        {"at_most": Decimal(900), "straddling": "unpaid"},
    ],
)
def test_a_limit_that_looks_at_single_claims_settles_as_its_evidence_would(
    terms: dict[str, Any],
) -> None:
    limit = ContractLimit(contract="whole", beyond="unpaid", **terms)
    forecast = simulate(with_limits((limit,)), AREA, trials=3, seed=1)
    assert (forecast.held_back_pence[:, -1, 0] > 0).all()
    # What each participant is paid follows from its own journey.
    is_single = "each" not in terms
    assert any("drawn by itself" in caution for caution in forecast.cautions) == is_single
    for trial in range(3):
        assert_agrees(forecast, trial)


def test_commitments_and_releases_hold_in_every_future() -> None:
    commits = (
        {"from": date(2017, 1, 1), "amount": 4000},
        {"from": date(2018, 1, 1), "amount": 12000},
    )
    lottery = CONTRACT.funders["lottery"].model_copy(
        update={"commits": tuple(Commitment.model_validate(one) for one in commits)}
    )
    release = Release(committed_by=("lottery",), at_least=Decimal(12_000))
    limits: tuple[Limit, ...] = (
        FunderLimit(funder="lottery", at_most="commitment", beyond="unpaid"),
        FunderLimit(
            funder="trust", at_most=Decimal(20_000), released_when=release, beyond="unpaid"
        ),
    )
    funders = {**CONTRACT.funders, "lottery": lottery}
    forecast = simulate(with_limits(limits, funders=funders), AREA, trials=20, seed=3)
    assert (np.diff(forecast.held_back_pence[..., 0], axis=1) < 0).any()  # some of it is released
    for trial in (0, 7, 19):
        assert_agrees(forecast, trial)


def test_the_first_trials_are_the_same_however_many_are_drawn() -> None:
    many = simulate(CONTRACT, AREA, trials=2_100, seed=7)
    for trials in (1, 2_047, 2_049):
        few = simulate(CONTRACT, AREA, trials=trials, seed=7)
        np.testing.assert_array_equal(few.due_pence, many.due_pence[:trials])
        np.testing.assert_array_equal(few.held_back_pence, many.held_back_pence[:trials])


def test_another_seed_draws_other_futures() -> None:
    one, other = (simulate(CONTRACT, AREA, trials=5, seed=seed).total_pence for seed in (1, 2))
    assert (one != other).any()


PRINT_DIGEST = """
import hashlib, sys
from impactbond.contract.read import read_contract
from impactbond.simulation.read import read_area
from impactbond.simulation.simulate import simulate
contract = read_contract(sys.argv[1])
forecast = simulate(contract, read_area(sys.argv[2]), trials=300, seed=11)
shown = forecast.text + forecast._repr_html_() + repr(forecast.paths_table().to_pydict())
amounts = forecast.due_pence.tobytes() + forecast.held_back_pence.tobytes()
print(hashlib.sha256(amounts + shown.encode()).hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_under_another_hash_seed() -> None:
    files = [
        str(FIXTURES / "contracts" / "west_london_zone.yaml"),
        str(FIXTURES / "areas" / "new_borough.yaml"),
    ]
    digests = set()
    for hash_seed in ("0", "1", "4242"):
        run = subprocess.run(
            [sys.executable, "-c", PRINT_DIGEST, *files],
            env={
                **os.environ,
                "PYTHONHASHSEED": hash_seed,
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(run.stdout.strip())
    assert len(digests) == 1


def test_the_mean_comes_out_at_the_expectation_where_nothing_is_limited() -> None:
    """Within five standard errors, from a fixed seed."""
    unlimited = CONTRACT.model_copy(update={"limits": (), "tranches": {}})
    forecast = simulate(unlimited, AREA, trials=4_000, seed=5)
    expected = 0
    place = list(CONTRACT.milestones)
    for number, group in enumerate(AREA.groups):
        paying = {key[1].milestone for key in forecast.draws.place if key[0] == number}
        for name in CONTRACT.milestones:
            needed = needed_for(name)
            chance = np.prod([float(AREA.chances[each].chance) for each in needed])
            paid = place.index(name) in paying
            expected += group.children * chance * CONTRACT.price_pence(name) * paid
    error = forecast.total_pence.std(ddof=1) / np.sqrt(forecast.trials)
    assert abs(forecast.total_pence.mean() - expected) < 5 * error


def needed_for(milestone: str) -> set[str]:
    """A milestone and everything that comes before it."""
    earlier = CONTRACT.milestones[milestone].after
    return {milestone}.union(*(needed_for(name) for name in earlier))


def test_ten_thousand_trials_need_little_more_memory_than_they_keep(
    record_property: Callable[[str, object], None],
) -> None:
    simulate(CONTRACT, AREA, trials=1, seed=1)
    tracemalloc.start()
    started = time.perf_counter()
    forecast = simulate(CONTRACT, AREA, trials=10_000, seed=1)
    seconds = time.perf_counter() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    kept = forecast.due_pence.nbytes + forecast.held_back_pence.nbytes
    # 2,048 trials are settled at once: in smaller parts they took half as long again.
    assert peak - kept < 32 * 2**20
    record_property("seconds", round(seconds, 2))
    record_property("peak_bytes", peak)
