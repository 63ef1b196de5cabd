"""The quarter that follows: with what an earlier claim date carried forward, only those of whom
something changed are evaluated again, and every table is the one that settling all again gives.

Every term that can change a payment is settled so, and contracts and evidence of every kind that
are drawn. Between claim dates rows come, are put right and are taken out again without a word, as
deliveries do; and time alone achieves what is left.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from random import Random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.properties.drawn import Drawn, Row, cases, evidence_of
from tests.spec.drawn_tables import contract_of
from tests.spec.drawn_tables import evidence_of as written
from tests.spec.test_every_term_pays import SCENARIOS

from impactbond.contract.contract import Contract
from impactbond.evaluation import carried as carrying
from impactbond.evaluation.carried import carried
from impactbond.evaluation.inputs import claim_dates
from impactbond.evidence.evidence import Evidence
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

TIMES = float(os.environ.get("IMPACTBOND_QUARTER_TIMES", "1"))
thorough = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
SEEN: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def _however_many_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of few participants many change: the short way is taken all the same."""
    monkeypatch.setattr(carrying, "_MOST_CHANGED", 1)


def settled(
    contract: Contract,
    evidence: Evidence,
    day: date,
    earlier: Settlement | None = None,
    carried: pa.Table | None = None,
) -> Settlement:
    return settle(contract, evidence, as_of=day, earlier=earlier, carried=carried, holidays=())


def carried_from(one: Settlement) -> pa.Table:
    return carried(one.known, one.evidence, one.claim, one.unchanged)


def assert_same(short: Settlement, long: Settlement) -> None:
    # Decisions are found from all evidence, whichever way the claims came.
    for name in set(long.table_names) - {"decisions"}:
        assert getattr(short, f"{name}_table").equals(getattr(long, f"{name}_table")), name


def assert_followed(
    contract: Contract, deliveries: Iterator[Evidence], days: Sequence[date]
) -> None:
    """Settles on one delivery after another, by both ways; what is carried on comes from the short
    one, and at the end is what the long one would have carried on.
    """
    earlier = table = None
    for day, evidence in zip(days, deliveries, strict=False):
        long = short = settled(contract, evidence, day, earlier)
        if table is not None:
            short = settled(contract, evidence, day, earlier, table)
            assert_same(short, long)
            _count(short, table)
        table, earlier = carried_from(short), long
    assert short is long or table.equals(carried_from(long))


def _count(short: Settlement, table: pa.Table) -> None:
    SEEN["settled"] += 1
    SEEN["somebody moves"] += any(table["moves"].to_pylist())
    if short.unchanged is not None:
        others = short.unchanged.else_.participants_table.num_rows
        stood = set(short.unchanged.participants.to_pylist())
        SEEN["the short way"] += 1
        SEEN["everybody unchanged"] += not others
        SEEN["some unchanged, some not"] += bool(stood and others)
        claimed = short.claims_table["participant"].to_pylist()
        SEEN["claims that stand"] += not stood.isdisjoint(claimed)


def some_of(rows: Sequence[Row], fate: Callable[[], int]) -> list[Row]:
    """Rows of which some are not there, have the value of another, or were recorded later."""
    found: dict[str, Row] = {}
    for row in rows:
        match fate() % 16:
            case 0:
                continue
            case 1 if row["status"] != "withdrawn":
                others = [one["value"] for one in rows if one["metric"] == row["metric"]]
                row = {**row, "value": others[fate() % len(others)]}
            case 2:
                row = {**row, "recorded_on": row["recorded_on"] + timedelta(days=fate() % 200)}
        found[row["observation"]] = row
    # Nothing is superseded that is not there.
    while gone := [one for one, row in found.items() if row["supersedes"] not in (None, *found)]:
        for one in gone:
            del found[one]
    return list(found.values())


def delivered(drawn: Drawn, fate: Callable[[], int]) -> Iterator[Drawn]:
    """Deliveries one after another, each with changes of a few participants."""
    people = sorted({row["participant"] for row in drawn.participants})
    rows = some_of(drawn.observations, fate)
    while True:
        yield replace(drawn, observations=rows)
        touched = {people[fate() % len(people)] for _ in range(fate() % 3)}
        rows = [row for row in rows if row["participant"] not in touched]
        own = [row for row in drawn.observations if row["participant"] in touched]
        rows = some_of(own, fate) + rows


@cache
def scenario(name: str) -> Drawn:
    contract = contract_of(SCENARIOS[name]["terms"])
    evidence = written(SCENARIOS[name]["evidence"], contract)
    people, seen = evidence.participants_table, evidence.observations_table
    return Drawn(contract, people.to_pylist(), seen.to_pylist())


@pytest.mark.parametrize("seed", range(int(TIMES)))
@pytest.mark.parametrize("name", list(SCENARIOS))
def test_under_every_term_the_short_way_gives_every_table_of_the_long_way(
    name: str, seed: int
) -> None:
    drawn, random = scenario(name), Random(f"{name} {seed}")
    days = [one.known_by for one in claim_dates(drawn.contract, date.max)]
    asked = sorted(random.sample(days, min(len(days), 3)))
    deliveries = delivered(drawn, lambda: random.randrange(2**20))
    assert_followed(drawn.contract, map(evidence_of, deliveries), asked)


@given(drawn=cases(whole=True), data=st.data())
@settings(thorough, max_examples=int(3 * TIMES))
def test_of_drawn_contracts_the_short_way_gives_every_table_of_the_long_way(
    drawn: Drawn, data: st.DataObject
) -> None:
    random = data.draw(st.randoms(use_true_random=False))
    days = [one.known_by for one in claim_dates(drawn.contract, date.max)]
    asked = days[:: 1 + random.randrange(3)][:3]
    deliveries = delivered(drawn, lambda: random.randrange(2**20))
    assert_followed(drawn.contract, map(evidence_of, deliveries), asked)


def test_the_short_way_is_taken() -> None:
    """Who only ever changes, or never claims, would prove nothing. One scenario shows it by itself:
    the tests above may run in processes of their own.
    """
    SEEN.clear()
    test_under_every_term_the_short_way_gives_every_table_of_the_long_way("attendance", 0)
    for what in ("claims that stand", "some unchanged, some not", "somebody moves"):
        assert SEEN[what], what
