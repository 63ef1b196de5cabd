"""The shipped workbook of evidence: what is refused is what its README says was planted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from impactbond.contract.read import read_contract
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    contract = read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
    return read_evidence(FIXTURES / "evidence" / "west_london_zone.xlsx", contract)


def test_the_rows_that_are_refused_are_those_that_the_readme_lists(evidence: Evidence) -> None:
    readme = (FIXTURES / "evidence" / "README.md").read_text(encoding="utf-8")
    planted = readme.split("### Rows to be refused")[1].split("### ")[0]
    cells = {
        (match[1], int(row))
        for match in re.finditer(r"^- (\D+?) ((?:[A-Z]\d+(?:, )?)+):", planted, re.MULTILINE)
        for row in re.findall(r"\d+", match[2])
    }
    refused = {(one["sheet"], one["row"]) for one in evidence.refused_table.to_pylist()}
    assert refused == cells
    assert evidence.refused_table.num_rows == len(cells)


def test_nothing_else_is_lost(evidence: Evidence) -> None:
    assert evidence.participants_table.num_rows == 252
    assert evidence.repeated == 31
    assert evidence.cautions == ()
    observations = evidence.observations_table
    assert len(set(observations["observation"].to_pylist())) == observations.num_rows
    replaced = set(filter(None, observations["supersedes"].to_pylist()))
    assert replaced <= set(observations["observation"].to_pylist())
