"""What the measures of an investment's classes came to, and when that was known.

Takes  what was given by name, and a settlement where there is one.
Gives  for every class the days on which its measure became known, each with an exact share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.errors import Fault, SettlementError
from impactbond.money import parse_share
from impactbond.settlement.settlement import Settlement

Share = Fraction | int | str
Measured = Share | Mapping[date, Share]
_ALWAYS = date.min


def known_measures(
    contract: Contract, received: Any, given: Mapping[str, Measured]
) -> dict[str, list[tuple[date, Fraction | None]]]:
    """Each class with the days, in order, from which its measure is known to be so much.

    Raises SettlementError listing every measure that is neither given nor in the settlement, and
    everything given that cannot be used.
    """
    assert contract.investment is not None
    classes = contract.investment.classes
    wanted = {name: str(term.measured) for name, term in classes.items()}
    faults = list(_check(given, set(wanted.values())))
    found = {}
    for name, measure in wanted.items():
        if measure in given:
            found[name] = _given(measure, given[measure], faults)
        else:
            found[name] = _settled(contract, received, measure)
            if not found[name]:
                faults.append(
                    Fault(
                        code="not_measured",
                        problem=f"nothing says what '{measure}' came to, which the class '{name}'"
                        " rests on",
                        hint=f'Give it: measured={{"{measure}": "60%"}}, or with the days on which'
                        " it became known",
                    )
                )
    if faults:
        raise SettlementError("The schedule cannot be made.", faults)
    return found


def _check(given: Mapping[str, Measured], wanted: set[str]) -> Iterator[Fault]:
    for name in given:
        if name not in wanted:
            problem, allowed = f"no class rests on '{name}'", ", ".join(sorted(wanted))
            yield Fault(code="unknown_measure", problem=problem, allowed=allowed)


def _given(name: str, value: Measured, faults: list[Fault]) -> list[tuple[date, Fraction | None]]:
    dated = value if isinstance(value, Mapping) else {_ALWAYS: value}
    found: list[tuple[date, Fraction | None]] = []
    for day, share in dated.items():
        exact = _exact(share)
        if exact is None or type(day) is not date:
            hint = 'Write Fraction(3, 5), "60%" or "3/5"; no float holds a share'
            problem = f"what '{name}' came to cannot be used"
            kind = type(share if exact is None else day).__name__
            faults.append(Fault(code="no_share", problem=problem, found=f"a {kind}", hint=hint))
        else:
            found.append((day, exact))
    return sorted(found)


def _exact(share: object) -> Fraction | None:
    if isinstance(share, Fraction) or type(share) is int:
        return Fraction(share)
    if not isinstance(share, str):
        return None
    try:
        # A reduction may be below nothing: results can be worse than elsewhere.
        sign, text = (-1, share.strip()[1:]) if share.strip().startswith("-") else (1, share)
        return sign * parse_share(text)
    except ValueError:
        return None


def _settled(contract: Contract, received: Any, measure: str) -> list[tuple[date, Fraction | None]]:
    """What the results of a settlement measured: of the result of that name, or of the first that
    measures it for everybody; at each claim date the latest period.
    """
    if not isinstance(received, Settlement):
        return []
    named = (
        name
        for name, result in contract.results.items()
        if name == measure or (result.measure == measure and not result.each)
    )
    chosen = next(named, None)
    own = [one for one in received.measured_results if (one.result, one.group) == (chosen, "")]
    # Of several periods at one claim date the last stands.
    return list({one.claim_date: one.measured for one in own}.items())
