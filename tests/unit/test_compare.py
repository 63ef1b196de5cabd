"""Comparing: every claim whose money moved, for whom and why; sums that are the difference."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tests.spec.drawn_tables import contract_of, evidence_of, settled

from impactbond.comparison.comparison import Comparison, ContractComparison, compare
from impactbond.contract.contract import Contract
from impactbond.contract.difference import difference
from impactbond.contract.read import parse_contract
from impactbond.errors import RecordError, SettlementError
from impactbond.records.record import read_record, write_record
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

FIXTURES = Path(__file__).parents[2] / "fixtures"
EVIDENCE = """
    child | metric  | on         | value | recorded   | ref | replaces
    c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |
    c2    | consent | 2017-02-02 | yes   | 2017-02-11 | b   |
    c3    | consent | 2017-05-02 | yes   | 2017-05-02 | d   |
"""
CORRECTED = (
    f"{EVIDENCE.rstrip()}\n    c1    | consent | 2017-02-01 | no    | 2017-04-01 | c   | a\n"
)
TERMS = "funding: [{for: every milestone, shares: {council: 1/3, school: the rest}}]"
LIMITED = f"{TERMS}\nlimits: [{{contract: whole, at_most: 150.00, beyond: unpaid}}]"
TRANCHE = (
    f"{TERMS}\ntranches: {{first: {{pay: 50.00, on: 2017-01-02, by: {{council: 100%}}, "
    "recovered: {at: 40%}}}"
)
AS_OF = "2017-07-31"


def compared(was: Settlement, now: Settlement) -> Comparison:
    found = compare(was, now)
    assert isinstance(found, Comparison)
    return found


def moved(found: Comparison) -> list[tuple[object, ...]]:
    return [
        (row["participant"], row["period"], row["funder"], row["was_pence"], row["now_pence"])
        for row in found.claims_table.to_pylist()
    ]


def test_the_same_settlement_twice_does_not_differ() -> None:
    found = compared(settled(TERMS, EVIDENCE, AS_OF), settled(TERMS, EVIDENCE, AS_OF))
    assert found.same
    assert found.text.endswith("Nothing differs.")


def test_a_correction_names_the_claim_its_funders_and_the_rows_of_evidence() -> None:
    found = compared(settled(TERMS, EVIDENCE, AS_OF), settled(TERMS, CORRECTED, AS_OF))
    # c2 and c3 move by a penny, because the running totals do.
    assert moved(found)[:2] == [
        ("c1", "2017-Q1", "council", 3333, 0),
        ("c1", "2017-Q1", "school: Elm", 6667, 0),
    ]
    first = found.claims_table.to_pylist()[0]
    assert first["causes"] == "verdict, evidence"
    assert first["reason"].startswith("achieved on 2017-02-01 → not yet due (window open)")
    assert first["reason"].endswith("; rows of evidence: 1 new (observations row 4)")
    assert (found.rows_new, found.rows_gone) == (1, 0)
    assert found.difference_pence == -10_000
    assert found.verdicts_table["participant"].to_pylist() == ["c1"]


def test_room_under_a_limit_is_told_as_others_doing() -> None:
    found = compared(settled(LIMITED, EVIDENCE, AS_OF), settled(LIMITED, CORRECTED, AS_OF))
    causes = {
        row["participant"]: row["causes"]
        for row in found.claims_table.to_pylist()
        if row["funder"] == "council"
    }
    assert causes["c1"] == "verdict, evidence"
    assert causes["c2"] == causes["c3"] == "others"
    assert found.difference_pence == 0


def test_an_amendment_names_the_terms_and_the_claims_they_move() -> None:
    milestone = "{when: {observed: consent, in: year one}, price: 120.00}"
    amended = f"{TERMS}\nmilestones: {{consent: {milestone}}}"
    found = compared(settled(TERMS, EVIDENCE, AS_OF), settled(amended, EVIDENCE, AS_OF))
    assert [str(term) for term in found.terms] == [
        "milestones › consent › price: was £100.00, now £120.00"
    ]
    assert {row["participant"] for row in found.claims_table.to_pylist()} == {"c1", "c2", "c3"}
    assert set(found.claims_table["causes"].to_pylist()) == {"terms"}
    assert found.difference_pence == 6_000


def test_up_front_money_is_told_apart_from_claims() -> None:
    found = compared(settled(TERMS, EVIDENCE, AS_OF), settled(TRANCHE, EVIDENCE, AS_OF))
    council = found.totals_table.to_pylist()[0]
    assert council["on_claims_pence"] == 0
    assert council["on_account_pence"] == council["difference_pence"] != 0
    assert found.claims_table.num_rows == 0


def test_a_later_claim_date_is_a_cause_of_its_own() -> None:
    found = compared(settled(TERMS, EVIDENCE, "2017-04-30"), settled(TERMS, EVIDENCE, AS_OF))
    assert {row["participant"] for row in found.claims_table.to_pylist()} == {"c3"}
    assert "claim 2017-Q2 of 2017-07-31" in found.text


def test_records_and_settlements_compare_alike(tmp_path: Path) -> None:
    one, other = settled(TERMS, EVIDENCE, AS_OF), settled(TERMS, CORRECTED, AS_OF)
    paths = [
        write_record(settlement, tmp_path / f"{place}.record")
        for place, settlement in enumerate((one, other))
    ]
    by_path, by_settlement = compare(*paths), compare(one, read_record(paths[1]))
    assert isinstance(by_path, Comparison)
    assert isinstance(by_settlement, Comparison)
    assert by_path.claims_table.equals(by_settlement.claims_table)
    assert by_path.totals_table.equals(compared(one, other).totals_table)
    assert json.loads(json.dumps(by_path.as_dict()))["same"] is False
    assert "<pre>" in by_path._repr_html_()


@pytest.mark.parametrize("seed", range(12))
def test_what_moved_adds_up_to_the_difference_of_the_statements(seed: int) -> None:
    drawn = random.Random(seed)
    contracts = [contract_of(terms) for terms in (TERMS, LIMITED, TRANCHE)]
    sides = []
    for _ in range(2):
        rows = "child | metric | on | value | recorded"
        for child in range(9):
            day = f"2017-0{drawn.randint(1, 6)}-1{drawn.randint(0, 9)}"
            value = drawn.choice(["yes", "yes", "no"])
            if drawn.random() < 0.8:
                rows += f"\nc{child} | consent | {day} | {value} | {day}"
        contract = drawn.choice(contracts)
        as_of = drawn.choice(["2017-04-30", "2017-07-31", "2017-10-31"])
        sides.append(settle(contract, evidence_of(rows, contract), as_of=as_of))
    found = compared(*sides)
    for row in found.totals_table.to_pylist():
        closing = [
            sum(
                payment["amount_pence"]
                for payment in side.payments_table.to_pylist()
                if payment["funder"] == row["funder"]
            )
            for side in sides
        ]
        assert [row["was_pence"], row["now_pence"]] == closing
        assert row["on_claims_pence"] + row["on_account_pence"] == closing[1] - closing[0]


def changed(*pairs: tuple[str, str]) -> tuple[Contract, Contract]:
    text = (FIXTURES / "contracts" / "west_london_zone.yaml").read_text(encoding="utf-8")
    other = text
    for was, now in pairs:
        assert was in other
        other = other.replace(was, now, 1)
    return parse_contract(text.encode(), name="was.yaml"), parse_contract(
        other.encode(), name="now.yaml"
    )


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        (
            "price: 450.00",
            "price: 475.00",
            "milestones › sign_up › price [Sch 2 §2]: was £450.00, now £475.00",
        ),
        (
            "pick: first, in: baseline, is: at least 17",
            "pick: first, in: baseline, is: at least 16",
            "conditions › wellbeing at risk › is: was at least 17, now at least 16",
        ),
        (
            "{funder: lottery, at_most: 30000.00",
            "{funder: lottery, at_most: 32000.00",
            "limits › funder lottery › at most [Sch 3 §3]: was £30,000.00, now £32,000.00",
        ),
        (
            "payment: {within: 30 days",
            "payment: {within: 28 days",
            "calendar › payment › within [Sch 4 §5]: was 30 days, now 28 days",
        ),
        (
            "when: {observed: consent, in: enrolment}",
            "when: {count: link_worker, in: year one, at_least: 6}",
            "milestones › consent › when [Sch 2 §1]: was {observed: consent, in: enrolment}, "
            "now {count: link_worker, in: year one, at_least: 6}",
        ),
        (
            "limits:                                        # applied in this order\n",
            "limits:\n  - {milestone: sign_up, at_most: 99.50, beyond: unpaid}\n",
            "limits › milestone sign_up: was nothing, now {",
        ),
        (
            "shares: {lbhf: 30%, school: 10%",
            "shares: {school: 10%, lbhf: 30%",
            "funding › for one_outcome, two_outcomes, three_outcomes › shares › order "
            "[Sch 3 §2]: was lbhf, school, lottery, central, trust, "
            "now school, lbhf, lottery, central, trust",
        ),
    ],
)
def test_terms_that_differ_are_told_with_path_was_and_now(was: str, now: str, told: str) -> None:
    (found,) = map(str, difference(*changed((was, now))))
    assert found == told or (told.endswith("{") and found.startswith(told))


def test_a_term_names_the_milestones_whose_money_it_can_move() -> None:
    one, other = changed(
        ("price: 450.00", "price: 475.00"),
        ("link_worker, in: year one, at_least: 6", "link_worker, in: year one, at_least: 7"),
        ("provider: West London Zone", "provider: AllChild"),
    )
    found = {term.path: term.milestones for term in difference(one, other)}
    assert found == {
        "provider": (),
        "conditions › highly engaged in year one › all › entry 1 › at_least": ("engaged_year_1",),
        "milestones › sign_up › price": ("sign_up",),
    }


def test_contracts_compare_as_text_table_and_plain_data(tmp_path: Path) -> None:
    one, other = changed(("price: 450.00", "price: 475.00"))
    found = compare(one, other)
    assert isinstance(found, ContractComparison)
    assert not found.same
    assert "can move the money of sign_up" in found.text
    assert found.table.loc[0, "now"] == "£475.00"
    assert found.as_dict()["terms"][0]["was"] == "£450.00"
    same = compare(one, FIXTURES / "contracts" / "west_london_zone.yaml")
    assert same.same
    assert "No term differs." in str(same)


def test_what_cannot_be_compared_is_told(tmp_path: Path) -> None:
    settlement = settled(TERMS, EVIDENCE, AS_OF)
    with pytest.raises(SettlementError, match="one is a contract, the other is settled"):
        compare(settlement, settlement.contract)
    with pytest.raises(SettlementError, match="one is of 'specification', the other of 'another'"):
        compare(settlement, settled("contract: another", EVIDENCE, AS_OF))
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(RecordError, match="Use verify"):
        compare(tmp_path / "a.xlsx", settlement)
    with pytest.raises(RecordError, match=r"none\.record: the file cannot be opened"):
        compare(tmp_path / "none.record", settlement)
