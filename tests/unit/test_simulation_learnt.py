"""An area learnt from results: what was seen comes out again, and how sure it is."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.drawn_areas import area_of

import impactbond as ib
from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.dates import Span
from impactbond.errors import AssumptionError
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.area import Area
from impactbond.simulation.learn import _Seen, area_from, learnt_chances, wilson
from impactbond.simulation.read import parse_area
from impactbond.simulation.simulate import simulate
from impactbond.simulation.trial_evidence import by_events

FIXTURES = Path(__file__).parents[2] / "fixtures"
TERMS = ib.read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")


@pytest.mark.parametrize(
    ("reached", "of", "low", "high"),
    # R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in
    # Medicine 17 (1998), table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_as_published(reached: int, of: int, low: float, high: float) -> None:
    assert wilson(reached, of) == pytest.approx((low, high), abs=5e-5)


def test_of_none_of_none_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(7, 7)[1] == 1.0


def unlimited() -> Contract:
    same = {name: getattr(by_events(TERMS), name) for name in Contract.model_fields}
    return Contract.model_construct(**{**same, "limits": (), "tranches": {}})


def learnt_of_a_trial() -> tuple[Settlement, Area]:
    """One drawn future of many children as evidence, settled, and the area learnt from it."""
    contract = unlimited()
    area = area_of(contract)
    groups = tuple(one.model_copy(update={"children": 60}) for one in area.groups)
    forecast = simulate(contract, area.model_copy(update={"groups": groups}), trials=1, seed=4)
    last = contract.calendar.claim_dates[-1]
    settlement = settle(*forecast.as_evidence(0), as_of=last)
    return settlement, area_from(settlement)


def test_what_is_learnt_of_a_future_forecasts_that_future_in_the_mean() -> None:
    settlement, area = learnt_of_a_trial()
    assert area.children == 120
    # By hand: of 120 so many joined, of these so many the next; each chance is the one count by the
    # other, so that what is expected is what was paid.
    achieved = [row["milestone"] for row in settlement.claims_table.to_pylist()]
    for name, milestone in settlement.contract.milestones.items():
        before = [achieved.count(one) for one in milestone.after]
        assert area.chances[name].chance == Fraction(achieved.count(name), min([120, *before]))
    paid = int(settlement.balances_table["due_pence"].to_numpy().sum())
    forecast = simulate(settlement.contract, area, trials=400, seed=1)
    error = forecast.total_pence.std(ddof=1) / np.sqrt(400)
    assert abs(forecast.total_pence.mean() - paid) < 5 * error
    assert np.percentile(forecast.total_pence, 5) < paid < np.percentile(forecast.total_pence, 95)
    # A chance of a half was assumed; 19 times in 20 an interval holds it.
    told = learnt_chances(settlement)
    assert ((told["low"] < 0.5) & (told["high"] > 0.5)).sum() >= 6
    assert told["of"][0] == 120


def test_who_still_waits_counts_for_as_long_as_was_seen() -> None:
    # By hand, Kaplan and Meier: of 10, two reach it after 10 days; three are seen for 20 days only;
    # of the five that are left, one after 30 days and four never. 1 - 8/10 × 4/5 = 0.36 = 3 of 8.3.
    seen = _Seen(never=4, days=[10, 10, 30], waited=[20, 20, 20])
    assert seen.of == 8
    assert seen.chance == Fraction(3, 8)
    assert _Seen(never=4, days=[10, 10, 30], waited=[40]).of == 8  # seen long enough: one of all
    assert _Seen(never=0, days=[], waited=[40]).chance == 0


def test_a_learnt_area_is_a_file_that_reads_back_and_names_nobody() -> None:
    settlement, area = learnt_of_a_trial()
    text = area.source.decode()
    again = parse_area(area.source, name="area.yaml", contract=settlement.contract)
    assert again.chances == area.chances
    assert again.cohorts == area.cohorts
    assert "95% interval" in text
    for who in set(settlement.claims_table["participant"].to_pylist()):
        assert who not in text


def test_results_of_the_example_are_learnt_of_whoever_was_eligible() -> None:
    evidence = ib.read_evidence(FIXTURES / "evidence" / "west_london_zone.xlsx", TERMS)
    last = TERMS.calendar.claim_dates[-1]
    settlement = settle(TERMS, evidence, as_of=last, leave_out_refused=True)
    area = area_from(settlement)
    # Of 140 children 13 were not eligible, and of 3 it is not evidenced.
    assert area.children == 124
    assert area.chances["consent"].chance == Fraction(116, 124)
    assert area.chances["engaged_year_1"].after.keys() == {Span(364, "day")}
    low, high = wilson(116, 124)
    assert f"116 of 124; 95% interval {low:.1%} to {high:.1%}" in area.source.decode()


def test_counts_and_the_children_behind_them_are_learnt_from() -> None:
    contract = ib.read_contract(FIXTURES / "contracts" / "hounslow_dementia.yaml")
    counts = ib.read_claims(FIXTURES / "claims" / "hounslow_dementia.csv", contract)
    last = contract.calendar.claim_dates[-1]
    settlement = settle(contract, counts, as_of=last)
    area = area_from(settlement, children=1_000)
    assert area.chances["first_outcome"].chance == Fraction(513, 1_000)
    assert "513 of 1000; 95% interval 48.2% to 54.4%" in area.source.decode()
    forecast = simulate(contract, area, trials=200, seed=1)
    # 300 of each are paid, at £2,700 for both: published as £810,000.
    assert (forecast.total_pence == 810_000_00).all()
    for children, told in ((None, "how many children"), (100, "more reached")):
        with pytest.raises(AssumptionError, match=told):
            area_from(settlement, children=children)
    with pytest.raises(AssumptionError, match="how many could reach"):
        learnt_chances(settlement)


def test_counts_that_were_put_right_are_learnt_once_and_on_their_own_days() -> None:
    text = (FIXTURES / "contracts" / "hounslow_dementia.yaml").read_text("utf-8")
    text = text.partition("examples:")[0] + (
        "participants: {started: 2021-04-01 through 2021-06-30}\n"
    )
    contract = parse_contract(text.encode(), name="terms.yaml")
    rows = [("A", None, 513, date(2024, 1, 5)), ("B", "A", 500, date(2024, 1, 20))]
    frame = pa.table(
        {
            "milestone": ["first_outcome"] * 2,
            "period": ["2023-Q4"] * 2,
            **{name: [row[at] for row in rows] for at, name in enumerate(("ref", "replaces"))},
            "number": [row[2] for row in rows],
            "recorded_on": [row[3] for row in rows],
        }
    )
    counts = ib.read_claims(frame, contract)
    area = area_from(
        settle(contract, counts, as_of=contract.calendar.claim_dates[-1]), children=1_000
    )
    learnt = area.chances["first_outcome"]
    # 500 stand in place of 513; the quarter ends 275 + 365 + 364 = 1,004 days after 1 April 2021,
    # long after the last day on which anybody may start.
    assert learnt.chance == Fraction(500, 1_000)
    assert learnt.after.keys() == {Span(1_004, "day")}
