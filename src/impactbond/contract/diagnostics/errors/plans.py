"""Whether plans and the treatment of VAT speak of what the contract has."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, unknown
from impactbond.terms.examples import TOTAL


def check_plans(contract: Contract) -> Diagnostics:
    """Every fault of the plans: periods and names that the contract does not have."""
    labels = [period.label for period in contract.calendar.periods]
    known = (*contract.payables, *contract.funders, TOTAL)
    for name, plan in contract.plans.items():
        path = ("plans", name, "payments")
        for label, sums in plan.payments.items():
            if labels and label not in labels:  # a term that is reversed has none
                yield Diagnostic((*path, label), unknown("period", label, labels), (("calendar",),))
            for paid in sums:
                if paid not in known:
                    fault = unknown("payable_or_funder", paid, known)
                    yield Diagnostic((*path, label, paid), fault, (("milestones",), ("funders",)))


def check_vat(contract: Contract) -> Diagnostics:
    """Every fault of the treatment of VAT."""
    if contract.vat is not None:
        yield from contract.vat.errors(("vat",))
