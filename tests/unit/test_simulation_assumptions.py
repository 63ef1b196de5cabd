"""Areas: what is refused, where it is told to be, and what a modeller is warned of."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.contract.read import read_contract
from impactbond.dates import day_number
from impactbond.errors import AssumptionError
from impactbond.simulation.area import Area, Chance, Group
from impactbond.simulation.cautions import cautions
from impactbond.simulation.draw import Draws
from impactbond.simulation.read import parse_area, read_area
from impactbond.simulation.simulate import simulate
from impactbond.simulation.stages import DrawnMilestone

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONTRACT = read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
FILE = FIXTURES / "areas" / "new_borough.yaml"
TEXT = FILE.read_text(encoding="utf-8")
AREA = read_area(FILE, CONTRACT)


def reached_in(area: Area) -> list[tuple[int, list[DrawnMilestone]]]:
    """Of every group, its start as a day number and everything that a child of it may reach."""
    found = []
    for group, stages in zip(area.groups, Draws.of(CONTRACT, area, 1).stages, strict=True):
        turns = [one for stage in stages for of_cell in stage.of_cell for one in of_cell]
        reached = [one for turn in turns for one in turn.reached]
        found.append((day_number(group.start), reached))
    return found


def line_of(part: str) -> int:
    lines = enumerate(TEXT.splitlines(), 1)
    return next(number for number, line in lines if part in line and not line.startswith("#"))


def refused(*changes: tuple[str, str], with_contract: bool = True) -> AssumptionError:
    """The error for the fixture's area with some text changed."""
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    contract = CONTRACT if with_contract else None
    with pytest.raises(AssumptionError) as caught:
        parse_area(text.encode(), name="area.yaml", contract=contract)
    return caught.value


def changed(**chances: tuple[str, str]) -> Area:
    """The fixture's area with other chances and times."""
    others = {name: Chance(chance=of, after=after) for name, (of, after) in chances.items()}
    return AREA.model_copy(update={"chances": {**AREA.chances, **others}})


def test_the_fixture_fits_the_fixture_contract() -> None:
    assert AREA.children == sum(group.children for group in AREA.groups) > 90
    assert AREA.source == FILE.read_bytes()
    assert [group.start for group in AREA.groups] == sorted(group.start for group in AREA.groups)


def test_every_fault_of_shape_is_told_with_its_line_and_what_is_allowed() -> None:
    error = refused(
        ("96%, after: 10 days", "120%, after: 10 days"),
        ("93%, after: 30 days", "93%, after: a month"),
        ("74%, after", "74%, aftr"),
        ("children: 22", "childern: 22"),
        ("children: 17", "children: 0"),
        ("children: 20", "children: many"),
        ("area: new-borough", "area: New Borough"),
        with_contract=False,
    )
    told = {(fault.line, fault.clause): str(fault) for fault in error.faults}
    assert "not a chance" in told[line_of("  consent:"), "chances > consent > chance"]
    assert "not a length of time" in told[line_of("  sign_up:"), "chances > sign_up > after"]
    misspelt = told[line_of("engaged_year_1:"), "chances > engaged_year_1 > aftr"]
    assert "Did you mean 'after'?" in misspelt
    assert "'children'" in told[line_of("Moss Lane,"), "groups > entry 1 > childern"]
    assert (line_of("Canal"), "groups > entry 2 > children") in told
    assert "a whole number" in told[line_of("Brigid"), "groups > entry 3 > children"]
    assert (line_of("area: new"), "area") in told
    assert str(error).startswith(f"The area area.yaml has {len(error.faults)} faults:")


def test_a_chance_must_be_written_as_text_and_a_group_may_not_be_named_twice() -> None:
    assert refused(("chance: 96%", "chance: 0.96")).faults[0].clause == "chances > consent > chance"
    error = refused(("name: Canal Street, ", "name: Moss Lane,    "), with_contract=False)
    assert [fault.code for fault in error.faults] == ["group_twice"]
    assert (error.faults[0].line, error.faults[0].hint) == (
        line_of("Canal"),
        "The first is entry 1",
    )


@pytest.mark.parametrize("start", ["1969-12-31", "2149-06-07"])
def test_a_start_that_no_evidence_could_have_is_refused(start: str) -> None:
    error = refused(("start: 2017-02-20", f"start: {start}"))
    assert [(fault.code, fault.line) for fault in error.faults] == [
        ("start_out_of_range", line_of("Brigid"))
    ]
    assert error.faults[0].allowed == "1970-01-01 through 2149-06-06"


@pytest.mark.parametrize(
    ("content", "code"), [(b"\xff", "not_text"), (b"a: [", "not_yaml"), (b"", "empty")]
)
def test_a_file_that_holds_no_area_is_refused_in_words(content: bytes, code: str) -> None:
    with pytest.raises(AssumptionError) as caught:
        parse_area(content, name="area.yaml")
    assert [fault.code for fault in caught.value.faults] == [code]
    assert "contract" not in str(caught.value)


def test_a_missing_file_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(AssumptionError, match="The area cannot be read"):
        read_area(tmp_path / "nowhere.yaml")


MEANING = (
    ('lbhf, key_stage: "1"', 'rbkc, key_stage: "1"'),
    ('lbhf, key_stage: "4"', 'lbhf, key_stage: "9"'),
    ('borough: lbhf, key_stage: "3"', 'ward: north, key_stage: "3"'),
    ("school: Moss Lane Primary", 'school: " "'),
    ("  consent: ", "  consnt: "),
)
FAULTS = {
    (line_of("Elms"), "groups > entry 4 > attributes > borough", "not_covered"),
    (line_of("Wharf Road,"), "groups > entry 5 > attributes > key_stage", "unknown_value"),
    (line_of("Canal"), "groups > entry 2 > attributes > ward", "unknown_attribute"),
    (line_of("Canal"), "groups > entry 2 > attributes > borough", "no_attribute"),
    (line_of("Moss Lane,"), "groups > entry 1 > attributes > school", "no_attribute"),
    (line_of("  consent:"), "chances > consnt", "unknown_milestone"),
    (line_of("chances:"), "chances", "no_chance"),
}


def test_everything_that_the_contract_cannot_take_is_told_at_once() -> None:
    error = refused(*MEANING)
    assert {(fault.line, fault.clause, fault.code) for fault in error.faults} == FAULTS


def test_simulate_tells_the_same_faults_of_an_area_that_was_read_without_the_contract() -> None:
    text = TEXT
    for old, new in MEANING:
        text = text.replace(old, new)
    area = parse_area(text.encode(), name="area.yaml")
    with pytest.raises(
        AssumptionError, match="does not fit the contract wlz-lbhf: 7 faults"
    ) as caught:
        simulate(CONTRACT, area, trials=1, seed=1)
    assert {(fault.line, fault.clause, fault.code) for fault in caught.value.faults} == FAULTS
    assert {fault.file for fault in caught.value.faults} == {"area.yaml"}


def test_an_area_built_in_python_is_checked_too() -> None:
    group = Group(name="One", children=1, start=date(2017, 1, 9))
    area = Area(impactbond=1, area="one", title="One", groups=[group], chances=AREA.chances)
    with pytest.raises(AssumptionError, match="3 faults") as caught:
        simulate(CONTRACT, area, trials=1, seed=1)
    assert {(fault.file, fault.line, fault.code) for fault in caught.value.faults} == {
        ("", 0, "no_attribute")
    }


def test_a_milestone_is_never_reached_before_its_prerequisites() -> None:
    area = changed(consent=("96%", "40 days"), sign_up=("93%", "30 days"))
    for start, reached in reached_in(area):
        days = {one.day - start for one in reached if one.milestone in (0, 1)}
        assert days == {40}


def test_nothing_outside_the_term_pays_nor_does_what_comes_after_it() -> None:
    for _, reached in reached_in(changed(one_outcome=("78%", "100 years"))):
        assert all(one.pays for one in reached if one.milestone < 3)
        assert not any(one.pays for one in reached if one.milestone >= 4)


def test_a_modeller_is_told_what_never_pays() -> None:
    told = cautions(Draws.of(CONTRACT, AREA, 1))
    assert [caution.split(":")[0] for caution in told] == [
        "'engaged_year_2' never pays in 1 of 5 groups",
        "'three_outcomes' never pays in 1 of 5 groups",
    ]


def test_a_milestone_that_nobody_reaches_needs_no_caution() -> None:
    area = changed(engaged_year_2=("0%", "729 days"), three_outcomes=("0%", "23 months"))
    assert cautions(Draws.of(CONTRACT, area, 1)) == ()


def test_a_modeller_is_told_of_days_on_which_the_contract_cannot_see_a_milestone() -> None:
    area = changed(
        sign_up=("93%", "61 days"),
        engaged_year_1=("74%", "1 year"),
        one_outcome=("78%", "19 months"),
    )
    told = cautions(Draws.of(CONTRACT, area, 1))[-3:]
    assert told[0].startswith(
        "'sign_up' is assumed 61 days after the start, when the contract cannot"
    )
    assert told[0].endswith(
        "in 5 of 5 groups; for the first of them it can be met from -92 to 60 days after the start"
    )
    assert told[1].endswith("can be met from 364 to 364 days after the start")
    assert told[2].startswith("'one_outcome' is assumed 19 months after the start")


def test_a_time_in_a_state_is_not_complete_before_it_can_be() -> None:
    # In a home from the first day, 3 months are complete 89 days after 9 January 2017, on 8 April
    # (the day before 9 April); the window's last day is 364 days after.
    terms = """
metrics: {home: {kind: state, states: [out, in]}}
milestones: {settled: {when: {sustained: home, as: in, for: 3 months, in: year one}, price: 1.00}}
"""
    contract = contract_of(terms)
    area = """
impactbond: 1
area: here
title: Here
groups:
  - {name: All, children: 4, start: 2017-01-09, attributes: {school: Elm, borough: north}}
chances: {settled: {chance: 50%, after: AFTER}}
"""
    told = {}
    for after in ("88 days", "89 days", "364 days"):
        read = parse_area(area.replace("AFTER", after).encode(), name="area.yaml")
        told[after] = cautions(Draws.of(contract, read, 1))
    assert [caution.rsplit("; ", 1)[1] for caution in told["88 days"]] == [
        "for the first of them it can be met from 89 to 364 days after the start"
    ]
    assert told["89 days"] == told["364 days"] == ()
