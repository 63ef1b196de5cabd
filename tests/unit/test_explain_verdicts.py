"""Explanations: every verdict has its reason, with its figures, down to the first cause."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import settled

from impactbond.errors import SettlementError
from impactbond.explanation.explain import explain, explain_line
from impactbond.explanation.parts import MilestoneExplained

CONSENTED = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
"""
SIGN_UP = """
milestones:
  consent: {title: Consent, clause: §1, when: {observed: consent, in: year one}, price: 100.00}
  sign_up:
    title: Sign-up
    clause: §2
    after: consent
    when: {observed: agreement, in: year one}
    price: 50.00
  engaged:
    title: Engaged
    clause: §3
    after: sign_up
    when: {count: meeting, in: year two, at_least: 2}
    price: 25.00
"""
AT_RISK = """
participants: {eligible: {level: sdq, pick: first, in: baseline, is: at least 17}, clause: Sch 1}
"""


def told(
    terms: str, evidence: str, as_of: str = "2030-12-31", milestone: str = "consent"
) -> MilestoneExplained:
    settlement = settled(terms, evidence, as_of)
    return explain(settlement, participant="c1", milestone=milestone).milestones[0]


def test_achieved_tells_the_day_the_period_and_the_window() -> None:
    milestone = told("", CONSENTED)
    assert (milestone.verdict, str(milestone.achieved_on), milestone.period) == (
        "achieved",
        "2017-02-01",
        "2017-Q1",
    )
    assert milestone.sentence == (
        "consent observed on 2017-02-01, in 'year one' (2017-01-09 through 2018-01-08)"
    )
    assert milestone.open_until is None


def test_achieved_tells_what_made_its_day_later_than_the_conditions_own() -> None:
    evidence = """
        child | metric    | on         | value
        c1    | agreement | 2017-01-20 | yes
        c1    | consent   | 2017-02-01 | yes
        c1    | sdq       | 2017-02-01 | 20
    """
    milestone = told(SIGN_UP + AT_RISK, evidence, milestone="sign_up")
    assert milestone.sentence.endswith(
        "met on 2017-01-20 and counted from 2017-02-01, "
        "when 'Consent' was achieved and eligibility was met"
    )


def test_not_achieved_tells_what_was_found_and_what_is_needed() -> None:
    milestone = told("", CONSENTED.replace("yes", "no"))
    assert (milestone.verdict, milestone.reason) == ("not achieved", "not_met")
    assert milestone.sentence == (
        "consent answered no in 'year one' (2017-01-09 through 2018-01-08) (1 row), a yes needed"
    )


def test_not_evidenced_tells_of_what_nothing_is_recorded() -> None:
    milestone = told("", CONSENTED.replace("2017-02-01", "2018-02-01"))
    assert (milestone.verdict, milestone.reason) == ("not evidenced", "no_evidence")
    assert milestone.sentence.startswith("nothing recorded of consent in 'year one'")


def test_not_yet_due_tells_the_last_day_and_the_claim_that_decides() -> None:
    milestone = told("", CONSENTED.replace("2017-02-01", "2017-06-01"), "2017-04-30")
    assert milestone.verdict == "not yet due"
    assert str(milestone.open_until) == "2018-01-08"
    assert milestone.sentence.startswith(
        "open until 2018-01-08 (decided with the claim for 2018-Q1, on 2018-04-30); "
        "so far: nothing recorded of consent"
    )


def test_a_window_that_closes_after_the_term_is_said_to() -> None:
    terms = "calendar: {term: 2017-01-01 through 2017-12-31}"
    milestone = told(terms, CONSENTED.replace("consent", "assessed"))
    assert milestone.sentence.startswith(
        "open until 2018-01-08 (after the term, which ends on 2017-12-31); so far: "
    )


def test_reached_after_the_last_day_claimed_is_not_yet_due() -> None:
    milestone = told("", CONSENTED.replace("2017-02-01", "2017-04-15"), "2017-04-30")
    assert milestone.sentence.startswith(
        "reached on 2017-04-15, after 2017-03-31, the last day claimed here "
        "(decided with the claim for 2017-Q2, on 2017-07-31)"
    )
    assert str(milestone.open_until) == "2017-04-15"


def test_ineligible_tells_the_figures_of_eligibility() -> None:
    milestone = told(AT_RISK, CONSENTED + "    c1 | sdq | 2017-02-01 | 12")
    assert milestone.verdict == "ineligible"
    assert milestone.sentence == (
        "eligibility is not met: first sdq in 'baseline' (2016-10-09 through 2017-04-08) "
        "was 12 on 2017-02-01, at least 17 needed"
    )


def test_eligibility_not_evidenced_is_told() -> None:
    milestone = told(AT_RISK, CONSENTED)
    assert (milestone.verdict, milestone.reason) == ("not evidenced", "eligibility_not_evidenced")
    assert "no sdq recorded in 'baseline'" in milestone.sentence


def test_eligibility_still_open_is_told_with_its_last_day() -> None:
    milestone = told(AT_RISK, CONSENTED, "2017-04-30")
    assert milestone.verdict == "not yet due"
    assert milestone.sentence.startswith("eligibility is open until 2017-04-08 (decided")


def test_left_before_the_day_is_withdrawn() -> None:
    left = """
        child | start      | left
        c1    | 2017-01-09 | 2017-01-20
        ---
    """
    reached = told("", left + CONSENTED)
    assert reached.verdict == "withdrawn"
    assert reached.sentence.startswith("reached on 2017-02-01, after leaving on 2017-01-20: ")
    never = told("", left + CONSENTED.replace("yes", "no"))
    assert never.sentence.startswith("left on 2017-01-20, before the last day 2018-01-08; ")


def test_outside_the_term_is_told_with_the_term() -> None:
    terms = "calendar: {term: 2017-03-01 through 2018-12-31}"
    assert told(terms, CONSENTED).sentence.startswith(
        "reached on 2017-02-01, outside the term (2017-03-01 through 2018-12-31): "
    )


def test_late_evidence_is_told_with_its_deadline_and_clause() -> None:
    terms = "calendar: {evidence: {within: 10 days, late: nothing, clause: Sch 4}}"
    evidence = """
        child | metric  | on         | value | recorded
        c1    | consent | 2017-02-01 | yes   | 2017-02-12
    """
    milestone = told(terms, evidence)
    assert milestone.verdict == "late"
    assert "evidence was recorded too late, after more than 10 days" in milestone.sentence
    assert "[Sch 4]" in milestone.sentence
    assert "with it: consent observed on 2017-02-01" in milestone.sentence
    assert milestone.condition is not None
    assert [row.taken_as for row in milestone.condition.left_aside] == [
        "late: recorded after 2017-02-11, 10 days after the day that it speaks of"
    ]
    assert told(terms, evidence.replace("02-12", "02-11")).verdict == "achieved"


def test_late_evidence_for_a_prerequisite_or_for_eligibility_is_told() -> None:
    late = "calendar: {evidence: {within: 10 days, late: nothing}}\n"
    evidence = """
        child | metric    | on         | value | recorded
        c1    | consent   | 2017-02-01 | yes   | 2017-03-01
        c1    | agreement | 2017-02-01 | yes   | 2017-02-01
        c1    | sdq       | 2017-02-01 | 20    | {recorded}
    """
    needs = told(late + SIGN_UP, evidence.format(recorded="2017-02-01"), milestone="sign_up")
    assert needs.verdict == "late"
    assert "in time: needs 'Consent' first, which is late: " in needs.sentence
    at_risk = evidence.format(recorded="2017-03-01")
    eligible = told(late + SIGN_UP + AT_RISK, at_risk, milestone="sign_up")
    assert "in time: no sdq recorded in 'baseline'" in eligible.sentence


def test_a_prerequisite_is_followed_to_the_first_cause() -> None:
    evidence = """
        child | metric    | on                    | value
        c1    | consent   | 2017-02-01            | no
        c1    | agreement | 2017-02-02            | yes
        c1    | meeting   | 2018-02-02 2018-03-02 | yes
    """
    milestone = told(SIGN_UP, evidence, milestone="engaged")
    assert milestone.chain == ("engaged", "sign_up", "consent")
    assert milestone.sentence == (
        "needs 'Sign-up' first, which is not achieved: "
        "needs 'Consent' first, which is not achieved: "
        "consent answered no in 'year one' (2017-01-09 through 2018-01-08) (1 row), a yes needed"
    )
    assert [(need.title, need.verdict, need.clause) for need in milestone.needs] == [
        ("Sign-up", "not achieved", "§2")
    ]
    text = explain(settled(SIGN_UP, evidence), participant="c1").text
    assert "First cause: engaged ← sign_up ← consent" in text
    assert "Sign-up (sign_up) [§2], £50.00" in text


def test_a_prerequisite_not_yet_due_keeps_the_milestone_open_as_long_as_itself() -> None:
    milestone = told(SIGN_UP, CONSENTED, "2017-04-30", "engaged")
    assert (milestone.verdict, milestone.reason) == ("not yet due", "prerequisite")
    assert str(milestone.open_until) == "2019-01-08"
    assert milestone.chain == ("engaged", "sign_up")
    text = explain(settled(SIGN_UP, CONSENTED, "2017-04-30"), participant="c1").text
    assert text.count("Open until 2019-01-08") == 1  # where the sentence tells another day


def test_a_child_that_the_contract_does_not_cover_is_told_why() -> None:
    terms = "participants: {covered: {borough: [south]}, clause: Sch 1}"
    explanation = explain(settled(terms, CONSENTED), participant="c1")
    assert explanation.standing == (
        "started on 2017-01-09; not covered by the contract, with borough north on that day: "
        "it covers borough south [Sch 1]"
    )
    assert [milestone.verdict for milestone in explanation.milestones] == ["not covered"]
    assert "NOT COVERED" in explanation.text
    assert list(explanation.table["step"]) == ["standing", "verdict", *["term"] * 11]


def test_a_child_not_known_yet_is_told_when_it_became_known() -> None:
    evidence = """
        child | start      | recorded
        c1    | 2017-01-09 | 2018-06-01
        ---
    """
    settlement = settled("", evidence + CONSENTED, "2017-04-30")
    explanation = explain(settlement, participant="c1")
    assert explanation.standing.endswith("the first row was recorded on 2018-06-01")
    assert [milestone.verdict for milestone in explanation.milestones] == ["not known yet"]


def test_an_unknown_child_is_refused_without_repeating_its_id() -> None:
    settlement = settled("", CONSENTED)
    with pytest.raises(SettlementError) as caught:
        explain(settlement, participant="secret-child-77")
    assert "secret-child-77" not in str(caught.value)
    assert "small and capital letters differ" in str(caught.value)


def test_an_unknown_milestone_and_an_unknown_line_are_refused() -> None:
    settlement = settled("", CONSENTED)
    with pytest.raises(SettlementError, match="there is no milestone 'sign_up'; allowed: consent"):
        explain(settlement, participant="c1", milestone="sign_up")
    with pytest.raises(SettlementError, match="such as 2017-Q1/0001") as caught:
        explain_line(settlement, "c1")
    assert "c1" not in str(caught.value)
