"""Sessions: what is scheduled and ends with a mark, such as a half day at school with its code.

A code list has editions: a mark may hold on some days only. Marks are counted in sets, written one
by one or by the name of a group that the metric gives them, and a group may have days as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field

from impactbond.dates import LAST_DAY_NUMBER, between, day_number
from impactbond.terms.diagnostic import (
    Diagnostics,
    Path,
    around,
    did_you_mean,
    entry,
    fault_at,
    listed_twice,
    listing,
)
from impactbond.terms.metrics.metric import Chosen, MetricTerm, ValueDays, Values
from impactbond.terms.term import Day, Listed, Some, Term, Word
from impactbond.terms.words import listed, quoted


class MarksOnDays(Term):
    """Some marks, and the first and the last day of theirs; without a day there is no such end."""

    marks: Some[Word] = Field(description="some of the marks of the session")
    from_: Day | None = Field(default=None, alias="from", description="the first day")
    through: Day | None = Field(default=None, description="the last day")

    @property
    def days(self) -> tuple[int, int]:
        """The first and the last day, as numbers that evidence can speak of."""
        first = 0 if self.from_ is None else max(0, day_number(self.from_))
        last = LAST_DAY_NUMBER if self.through is None else day_number(self.through)
        return first, min(last, LAST_DAY_NUMBER)

    def check(self, known: Sequence[str], path: Path) -> Diagnostics:
        """Whether its marks are known, each once, and its days in order."""
        yield from listed_twice((*path, "marks"), self.marks, "mark")
        for index, mark in enumerate(self.marks):
            if mark not in known:
                problem, hint = f"the metric has no mark '{mark}'", did_you_mean(mark, known)
                place = (*path, "marks", index)
                yield fault_at(place, "unknown_mark", problem, allowed=listing(known), hint=hint)
        if self.from_ and self.through and self.through < self.from_:
            problem = "the last day comes before the first"
            rests = around(path, ["from", "through"])
            hint = "Write the earlier day under from, the later one under through"
            yield fault_at((*path, "through"), "no_days", problem, hint=hint, rests=rests)


class Edition(NamedTuple):
    """The marks that may be written from one day number through another, by their places."""

    first: int
    last: int
    places: tuple[int, ...]


class Session(Chosen):
    """Something scheduled that ends with one of a few marks.

    In evidence: the mark's place in `marks`, from 0. With `slots` a row says which part of the day
    it is about, and one participant has one row for each day and slot.
    """

    key: ClassVar[str] = "session"
    noun: ClassVar[str] = "mark"
    lasts: ClassVar[bool] = False
    one_a_day: ClassVar[bool] = False

    kind: Literal["session"]
    """Something scheduled that ends with a mark: session."""
    marks: Some[str]
    """The marks, such as [attended, missed]."""
    dated: Listed[MarksOnDays] = Field(
        default=(), description="marks that may be written for some days only, as of a code list"
    )
    groups: dict[str, MarksOnDays] = Field(
        default_factory=dict, description="marks that are counted together, by a name for them"
    )

    slots: Listed[Word] = Field(
        default=(), description="the parts of a day that each have a session, such as AM and PM"
    )

    @property
    def choices(self) -> tuple[str, ...]:
        return self.marks

    @property
    def slot_names(self) -> tuple[str, ...]:
        return self.slots

    @property
    def allowed(self) -> str:
        return ", ".join(map(self._with_days, self.marks))

    def _with_days(self, mark: str) -> str:
        for one in self.dated:
            if mark in one.marks:
                return f"{mark} ({between(one.from_, one.through)})"
        return mark

    def editions(self) -> Iterator[Edition]:
        """The days from one change of what may be written to the next; none where nothing does."""
        held = {mark: one.days for one in self.dated for mark in one.marks}
        edges = sorted({edge for days in held.values() for edge in (days[0], days[1] + 1)} | {0})
        for first, after in zip(edges, [*edges[1:], LAST_DAY_NUMBER + 1], strict=True):
            # A mark without a last day ends with the last day there is: after its edge nothing is
            # left.
            if held and first < after:
                stands = [
                    place
                    for place, mark in enumerate(self.marks)
                    if mark not in held or held[mark][0] <= first <= held[mark][1]
                ]
                yield Edition(first, after - 1, tuple(stands))

    def counted(self, marked: Sequence[str] = (), leaving_out: Sequence[str] = ()) -> Values | None:
        """The marks that count without those left out, each on its days.

        A word may be a mark or the name of a group. Both lists may change on some days: between
        two such days nothing changes, and a mark counts in it or it does not.
        """
        if not marked and not leaving_out:
            return None
        counts = self._meant(marked or self.marks)
        out = self._meant(leaving_out)
        found: list[ValueDays] = []
        for value in sorted({one.value for one in counts}):
            own = [[one for one in some if one.value == value] for some in (counts, out)]
            edges = sorted({e for one in own[0] + own[1] for e in (one.first, one.last + 1)})
            for first, after in pairwise(edges):
                is_in, is_out = (any(o.first <= first <= o.last for o in some) for some in own)
                if not is_in or is_out:
                    continue
                # Stretches that touch are one, however many edges the lists had: whether two lists
                # mean the same is asked by comparing what they come to.
                if found and found[-1].value == value and found[-1].last == first - 1:
                    first = found.pop().first
                found.append(ValueDays(value, first, after - 1))
        return tuple(found)

    def _meant(self, words: Sequence[str]) -> list[ValueDays]:
        """The values that some marks and names of groups stand for."""
        found = []
        for word in words:
            group = self.groups.get(word)
            marks, days = (group.marks, group.days) if group else ((word,), ())
            # A mark that the metric has not is a fault of its own, told where it is written.
            known = (mark for mark in marks if mark in self.marks)
            found += [ValueDays(self.marks.index(mark), *days) for mark in known]
        return found

    def called(self, words: Sequence[str]) -> str:
        """Some marks and names of groups, in words; a name is in quotation marks."""
        return listed((quoted(word) if word in self.groups else word for word in words), "or")

    def says(self) -> str:
        said = [f"a scheduled session, marked {listed(self.marks, 'or')}"]
        if self.slots:
            said.append(f"a day has one for each of {listed(self.slots)}, and no other")
        for one in self.dated:
            marks, days = listed(one.marks), between(one.from_, one.through)
            said.append(f"{marks} may be written for days {days} only")
        for name, group in self.groups.items():
            days = between(group.from_, group.through)
            when = f" on days {days}" if days else ""
            said.append(f"{quoted(name)} stands for {listed(group.marks, 'or')}{when}")
        return "; ".join(said)

    def says_counted(self, name: str) -> str:
        return f"{name}, whatever its mark, is recorded"

    def check(self, path: Path) -> Diagnostics:
        yield from listed_twice((*path, "marks"), self.marks, "mark")
        yield from listed_twice((*path, "slots"), self.slots, "slot")
        dated: dict[str, int] = {}
        for index, one in enumerate(self.dated):
            place = (*path, "dated", index)
            yield from one.check(self.marks, place)
            if one.from_ is None and one.through is None:
                problem, hint = "no day is said", "Write from, through, or both; or leave it out"
                yield fault_at(place, "no_days", problem, hint=hint)
            for mark in one.marks:
                if dated.setdefault(mark, index) != index:
                    problem = f"the mark '{mark}' has days already"
                    yield fault_at(place, "mark_twice", problem, hint="Give it days once")
        for name, group in self.groups.items():
            place = (*path, "groups", name)
            yield from group.check(self.marks, place)
            if name in self.marks:
                problem = f"'{name}' is a mark and the name of a group"
                yield fault_at(place, "mark_and_group", problem, hint="Call the group otherwise")


def marks_said(metric: MetricTerm, words: Sequence[str]) -> str:
    """Some marks of a metric in words; a name of a group is in quotation marks."""
    return metric.called(words) if isinstance(metric, Session) else listed(words, "or")


def scheduled(term: MetricTerm, metric: str, leaving_out: Sequence[str]) -> str:
    """Sessions, with those that are left out, in words."""
    out = f" (without those marked {marks_said(term, leaving_out)})" if leaving_out else ""
    return f"scheduled {metric} sessions{out}"


def check_marked(
    metric: MetricTerm,
    name: str,
    marked: Sequence[str],
    path: Path,
    leaving_out: Sequence[str] | None = None,
) -> Diagnostics:
    """Whether what is written at `marked` and `leaving_out` of the term at `path` are marks of the
    metric, or names of its groups, and whether something is left that counts.
    """
    known = (*metric.marks, *metric.groups) if isinstance(metric, Session) else ()
    home: Path = ("metrics", name)
    rests = (*around(home, ["kind", "groups"]), *around((*home, "marks"), range(len(known))))
    is_known = True
    for key, words in (("marked", marked), ("leaving_out", leaving_out or ())):
        for index, word in enumerate(words):
            if word not in known:
                is_known = False
                place = entry((*path, key), index, len(words))
                problem = f"the metric '{name}' has no mark '{word}'"
                allowed = listing(known) or "no mark: only sessions have any"
                hint = did_you_mean(word, known)
                yield fault_at(
                    place, "unknown_mark", problem, allowed=allowed, hint=hint, rests=rests
                )
    if is_known and isinstance(metric, Session) and leaving_out:
        counts = metric.counted(marked)
        # By days and not by names: a mark may be left out by a group's name, or on days on which it
        # does not count anyway.
        if counts is not None and metric.counted(marked, leaving_out) != counts:
            problem = "a mark counts, and is left out as well"
            hint = "Name it in one of the two"
            yield fault_at((*path, "leaving_out"), "left_out_too", problem, hint=hint, rests=rests)
        elif not metric.counted(marked, leaving_out):
            problem = "every mark of the metric is left out"
            yield fault_at((*path, "leaving_out"), "nothing_left", problem, rests=rests)
