"""What is worth a look can be accepted with a reason; nothing else is accepted with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.spec.drawn_tables import contract_of
from typer.testing import CliRunner

import impactbond as ib
from impactbond.cli.commands import app
from impactbond.contract.diagnostics.check import accepting, check
from impactbond.contract.difference import difference
from impactbond.errors import ContractError

# An unused metric, and one more thing of the same code at another place.
UNUSED = """
metrics: {spare: {kind: event}, other: {kind: event}}

"""
SPARE = "{code: unused_metric, at: metrics > spare, because: It is collected for the evaluation}"


def levels(terms: str) -> dict[str, str]:
    """What a check finds of the two metrics and of what is accepted, by its place."""
    found = check(contract_of(terms))
    wanted = ("metrics > spare", "metrics > other", "accepted > entry 1")
    return {one.path: one.level for one in found if one.path in wanted}


def test_what_is_accepted_is_told_as_such_and_nothing_else_is() -> None:
    assert levels(UNUSED) == {"metrics > spare": "look at", "metrics > other": "look at"}
    told = levels(f"{UNUSED}accepted: [{SPARE}]")
    assert told == {"metrics > spare": "accepted", "metrics > other": "look at"}


@pytest.mark.parametrize(
    "accepted",
    [
        SPARE.replace("spare", "consent"),  # used
        SPARE.replace("unused_metric", "unused_window"),
        SPARE.replace("metrics > spare", "metrics"),
        SPARE.replace("metrics > spare", "Metrics > spare"),
    ],
)
def test_what_accepts_nothing_is_told(accepted: str) -> None:
    told = levels(f"{UNUSED}accepted: [{accepted}]")
    assert told == {
        "metrics > spare": "look at",
        "metrics > other": "look at",
        "accepted > entry 1": "look at",
    }
    codes = {one.path: one.code for one in check(contract_of(f"{UNUSED}accepted: [{accepted}]"))}
    assert codes["accepted > entry 1"] == "accepts_nothing"


@pytest.mark.parametrize("key", ["code", "at", "because"])
def test_it_must_say_what_where_and_why(key: str) -> None:
    with pytest.raises(ContractError, match=f"the key '{key}' is missing"):
        contract_of(f"{UNUSED}accepted: [{SPARE.replace(f'{key}:', 'clause:', 1)}]")


def test_strict_passes_once_all_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    text = Path("fixtures/contracts/west_london_zone.yaml").read_text(encoding="utf-8")
    [look] = check(ib.read_contract("fixtures/contracts/west_london_zone.yaml"))
    path.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(app, ["check", "--strict", str(path)])
    assert done.exit_code == 1
    assert accepting(look) in done.output
    path.write_text(f"{text}\n{accepting(look)}\n".replace("...", "So it was signed"), "utf-8")
    done = CliRunner().invoke(app, ["check", "--strict", str(path)])
    assert done.exit_code == 0
    assert "accepted by the contract (1)" in done.output
    assert "Accepted: So it was signed." in done.output


def test_it_is_rendered_and_its_change_is_a_change_that_moves_no_money() -> None:
    with_it = contract_of(f"{UNUSED}accepted: [{SPARE}]")
    assert "unused metric, at metrics > spare: It is collected for the evaluation." in " ".join(
        ib.render(with_it).split()
    ).replace("Unused", "unused")
    [change] = difference(contract_of(UNUSED), with_it)
    assert (change.path, change.kind, change.milestones) == ("accepted", "added", ())
    other = contract_of(f"{UNUSED}accepted: [{SPARE.replace('the evaluation', 'nobody')}]")
    [change] = difference(with_it, other)
    assert change.path == "accepted › code unused_metric › because"


def test_an_ordinary_deadweight_clause_can_be_accepted() -> None:
    milestone = "{when: {observed: consent, in: year one}, price: 400.00, paid_for: 5/6}"
    place = "milestones > m > paid_for"
    because = "A sixth would have happened anyway"
    accepted = f"{{code: paid_in_part, at: {place}, because: {because}}}"
    terms = f"milestones: {{m: {milestone}}}\naccepted: [{accepted}]"
    [found] = [one for one in check(contract_of(terms)) if one.path == place]
    assert (found.level, found.because) == ("accepted", because)
