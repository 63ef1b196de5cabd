"""The difference of two versions: one line for each term, worked out and never typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.spec.drawn_tables import contract_of, versions_of
from typer.testing import CliRunner

from impactbond.cli.commands import app
from impactbond.comparison.comparison import ContractComparison, compare
from impactbond.contract.difference import difference
from impactbond.contract.read import read_contract, read_versions
from impactbond.contract.references import rests_on
from impactbond.errors import ContractError

FIRST = """
milestones:
  consent: {clause: "Sch 2", title: Consent, when: {observed: consent, in: year one}, price: 100.00}
  sign_up: {when: {observed: agreement, in: year one}, price: 50.00}
limits: [{contract: whole, at_most: 1000.00, beyond: unpaid}]
"""
SECOND = """
milestones:
  sign_up: {when: {observed: agreement, in: year two}, price: 50.00}
  consent: {clause: "Sch 2", title: Consent, when: {observed: consent, in: year one}, price: 120.00}
  assessed: {clause: "Sch 9", when: {observed: assessed, in: year one}, price: 10.00}
limits: [{contract: whole, at_most: 1000.00, beyond: unpaid}, {funder: council, at_most: 900.00, beyond: unpaid}]
funding: [{for: every milestone, shares: {council: 1/3, lottery: the rest}}]
"""  # noqa: E501


def test_every_term_that_changed_is_one_line() -> None:
    found = difference(contract_of(FIRST), contract_of(SECOND))
    assert [str(change) for change in found] == [
        "milestones › consent › price [Sch 2]: was £100.00, now £120.00",
        "milestones › sign_up › when › in: was year one, now year two",
        "milestones › assessed [Sch 9]: was nothing, now {clause: Sch 9, when: {observed: "
        "assessed, in: year one}, price: 10.00}",
        "milestones › order: was consent, sign_up, now sign_up, consent",
        "funding › for every milestone › shares › council: was 100%, now 1/3",
        "funding › for every milestone › shares › lottery: was nothing, now the rest",
        "limits › funder council: was nothing, now {funder: council, at_most: 900.00, "
        "beyond: unpaid}",
    ]
    assert [change.kind for change in difference(contract_of(SECOND), contract_of(FIRST))] == [
        "changed",
        "changed",
        "removed",
        "order changed",
        "changed",
        "removed",
        "removed",
    ]
    assert difference(contract_of(FIRST), contract_of(FIRST)) == ()


def test_comparing_two_files_tells_the_same_terms(tmp_path: Path) -> None:
    amended = (
        "version: {number: 2, kind: amendment, signed_on: 2017-05-15, effective_on: 2017-06-01}"
    )
    paths = [tmp_path / "old.yaml", tmp_path / "new.yaml"]
    for path, terms in zip(paths, (FIRST, f"{SECOND}\n{amended}"), strict=True):
        path.write_bytes(contract_of(terms).source)
    found = compare(*paths)
    assert isinstance(found, ContractComparison)
    assert found.terms == difference(*map(read_contract, paths))


PRICED_IN_DOLLARS = """
prices_in: {currency: USD, rate: 0.80}
milestones:
  consent:
    when: {observed: consent, in: year one}
    price: 100.00
    units: {rows: consent, in: year one, at_most: 5}
limits: [{contract: whole, at_most: 900.00, beyond: unpaid}]
"""


def test_only_money_is_told_as_money_and_in_its_own_currency() -> None:
    after = PRICED_IN_DOLLARS.replace("100.00", "120.00").replace("900", "950")
    after = after.replace("at_most: 5}", "at_most: 6}")
    found = difference(contract_of(PRICED_IN_DOLLARS), contract_of(after))
    assert {(change.was, change.now) for change in found} == {
        ("5", "6"),
        ("US$100.00", "US$120.00"),
        ("£900.00", "£950.00"),
    }


CALLED_ALIKE = """
milestones:
  consent: {when: {observed: consent, in: year one}, clause: "Sch 2", price: 100.00}
  sign_up: {title: consent, when: {observed: agreement, in: year two}, price: 50.00}
"""


def test_a_title_that_is_the_name_of_another_milestone_is_no_reference() -> None:
    """Only the milestone itself is moved by its condition, whatever another is called."""
    before, after = (
        contract_of(CALLED_ALIKE.replace("observed: consent, in: year one", condition))
        for condition in ("observed: consent, in: year one", "observed: assessed, in: year one")
    )
    (change,) = difference(before, after)
    assert change.path == "milestones › consent › when › observed"
    assert change.milestones == ("consent",)
    assert rests_on(before)["sign_up"] == {
        ("milestones", "sign_up"),
        ("metrics", "agreement"),
        ("windows", "year two"),
    }


def test_versions_tell_their_difference_by_their_numbers() -> None:
    amended = (
        "version: {number: 2, kind: amendment, signed_on: 2017-05-15, effective_on: 2017-06-01}"
    )
    versions = versions_of(FIRST, f"{amended}\nprovider: A charity")
    assert versions.difference(1, 2) == ()
    with pytest.raises(ContractError, match="no version 3"):
        versions.difference(1, 3)


def test_the_command_line_tells_the_difference_of_two_files(tmp_path: Path) -> None:
    for name, terms in (("old.yaml", FIRST), ("new.yaml", SECOND)):
        (tmp_path / name).write_bytes(contract_of(terms).source)
    files = [str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml")]
    done = CliRunner().invoke(app, ["difference", *files])
    assert done.exit_code == 0
    assert "milestones › consent › price [Sch 2]: was £100.00, now £120.00" in done.output
    same = CliRunner().invoke(app, ["difference", files[0], files[0]])
    assert same.output.strip() == "No term differs."


def test_a_folder_of_versions_is_read_and_all_faults_are_told(tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_bytes(contract_of(FIRST).source)
    assert [one.version.number for one in read_versions(tmp_path).all] == [1]
    (tmp_path / "2.yaml").write_text("impactbond: 1\ncontract: x\ntitle: T\n")
    (tmp_path / "3.yaml").write_text("nothing")
    with pytest.raises(ContractError) as refused:
        read_versions(tmp_path)
    assert {fault.file for fault in refused.value.faults} == {"2.yaml", "3.yaml"}
    with pytest.raises(ContractError, match="no version of a contract"):
        read_versions([])
