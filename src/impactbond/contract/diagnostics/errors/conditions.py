"""Whether conditions can be weighed: they look at metrics that exist, in windows that exist, and
each kind says what is wrong with its own.
"""

from __future__ import annotations

from impactbond.contract.conditions import every_condition, parts_of
from impactbond.contract.contract import Contract
from impactbond.errors import Fault
from impactbond.terms.conditions import Junction, Looking
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, circles, unknown
from impactbond.terms.metrics.metric import check_kind


def check_conditions(contract: Contract) -> Diagnostics:
    """Every fault of the conditions, named or written where they are needed."""
    for path, part in every_condition(contract):
        if isinstance(part, str) and part not in contract.conditions:
            fault = unknown("condition", part, contract.conditions)
            yield Diagnostic(path, fault, (("conditions",),))
        if isinstance(part, Looking):
            yield from _check_looking(contract, part, path)
        if isinstance(part, Junction):
            yield from part.check_parts(contract, path)
    yield from _check_circles(contract)


def _check_looking(contract: Contract, looking: Looking, path: Path) -> Diagnostics:
    """Every fault of a condition that looks at evidence itself."""
    for index, window in enumerate(looking.windows):
        if window not in contract.windows:
            place = ("between", index) if len(looking.windows) > 1 else ("in",)
            fault = unknown("window", window, contract.windows)
            yield Diagnostic((*path, *place), fault, (("windows",),))
    key = looking.key
    is_alone = isinstance(getattr(looking, key), str)
    for name in looking.metrics:
        where = (*path, key) if is_alone else (*path, key, name)
        faults = list(check_kind(contract.metrics, name, looking.takes, key, where))
        yield from faults or looking.check(contract, name, path)


def _check_circles(contract: Contract) -> Diagnostics:
    named = {
        name: {
            part: path
            for path, part in parts_of(("conditions", name), condition)
            if isinstance(part, str)
        }
        for name, condition in contract.conditions.items()
    }
    for circle in circles({name: list(inside) for name, inside in named.items()}):
        fault = Fault(
            code="circular_condition",
            problem=f"the condition '{circle[-1]}' refers to itself",
            found=" needs ".join(map(repr, circle)),
            hint="Take one of these references out",
        )
        yield Diagnostic(named[circle[-2]][circle[-1]], fault)
