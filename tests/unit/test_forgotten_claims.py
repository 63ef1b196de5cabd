"""A child is forgotten in claims of every kind: under limits and later versions, with receipts, and
where evidence came in by a mapping. What an auditor can prove of the money stands as before.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from tests.partner_files import HEAD, csv_file
from tests.partner_files import contract as partners_contract
from tests.spec.drawn_tables import contract_of, evidence_of, versions_of
from tests.unit.test_forget import paid, texts_in

import impactbond as ib
from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.errors import RecordError
from impactbond.evidence.read import read_evidence
from impactbond.mappings.read import parse_mapping
from impactbond.settlement.settle import settle

NAMED = "Ann-01"
EVIDENCE = """
child  | metric  | on         | value
Ann-01 | consent | 2017-01-16 | yes
Bob-02 | consent | 2017-02-01 | yes
Cid-03 | consent | 2017-02-05 | yes
"""
# £100.00 for each consent. The limit lets two children through; of three the first two by day.
MOST = "limits: [{contract: whole, at_most: 2 participants, beyond: unpaid}]"
# From the fourth of February on a consent pays £120.00.
LATER = """
version: {number: 2, kind: amendment, signed_on: 2017-02-02, effective_on: 2017-02-04}
milestones: {consent: {when: {observed: consent, in: year one}, price: 120.00}}
"""


def forgotten(
    terms: Contract | Versions, drawn: str, folder: Path, receipts: ib.Receipts | None = None
) -> tuple[ib.Record, ib.Record, str]:
    """The record before and after a child was forgotten, and everything in the file after."""
    evidence = evidence_of(drawn, terms)
    settled = settle(terms, evidence, as_of="2017-04-30")
    kept = ib.write_record(settled, folder / "q1.record", receipts=receipts)
    done = ib.forget([kept], [NAMED], folder / "new")
    [new] = done.written
    report = ib.regenerate(new)
    assert report.same, report.text
    return ib.read_record(kept), ib.read_record(new), texts_in(new.read_bytes())


@pytest.mark.parametrize(
    ("terms", "pounds"),
    [
        (contract_of(MOST), 200),
        (versions_of("", LATER), 320),
    ],
    ids=["a limit", "two versions"],
)
def test_every_pound_stands_and_the_child_is_gone(
    terms: Contract | Versions, pounds: int, tmp_path: Path
) -> None:
    before, after, told = forgotten(terms, EVIDENCE, tmp_path)
    assert sum(row["amount_pence"] for row in after.result("payments").to_pylist()) == pounds * 100
    assert paid(after) == paid(before)
    for name in ("decisions", "lines"):
        assert after.result(name).num_rows == before.result(name).num_rows
    assert NAMED not in told
    assert "Bob-02" in told


def test_where_the_order_of_names_decided_nothing_is_written(tmp_path: Path) -> None:
    # All on one day: the limit goes by references, and another name would pay another child.
    drawn = EVIDENCE.replace("2017-02-01", "2017-01-16").replace("2017-02-05", "2017-01-16")
    # A pseudonym begins with P-, and comes after Bob and Cid where Ann came first.
    with pytest.raises(RecordError) as caught:
        forgotten(contract_of(MOST), drawn, tmp_path)
    assert [fault.code for fault in caught.value.faults] == ["order_of_names"]
    assert NAMED not in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_receipts_are_reconciled_as_before(tmp_path: Path) -> None:
    terms = contract_of("")
    rows = {
        "receipt": ["A1", "A2"],
        "funder": ["council", "council"],
        "received_on": ["2017-03-01", "2017-04-03"],
        "amount": ["250.00", "50.00"],
        "note": ["by bank", "rest"],
    }
    receipts = ib.read_receipts(pd.DataFrame(rows), terms)
    before, after, told = forgotten(terms, EVIDENCE, tmp_path, receipts)
    assert NAMED not in told
    settled = settle(terms, after.evidence, as_of="2017-04-30")
    assert before.receipts is not None
    assert after.receipts is not None
    old, new = (ib.reconcile(settled, one.receipts, on="2017-07-31") for one in (before, after))
    assert old.as_dict() == new.as_dict()
    # What somebody wrote about a child is not rewritten: it is told, and not by its name.
    rows["note"][0] = f"for {NAMED}"
    named = tmp_path / "named"
    named.mkdir()
    with pytest.raises(RecordError) as caught:
        forgotten(terms, EVIDENCE, named, ib.read_receipts(pd.DataFrame(rows), terms))
    assert [fault.code for fault in caught.value.faults] == ["still_named"]
    assert NAMED not in str(caught.value)


# A list of whoever was at a session, and deliveries with their own references and scans.
TABLES = """
  - files: people.csv
    holds: participants
    constant: {started_on: 2024-09-02, recorded_on: 2024-09-02, school: Elm}
    columns: {participant: Child}
  - files: lists.csv
    constant: {recorded_on: 2024-09-30}
    columns: {ref: No, observed_on: Day}
    lists: {metric: club, columns: {There: attended}}
  - files: marks.csv
    constant: {recorded_on: 2024-09-30}
    columns: {ref: Id, participant: Child, observed_on: Day, slot: Half, evidence_ref: Scan,
              source: By}
    metrics: {register: {column: Mark, codes: {"/": present, I: absent}}}
"""


def test_what_a_mapping_read_is_forgotten_with_its_references_and_scans(tmp_path: Path) -> None:
    files = {
        "people.csv": ["Child", NAMED, "Bob-02"],
        "lists.csv": ["No,Day,There", f"V1,2024-09-09,{NAMED}; Bob-02", "V2,2024-09-16,Bob-02"],
        "marks.csv": [
            "Id,Child,Day,Half,Mark,Scan,By",
            f"sf-71,{NAMED},2024-09-09,AM,/,scan of Ms A.pdf,Ms A",
            f"sf-72,{NAMED},2024-09-09,PM,/,scan of Ms A.pdf,office",
            "sf-73,Bob-02,2024-09-09,AM,I,scan of Mr B.pdf,office",
        ],
    }
    paths = [csv_file(tmp_path / name, lines) for name, lines in files.items()]
    mapping = parse_mapping((HEAD + "tables:" + TABLES).encode(), name="partner.yaml")
    terms = partners_contract()
    evidence = read_evidence(paths, terms, mapping=mapping)
    settled = settle(terms, evidence, as_of="2026-08-31")
    kept = ib.write_record(settled, tmp_path / "q.record")
    was = texts_in(kept.read_bytes())
    assert all(one in was for one in (NAMED, "sf-71", "Ms A.pdf"))
    done = ib.forget([kept], [NAMED], tmp_path / "new")
    new = done.written[0]
    told = texts_in(new.read_bytes())
    for gone in (NAMED, "sf-71", "sf-72", "Ms A"):
        assert gone not in told
    for stays in ("Bob-02", "sf-73", "Mr B.pdf", "office"):
        assert stays in told
    record = ib.read_record(new)
    assert record.manifest.mapped == ib.read_record(kept).manifest.mapped
    assert ib.regenerate(new).same
    # 2 of 2 sessions are more than 70%: £200.00, and of whom is not known any more.
    assert [row["amount_pence"] for row in record.result("payments").to_pylist()] == [20_000]
    days = [row["observed_on"] for row in record.evidence.observations_table.to_pylist()]
    assert days.count(date(2024, 9, 9)) == 5


def test_a_child_whom_a_mapping_names_is_told_by_its_place(tmp_path: Path) -> None:
    text = HEAD + f"# {NAMED} came late\ntables:" + TABLES
    paths = [
        csv_file(tmp_path / "people.csv", ["Child", NAMED]),
        csv_file(tmp_path / "lists.csv", ["No,Day,There", f"V1,2024-09-09,{NAMED}"]),
        csv_file(tmp_path / "marks.csv", ["Id,Child,Day,Half,Mark,Scan,By"]),
    ]
    mapping = parse_mapping(text.encode(), name="partner.yaml")
    terms = partners_contract()
    settled = settle(terms, read_evidence(paths, terms, mapping=mapping), as_of="2026-08-31")
    kept = ib.write_record(settled, tmp_path / "q.record")
    with pytest.raises(RecordError, match=r"mappings/partner\.yaml") as caught:
        ib.forget([kept], [NAMED], tmp_path / "new")
    assert [fault.code for fault in caught.value.faults] == ["still_named"]
    assert NAMED not in str(caught.value)
