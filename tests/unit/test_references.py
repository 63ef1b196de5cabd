"""Every name in a contract that stands for something else is found, by the types of its terms."""

from __future__ import annotations

from pydantic import Field

from impactbond.terms.conditions import All, Level, Observed
from impactbond.terms.reference import (
    EVERY_MILESTONE,
    MetricName,
    MilestoneName,
    PayableOrEvery,
    WindowName,
    references,
)
from impactbond.terms.term import Listed, OneOrMany, Term


class Inner(Term):
    metric: MetricName


class Outer(Term):
    window: WindowName = Field(alias="in")
    title: str = ""
    after: OneOrMany[MilestoneName] = ()
    by: dict[MetricName, Inner] = Field(default_factory=dict)
    parts: Listed[Inner] = ()
    maybe: MetricName | Inner | None = None
    for_: OneOrMany[PayableOrEvery] = Field(default=(), alias="for")


def found(term: Term) -> list[tuple[tuple[str | int, ...], str, str]]:
    return [(one.path, one.name, one.to.sections[0]) for one in references(term, ("here",))]


def test_a_name_is_found_where_it_is_written() -> None:
    term = Outer(window="year", title="year", after=("one", "two"))
    assert found(term) == [
        (("here", "in"), "year", "windows"),
        (("here", "after", 0), "one", "milestones"),
        (("here", "after", 1), "two", "milestones"),
    ]


def test_one_name_alone_stands_without_a_list() -> None:
    term = Outer(window="year", after=("one",))
    assert (("here", "after"), "one", "milestones") in found(term)


def test_names_are_found_in_keys_lists_choices_and_terms() -> None:
    inner = Inner(metric="sdq")
    for term, place in (
        (Outer(window="year", parts=(inner,)), ("here", "parts", 0, "metric")),
        (Outer(window="year", maybe=inner), ("here", "maybe", "metric")),
        (Outer(window="year", maybe="sdq"), ("here", "maybe")),
    ):
        assert [one for one in found(term) if one[2] == "metrics"] == [(place, "sdq", "metrics")]
    by = Outer(window="year", by={"reading": inner})
    assert found(by)[1:] == [
        (("here", "by", "reading"), "reading", "metrics"),
        (("here", "by", "reading", "metric"), "sdq", "metrics"),
    ]


def test_words_that_stand_in_place_of_a_name_are_none() -> None:
    assert len(found(Outer(window="year", for_=(EVERY_MILESTONE,)))) == 1
    assert found(Outer(window="year", for_=("consent",)))[1][1] == "consent"


def test_conditions_say_what_they_name() -> None:
    level = Level(level="sdq", window="end", is_="at least 17")
    whole = All(all=("at risk", level, Observed(observed="consent", window="year")))
    assert found(whole) == [
        (("here", "all", 0), "at risk", "conditions"),
        (("here", "all", 1, "level"), "sdq", "metrics"),
        (("here", "all", 1, "in"), "end", "windows"),
        (("here", "all", 2, "observed"), "consent", "metrics"),
        (("here", "all", 2, "in"), "year", "windows"),
    ]
