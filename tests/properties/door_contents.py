"""Good contents of terms and tables for the doors, and who reads each."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from io import BytesIO, StringIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import xlsxwriter
from tests.commands import run
from tests.evidence_workbooks import FEB, JAN, MAR, small_contract, write_book
from tests.partner_files import CHILDREN, CTF_TABLES, HEAD, MARKS, SIMS, SIMS_TABLE, ctf
from tests.partner_files import contract as partners_contract
from tests.partner_files import workbook as partners_workbook
from tests.properties.mutated_files import (
    SECRET,
    WORDS,
    other_bytes,
)

import impactbond as ib
from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.errors import ImpactBondError
from impactbond.evidence.pseudonyms import KEY_BYTES, Key
from impactbond.mappings.propose import propose_mapping
from impactbond.mappings.read import parse_mapping

FIXTURES = Path(__file__).parents[2] / "fixtures"
NAMED = f"{SECRET}-1".encode()
Ask = Callable[[Path], object]


# Contracts, and what is written beside them in the same manner.


def fixture(*names: str) -> bytes:
    return FIXTURES.joinpath(*names).read_bytes()


@cache
def contracts() -> tuple[bytes, ...]:
    names = ("bradford_end_of_life", "newpin", "chances", "hounslow_dementia")
    return tuple(fixture("contracts", f"{name}.yaml") for name in names)


@cache
def demo_contract() -> Contract:
    return parse_contract(fixture("contracts", "west_london_zone.yaml"), name="demo.yaml")


@cache
def contracts_as_json() -> tuple[bytes, ...]:
    read = (parse_contract(content, name="c.yaml") for content in contracts()[:2])
    return tuple(ib.terms_json(contract).encode() for contract in read)


def ask_contract(path: Path) -> object:
    """Read; and now and then checked and told, which takes longer."""
    contract = ib.read_contract(path)
    return (ib.check(contract), ib.render(contract)) if path.stat().st_size % 10 == 0 else ""


def ask_versions(path: Path) -> object:
    folder = path.parent / "versions"
    folder.mkdir(exist_ok=True)
    (folder / "1.yaml").write_bytes(contracts()[0])
    later = path.read_bytes().replace(b"number: 1", b"number: 2").replace(b"original", b"amendment")
    (folder / "2.yaml").write_bytes(later)
    return ib.read_versions(folder).terms.contract


MAPPING = (HEAD + MARKS + "tables:" + CHILDREN + SIMS_TABLE).encode()
CTF_MAPPING = (HEAD + MARKS + "tables:" + CHILDREN + CTF_TABLES).encode()


# Evidence, counts, receipts: as CSV, as Parquet, as a workbook.

PEOPLE = f"""participant,started_on,recorded_on,school,borough
{SECRET}-1,2017-01-31,2017-01-31,Oak,north
{SECRET}-2,2017-01-31,2017-01-31,Elm,south
""".encode()
OBSERVED = f"""observation,participant,metric,value,observed_on,recorded_on,supersedes,note
R1,{SECRET}-1,consent,yes,2017-02-01,2017-02-11,,seen
R2,{SECRET}-2,sdq,17,2017-02-02,2017-02-11,,"of 5"" and more"
R3,{SECRET}-2,attendance,92.5,2017-02-03,2017-02-11,,
R4,{SECRET}-1,sdq,18,2017-02-04,2017-02-11,R2,"two
lines"
""".encode()
COUNTED = b"""milestone,period,number
consent,2017-Q1,12
consent,2017-Q2,1
consent,2017-Q4,30
"""
RECEIVED = b"""receipt,funder,received_on,amount,claim_period,note,kind
B-1,council,2017-05-01,100.00,2017-Q1,,received
B-2,council,2017-08-02,"1,250.50",,by cheque,received
B-3,A council,2017-09-01,50,2017-Q2,,refund
"""
ANSWERED = f"""child,done,q1,q2,q3,q4,q5
{SECRET}-1,2024-09-01,1,2,3,4,5
{SECRET}-2,2024-09-02,At no time,All of the time,0,N/A,
""".encode()
KEY = b"impactbond key 1\n" + bytes(range(32)).hex().encode() + b"\n"
INSTRUMENTS = sorted(Path(str(ib.__file__)).parent.glob("questionnaires/shipped/*.yaml"))
BALANCES = b"account,debit,credit\n1100,1234.50,\n1105,,20\n4105,0.00,\n"


@cache
def as_workbook(table: bytes) -> bytes:
    """The cells of a CSV as a workbook of one sheet, numbers as numbers."""
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_numbers": True}) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate(table.decode().splitlines()):
            sheet.write_row(at, 0, line.split(","))
    return content.getvalue()


@cache
def evidence_workbook() -> bytes:
    """A small evidence workbook in the form that its contract says."""
    people = [(f"{SECRET}-{n}", JAN, None, None, FEB, "Oak", "north") for n in (1, 2)]
    surveys = [
        ("R1", f"{SECRET}-1", FEB, MAR, None, 17, 33.75, 92.5),
        ("R2", f"{SECRET}-2", FEB, MAR),
    ]
    with TemporaryDirectory() as name:
        rows = {"Children": people, "Surveys": surveys}
        return write_book(Path(name, "e.xlsx"), rows).read_bytes()


def parquet_mutant(content: bytes, random: Random) -> bytes:
    """Observations as Parquet: other types and cells, or other bytes."""
    if random.random() < 0.4:
        return other_bytes(content, random)
    names, rows = observed_cells()
    random.choice(rows)[random.randrange(len(names))] = random.choice(WORDS).decode()
    return as_parquet(names, rows, random)


def observed_cells() -> tuple[list[str], list[list[str]]]:
    names, *rows = list(csv.reader(StringIO(OBSERVED.decode())))
    return names, rows


def as_parquet(names: list[str], rows: list[list[str]], random: Random | None = None) -> bytes:
    """The cells as texts; with `random`, now and then a column of another type."""
    columns: dict[str, Any] = {}
    for at, name in enumerate(names):
        cells: list[Any] = [row[at] or None for row in rows]
        kind: pa.DataType = pa.string()
        if random is not None and random.random() < 0.1:
            kind = random.choice([pa.int64(), pa.float64(), pa.bool_(), pa.binary(), pa.date32()])
            is_whole = kind in (pa.int64(), pa.float64()) and random.random() < 0.5
            cells = list(range(len(rows))) if is_whole else [None] * len(rows)
        columns[name] = pa.array(cells, kind)
    content = BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()


@cache
def observed_parquet() -> list[bytes]:
    return [as_parquet(*observed_cells())]


def told_of(found: Any) -> object:
    """What a reader tells of rows that it read: whatever it shows must not say who a child is."""
    return [str(found.refused_table.to_pylist()), *found.cautions, repr(found)]


def beside_people(path: Path) -> dict[str, Path]:
    people = path.with_name("people.csv")
    people.write_bytes(PEOPLE)
    return {"participants": people, "observations": path}


def ask_rows(path: Path) -> object:
    return told_of(ib.read_evidence(beside_people(path), small_contract(), at_rest=False))


def ask_at_rest(path: Path) -> object:
    return told_of(ib.read_evidence(beside_people(path), small_contract(), at_rest=True))


def ask_people(path: Path) -> object:
    observed = path.with_name("observed.csv")
    observed.write_bytes(OBSERVED)
    tables = {"participants": path, "observations": observed}
    return told_of(ib.read_evidence(tables, small_contract(), at_rest=False))


def ask_evidence(path: Path) -> object:
    return told_of(ib.read_evidence(path, small_contract()))


def ask_settled(path: Path) -> object:
    contract = small_contract()
    evidence = ib.read_evidence(path, contract)
    found = ib.settle(contract, evidence, as_of="2018-01-31", leave_out_refused=True)
    return repr(found)


def ask_marked(path: Path) -> object:
    out = path.with_name("marked.xlsx")
    out.unlink(missing_ok=True)
    evidence = ib.read_evidence(path, small_contract())
    return [told_of(evidence), ib.mark_workbook(path, evidence, out).name]


def ask_pseudonymised(path: Path) -> object:
    key = Key(b"k" * KEY_BYTES)
    done = ib.pseudonymise(path, columns=["participant"], key=key)
    return done.rows, done.children


def ask_counts(path: Path) -> object:
    return repr(ib.read_claims(path, small_contract()))


def ask_receipts(path: Path) -> object:
    return told_of(ib.read_receipts(path, small_contract()))


def cells_mutant(content: bytes, random: Random) -> bytes:
    """A table with other cells under the same headings, in CSV that is whole."""
    names, *rows = list(csv.reader(StringIO(content.decode())))
    others = [word.decode() for word in WORDS if b"\0" not in word]
    for _ in range(random.choice((1, 1, 2, 3))):
        row = random.choice(rows)
        cell = random.choice(rows)[random.randrange(len(names))]
        new = random.choice((cell, f" {cell}", f"{cell}\u200b", *random.sample(others, 4)))
        row[random.randrange(len(names))] = new
    text = StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([names, *rows])
    return text.getvalue().encode()


def answer_of(read: Callable[[], Any]) -> object:
    """What evidence or receipts say and refuse, wherever they stand; or that all is refused."""
    try:
        found = read()
    except ImpactBondError as error:
        return sorted({fault.code for fault in error.faults})
    tables = ("participants_table", "observations_table", "table")
    said_ = [getattr(found, name) for name in tables if hasattr(found, name)]
    refused = found.refused_table.select(["column", "code"])
    rows = [table.drop_columns(["file", "sheet", "row"]).to_pylist() for table in said_]
    return rows, sorted(map(str, refused.to_pylist()))


def ask_every_door(path: Path) -> object:
    """The same cells as CSV, as a frame, as Parquet; where they lie now and then."""
    names, *rows = list(csv.reader(StringIO(path.read_text())))
    contract, people = small_contract(), pa.csv.read_csv(BytesIO(PEOPLE))
    parquet = path.with_name("o.parquet")
    parquet.write_bytes(as_parquet(names, rows))
    frame = pa.table({name: [row[at] or None for row in rows] for at, name in enumerate(names)})
    answers = {
        form: answer_of(
            lambda observed=observed: ib.read_evidence(
                {"participants": people, "observations": observed}, contract, at_rest=False
            )
        )
        for form, observed in {"CSV": path, "Parquet": parquet, "frame": frame}.items()
    }
    for form in ("Parquet", "frame"):
        if answers[form] != answers["CSV"]:
            raise AssertionError(f"{form} and CSV differ: {answers}")
    return ""


def ask_both_doors(path: Path) -> object:
    """The same cells of receipts as CSV, and as texts in a workbook."""
    names, *rows = list(csv.reader(StringIO(path.read_text())))
    book = path.with_name("r.xlsx")
    with xlsxwriter.Workbook(str(book), {"strings_to_formulas": False}) as made:
        sheet = made.add_worksheet()
        for at, row in enumerate([names, *rows]):
            for column, cell in enumerate(row):
                sheet.write_string(at, column, cell)
    one, other = (
        answer_of(lambda file=file: ib.read_receipts(file, small_contract()))
        for file in (path, book)
    )
    if one != other:
        raise AssertionError(f"CSV and workbook differ: {one} {other}")
    return ""


def ask_scored(path: Path) -> object:
    done = run("score", path, "--instrument", "who-5")
    if done.returncode == 3:
        raise RuntimeError(done.stderr)
    return done.stderr


def ask_proposed(path: Path) -> object:
    return propose_mapping(path, None).text


# A partner's files by a mapping.


@cache
def partners_file() -> bytes:
    rows = [[f"{SECRET}-1" if one == "C-01" else one for one in row] for row in SIMS]
    with TemporaryDirectory() as name:
        return partners_workbook(Path(name, "sims_a.xlsx"), {"Autumn": rows}).read_bytes()


@cache
def transfer_file() -> bytes:
    with TemporaryDirectory() as name:
        return ctf(Path(name, "ctf_a.xml"), "25.0").read_bytes().replace(b"C-01", NAMED)


def ask_mapped(path: Path) -> object:
    text = CTF_MAPPING if path.suffix == ".xml" else MAPPING
    children = path.with_name("children.csv")
    children.write_text(f"Child\n{SECRET}-1\n{SECRET}-2\n")
    mapping = parse_mapping(text, name="partner.yaml")
    given = {} if path.suffix == ".xml" else {"recorded_on": "2024-09-30"}
    return told_of(
        ib.read_evidence([children, path], partners_contract(), mapping=mapping, given=given)
    )
