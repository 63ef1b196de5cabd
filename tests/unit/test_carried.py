"""What is carried forward from one claim to the next: whoever is as before is not evaluated again,
and the record is the same, byte for byte. It is never needed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.spec.drawn_tables import contract_of, evidence_of, versions_of

import impactbond as ib
from impactbond.evaluation import carried as carrying
from impactbond.evaluation.carried import carried
from impactbond.evidence import carried_parts
from impactbond.evidence.checked_delivery import checked_before
from impactbond.evidence.evidence import Evidence
from impactbond.records.record import record_bytes
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

# A claim a month after each quarter: three months without an offence are over in April, which is
# known at the first claim and claimed at the second.
TERMS = """
metrics: {offence: {kind: event, repeats: true}}
conditions: {looked: {count: meeting, in: baseline, at_least: 1}}
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  calm: {when: {absence: offence, in: baseline, shown_by: looked}, price: 50.00}
"""
THEN = """
child  | metric    | on         | value | ref | recorded
c1..c9 | consent   | 2017-02-01 | yes   |     |
c1     | meeting   | 2017-03-01 | yes   | m1  |
c2     | meeting   | 2017-03-01 | yes   | m2  |
c2     | offence   | 2017-01-20 | yes   | o2  |
c4     | agreement | 2017-02-01 | yes   | n4  |
"""
NOW = f"{THEN}c3 | meeting | 2017-03-05 | yes | m3 | 2017-05-05\n"
FIRST, SECOND = "2017-04-30", "2017-07-31"
CONTRACT = contract_of(TERMS)


@pytest.fixture(autouse=True)
def _few_of_many_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "_MOST_CHANGED", 1)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    settlement = ib.settle(CONTRACT, seen(THEN), as_of=FIRST)
    ib.write_record(settlement, folder / "q1.record", carried=folder / "q1.carried")
    return folder


def seen(drawn: str) -> Evidence:
    return evidence_of(drawn, CONTRACT)


def followed(kept: Path, drawn: str, name: str = "q1.carried") -> Settlement:
    return ib.settle(
        CONTRACT,
        seen(drawn),
        as_of=SECOND,
        earlier=kept / "q1.record",
        carried=kept / name if name else None,
    )


def again(settlement: Settlement) -> list[str]:
    """Who was evaluated again."""
    assert settlement.unchanged is not None
    return sorted(settlement.unchanged.else_.participants_table["participant"].to_pylist())


def claimed(settlement: Settlement) -> list[tuple[str, str, int]]:
    """Whose claims of the second quarter moved by how many pence."""
    rows = settlement.lines_table.to_pylist()
    return [
        (row["participant"], row["milestone"], row["value_pence"])
        for row in rows
        if row["claim_period"] == "2017-Q2"
    ]


def test_only_who_changed_and_whom_time_moves_is_evaluated_again_to_the_same_record(
    kept: Path,
) -> None:
    short, long = followed(kept, NOW), followed(kept, NOW, "")
    # c3 has a new row; c1 has none, and its three months are over by April.
    assert again(short) == ["c1", "c3"]
    assert long.unchanged is None
    assert claimed(short) == [("c1", "calm", 5000), ("c3", "calm", 5000)]
    assert record_bytes(short) == record_bytes(long)


def test_evidence_that_stays_in_its_files_follows_as_well(kept: Path) -> None:
    held = seen(NOW)
    pq.write_table(held.participants_table, kept / "people.parquet")
    is_new = pc.equal(held.observations_table["observation"], pa.scalar("m3"))
    assert pc.sum(is_new).as_py() == 1
    for name, rows in (("then", pc.invert(is_new)), ("now", is_new)):
        pq.write_table(held.observations_table.filter(rows), kept / f"{name}.parquet")
    files = {"participants": kept / "people.parquet", "observations": kept / "then.parquet"}
    evidence = ib.read_evidence(files, CONTRACT, values="as held")
    before = settle(CONTRACT, evidence, as_of=FIRST)
    table = carried(before.known, before.evidence, before.claim)
    files |= {"observations": [kept / "then.parquet", kept / "now.parquet"]}
    evidence = ib.read_evidence(files, CONTRACT, values="as held")
    short = settle(CONTRACT, evidence, as_of=SECOND, earlier=before, carried=table)
    assert again(short) == ["c1", "c3"]
    assert claimed(short) == [("c1", "calm", 5000), ("c3", "calm", 5000)]


def test_what_is_carried_on_is_the_same_by_both_ways(kept: Path) -> None:
    both = [followed(kept, NOW), followed(kept, NOW, "")]
    one, other = (carried(own.known, own.evidence, own.claim, own.unchanged) for own in both)
    assert one.equals(other)
    assert not any(one["moves"].to_pylist())  # nothing is left that time alone would bring


@pytest.mark.parametrize(
    ("drawn", "who"),
    [
        (THEN.replace("n4", "n5"), ["c1", "c4"]),  # a row under another reference
        (THEN.replace("2017-01-20", "2017-01-21"), ["c1", "c2"]),
        (THEN.replace("c4     | agreement | 2017-02-01 | yes   | n4  |", ""), ["c1", "c4"]),
        (f"{THEN}c4 | meeting | 2017-08-01 | yes | m4 |\n", ["c1"]),  # known after the claim date
        (f"{THEN}c4 | meeting | 2017-07-31 | yes | m4 |\n", ["c1", "c4"]),
        (THEN.replace("c1..c9", "c1..c8"), ["c1"]),  # of c9 nothing is known any more
    ],
)
def test_whoever_has_other_rows_is_evaluated_again(kept: Path, drawn: str, who: list[str]) -> None:
    short = followed(kept, drawn)
    assert again(short) == who
    assert short.lines_table.equals(followed(kept, drawn, "").lines_table)


def test_who_could_be_asked_for_money_is_the_same_by_both_ways() -> None:
    """The school of a child that is not evaluated again pays nothing, and has its balance."""
    terms = """
    milestones:
      consent: {when: {observed: consent, in: year one}, price: 1.00}
      agreement: {when: {observed: agreement, in: year one}, price: 1.00}
    funding:
      - {for: consent, shares: {school: 100%}}
      - {for: agreement, shares: {council: 100%}}
    """
    contract = contract_of(terms)
    then = """
    child | school
    c1    | Elm
    c2    | Oak
    ---
    child | metric    | on         | value
    c1    | consent   | 2017-02-01 | yes
    c2    | agreement | 2017-02-01 | yes
    """
    now = f"{then}c1 | meeting | 2017-05-01 | yes\n"
    before = settle(contract, evidence_of(then, contract), as_of=FIRST)
    table = carried(before.known, before.evidence, before.claim)
    evidence = evidence_of(now, contract)
    short = settle(contract, evidence, as_of=SECOND, earlier=before, carried=table)
    assert again(short) == ["c1"]
    assert "school: Oak" in short.balances_table["funder"].to_pylist()
    long = settle(contract, evidence, as_of=SECOND, earlier=before)
    assert short.balances_table.equals(long.balances_table)


def test_a_row_that_replaces_one_of_somebody_else_has_everybody_evaluated_again(
    kept: Path,
) -> None:
    crossing = THEN.replace("recorded", "replaces") + "c5 | agreement | 2017-05-01 | yes | x5 | n4"
    assert followed(kept, crossing).unchanged is None
    settlement = ib.settle(CONTRACT, seen(crossing), as_of=SECOND)
    assert not carried(settlement.known, settlement.evidence, settlement.claim).num_rows


def test_nothing_is_carried_where_one_childs_claims_are_not_its_own() -> None:
    places = contract_of(f"participants: {{places: {{by: school, clock: restarts}}}}\n{TERMS}")
    settlement = ib.settle(places, evidence_of(THEN, places), as_of=FIRST)
    assert not carried(settlement.known, settlement.evidence, settlement.claim).num_rows


def test_nothing_is_carried_under_several_versions() -> None:
    dated = "number: 2, kind: amendment, signed_on: 2017-03-01, effective_on: 2017-03-01"
    versions = versions_of(TERMS, f"version: {{{dated}}}\n{TERMS}")
    settlement = ib.settle(versions, evidence_of(THEN, versions), as_of=FIRST)
    assert not carried(settlement.known, settlement.evidence, settlement.claim).num_rows


def test_what_another_version_carried_forward_is_not_used(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carried_parts, "__version__", "0.0")
    assert followed(kept, NOW).unchanged is None


def test_where_most_changed_everybody_is_evaluated_again(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "_MOST_CHANGED", 0.2)
    assert followed(kept, NOW).unchanged is None


def _flipped(content: bytes) -> bytes:
    return content[:-40] + bytes([content[-40] ^ 1]) + content[-39:]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_flipped, "carried_damaged"),
        (lambda content: content[: len(content) // 2], "carried_damaged"),
        (lambda content: b"", "carried_damaged"),
        (lambda content: b"[1]\n" + content, "carried_damaged"),
        (lambda content: b"[" * 100_000, "carried_damaged"),
    ],
)
def test_what_is_not_as_it_was_written_is_refused(
    kept: Path, make: Callable[[bytes], bytes], code: str
) -> None:
    (kept / "broken.carried").write_bytes(make((kept / "q1.carried").read_bytes()))
    with pytest.raises(ib.RecordError) as refused:
        followed(kept, NOW, "broken.carried")
    assert [fault.code for fault in refused.value.faults] == [code]
    assert "c1" not in str(refused.value)


@pytest.mark.parametrize(
    ("part", "read"),
    [
        ("claimed", lambda broken: followed(broken.parent, NOW, broken.name)),
        ("delivery", checked_before),
    ],
)
def test_what_somebody_sealed_that_is_something_else_is_refused(
    kept: Path, part: str, read: Callable[[Path], object]
) -> None:
    of = carried_parts.carried_parts(kept / "q1.carried")
    broken = kept / f"{part}.carried"
    broken.write_bytes(carried_parts.carried_content({**of.parts, part: b"{}"}, of.record))
    with pytest.raises(ib.RecordError) as refused:
        read(broken)
    assert [fault.code for fault in refused.value.faults] == ["carried_damaged"]


def test_what_was_carried_from_another_record_is_refused(kept: Path) -> None:
    other = ib.settle(CONTRACT, seen(THEN.replace("n4", "n5")), as_of=FIRST)
    ib.write_record(other, kept / "other.record", carried=kept / "other.carried")
    with pytest.raises(ib.RecordError) as refused:
        followed(kept, NOW, "other.carried")
    assert [fault.code for fault in refused.value.faults] == ["carried_of_another"]


def test_it_is_used_with_a_record_and_written_beside_a_whole_one(kept: Path) -> None:
    settlement = ib.settle(CONTRACT, seen(THEN), as_of=FIRST)
    with pytest.raises(ib.SettlementError, match="Name the record as `earlier`"):
        ib.settle(CONTRACT, seen(NOW), as_of=SECOND, carried=kept / "q1.carried")
    with pytest.raises(ib.RecordError, match="beside a whole record"):
        ib.write_record(settlement, kept / "v", carried=kept / "v.carried", funder="council")
    (kept / "taken").write_text("something else")
    with pytest.raises(ib.RecordError, match="Written before that: again"):
        ib.write_record(settlement, kept / "again", carried=kept / "taken")
