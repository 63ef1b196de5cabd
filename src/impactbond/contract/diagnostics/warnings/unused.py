"""What is defined and never used."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.references import names_of, used_in
from impactbond.terms.diagnostic import Diagnostics, fault_at

_SECTIONS = {
    "metrics": "metric",
    "windows": "window",
    "conditions": "condition",
    "indices": "index",
    "measures": "measure",
}
# Where a name stands that does not use what it names: what is delivered, shown or planned.
_BESIDE = ("sheets", "examples", "plans")


def check_unused(contract: Contract) -> Diagnostics:
    """Every metric, window, condition, index and measure that nothing uses."""
    used = used_in(contract, besides=_BESIDE)
    for section, noun in _SECTIONS.items():
        for name in names_of(contract, section):
            if (section, name) not in used:
                problem = f"nothing uses the {noun} '{name}'"
                hint = "Take it out, or use it where it was meant"
                yield fault_at((section, name), f"unused_{noun}", problem, hint=hint)


def check_idle_funders(contract: Contract) -> Diagnostics:
    """Every funder that never pays anything."""
    paying = {
        name for rule in contract.funding for name, share in rule.shares.items() if share != 0
    }
    # Without a share a funder still pays what it gives up front, and what another's limit passes
    # on.
    paying |= {name for tranche in contract.tranches.values() for name in tranche.by}
    paying |= contract.takers
    for name in contract.funders:
        if name not in paying:
            problem = f"the funder '{name}' never pays anything"
            hint = "Give it a share, or take it out"
            yield fault_at(("funders", name), "funder_pays_nothing", problem, hint=hint)
