"""Whatever versions a contract goes through: claim dates folded one after another are the same as
all at once, closed ones stay as they are, and each claim is worth what its own version says.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.properties.reference_versions import standing
from tests.spec.drawn_tables import amended, versions_of

from impactbond.contract.versions import Versions
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

FIRST = date(2017, 1, 2)
GOVERNS = ("milestones achieved", "participants started", "claims made")
TABLES = ("lines", "shares", "payments", "balances")
days = st.integers(0, 300).map(lambda number: FIRST + timedelta(days=number))


@st.composite
def terms(draw: st.DrawFn) -> str:
    """Prices, shares and limits; a small contract limit bites often."""
    price, other = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    share = draw(st.sampled_from(["1/3", "25%", "2/7"]))
    at_most, of_lottery = draw(st.integers(10, 60)), draw(st.integers(3, 20))
    return f"""
milestones:
  consent: {{when: {{observed: consent, in: year one}}, price: {price}.0{other}}}
  sign_up: {{after: consent, when: {{observed: agreement, in: year one}}, price: {other}.77}}
funding: [{{for: every milestone, shares: {{council: {share}, lottery: the rest}}}}]
limits:
  - {{contract: whole, at_most: {at_most}.00, beyond: unpaid}}
  - {{funder: lottery, at_most: {of_lottery}.00, beyond: {{funder: trust}}}}
"""


def versions() -> st.SearchStrategy[Versions]:
    """An original with an amendment, and perhaps a correction of either."""
    return written().map(lambda texts: versions_of(*texts))


@st.composite
def written(draw: st.DrawFn) -> list[str]:
    """The terms of these versions, as they are written."""
    governs = f"governs: {draw(st.sampled_from(GOVERNS))}"
    signed, effective = draw(days), draw(days)
    original = numbered(1, "original", FIRST, FIRST)
    later = [f"{numbered(2, 'amendment', signed, effective)}{draw(terms())}"]
    if draw(st.booleans()):
        corrects = draw(st.sampled_from([1, 2]))
        after = signed + timedelta(days=draw(st.integers(0, 200)))
        since = FIRST if corrects == 1 else effective
        later.append(f"{numbered(3, 'correction', after, since, corrects)}{draw(terms())}")
    return [f"{original}{governs}\n{draw(terms())}", *later]


def numbered(number: int, kind: str, signed: date, effective: date, corrects: int = 0) -> str:
    said = f"number: {number}, kind: {kind}, signed_on: {signed}, effective_on: {effective}"
    return f"version: {{{said}{f', corrects: {corrects}' if corrects else ''}}}\n"


@st.composite
def evidence(draw: st.DrawFn, corrected: bool = True) -> str:
    """Consents and agreements of a few children, some late, some taken back if any are."""
    starts, rows = [], []
    for child in range(draw(st.integers(1, 6))):
        start = draw(days)
        starts.append(f"c{child} | {start}")
        for metric in ("consent", "agreement"):
            on = start + timedelta(days=draw(st.integers(0, 120)))
            late = on + timedelta(days=draw(st.sampled_from([0, 0, 30, 100, 250])))
            ref = f"r{child}{metric}"
            rows.append(f"c{child} | {metric} | {on} | {late} | yes | {ref} |")
            if corrected and draw(st.integers(0, 3)) == 0:
                again = late + timedelta(days=draw(st.integers(1, 200)))
                rows.append(f"c{child} | {metric} | {on} | {again} | no | {ref}x | {ref}")
    children = "\n".join(["child | start", *starts])
    observed = "\n".join(["child | metric | on | recorded | value | ref | replaces", *rows])
    return f"{children}\n---\n{observed}"


def table_of(settlement: Settlement, name: str) -> pa.Table:
    return getattr(settlement, f"{name}_table")


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(contract=versions(), drawn=evidence(), cut=st.integers(0, 6))
def test_folding_is_the_same_as_all_at_once_and_rewrites_nothing(
    contract: Versions, drawn: str, cut: int
) -> None:
    at_once = amended(contract, drawn)
    day = at_once.claim_dates[cut].known_by
    earlier = amended(contract.known_by(day), drawn, str(day))
    folded = amended(contract, drawn, earlier=earlier)
    for name in TABLES:
        assert table_of(folded, name) == table_of(at_once, name)
        before = table_of(earlier, name)
        assert table_of(at_once, name)[: len(before)] == before


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(contract=versions(), drawn=evidence())
def test_decisions_that_are_found_with_the_claims_are_the_same(
    contract: Versions, drawn: str
) -> None:
    apart = amended(contract, drawn)
    known = apart.evidence
    both = settle(contract, known, as_of=apart.as_of, with_decisions=True)
    for name in (*TABLES, "decisions"):
        assert table_of(both, name) == table_of(apart, name)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(contract=versions(), drawn=evidence())
def test_the_claims_that_stand_are_those_of_the_plain_reference(
    contract: Versions, drawn: str
) -> None:
    settlement = amended(contract, drawn)
    participants = settlement.evidence.participants_table.to_pylist()
    observations = settlement.evidence.observations_table.to_pylist()
    expected = standing(contract.all, participants, observations)
    stands: Counter[tuple[Any, ...]] = Counter()
    rows = settlement.lines_table.to_pylist()
    for claim, wanted in zip(settlement.claim_dates, expected, strict=True):
        for row in rows:
            if row["claim_period"] == claim.label:
                names = ("participant", "milestone", "achieved_on", "price_pence")
                stands[tuple(row[name] for name in names)] += row["quantity"]
        assert {one: count for one, count in stands.items() if count} == {
            (one.participant, one.milestone, one.achieved_on, one.price_pence): 1
            for one in wanted.values()
        }
