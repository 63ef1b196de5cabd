"""Records: all that a settlement rests on is kept; the same settlement is the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from tests.spec.drawn_tables import contract_of, evidence_of, settled

from impactbond.canonical import sha256
from impactbond.errors import RecordError
from impactbond.evidence.evidence import REFUSED_SCHEMA
from impactbond.records.record import read_record, record_bytes, write_record
from impactbond.records.regenerate import regenerate
from impactbond.records.verify_record import verify_record
from impactbond.settlement.settle import settle
from impactbond.version import __version__

EVIDENCE = """
    child | start      | recorded   | school
    c1    | 2017-01-09 | 2017-01-09 | Elm
    c2    | 2017-01-09 | 2017-01-09 | 'Oak
    c3    | 2017-05-01 | 2017-05-01 | Ash
    ---
    child | metric  | on         | value | recorded   | ref | replaces
    c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |
    c2    | consent | 2017-02-01 | yes   | 2017-02-11 | b   |
    c1    | consent | 2017-02-01 | no    | 2017-06-01 | c   | a
    c3    | consent | 2017-05-02 | yes   | 2017-05-02 | d   |
"""
TERMS = "funding: [{for: every milestone, shares: {council: 1/3, school: the rest}}]"
LATER = "2017-07-31"


def test_everything_that_the_settlement_rests_on_is_kept(tmp_path: Path) -> None:
    settlement = settled(TERMS, EVIDENCE, LATER)
    record = read_record(write_record(settlement, tmp_path / "q2.record"))
    assert record.contract.source == settlement.contract.source
    assert record.contract.model_dump() == settlement.contract.model_dump()
    assert record.evidence.participants_table.equals(settlement.evidence.participants_table)
    kept = record.evidence.observations_table.sort_by("observation")
    assert kept.equals(settlement.evidence.observations_table.sort_by("observation"))
    assert record.holidays == settlement.holidays
    assert record.claim_dates == settlement.claim_dates
    assert record.lines_table.equals(settlement.lines_table)
    assert record.earlier is None
    assert sorted(record.parts) == [
        "contract.yaml",
        "evidence/observations.csv",
        "evidence/participants.csv",
        "evidence/refused.csv",
        "holidays.json",
        "manifest.json",
        "results/balances.csv",
        "results/claims.csv",
        "results/decisions.csv",
        "results/lines.csv",
        "results/payments.csv",
        "results/shares.csv",
        "statements/specification_2017-Q2_all_funders.xlsx",
        "statements/specification_2017-Q2_council.xlsx",
        "statements/specification_2017-Q2_school-ash.xlsx",
        "statements/specification_2017-Q2_school-elm.xlsx",
        "statements/specification_2017-Q2_school-oak.xlsx",
    ]


def test_the_manifest_says_what_the_record_is_of(tmp_path: Path) -> None:
    settlement = settled(TERMS, EVIDENCE, "2017-08-15")
    record = read_record(write_record(settlement, tmp_path / "q2.record"))
    manifest = json.loads(record.parts["manifest.json"])
    contract = manifest.pop("contract")
    assert contract == {
        "contract": "specification",
        "version": 1,
        "sha256": settlement.contract.digest,
    }
    parts = {part["name"]: part for part in manifest.pop("parts")}
    assert parts["contract.yaml"]["sha256"] == sha256(settlement.contract.source)
    assert parts["contract.yaml"]["size"] == len(settlement.contract.source)
    assert manifest == {
        "impactbond_record": 1,
        "engine": __version__,
        "claim": {"claim_period": "2017-Q2", "claim_date": "2017-07-31"},
        "as_of": "2017-08-15",
        "refused_left_out": 0,
        "earlier": None,
        "previous_record": None,
    }


def test_only_evidence_known_on_the_claim_date_is_kept() -> None:
    contract = contract_of(TERMS)
    evidence = evidence_of(EVIDENCE, contract)
    later = settle(contract, evidence, as_of="2017-04-30")
    then = settle(contract, evidence.known_on(later.claim.known_by), as_of="2017-04-30")
    assert later.balances_table.equals(then.balances_table)
    assert record_bytes(later) == record_bytes(then)


def test_the_order_of_the_rows_changes_no_byte() -> None:
    contract = contract_of(TERMS)
    evidence = evidence_of(EVIDENCE, contract)
    turned = replace(
        evidence,
        participants_table=evidence.participants_table.take(pa.array([2, 0, 1])),
        observations_table=evidence.observations_table.take(pa.array([3, 1, 0, 2])),
    )
    first, second = (settle(contract, each, as_of=LATER) for each in (evidence, turned))
    assert record_bytes(first) == record_bytes(second)


def test_another_process_with_another_hash_seed_and_time_zone_writes_the_same_bytes(
    tmp_path: Path,
) -> None:
    code = (
        "import sys\n"
        "from tests.spec.drawn_tables import settled\n"
        "from tests.unit.test_record import EVIDENCE, LATER, TERMS\n"
        "from impactbond.records.record import write_record\n"
        "write_record(settled(TERMS, EVIDENCE, LATER), sys.argv[1])\n"
    )
    here = write_record(settled(TERMS, EVIDENCE, LATER), tmp_path / "here.record").read_bytes()
    for seed, zone in (("1", "Pacific/Auckland"), ("2", "America/Los_Angeles")):
        out = tmp_path / f"{seed}.record"
        path = os.pathsep.join(sys.path)
        env = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": path}
        subprocess.run([sys.executable, "-c", code, str(out)], env=env, check=True)
        assert out.read_bytes() == here


def test_a_record_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "records" / "q2.record"
    write_record(settled(TERMS, EVIDENCE, LATER), path)
    write_record(settled(TERMS, EVIDENCE, LATER), path)
    assert [file.name for file in path.parent.iterdir()] == ["q2.record"]


def test_refused_rows_are_kept_with_their_reasons(tmp_path: Path) -> None:
    contract = contract_of(TERMS)
    place = {
        "file": ["a.xlsx"],
        "sheet": ["S"],
        "row": [7],
        "column": ["C"],
        "code": ["not_a_date"],
    }
    words = {"problem": ["this is not a date"], "allowed": ["a date"], "hint": ["=Format it"]}
    refused = pa.table(place | words).cast(REFUSED_SCHEMA)
    evidence = replace(evidence_of(EVIDENCE, contract), refused_table=refused)
    settlement = settle(contract, evidence, as_of=LATER, leave_out_refused=True)
    record = read_record(write_record(settlement, tmp_path / "q2.record"))
    assert record.manifest.refused_left_out == 1
    assert record.evidence.refused_table.equals(refused)


def test_a_later_settlement_can_be_settled_on_a_record(tmp_path: Path) -> None:
    contract = contract_of(TERMS)
    evidence = evidence_of(EVIDENCE, contract)
    first = settle(contract, evidence, as_of="2017-04-30")
    path = write_record(first, tmp_path / "q1.record")
    on_record = settle(contract, evidence, as_of=LATER, earlier=read_record(path))
    on_settlement = settle(contract, evidence, as_of=LATER, earlier=first)
    assert on_record.lines_table.equals(on_settlement.lines_table)
    assert on_record.balances_table.equals(on_settlement.balances_table)
    second = read_record(write_record(on_record, tmp_path / "q2.record"))
    assert second.manifest.previous_record == sha256(path.read_bytes())
    assert second.earlier is not None
    assert second.earlier.lines_table.equals(first.lines_table)
    assert second.earlier.claim_dates == first.claim_dates
    named = write_record(on_settlement, tmp_path / "named.record", previous=path)
    assert named.read_bytes() == (tmp_path / "q2.record").read_bytes()


def test_a_record_follows_on_the_one_it_was_settled_on_and_on_none_that_is_not_before_it(
    tmp_path: Path,
) -> None:
    first = settled(TERMS, EVIDENCE, "2017-04-30")
    path = write_record(first, tmp_path / "q1.record")
    other = write_record(
        settled(f"{TERMS}\ntitle: X", EVIDENCE, "2017-04-30"), tmp_path / "x.record"
    )
    contract = contract_of(TERMS)
    later = settle(
        contract, evidence_of(EVIDENCE, contract), as_of=LATER, earlier=read_record(path)
    )
    stranger = settled("contract: stranger", EVIDENCE, LATER)
    for settlement, previous, told in (
        (later, other, "was settled on another record"),
        (first, path, "its claim, 2017-Q1, is not before 2017-Q1"),
        (stranger, path, "it is a record of the contract 'specification'"),
    ):
        with pytest.raises(RecordError, match=told):
            write_record(settlement, tmp_path / "q2.record", previous=previous)
    assert not (tmp_path / "q2.record").exists()
    assert write_record(later, tmp_path / "q2.record", previous=path).exists()


def test_a_record_that_is_whole_can_still_be_told_from_the_one_that_was_kept(
    tmp_path: Path,
) -> None:
    first = write_record(settled(TERMS, EVIDENCE, "2017-04-30"), tmp_path / "q1.record")
    second = write_record(settled(TERMS, EVIDENCE, LATER), tmp_path / "q2.record", previous=first)
    digest = sha256(second.read_bytes())
    assert verify_record(second, digest=f" {digest.upper()}\n", previous=first).digest == digest
    with pytest.raises(RecordError, match="not the one that was noted"):
        verify_record(first, digest=digest)
    with pytest.raises(RecordError, match=r"it does not follow on q2\.record"):
        verify_record(first, previous=second)


def test_a_contract_without_a_text_cannot_be_recorded(tmp_path: Path) -> None:
    contract = contract_of(TERMS).model_copy()
    contract._source = b""
    settlement = settle(contract, evidence_of(EVIDENCE, contract), as_of=LATER)
    with pytest.raises(RecordError, match="no text to keep"):
        write_record(settlement, tmp_path / "q2.record")
    assert not list(tmp_path.iterdir())


def test_a_record_keeps_the_statements_of_a_contract_in_another_currency(tmp_path: Path) -> None:
    settlement = settled(f"{TERMS}\ncurrency: KWD", EVIDENCE, LATER)
    record = read_record(write_record(settlement, tmp_path / "q2.record"))
    kept = {part for part in record.parts if part.startswith("statements/")}
    assert "statements/specification_2017-Q2_council.xlsx" in kept
    again = regenerate(tmp_path / "q2.record")
    assert again.same
    assert again.compared >= len(kept) + 5


def test_a_record_shows_no_evidence_when_it_is_printed(tmp_path: Path) -> None:
    record = read_record(write_record(settled(TERMS, EVIDENCE, LATER), tmp_path / "q2.record"))
    assert "c1" not in repr(record).replace(record.digest, "")
    assert "consent" not in repr(record)


def test_a_file_that_cannot_be_opened_is_told_by_its_name_alone(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"- none\.record: the file cannot be opened"):
        read_record(tmp_path / "none.record")
