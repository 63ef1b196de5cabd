"""What everything is worth to date is what plain loops say, at every claim date."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties import drawn_money
from tests.properties.reference_values import HALF_RULES, Claimed, worth
from tests.spec.drawn_tables import contract_of, evidence_of

from impactbond.settlement.settle import settle
from impactbond.terms import measures as measure_terms
from impactbond.terms import ways_to_pay as payment_terms
from impactbond.terms.rounding import HALVES

_MONEY = st.integers(0, 99_999).map(lambda pence: f"{pence / 100:.2f}")
_BARS = st.sampled_from(["at least", "above", "at most", "below"])
_BOTH = "{claims: [consent, agreement]}"
# Of every kind of measure and of every way to pay, by its key.
MEASURES = {
    "claims": "{claims: consent}",
    "value": "{value: consent}",
    "number": "{number: 2.5}",
    "share": "{share: 1/3}",
    "ratio": f"{{ratio: [{{claims: consent}}, {_BOTH}]}}",
    "difference": f"{{difference: [{_BOTH}, {{number: 2}}]}}",
    "reduction": f"{{reduction: [{{claims: consent}}, {_BOTH}]}}",
    "product": "{product: [{claims: consent}, {share: 50%}, named]}",
}
WAYS_TO_PAY = {
    "tiers": "{{tiers: [{tiers}]}}",
    "slides": "{{slides: [{{at: 0.25, pays: {one}}}, {{at: 3, pays: {two}}}]}}",
    "each": "{{each: 0.3, pays: {one}, above: 0.1, steps: whole, at_least: {two}}}",
}
_BOUNDED = "{{each: 0.7, pays: {one}, at_most: {two}}}"


@st.composite
def prices(draw: st.DrawFn) -> str:
    """A price, with bands, or with rates and changes, or with a part that is paid."""
    terms = [f"price: {draw(_MONEY)}"]
    kind = draw(st.sampled_from(["flat", "bands", "rates"]))
    if kind == "bands":
        starts = sorted(draw(st.sets(st.integers(1, 5), min_size=1, max_size=2)))
        bands = ", ".join(f"{{after: {start}, price: {draw(_MONEY)}}}" for start in starts)
        terms.append(f"bands: [{bands}]")
    if kind == "rates":
        terms.append(
            f"rates: [{{price: {draw(_MONEY)}, only: {{borough: [north]}}, through: 2017-04-30}},"
            f" {{price: {draw(_MONEY)}, from: 2017-07-01}}]"
        )
        terms.append(f"changes: {draw(drawn_money.changes())}")
    if draw(st.booleans()):
        terms.append(f"paid_for: {draw(st.sampled_from(['5/6', '33.3%', '100%']))}")
    return ", ".join(terms)


@st.composite
def results(draw: st.DrawFn) -> str:
    """A result that pays by tiers, in a line, or by the point."""
    bars = draw(st.sets(st.tuples(_BARS, st.integers(0, 4)), min_size=1, max_size=2))
    tiers = ", ".join(f"{{is: {side} {bar}, pays: {draw(_MONEY)}}}" for side, bar in sorted(bars))
    ways = [*(WAYS_TO_PAY[kind.key] for kind in payment_terms.WAYS_TO_PAY), _BOUNDED]
    pays = draw(st.sampled_from(ways)).format(tiers=tiers, one=draw(_MONEY), two=draw(_MONEY))
    counted = draw(st.sampled_from(["to date", "each period", "each year"]))
    over = 1 if counted == "to date" else draw(st.integers(1, 3))
    each = draw(st.sampled_from(["", "each: borough, "]))
    gate = draw(
        st.sampled_from(["", "only_if: [{measure: {claims: agreement}, is: at least 1}], "])
    )
    measures = st.sampled_from([MEASURES[key] for key in measure_terms.MEASURES.keys])
    times = draw(st.sampled_from(["", "", f"times: {draw(measures)}, "]))
    return (
        f"{{measure: {draw(measures)}, {each}{gate}{times}counted: {counted}, over: {over},"
        f" pays: {pays}}}"
    )


# Off everything, also off prices in bands; those of one milestone only, or of some days.
_DISCOUNTS = st.sampled_from(
    [
        "",
        "{off: 7%}",
        "{off: 1/3, for: consent, from: 2017-06-01}",
        "{off: 12.5%, through: 2017-08-31}, {off: 5%, for: [agreement]}",
    ]
)


@st.composite
def contracts(draw: st.DrawFn) -> str:
    """The terms of a contract with two milestones, two results and a fee."""
    return f"""
rounding: {{half: {draw(st.sampled_from(sorted(HALVES)))}}}
indices: {drawn_money.INDICES}
milestones:
  consent:   {{when: {{observed: consent, in: year one}}, {draw(prices())}}}
  agreement: {{when: {{observed: agreement, in: year one}}, {draw(prices())}}}
discounts: [{draw(_DISCOUNTS)}]
measures: {{named: {draw(st.sampled_from(list(MEASURES.values())[:-1]))}}}
results: {{one: {draw(results())}, two: {draw(results())}}}
fees: {{service: {{kind: service fee, pay: {draw(_MONEY)}, on: [2017-03-31, 2017-08-01]}}}}
"""


_CLAIM = st.tuples(st.sampled_from(["consent", "agreement"]), st.integers(0, 330), st.booleans())


def test_every_rule_for_halves_has_its_reference() -> None:
    assert set(HALF_RULES) == set(HALVES)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(contracts(), st.lists(_CLAIM, min_size=1, max_size=9))
def test_values_to_date_are_those_of_plain_loops(
    terms: str, drawn: list[tuple[str, int, bool]]
) -> None:
    contract = contract_of(terms)
    claims = [
        Claimed(name, date(2017, 1, 9) + timedelta(days=day), {"borough": _borough(is_north)})
        for name, day, is_north in drawn
    ]
    children = "\n".join(f"c{n} | {one.attributes['borough']}" for n, one in enumerate(claims))
    seen = "\n".join(f"c{n} | {one.milestone} | {one.day} | yes" for n, one in enumerate(claims))
    text = f"child | borough\n{children}\n---\nchild | metric | on | value\n{seen}"
    settlement = settle(contract, evidence_of(text, contract), as_of="2018-01-31")
    lines = settlement.lines_table.to_pylist()
    for claim in settlement.claim_dates:
        found = dict.fromkeys(contract.payables, 0)
        for line in lines:
            if line["claim_date"] <= claim.known_by:
                found[line["milestone"]] += line["value_pence"]
        known = [one for one in claims if one.day <= claim.ends_on]
        expected = worth(contract, known, claim.ends_on)
        assert found == expected, claim.label
    # What a result was measured on and came to, followed step by step, is what its lines hold.
    followed = dict.fromkeys(contract.results, 0)
    for row in settlement.results_table.to_pylist():
        followed[row["result"]] += row["value_pence"]
    assert followed == {name: found[name] for name in contract.results}


def _borough(is_north: bool) -> str:
    return "north" if is_north else "south"
