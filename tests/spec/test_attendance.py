"""Attendance by codes: England's school attendance marks, in both editions of their list.

The codes of The School Attendance (Pupil Registration) (England) Regulations 2024, SI 2024/208,
regulation 10, hold from 19 August 2024. Until the day before, H, J and Y were written; K, Q, J1,
C1, C2 and Y1 to Y7 are new. Attendance is (present + approved educational activity) / possible
sessions, and a session is half a day.
"""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import THE_END, contract_of, evidence_of, paid, settled, verdicts

from impactbond.errors import ContractError
from impactbond.explanation.explain import explain
from impactbond.settlement.settle import settle

REGISTER = r"""
calendar: {term: 2024-01-01 through 2025-12-31}
metrics:
  registration:
    kind: session
    slots: [AM, PM]
    marks: ["/", "\\", L, K, V, P, W, B, J,
            D, Q, X, Y, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Z, "#",
            C, C1, C2, E, H, I, J1, M, R, S, T, G, N, O, U]
    dated:
      - {marks: [H, J, Y], through: 2024-08-18}
      - {marks: [K, Q, J1, C1, C2, Y1, Y2, Y3, Y4, Y5, Y6, Y7], from: 2024-08-19}
    groups:
      present: {marks: ["/", "\\", L]}
      at an approved activity: {marks: [K, V, P, W, B, J]}
      no session: {marks: [D, Q, X, Y, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Z, "#"]}
windows:
  summer: 2024-06-03 through 2024-07-19
  autumn: 2024-09-02 through 2024-12-20
conditions:
  attends:
    share: registration
    marked: [present, at an approved activity]
    leaving_out: no session
    in: autumn
    at_least: 90%
milestones:
  attends: {when: attends, price: 500.00}
"""
FIVE = "2024-09-09 2024-09-10 2024-09-11 2024-09-12 2024-09-13"


def without_refused(terms: str, evidence: str) -> dict[str, str]:
    """Why each child earns the milestone or does not, where refused rows are left out."""
    contract = contract_of(terms)
    found = settle(contract, evidence_of(evidence, contract), as_of=THE_END, leave_out_refused=True)
    return {row["participant"]: row["reason"] for row in found.decisions_table.to_pylist()}


@pytest.mark.mechanic(137)
def test_several_marks_count_and_several_are_no_possible_session() -> None:
    evidence = f"""
        child          | metric       | slot | on                    | value
        c1 c2 c3 c4    | registration | AM   | {FIVE}                | /
        c1 c2          | registration | PM   | 2024-09-09 2024-09-10 | B
        c1 c2          | registration | PM   | 2024-09-11 2024-09-12 | L
        c1             | registration | PM   | 2024-09-13            | I
        c2             | registration | PM   | 2024-09-13            | I
        c2             | registration | AM   | 2024-09-16            | #
        c2             | registration | PM   | 2024-09-16            | M
        c3             | registration | PM   | {FIVE}                | Y1
        c4             | registration | PM   | {FIVE}                | C
        c5             | registration | AM   | {FIVE}                | X
    """
    # c1: 5 present in the morning, 2 at another activity, 2 late: 9 of 10 is 90 % exactly.
    # c2: the same 9, of 11 possible (illness, a doctor; the closure of the 16th is none): 81.8 %.
    # c3: no afternoon was possible: 5 of 5. c4: leave is authorised, and absence: 5 of 10.
    # c5: no session was possible at all, which is neither 0 % nor 100 %.
    assert verdicts(REGISTER, evidence) == {
        "c1 attends": "achieved 2024-12-20",
        "c2 attends": "not achieved: not met",
        "c3 attends": "achieved 2024-12-20",
        "c4 attends": "not achieved: not met",
        "c5 attends": "not evidenced: no evidence",
    }
    assert paid(REGISTER, evidence) == {"2024-Q4": {"council": "1,000.00"}}


@pytest.mark.mechanic(137)
def test_an_explanation_tells_the_sessions_that_were_possible() -> None:
    evidence = f"""
        child | metric       | slot | on                               | value
        c1    | registration | AM   | {FIVE}                           | /
        c1    | registration | PM   | 2024-09-09 2024-09-10 2024-09-11 | #
        c1    | registration | PM   | 2024-09-12                       | N
    """
    # 5 of 6: three afternoons of nine sessions were closed.
    told = explain(settled(REGISTER, evidence), participant="c1").text
    assert "5 of 6 scheduled registration sessions (without those marked “no session”)" in told
    assert "83.3%, at least 90% needed" in told
    assert "N (PM)" in told


@pytest.mark.mechanic(138)
def test_a_group_of_marks_follows_the_days_of_its_own() -> None:
    terms = REGISTER.replace(
        "      at an approved",
        "      early: {marks: [B], through: 2024-09-10}\n      at an approved",
    ).replace("[present, at an approved activity]", "[present, early]")
    evidence = f"""
        child | metric       | slot | on                                          | value
        c1 c2 | registration | AM   | {FIVE}                                      | /
        c1 c2 | registration | PM   | 2024-09-09 2024-09-11 2024-09-12 2024-09-13 | \\
        c1    | registration | PM   | 2024-09-10                                  | B
        c2    | registration | AM   | 2024-09-16                                  | B
        c2    | registration | PM   | 2024-09-16                                  | B
    """
    # B counts through the 10th. c1: 10 of 10. c2: 9 of 11, as its visits on the 16th do not.
    assert verdicts(terms, evidence) == {
        "c1 attends": "achieved 2024-12-20",
        "c2 attends": "not achieved: not met",
    }


@pytest.mark.mechanic(139)
def test_a_mark_that_does_not_hold_on_its_day_is_refused_with_those_that_do() -> None:
    evidence = """
        child | metric       | slot | on                    | value
        c1    | registration | AM   | 2024-07-18            | J
        c1    | registration | AM   | 2024-07-19            | J1
        c1    | registration | AM   | 2024-09-09            | J1
        c1    | registration | AM   | 2024-09-10            | J
        c1    | registration | AM   | 2024-08-18            | Y
        c1    | registration | AM   | 2024-08-19            | Y
        c1    | registration | AM   | 2024-09-11            | /
    """
    contract = contract_of(REGISTER)
    refused = {row["row"]: row for row in evidence_of(evidence, contract).refused_table.to_pylist()}
    assert {row: one["code"] for row, one in refused.items()} == dict.fromkeys(
        (2, 4, 6), "mark_not_in_force"
    )
    assert refused[2]["allowed"] == (
        "for days through 18 August 2024: /, \\, L, V, P, W, B, J, D, X, Y, Z, #, "
        "C, E, H, I, M, R, S, T, G, N, O, U"
    )
    assert (
        refused[4]["allowed"]
        == refused[6]["allowed"]
        == (
            "for days from 19 August 2024: /, \\, L, K, V, P, W, B, D, Q, X, "
            "Y1, Y2, Y3, Y4, Y5, Y6, Y7, Z, #, C, C1, C2, E, I, J1, M, R, S, T, G, N, O, U"
        )
    )
    # An interview of the old list was approved activity; one of the new list is absence: 1 of 2.
    assert without_refused(REGISTER, evidence) == {"c1": "not_met"}
    summer = REGISTER.replace("in: autumn", "in: summer")
    assert without_refused(summer, evidence) == {"c1": "met"}


@pytest.mark.mechanic(140)
def test_two_sessions_of_a_day_are_two_and_two_rows_of_one_session_contradict() -> None:
    evidence = """
        child    | metric       | slot | on         | value | ref | replaces
        c1       | registration | AM   | 2024-09-09 | I     | a1  |
        c1       | registration | PM   | 2024-09-09 | I     | a2  |
        c1       | registration | AM   | 2024-09-10 | /     | a3  |
        c1       | registration | PM   | 2024-09-10 | /     | a4  |
        c2       | registration | AM   | 2024-09-09 | /     | b1  |
        c2       | registration | PM   | 2024-09-09 | N     | b2  |
        c2       | registration | PM   | 2024-09-09 | L     | b3  | b2
        c3       | registration | AM   | 2024-09-09 | /     | c1  |
        c3       | registration | AM   | 2024-09-09 | /     | c2  |
        c3       | registration | PM   | 2024-09-09 | N     | c3  |
        c4       | registration |      | 2024-09-09 | /     | d1  |
        c4       | registration | XX   | 2024-09-09 | /     | d2  |
    """
    # c1: 2 of 4 (one row a day would make 1 of 2 of it, and two marks alike would be one row).
    # c2: the correction stands, 2 of 2. c3: its morning stands twice and so not at all, 0 of 1.
    # c4: no row can be used.
    terms = REGISTER.replace("at_least: 90%", "at_least: 51%")
    assert without_refused(terms, evidence) == {
        "c1": "not_met",
        "c2": "met",
        "c3": "not_met",
        "c4": "no_evidence",
    }
    assert without_refused(terms.replace("51%", "1/2"), evidence)["c1"] == "met"
    refused = evidence_of(evidence, contract_of(terms)).refused_table.to_pylist()
    assert [(row["row"], row["column"], row["code"]) for row in refused] == [
        (8, "value", "slot_twice"),
        (9, "value", "slot_twice"),
        (11, "slot", "missing_value"),
        (12, "slot", "unknown_slot"),
    ]
    assert refused[3]["allowed"] == "AM, PM"


@pytest.mark.mechanic(141)
def test_a_share_counts_only_of_so_many_possible_sessions() -> None:
    terms = f"""{REGISTER}
  enough: {{when: {{all: [attends, {{count: registration, leaving_out: no session,
            in: autumn, at_least: 6}}]}}, price: 100.00}}
  lates: {{when: {{count: registration, marked: [L, U], in: autumn, at_least: 2}}, price: 7.00}}
  visits: {{when: {{count: registration, in: autumn, at_least: 1}}, price: 3.00,
            units: {{rows: registration, marked: [at an approved activity], in: autumn}}}}
"""
    evidence = f"""
        child | metric       | slot | on                    | value
        c1 c2 | registration | AM   | {FIVE}                | /
        c1    | registration | PM   | 2024-09-09            | V
        c1    | registration | PM   | 2024-09-10            | K
        c1    | registration | PM   | 2024-09-11            | L
        c2    | registration | PM   | {FIVE}                | Y7
        c1    | registration | PM   | 2024-09-12            | U
    """
    # c1: 8 of 9 is 88.9 %, two late marks of two kinds, 2 x 3.00. c2: 5 of 5, and 5 is not 6.
    assert verdicts(terms, evidence) == {
        "c1 attends": "not achieved: not met",
        "c1 enough": "not achieved: not met",
        "c1 lates": "achieved 2024-09-12",
        "c1 visits": "achieved 2024-09-09",
        "c2 attends": "achieved 2024-12-20",
        "c2 enough": "not achieved: not met",
        "c2 lates": "not achieved: not met",
        "c2 visits": "achieved 2024-09-09",
    }
    assert paid(terms, evidence) == {
        "2024-Q3": {"council": "13.00"},
        "2024-Q4": {"council": "500.00"},
    }


WRONG = {
    "dated: [{marks: [ill]}]": "no_days",
    "dated: [{marks: [gone], from: 2017-02-01}]": "unknown_mark",
    "dated: [{marks: [ill], from: 2017-02-02, through: 2017-02-01}]": "no_days",
    "groups: {ill: {marks: [came]}}": "mark_and_group",
    "groups: {there: {marks: [came, came]}}": "mark_twice",
    "slots: [AM, AM]": "slot_twice",
}


@pytest.mark.parametrize("written", WRONG)
def test_what_is_wrong_with_a_list_of_marks_is_told(written: str) -> None:
    with pytest.raises(ContractError) as caught:
        contract_of(f"metrics: {{lesson: {{kind: session, marks: [came, ill], {written}}}}}")
    assert [fault.code for fault in caught.value.faults] == [WRONG[written]]


SETS = {
    "marked: [came, gone]": "unknown_mark",
    "marked: came, leaving_out: gone": "unknown_mark",
    "marked: [came, ill], leaving_out: away": "left_out_too",
    "marked: came, leaving_out: [came, ill, missed]": "left_out_too",
}


@pytest.mark.parametrize("written", SETS)
def test_what_is_wrong_with_a_set_of_marks_is_told(written: str) -> None:
    marks = "marks: [came, missed, ill], groups: {away: {marks: [ill]}}"
    with pytest.raises(ContractError) as caught:
        contract_of(f"""
metrics: {{lesson: {{kind: session, {marks}}}}}
milestones:
  m: {{when: {{share: lesson, {written}, in: year one, at_least: 1/2}}, price: 1.00}}
""")
    assert [fault.code for fault in caught.value.faults] == [SETS[written]]


@pytest.mark.parametrize("marks", ["[came, gone]", "[]"])
def test_a_group_of_marks_that_are_none_is_told_where_a_condition_names_it_too(marks: str) -> None:
    with pytest.raises(ContractError) as caught:
        contract_of(f"""
metrics: {{lesson: {{kind: session, marks: [came, ill], groups: {{there: {{marks: {marks}}}}}}}}}
milestones:
  m: {{when: {{share: lesson, marked: there, in: year one, at_least: 1/2}}, price: 1.00}}
""")
    assert {fault.clause for fault in caught.value.faults} <= {
        "metrics > lesson > groups > there > marks",
        "metrics > lesson > groups > there > marks > entry 2",
    }
