"""A kind of condition or of metric that is made up in a test works everywhere, once registered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Literal

import pandas as pd
import pytest
from openpyxl import load_workbook
from pydantic import Field
from tests.properties import reference_conditions as reference

import impactbond
from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.contract.schema import contract_schema
from impactbond.contract.wording.conditions import condition_words
from impactbond.dialect import Engine
from impactbond.evidence.evidence import Evidence
from impactbond.simulation.read import parse_area
from impactbond.terms.conditions import CONDITIONS, Leaf
from impactbond.terms.conditions.condition import InWindow, named
from impactbond.terms.conditions.passes import (
    Calendars,
    ConditionCase,
    ConditionText,
    Days,
    EvidenceUsed,
    EvidenceView,
    Facts,
    Met,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostic, Diagnostics
from impactbond.terms.diagnostic import Path as Place
from impactbond.terms.metrics import METRICS, MetricTerm, Numbered
from impactbond.terms.metrics.numbers import Scale
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Number


class Throughout(InWindow):
    """Met on the window's last day when no measure in the window is below a bar."""

    key: ClassVar[str] = "throughout"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Scale,)
    reading: ClassVar[str] = "what must hold throughout is found on the window's last day"

    throughout: MetricName
    window: WindowName = Field(alias="in")
    at_least: Number

    def check(self, terms: Terms, name: str, path: Place) -> Diagnostics:
        if self.at_least < 0:
            fault = impactbond.errors.Fault(code="below_nothing", problem="a bar below nothing")
            yield Diagnostic((*path, "at_least"), fault)

    def met(self, facts: Facts) -> Met:
        least = facts.fact("lowest", self.throughout, self.window)
        passes = least.value_of_row >= int(self.at_least)
        return Met(least.found & passes, least.found, facts.closes(self.window))

    def reach(self, calendars: Calendars) -> Days | None:
        days = super().reach(calendars)
        return None if days is None else (days[1], days[1])

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        every = view.rows("recorded", self.throughout, self.window)
        return EvidenceUsed(every, relied=named(every, "counts"))

    def says(self, wording: Wording) -> str:
        where = wording.within(self.window)
        return f"no {self.throughout} recorded {where} is below {self.at_least}"

    def tell(self, case: ConditionCase) -> ConditionText:
        what, needed = f"every {self.throughout}", f"at least {self.at_least}"
        found = ", ".join(str(row["value"]) for row in case.used.every) or "nothing recorded"
        return ConditionText(what, needed, found, f"{what} was {found}, {needed} needed")


class Points(Numbered):
    """Whole points from nothing to a most: numbers that neither add up nor have a better end."""

    key: ClassVar[str] = "points"
    lasts: ClassVar[bool] = False
    one_a_day: ClassVar[bool] = True

    kind: Literal["points"]
    most: Number
    decimals: int = 0

    @property
    def ends(self) -> tuple[Any, Any]:
        return self.most - self.most, self.most

    def says(self) -> str:
        return f"points up to {self.most}"

    def check(self, path: Place) -> Diagnostics:
        if self.most < 1:
            fault = impactbond.errors.Fault(code="no_points", problem="there are no points")
            yield Diagnostic((*path, "most"), fault)


CONTRACT = """
impactbond: 1
contract: kinds
title: A contract with kinds of its own
version: {number: 1, kind: original, signed_on: 2017-01-01, effective_on: 2017-01-01}
currency: GBP
provider: A charity
funders: {council: {name: The council, kind: council}}
calendar:
  term: 2017-01-01 through 2017-12-31
  claims: {every: quarter, made: 1 month after the period}
  evidence: {within: 90 days, late: next claim}
  payment: {within: 30 days, working_days_of: England, if_closed: next working day}
metrics: {marks: {kind: score, range: [0, 10], better: higher}}
windows: {spring: start to 3 months after start}
milestones: {steady: {when: {throughout: marks, in: spring, at_least: 4}, price: 100.00}}
funding: [{for: every milestone, shares: {council: 100%}}]
sheets:
  Children:
    holds: participants
    columns: {participant: Child, started_on: Start, recorded_on: Known}
  Marks:
    holds: observations
    columns: {participant: Child, observed_on: Day, recorded_on: Known}
    metrics: {marks: Mark}
"""
# The window of a child that starts on 10 January is 10 January through 9 April 2017.
LAST_DAY = date(2017, 4, 9)
# Ann's marks are 4 and 7; Ben has a 3; of Cat nothing is recorded.
MARKS = [("ann", "2017-02-01", 4), ("ann", "2017-03-01", 7), ("ben", "2017-02-01", 3)]


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    with CONDITIONS.with_kind(Throughout), METRICS.with_kind(Points):
        yield


def contract_of(*changes: tuple[str, str]) -> Contract:
    text = CONTRACT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_contract(text.encode(), name="kinds.yaml")


def evidence_of(contract: Contract) -> Evidence:
    people = [
        {"participant": name, "started_on": date(2017, 1, 10), "recorded_on": date(2017, 1, 10)}
        for name in ("ann", "ben", "cat")
    ]
    rows = [
        {
            "observation": str(number),
            "participant": who,
            "metric": "marks",
            "value": value,
            "observed_on": date.fromisoformat(day),
            "recorded_on": date.fromisoformat(day),
        }
        for number, (who, day, value) in enumerate(MARKS)
    ]
    frames = {"participants": pd.DataFrame(people), "observations": pd.DataFrame(rows)}
    return impactbond.read_evidence(frames, contract)


def test_a_made_up_kind_is_read_with_its_faults_in_the_readers_own_words() -> None:
    contract = contract_of()
    assert isinstance(contract.milestones["steady"].when, Throughout)
    with pytest.raises(impactbond.ContractError) as caught:
        contract_of(("at_least: 4", "atleast: 4"), ("throughout: marks", "troughout: marks"))
    told = {fault.code: fault for fault in caught.value.faults}
    assert "Did you mean 'throughout'?" in str(told["unknown_key"])
    assert (
        told["unknown_key"].line
        == CONTRACT.splitlines().index(
            next(line for line in CONTRACT.splitlines() if "steady" in line)
        )
        + 1
    )


def test_a_made_up_kind_is_checked() -> None:
    with pytest.raises(impactbond.ContractError) as caught:
        contract_of(("at_least: 4", "at_least: -1"))
    assert [fault.code for fault in caught.value.faults] == ["below_nothing"]
    with pytest.raises(impactbond.ContractError) as caught:
        contract_of(("{kind: score, range: [0, 10], better: higher}", "{kind: event}"))
    assert [fault.code for fault in caught.value.faults] == ["wrong_metric_kind"]
    # Whoever starts on the last day of the term reaches nothing: the window is over after it.
    started = "\nparticipants: {started: 2017-12-31 through 2017-12-31}\nmetrics:"
    late = contract_of(("\nmetrics:", started))
    assert "cannot_be_reached" in [found.code for found in impactbond.check(late)]


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_a_made_up_kind_is_settled_as_the_plain_reference_says(engine: Engine) -> None:
    contract = contract_of()
    settlement = impactbond.settle(
        contract, evidence_of(contract), as_of="2018-02-28", engine=engine
    )
    decided = settlement.decisions_table.to_pylist()
    achieved = {row["participant"]: row["achieved_on"] for row in decided if row["achieved_on"]}
    assert achieved == {"ann": LAST_DAY}
    assert {row["participant"]: row["reason"] for row in decided if not row["achieved_on"]} == {
        "ben": "not_met",
        "cat": "no_evidence",
    }

    def throughout(at: reference.At, leaf: Throughout) -> reference.Finding:
        rows, due = at.seen(leaf.throughout, leaf.window), at.due(leaf.window)
        if not rows:
            return reference.Finding(reference.State.NOT_EVIDENCED, None, due)
        return reference.met_if(all(row["value"] >= leaf.at_least for row in rows), due, due)

    with reference.with_kind(Throughout, throughout):
        for who, day in (("ann", LAST_DAY), ("ben", None), ("cat", None)):
            rows = [
                {"metric": "marks", "value": value, "observed_on": date.fromisoformat(on)}
                | {"recorded_on": date.fromisoformat(on), "observation": str(number)}
                for number, (name, on, value) in enumerate(MARKS)
                if name == who
            ]
            when = contract.milestones["steady"].when
            assert reference.find(contract, when, date(2017, 1, 10), rows).on == day


def test_a_made_up_kind_is_explained_worded_and_stands_in_a_statement(tmp_path: Path) -> None:
    contract = contract_of()
    settlement = impactbond.settle(contract, evidence_of(contract), as_of="2018-02-28")
    for who, sentence, rows in (
        ("ann", "every marks was 4, 7, at least 4 needed", 2),
        ("ben", "every marks was 3, at least 4 needed", 1),
        ("cat", "every marks was nothing recorded, at least 4 needed", 0),
    ):
        explanation = impactbond.explain(settlement, participant=who)
        found = explanation.milestones[0].condition
        assert found is not None
        assert (found.kind, found.sentence, len(found.rows)) == ("throughout", sentence, rows)
        assert sentence in explanation.text
    says = "no marks recorded in “spring” (start to 3 months after start) is below 4"
    assert condition_words(contract, contract.milestones["steady"].when) == says
    text = impactbond.render(contract)
    assert Throughout.reading in " ".join(str(text).lower().split())
    impactbond.write_statements(settlement, tmp_path)
    assert any(tmp_path.iterdir())


def test_a_made_up_kind_is_simulated_and_its_day_is_known() -> None:
    contract = contract_of()
    area = """
impactbond: 1
area: here
title: Here
groups: [{name: All, children: 4, start: 2017-01-10, attributes: {}}]
chances: {steady: {chance: 100%, after: 1 month}}
"""
    read = parse_area(area.encode(), name="area.yaml")
    found = impactbond.simulate(contract, read, trials=8, seed=1)
    # 9 April is 89 days after 10 January.
    assert any("can be met from 89 to 89 days" in caution for caution in found.cautions)


def test_made_up_kinds_stand_in_the_schema_for_as_long_as_they_are_registered() -> None:
    assert {"Throughout", "Points"} <= set(contract_schema()["$defs"])
    with (
        CONDITIONS.with_kind(),
        pytest.raises(TypeError, match="with the key 'throughout' already"),
    ):
        CONDITIONS.register(Throughout)


def test_a_made_up_metric_is_read_checked_bounded_worded_and_offered(tmp_path: Path) -> None:
    points = ("{kind: score, range: [0, 10], better: higher}", "{kind: points, most: 10}")
    counted = ("{throughout: marks, in: spring, at_least: 4}", "{arrives: marks, in: spring}")
    with CONDITIONS.with_kind(Arrives):
        contract = contract_of(points, counted)
        assert isinstance(contract.metrics["marks"], Points)
        settlement = impactbond.settle(contract, evidence_of(contract), as_of="2018-02-28")
        decided = settlement.decisions_table.to_pylist()
        # Ann's first mark is 4, and Ben's 3: any mark reaches it, on its day.
        days = {row["participant"]: row["achieved_on"] for row in decided}
        assert days == {"ann": date(2017, 2, 1), "ben": date(2017, 2, 1), "cat": None}
        explanation = impactbond.explain(settlement, participant="ann")
        assert explanation.milestones[0].condition is not None
        assert [row.value for row in explanation.milestones[0].condition.rows] == ["4", "7"]
        assert "points up to 10" in str(impactbond.render(contract))
        impactbond.write_template(contract, tmp_path / "template.xlsx")
        notes = load_workbook(tmp_path / "template.xlsx")["Notes"]
        allowed = [cell.value for row in notes.rows for cell in row]
        assert "a whole number from 0 to 10" in allowed
        with pytest.raises(impactbond.ContractError) as caught:
            contract_of((points[0], "{kind: points, most: 0}"), counted)
        assert "no_points" in [fault.code for fault in caught.value.faults]


class Arrives(Throughout):
    """Met on the first day of any points."""

    key: ClassVar[str] = "arrives"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Points,)

    arrives: MetricName
    throughout: str = "marks"
    at_least: Number = Field(default=0)

    def check(self, terms: Terms, name: str, path: Place) -> Diagnostics:
        yield from ()

    def met(self, facts: Facts) -> Met:
        first = facts.fact("first_day", self.arrives, self.window)
        return Met(first.found, facts.any_rows(self.arrives, self.window), first.column)


def test_a_kind_that_leaves_passes_out_is_refused_with_all_of_them_named() -> None:
    class Bare(Leaf):
        key: ClassVar[str] = "bare"

        bare: MetricName

    missing = "check, evidence, met, reach, reading, says, takes, tell"
    with pytest.raises(TypeError, match=f"the condition Bare does not say: {missing}$"):
        CONDITIONS.register(Bare)

    class Plain(MetricTerm):
        key: ClassVar[str] = "plain"

    missing = "allowed, bounds, check, counted, lasts, one_a_day, says, shown"
    with pytest.raises(TypeError, match=f"the metric Plain does not say: {missing}$"):
        METRICS.register(Plain)
    with pytest.raises(TypeError, match="Plain is no condition"):
        CONDITIONS.register(Plain)
