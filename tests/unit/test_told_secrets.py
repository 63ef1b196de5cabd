"""A secret in any cell of any file that is read is in nothing that is told of it."""

from __future__ import annotations

import csv
import importlib
import inspect
import io
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.evidence_workbooks import FEB, JAN, MAR, small_contract, write_book
from tests.partner_files import (
    CHILDREN,
    CLUB,
    CLUB_TABLE,
    CTF_TABLES,
    EYFSP,
    EYFSP_TABLE,
    HEAD,
    KS2,
    KS2_TABLE,
    LEAK,
    LEAK_TABLE,
    LISTS,
    LISTS_TABLE,
    MARKS,
    NGRT,
    NGRT_TABLE,
    PERCENT,
    PERCENT_TABLE,
    PHONICS,
    PHONICS_TABLE,
    PMM,
    PMM_TABLE,
    SDQ,
    SDQ_TABLE,
    SIMS,
    SIMS_TABLE,
    SUMMARY,
    SUMMARY_TABLE,
    SWEMWBS,
    SWEMWBS_TABLES,
    children,
    contract,
    ctf,
    workbook,
)
from tests.properties.door_contents import ANSWERED, COUNTED, OBSERVED, PEOPLE, RECEIVED
from tests.told_secrets import SECRET, WRITTEN, told_by

import impactbond as ib
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.pseudonyms import Key
from impactbond.evidence.read import read_evidence
from impactbond.mappings.mapping import SourceMapping
from impactbond.mappings.propose import propose_mapping
from impactbond.mappings.read import parse_mapping

Rows = Sequence[Sequence[object]]
# Several marks in a cell, two counts in one, and weekdays as headings.
WEEK: Rows = [
    ["Week commencing 09/09/2024"],
    ["Child", "Mon", "Tue", "%"],
    ["C-01", "/\\", "I-", "18/20"],
]
WEEK_TABLE = """
  - files: "week_*.xlsx"
    headings_on: [2]
    never: "%"
    constant: {recorded_on: 2024-09-30}
    columns: {participant: Child}
    across:
      {metric: register, format: DDD, codes: register, blank: nothing, marks_of: [AM, PM],
       week_of: {cell: A1, after: Week commencing, format: DD/MM/YYYY}}
  - files: "week_*.xlsx"
    headings_on: [2]
    constant: {observed_on: 2024-09-27, recorded_on: 2024-09-30}
    columns: {participant: Child}
    metrics: {attendance: {share: "%", of: "%", separated_by: "/", rounded: down}}
"""


def of_csv(lines: Sequence[str]) -> Rows:
    return list(csv.reader(io.StringIO("\n".join(lines))))


# Each shape of a partner's file: its rows, its headings, codes, tables and what is said with it.
SHAPES: dict[str, tuple[Rows, int, str, str]] = {
    "sims_1.xlsx": (SIMS, 3, MARKS, SIMS_TABLE),
    "mis_summary_1.csv": (of_csv(SUMMARY[:3]), 1, "", SUMMARY_TABLE),
    "register_wide_1.xlsx": (CLUB, 2, "", CLUB_TABLE),
    "register_session_1.csv": (of_csv(LISTS), 1, "", LISTS_TABLE),
    "giap_phonics.csv": (of_csv(PHONICS), 1, "", PHONICS_TABLE),
    "giap_eyfsp.csv": (of_csv(EYFSP[:2]), 1, "", EYFSP_TABLE),
    "giap_ks2.csv": (of_csv(KS2[:3]), 1, "", KS2_TABLE),
    "sdq_1.xlsx": (SDQ[:2], 1, "", SDQ_TABLE),
    "swemwbs_1.xlsx": (SWEMWBS[:2], 1, "", SWEMWBS_TABLES),
    "ngrt_1.xlsx": (NGRT[:3], 1, "", NGRT_TABLE),
    "pmm_1.csv": (of_csv(PMM[:3]), 1, "", PMM_TABLE),
    "percent_1.xlsx": (PERCENT[:3], 1, "", PERCENT_TABLE),
    "pii_1.xlsx": (LEAK, 1, "", LEAK_TABLE),
    "week_1.xlsx": (WEEK, 2, MARKS, WEEK_TABLE),
}


def planted(rows: Rows, headings: int = 1) -> Iterator[tuple[tuple[int, int], list[list[object]]]]:
    """The rows with the secret in each cell in turn, but for the headings, which are told."""
    for at, row in enumerate(rows):
        for place in range(len(row)) if at != headings - 1 else ():
            new = [list(one) for one in rows]
            new[at][place] = WRITTEN[(5 * at + place) % len(WRITTEN)]
            yield (at, place), new


def as_csv(rows: Rows) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode()


def mapping_of(codes: str, tables: str) -> SourceMapping:
    return parse_mapping((HEAD + codes + "tables:" + CHILDREN + tables).encode(), name="p.yaml")


def read_mapped(path: Path, mapping: SourceMapping) -> object:
    given = {"recorded_on": "2024-09-30"} if "given" in mapping.source.decode() else {}
    people = path.with_name("children.csv")
    return read_evidence([people, path], contract(), mapping=mapping, given=given)


@pytest.mark.parametrize("name", SHAPES)
def test_no_cell_of_a_partners_file_is_told(name: str, tmp_path: Path) -> None:
    rows, headings, codes, tables = SHAPES[name]
    children(tmp_path)
    path, mapping = tmp_path / name, mapping_of(codes, tables)
    tried = 0
    for place, new in list(planted(rows, headings))[:: 1 if len(rows[-1]) < 12 else 3]:
        if name.endswith(".csv"):
            path.write_bytes(as_csv(new))
        else:
            workbook(path, {"S": new})
        assert SECRET not in told_by(lambda: read_mapped(path, mapping)), place
        if tried % 3 == 0:
            assert SECRET not in told_by(lambda: propose_mapping(path).text), place
        tried += 1
    assert tried > 3


def test_no_element_of_a_transfer_file_is_told(tmp_path: Path) -> None:
    children(tmp_path)
    path, mapping = ctf(tmp_path / "ctf_1.xml", "25.0"), mapping_of("", CTF_TABLES)
    good = path.read_text()
    elements = list(re.finditer(r"(?<=>)[^<>\s][^<>]*(?=<)", good))
    assert len(elements) > 40
    for at, found in enumerate(elements[::3]):
        word = WRITTEN[at % len(WRITTEN)]
        path.write_text(good[: found.start()] + word + good[found.end() :])
        assert SECRET not in told_by(lambda: read_mapped(path, mapping)), found.start()


# Doors of the contract's own tables.
BOOK: Mapping[str, Rows] = {
    "Children": [("C-1", JAN, None, None, FEB, "Oak", "north")],
    "Surveys": [("R1", "C-1", FEB, MAR, None, 17, 33.75, 92.5)],
    "Forms": [
        ("F1", "C-1", FEB, MAR, None, "parent", "scan", "yes", "no"),
        ("F2", "C-1", FEB, MAR, "F1", "parent", "scan", "yes", "no"),
    ],
    "Sessions": [("C-1", FEB, MAR, "attended")],
}


def test_no_cell_of_an_evidence_workbook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "e.xlsx"
    for sheet, rows in BOOK.items():
        for place, new in planted(rows, headings=0):
            write_book(path, {**BOOK, sheet: new})
            told = told_by(lambda: read_evidence(path, small_contract()))
            assert SECRET not in told, (sheet, place)


def ask_rows(path: Path) -> object:
    people = path.with_name("p.csv")
    if path != people:
        people.write_bytes(PEOPLE.replace(SECRET.encode(), b"C"))
    observed = path if path != people else path.with_name("o.csv")
    observed = observed if observed.exists() else people.with_name("o.csv")
    if not observed.exists():
        observed.write_bytes(OBSERVED.replace(SECRET.encode(), b"C"))
    return read_evidence({"participants": people, "observations": observed}, small_contract())


def ask_at_rest(path: Path) -> object:
    people = path.with_name("p.csv")
    people.write_bytes(PEOPLE.replace(SECRET.encode(), b"C"))
    source = {"participants": people, "observations": path}
    return read_evidence(source, small_contract(), at_rest=True)


def ask_pseudonymised(path: Path) -> object:
    done = ib.pseudonymise(path, columns=["child"], key=Key(bytes(range(32))))
    assert re.fullmatch(r"<Pseudonymised: 2 rows, [12] children>", repr(done))
    return done


DOORS: dict[str, tuple[str, bytes, Callable[[Path], object]]] = {
    "participants": ("p.csv", PEOPLE, ask_rows),
    "observations": ("o.csv", OBSERVED, ask_rows),
    "observations at rest": ("o.csv", OBSERVED, ask_at_rest),
    "counts": ("n.csv", COUNTED, lambda path: ib.read_claims(path, small_contract())),
    "receipts": ("r.csv", RECEIVED, lambda path: ib.read_receipts(path, small_contract())),
    "references to replace": ("a.csv", ANSWERED, ask_pseudonymised),
}


@pytest.mark.parametrize("door", DOORS)
def test_no_cell_of_a_table_is_told(door: str, tmp_path: Path) -> None:
    name, content, ask = DOORS[door]
    rows = of_csv(content.replace(SECRET.encode(), b"C").decode().splitlines())
    tried = 0
    for place, new in planted(rows[:2] if content is OBSERVED else rows[:3]):
        (tmp_path / name).write_bytes(as_csv(new))
        assert SECRET not in told_by(lambda: ask(tmp_path / name)), (door, place)
        tried += 1
    assert tried >= 6


# What looks for secrets finds them.


def leaking(where: str) -> object:
    """Something that tells a secret in one of the places where it is looked for."""
    hidden = ValueError(f"could not convert {SECRET}")
    match where:
        case "result":
            return [SECRET]
        case "stream":
            print(SECRET)
            return None
        case "fault":
            raise EvidenceError("wrong", [Fault(problem=SECRET)])
        case "cause":
            raise EvidenceError("wrong") from hidden
        case _:
            try:
                raise hidden
            except ValueError:
                raise EvidenceError("wrong") from None


@pytest.mark.parametrize("where", ["result", "stream", "fault", "cause", "context"])
def test_a_secret_that_is_told_is_found(where: str) -> None:
    assert SECRET in told_by(lambda: leaking(where))


# What stands in a cell is in no representation, nor in what a debugger shows of one.
_CELLS = re.compile(r"\bbytes\b|pa\.Table|\bCells\b|dict\[str, Any\]\]|^object$|Sequence\[object\]")
# Bytes of keys, of terms and of fonts are no cells; a term's value stands in its file.
_NO_CELLS = {"Located", "Repair", "TemplateColumn"}


def classes() -> Iterator[Any]:
    for module in pkgutil.walk_packages(ib.__path__, "impactbond."):
        if not module.name.endswith("__main__"):
            found = vars(importlib.import_module(module.name)).items()
            yield from (
                one for _, one in found if inspect.isclass(one) and one.__module__ == module.name
            )


def test_what_holds_cells_or_participants_shows_none() -> None:
    shown = []
    for one in classes():
        if is_dataclass(one) and one.__dataclass_params__.repr and one.__name__ not in _NO_CELLS:
            for field in fields(one):
                holds = _CELLS.search(str(field.type)) or field.name == "participant"
                if field.repr and holds:
                    shown.append(f"{one.__module__}.{one.__name__}.{field.name}")
    assert shown == []
