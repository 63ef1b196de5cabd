"""The values between two ends, one step apart: amounts, shares or whole numbers, all exact."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from impactbond.errors import AssumptionError, Fault
from impactbond.money import CURRENCIES

Kind = Literal["amount", "share", "number"]
End = Decimal | str | int


@dataclass(frozen=True)
class Steps:
    """Values from a first one upwards, by number: of a share, in percent."""

    kind: Kind
    first: Decimal
    step: Decimal
    steps: int

    def value(self, place: int) -> Any:
        """The value at a place, as a term takes it."""
        value = self.first + self.step * place
        return {"amount": value, "share": f"{value.normalize():f}%", "number": int(value)}[
            self.kind
        ]

    def said(self, place: int) -> str:
        """The value as a file has it."""
        return str(self.value(place))

    def at_share(self, share: float) -> int:
        """The place nearest to a share of the way, for what is sampled."""
        return min(self.steps, max(0, round(share * self.steps)))


def steps_between(between: tuple[End, End], step: End | None, currency: str) -> Steps:
    """The values between two ends of one kind.

    Raises AssumptionError where they are not two of a kind in ascending order, some steps apart.
    """
    ends = [_read(end) for end in between]
    given = None if step is None else _read(step)
    kinds = {one[0] for one in (*ends, given) if one is not None}
    if None in kinds or len(kinds) != 1 or len(ends) != 2:
        raise _no_ends(f"{tuple(map(str, between))!a}"[:80])
    kind = ends[0][0]
    decimals = CURRENCIES[currency].decimals
    usual = {"amount": Decimal(1).scaleb(-decimals), "share": Decimal("0.01")}
    size = usual.get(str(kind), Decimal(1)) if given is None else given[1]
    low, high = ends[0][1], ends[1][1]
    # With steps that do not lead to it the upper end would never be tried.
    if not low < high or size <= 0 or (high - low) % size:
        raise _no_ends(f"from {between[0]} to {between[1]} in steps of {size}")
    assert kind is not None
    return Steps(kind, low, size, int((high - low) / size))


def _read(end: object) -> tuple[Kind | None, Decimal]:
    if isinstance(end, bool) or not isinstance(end, Decimal | str | int):
        return None, Decimal(0)
    if isinstance(end, int):
        return "number", Decimal(end)
    text = str(end).strip()
    try:
        value = Decimal(text.removesuffix("%"))
    except InvalidOperation:
        return None, Decimal(0)
    return ("share" if text.endswith("%") else "amount") if value.is_finite() else None, value


def _no_ends(found: str) -> AssumptionError:
    fault = Fault(
        code="no_ends",
        problem="these are no two ends to look between",
        found=found,
        allowed='two amounts ("100.00", "900.00"), two shares ("10%", "60%") or two whole numbers,'
        " the lower first, some whole steps apart",
    )
    return AssumptionError("There is nothing to look between.", [fault])
