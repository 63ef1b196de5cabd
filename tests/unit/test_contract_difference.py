"""The difference of two versions: one line for each term, worked out and never typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.spec.drawn_tables import contract_of, versions_of
from typer.testing import CliRunner

from impactbond.cli.main import app
from impactbond.contract.difference import difference
from impactbond.contract.read import read_versions
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
        "milestones > sign_up > when > in: was year one, is now year two",
        "milestones > consent > price [Sch 2]: was 100.00, is now 120.00",
        "milestones > assessed [Sch 9]: added: {clause: Sch 9, when: {observed: assessed, "
        "in: year one}, price: 10.00}",
        "milestones: in another order: was consent, sign_up, is now sign_up, consent",
        "funding > entry 1 > shares > council: was 100%, is now 1/3",
        "funding > entry 1 > shares > lottery: added: the rest",
        "limits > entry 2: added: {funder: council, at_most: 900.00, beyond: unpaid}",
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
    assert "milestones > consent > price [Sch 2]: was 100.00, is now 120.00" in done.output
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
