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
    DisclosureError,
    EvidenceError,
    ImpactBondError,
    InstrumentError,
    PageError,
    ReceiptError,
    RecordError,
    SettlementError,
    SimulationError,
    StatementError,
    YearEndError,
)
from impactbond.version import __version__

if TYPE_CHECKING:
    from impactbond.charts.chart import chart
    from impactbond.closing.close_year import year_end
    from impactbond.closing.exports import write_year_end
    from impactbond.closing.ledger import read_ledger
    from impactbond.closing.year_end import YearEnd
    from impactbond.comparison.comparison import compare
    from impactbond.contract.contract import Contract
    from impactbond.contract.diagnostics.check import check
    from impactbond.contract.read import read_contract, read_versions
    from impactbond.contract.reading.plain_json import terms_json
    from impactbond.contract.versions import Versions
    from impactbond.contract.wording.render import render
    from impactbond.designs.compare import compare_designs
    from impactbond.designs.sensitivity import global_sensitivity, grid, one_at_a_time
    from impactbond.designs.solve import solve
    from impactbond.designs.yardsticks import Condition
    from impactbond.disclosure.public_view import public_view
    from impactbond.evidence.between_deliveries import compare_evidence
    from impactbond.evidence.counts import Counts
    from impactbond.evidence.evidence import Evidence
    from impactbond.evidence.files import GivenFile
    from impactbond.evidence.marked_workbook import mark_workbook
    from impactbond.evidence.pseudonyms import new_key, pseudonymise, read_key
    from impactbond.evidence.read import read_evidence
    from impactbond.evidence.read_counts import read_claims
    from impactbond.evidence.template import write_template
    from impactbond.explanation.explain import explain, explain_each, explain_line
    from impactbond.explanation.explanation import Explanation
    from impactbond.explanation.identification import identify
    from impactbond.explanation.journeys import journeys
    from impactbond.forecasts.cash import cash_of
    from impactbond.forecasts.plans import plans_beside
    from impactbond.forecasts.returns import returns_of
    from impactbond.forecasts.workbook import write_forecast
    from impactbond.frames.frame import Frame
    from impactbond.frames.page import declared_frames
    from impactbond.frames.people import for_people
    from impactbond.investment.cash_flows import CashFlows
    from impactbond.investment.schedule import investor_schedule
    from impactbond.mappings.read import read_mapping
    from impactbond.pages.programme_page import programme_page
    from impactbond.questionnaires.read import read_instrument
    from impactbond.receipts.interest import statutory_interest
    from impactbond.receipts.read import read_receipts
    from impactbond.receipts.receipts import Receipts
    from impactbond.receipts.reconcile import Reconciliation, reconcile
    from impactbond.records.following import settle
    from impactbond.records.forget import forget
    from impactbond.records.record import Record, read_record, record_bytes, write_record
    from impactbond.records.regenerate import regenerate
    from impactbond.records.shown import show_record
    from impactbond.records.verify import verify
    from impactbond.settlement.examples import check_examples
    from impactbond.settlement.plans import planned_beside
    from impactbond.settlement.settlement import Settlement
    from impactbond.simulation.area import Area
    from impactbond.simulation.forecast import Forecast
    from impactbond.simulation.learn import area_from, learnt_chances
    from impactbond.simulation.read import read_area
    from impactbond.simulation.reforecast import reforecast
    from impactbond.simulation.simulate import simulate
    from impactbond.statements.up_front import write_up_front
    from impactbond.statements.write import statement_files, table_files, write_statements

_HOMES = {
    "Area": "simulation.area",
    "CashFlows": "investment.cash_flows",
    "Condition": "designs.yardsticks",
    "Contract": "contract.contract",
    "Counts": "evidence.counts",
    "Evidence": "evidence.evidence",
    "Explanation": "explanation.explanation",
    "Forecast": "simulation.forecast",
    "Frame": "frames.frame",
    "GivenFile": "evidence.files",
    "Receipts": "receipts.receipts",
    "Reconciliation": "receipts.reconcile",
    "Record": "records.record",
    "Settlement": "settlement.settlement",
    "Versions": "contract.versions",
    "YearEnd": "closing.year_end",
    "area_from": "simulation.learn",
    "cash_of": "forecasts.cash",
    "chart": "charts.chart",
    "check": "contract.diagnostics.check",
    "check_examples": "settlement.examples",
    "compare": "comparison.comparison",
    "compare_designs": "designs.compare",
    "compare_evidence": "evidence.between_deliveries",
    "declared_frames": "frames.page",
    "explain": "explanation.explain",
    "explain_each": "explanation.explain",
    "explain_line": "explanation.explain",
    "for_people": "frames.people",
    "forget": "records.forget",
    "global_sensitivity": "designs.sensitivity",
    "grid": "designs.sensitivity",
    "identify": "explanation.identification",
    "investor_schedule": "investment.schedule",
    "journeys": "explanation.journeys",
    "learnt_chances": "simulation.learn",
    "mark_workbook": "evidence.marked_workbook",
    "new_key": "evidence.pseudonyms",
    "one_at_a_time": "designs.sensitivity",
    "planned_beside": "settlement.plans",
    "plans_beside": "forecasts.plans",
    "programme_page": "pages.programme_page",
    "pseudonymise": "evidence.pseudonyms",
    "public_view": "disclosure.public_view",
    "read_area": "simulation.read",
    "read_claims": "evidence.read_counts",
    "read_contract": "contract.read",
    "read_evidence": "evidence.read",
    "read_instrument": "questionnaires.read",
    "read_key": "evidence.pseudonyms",
    "read_ledger": "closing.ledger",
    "read_mapping": "mappings.read",
    "read_receipts": "receipts.read",
    "read_record": "records.record",
    "read_versions": "contract.read",
    "reconcile": "receipts.reconcile",
    "record_bytes": "records.record",
    "reforecast": "simulation.reforecast",
    "regenerate": "records.regenerate",
    "render": "contract.wording.render",
    "returns_of": "forecasts.returns",
    "settle": "records.following",
    "show_record": "records.shown",
    "simulate": "simulation.simulate",
    "solve": "designs.solve",
    "statement_files": "statements.write",
    "statutory_interest": "receipts.interest",
    "table_files": "statements.write",
    "terms_json": "contract.reading.plain_json",
    "verify": "records.verify",
    "write_forecast": "forecasts.workbook",
    "write_record": "records.record",
    "write_statements": "statements.write",
    "write_template": "evidence.template",
    "write_up_front": "statements.up_front",
    "write_year_end": "closing.exports",
    "year_end": "closing.close_year",
}

__all__ = [
    "Area",
    "AssumptionError",
    "CashFlows",
    "Condition",
    "Contract",
    "ContractError",
    "Counts",
    "DisclosureError",
    "Evidence",
    "EvidenceError",
    "Explanation",
    "Forecast",
    "Frame",
    "GivenFile",
    "ImpactBondError",
    "InstrumentError",
    "PageError",
    "ReceiptError",
    "Receipts",
    "Reconciliation",
    "Record",
    "RecordError",
    "Settlement",
    "SettlementError",
    "SimulationError",
    "StatementError",
    "Versions",
    "YearEnd",
    "YearEndError",
    "__version__",
    "area_from",
    "cash_of",
    "chart",
    "check",
    "check_examples",
    "compare",
    "compare_designs",
    "compare_evidence",
    "declared_frames",
    "explain",
    "explain_each",
    "explain_line",
    "for_people",
    "forget",
    "global_sensitivity",
    "grid",
    "identify",
    "investor_schedule",
    "journeys",
    "learnt_chances",
    "mark_workbook",
    "new_key",
    "one_at_a_time",
    "planned_beside",
    "plans_beside",
    "programme_page",
    "pseudonymise",
    "public_view",
    "read_area",
    "read_claims",
    "read_contract",
    "read_evidence",
    "read_instrument",
    "read_key",
    "read_ledger",
    "read_mapping",
    "read_receipts",
    "read_record",
    "read_versions",
    "reconcile",
    "record_bytes",
    "reforecast",
    "regenerate",
    "render",
    "returns_of",
    "settle",
    "show_record",
    "simulate",
    "solve",
    "statement_files",
    "statutory_interest",
    "table_files",
    "terms_json",
    "verify",
    "write_forecast",
    "write_record",
    "write_statements",
    "write_template",
    "write_up_front",
    "write_year_end",
    "year_end",
]


if not TYPE_CHECKING:  # or a misspelt name would be of any type

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'impactbond' has no attribute '{name}'")
        return getattr(import_module(f"impactbond.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
