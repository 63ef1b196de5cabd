"""What a condition asks, as a text that is the same for conditions that ask the same, whatever
they, their parts and their windows are called, and in whatever order it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from impactbond.terms.conditions.condition import Condition, ConditionTerm, Junction, Looking
from impactbond.terms.conditions.counts import Count, Observed
from impactbond.terms.conditions.passes import Terms
from impactbond.terms.phrases import Distance, Threshold


def meaning(terms: Terms, condition: Condition, passed: frozenset[str] = frozenset()) -> str:
    """What a condition, which may be a name, asks; of two that ask the same it is the same."""
    while isinstance(condition, str):
        # What stands for nothing, or for itself, is told elsewhere.
        if condition in passed or condition not in terms.conditions:
            return repr(condition)
        passed |= {condition}
        condition = terms.conditions[condition]
    condition = _plainest(terms, condition)
    inside = [(place, meaning(terms, part, passed)) for place, part in condition.inside]
    if isinstance(condition, Junction) and condition.needs is not None:
        parts = sorted(part for _, part in inside)
        # Around a single one nothing is asked besides it.
        return parts[0] if len(parts) == 1 else f"{condition.needs} of {parts}"
    windows = condition.windows if isinstance(condition, Looking) else ()
    kept = {place[0] for place, _ in inside} | {"clause"}
    said = [
        (name, _said(terms, windows, getattr(condition, name)))
        for name, field in type(condition).model_fields.items()
        if (field.alias or name) not in kept
    ]
    return repr((type(condition).__name__, said, inside))


def _plainest(terms: Terms, condition: ConditionTerm) -> ConditionTerm:
    """One of an event, counted, is that it was observed; anything else stays as it is."""
    if not isinstance(condition, Count) or condition.at_least > 1:
        return condition
    if not isinstance(terms.metrics.get(condition.count), Observed.takes):
        return condition
    return Observed.model_construct(observed=condition.count, window=condition.window)


def _said(terms: Terms, windows: tuple[str, ...], value: Any) -> str:
    """What is written at a key; a window by its days: a second name makes no other of it."""
    # How it is written says nothing: 17 and 17.0 are one bar, and a list of marks is the same
    # whichever stands first. Windows alone keep their order: the first is that of the start.
    match value:
        case Threshold(bar=bar, comparison=side):
            return f"{side} {bar.normalize()}"
        case Distance(size=size):
            return str(size.normalize())
        case Decimal():
            return str(value.normalize())
        case str() if value in windows and value in terms.windows:
            return str(terms.windows[value])
        case tuple() if value == windows and len(value) > 1:
            return repr([_said(terms, windows, one) for one in value])
        case tuple():
            return repr(sorted(_said(terms, (), one) for one in value))
        case Mapping():
            return repr(sorted((name, _said(terms, (), one)) for name, one in value.items()))
        case _:
            return str(value)
