"""Quantities that add up to so much."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from impactbond.terms.conditions.condition import Leaf, in_last_window, named
from impactbond.terms.conditions.passes import (
    Calendars,
    ConditionCase,
    ConditionText,
    Days,
    EvidenceUsed,
    EvidenceView,
    Facts,
    Met,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.metrics.metric import MetricTerm
from impactbond.terms.metrics.numbers import Quantity
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Amount
from impactbond.terms.words import counted, number, plain, quoted


class Total(Leaf):
    """Met on the day on which the quantities in the window reach a total."""

    key: ClassVar[str] = "total"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Quantity,)
    reading: ClassVar[str] = (
        "a count or a total is reached on the day of the record that completes it"
    )

    total: MetricName
    window: WindowName = Field(alias="in", description="the name of a window")
    at_least: Amount

    def _quantity(self, terms: Terms) -> Quantity:
        metric = terms.metrics[self.total]
        assert isinstance(metric, Quantity)
        return metric

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        yield from self._quantity(terms).check_amount(name, self.at_least, (*path, "at_least"))

    def met(self, facts: Facts) -> Met:
        enough = self._quantity(facts.contract).held(self.at_least)
        rows = facts.any_rows(self.total, self.window)
        day = facts.fact("total_day", self.total, self.window, None, enough)
        return Met(day.found, rows, day.column)

    def reach(self, calendars: Calendars) -> Days | None:
        return in_last_window(self, calendars)

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        every, on = view.rows("rows", self.total, self.window), view.on(self)
        relied = [row for row in every if on is None or row["observed_on"] <= on]
        return EvidenceUsed(every, relied=named(relied, "counts"))

    def says(self, wording: Wording) -> str:
        unit = self._quantity(wording.contract).in_units
        adds = f"adds up to at least {number(self.at_least)}{unit}"
        return f"{quoted(self.total)} {adds} {wording.within(self.window)}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window, term = plain(self.total), case.windows[0], self._quantity(case.contract)
        what, needed = f"total {metric} in {window}", f"at least {self.at_least:,f}{term.in_units}"
        rows = case.used.every
        if not rows:
            return ConditionText.of_nothing(what, needed, f"{metric} in {window}")
        total = Decimal(sum(row["value"] for row in rows)).scaleb(-term.decimals)
        found = f"{total:,f}{term.in_units} in {counted(len(rows), 'row')}"
        found += f", reached on {case.on}" if case.on is not None else ""
        return ConditionText(what, needed, found, f"{what} was {found}, {needed} needed")
