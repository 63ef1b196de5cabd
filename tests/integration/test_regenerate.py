"""Regenerating: a record settles to the same bytes again, from nothing but what it holds."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from tests.evidence_workbooks import few_children
from tests.spec.drawn_tables import settled

from impactbond.canonical import json_bytes, sha256, zip_bytes
from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.dialect import Engine
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.explanation.explain import explain
from impactbond.records.record import read_record, write_record
from impactbond.records.regenerate import regenerate
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

FIXTURES = Path(__file__).parents[2] / "fixtures"
SECRET = "secret-77"
EVIDENCE = f"""
    child        | metric  | on         | value | recorded   | ref | replaces
    {SECRET}     | consent | 2017-02-01 | yes   | 2017-02-01 | a   |
    secret-78    | consent | 2017-02-01 | yes   | 2017-02-11 | b   |
    {SECRET}     | consent | 2017-02-01 | no    | 2017-06-01 | c   | a
"""
TERMS = """
funding: [{for: every milestone, shares: {council: 1/3, school: the rest}}]
tranches: {first: {pay: 50.00, on: 2017-01-02, by: {council: 100%}, recovered: {at: 40%}}}
limits: [{contract: whole, at_most: 150.00, beyond: unpaid}]
"""


@pytest.fixture(scope="module")
def london(tmp_path_factory: pytest.TempPathFactory) -> tuple[Contract, Evidence]:
    contract = read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
    workbook = few_children(tmp_path_factory.mktemp("london") / "west_london_zone.xlsx")
    return contract, read_evidence(workbook, contract)


def of_london(london: tuple[Contract, Evidence], as_of: str, earlier: object = None) -> Settlement:
    contract, evidence = london
    return settle(contract, evidence, as_of=as_of, leave_out_refused=True, earlier=earlier)  # type: ignore[arg-type]


def forge(path: Path, changes: dict[str, tuple[bytes, bytes]], engine: str | None = None) -> Path:
    """A record with some bytes of some parts replaced, and a manifest that fits them."""
    found = dict(read_record(path).parts)
    for part, (was, is_) in changes.items():
        assert was in found[part]
        found[part] = found[part].replace(was, is_, 1)
    manifest = json.loads(found.pop("manifest.json"))
    manifest["engine"] = engine or manifest["engine"]
    manifest["parts"] = [
        {"name": name, "sha256": sha256(content), "size": len(content)}
        for name, content in sorted(found.items())
    ]
    forged = path.with_name("forged.record")
    forged.write_bytes(zip_bytes(found | {"manifest.json": json_bytes(manifest)}))
    return forged


@pytest.mark.parametrize("as_of", ["2017-01-31", "2018-01-31", "2019-06-30"])
def test_the_example_regenerates_byte_for_byte(
    london: tuple[Contract, Evidence], as_of: str, tmp_path: Path
) -> None:
    path = write_record(of_london(london, as_of), tmp_path / "london.record")
    again = regenerate(path)
    assert again.same
    assert again.text.endswith(f"All {again.compared} results are the same, byte for byte")
    twice = write_record(again.settlement, tmp_path / "again.record")
    assert twice.read_bytes() == path.read_bytes()


def test_quarters_settled_one_on_the_record_of_the_other_regenerate(
    london: tuple[Contract, Evidence], tmp_path: Path
) -> None:
    path = None
    for as_of in ("2017-04-30", "2017-07-31", "2018-07-31"):
        earlier = read_record(path) if path else None
        path = write_record(of_london(london, as_of, earlier), tmp_path / f"{as_of}.record")
        again = regenerate(path)
        assert again.same, again.text
        twice = write_record(again.settlement, tmp_path / "again.record", replace=True)
        assert twice.read_bytes() == path.read_bytes()
    assert path is not None
    at_once = of_london(london, "2018-07-31")
    assert read_record(path).lines_table.equals(at_once.lines_table)


@pytest.mark.parametrize("engine", ["duckdb", "polars", "pandas"])
def test_every_engine_regenerates_the_same_bytes(engine: Engine, tmp_path: Path) -> None:
    path = write_record(settled(TERMS, EVIDENCE), tmp_path / "kept.record")
    assert regenerate(path, engine=engine).same


def test_a_regenerated_settlement_explains_itself(
    london: tuple[Contract, Evidence], tmp_path: Path
) -> None:
    settlement = of_london(london, "2018-01-31")
    again = regenerate(write_record(settlement, tmp_path / "london.record")).settlement
    told = explain(settlement, participant="C-0001")
    kept = explain(again, participant="C-0001")
    assert told.milestones[1].lines == kept.milestones[1].lines
    assert told.milestones[1].sentence == kept.milestones[1].sentence


def test_a_result_that_was_made_anew_is_found_by_its_row_and_columns(tmp_path: Path) -> None:
    path = write_record(settled(TERMS, EVIDENCE), tmp_path / "kept.record")
    paid = {"results/lines.csv": (b"10000,10000,0,10000", b"10000,10000,1,9999")}
    again = regenerate(forge(path, paid))
    assert not again.same
    assert [str(difference) for difference in again.differences] == [
        "results/lines.csv: comes out otherwise, first in row 2 (withheld_pence, entitled_pence)"
    ]
    assert "1 of 9 results are not the same:" in again.text
    assert SECRET not in again.text
    assert again.as_dict()["differences"][0]["row"] == 2


def test_evidence_that_was_made_anew_changes_the_results(tmp_path: Path) -> None:
    path = write_record(settled(TERMS, EVIDENCE, "2017-04-30"), tmp_path / "kept.record")
    no = (f"{SECRET},consent,1".encode(), f"{SECRET},consent,0".encode())
    again = regenerate(forge(path, {"evidence/observations.csv": no}))
    changed = {difference.part.partition("/")[0] for difference in again.differences}
    assert changed == {"results", "statements"}
    assert SECRET not in again.text
    assert SECRET not in json.dumps(again.as_dict())
    assert SECRET not in repr(again)


def test_rows_too_many_or_too_few_are_told(tmp_path: Path) -> None:
    path = write_record(settled(TERMS, EVIDENCE), tmp_path / "kept.record")
    lines = read_record(path).parts["results/lines.csv"]
    last = lines.rstrip(b"\n").rpartition(b"\n")[2] + b"\n"
    fewer = regenerate(forge(path, {"results/lines.csv": (last, b"")}))
    assert "results/lines.csv: has more rows, first in row 5" in fewer.text
    more = regenerate(forge(path, {"results/lines.csv": (last, last * 2)}))
    assert "results/lines.csv: has fewer rows, first in row 6" in more.text
    written = regenerate(forge(path, {"results/lines.csv": (b"line,", b'"line",')}))
    assert "results/lines.csv: is written otherwise" in written.text


def test_a_workbook_is_compared_by_what_it_holds(tmp_path: Path) -> None:
    path = write_record(settled(TERMS, EVIDENCE), tmp_path / "kept.record")
    name = "statements/specification_2018-Q4_council.xlsx"
    book = read_record(path).parts[name]
    with ZipFile(BytesIO(book)) as file:
        held = {entry.filename: file.read(entry) for entry in file.infolist()}

    def packed(changes: dict[str, bytes]) -> bytes:
        content = BytesIO()
        with ZipFile(content, "w", ZIP_STORED) as file:
            for part, inside in (held | changes).items():
                file.writestr(part, inside)
        return content.getvalue()

    assert regenerate(forge(path, {name: (book, packed({}))})).same
    otherwise = packed({"xl/workbook.xml": b"<workbook/>"})
    found = regenerate(forge(path, {name: (book, otherwise)}))
    assert [str(difference) for difference in found.differences] == [
        f"{name}: the workbook holds something else"
    ]
    assert not regenerate(forge(path, {name: (book, b"not a workbook")})).same


def test_statements_that_do_not_belong_are_told(tmp_path: Path) -> None:
    path = write_record(settled(TERMS, EVIDENCE), tmp_path / "kept.record")
    parts = dict(read_record(path).parts)
    name = "statements/specification_2018-Q4_council.xlsx"
    parts["statements/other.xlsx"] = parts.pop(name)
    path.write_bytes(zip_bytes(parts | {"manifest.json": manifest_of(parts)}))
    again = regenerate(path)
    assert [str(difference) for difference in again.differences] == [
        "statements/other.xlsx: does not come out again",
        f"{name}: comes out now and was not kept",
    ]


def manifest_of(parts: dict[str, bytes]) -> bytes:
    manifest = json.loads(parts["manifest.json"])
    manifest["parts"] = [
        {"name": name, "sha256": sha256(content), "size": len(content)}
        for name, content in sorted(parts.items())
        if name != "manifest.json"
    ]
    return json_bytes(manifest)


def test_another_engine_version_is_reported_and_does_no_harm(tmp_path: Path) -> None:
    path = write_record(settled(TERMS, EVIDENCE), tmp_path / "kept.record")
    parts = read_record(path).parts
    books = {name: parts[name] for name in parts if name.startswith("statements/")}
    again = regenerate(forge(path, {}, engine="0.0.9"))
    assert "Made by engine 0.0.9, settled again by engine" in again.text
    # The statements name the engine that made them: these were made by the one at hand.
    assert {difference.part for difference in again.differences} == set(books)
    assert "<pre>" in again._repr_html_()
    assert str(again) == again.text
