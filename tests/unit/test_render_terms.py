"""Every field of every term shows in the rendered contract: change one, and the text changes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache

import pytest
from tests.perturbed import ONE_VALUE, Ways, told_of_changes
from tests.rich_contracts import LISTED, rich_contract

import impactbond.contract
import impactbond.terms
from impactbond.contract.read import read_contract
from impactbond.contract.versions import InWhole
from impactbond.contract.wording.schedule import schedule_of
from impactbond.terms.rounding import HALVES
from impactbond.terms.term import Term

WLZ = "fixtures/contracts/west_london_zone.yaml"
CONTRACTS = {
    "rich": rich_contract,
    "listed": lambda: rich_contract(LISTED),
    "wlz": lambda: read_contract(WLZ),
}


@cache
def tried(contract: str) -> tuple[Ways, Ways]:
    return told_of_changes(CONTRACTS[contract](), schedule_of)


def every_term() -> set[type[Term]]:
    """Every term in the packages of the terms and of the contract that no other is made from."""
    modules = [
        importlib.import_module(found.name)
        for package in (impactbond.terms, impactbond.contract)
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not found.name.startswith("impactbond.contract.schema")
    ]
    terms = {
        one
        for module in modules
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, Term)
    }
    terms.discard(InWhole)  # a contract as versions have it in common, with the same terms
    parents: set[type] = {parent for term in terms for parent in term.__mro__[1:]}
    return terms - parents


def every_field() -> set[tuple[str, str]]:
    """Every field of every term in the packages of the terms and of the contract."""
    return {(term.__name__, field) for term in every_term() for field in term.model_fields}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_field_that_changes_changes_the_text(contract: str) -> None:
    _, hidden = tried(contract)
    if CONTRACTS[contract]().rounding.to is None:
        # Which way parts of a unit go says nothing where there is no unit.
        hidden = {way for way in hidden if way[-1] != ("Rounding", "way")}
    assert hidden == set()


def test_every_field_of_every_term_is_changed_by_the_test_above() -> None:
    shown = {field for contract in CONTRACTS for way in tried(contract)[0] for field in way}
    assert every_field() - shown - ONE_VALUE == set()


def test_a_field_that_nobody_renders_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for half in HALVES.values():
        monkeypatch.setattr(half, "says", "")
    whole = rich_contract()
    rounding = whole.rounding.model_copy(update={"half": "up"})
    assert schedule_of(whole) == schedule_of(whole.model_copy(update={"rounding": rounding}))
