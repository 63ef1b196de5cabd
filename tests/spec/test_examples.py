"""Worked examples that travel with a contract hold to the penny, or are told as they came out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.spec.drawn_tables import contract_of
from typer.testing import CliRunner

import impactbond as ib
from impactbond.cli.commands import app
from impactbond.contract.contract import Contract
from impactbond.errors import ContractError
from impactbond.settlement.examples import check_examples

FIXTURES = Path(__file__).parents[2] / "fixtures" / "contracts"
CHILD = "{participant: c1, start: 2017-01-09, school: Elm, borough: north}"


def with_examples(*given: str, expect: str, terms: str = "") -> Contract:
    rows = "\n".join(f"      - {row}" for row in given)
    return contract_of(
        f"{terms}\nexamples:\n  - name: an example\n    given:\n{rows}\n    expect: {expect}\n"
    )


def told(contract: Contract) -> list[str]:
    return [
        f"{fault.clause.partition(' > expect > ')[2]}: {fault.found}, expected {fault.allowed}"
        for example in check_examples(contract)
        for fault in example.faults
    ]


@pytest.mark.mechanic(1, 2)
def test_an_example_that_holds_is_silent() -> None:
    given = (CHILD, "{on: 2017-01-12, consent: yes}")
    for sums in ("{consent: 100.00}", "{council: 100.00}", "{total: 100.00}"):
        assert told(with_examples(*given, expect=f"{{2017-Q1: {sums}}}")) == []


def test_an_example_that_does_not_hold_is_told_with_both_sums() -> None:
    given = (CHILD, "{on: 2017-01-12, consent: yes, recorded: 2017-06-01}")
    assert told(with_examples(*given, expect="{2017-Q1: {consent: 90.00}}")) == [
        "2017-Q1 > consent: £0.00, expected £90.00",
        "2017-Q2 > consent: £100.00, expected £0.00",
    ]


@pytest.mark.mechanic(5)
def test_a_row_can_stand_for_a_row_each_week() -> None:
    # Eight weekly meetings from 16 January: the sixth is on 20 February, the eighth on 6 March.
    terms = """
milestones:
  met_six: {when: {count: meeting, in: year one, at_least: 6}, price: 60.00}
  met_nine: {when: {count: meeting, in: year one, at_least: 9}, price: 90.00}
"""
    given = (CHILD, "{each week from: 2017-01-16, times: 8, meeting: yes}")
    assert told(with_examples(*given, expect="{2017-Q1: {met_six: 60.00}}", terms=terms)) == []


@pytest.mark.mechanic(1)
def test_a_published_total_can_be_an_example() -> None:
    # DfE Youth Engagement Fund: 33 level 2 qualifications at £4,730 are £156,090.
    terms = (
        "milestones: {level_2: {when: {observed: agreement, in: year one}, price: 4730.00}}\n"
        "funding: [{for: every milestone, shares: {council: 20%, lottery: the rest}}]"
    )
    given = "{claims: level_2, times: 33, on: 2017-05-02}"
    expect = "{2017-Q2: {level_2: 156090.00, council: 31218.00, lottery: 124872.00}}"
    assert told(with_examples(given, expect=expect, terms=terms)) == []


def test_a_row_that_would_be_refused_as_evidence_is_told() -> None:
    contract = with_examples(CHILD, "{on: 2017-01-12, consent: maybe}", expect="{}")
    (example,) = check_examples(contract)
    assert [fault.code for fault in example.faults] == ["example_refused"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("{on: 2017-01-12, consents: yes}", "unknown_key"),
        ("{consent: yes}", "no_day"),
        ("{on: in May, consent: yes}", "not_a_day"),
        ("{each week from: 2017-01-12, times: often, consent: yes}", "not_a_day"),
        ("{each day from: 2017-01-12, times: 10000, consent: yes}", "not_a_day"),
        ("{each day from: 9999-12-31, times: 2, consent: yes}", "not_a_day"),
        ("{claims: consent, times: 0, on: 2017-01-12}", "not_a_day"),
        ("{claims: nothing, on: 2017-01-12}", "unknown_milestone"),
    ],
)
def test_a_row_that_says_nothing_known_is_refused(row: str, code: str) -> None:
    with pytest.raises(ContractError) as refused:
        with_examples(CHILD, row, expect="{2017-Q1: {consent: 1.00}}")
    assert code in {fault.code for fault in refused.value.faults}


def test_evidence_of_nobody_and_sums_of_nothing_are_refused() -> None:
    with pytest.raises(ContractError, match="before any participant"):
        with_examples("{on: 2017-01-12, consent: yes}", expect="{}")
    with pytest.raises(ContractError, match="2019-Q1"):
        with_examples(CHILD, expect="{2019-Q1: {consent: 1.00}}")
    with pytest.raises(ContractError, match="consents"):
        with_examples(CHILD, expect="{2017-Q1: {consents: 1.00}}")


def test_the_examples_of_the_fixture_contract_hold(tmp_path: Path) -> None:
    contract = ib.read_contract(FIXTURES / "west_london_zone.yaml")
    examples = ib.check_examples(contract)
    assert len(examples) == 3
    assert [example.faults for example in examples] == [()] * 3
    damaged = tmp_path / "contract.yaml"
    damaged.write_bytes(
        contract.source.replace(b"consent: 120.00, sign_up", b"consent: 121.00, sign_up")
    )
    done = CliRunner().invoke(app, ["check", str(damaged)])
    assert done.exit_code == 1
    assert "allowed: £121.00" in done.output


def test_a_row_of_evidence_may_say_its_source() -> None:
    terms = "metrics: {consent: {kind: event, sources: [school]}}"
    row = "{on: 2017-01-12, consent: yes, source: %s}"
    expect = "{2017-Q1: {consent: 100.00}}"
    assert told(with_examples(CHILD, row % "school", expect=expect, terms=terms)) == []
    (example,) = check_examples(with_examples(CHILD, row % "home", expect=expect, terms=terms))
    assert [fault.code for fault in example.faults] == ["example_refused"]


def test_a_number_of_claims_is_of_so_many_participants() -> None:
    # The first 2 participants of the year: of 3 claims of one there would be nothing to hold back.
    terms = "limits: [{contract: whole, at_most: 2 participants, beyond: unpaid}]"
    given = "{claims: consent, times: 3, on: 2017-01-12, school: Elm, borough: north}"
    contract = with_examples(given, expect="{2017-Q1: {total: 200.00}}", terms=terms)
    assert told(contract) == []
    assert "given: one claim of consent for each of 3 participants, on 2017-01-12" in " ".join(
        ib.render(contract).split()
    )


def test_a_million_claims_and_more_can_be_stated_where_no_limit_looks_at_single_ones() -> None:
    # 2,500,000 at £100.00
    given = "{claims: consent, times: 2500000, on: 2017-01-12, school: Elm, borough: north}"
    assert told(with_examples(given, expect="{2017-Q1: {total: 250000000.00}}")) == []
    each = "limits: [{contract: whole, each: participant, at_most: 50.00, beyond: unpaid}]"
    with pytest.raises(ContractError, match="from 1 to 999,999"):
        with_examples(given, expect="{}", terms=each)


def test_an_example_that_comes_to_more_than_can_be_worked_out_is_told() -> None:
    # 999,999,999 at £99,999,999,999.00 are more than 64 bits hold.
    terms = "milestones: {m: {when: {observed: consent, in: year one}, price: 99999999999.00}}"
    given = "{claims: m, times: 999999999, on: 2017-01-12, school: Elm, borough: north}"
    (example,) = check_examples(with_examples(given, expect="{}", terms=terms))
    assert [fault.code for fault in example.faults] == ["example_too_large"]


def test_an_example_without_expectations_says_what_to_write_and_holds_with_it(
    tmp_path: Path,
) -> None:
    terms = (
        "funders: {school: {name: The school, kind: school, each: school}}\n"
        "funding: [{for: every milestone, shares: {council: 60%, school: the rest}}]"
    )
    given = (CHILD, "{on: 2017-01-12, consent: yes}")
    path = tmp_path / "contract.yaml"
    path.write_bytes(with_examples(*given, expect="{}", terms=terms).source)
    done = CliRunner().invoke(app, ["check", str(path)])
    assert done.exit_code == 0
    assert "expects nothing yet. It comes to:" in done.output
    [line] = [one.strip() for one in done.output.splitlines() if "2017-Q1" in one]
    assert line == (
        '"2017-Q1": {consent: 100.00, total: 100.00, council: 60.00, "school: Elm": 40.00}'
    )
    assert CliRunner().invoke(app, ["check", "--strict", str(path)]).exit_code == 1
    assert told(with_examples(*given, expect=f"{{{line}}}", terms=terms)) == []
    wrong = line.replace("40.00", "40.01")
    assert told(with_examples(*given, expect=f"{{{wrong}}}", terms=terms))
