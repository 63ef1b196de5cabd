"""What a contract may say and may not mean: every warning, each of them worth a look."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.warnings.amounts import look_at_amounts
from impactbond.contract.diagnostics.warnings.dates import look_at_dates, look_at_reach
from impactbond.contract.diagnostics.warnings.prices import look_at_prices
from impactbond.contract.references import names_of, used_in
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, fault_at

_SECTIONS = {
    "metrics": "metric",
    "windows": "window",
    "conditions": "condition",
    "indices": "index",
    "measures": "measure",
}
# Where a name stands that does not use what it names: what is delivered, shown or planned.
_BESIDE = ("sheets", "examples", "plans")


def warnings_of(contract: Contract) -> list[Diagnostic]:
    """What is allowed in a contract and may not be meant, each with its place."""
    return list(chain.from_iterable(check(contract) for check in _CHECKS))


def _look_at_unused(contract: Contract) -> Diagnostics:
    """Every metric, window, condition, index and measure that nothing uses."""
    used = used_in(contract, besides=_BESIDE)
    for section, noun in _SECTIONS.items():
        for name in names_of(contract, section):
            if (section, name) not in used:
                problem = f"nothing uses the {noun} '{name}'"
                hint = "Take it out, or use it where it was meant"
                yield fault_at((section, name), f"unused_{noun}", problem, hint=hint)


def _look_at_idle_funders(contract: Contract) -> Diagnostics:
    """Every funder that never pays anything."""
    shares = (each for rule in contract.funding for each in rule.shares.items())
    paying = {name for name, share in shares if share != 0}
    # Without a share a funder still pays what it gives up front, and what another's limit passes
    # on.
    paying |= {name for tranche in contract.tranches.values() for name in tranche.by}
    paying |= contract.takers
    for name in contract.funders:
        if name not in paying:
            problem = f"the funder '{name}' never pays anything"
            hint = "Give it a share, or take it out"
            yield fault_at(("funders", name), "funder_pays_nothing", problem, hint=hint)


_CHECKS: tuple[Callable[[Contract], Diagnostics], ...] = (
    look_at_amounts,
    look_at_reach,
    look_at_dates,
    look_at_prices,
    _look_at_unused,
    _look_at_idle_funders,
)
