"""Drawing: streams of the seed, exact thresholds, children independent of one another."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.random import PCG64, SeedSequence

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.errors import AssumptionError
from impactbond.simulation.area import Area, Chance, Group
from impactbond.simulation.draw import TRIALS_PER_BLOCK, Draws
from impactbond.simulation.simulate import simulate

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONTRACT = read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
AFTER = ("10 days", "30 days", "364 days", "729 days", "21 months", "22 months", "23 months")


def area_of(*groups: int, chances: tuple[str, ...] = ("50%",) * 7) -> Area:
    """An area with groups of so many children, and chances in the contract's order."""
    terms = zip(CONTRACT.milestones, chances, AFTER, strict=True)
    return Area(
        impactbond=1,
        area="drawn",
        title="Drawn",
        groups=[
            Group(
                name=f"Group {number}",
                children=children,
                start=date(2017, 1, 9),
                attributes={"school": "Elm", "borough": "lbhf", "key_stage": "2"},
            )
            for number, children in enumerate(groups)
        ],
        chances={name: Chance(chance=chance, after=after) for name, chance, after in terms},
    )


def draws_of(*groups: int, seed: int = 1, **terms: tuple[str, ...]) -> Draws:
    return Draws.of(CONTRACT, area_of(*groups, **terms), seed)


def reached(draws: Draws, trial: int) -> list[set[tuple[str, int]]]:
    """Of each milestone, which children reach it in a trial: their groups and numbers."""
    found: list[set[tuple[str, int]]] = [set() for _ in CONTRACT.milestones]
    for group, child, turn in draws.turns(trial):
        for one in turn.reached:
            found[one.milestone].add((f"Group {group}", child))
    return found


def test_the_bits_of_a_seed_are_these() -> None:
    """numpy keeps the stream of its bit generators; should it ever not, forecasts change."""
    drawn = PCG64(SeedSequence(1, spawn_key=(0,))).random_raw(2)
    assert drawn.tolist() == [12894911395248688958, 3215922745726220339]


def test_the_first_draw_of_a_group_is_of_its_own_stream() -> None:
    """Four children and an even chance: 0, 1, 2, 3 or 4 from 1, 5, 11, 15 sixteenths on."""
    bits = PCG64(SeedSequence(9, spawn_key=(2, 0))).random_raw(TRIALS_PER_BLOCK)
    sixteenths = (bits >> np.uint64(60)).astype(np.int64)
    expected = np.array([0, *[1] * 4, *[2] * 6, *[3] * 4, 4])[sixteenths]
    draws = draws_of(4, seed=9)
    consented = draws.counts(2)[:, int(draws.lots.milestone.argmin())]
    np.testing.assert_array_equal(consented, expected)


def test_a_child_reaches_no_milestone_without_its_prerequisites() -> None:
    place = {name: index for index, name in enumerate(CONTRACT.milestones)}
    for trial in range(20):
        found = reached(draws_of(30, 40), trial)
        for name, milestone in CONTRACT.milestones.items():
            for earlier in milestone.after:
                assert found[place[name]] <= found[place[earlier]]


def test_a_certain_milestone_is_always_reached_and_an_impossible_one_never() -> None:
    chances = ("100%", "100%", "100%", "0%", "100%", "0%", "100%")
    for trial in range(5):
        found = reached(draws_of(5, chances=chances), trial)
        assert [len(each) for each in found] == [5, 5, 5, 0, 5, 0, 0]


def test_a_trial_dealt_out_child_by_child_has_the_claims_of_the_trial() -> None:
    draws = draws_of(20, 33)
    for trial in (0, 1, 2047, 2048):
        counts = np.zeros(len(draws.lots.keys), dtype=np.int64)
        for group, _, turn in draws.turns(trial):
            for claim in turn.claims:
                counts[draws.place[group, claim._replace(quantity=1), 0]] += claim.quantity
        block, place = divmod(trial, TRIALS_PER_BLOCK)
        np.testing.assert_array_equal(draws.counts(block)[place], counts)


def test_every_child_of_a_trial_is_dealt_out_once_at_every_step() -> None:
    draws = draws_of(20, 33)
    dealt = [(group, child) for group, child, _ in draws.turns(0)]
    stages = len(draws.stages[0])
    everybody = [(0, child) for child in range(20)] + [(1, child) for child in range(33)]
    assert sorted(dealt) == sorted(everybody * stages)


def test_who_reaches_a_milestone_is_not_always_the_same_child() -> None:
    """Of twenty children of which half consent, no two stand by one another in every trial."""
    draws = draws_of(20)
    together = [reached(draws, trial)[0] for trial in range(40)]
    for child in range(1, 20):
        assert any((("Group 0", 0) in one) != (("Group 0", child) in one) for one in together)


def test_a_group_added_at_the_end_leaves_the_draws_of_the_others_alone() -> None:
    few, more = draws_of(3, 4), draws_of(3, 4, 5)
    kept = [one for one in more.turns(7) if one[0] < 2]
    assert list(few.turns(7)) == kept


def test_children_are_drawn_apart_from_one_another() -> None:
    """The number who consent spreads as a binomial does: within a tenth, from a fixed seed."""
    draws = draws_of(40, seed=3)
    lot = int(draws.lots.milestone.argmin())
    counts = np.concatenate([draws.counts(block)[:, lot] for block in range(2)])
    assert counts.var() == pytest.approx(40 / 4, rel=0.1)
    assert counts.mean() == pytest.approx(20, rel=0.01)


def test_quantities_are_to_date_from_the_claim_date_of_their_own_period() -> None:
    draws = draws_of(20, 30)
    counts = draws.counts(0)
    quantities = draws.quantities(counts)
    for lot, period in enumerate(draws.lots.period):
        for claim in range(len(draws.claim_dates)):
            expected = counts[:, lot] if claim >= period else np.zeros(TRIALS_PER_BLOCK)
            np.testing.assert_array_equal(quantities[:, claim, lot], expected)


def test_groups_that_start_on_one_day_under_one_share_rule_share_their_lots() -> None:
    draws = draws_of(20, 30)
    assert len(draws.lots.keys) == 7
    first, second = (
        {key[1:]: lot for key, lot in draws.place.items() if key[0] == group} for group in (0, 1)
    )
    assert first == second


def test_an_area_after_the_term_is_settled_at_nothing_but_its_tranches() -> None:
    area = area_of(3)
    late = area.groups[0].model_copy(update={"start": date(2030, 1, 1)})
    forecast = simulate(CONTRACT, area.model_copy(update={"groups": (late,)}), trials=3, seed=1)
    assert not forecast.draws.lots.keys
    assert forecast.total_pence.tolist() == [2_400_000] * 3
    assert len(forecast.cautions) == 7


def test_a_contract_without_attributes_or_limits_can_be_simulated() -> None:
    funding = tuple(
        rule.model_copy(update={"shares": {"trust": None}}) for rule in CONTRACT.funding
    )
    people = CONTRACT.participants.model_copy(update={"attributes": {}, "covered": {}})
    funders = {"trust": CONTRACT.funders["trust"]}
    plain: Contract = CONTRACT.model_copy(
        update={
            "participants": people,
            "funders": funders,
            "funding": funding,
            "limits": (),
            "tranches": {},
        }
    )
    area = area_of(2, chances=("100%",) * 7)
    groups = tuple(group.model_copy(update={"attributes": {}}) for group in area.groups)
    forecast = simulate(plain, area.model_copy(update={"groups": groups}), trials=2, seed=1)
    prices = sum(plain.price_pence(name) for name in plain.milestones)
    assert forecast.total_pence.tolist() == [2 * prices] * 2
    assert forecast.limits_table.num_rows == 0
    assert "Limit" not in forecast.text


@pytest.mark.parametrize(
    ("trials", "seed", "codes"),
    [(0, 1, {"no_trials"}), (1, -1, {"negative_seed"}), (-5, -5, {"no_trials", "negative_seed"})],
)
def test_what_cannot_be_drawn_is_refused(trials: int, seed: int, codes: set[str]) -> None:
    with pytest.raises(AssumptionError) as caught:
        simulate(CONTRACT, area_of(1), trials=trials, seed=seed)
    assert {fault.code for fault in caught.value.faults} == codes


def test_how_many_trials_are_settled_at_once_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    area = area_of(20, 30)
    together = simulate(CONTRACT, area, trials=300, seed=1)
    for bound in ("_AMOUNTS_AT_ONCE", "_LEAST_AT_ONCE"):
        monkeypatch.setattr(f"impactbond.simulation.settle_drawn.{bound}", 1)
    singly = simulate(CONTRACT, area, trials=300, seed=1)
    np.testing.assert_array_equal(together.due_pence, singly.due_pence)
    np.testing.assert_array_equal(together.held_back_pence, singly.held_back_pence)
