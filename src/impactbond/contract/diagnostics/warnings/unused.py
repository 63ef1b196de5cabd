"""What is defined and never used."""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.warnings.warning import look
from impactbond.contract.walk import every_condition
from impactbond.terms.conditions import Looking
from impactbond.terms.diagnostic import Diagnostics
from impactbond.terms.measures import Measure, parts_of
from impactbond.terms.milestones import Indexed, Units, metric_counted


def look_at_unused(contract: Contract) -> Diagnostics:
    """Every metric, window, condition, index and measure that nothing uses."""
    used: dict[str, set[str]] = {
        "metrics": set(_metrics(contract)),
        "windows": set(_windows(contract)),
        "conditions": {part for _, part in every_condition(contract) if isinstance(part, str)},
        "indices": {
            change.index
            for milestone in contract.milestones.values()
            for change in milestone.changes
            if isinstance(change, Indexed)
        },
        "measures": set(_measures(contract)),
    }
    nouns = {"indices": "index"}
    for section, names in used.items():
        noun = nouns.get(section, section.removesuffix("s"))
        for name in getattr(contract, section):
            if name not in names:
                problem = f"nothing uses the {noun} '{name}'"
                hint = "Take it out, or use it where it was meant"
                yield look((section, name), f"unused_{noun}", problem, hint=hint)


def _leaves(contract: Contract) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    for _, part in every_condition(contract):
        if isinstance(part, Looking):
            yield part.metrics, part.windows


def _metrics(contract: Contract) -> Iterator[str]:
    for metrics, _ in _leaves(contract):
        yield from metrics
    yield from (metric_counted(units) for units in _units(contract))


def _windows(contract: Contract) -> Iterator[str]:
    for _, windows in _leaves(contract):
        yield from windows
    yield from (units.window for units in _units(contract))


def _units(contract: Contract) -> Iterator[Units]:
    return (one.units for one in contract.milestones.values() if one.units is not None)


def _measures(contract: Contract) -> Iterator[str]:
    for measure in contract.measures.values():
        yield from _names(measure)
    for result in contract.results.values():
        yield from (name for _, measure in result.measures for name in _names(measure))
    if contract.investment is not None:
        yield from (one.measured for one in contract.investment.classes.values())


def _names(measure: Measure) -> Iterator[str]:
    return (part for _, part in parts_of((), measure) if isinstance(part, str))


def look_at_idle_funders(contract: Contract) -> Diagnostics:
    """Every funder that never pays anything."""
    paying = {
        name for rule in contract.funding for name, share in rule.shares.items() if share != 0
    }
    paying |= {name for tranche in contract.tranches.values() for name in tranche.by}
    paying |= contract.takers
    for name in contract.funders:
        if name not in paying:
            problem = f"the funder '{name}' never pays anything"
            hint = "Give it a share, or take it out"
            yield look(("funders", name), "funder_pays_nothing", problem, hint=hint)
