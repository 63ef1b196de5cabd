"""The most that is paid: limits on the whole, on milestones, on each participant, on funders."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from impactbond.terms.applicability import Only
from impactbond.terms.phrases import MostPhrase
from impactbond.terms.reference import FunderName, NameOf, PayableName
from impactbond.terms.term import Amount, Cited, OneOrMany, Some, Term, kind_of


class PassedTo(Term):
    """What lies beyond a funder's limit is paid by another funder."""

    funder: FunderName


def _beyond_kind(value: Any) -> str | None:
    return "(unpaid)" if value == "unpaid" else kind_of(value, {"funder": PassedTo})


Beyond = Annotated[
    Annotated[Literal["unpaid"], Tag("(unpaid)")] | Annotated[PassedTo, Tag("(funder)")],
    Discriminator(
        _beyond_kind,
        custom_error_type="not_a_beyond",
        custom_error_message="not what may happen beyond a limit: write unpaid, or the funder that"
        " takes over, such as {funder: trust}",
    ),
]


EachName = Annotated[str, NameOf(("attributes",), ("year", "period", "participant"), "attribute")]
BeyondTheWhole = Literal["unpaid", "next year"]


class LimitOnTheWhole(Cited):
    """A limit that is applied before the money is shared.

    `each` is year, period, participant, or an attribute: the limit is on each one by itself.
    `first` says which claims come first, `straddling` what becomes of the claim that reaches over
    the limit. Money beyond a yearly limit may be paid from the room of the next year. What has no
    participant, such as a fee, is under no limit on claims, participants or attributes. A result
    has no price, and comes last where the highest price comes first.
    """

    each: EachName | None = None
    only: Only = Field(default_factory=dict)
    first: Literal["earliest", "highest price", "in proportion"] = "earliest"
    straddling: Literal["part paid", "unpaid"] = "part paid"


class ContractLimit(LimitOnTheWhole):
    """The most that the whole contract pays; `besides` names what does not count towards it."""

    contract: Literal["whole"]
    at_most: MostPhrase
    besides: OneOrMany[PayableName] = ()
    beyond: BeyondTheWhole


class MilestoneLimit(LimitOnTheWhole):
    """The most that is paid for one milestone, or for several together, over the whole contract."""

    milestone: OneOrMany[PayableName]
    at_most: MostPhrase
    beyond: BeyondTheWhole


class Release(Term):
    """A funder pays only once these funders together have committed so much."""

    committed_by: Some[FunderName]
    at_least: Amount


class FunderLimit(Cited):
    """The most that one funder pays; beyond it another funder pays, or nobody."""

    funder: FunderName
    at_most: MostPhrase
    each: Literal["year"] | None = None
    released_when: Release | None = None
    beyond: Beyond


_LIMITS: dict[str, type[Term]] = {
    "contract": ContractLimit,
    "milestone": MilestoneLimit,
    "funder": FunderLimit,
}


def _limit_kind(value: Any) -> str | None:
    return kind_of(value, _LIMITS)


Limit = Annotated[
    Annotated[ContractLimit, Tag("(contract)")]
    | Annotated[MilestoneLimit, Tag("(milestone)")]
    | Annotated[FunderLimit, Tag("(funder)")],
    Discriminator(
        _limit_kind,
        custom_error_type="not_a_limit",
        custom_error_message="not a limit: write contract: whole, or milestone: or funder: and its"
        " name",
    ),
]

WholeLimit = ContractLimit | MilestoneLimit


def name_of(limit: Limit) -> str:
    """What a limit is on, in a few words: `contract`, `milestone sign_up each year`.

    No two limits of a contract have the same name.
    """
    match limit:
        case ContractLimit():
            named = "contract" + (f" besides {', '.join(limit.besides)}" if limit.besides else "")
        case MilestoneLimit():
            named = f"milestone {', '.join(limit.milestone)}"
        case FunderLimit():
            return f"funder {limit.funder}" + (f" each {limit.each}" if limit.each else "")
    each = f" each {limit.each}" if limit.each else ""
    only = "".join(f" {name} {', '.join(values)}" for name, values in limit.only.items())
    counted = "" if limit.at_most.of == "money" else f" in {limit.at_most.of}"
    return f"{named}{' only' if only else ''}{only}{each}{counted}"


def is_on_everything(limit: Limit) -> bool:
    """Whether a limit is on all the money of the contract, to date."""
    return (
        isinstance(limit, ContractLimit)
        and limit.at_most.of == "money"
        and not (limit.each or limit.only or limit.besides)
    )


def same_thing(one: Limit, other: Limit) -> bool:
    """Whether two limits on the whole are on the same thing and count alike."""

    def told(limit: Limit) -> tuple[object, ...]:
        if isinstance(limit, FunderLimit):
            return (limit.funder,)
        names = limit.besides if isinstance(limit, ContractLimit) else limit.milestone
        only = frozenset((name, frozenset(values)) for name, values in limit.only.items())
        return type(limit), frozenset(names), limit.each, only, limit.at_most.of

    return told(one) == told(other)
