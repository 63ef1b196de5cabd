"""Every term that can change a payment does: change it, and what somebody pays changes.

To find a change that moves money for every term takes some 500 settlements, and is done by
`python -m tests.long every-term`, which keeps one change for each term in a file beside the
scenarios. Every run of the suite settles those, and sees that no term is without one.
"""

from __future__ import annotations

from collections import Counter
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
from impactbond.tables import Engine

WITNESSES = Path(__file__).parents[1] / "paying_witnesses.txt"
AGAIN = "then `python -m tests.long every-term` finds the witnesses anew"
FILE = Path(__file__).parents[1] / "paying_scenarios.yaml"
SCENARIOS = YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))
# Names, sources and what is told beside the money; what says which text of the contract it is;
# and terms of whole texts, each with its own spec: versions, examples, plans, VAT, investors.
TOLD = (
    "Sheet",
    "Accepted",
    "Version",
    "Plan",
    "Vat",
    "Example",
    "Funder",
    "Score",
    "Percentage",
    "Event",
    "PartyDetails",
    "BankAccount",
    "Sees",
)
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
    ("Session", "dated"),  # which rows of evidence are taken, as with sources and slots
    ("Session", "slots"),
    ("Tranche", "held_by"),
}
# Every change is a contract of its own, and to compile its queries would be most of the time.
QUICK: Engine = "polars"
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
        settled = settle(
            clean(contract), evidence, as_of=THE_END, leave_out_refused=True, engine=QUICK
        )
    except Exception:  # a copy is not checked, and may be no contract at all
        return None
    return settled.payments_table, settled.balances_table


def needed() -> set[Field]:
    """The fields that can change a payment."""
    return {
        (term, field)
        for term, field in every_field() - NO_MONEY
        if not term.startswith(INVESTMENT) and term != "Contract"
    }


@cache
def drawn(scenario: str) -> tuple[Contract, Evidence, Any]:
    """The contract and evidence of a scenario, and what is paid."""
    whole = contract_of(SCENARIOS[scenario]["terms"])
    evidence = evidence_of(SCENARIOS[scenario]["evidence"], whole)
    return whole, evidence, money(whole, evidence)


def witnesses(scenario: str) -> dict[tuple[Field, ...], int]:
    """The changes of a scenario that change what is paid, fewest first to show every field: the way
    to the field, and which of the other values on that way.
    """
    whole, evidence, before = drawn(scenario)
    found: dict[tuple[Field, ...], int] = {}
    shown, tried = set[Field](), Counter[tuple[Field, ...]]()
    for way, other in of_term(whole, whole):
        number = tried[way]
        tried[way] += 1
        if shown.issuperset(way) or way[-1] in NO_MONEY:
            continue
        after = money(other, evidence)
        if after is not None and after != before:
            found[way] = number
            shown |= set(way)
    return found


def kept() -> dict[str, dict[tuple[Field, ...], int]]:
    """The witnesses that were found before, by scenario."""
    lines = [line.split("\t") for line in WITNESSES.read_text(encoding="utf-8").splitlines()]
    by_scenario: dict[str, dict[tuple[Field, ...], int]] = {name: {} for name in SCENARIOS}
    for scenario, number, way in lines:
        by_scenario[scenario][tuple(_field(one) for one in way.split())] = int(number)
    return by_scenario


def _field(text: str) -> Field:
    term, field = text.split(".")
    return term, field


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_is_a_contract_that_pays(scenario: str) -> None:
    payments, _ = drawn(scenario)[2]
    assert payments.num_rows


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_change_that_is_kept_as_a_witness_changes_what_is_paid(scenario: str) -> None:
    whole, evidence, before = drawn(scenario)
    wanted, tried = kept()[scenario], Counter[tuple[Field, ...]]()
    unmoved = dict(wanted)
    for way, other in of_term(whole, whole):
        if wanted.get(way) == tried[way]:
            after = money(other, evidence)
            if after is not None and after != before:
                del unmoved[way]
        tried[way] += 1
    assert unmoved == {}, f"these change nothing any more; {AGAIN}"


def test_every_term_that_can_change_a_payment_has_a_witness() -> None:
    shown = {field for ways in kept().values() for way in ways for field in way}
    assert needed() - shown == set(), f"write a scenario in which these move money; {AGAIN}"


@pytest.mark.long
def test_the_witnesses_are_found_anew() -> None:
    lines, shown = [], set[Field]()
    for scenario in SCENARIOS:
        for way, number in witnesses(scenario).items():
            # A change that shows nothing new need not be settled again by every run.
            if not shown.issuperset(way):
                shown |= set(way)
                places = " ".join(".".join(one) for one in way)
                lines.append(f"{scenario}\t{number}\t{places}")
    WITNESSES.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert needed() - shown == set()
