"""Explanations of the example: a child of every kind, and lines that were taken back."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest

from impactbond.contract.read import read_contract
from impactbond.errors import SettlementError
from impactbond.evidence.read import read_evidence
from impactbond.explanation.explain import explain, explain_each, explain_line
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="module")
def settlement() -> Settlement:
    contract = read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
    evidence = read_evidence(FIXTURES / "evidence" / "west_london_zone.xlsx", contract)
    return settle(contract, evidence, as_of="2018-07-31", leave_out_refused=True)


@pytest.mark.parametrize("verdict", ["achieved", "not achieved", "ineligible", "withdrawn"])
def test_a_child_with_that_verdict_is_explained_to_the_penny(
    settlement: Settlement, verdict: str
) -> None:
    decisions = settlement.decisions_table
    found = decisions.filter(pc.equal(decisions["verdict"], verdict)).to_pylist()[-1]
    explanation = explain(settlement, participant=found["participant"])
    told = {milestone.milestone: milestone for milestone in explanation.milestones}
    milestone = told[found["milestone"]]
    assert (milestone.verdict, milestone.reason) == (verdict, found["reason"])
    assert list(told) == list(settlement.contract.milestones)
    lines = settlement.lines_table
    own = lines.filter(pc.equal(lines["participant"], found["participant"]))
    assert explanation.entitled_pence == (pc.sum(own["entitled_pence"]).as_py() or 0)
    for part in (explanation.standing, milestone.sentence, milestone.title, "[Sch 1 §2]"):
        assert part in explanation.text


def test_a_line_that_was_taken_back_leads_to_the_row_that_replaced_another(
    settlement: Settlement,
) -> None:
    lines = settlement.lines_table
    back = lines.filter(pc.equal(lines["because"], "taken back")).to_pylist()[-1]
    explanation = explain_line(settlement, back["line"])
    line = explanation.milestones[0].lines[-1]
    assert line.line == back["line"]
    assert line.entitled_pence == back["entitled_pence"] < 0
    assert any(row.replaces for row in line.evidence_since)
    assert sum(share.amount_pence for share in line.shares) == line.entitled_pence
    assert "taken back" in explanation.text


def test_many_are_explained_together_as_one_by_one(settlement: Settlement) -> None:
    people = settlement.evidence.participants_table["participant"].unique().to_pylist()
    asked = [people[place] for place in (200, 3, 3, 77)]
    together = list(explain_each(settlement, asked))
    assert [one.participant for one in together] == asked
    for one in {told.participant: told for told in together}.values():
        alone = explain(settlement, participant=one.participant)
        assert (one.text, one.as_dict()) == (alone.text, alone.as_dict())


def test_who_is_not_in_the_evidence_is_told_without_the_name(settlement: Settlement) -> None:
    with pytest.raises(SettlementError, match="holds no row") as raised:
        list(explain_each(settlement, ["NOBODY-1"]))
    assert "NOBODY" not in str(raised.value)
