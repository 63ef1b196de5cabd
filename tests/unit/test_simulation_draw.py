"""Drawing: streams of the seed, exact thresholds, children independent of one another."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.random import PCG64, SeedSequence

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.errors import AssumptionError
from impactbond.simulation.area import Area, Chance, Group
from impactbond.simulation.draw import CHILDREN_AT_ONCE, TRIALS_PER_BLOCK, Draws
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


def test_a_block_has_its_own_stream_spawned_from_the_seed() -> None:
    bits = PCG64(SeedSequence(9).spawn(3)[2])
    drawn = bits.random_raw(7 * TRIALS_PER_BLOCK * 4).reshape(7, TRIALS_PER_BLOCK, 4)
    (found,) = draws_of(4, seed=9).children(2)
    np.testing.assert_array_equal(found.reached[0], drawn[0] < 2**63)


def test_the_bits_of_a_seed_are_these() -> None:
    """numpy keeps the stream of its bit generators; should it ever not, forecasts change."""
    drawn = PCG64(SeedSequence(1, spawn_key=(0,))).random_raw(2)
    assert drawn.tolist() == [12894911395248688958, 3215922745726220339]


def test_a_child_reaches_no_milestone_without_its_prerequisites() -> None:
    (found,) = draws_of(200).children(0)
    place = {name: index for index, name in enumerate(CONTRACT.milestones)}
    for name, milestone in CONTRACT.milestones.items():
        for earlier in milestone.after:
            assert not (found.reached[place[name]] & ~found.reached[place[earlier]]).any()


def test_a_certain_milestone_is_always_reached_and_an_impossible_one_never() -> None:
    chances = ("100%", "100%", "100%", "0%", "100%", "0%", "100%")
    (found,) = draws_of(5, chances=chances).children(0)
    assert [bool(each.all()) for each in found.reached] == [
        True,
        True,
        True,
        False,
        True,
        False,
        False,
    ]
    assert [bool(each.any()) for each in found.reached] == [
        True,
        True,
        True,
        False,
        True,
        False,
        False,
    ]


def test_thresholds_are_exact() -> None:
    draws = draws_of(1, chances=("1/3", "95%", "100%", "0%", "50%", "0.1%", "99.99%"))
    for name, threshold in zip(CONTRACT.milestones, draws._thresholds, strict=True):
        chance = draws.area.chances[name].chance
        assert Fraction(threshold, 2**64) <= chance < Fraction(threshold + 1, 2**64)


def test_a_large_group_is_drawn_some_children_at_a_time() -> None:
    pieces = list(draws_of(3, CHILDREN_AT_ONCE + 2).children(0))
    assert [(some.group, some.first, some.reached.shape[2]) for some in pieces] == [
        (0, 0, 3),
        (1, 0, CHILDREN_AT_ONCE),
        (1, CHILDREN_AT_ONCE, 2),
    ]


def test_a_group_added_at_the_end_leaves_the_draws_of_the_others_alone() -> None:
    few, more = (list(draws_of(*groups).children(0)) for groups in ((3, 4), (3, 4, 5)))
    for before, after in zip(few, more, strict=False):
        np.testing.assert_array_equal(before.reached, after.reached)


def test_a_higher_chance_takes_a_milestone_from_nobody() -> None:
    low, high = (
        next(draws_of(50, chances=(chance, *("50%",) * 6)).children(0)) for chance in ("50%", "60%")
    )
    assert not (low.reached & ~high.reached).any()


def test_children_are_drawn_apart_from_one_another() -> None:
    """The number who consent spreads as a binomial does: within a tenth, from a fixed seed."""
    draws = draws_of(40, seed=3)
    counts = np.concatenate(
        [next(draws.children(block)).reached[0].sum(axis=1) for block in range(16)]
    )
    assert counts.var() == pytest.approx(40 / 4, rel=0.1)
    assert counts.mean() == pytest.approx(20, rel=0.01)


def test_quantities_are_to_date_from_the_claim_date_of_their_own_period() -> None:
    draws = draws_of(20, 30)
    quantities = draws.quantities(0)
    counts = quantities[:, -1]
    for lot, period in enumerate(draws.lots.period):
        for claim in range(len(draws.claim_dates)):
            expected = counts[:, lot] if claim >= period else np.zeros(TRIALS_PER_BLOCK)
            np.testing.assert_array_equal(quantities[:, claim, lot], expected)


def test_groups_that_start_on_one_day_under_one_share_rule_share_their_lots() -> None:
    draws = draws_of(20, 30)
    assert len(draws.lots.keys) == 7
    np.testing.assert_array_equal(draws.place[0], draws.place[1])
    reached = [some.reached[0].sum(axis=1) for some in draws.children(0)]
    np.testing.assert_array_equal(draws.quantities(0)[:, -1, draws.place[0, 0]], sum(reached))


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
    monkeypatch.setattr("impactbond.simulation.simulate._AMOUNTS_AT_ONCE", 1)
    singly = simulate(CONTRACT, area, trials=300, seed=1)
    np.testing.assert_array_equal(together.due_pence, singly.due_pence)
    np.testing.assert_array_equal(together.held_back_pence, singly.held_back_pence)
