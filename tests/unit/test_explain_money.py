"""Explanations: every penny leads back to a line, a price, a share rule, a limit and a due day."""

from __future__ import annotations

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.spec.drawn_tables import pounds, settled

from impactbond.errors import InvariantError
from impactbond.explanation.explain import explain, explain_line
from impactbond.explanation.explanation import Explanation
from impactbond.settlement.lines import Attribution
from impactbond.settlement.settlement import Settlement

THREE = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-02-02 | yes
    c3    | consent | 2017-05-01 | yes
"""
THIRDS = """
funding:
  - {for: every milestone, shares: {council: 1/3, lottery: 1/3, school: the rest}, clause: Sch 3}
"""


def test_a_price_is_told_in_its_own_currency_and_no_product_where_a_rate_stands_between() -> None:
    terms = "currency: USD\nprices_in: {currency: EUR, rate: 1}"
    told = explain(settled(terms, THREE, "2017-04-30"), participant="c1").text
    assert ", €100.00\n" in told
    assert "US$100.00 for 1 at €100.00, as the terms of the price say" in told
    assert "US$100.00 = US$100.00" not in told


def with_tables(settlement: Settlement, **tables: pa.Table) -> Settlement:
    found = {"lines": settlement.lines_table, "shares": settlement.shares_table} | tables
    return replace(settlement, attribution=Attribution(lambda: (found["lines"], found["shares"])))


def everybody(settlement: Settlement) -> list[Explanation]:
    participants = settlement.evidence.participants_table["participant"].unique().to_pylist()
    return [explain(settlement, participant=name) for name in sorted(participants)]


def assert_every_penny_told(settlement: Settlement) -> None:
    """The lines explained are the lines settled, share by share."""
    lines = {row["line"]: row for row in settlement.lines_table.to_pylist()}
    shares = {(row["line"], row["funder"]): row for row in settlement.shares_table.to_pylist()}
    told = [
        line
        for explanation in everybody(settlement)
        for milestone in explanation.milestones
        for line in milestone.lines
    ]
    assert sorted(line.line for line in told) == sorted(lines)
    for line in told:
        assert line.entitled_pence == lines[line.line]["entitled_pence"]
        for share in line.shares:
            assert share.amount_pence == shares.pop((line.line, share.funder))["amount_pence"]
            to_date = share.share_after_pence - share.share_before_pence
            assert share.amount_pence == to_date + share.moved_pence
    assert not shares


def test_a_line_is_told_with_its_price_its_running_total_and_its_due_day() -> None:
    line = explain(settled(THIRDS, THREE), participant="c2").milestones[0].lines[0]
    assert (line.line, str(line.claim_date), str(line.due_on)) == (
        "2017-Q1/0002",
        "2017-04-30",
        "2017-05-30",
    )
    assert line.sentence == "achieved: 1 × £100.00 = £100.00"
    assert line.share_clause == "Sch 3"
    assert (line.running_before_pence, line.running_after_pence) == (10_000, 20_000)
    assert [
        (share.name, str(share.share), pounds(share.share_before_pence), pounds(share.amount_pence))
        for share in line.shares
    ] == [
        ("The council", "1/3", "33.33", "33.34"),
        ("The lottery", "1/3", "33.34", "33.32"),
        ("Elm", "1/3", "33.33", "33.34"),
    ]


def test_the_pence_explained_are_the_pence_of_the_lines() -> None:
    settlement = settled(THIRDS, THREE)
    assert_every_penny_told(settlement)
    told = sum(explanation.entitled_pence for explanation in everybody(settlement))
    assert told == pc.sum(settlement.lines_table["entitled_pence"]).as_py() == 30_000


def test_a_limit_that_withholds_is_named_with_its_clause() -> None:
    terms = THIRDS + "limits: [{contract: whole, at_most: 150.00, beyond: unpaid, clause: §9}]"
    settlement = settled(terms, THREE)
    line = explain(settlement, participant="c2").milestones[0].lines[0]
    assert line.sentence == "achieved: 1 × £100.00 = £100.00; £50.00 withheld (limit on contract)"
    assert [(limit.term, limit.says, limit.clause) for limit in line.limits] == [
        ("limit on contract", "at most £150.00; beyond it: unpaid", "§9")
    ]
    assert_every_penny_told(settlement)
    text = explain(settlement, participant="c3").text
    assert "£100.00 withheld (limit on contract)" in text
    assert "of a value of £33.34, £33.34 withheld" in text


def test_a_limit_on_a_milestone_is_told_apart_from_that_on_the_contract() -> None:
    limits = """
limits:
  - {milestone: consent, at_most: 250.00, beyond: unpaid, clause: §8}
  - {contract: whole, at_most: 150.00, beyond: unpaid, clause: §9}
"""
    settlement = settled(limits, THREE)
    held = {}
    for name in ("c1", "c2", "c3"):
        line = explain(settlement, participant=name).milestones[0].lines[0]
        held[name] = [limit.clause for limit in line.limits]
    assert held == {"c1": [], "c2": ["§9"], "c3": ["§8", "§9"]}


def test_room_under_a_limit_again_is_told_as_such() -> None:
    evidence = """
        child | metric  | on         | value | recorded   | ref | replaces
        c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |
        c2    | consent | 2017-02-02 | yes   | 2017-02-02 | b   |
        c1    | consent | 2017-02-01 | no    | 2017-06-01 | c   | a
    """
    terms = "limits: [{contract: whole, at_most: 150.00, beyond: unpaid, clause: §9}]"
    settlement = settled(terms, evidence)
    assert_every_penny_told(settlement)
    lines = explain(settlement, participant="c2").milestones[0].lines
    assert [line.because for line in lines] == ["achieved", "limit released"]
    assert "there is room under a limit again; £50.00 no longer withheld" in lines[1].sentence
    assert "£50.00 no longer withheld" in explain_line(settlement, lines[1].line).text


def test_what_a_funders_limit_passes_on_is_told_with_both_funders() -> None:
    terms = """
funding: [{for: every milestone, shares: {council: 40%, lottery: 60%}}]
limits:
  - {funder: lottery, at_most: 80.00, beyond: {funder: trust}, clause: §7}
  - {funder: trust, at_most: 70.00, beyond: unpaid, clause: §8}
"""
    settlement = settled(terms, THREE)
    assert_every_penny_told(settlement)
    flows = {
        name: [
            (flow.clause, flow.from_funder, flow.to_funder, pounds(flow.amount_pence))
            for flow in dict.fromkeys(
                flow
                for share in explain(settlement, participant=name).milestones[0].lines[0].shares
                for flow in share.passed
            )
        ]
        for name in ("c1", "c2", "c3")
    }
    assert flows == {
        "c1": [],
        "c2": [("§7", "lottery", "trust", "40.00")],
        "c3": [("§7", "lottery", "trust", "60.00"), ("§8", "trust", "unfunded", "30.00")],
    }
    text = explain(settlement, participant="c3").text
    assert "limit on funder lottery, £80.00 [§7]: £60.00 passed on from lottery to trust" in text
    assert "Nobody pays £30.00; £30.00 taken over" in text


def test_what_comes_back_from_the_funder_that_took_over_is_told() -> None:
    evidence = """
        child | metric  | on         | value | recorded   | ref | replaces
        c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |
        c2    | consent | 2017-02-02 | yes   | 2017-02-02 | b   |
        c1    | consent | 2017-02-01 | no    | 2017-06-01 | c   | a
    """
    terms = "limits: [{funder: council, at_most: 120.00, beyond: {funder: trust}}]"
    settlement = settled(terms, evidence)
    assert_every_penny_told(settlement)
    told = "£80.00 back from trust to council, which has room again"
    assert told in explain(settlement, participant="c1").text


def test_an_adjustment_is_told_with_the_evidence_that_moved_it() -> None:
    evidence = """
        child | metric  | on         | value | recorded   | ref | replaces
        c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |
        c1    | meeting | 2017-05-01 | yes   | 2017-05-01 | m   |
        c1    | consent | 2017-02-01 | no    | 2017-06-01 | b   | a
    """
    settlement = settled("", evidence)
    explanation = explain_line(settlement, "2017-Q2/0001")
    assert explanation.line == "2017-Q2/0001"
    first, back = explanation.milestones[0].lines
    assert (first.because, back.because) == ("achieved", "taken back")
    assert back.kind == "adjustment"
    assert [(row.observation, row.replaces) for row in back.evidence_since] == [("b", "row 1")]
    assert not first.evidence_since
    assert "Evidence recorded since 2017-04-30:" in explanation.text
    assert explanation.milestones[0].verdict == "not yet due"


def test_an_adjustment_is_told_with_what_was_recorded_about_the_child() -> None:
    evidence = """
        child | start      | recorded   | left
        c1    | 2017-01-09 | 2017-01-09 |
        c1    | 2017-01-09 | 2017-06-01 | 2017-01-20
        ---
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
    """
    explanation = explain_line(settled("", evidence), "2017-Q2/0001")
    back = explanation.milestones[0].lines[-1]
    assert [str(row.left_on) for row in back.participant_rows_since] == ["2017-01-20"]
    assert "Recorded since, about the participant: " in explanation.text


def test_a_closed_line_is_explained_as_it_was_known_on_its_claim_date() -> None:
    evidence = """
        child | metric  | on         | value | recorded   | ref | replaces
        c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |
        c1    | consent | 2017-02-01 | no    | 2017-06-01 | b   | a
    """
    explanation = explain_line(settled("", evidence), "2017-Q1/0001")
    milestone = explanation.milestones[0]
    assert (explanation.claim_period, milestone.verdict) == ("2017-Q1", "achieved")
    assert [line.line for line in milestone.lines] == ["2017-Q1/0001"]
    assert milestone.entitled_pence == 10_000


def test_lines_that_came_in_closed_on_other_evidence_are_said_to() -> None:
    first = settled("", THREE, "2017-04-30")
    corrected = THREE.replace("2017-02-01 | yes", "2017-02-01 | no ")
    settlement = settled("", corrected, earlier=first)
    explanation = explain_line(settlement, "2017-Q1/0001")
    assert explanation.milestones[0].verdict == "not yet due"
    assert explanation.milestones[0].note.startswith("This claim came in closed")
    assert explanation.milestones[0].note in explanation.text
    now = explain(settlement, participant="c1").milestones[0]
    assert (now.note, now.entitled_pence, len(now.lines)) == ("", 0, 2)


def test_the_explanation_is_plain_data_a_table_and_a_page() -> None:
    explanation = explain(settled(THIRDS, THREE), participant="c1")
    data = json.loads(json.dumps(explanation.as_dict()))
    assert data["participant"] == "c1"
    assert data["milestones"][0]["lines"][0]["shares"][0]["share"] == "1/3"
    assert data["milestones"][0]["condition"]["rows"][0]["observed_on"] == "2017-02-01"
    table = explanation.table
    assert list(table.columns) == ["milestone", "step", "what", "found", "needed", "clause"]
    steps = ["standing", "verdict", "condition", "evidence", "line", "share", "term"]
    assert list(dict.fromkeys(table["step"])) == steps
    assert explanation.text == str(explanation)
    page = explanation._repr_html_()
    assert "<pre>" in page
    assert "£100.00" in page


def test_the_table_tells_limits_what_was_passed_on_and_what_was_left_aside() -> None:
    evidence = """
        child | metric    | on         | value | recorded   | ref | replaces
        c1    | consent   | 2017-02-01 | no    | 2017-02-01 | a   |
        c1    | consent   | 2017-02-01 | yes   | 2017-02-03 | b   | a
    """
    terms = """
participants: {eligible: {observed: consent, in: year one}}
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  sign_up: {after: consent, when: {observed: agreement, in: year one}, price: 100.00}
limits:
  - {contract: whole, at_most: 90.00, beyond: unpaid}
  - {funder: council, at_most: 50.00, beyond: {funder: trust}}
"""
    explanation = explain(settled(terms, evidence, "2017-04-30"), participant="c1")
    steps = set(explanation.table["step"])
    assert {"limit", "passed on", "left aside", "eligibility", "after", "open until"} <= steps


@pytest.mark.parametrize(
    ("table", "without", "problem"),
    [
        ("decisions", 1, "what is explained is not what was decided"),
        ("lines", 1, "the lines are not those of the milestones that were achieved"),
        ("shares", 1, "the shares of a line do not add up to it"),
    ],
)
def test_what_does_not_agree_with_the_settlement_is_never_told(
    table: str, without: int, problem: str
) -> None:
    settlement = settled(THIRDS, THREE.splitlines()[1] + "\n" + THREE.splitlines()[2])
    short = getattr(settlement, f"{table}_table").slice(without)
    broken = (
        replace(settlement, decided=lambda: short)
        if table == "decisions"
        else with_tables(settlement, **{table: short})
    )
    with pytest.raises(InvariantError, match=problem):
        explain(broken, participant="c1")


def test_a_share_that_was_not_cut_on_the_running_total_is_never_told() -> None:
    settlement = settled(THIRDS, THREE)
    shares = settlement.shares_table
    # Its shares are £33.33, £33.34 and £33.33: a penny goes to another funder.
    swapped = shares["value_pence"].take(pa.array([1, 0, *range(2, shares.num_rows)]))
    turned = shares.set_column(3, "value_pence", swapped)
    broken = with_tables(settlement, shares=turned)
    with pytest.raises(InvariantError, match="not its share of the running total"):
        explain(broken, participant="c1")


def test_an_adjustment_is_told_with_the_evidence_of_the_milestones_before() -> None:
    terms = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  sign_up: {after: consent, when: {observed: agreement, in: year one}, price: 50.00}
"""
    evidence = """
        child | metric    | on         | value | recorded   | ref | replaces
        c1    | consent   | 2017-02-01 | yes   | 2017-02-01 | a   |
        c1    | agreement | 2017-02-01 | yes   | 2017-02-01 | m   |
        c1    | consent   | 2017-02-01 | no    | 2017-06-01 | b   | a
    """
    lines = explain(settled(terms, evidence), participant="c1").milestones[1].lines
    assert [row.observation for row in lines[1].evidence_since] == ["b"]
