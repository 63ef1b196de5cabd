"""Promises 3, 5 and 8, and that no closed period changes, over whole histories of a contract.

The promises stand in docs/design/promises.md.

A history is what really happens: children start and leave, rows come in time and late, are put
right, disputed and delivered again; versions are signed; claims are issued, recorded and
regenerated; funders pay all, part or too much. After every step what must hold is looked at.

A few histories run with the suite; `IMPACTBOND_HISTORIES=2000` says how many.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.properties.histories import (
    CHILDREN,
    CLAIM_DATES,
    EVENTS,
    FIRST,
    LAST,
    Life,
    Row,
    Terms,
    rewrites,
    tables_of,
)
from tests.properties.histories_hold import (
    assert_adds_up,
    assert_as_the_reference_says,
    assert_led_back,
    assert_within_limits,
)

from impactbond.errors import SettlementError
from impactbond.receipts.reconcile import reconcile
from impactbond.records.regenerate import regenerate
from impactbond.settlement.settle import settle

LIVED: Counter[str] = Counter()
HISTORIES = int(os.environ.get("IMPACTBOND_HISTORIES", "2"))
GOVERNS = ("milestones achieved", "participants started", "claims made")
FUNDERS = ("council", "lottery", "trust")
soon = st.integers(0, 25)
any_number = st.integers(0, 10**6)
pence = st.integers(1, 15_000)
terms = st.builds(
    Terms,
    prices=st.tuples(pence, pence, pence, pence),
    share=st.sampled_from(["1/3", "25%", "2/7", "90%"]),
    at_most=st.integers(60, 700),
    of_lottery=st.integers(10, 200),
    each=st.integers(60, 400),
    tranche=st.integers(1, 50),
)


class Histories(RuleBasedStateMachine):
    """What can happen in the life of a contract."""

    life: Life

    @initialize(
        first=terms,
        governs=st.sampled_from(GOVERNS),
        seen=st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(1, 60)), min_size=3),
    )
    def the_contract_is_signed(
        self, first: Terms, governs: str, seen: list[tuple[str, int]]
    ) -> None:
        self.life = Life(Path(tempfile.mkdtemp()), governs, [first])
        for child in CHILDREN[:2]:
            self.life.enrol(child, 0)
        self.life.wait(70)
        for place, (metric, back) in enumerate(seen):
            self.life.observe(CHILDREN[place % 2], metric, "yes", back)

    @precondition(lambda self: not self.life.is_over)
    @rule(child=st.sampled_from(CHILDREN[2:]), days=soon, back=st.integers(0, 60))
    def a_child_starts(self, child: str, days: int, back: int) -> None:
        if child not in self.life.enrolled:
            self.life.wait(days)
            self.life.enrol(child, back)
        self.rows_come(days, 0, [(child, "consent"), (child, "agreement"), (child, "sdq")], 18)

    @precondition(lambda self: not self.life.is_over)
    @rule(
        days=soon,
        back=st.sampled_from([0, 1, 7, 30, 89, 90, 91, 130, 250]),
        what=st.lists(
            st.tuples(st.sampled_from(CHILDREN), st.sampled_from([*EVENTS, "meeting", "sdq"])),
            min_size=1,
            max_size=5,
        ),
        score=st.integers(5, 25),
    )
    def rows_come(self, days: int, back: int, what: list[tuple[str, str]], score: int) -> None:
        """In time, or late."""
        self.life.wait(days)
        for child, metric in what:
            if child in self.life.enrolled:
                value = str(score) if metric == "sdq" else "yes"
                self.life.observe(child, metric, value, back)

    @precondition(lambda self: not self.life.is_over and self.life.standing)
    @rule(days=soon, which=any_number, score=st.integers(5, 25))
    def a_row_is_put_right(self, days: int, which: int, score: int) -> None:
        row = self._row(days, which)
        other = "no" if row["value"] == "yes" else "yes"
        self.life.supersede(row, str(score) if row["metric"] == "sdq" else other)

    @precondition(lambda self: not self.life.is_over and self.life.standing)
    @rule(days=soon, which=any_number)
    def a_row_is_disputed(self, days: int, which: int) -> None:
        row = self._row(days, which)
        self.life.supersede(row, row["value"], "disputed")

    @precondition(lambda self: not self.life.is_over and self._disputed)
    @rule(days=soon, which=any_number)
    def a_disputed_row_is_delivered_again(self, days: int, which: int) -> None:
        self.life.wait(days)
        row = self._disputed[which % len(self._disputed)]
        self.life.supersede(row, row["value"])

    @precondition(lambda self: not self.life.is_over and self.life.standing)
    @rule(days=soon, which=any_number)
    def a_row_is_withdrawn(self, days: int, which: int) -> None:
        row = self._row(days, which)
        self.life.supersede(row, row["value"], "withdrawn")

    @precondition(lambda self: not self.life.is_over)
    @rule(days=soon, which=any_number)
    def a_child_leaves(self, days: int, which: int) -> None:
        self.life.wait(days)
        enrolled = self.life.enrolled
        self.life.leave(enrolled[which % len(enrolled)])

    @precondition(lambda self: not self.life.is_over and len(self.life.texts) < 4)
    @rule(
        days=soon,
        new=terms,
        kind=st.sampled_from(["amendment", "amendment", "correction"]),
        effective=st.integers(-200, 60),
    )
    def a_version_is_signed(self, days: int, new: Terms, kind: str, effective: int) -> None:
        self.life.wait(days)
        if self.life.today > self.life.signed[-1]:
            since = max(self.life.today + timedelta(days=effective), FIRST)
            self.life.sign(new, kind, min(since, LAST))  # no version takes effect after the term

    @precondition(lambda self: not self.life.is_over)
    @rule(which=any_number)
    def a_claim_is_issued(self, which: int) -> None:
        settlement = self.life.issue()
        assert rewrites(self.life.issued[-2:]) == []
        assert_adds_up(settlement)
        assert_within_limits(settlement, self.life)
        assert_as_the_reference_says(settlement, self.life)
        lines = settlement.lines_table
        own = pc.equal(lines["claim_period"], settlement.claim.label)
        for row in lines.filter(own).to_pylist()[-2:]:
            assert_led_back(settlement, row)
        latest = len(self.life.issued) - 1
        for place in {latest, which % (latest + 1)}:
            self._settled_from_scratch_as_of(place)

    @precondition(lambda self: not self.life.is_over)
    @rule(which=any_number)
    def a_quarter_later_a_claim_is_issued(self, which: int) -> None:
        self.a_claim_is_issued(which)

    @precondition(lambda self: self.life.issued)
    @rule(which=any_number)
    def an_old_line_is_explained(self, which: int) -> None:
        settlement = self.life.issued[-1].settlement
        rows = settlement.lines_table.to_pylist()
        if rows:
            assert_led_back(settlement, rows[which % len(rows)])

    @precondition(lambda self: self.life.issued)
    @rule(which=any_number)
    def an_old_claim_date_is_settled_again(self, which: int) -> None:
        self._settled_from_scratch_as_of(which % len(self.life.issued))

    @precondition(lambda self: len(self.life.issued) > 1)
    @rule(which=any_number)
    def a_closed_period_is_not_reopened(self, which: int) -> None:
        before = CLAIM_DATES[which % (len(self.life.issued) - 1)]
        with pytest.raises(SettlementError) as refused:
            settle(self.life.versions, self.life.evidence, as_of=before, earlier=self.life.earlier)
        assert [fault.code for fault in refused.value.faults] == ["not_earlier"]

    @precondition(lambda self: self.life.issued)
    @rule()
    def a_closed_claim_date_settled_on_itself_stays(self) -> None:
        last = self.life.issued[-1]
        again = settle(
            self.life.versions, self.life.evidence, as_of=last.day, earlier=self.life.earlier
        )
        assert tables_of(again) == last.tables

    @precondition(lambda self: self.life.issued)
    @rule()
    def the_claim_is_recorded_and_regenerated(self) -> None:
        if len(self.life.issued) not in self.life.records:
            again = regenerate(self.life.record())
            assert again.same, again.text

    @precondition(lambda self: self.life.records)
    @rule(which=any_number)
    def an_old_record_regenerates(self, which: int) -> None:
        paths = list(self.life.records.values())
        again = regenerate(paths[which % len(paths)])
        assert again.same, again.text

    @precondition(lambda self: self.life.issued)
    @rule(funder=st.sampled_from(FUNDERS), days=soon, tenths=st.sampled_from([1, 5, 10, 10, 13]))
    def a_funder_pays(self, funder: str, days: int, tenths: int) -> None:
        """All, part or more of what it owes."""
        self.life.wait(days)
        asked, came = self._asked(funder), self._came(funder)
        if asked > came:
            self.life.receive(funder, max((asked - came) * tenths // 10, 1))

    @invariant()
    def every_account_closes_on_what_was_asked_less_what_came(self) -> None:
        life = getattr(self, "life", None)
        if life is None or not life.issued or not life.paid:
            return
        settlement = life.issued[-1].settlement
        account = reconcile(settlement, life.receipts, on=life.today).account_table.to_pylist()
        closing: dict[str, int] = {}
        for row in account:
            opening = closing.get(row["funder"], 0)
            assert row["opening_pence"] == opening
            closing[row["funder"]] = opening + row["due_pence"] - row["received_pence"]
            assert row["closing_pence"] == closing[row["funder"]]
        for funder in FUNDERS:
            assert closing.get(funder, 0) == self._asked(funder) - self._came(funder)

    def teardown(self) -> None:
        life = getattr(self, "life", None)
        if life is not None:
            self._close_the_books()
            counts = {"histories": 1, "claims": len(life.issued), "records": len(life.records)}
            counts |= {"versions": len(life.texts), "rows": len(life.seen)}
            LIVED.update(counts | {"receipts": len(life.paid)})
            shutil.rmtree(life.folder)

    def _close_the_books(self) -> None:
        """However short the history was: three claims at the least, and a record of the last."""
        while len(self.life.issued) < 3:
            self.a_claim_is_issued(0)
        self.the_claim_is_recorded_and_regenerated()
        self.an_old_claim_date_is_settled_again(1)

    @property
    def _disputed(self) -> list[Row]:
        return [row for row in self.life.standing if row["status"] == "disputed"]

    def _row(self, days: int, which: int) -> Row:
        self.life.wait(days)
        return self.life.standing[which % len(self.life.standing)]

    def _settled_from_scratch_as_of(self, place: int) -> None:
        """Promise 5: with all that was recorded and signed since, to the same bytes; and on another
        engine, so promise 6 as well.
        """
        kept = self.life.issued[place]
        again = settle(self.life.versions, self.life.evidence, as_of=kept.day, engine="polars")
        assert tables_of(again) == kept.tables

    def _asked(self, funder: str) -> int:
        payments = self.life.issued[-1].settlement.payments_table.to_pylist()
        return sum(row["amount_pence"] for row in payments if row["funder"] == funder)

    def _came(self, funder: str) -> int:
        rows = [row for row in self.life.paid if row["funder"] == funder]
        return sum(round(float(row["amount"]) * 100) for row in rows)


def test_promises_3_5_and_8_hold_and_no_closed_period_changes_over_whole_histories() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Histories,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=HISTORIES < 100,
            database=None,
            phases=(Phase.generate, Phase.shrink) if HISTORIES < 100 else (Phase.generate,),
        ),
    )
    print(dict(LIVED))
    assert LIVED["histories"] >= HISTORIES
    assert LIVED["claims"] >= HISTORIES
