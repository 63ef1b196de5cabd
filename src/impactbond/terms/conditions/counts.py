"""Rows that are counted: that something happened, how often, in what share of sessions, up to what
total, and what did not happen while somebody looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from impactbond.money import show_share
from impactbond.terms.conditions.condition import (
    Condition,
    ConditionTerm,
    InWindow,
    Junction,
    Looking,
    check_shows,
    counts,
    latest,
    named,
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
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.metrics.choices import Event, Session
from impactbond.terms.metrics.metric import Answered, MetricTerm, check_marked
from impactbond.terms.metrics.numbers import Quantity, Scale
from impactbond.terms.phrases import SharePhrase
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Amount, Word
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
        first = facts.fact("first_day", self.observed, self.window, 1)
        decided = facts.any_rows(self.observed, self.window)
        return Met(first.found, decided, first.column, self.refutable(facts.contract))

    def refutable(self, terms: Terms) -> bool:
        # A no answers for what happens once; of what may happen again it speaks of one occasion.
        metric = terms.metrics[self.observed]
        return not (isinstance(metric, Event) and metric.repeats)

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        on = view.on(self)
        every = view.rows("rows", self.observed, self.window)
        yes = view.rows("first_day", self.observed, self.window, 1)
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
    reading: ClassVar[str] = (
        "a count or a total is reached on the day of the record that completes it"
    )

    count: MetricName
    """The event or session whose rows are counted."""
    marked: Word | None = None
    """The mark that a row must carry to count, such as attended."""
    window: WindowName = Field(alias="in", description="the name of a window")
    at_least: int = Field(ge=1)
    """How many rows are needed, such as 6."""

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        yield from check_marked(terms.metrics[name], name, self.marked, (*path, "marked"))

    def met(self, facts: Facts) -> Met:
        value = facts.contract.metrics[self.count].counted(self.marked)
        nth = facts.fact("nth_day", self.count, self.window, value, self.at_least)
        decided = facts.any_rows(self.count, self.window)
        return Met(nth.found, decided, nth.column, self.refutable(facts.contract))

    def undated(self, facts: Facts) -> Met:
        value = facts.contract.metrics[self.count].counted(self.marked)
        rows = facts.fact("rows", self.count, self.window, value).column
        decided = facts.any_rows(self.count, self.window)
        closes, refuted = facts.closes(self.window), self.refutable(facts.contract)
        return Met(rows >= self.at_least, decided, closes, refuted)

    def refutable(self, terms: Terms) -> bool:
        return False  # what is recorded less often may have happened all the same

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        value = view.contract.metrics[self.count].counted(self.marked)
        every = view.rows("rows", self.count, self.window)
        counted = view.rows("nth_day", self.count, self.window, value, self.at_least)
        needed = {row["observation"] for row in counted[: self.at_least]}
        is_met = view.on(self) is not None
        relied = [row for row in every if row["observation"] in needed] if is_met else every
        return EvidenceUsed(every, counted, relied=counts(relied, counted))

    def says(self, wording: Wording) -> str:
        name = quoted(self.count)
        happens = wording.contract.metrics[self.count].says_counted(name)
        if self.marked is not None:
            happens = f"{name} is marked {self.marked}"
        times = counted(self.at_least, "time")
        return f"{happens} at least {times} {wording.within(self.window)}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window, needed = plain(self.count), case.windows[0], f"at least {self.at_least}"
        what = f"{metric}{f' marked {self.marked}' if self.marked else ''} in {window}"
        count, every = len(case.used.counted), len(case.used.every)
        if not every:
            return ConditionText.of_nothing(what, needed, what)
        if self.marked:
            found = f"{count} of {every}"
            sentence = f"{self.marked} {found} scheduled {metric} sessions in {window}"
            return ConditionText(what, needed, found, f"{sentence}, {needed} needed")
        observed = case.contract.metrics[self.count].observed
        noes = f" ({every - count} more said no)" if every > count else ""
        sentence = f"{metric} {observed} {counted(count, 'time')}{noes} in {window}"
        return ConditionText(what, needed, f"{count}{noes}", f"{sentence}, {needed} needed")


class Share(InWindow):
    """Met on the window's last day when at least that share of the rows in it carry the mark."""

    key: ClassVar[str] = "share"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Session,)
    reading: ClassVar[str] = (
        "a share of sessions, or that something did not happen, is found on the last day of the "
        "window"
    )

    share: MetricName
    """The session whose rows are the whole."""
    marked: Word = Field(description="one of the marks of the session")
    window: WindowName = Field(alias="in", description="the name of a window")
    at_least: SharePhrase
    """The share of the rows that is needed, such as 75%."""

    @property
    def closing(self) -> frozenset[str]:
        return frozenset([self.window])

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        yield from check_marked(terms.metrics[name], name, self.marked, (*path, "marked"))
        if self.at_least == 0:
            place, problem = (*path, "at_least"), "a share of at least nothing is always met"
            yield fault_at(place, "always_met", problem, allowed="more than 0%")

    def met(self, facts: Facts) -> Met:
        value = facts.contract.metrics[self.share].counted(self.marked)
        every = facts.fact("rows", self.share, self.window).column
        marked = facts.fact("rows", self.share, self.window, value).column
        enough = marked * self.at_least.denominator >= every * self.at_least.numerator
        return Met((every > 0) & enough, every > 0, facts.closes(self.window))

    def reach(self, calendars: Calendars) -> Days | None:
        days = super().reach(calendars)
        return None if days is None else (days[1], days[1])

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        value = view.contract.metrics[self.share].counted(self.marked)
        every = view.rows("rows", self.share, self.window)
        counted = view.rows("rows", self.share, self.window, value)
        return EvidenceUsed(every, counted, relied=counts(every, counted))

    def says(self, wording: Wording) -> str:
        of = f"at least {show_share(self.at_least)} of the {quoted(self.share)} sessions"
        return f"{of} scheduled {wording.within(self.window)} are marked {self.marked}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window = plain(self.share), case.windows[0]
        what = f"{metric} marked {self.marked} in {window}"
        needed = f"at least {show_share(self.at_least)}"
        count, every = len(case.used.counted), len(case.used.every)
        if not every:
            return ConditionText.of_nothing(what, needed, f"{metric} in {window}")
        of, part = f"{count} of {every}", shown_part(count, every, self.at_least)
        sentence = f"{self.marked} {of} scheduled {metric} sessions in {window}: {part}"
        return ConditionText(what, needed, f"{of}: {part}", f"{sentence}, {needed} needed")


def shown_part(part: int, whole: int, bar: Fraction) -> str:
    """Part of a whole as a percentage, fine enough to be seen on the right side of the bar."""
    exact, decimals = Fraction(part, whole), 1
    while exact != bar and (round(exact * 100, decimals) >= bar * 100) != (exact > bar):
        decimals += 1
    return f"{float(round(exact * 100, decimals)):.{decimals}f}%"


class Total(InWindow):
    """Met on the day on which the quantities in the window reach a total."""

    key: ClassVar[str] = "total"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Quantity,)
    reading: ClassVar[str] = (
        "a count or a total is reached on the day of the record that completes it"
    )

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
    reading: ClassVar[str] = (
        "a share of sessions, or that something did not happen, is found on the last day of the "
        "window"
    )

    absence: MetricName
    """The event that must not be recorded."""
    marked: Word | None = None
    """The mark that a row must carry to count, such as missed."""
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
        yield from check_marked(terms.metrics[name], name, self.marked, (*path, "marked"))

    def check_parts(self, terms: Terms, path: Path) -> Diagnostics:
        yield from check_shows(terms, self.shown_by, path)

    def aside(self, facts: Facts, dues: Sequence[Column]) -> Aside:
        value = facts.contract.metrics[self.absence].counted(self.marked)
        often = facts.fact("rows", self.absence, self.window, value).column
        return {"last": facts.closes(self.window), "often": often}

    def day(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        shown = facts.largest(aside["last"], parts[0].on)
        return facts.where(aside["often"] > self.allowing, facts.never, shown)

    def state(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        # Where nobody looked it may have happened: that is no more known not to be so.
        looked = facts.largest(parts[0].state, SHORT)
        return facts.where(aside["often"] > self.allowing, NOT_MET, looked)

    def shows(self, parts: Sequence[bool]) -> bool:
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
        recorded = f"recorded as {self.marked or 'having happened'}"
        often = f"is not once {recorded}"
        if self.allowing:
            often = f"is {recorded} no more than {counted(self.allowing, 'time')}"
        what = f"{quoted(self.absence)} {often} {wording.within(self.window)}"
        return f"{what}, and, to show that somebody looked,"

    def tell(self, case: ConditionCase) -> ConditionText:
        """How often it happened, and what shows that somebody looked."""
        marked = f" marked {self.marked}" if self.marked else ""
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
