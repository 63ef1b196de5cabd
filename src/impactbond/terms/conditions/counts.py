"""Rows that are counted: that something happened, how often, up to what total, and what did not
happen while somebody looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from impactbond.terms.conditions.condition import (
    READ_AS_COMPLETED,
    READ_AT_THE_END,
    Condition,
    ConditionTerm,
    InWindow,
    Junction,
    Looking,
    check_shows,
    counts,
    latest,
    named,
    possible_rows,
)
from impactbond.terms.conditions.passes import (
    NOT_MET,
    SHORT,
    Aside,
    Calendars,
    Column,
    ConditionCase,
    ConditionText,
    Days,
    EvidenceUsed,
    EvidenceView,
    Facts,
    Met,
    Parts,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.metrics.choices import Event
from impactbond.terms.metrics.metric import Answered, MetricTerm, ValueDays, Values
from impactbond.terms.metrics.numbers import Quantity, Scale
from impactbond.terms.metrics.sessions import Session, check_marked, marks_said, scheduled
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Amount, OneOrMany, Word
from impactbond.terms.words import counted, number, plain, quoted


class Observed(InWindow):
    """Met on the first day in the window on which the event is recorded as having happened."""

    key: ClassVar[str] = "observed"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Answered,)
    reading: ClassVar[str] = (
        "what must be observed counts on the first day on which it is recorded as having happened"
    )

    observed: MetricName
    """The event."""
    window: WindowName = Field(alias="in", description="the name of a window")

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        yield from ()

    def met(self, facts: Facts) -> Met:
        first = facts.fact("first_day", self.observed, self.window, (ValueDays(1),))
        decided = facts.any_rows(self.observed, self.window)
        return Met(first.found, decided, first.column, self.refutable(facts.contract))

    def refutable(self, terms: Terms) -> bool:
        # A no answers for what happens once; of what may happen again it speaks of one occasion.
        metric = terms.metrics[self.observed]
        return not (isinstance(metric, Event) and metric.repeats)

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        on = view.on(self)
        every = view.rows("rows", self.observed, self.window)
        yes = view.rows("first_day", self.observed, self.window, (ValueDays(1),))
        relied = [row for row in yes if row["observed_on"] == on] or every
        return EvidenceUsed(every, yes, relied=named(relied, "no" if on is None else "met"))

    def says(self, wording: Wording) -> str:
        happened = "is recorded as having happened"
        return f"{quoted(self.observed)} {happened} {wording.within(self.window)}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window, needed = plain(self.observed), case.windows[0], "a yes"
        what = f"{metric} in {window}"
        if case.on is not None:
            sentence = f"{metric} observed on {case.on}, in {window}"
            return ConditionText(what, needed, f"yes on {case.on}", sentence)
        if not case.used.every:
            return ConditionText.of_nothing(what, needed, what)
        rows = counted(len(case.used.every), "row")
        sentence = f"{metric} answered no in {window} ({rows}), a yes needed"
        return ConditionText(what, needed, f"no ({rows})", sentence)


COUNTABLE: tuple[type[MetricTerm], ...] = (Answered, Session, Scale)


class Count(InWindow):
    """Met on the day of the n-th row in the window; with `marked`, only those rows count."""

    key: ClassVar[str] = "count"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = COUNTABLE
    reading: ClassVar[str] = READ_AS_COMPLETED

    count: MetricName
    """The event or session whose rows are counted."""
    marked: OneOrMany[Word] = Field(
        default=(), description="marks of a session, or names of groups of them: only these count"
    )
    leaving_out: OneOrMany[Word] = Field(
        default=(), description="marks, or names of groups, that are no possible session"
    )
    window: WindowName = Field(alias="in", description="the name of a window")
    at_least: int = Field(ge=1)
    """How many rows are needed, such as 6."""

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        marks = self.marked, path, self.leaving_out
        yield from check_marked(terms.metrics[name], name, *marks)

    def _values(self, terms: Terms) -> Values | None:
        return terms.metrics[self.count].counted(self.marked, self.leaving_out)

    def _looked(self, facts: Facts) -> Column | None:
        """Whether anything is recorded that could have counted."""
        if not self.leaving_out:
            return facts.any_rows(self.count, self.window)
        possible = facts.contract.metrics[self.count].counted((), self.leaving_out)
        return facts.fact("rows", self.count, self.window, possible).column > 0

    def met(self, facts: Facts) -> Met:
        values = self._values(facts.contract)
        nth = facts.fact("nth_day", self.count, self.window, values, self.at_least)
        return Met(nth.found, self._looked(facts), nth.column, self.refutable(facts.contract))

    def undated(self, facts: Facts) -> Met:
        rows = facts.fact("rows", self.count, self.window, self._values(facts.contract)).column
        closes, refuted = facts.closes(self.window), self.refutable(facts.contract)
        return Met(rows >= self.at_least, self._looked(facts), closes, refuted)

    def refutable(self, terms: Terms) -> bool:
        return False  # what is recorded less often may have happened all the same

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        every = possible_rows(view, self.count, self.window, self.leaving_out)
        values = self._values(view.contract)
        counted = view.rows("nth_day", self.count, self.window, values, self.at_least)
        needed = {row["observation"] for row in counted[: self.at_least]}
        is_met = view.on(self) is not None
        relied = [row for row in every if row["observation"] in needed] if is_met else every
        return EvidenceUsed(every, counted, relied=counts(relied, counted))

    def says(self, wording: Wording) -> str:
        name = quoted(self.count)
        metric = wording.contract.metrics[self.count]
        happens = metric.says_counted(name)
        if self.marked:
            happens = f"{name} is marked {marks_said(metric, self.marked)}"
        elif self.leaving_out:
            happens = f"{name}, with any mark but {marks_said(metric, self.leaving_out)},"
            happens += " is recorded"
        times = counted(self.at_least, "time")
        return f"{happens} at least {times} {wording.within(self.window)}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window, needed = plain(self.count), case.windows[0], f"at least {self.at_least}"
        term = case.contract.metrics[self.count]
        marks = marks_said(term, self.marked)
        what = f"{metric}{f' marked {marks}' if marks else ''} in {window}"
        count, every = len(case.used.counted), len(case.used.every)
        if not every:
            return ConditionText.of_nothing(what, needed, what)
        if self.marked:
            found = f"{count} of {every}"
            sentence = f"{marks} {found} {scheduled(term, metric, self.leaving_out)} in {window}"
            return ConditionText(what, needed, found, f"{sentence}, {needed} needed")
        observed = term.observed
        noes = f" ({every - count} more said no)" if every > count else ""
        sentence = f"{metric} {observed} {counted(count, 'time')}{noes} in {window}"
        return ConditionText(what, needed, f"{count}{noes}", f"{sentence}, {needed} needed")


class Total(InWindow):
    """Met on the day on which the quantities in the window reach a total."""

    key: ClassVar[str] = "total"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Quantity,)
    reading: ClassVar[str] = READ_AS_COMPLETED

    total: MetricName
    """The quantity that is added up."""
    window: WindowName = Field(alias="in", description="the name of a window")
    at_least: Amount
    """The total that is needed, in the quantity's own unit, such as 768.00."""

    def _quantity(self, terms: Terms) -> Quantity:
        metric = terms.metrics[self.total]
        assert isinstance(metric, Quantity)
        return metric

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        yield from self._quantity(terms).check_amount(name, self.at_least, (*path, "at_least"))

    def met(self, facts: Facts) -> Met:
        # In the whole parts in which amounts are held: 768.00 are 76,800.
        enough = self._quantity(facts.contract).held(self.at_least)
        rows = facts.any_rows(self.total, self.window)
        day = facts.fact("total_day", self.total, self.window, None, enough)
        return Met(day.found, rows, day.column, self.refutable(facts.contract))

    def refutable(self, terms: Terms) -> bool:
        return False

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


class Absence(Looking, Junction):
    """Met on the window's last day when the event is recorded no more often than allowed, and
    something else shows that somebody looked.
    """

    key: ClassVar[str] = "absence"
    part_key: ClassVar[str] = "shown_by"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Answered, Session)
    reading: ClassVar[str] = READ_AT_THE_END

    absence: MetricName
    """The event that must not be recorded."""
    marked: OneOrMany[Word] = Field(
        default=(), description="marks of a session, or names of groups of them: only these count"
    )
    window: WindowName = Field(alias="in", description="the name of a window")
    allowing: int = Field(default=0, ge=0)
    """How many times it may be recorded all the same, such as 1."""
    shown_by: Condition
    """What shows that somebody looked: a condition, or the name of one."""

    @property
    def closing(self) -> frozenset[str]:
        return frozenset([self.window])

    def waits_for(self, stated: Iterable[ConditionTerm]) -> frozenset[str]:
        return self.closing

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        yield from check_marked(terms.metrics[name], name, self.marked, path)

    def check_parts(self, terms: Terms, path: Path) -> Diagnostics:
        yield from check_shows(terms, self.shown_by, path)

    def aside(self, facts: Facts, dues: Sequence[Column]) -> Aside:
        value = facts.contract.metrics[self.absence].counted(self.marked)
        often = facts.fact("rows", self.absence, self.window, value).column
        return {"last": facts.closes(self.window), "often": often}

    def day(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        shown = facts.largest(aside["last"], parts[0].on)
        # Met when the window is over and somebody has looked, whichever comes last: until its last
        # day it could still happen.
        return facts.where(aside["often"] > self.allowing, facts.never, shown)

    def state(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        # Where nobody looked it may have happened: that is no more known not to be so.
        looked = facts.largest(parts[0].state, SHORT)
        return facts.where(aside["often"] > self.allowing, NOT_MET, looked)

    def shows(self, parts: Sequence[bool]) -> bool:
        # That something is absent shows nobody that it was looked for.
        return False

    def reach(self, calendars: Calendars) -> Days | None:
        closes = calendars.windows[self.window][1]
        return latest([(closes, closes), calendars.reach(self.shown_by)])

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        value = view.contract.metrics[self.absence].counted(self.marked)
        every = view.rows("recorded", self.absence, self.window)
        counted = view.rows("rows", self.absence, self.window, value)
        return EvidenceUsed(every, counted, relied=counts(every, counted))

    def says(self, wording: Wording) -> str:
        metric, name = wording.contract.metrics[self.absence], quoted(self.absence)
        recorded = f"recorded as {marks_said(metric, self.marked) or 'having happened'}"
        if isinstance(metric, Session) and not self.marked:
            name, recorded = f"{name}, whatever its mark,", "recorded"
        often = f"is not once {recorded}"
        if self.allowing:
            often = f"is {recorded} no more than {counted(self.allowing, 'time')}"
        what = f"{name} {often} {wording.within(self.window)}"
        return f"{what}, and, to show that somebody looked,"

    def tell(self, case: ConditionCase) -> ConditionText:
        """How often it happened, and what shows that somebody looked."""
        marks = marks_said(case.contract.metrics[self.absence], self.marked)
        marked = f" marked {marks}" if marks else ""
        what = f"{plain(self.absence)}{marked} in {case.windows[0]}"
        times = counted(len(case.used.counted), "time")
        needed = f"no more than {counted(self.allowing, 'time')}, and somebody who looked"
        looking = {
            "met": "somebody looked",
            "not met": "what would show that somebody looked is not met",
        }
        told = looking.get(case.parts[0].state, "nothing shows that somebody looked")
        found = f"{plain(self.absence)} recorded {times}; {told}"
        sentence = f"{what} recorded {times}, no more than {self.allowing} allowed; {told}"
        return ConditionText(what, needed, found, sentence)
