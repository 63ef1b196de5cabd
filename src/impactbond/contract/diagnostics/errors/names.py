"""Whether every name stands for something, and nothing is defined by way of itself."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.references import allowed_for, home_of, leads_to, meant_by
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, circles, fault_at, unknown
from impactbond.terms.reference import references


def check_names(contract: Contract) -> Diagnostics:
    """Every name that nothing has, with the one that may have been meant, and every circle."""
    for one in references(contract):
        if one.to.noun and meant_by(contract, one) is None:
            fault = unknown(one.to.noun, one.name, allowed_for(contract, one.to))
            # A name alone in its list may be what stands in for something unreadable.
            rests = (*map(home_of, one.to.sections), (*one.path, 0))
            yield Diagnostic(one.path, fault, rests)
    for section in ("conditions", "measures"):
        noun, leads = section.removesuffix("s"), leads_to(contract, section)
        for circle in circles({name: list(places) for name, places in leads.items()}):
            yield fault_at(
                leads[circle[-2]][circle[-1]],
                f"circular_{noun}",
                f"the {noun} '{circle[-1]}' refers to itself",
                found=" needs ".join(map(repr, circle)),
                hint="Take one of these references out",
            )
