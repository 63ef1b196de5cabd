"""The references themselves: cases small enough to work out by hand, and what always holds.

Ann starts on 2017-01-10: `baseline` is 2016-12-11 to 2017-02-08, `spring` is 2017-01-10 to
2017-04-09 and `end` is 2017-04-10 to 2017-05-10, all included. The claim for 2017-Q1 is made on
2017-04-30, for Q2 on 07-31, for Q3 on 10-31, for Q4 on 2018-01-31.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from tests.properties import drawn, drawn_conditions
from tests.properties.reference import Claim, Row, claim_dates, claims, decide
from tests.properties.reference_conditions import FINDS
from tests.properties.reference_settlement import history, settle

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.rules import check_terms
from impactbond.contract.reading.yaml_document import load
from impactbond.terms.conditions import CONDITIONS
from impactbond.terms.metrics import METRICS

Q1, Q2, Q3, Q4 = date(2017, 4, 30), date(2017, 7, 31), date(2017, 10, 31), date(2018, 1, 31)
BASE = """
{impactbond: 1, contract: base, title: Base, provider: Provider,
version: {number: 1, kind: original, signed_on: 2017-01-01, effective_on: 2017-01-01},
funders: {council: {name: Council, kind: council}, trust: {name: Trust, kind: philanthropy},
  school: {name: Own school, kind: school, each: school}},
calendar: {term: 2017-01-01 through 2017-12-31,
  claims: {every: quarter, made: 1 month after the period},
  evidence: {within: 10 days, late: next claim},
  payment: {within: 30 days, working_days_of: England}}, participants: {attributes: {school: text}},
metrics: {consent: {kind: event}, visit: {kind: event},
  lesson: {kind: session, marks: [attended, missed]},
  sdq: {kind: score, range: [0, 40], better: lower},
  attendance: {kind: percentage, better: higher}},
windows: {baseline: 30 days before start to 30 days after start,
  spring: start to 3 months after start, end: 3 months after start through 4 months after start},
conditions: {calm: {level: sdq, in: spring, is: below 17}},
milestones: {paid: {when: {observed: consent, in: spring}, price: 1.00}},
funding: [{for: every milestone, shares: {council: 100%}}]}
"""
NOT_MET, NOT_EVIDENCED = "not achieved not_met", "not evidenced no_evidence"
CONSENT, VISIT = "{observed: consent, in: spring}", "{observed: visit, in: spring}"
TWO_VISITS = "{count: visit, in: spring, at_least: 2}"
A_LESSON = "{count: lesson, in: spring, at_least: 1}"
A_MISSED = "{count: lesson, marked: missed, in: spring, at_least: 1}"
SHARE = "{share: lesson, marked: attended, in: spring, at_least: "
AT_MOST = "{level: attendance, pick: first, in: spring, is: at most 91.9%}"
ABOVE = "{level: attendance, in: spring, is: above 91.9%}"
FIVE_BETTER = "{improves: sdq, by: 5, between: [baseline, end]}"
FIVE_MORE = "{improves: attendance, by: 5%, between: [baseline, end]}"
CROSSES = "{crosses: sdq, from: at least 17, to: below 17, between: [baseline, end]}"
BOTH, EITHER = f"{{all: [{CONSENT}, calm]}}", f"{{any: [{CONSENT}, calm]}}"
TWO_OF_THREE = f"{{at_least: 2, of: [{CONSENT}, {VISIT}, calm]}}"


def agreed(*changes: str, base: str = BASE) -> Contract:
    read = [load(text, "").value.items() for text in (base, *changes)]
    contract = Contract.model_validate(dict(chain.from_iterable(read)))
    assert check_terms(contract) == []
    return contract


def day(text: str) -> date:
    return date.fromisoformat(text if len(text) == 10 else f"2017-{text}")


def child(name: str = "ann", known: str = "01-10", since: str = "01-10", **told: Any) -> Row:
    row = {"participant": name, "started_on": day("01-10"), "left_on": None, "school": "Ark"}
    return {**row, "recorded_on": day(known), "from_on": day(since), **told}


def seen(text: str) -> list[Row]:
    """Ann's rows: metric, value (`-` takes back), day, `@` day of record, `!` row replaced."""
    rows: list[Row] = []
    for number, line in enumerate(filter(None, text.split("; ")), 1):
        metric, value, on, *more = line.split()
        marks = {word[0]: word[1:] for word in more}
        told = {"participant": "ann", "metric": metric, "value": int(value.replace("-", "0"))}
        told |= {"observation": str(number), "supersedes": marks.get("!"), "observed_on": day(on)}
        status = "withdrawn" if value == "-" else "recorded"
        rows.append({**told, "recorded_on": day(marks.get("@", on)), "status": status})
    return rows


def decided(contract: Contract, rows: str, at: date, *known: Row) -> list[str]:
    """Each milestone's verdict, with the day where it was achieved and otherwise the reason."""
    found = decide(contract, known or [child()], seen(rows), at)
    return [f"{one.verdict} {one.achieved_on or one.reason}" for one in found]


@pytest.mark.parametrize(
    ("when", "rows", "expected"),
    [
        # observed: the earliest yes, whatever the order of recording; a no is not nothing.
        (CONSENT, "consent 1 02-01; consent 1 01-20 @03-01", "achieved 2017-01-20"),
        (CONSENT, "consent 0 02-01", NOT_MET),
        (CONSENT, "", NOT_EVIDENCED),
        # a window holds its last day and not the next.
        (CONSENT, "consent 1 04-09", "achieved 2017-04-09"),
        (CONSENT, "consent 1 04-10", NOT_EVIDENCED),
        # count: a no does not count, and shows that somebody looked; a mark counts alone.
        (TWO_VISITS, "visit 1 01-11; visit 0 01-12; visit 1 03-01", "achieved 2017-03-01"),
        (TWO_VISITS, "visit 0 01-11; visit 0 01-12", NOT_MET),
        (TWO_VISITS, "consent 1 01-11; consent 1 01-12", NOT_EVIDENCED),
        (A_LESSON, "lesson 1 01-11", "achieved 2017-01-11"),
        (A_MISSED, "lesson 0 01-11", NOT_MET),
        # share: 2 of 3 is 2/3 exactly, on the window's last day, and less than 66.7%.
        (SHARE + "2/3}", "lesson 0 01-11; lesson 0 01-12; lesson 1 01-13", "achieved 2017-04-09"),
        (SHARE + "66.7%}", "lesson 0 01-11; lesson 1 01-12; lesson 0 03-01", NOT_MET),
        (SHARE + "2/3}", "", NOT_EVIDENCED),
        # level: of one day the row recorded last, then the greater value; 17 is not below 17.
        ("calm", "sdq 16 02-01 @02-03; sdq 20 02-01 @02-02; sdq 30 01-20", "achieved 2017-02-01"),
        ("calm", "sdq 16 02-01; sdq 17 02-01", NOT_MET),
        ("calm", "sdq 16 04-10", NOT_EVIDENCED),
        # level of the first: 91.9% is at most 91.9% and not above it.
        (AT_MOST, "attendance 919 02-01; attendance 920 02-01", "achieved 2017-02-01"),
        (ABOVE, "attendance 919 02-01", NOT_MET),
        (ABOVE, "attendance 920 02-01", "achieved 2017-02-01"),
        # improves: from the first, 20, to the last, 15, is 5 where lower is better.
        (FIVE_BETTER, "sdq 20 01-01; sdq 15 02-08; sdq 15 05-10", "achieved 2017-05-10"),
        (FIVE_BETTER, "sdq 20 01-01; sdq 15 05-09; sdq 16 05-10", NOT_MET),
        (FIVE_BETTER, "sdq 15 05-10", NOT_EVIDENCED),
        (FIVE_MORE, "attendance 900 01-01; attendance 950 05-01", "achieved 2017-05-01"),
        # crosses: who was below to begin with does not cross, whatever the end will be.
        (CROSSES, "sdq 17 01-01; sdq 16 05-01", "achieved 2017-05-01"),
        (CROSSES, "sdq 17 01-01", NOT_EVIDENCED),
        (CROSSES, "sdq 16 01-01", NOT_MET),
        # all: on the last day; one part not met settles it, whatever is not known.
        (BOTH, "consent 1 02-01; sdq 3 03-01", "achieved 2017-03-01"),
        (BOTH, "consent 0 02-01", NOT_MET),
        (BOTH, "consent 1 02-01", NOT_EVIDENCED),
        # any: on the first day; one part not known keeps it open.
        (EITHER, "consent 1 03-01; sdq 3 02-01", "achieved 2017-02-01"),
        (EITHER, "consent 0 03-01", NOT_EVIDENCED),
        (EITHER, "consent 0 03-01; sdq 20 02-01", NOT_MET),
        # two of three: on the second day; one met and one not known could still be two.
        (TWO_OF_THREE, "consent 1 03-01; visit 1 02-01; sdq 3 04-01", "achieved 2017-03-01"),
        (TWO_OF_THREE, "consent 1 03-01; visit 0 02-01", NOT_EVIDENCED),
        (TWO_OF_THREE, "consent 0 03-01; visit 0 02-01", NOT_MET),
    ],
)
def test_a_condition_is_met_as_written(when: str, rows: str, expected: str) -> None:
    contract = agreed(f"milestones: {{paid: {{when: {when}, price: 1.00}}}}")
    assert decided(contract, rows, Q2) == [expected]


def test_a_milestone_waits_for_those_it_comes_after() -> None:
    # Consent on 02-01 waits for calm on 03-01, which waits for the visit on 01-20.
    contract = agreed(f"""milestones:
      consented: {{after: [calmed], when: {CONSENT}, price: 1.00}}
      calmed: {{after: [visited], when: calm, price: 1.00}}
      visited: {{when: {{any: [{VISIT}, {{observed: visit, in: baseline}}]}}, price: 1.00}}""")
    rows = "consent 1 02-01; sdq 3 03-01"
    waits = ["not yet due prerequisite"] * 2 + ["not yet due window_open"]
    visited = ["achieved 2017-03-01"] * 2 + ["achieved 2017-01-20"]
    assert decided(contract, rows, Q1) == waits  # the window is open until 04-09, after 03-31
    assert decided(contract, rows, Q2) == ["not achieved prerequisite"] * 2 + [NOT_EVIDENCED]
    assert decided(contract, f"{rows}; visit 1 01-20 @07-31", Q2) == visited


@pytest.mark.parametrize(
    ("rows", "at", "expected"),
    [
        ("", Q1, "not yet due window_open"),
        ("sdq 20 02-01", Q1, "not yet due window_open"),
        ("", Q2, "not evidenced eligibility_not_evidenced"),
        ("sdq 20 02-01", Q2, "ineligible not_eligible"),
        ("sdq 3 03-05", Q2, "achieved 2017-03-05"),
    ],
)
def test_a_milestone_waits_for_eligibility(rows: str, at: date, expected: str) -> None:
    eligible = "participants: {attributes: {school: text}, eligible: calm}"
    contract = agreed(eligible, "windows: {spring: start through 2017-06-30}")
    assert decided(contract, "consent 1 01-20; " + rows, at) == [expected]


@pytest.mark.parametrize(
    ("left_on", "rows", "expected"),
    [
        ("02-01", "consent 1 02-01", "achieved 2017-02-01"),
        ("01-31", "consent 1 02-01", "withdrawn left"),
        ("04-08", "consent 0 02-01", "withdrawn left"),  # a day before the window's last
        ("04-09", "consent 0 02-01", NOT_MET),
    ],
)
def test_a_leaver_earns_until_the_day_of_leaving(left_on: str, rows: str, expected: str) -> None:
    # First told to have started on 01-01; on the claim date itself put right, with the leaving.
    told, gone = child(started_on=day("01-01")), child(known="07-31", left_on=day(left_on))
    assert decided(agreed(), rows, Q2, told, gone) == [expected]


@pytest.mark.parametrize(
    ("rows", "at", "expected"),
    [
        # What was put right stays replaced when the row that did so is taken back.
        ("consent 1 02-01; consent 0 02-01 @05-01 !1", Q1, "achieved 2017-02-01"),
        ("consent 1 02-01; consent 0 02-01 @05-01 !1", Q2, NOT_MET),
        ("consent 1 02-01; consent 0 02-01 !1; consent - 02-01 !2", Q2, NOT_EVIDENCED),
        ("consent 1 02-01 @05-01", Q1, "not yet due window_open"),
        ("consent 1 02-01 @05-01", Q2, "achieved 2017-02-01"),
    ],
)
def test_a_correction_counts_from_its_day_of_record(rows: str, at: date, expected: str) -> None:
    assert decided(agreed("windows: {spring: start through 2017-06-30}"), rows, at) == [expected]


def test_late_evidence_earns_nothing_where_the_contract_says_so() -> None:
    # Within 10 days of 02-01 is until 02-11. Where the milestone before is late, so is the next.
    one, two = f"{{when: {CONSENT}, price: 1}}", f"{{after: one, when: {VISIT}, price: 1}}"
    late = BASE.replace("late: next claim", "late: nothing")
    contract = agreed(f"milestones: {{one: {one}, two: {two}}}", base=late)
    visit = "visit 1 02-05"
    in_time = ["achieved 2017-02-01", "achieved 2017-02-05"]
    assert decided(contract, f"consent 1 02-01 @02-11; {visit}", Q2) == in_time
    assert decided(contract, f"consent 1 02-01 @02-12; {visit}", Q2) == ["late recorded_late"] * 2
    assert decided(contract, "consent 0 02-01 @02-12", Q2)[0] == NOT_EVIDENCED


def test_a_claim_is_for_the_school_of_the_day_it_was_achieved() -> None:
    moves = [child(), child(known="05-01", since="03-31", school="Bay")]
    contract = agreed("participants: {attributes: {school: text}, covered: {school: [Ark]}}")

    def school(at: date, on: str, rows: list[Row] = moves) -> str:
        return claims(contract, rows, seen(f"consent 1 {on}"), at)[0].attributes["school"]

    assert school(Q1, "03-31") == "Ark"  # the move is not known yet
    assert [school(Q2, "03-30"), school(Q2, "03-31")] == ["Ark", "Bay"]
    assert school(Q2, "02-01", [child(since="06-01")]) == "Ark"  # of that day nothing is told
    assert decided(contract, "", Q2, child(school="Bay")) == []  # not covered at the start
    assert decided(contract, "", Q1, child(known="05-01")) == []  # not known yet


def test_only_what_was_reached_in_the_term_and_by_the_end_of_the_period_is_achieved() -> None:
    contract = agreed("windows: {spring: 1 month before start through 2 years after start}")
    assert decided(contract, "consent 1 2016-12-31", Q4) == ["not achieved outside_term"]
    assert decided(contract, "consent 1 2018-01-01", Q4) == ["not achieved outside_term"]
    assert decided(contract, "consent 1 2017-12-31", Q4) == ["achieved 2017-12-31"]
    assert decided(contract, "consent 1 04-01", Q1) == ["not yet due window_open"]


HALVES = "funding: [{for: every milestone, shares: {council: 50%, trust: 50%}}]"
ANN, BOB, CAT = ("ann", "02-01"), ("bob", "02-02"), ("cat", "02-03")


def claim(name: str, on: str, milestone: str = "paid", school: str = "Ark") -> Claim:
    """A claim of £1.00, achieved in the first quarter."""
    return Claim(name, milestone, "2017-Q1", day(on), {"school": school}, 100)


THREE = [claim(*ANN), claim(*BOB), claim(*CAT)]


def settled(contract: Contract, *to_date: Sequence[Claim]) -> dict[str, list[tuple[int, ...]]]:
    """Each funder at Q1, Q2, ...: value, withheld, moved, on account, settled before, due."""
    found: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for one in settle(contract, list(zip((Q1, Q2, Q3, Q4), to_date, strict=False))):
        limited = (one.value_pence, one.withheld_pence, one.moved_pence)
        found[one.funder].append((*limited, one.on_account_pence, one.settled_pence, one.due_pence))
    return dict(found)


def test_shares_are_cut_on_running_totals() -> None:
    # 100 in thirds: 33.3, 66.7, 100 give 33, 34, 33. 200: 66.7, 133.3, 200 give 67, 66, 67.
    thirds = "{council: 1/3, trust: 1/3, school: the rest}"
    contract = agreed(f"funding: [{{for: every milestone, shares: {thirds}}}]")
    assert settled(contract, [claim(*ANN)], [claim(*ANN), claim(*BOB)]) == {
        "council": [(33, 0, 0, 0, 0, 33), (67, 0, 0, 0, 33, 34)],
        "trust": [(34, 0, 0, 0, 0, 34), (66, 0, 0, 0, 34, 32)],
        "school: Ark": [(33, 0, 0, 0, 0, 33), (67, 0, 0, 0, 33, 34)],
    }
    # Another school is another rule: 33, 34, 33 twice.
    found = settled(contract, [claim(*ANN), claim(*BOB, school="Bay")])
    values = [(funder, rows[0][0]) for funder, rows in found.items()]
    assert values == [("council", 66), ("trust", 68), ("school: Ark", 33), ("school: Bay", 33)]


@pytest.mark.parametrize(("half", "parts"), [("up", [13, 87]), ("even", [12, 88])])
def test_half_a_penny_goes_where_the_contract_says(half: str, parts: list[int]) -> None:
    shares = "funding: [{for: every milestone, shares: {council: 12.5%, trust: the rest}}]"
    found = settled(agreed(shares, f"rounding: {{half: {half}}}"), [claim(*ANN)])
    assert [rows[0][0] for rows in found.values()] == parts


def test_a_limit_pays_part_of_the_claim_that_straddles_it() -> None:
    # 250 let through 100, 100 and 50 of cat's. When ann's is taken back, the rest of cat's is paid.
    contract = agreed("limits: [{contract: whole, at_most: 2.50, beyond: unpaid}]")
    before, after = [claim(*CAT), claim(*BOB), claim(*ANN)], [claim(*BOB), claim(*CAT)]
    assert settled(contract, before, after) == {
        "council": [(300, 50, 0, 0, 0, 250), (200, 0, 0, 0, 250, -50)]
    }
    lines = history(contract, [(Q1, before), (Q2, after)])
    moved = [(one.claim.participant, one.value_pence, one.payable_pence) for one in lines]
    assert moved[:3] == [("ann", 100, 100), ("bob", 100, 100), ("cat", 100, 50)]
    assert moved[3:] == [("ann", -100, -100), ("cat", 0, 50)]


def test_limits_are_applied_in_the_stated_order() -> None:
    # The milestone m first: 50, then 50 + 100 + 50 of 200. The whole first: 100 + 100 + 0, then 50.
    milestones = "milestones: {m: {when: calm, price: 1}, n: {when: calm, price: 1}}"
    of_m = "{milestone: m, at_most: 0.50, beyond: unpaid}"
    whole = "{contract: whole, at_most: 2.00, beyond: unpaid}"
    made = [claim(*ANN, "m"), claim(*BOB, "n"), claim(*CAT, "n")]
    funding = "funding: [{for: m, shares: {council: 1/1}}, {for: n, shares: {trust: 1/1}}]"
    for limits, withheld in ((f"{of_m}, {whole}", [50, 50]), (f"{whole}, {of_m}", [50, 100])):
        found = settled(agreed(milestones, funding, f"limits: [{limits}]"), made)
        assert [found[funder][0][1] for funder in ("council", "trust")] == withheld


def test_what_lies_beyond_a_funder_limit_is_passed_on() -> None:
    # Q1: 100 each; the council pays 75, the trust 125. Q2: 150 each; the council pays 75 and passes
    # on 75, the trust is asked for 225 and pays 150, nobody pays 75.
    council = "{funder: council, at_most: 0.75, beyond: {funder: trust}}"
    trust = "{funder: trust, at_most: 1.50, beyond: unpaid}"
    contract = agreed(HALVES, f"limits: [{council}, {trust}]")
    two = [claim(*ANN), claim(*BOB)]
    assert settled(contract, two, [*two, claim(*CAT)], two) == {
        "council": [(100, 0, -25, 0, 0, 75), (150, 0, -75, 0, 75, 0), (100, 0, -25, 0, 75, 0)],
        "trust": [(100, 0, 25, 0, 0, 125), (150, 0, 0, 0, 125, 25), (100, 0, 25, 0, 150, -25)],
        "unfunded": [(0, 75, 75, 0, 0, 0), (0, 0, 0, 0, 0, 0)],
    }


def test_up_front_money_is_recovered_from_later_amounts() -> None:
    # Q1: 50 each. Q2: the trust pays 90 up-front, the council 30; half of the later 50 comes back.
    # Q3: half of the later 100 comes back, 50 of the trust's 90 and all of the council's 30.
    tranche = "{pay: 1.20, on: 2017-06-30, by: {trust: 3/4, council: 1/4}, recovered: {at: 1/2}}"
    limits = "limits: [{milestone: paid, at_most: 3, beyond: unpaid}]"  # far enough
    contract = agreed(HALVES, f"tranches: {{start: {tranche}}}", limits)
    assert settled(contract, THREE[:1], THREE[:2], THREE) == {
        "council": [(50, 0, 0, 0, 0, 50), (100, 0, 0, 5, 50, 55), (150, 0, 0, 0, 105, 45)],
        "trust": [(50, 0, 0, 0, 0, 50), (100, 0, 0, 65, 50, 115), (150, 0, 0, 40, 165, 25)],
    }
    # Two of 80: of 100 the first takes back its 80, the second 20; of 200 the rest of its 80.
    tranche = "{pay: 0.80, on: 2017-02-01, by: {council: 1/1}, recovered: {at: 100%}}"
    contract = agreed(f"tranches: {{one: {tranche}, two: {tranche}}}")
    council = [(100, 0, 0, 60, 0, 160), (200, 0, 0, 0, 160, 40)]
    assert settled(contract, THREE[:1], THREE[:2]) == {"council": council}


def test_up_front_money_is_recovered_sooner_where_a_limit_is_near() -> None:
    tranche = "{pay: 0.90, on: 2017-02-01, by: {trust: 100%}, recovered: {at: 10%}}"
    terms = (HALVES, f"tranches: {{start: {tranche}}}")
    # The trust pays at most 100. Q1: 50, so that of 90 - 5 only 50 have room. Q2: 100, none has.
    trust = "limits: [{funder: trust, at_most: 1.00, beyond: {funder: council}}]"
    assert settled(agreed(*terms, trust), THREE[:1], THREE) == {
        "council": [(50, 0, 0, 0, 0, 50), (150, 0, 50, 0, 50, 150)],
        "trust": [(50, 0, 0, 50, 0, 100), (150, 0, -50, 0, 100, 0)],
    }
    # All together pay at most 150. Q1: 100, so that 50 have room. Q2: 75 each, none has.
    whole = "limits: [{contract: whole, at_most: 1.50, beyond: unpaid}]"
    assert settled(agreed(*terms, whole), THREE[:1], THREE) == {
        "council": [(50, 0, 0, 0, 0, 50), (150, 75, 0, 0, 50, 25)],
        "trust": [(50, 0, 0, 50, 0, 100), (150, 75, 0, 0, 100, -25)],
    }


@settings(deadline=None)
@given(st.data())
def test_reference_balances_add_up(data: st.DataObject) -> None:
    contract = data.draw(drawn.contracts())
    made = data.draw(drawn.histories(contract))
    lines, balances = history(contract, made), settle(contract, made)
    paid: dict[str, int] = defaultdict(int)
    for claim_date, to_date in made:
        now = [one for one in balances if one.claim_date == claim_date]
        payable = [(one.claim, one.payable_pence) for one in lines if one.claim_date <= claim_date]
        assert sum(one.amount_pence for one in now) == sum(amount for _, amount in payable)
        assert sum(one.value_pence for one in now) == sum(one.price_pence for one in to_date)
        for one in now:
            assert one.settled_pence == paid[one.funder]
            entitled = one.entitled_pence + one.on_account_pence
            assert entitled == one.settled_pence + one.due_pence + one.withheld_pence
            paid[one.funder] += one.due_pence


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn.cases(), st.randoms())
def test_row_order_and_later_records_change_nothing(case: drawn.Drawn, chance: Any) -> None:
    terms = case.contract
    for at in claim_dates(terms):
        decisions = decide(terms, case.participants, case.observations, at)
        known = [row for row in case.participants if row["recorded_on"] <= at]
        rows = [row for row in case.observations if row["recorded_on"] <= at]
        assert decide(terms, known[::-1], chance.sample(rows, len(rows)), at) == decisions


def _keys(condition: Any) -> set[str]:
    """Every key of a condition as it is drawn, and of the conditions in it."""
    if isinstance(condition, list):
        return set().union(*map(_keys, condition))
    if not isinstance(condition, dict):
        return set()
    return set(condition).union(*map(_keys, condition.values()))


def test_every_registered_kind_of_condition_has_its_reference() -> None:
    assert set(FINDS) == set(CONDITIONS)


@pytest.mark.parametrize("key", CONDITIONS.keys)
def test_every_registered_kind_of_condition_can_be_drawn(key: str) -> None:
    metrics = {
        "event": {"kind": "event"},
        "session": {"kind": "session", "marks": ["attended", "missed", "ill"]},
        "score": {"kind": "score", "range": [0, 4], "better": "lower", "decimals": 0},
        "quantity": {"kind": "quantity", "decimals": 0},
        "state": {"kind": "state", "states": ["out", "in", "on"]},
    }
    assert {terms["kind"] for terms in metrics.values()} == set(METRICS.keys) - {"percentage"}
    windows = {"year": "start to 1 year after start"}
    anything = drawn_conditions.conditions(metrics, windows, (), 3)
    quick = settings(database=None, derandomize=True, max_examples=2000)
    find(anything, lambda drawn: key in _keys(drawn), settings=quick)
