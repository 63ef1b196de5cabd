"""A contract in Python: built from terms, asked for what it says, shown in a notebook."""

from __future__ import annotations

import re

import pytest
from pydantic import TypeAdapter, ValidationError
from tests.damaged_contracts import NAME, WHOLE, damaged

from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.contract.reading.yaml_document import load
from impactbond.terms.conditions.counts import Count, Observed
from impactbond.terms.conditions.junctions import All, AtLeast
from impactbond.terms.conditions.scales import Level
from impactbond.terms.conditions.shares import Share
from impactbond.terms.limits import Limit
from impactbond.terms.limits.funder import FunderLimit, PassedTo
from impactbond.terms.metrics import Metric
from impactbond.terms.metrics.choices import Event
from impactbond.terms.milestones import Milestone


def contract(*changes: tuple[str, str]) -> Contract:
    """The fixture contract with some of its text written anew."""
    return parse_contract(damaged(*changes).encode(), name=NAME)


@pytest.mark.parametrize(
    "when",
    [
        "one outcome",
        Observed.model_validate({"observed": "consent", "in": "year one"}),
        Count.model_validate({"count": "link_worker", "in": "year one", "at_least": 3}),
        Share.model_validate(
            {"share": "specialist", "marked": "attended", "in": "year one", "at_least": "75%"}
        ),
        Level.model_validate({"level": "sdq", "in": "end", "is": "below 17"}),
        All(all=("one outcome", "two outcomes")),
        AtLeast(of=("one outcome", "two outcomes"), at_least=1),
    ],
)
def test_every_kind_of_condition_may_stand_where_one_is_needed(when: object) -> None:
    assert Milestone.model_validate({"when": when, "price": 1}).when == when


def test_terms_of_other_kinds_may_not() -> None:
    for wrong in (Event(kind="event"), 7, None, {"nothing": 1}):
        with pytest.raises(ValidationError, match="not a condition"):
            Milestone.model_validate({"when": wrong, "price": 1})


def test_what_lies_beyond_a_limit_may_be_told_in_terms_or_in_text() -> None:
    limit = {"funder": "lottery", "at_most": 5}
    built = FunderLimit.model_validate({**limit, "beyond": PassedTo(funder="trust")})
    assert built == FunderLimit.model_validate({**limit, "beyond": {"funder": "trust"}})
    assert TypeAdapter(Limit).validate_python(built) is built


def test_a_metric_is_known_by_its_kind_in_terms_and_in_text() -> None:
    event = Event(kind="event")
    assert TypeAdapter(Metric).validate_python(event) is event
    assert TypeAdapter(Metric).validate_python({"kind": "event"}) == event


def test_a_contract_without_text_has_a_digest_of_its_terms() -> None:
    value = load(WHOLE, NAME).value
    one, other = Contract.model_validate(value), Contract.model_validate(value)
    assert one.source == b""
    assert one.digest == other.digest != contract().digest
    assert one.model_copy(update={"title": "Another"}).digest != one.digest


def test_a_contract_shows_its_rate_card_and_escapes_what_it_says() -> None:
    shown = contract((" Collective Impact Bond", " <b>Collective</b>"))._repr_html_()
    assert "&lt;b&gt;Collective&lt;/b&gt;" in shown
    plain = re.sub(" style='[^']*'", "", shown)
    assert "<td>Parental consent</td><td>Sch 2 §1</td><td>£120.00" in plain
    # Whatever a notebook makes of cells: words at the left, amounts at the right, all at the top.
    assert "text-align:right;vertical-align:top;padding:.15em .8em .15em 0'>£120.00" in shown
    assert "text-align:left;vertical-align:top;padding:.15em .8em .15em 0'>Sch 2 §1" in shown
    assert shown.count("<tr>") == 1 + len(contract().milestones)


def test_a_contract_knows_its_prices_and_who_funds_what() -> None:
    read = contract()
    assert (read.decimals, read.price_pence("three_outcomes")) == (2, 33333)
    (rule,) = read.fundings_of("one_outcome")
    assert rule is read.funding[1]
    assert "every milestone" not in WHOLE.split("funding:")[1].split("tranches:")[0]
