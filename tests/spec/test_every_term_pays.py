"""Every term that can change a payment does: change it, and what somebody pays changes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.perturbed import ONE_VALUE, Field, of_term
from tests.spec.drawn_tables import THE_END, contract_of, evidence_of
from tests.unit.test_render_terms import every_field

from impactbond.contract.contract import Contract
from impactbond.evidence.evidence import Evidence
from impactbond.settlement.settle import settle

FILE = Path(__file__).parents[1] / "paying_scenarios.yaml"
SCENARIOS = YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))
# Names, sources and what is told beside the money; what says which text of the contract it is;
# and terms of whole texts, each with its own spec: versions, examples, plans, VAT, investors.
TOLD = ("Sheet", "Version", "Plan", "Vat", "Example", "Funder", "Score", "Percentage", "Event")
NO_MONEY = {
    *((term, "clause") for term, field in every_field() if field == "clause"),
    *((term, "title") for term, field in every_field() if field == "title"),
    *((term, "kind") for term, field in every_field() if field == "kind"),
    *((term, "sources") for term, field in every_field() if field == "sources"),
    *((term, field) for term, field in every_field() if term in TOLD),
    *ONE_VALUE,
    ("PaymentTerms", "invoiced"),
    ("PricesIn", "currency"),  # a name: how much one is says the rate
    ("Quantity", "unit"),
    ("Tranche", "held_by"),
}
INVESTMENT = ("Invest", "Drawdown", "ReturnTier", "Floor", "Redemption", "Protection", "Recycling")


def clean(contract: Contract) -> Contract:
    """A contract that remembers nothing of the one it was copied from."""
    for name in ("payables", "grouping", "claim_by_claim"):
        contract.__dict__.pop(name, None)
    contract._source = b""
    return contract


def money(contract: Contract, evidence: Evidence) -> Any:
    """Everything that is paid, by whom and when; None where the contract cannot be settled."""
    try:
        settled = settle(clean(contract), evidence, as_of=THE_END, leave_out_refused=True)
    except Exception:  # a copy is not checked, and may be no contract at all
        return None
    return settled.payments_table, settled.balances_table


@cache
def proven(scenario: str) -> frozenset[Field]:
    """The fields of a scenario whose change changes what is paid."""
    whole = contract_of(SCENARIOS[scenario]["terms"])
    evidence = evidence_of(SCENARIOS[scenario]["evidence"], whole)
    before, found = money(whole, evidence), set[Field]()
    assert before is not None
    assert before[0].num_rows
    for way, other in of_term(whole, whole):
        if found.issuperset(way) or way[-1] in NO_MONEY:
            continue
        after = money(other, evidence)
        if after is not None and after != before:
            found |= set(way)
    return frozenset(found)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_is_a_contract_that_pays(scenario: str) -> None:
    whole = contract_of(SCENARIOS[scenario]["terms"])
    payments, _ = money(whole, evidence_of(SCENARIOS[scenario]["evidence"], whole))
    assert payments.num_rows


@pytest.mark.long  # it settles some 500 contracts
def test_every_term_that_can_change_a_payment_does() -> None:
    changed = {field for scenario in SCENARIOS for field in proven(scenario)}
    needed = {
        (term, field)
        for term, field in every_field() - NO_MONEY
        if not term.startswith(INVESTMENT) and term != "Contract"
    }
    assert needed - changed == set()
