"""Who is at risk, in how many areas and why, by the contract's own conditions; readings that
repeat, paired with the right baseline; a child who moves school. The tables are made by hand.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import impactbond as ib
from impactbond.cli.commands import app
from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.evidence.evidence import Evidence
from impactbond.explanation.identification import Identification
from impactbond.explanation.repeats import pair_readings

TERMS = """
impactbond: 1
contract: areas
title: Three areas of risk
version: {number: 1, kind: original, signed_on: 2020-01-01, effective_on: 2020-01-01}
provider: A charity
funders:
  council: {name: A council, kind: council}
calendar:
  term: 2020-01-01 through 2023-12-31
  claims: {every: quarter, made: 1 month after the period}
  evidence: {within: 90 days, late: next claim}
  payment: {within: 30 days, working_days_of: England}
participants:
  attributes: {school: text}
  eligible: at risk
metrics:
  sdq:        {kind: score, range: [0, 40], better: lower}
  attendance: {kind: percentage, better: higher, decimals: 1}
  reading:    {kind: score, range: [60, 140], better: higher}
windows:
  baseline: 3 months before start to 3 months after start
  year one: 9 months after start to 12 months after start
  year two: 21 months after start to 24 months after start
conditions:
  wellbeing: {level: sdq, pick: first, in: baseline, is: at least 17}
  school:    {level: attendance, pick: first, in: baseline, is: below 92%}
  reads:     {level: reading, pick: first, in: baseline, is: below 90}
  at risk: {at_least: 2, of: [wellbeing, school, reads]}
  lonely: {any: [wellbeing, {level: reading, pick: first, in: baseline, is: below 70}]}
milestones:
  better: {when: {improves: sdq, by: 5, between: [baseline, year one]}, price: 100.00}
funding:
  - {for: every milestone, shares: {council: 100%}}
"""
START = date(2020, 1, 10)
# Beside each child, its areas: wellbeing, school, reads; N where nothing is recorded.
VALUES = {
    "C-1": (17, 91.9, 89),  # all three, each by the least that is at risk
    "C-2": (17, 92.0, 90),  # one alone: 92% and 90 are not below
    "C-3": (20, None, 95),  # one, and one that is not evidenced: it could be two
    "C-4": (None, None, None),
    "C-5": (16, 80.0, 70),  # two
}


@cache
def contract() -> Contract:
    return parse_contract(TERMS.encode(), name="areas.yaml")


@cache
def at_risk() -> Identification:
    """Everybody by what makes them eligible, when all is known."""
    return ib.identify(contract(), evidence(), as_of="2020-12-31")


@cache
def evidence(*more: tuple[str, str, object, date], moves: bool = False) -> Evidence:
    people = [(who, START, START, None, "Elm") for who in VALUES]
    if moves:
        people += [
            ("C-1", START, date(2020, 9, 5), date(2020, 9, 1), "Oak"),
            ("C-1", START, date(2021, 9, 5), date(2021, 9, 1), "Ash"),
            ("C-2", START, date(2020, 9, 5), date(2020, 9, 1), "Elm"),
        ]
    names = ("sdq", "attendance", "reading")
    seen = [
        (who, name, value, START)
        for who, values in VALUES.items()
        for name, value in zip(names, values, strict=True)
        if value is not None
    ]
    rows = [(f"{place}", *row[:3], row[3], row[3]) for place, row in enumerate([*seen, *more], 1)]
    people_names = ("participant", "started_on", "recorded_on", "from_on", "school")
    return ib.read_evidence(
        {
            "participants": pd.DataFrame(people, columns=people_names),
            "observations": pd.DataFrame(
                rows,
                columns=(
                    *("observation", "participant", "metric", "value"),
                    *("observed_on", "recorded_on"),
                ),
            ).astype({"value": object}),
        },
        contract(),
    )


def test_who_is_at_risk_in_how_many_areas() -> None:
    found = at_risk()
    rows = found.table.to_pylist()
    assert found.areas == ("wellbeing", "school", "reads")
    assert [
        (row["participant"], row["state"], row["which_met"], row["which_not_evidenced"])
        for row in rows
    ] == [
        ("C-1", "met", "wellbeing; school; reads", ""),
        ("C-2", "not met", "wellbeing", ""),
        ("C-3", "not evidenced", "wellbeing", "school"),
        ("C-4", "not evidenced", "", "wellbeing; school; reads"),
        ("C-5", "met", "school; reads", ""),
    ]
    assert found.by_areas == {0: 1, 1: 2, 2: 1, 3: 1}
    assert [row["met_on"] for row in rows] == [START, None, None, None, START]
    assert "C-" not in found.text + repr(found)


def test_why_tells_each_area_with_its_value_and_its_bar() -> None:
    found = at_risk()
    told = found.why("C-2")
    assert [part.state for part in told.parts] == ["met", "not met", "not met"]
    assert "was 92.0% on 2020-01-10, below 92% needed" in told.parts[1].sentence
    assert [row.value for row in told.parts[1].rows] == ["92.0%"]
    with pytest.raises(ib.SettlementError) as raised:
        found.why("SECRET")
    assert "SECRET" not in str(raised.value)


def test_the_day_decides_what_is_known() -> None:
    before = ib.identify(contract(), evidence(), as_of="2020-01-09")
    assert before.table.num_rows == 0
    assert before.by_areas == {}


def test_another_condition_may_be_asked_and_an_unknown_one_is_told() -> None:
    found = ib.identify(contract(), evidence(), as_of="2020-12-31", condition="lonely")
    assert len(found.areas) == 2
    assert found.areas[0] == "wellbeing"
    assert "70" in found.areas[1]
    states = {row["participant"]: row["state"] for row in found.table.to_pylist()}
    assert (states["C-1"], states["C-5"]) == ("met", "not met")
    # What is asked here is not what is paid: the terms of the settlement stay as they are.
    assert contract().participants.eligible == "at risk"
    assert at_risk().areas == ("wellbeing", "school", "reads")
    with pytest.raises(ib.SettlementError, match="Did you mean 'lonely'"):
        ib.identify(contract(), evidence(), as_of="2020-12-31", condition="lonly")


def test_a_child_who_moves_school_is_one_child_with_the_day_of_its_moves() -> None:
    found = ib.identify(contract(), evidence(moves=True), as_of="2021-12-31")
    assert found.table.num_rows == len(VALUES)
    first = found.table.to_pylist()[0]
    assert (first["school"], first["school_now"]) == ("Elm", "Ash")
    moves = [tuple(row.values()) for row in found.moves_table.to_pylist()]
    assert moves == [
        ("C-1", "school", "Elm", "Oak", date(2020, 9, 1), date(2020, 9, 5)),
        ("C-1", "school", "Oak", "Ash", date(2021, 9, 1), date(2021, 9, 5)),
    ]
    # On a day between the two, the second was not known.
    earlier = ib.identify(contract(), evidence(moves=True), as_of="2021-06-30")
    assert earlier.table.to_pylist()[0]["school_now"] == "Oak"
    assert earlier.moves_table.num_rows == 1


def test_yearly_repeats_are_paired_with_the_baseline_that_is_named() -> None:
    one, two = date(2020, 11, 1), date(2021, 11, 1)
    known = evidence(
        ("C-1", "sdq", 12, one),  # 5 lower than 17
        ("C-1", "sdq", 14, two),  # 2 higher than the year before, 3 lower than at the start
        ("C-2", "sdq", 17, one),
        ("C-4", "sdq", 9, one),  # of which there was no baseline
        ("C-5", "sdq", 10, two),
    )
    yearly = {"year one": "baseline", "year two": "year one"}
    found = pair_readings(
        contract(), known, metric="sdq", baselines=yearly, as_of="2022-06-30"
    ).to_dict("records")
    told = {(row["participant"], row["follow_up"]): row for row in found}
    assert told["C-1", "year one"]["change"] == "-5"
    assert told["C-1", "year one"]["became"] == "better"
    assert told["C-1", "year two"]["baseline_value"] == "12"
    assert (told["C-1", "year two"]["change"], told["C-1", "year two"]["became"]) == ("2", "worse")
    assert told["C-2", "year one"]["became"] == "the same"
    assert {key: row["paired"] for key, row in told.items() if row["paired"] != "yes"} == {
        ("C-2", "year two"): "no follow-up",
        ("C-3", "year one"): "no follow-up",
        ("C-3", "year two"): "no baseline",
        ("C-4", "year one"): "no baseline",
        ("C-4", "year two"): "no follow-up",
        ("C-5", "year one"): "no follow-up",
        ("C-5", "year two"): "no baseline",
    }
    from_start = {"year two": "baseline"}
    found = pair_readings(
        contract(), known, metric="sdq", baselines=from_start, as_of="2022-06-30"
    ).to_dict("records")
    assert (found[0]["change"], found[0]["became"]) == ("-3", "better")
    # Before the window of the second year has closed, nobody is late.
    early = pair_readings(contract(), known, metric="sdq", baselines=from_start, as_of="2021-10-31")
    assert set(early["paired"]) == {"not yet due", "no baseline"}


def test_a_follow_up_that_is_the_baseline_itself_is_no_pair() -> None:
    found = pair_readings(
        contract(),
        evidence(),
        metric="sdq",
        baselines={"baseline": "baseline"},
        as_of="2022-06-30",
    )
    assert set(found["paired"]) == {"not after the baseline", "no baseline"}


def test_unknown_metrics_and_windows_are_told_together() -> None:
    with pytest.raises(ib.SettlementError) as raised:
        pair_readings(
            contract(), evidence(), metric="sdk", baselines={"year 1": "base"}, as_of="2022-06-30"
        )
    codes = [one.code for one in raised.value.faults]
    assert sorted(codes) == ["unknown_metric", "unknown_window", "unknown_window"]


def test_the_command_counts_writes_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("contract.yaml").write_text(TERMS)
    with open("people.csv", "w", newline="") as file:
        csv.writer(file).writerows(
            [
                ("participant", "started_on", "recorded_on", "school"),
                ("C-1", "2020-01-10", "2020-01-10", "Elm"),
            ]
        )
    with open("seen.csv", "w", newline="") as file:
        csv.writer(file).writerows(
            [
                ("observation", "participant", "metric", "value", "observed_on", "recorded_on"),
                ("1", "C-1", "sdq", "20", "2020-01-10", "2020-01-10"),
                ("2", "C-1", "reading", "80", "2020-01-10", "2020-01-10"),
            ]
        )
    words = ["identify", "contract.yaml", "participants=people.csv", "observations=seen.csv"]
    words += ["--as-of", "2020-12-31"]
    done = CliRunner().invoke(app, [*words, "--out", "risk.csv"])
    assert done.exit_code == 0, done.output
    assert "in 2 areas: 1 participant" in done.output
    assert "C-1" not in done.output
    assert Path("risk.csv").read_text().splitlines()[1].startswith('"C-1","met"')
    done = CliRunner().invoke(app, [*words, "--participant", "C-1"])
    assert "school: not evidenced" in done.output
