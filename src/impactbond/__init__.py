"""Outcomes-based funding contracts as data: from milestone evidence to statements, to the penny.

    contract = read_contract("contract.yaml")
    evidence = read_evidence("evidence.xlsx", contract)
    settlement = settle(contract, evidence, as_of="2018-01-31")
    write_statements(settlement, "out/")

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from impactbond.errors import (
    AssumptionError,
    ContractError,
    EvidenceError,
    ImpactBondError,
    ReceiptError,
    RecordError,
    SettlementError,
    SimulationError,
    StatementError,
    YearEndError,
)
from impactbond.version import __version__

if TYPE_CHECKING:
    from impactbond.closing.close_year import year_end
    from impactbond.closing.ledger import read_ledger
    from impactbond.comparison.comparison import compare
    from impactbond.contract.diagnostics.check import check
    from impactbond.contract.read import read_contract, read_versions
    from impactbond.contract.wording.render import render
    from impactbond.evidence.read import read_evidence
    from impactbond.evidence.read_counts import read_claims
    from impactbond.evidence.template import write_template
    from impactbond.explanation.explain import explain, explain_line
    from impactbond.mappings.read import read_mapping
    from impactbond.receipts.read import read_receipts
    from impactbond.receipts.reconcile import reconcile
    from impactbond.records.following import settle
    from impactbond.records.record import read_record, write_record
    from impactbond.records.regenerate import regenerate
    from impactbond.records.verify import verify
    from impactbond.settlement.examples import check_examples
    from impactbond.settlement.plans import planned_beside
    from impactbond.simulation.read import read_area
    from impactbond.simulation.simulate import simulate
    from impactbond.statements.write import write_statements

_HOMES = {
    "check": "contract.diagnostics.check",
    "check_examples": "settlement.examples",
    "compare": "comparison.comparison",
    "explain": "explanation.explain",
    "explain_line": "explanation.explain",
    "planned_beside": "settlement.plans",
    "read_area": "simulation.read",
    "read_claims": "evidence.read_counts",
    "read_contract": "contract.read",
    "read_evidence": "evidence.read",
    "read_versions": "contract.read",
    "read_receipts": "receipts.read",
    "read_ledger": "closing.ledger",
    "read_mapping": "mappings.read",
    "read_record": "records.record",
    "reconcile": "receipts.reconcile",
    "regenerate": "records.regenerate",
    "render": "contract.wording.render",
    "settle": "records.following",
    "simulate": "simulation.simulate",
    "verify": "records.verify",
    "write_record": "records.record",
    "write_statements": "statements.write",
    "write_template": "evidence.template",
    "year_end": "closing.close_year",
}

__all__ = [
    "AssumptionError",
    "ContractError",
    "EvidenceError",
    "ImpactBondError",
    "ReceiptError",
    "RecordError",
    "SettlementError",
    "SimulationError",
    "StatementError",
    "YearEndError",
    "__version__",
    "check",
    "check_examples",
    "compare",
    "explain",
    "explain_line",
    "planned_beside",
    "read_area",
    "read_claims",
    "read_contract",
    "read_evidence",
    "read_ledger",
    "read_mapping",
    "read_receipts",
    "read_record",
    "read_versions",
    "reconcile",
    "regenerate",
    "render",
    "settle",
    "simulate",
    "verify",
    "write_record",
    "write_statements",
    "write_template",
    "year_end",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'impactbond' has no attribute '{name}'")
    return getattr(import_module(f"impactbond.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
