"""Results of groups, followed to the end: from the claims that were counted over the measure, the
tier and the formula to the line, in tables, in the statement's own formulas, in explanations and in
what settlements differ by.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from tests.commands import run
from tests.libreoffice import differences, needs_libreoffice, recalculate, values
from tests.spec.drawn_tables import settled

import impactbond as ib
from impactbond.errors import RecordError, SettlementError
from impactbond.records.closed_claims import assert_left_closed
from impactbond.settlement.lines import LINES
from impactbond.settlement.schedule import PAYMENTS
from impactbond.settlement.settlement import Settlement
from impactbond.statements import make_statement, statement_workbook
from impactbond.statements.source import statement_source
from impactbond.statements.summary import statement_html, summary_text
from impactbond.terms.measures import MEASURES
from impactbond.terms.ways_to_pay import WAYS_TO_PAY

TRACKED = """
milestones:
  restored:   {title: Went home, when: {observed: consent, in: year one}, price: 10.00}
  unrestored: {title: Did not, when: {observed: agreement, in: year one}, price: 0.00}
measures:
  rate: {ratio: [{claims: restored}, {claims: [restored, unrestored]}]}
  after baseline: {difference: [rate, {share: 20%}]}
"""
# Three of four in the north in the first quarter, then three of six; none in the south but one.
CHILDREN = """
    child       | start      | borough
    c1..c6      | 2017-01-09 | north
    s1          | 2017-01-09 | south
    ---
    child       | metric    | on         | value
    c1 c2 c3 s1 | consent   | 2017-02-01 | yes
    c4          | agreement | 2017-02-01 | yes
    c5 c6       | agreement | 2017-05-01 | yes
"""
TIERS = "{tiers: [{is: at least 30%, pays: 100.00}, {is: at least 55%, pays: 525.00}]}"


def measured(result: str, further: str = "") -> Settlement:
    """The settlement of a contract with one result, at the claim of the second quarter."""
    return settled(f"{TRACKED}{further}\nresults:\n  jail: {result}", CHILDREN, as_of="2017-07-31")


def results(settlement: Settlement, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of the table of results."""
    return [tuple(row[name] for name in columns) for row in settlement.results_table.to_pylist()]


@pytest.mark.mechanic(39, 51, 116)
def test_a_falling_rate_is_told_from_its_counts_before_and_after() -> None:
    """4 of 5 is 80%, 60 points over the baseline: £525.00. Then 4 of 7 less 20% is 13/35: £100.00.
    The second quarter adds 100 less 525.
    """
    settlement = measured(f"{{measure: after baseline, pays: {TIERS}}}")
    amounts = ("worth_pence", "before_pence", "settled_pence", "value_pence")
    assert results(settlement, "claim_period", "period", "measured", "reached", *amounts) == [
        ("2017-Q1", "2017-Q1", "3/5", "at least 55%", 525_00, 0, 0, 525_00),
        ("2017-Q2", "2017-Q2", "13/35", "at least 30%", 100_00, 525_00, 0, -425_00),
    ]
    assert results(settlement, "measured_before", "reached_before") == [
        (None, ""),
        ("3/5", "at least 55%"),
    ]
    parts = settlement.result_parts_table.to_pylist()
    told = [(row["kind"], row["name"], row["value"], row["given"]) for row in parts]
    assert told[:6] == [
        ("claims", "restored", "4", True),
        ("claims", "unrestored", "1", True),
        ("sum", "", "5", False),
        ("ratio", "rate", "4/5", False),
        ("share", "", "1/5", True),
        ("difference", "after baseline", "3/5", False),  # after the baseline is taken off
    ]


def test_late_claims_move_a_closed_period_and_its_steps_say_what_was_settled() -> None:
    """Recorded in June, so that the first quarter is measured anew: 4 of 7, not 4 of 5."""
    children = CHILDREN.partition("---")[0]
    late = f"""{children}---
    child       | metric    | on         | recorded   | value
    c1 c2 c3 s1 | consent   | 2017-02-01 | 2017-02-01 | yes
    c4          | agreement | 2017-02-01 | 2017-02-01 | yes
    c5 c6       | agreement | 2017-03-30 | 2017-06-01 | yes
    """
    terms = f"{TRACKED}\nresults:\n  jail: {{measure: after baseline, pays: {TIERS}}}"
    settlement = settled(terms, late, as_of="2017-07-31")
    amounts = ("worth_pence", "before_pence", "settled_pence", "value_pence")
    assert results(settlement, "claim_period", "period", *amounts)[1:] == [
        ("2017-Q2", "2017-Q1", 100_00, 0, 525_00, -425_00),
        ("2017-Q2", "2017-Q2", 100_00, 100_00, 0, 0),
    ]
    first = settled(terms, late, as_of="2017-04-30")
    again = settled(terms, late, as_of="2017-07-31", earlier=first)
    assert again.results_table == settlement.results_table
    assert again.result_parts_table == settlement.result_parts_table


def test_a_closed_claim_stands_as_it_was_settled_although_its_counts_say_otherwise() -> None:
    """Closed at 500.00 where 4 of 5 earn 525.00: the next claim adds 25.00 to that quarter, and
    takes 425.00 back in its own.
    """
    terms = f"{TRACKED}\nresults:\n  jail: {{measure: after baseline, pays: {TIERS}}}"
    first = settled(terms, CHILDREN, as_of="2017-04-30")
    lines = first.lines_table.to_pylist()
    for line in lines:
        if line["milestone"] == "jail":
            line["value_pence"] = line["entitled_pence"] = 500_00
    closed = SimpleNamespace(
        contract=first.contract,
        versions=first.versions,
        claim_dates=first.claim_dates,
        lines_table=pa.Table.from_pylist(lines, schema=LINES),
    )
    again = settled(terms, CHILDREN, as_of="2017-07-31", earlier=closed)
    columns = ("claim_period", "period", "outcome", "settled_pence", "value_pence")
    assert results(again, *columns) == [
        ("2017-Q1", "2017-Q1", "closed otherwise", 0, 500_00),
        ("2017-Q2", "2017-Q1", "measured", 500_00, 25_00),
        ("2017-Q2", "2017-Q2", "measured", 0, -425_00),
    ]
    assert not make_statement(statement_source(again)).failing
    other = pickle.loads(pickle.dumps(again))  # another process has them too
    assert other.results_table == again.results_table


def test_what_is_not_known_or_not_let_through_is_told_and_pays_nothing() -> None:
    gate = "only_if: [{measure: {claims: unrestored}, is: above 1}]"
    found = measured(f"{{measure: rate, each: borough, {gate}, pays: {TIERS}}}")
    columns = ("claim_period", "group", "outcome", "measured", "worth_pence")
    assert results(found, *columns) == [
        ("2017-Q1", "north", "needed not met", "3/4", 0),  # one did not: above 1 is needed
        ("2017-Q1", "south", "needed not met", "1", 0),
        ("2017-Q2", "north", "measured", "1/2", 100_00),
        ("2017-Q2", "south", "needed not met", "1", 0),
    ]
    later = measured(
        "{measure: {ratio: [{claims: restored}, {difference: [{claims: restored}, {number: 4}]}]},"
        f" pays: {TIERS}}}"
    )
    assert results(later, "outcome", "measured", "value_pence") == [("not known", None, 0)] * 2
    waits = measured(f"{{measure: rate, on: 2018-01-01, pays: {TIERS}}}")
    assert results(waits, "outcome", "value_pence") == [("not yet measured", 0)] * 2


# A contract for every kind, its key a whole result; the expected value at the latest claim is
# worked out by hand: 4 went home, 3 did not, 40.00 is what the four are worth.
COUNTED = "{tiers: [{is: above 0, pays: 7.00}]}"
OF_MEASURES = {
    "claims": ("{claims: restored}", "{each: 1, pays: 3.00}", 12_00),
    "value": ("{value: restored}", "{each: 1, pays: 0.50}", 20_00),  # 40 pounds
    "number": ("{number: 2.5}", "{each: 1, pays: 1.00}", 2_50),
    "share": ("{share: 1/3}", "{each: 1, pays: 1.00}", 33),  # a third of a pound
    "ratio": ("rate", "{each: 1%, pays: 1.00, steps: whole}", 57_00),  # 57.14%
    "difference": ("after baseline", "{each: 1%, pays: 1.00}", 37_14),  # 37.142…%
    "reduction": (
        "{reduction: [{claims: unrestored}, {claims: restored}]}",  # 3 is 25% below 4
        "{tiers: [{is: at least 25%, pays: 9.00}]}",
        9_00,
    ),
    "product": ("{product: [{claims: restored}, {share: 50%}]}", "{each: 1, pays: 1.00}", 2_00),
}
OF_WAYS = {
    "tiers": (TIERS, 525_00),  # 57.14%
    # From 50% to 60% the amount slides from 100 to 200: 5/7 of the way.
    "slides": ("{slides: [{at: 50%, pays: 100.00}, {at: 60%, pays: 200.00}]}", 171_43),
    # 7.14 points over 50, of which 7 are whole: 14.00; at most 10.00.
    "each": ("{each: 1%, pays: 2.00, above: 50%, steps: whole, at_most: 10.00}", 10_00),
}
EVERY_KIND = {
    **{
        f"measure {kind}": (f"{{measure: {measure}, counted: to date, pays: {pays}}}", pence)
        for kind, (measure, pays, pence) in OF_MEASURES.items()
    },
    **{
        f"way {kind}": (f"{{measure: rate, pays: {pays}}}", pence)
        for kind, (pays, pence) in OF_WAYS.items()
    },
    "gate and times": (
        "{measure: rate, only_if: [{measure: {claims: [restored, unrestored]}, is: at least 5}],"
        " times: {claims: unrestored}, pays: {each: 1, pays: 7.00}}",
        12_00,  # 4/7 of 7.00, times 3
    ),
}


def test_every_kind_of_measure_and_way_to_pay_has_its_case() -> None:
    assert set(OF_MEASURES) == set(MEASURES.keys)
    assert set(OF_WAYS) == set(WAYS_TO_PAY.keys)


@pytest.mark.parametrize("case", EVERY_KIND)
def test_every_kind_is_followed_in_tables_statement_and_explanation(case: str) -> None:
    terms, pence = EVERY_KIND[case]
    settlement = measured(terms)
    worth = settlement.results_table.to_pylist()[-1]["worth_pence"]
    assert worth == pence
    statement = make_statement(statement_source(settlement))
    assert not statement.failing
    assert {check.key for check in statement.checks} >= {"results as settled", "results to lines"}
    told = ib.explain(settlement, result="jail")
    (latest,) = [one for one in told.milestones if one.period == "2017-Q2"]
    assert [step.found for step in latest.steps if step.says == "Worth over that stretch"] == [
        f"£{pence / 100:,.2f}"
    ]
    assert f"Worth over that stretch: £{pence / 100:,.2f}" in told.text
    assert sum(one.entitled_pence for one in told.milestones) == sum(
        row["value_pence"] for row in settlement.results_table.to_pylist()
    )


def _workbook(folder: Path, settlement: Settlement, funder: str | None = None) -> Path:
    path = folder / "statement.xlsx"
    path.write_bytes(statement_workbook(make_statement(statement_source(settlement), funder)))
    return path


def _together(half: str = "up") -> Settlement:
    """Every kind in one contract, with one that takes another off, and one for each borough."""
    told = [f"  r{number}: {terms}" for number, (terms, _) in enumerate(EVERY_KIND.values())]
    told.append(f"  rest: {{measure: rate, pays: {TIERS}, less: [r0, r1]}}")
    told.append(f"  own: {{measure: rate, each: borough, counted: each period, pays: {TIERS}}}")
    results = "\n".join(told)
    terms = f"{TRACKED}\nrounding: {{half: {half}}}\nresults:\n{results}"
    return settled(terms, CHILDREN, as_of="2017-07-31")


@needs_libreoffice
def test_the_formulas_of_every_kind_recalculate_to_what_was_written(tmp_path: Path) -> None:
    path = _workbook(tmp_path, _together("even"))
    count, wrong = differences(path, tmp_path / "recalculated")
    assert count > 300
    assert wrong == {}


@needs_libreoffice
def test_a_count_that_is_changed_in_the_sheet_moves_the_money_there(tmp_path: Path) -> None:
    """Six more who did not go home: 4 of 13 less the baseline of 20% is 14/130, below every tier:
    nothing over the stretch, and the 525 of the quarter before is taken back.
    """
    path = _workbook(tmp_path, measured(f"{{measure: after baseline, pays: {TIERS}}}"))
    shown = values(path)
    sheet = {place[1]: value for place, value in shown.items() if place[0] == "Results"}
    (value,) = [cell for cell, text in sheet.items() if text == "Value in claim 2017-Q2"]
    (count,) = [cell for cell, text in sheet.items() if text == "Claims of Did not"]
    assert sheet[f"K{count[1:]}"] == 3
    assert sheet[f"K{value[1:]}"] == -425_00
    book = openpyxl.load_workbook(path)
    book["Results"][f"K{count[1:]}"] = 9
    changed = tmp_path / "changed.xlsx"
    book.save(changed)
    again = values(recalculate(changed, tmp_path / "recalculated"))
    assert again["Results", f"K{value[1:]}"] == -525_00
    # The lines hold what was settled: the checks see that the sheet says otherwise.
    cover = [str(value) for (name, _), value in again.items() if name == "Cover"]
    assert any(text.startswith("A check fails") for text in cover)


def test_results_have_their_own_place_in_schedule_summary_lines_and_page() -> None:
    settlement = measured(f"{{title: Home again, measure: rate, each: borough, pays: {TIERS}}}")
    kinds = settlement.payments_table.to_pylist()
    told = [(row["claim_period"], row["kind"], row["amount_pence"]) for row in kinds]
    # 3 of 4 in the north and 1 of 1 in the south; then 3 of 6 in the north: 100 in place of 525.
    assert told == [
        ("2017-Q1", "milestones", 40_00),
        ("2017-Q1", "results", 1_050_00),
        ("2017-Q2", "results", -425_00),
    ]
    statement = make_statement(statement_source(settlement))
    council = statement.accounts[0]
    assert (council.milestones_pence, council.results_pence) == (0, -425_00)
    shown = [(one.kind, one.milestone_title) for one in statement.lines if one.value_pence]
    assert shown == [("Result", "Home again: north")]
    assert ">Results</th>" in statement_html(statement)
    says = summary_text(settlement, Path("out"), [])
    assert "Results of groups to date:\n    Home again: north  £100.00\n" in says
    assert "    Home again: south  £525.00\n" in says
    assert "To date: £665.00 achieved" in says  # 40.00, 100.00 and 525.00: the list adds up


def test_a_result_is_explained_down_to_the_claims_and_no_milestone_is_taken_for_one() -> None:
    settlement = measured(f"{{measure: rate, pays: {TIERS}}}")
    told = ib.explain(settlement, result="jail").text
    assert "Claims of Did not: 3 (of 3 participants: 1 in 2017-Q1, 2 in 2017-Q2)" in told
    assert "rate: ratio: step 1 divided by step 3: 4/7 (about 0.571429)" in told
    line = next(
        row["line"] for row in settlement.lines_table.to_pylist() if row["milestone"] == "jail"
    )
    assert "1. Claims of Went home: 4 (of 4 participants: 4 in 2017-Q1)" in (
        ib.explain_line(settlement, line).text
    )
    with pytest.raises(SettlementError, match=r"'jail' is a result of a group.*--result jail"):
        ib.explain(settlement, participant="c1", milestone="jail")
    with pytest.raises(SettlementError, match=r"there is no result 'gaol'; allowed: jail"):
        ib.explain(settlement, result="gaol")
    with pytest.raises(SettlementError, match="a result is nobody's"):
        ib.explain(settlement, participant="c1", result="jail")


def test_what_differs_and_what_is_proven_hold_the_counts(tmp_path: Path) -> None:
    terms = f"{TRACKED}\nresults:\n  jail: {{measure: rate, pays: {TIERS}}}"
    was = settled(terms, CHILDREN, as_of="2017-04-30")
    more = CHILDREN.replace("c4          |", "c4 c5 c6    |")
    now = settled(terms, more, as_of="2017-04-30")
    records = [
        ib.write_record(one, tmp_path / f"{number}.record") for number, one in enumerate((was, now))
    ]
    told = ib.compare(*records).text
    # 4 of 5 is over 55%; 4 of 7 is too: nothing moves. By the second tier at 60% it would.
    assert "No claim's money moved" in told
    higher = terms.replace("at least 55%", "at least 60%")
    was, now = (settled(higher, one, as_of="2017-04-30") for one in (CHILDREN, more))
    told = ib.compare(was, now).text
    assert "  jail, 2017-Q1: £525.00 → £100.00\n" in told
    assert "counts: Claims of Did not: 1 → 3" in told
    assert ib.regenerate(records[0]).same
    kept = ib.read_record(records[0])
    assert kept.result("results").num_rows == 1
    folder = tmp_path / "out"
    written = ib.write_statements(settled(terms, CHILDREN, as_of="2017-04-30"), folder)
    assert all(ib.verify(path, records[0]).same for path in written if path.suffix == ".xlsx")
    book = openpyxl.load_workbook(written[0])
    book["Results"]["K8"] = 99
    book.save(written[0])
    assert not ib.verify(written[0], records[0]).same


def test_records_of_before_that_call_results_milestones_can_be_followed_on() -> None:
    """Their payments had one row where there are two now; the money is the same. Another amount,
    be it a penny, is told all the same.
    """
    now = measured(f"{{measure: rate, pays: {TIERS}}}").payments_table.to_pylist()
    # 4 of 5 is over 55% in the first quarter, and 4 of 7 too in the second.
    assert [(row["kind"], row["amount_pence"]) for row in now] == [
        ("milestones", 40_00),
        ("results", 525_00),
    ]
    before = [{**now[0], "amount_pence": pence} for pence in (565_00, 565_01)]
    same, other, after = (
        {"payments": pa.Table.from_pylist(rows, schema=PAYMENTS)}
        for rows in (before[:1], before[1:], now)
    )
    assert_left_closed(same, after, ["2017-Q1"], "old.record", "GBP")
    with pytest.raises(RecordError, match=r"settled at £565\.01 and comes out at £565\.00"):
        assert_left_closed(other, after, ["2017-Q1"], "old.record", "GBP")


def test_the_command_line_asks_for_results_by_name() -> None:
    done = run("explain", "none.yaml", "none.xlsx")
    assert done.returncode == 2
    assert "--result" in done.stderr
