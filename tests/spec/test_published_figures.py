"""Published figures that need no whole contract: top-ups, and what was delivered above a limit.

The figures are facts of the INDIGO Impact Bond Dataset (Government Outcomes Lab, Oxford), cited by
project number. Contracts that were signed stand in fixtures/contracts, and their figures in the
other files of this folder. All payers stand together as one funder, unless shares are what is
tested.
"""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import paid

PAYERS = """
funders: {payers: {name: All payers together, kind: other}}
funding: [{for: every milestone, shares: {payers: 100%}}]
"""


def rate_card(prices: dict[str, int], after: dict[str, str] | None = None) -> str:
    """A contract that pays each price once for a child of whom the event of that name is known."""
    milestones = "\n".join(
        f"  {name}: {{when: {{observed: {name}, in: delivery}}, price: {price},"
        f" after: [{(after or {}).get(name, '')}]}}"
        for name, price in prices.items()
    )
    events = ", ".join(f"{name}: {{kind: event}}" for name in prices)
    return f"""
{PAYERS}
metrics: {{{events}}}
windows: {{delivery: 2016-01-01 through 2026-12-31}}
milestones:
{milestones}
"""


def happened(counts: dict[str, int], on: str = "2017-02-01") -> str:
    """So many children for each event."""
    drawn = [f"c1..c{count} | {name} | {on} | yes" for name, count in counts.items()]
    return "\n".join(["child | metric | on | value", *drawn])


@pytest.mark.mechanic(75, 76)
@pytest.mark.parametrize(
    ("maximum", "share", "top_up"),
    [
        ("3288900.00", "35%", "1,151,115.00"),  # INDIGO 0172, Nottingham
        ("5331000.00", "40%", "2,132,400.00"),  # INDIGO 0173, Staffordshire
        ("810000.00", "1/3", "270,000.00"),  # INDIGO 0170, Hounslow
        # To the penny; the published figures are in whole pounds, rounded we do not know how.
        ("1034484.00", "42%", "434,483.28"),  # INDIGO 0189, Shropshire: 434,484
        ("964058.00", "21.5%", "207,272.47"),  # INDIGO 0171, Cheshire: 207,273
    ],
)
def test_the_top_up_of_the_life_chances_fund_is_its_share_of_what_is_paid(
    maximum: str, share: str, top_up: str
) -> None:
    terms = f"""
milestones: {{consent: {{when: {{observed: consent, in: year one}}, price: {maximum}}}}}
funding: [{{for: every milestone, shares: {{lottery: {share}, council: the rest}}}}]
"""
    assert paid(terms, happened({"consent": 1}))["2017-Q1"]["lottery"] == top_up
    # A share is a share to the penny here; whole pounds rounded up are how the fund reported.


@pytest.mark.mechanic(75, 85)
@pytest.mark.parametrize(
    ("whole", "share", "exact", "published"),
    [
        # INDIGO 0171, Cheshire: 21.5% of £964,058, rounded up to the pound.
        ("964058.00", "21.5%", "207,272.47", 207_273),
        # INDIGO 0192, Tower Hamlets: 42% of £1,243,387 is published a pound and a half lower, so it
        # cannot be 42% of this total, rounded in whatever way.
        ("1243387.00", "42%", "522,222.54", 522_221),
        # INDIGO 0193: the council's part is published to the penny, and the rest is the fund's.
        ("1724694.00", "72045206/172469400", "720,452.06", 720_452),
    ],
    ids=["Cheshire", "Tower Hamlets learning disabilities", "Tower Hamlets mental health"],
)
def test_a_top_up_to_the_penny_is_within_two_pounds_of_the_published_one(
    whole: str, share: str, exact: str, published: int
) -> None:
    terms = f"""
milestones: {{consent: {{when: {{observed: consent, in: year one}}, price: {whole}}}}}
funding: [{{for: every milestone, shares: {{lottery: {share}, council: the rest}}}}]
"""
    assert paid(terms, happened({"consent": 1}))["2017-Q1"]["lottery"] == exact
    assert abs(float(exact.replace(",", "")) - published) < 2


@pytest.mark.mechanic(69)
def test_kangaroo_mother_care_delivered_3_1_million_and_was_paid_its_limit_of_2_43() -> None:
    # INDIGO 0015: 1,221 babies where 951 were the target; what one was worth is not published, so
    # that 31 outcomes of US$100,000 stand for the $3.1m.
    terms = f"""
currency: USD
{rate_card({"outcome": 100_000})}
limits: [{{contract: whole, at_most: 2430000.00, beyond: unpaid}}]
"""
    assert paid(terms, happened({"outcome": 31})) == {"2017-Q1": {"payers": "2,430,000.00"}}
