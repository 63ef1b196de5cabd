"""What a record holds: its parts, each as bytes, and a manifest with the digest of each.

Takes  a settlement.
Gives  what it rests on and what came out of it, under the names that parts have; which of them one
       funder may see.
Keeps  the same settlement gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from os import PathLike
from zipfile import ZipFile

import pyarrow as pa
from pydantic import ValidationError

from impactbond.canonical import csv_bytes, json_bytes, sha256, zip_bytes
from impactbond.contract.contract import Contract
from impactbond.errors import Fault, ImpactBondError, RecordError
from impactbond.evaluation.decisions import DECISIONS
from impactbond.evaluation.inputs import ClaimDate
from impactbond.evidence.counts import Counts, counts_schema
from impactbond.evidence.evidence import (
    REFUSED_SCHEMA,
    Evidence,
    observations_schema,
    participants_schema,
)
from impactbond.evidence.mapped import MappedBy
from impactbond.receipts.receipts import RECEIPTS, Receipts
from impactbond.records.workbook import reference_of
from impactbond.settlement.counted_claims import no_evidence
from impactbond.settlement.lines import LINES, SHARES
from impactbond.settlement.results import RESULT_PARTS
from impactbond.settlement.results import RESULTS as MEASURED
from impactbond.settlement.schedule import BALANCES, PAYMENTS
from impactbond.settlement.settlement import TABLES, Settlement
from impactbond.statements.about import ALL_FUNDERS
from impactbond.statements.source import Replaced, StatementSource, statement_source
from impactbond.statements.write import statement_files, with_receipts
from impactbond.tables import sorted_by
from impactbond.terms.term import Listed, Term
from impactbond.version import __version__

FORMAT = 1
MANIFEST = "manifest.json"
CONTRACT = "contract.yaml"
VERSIONS = "versions/"
HOLIDAYS = "holidays.json"
EARLIER = "earlier/lines.csv"
RECEIVED, REFUSED_RECEIPTS = "receipts/received.csv", "receipts/refused.csv"
EVIDENCE = {name: f"evidence/{name}.csv" for name in ("participants", "observations", "refused")}
MAPPINGS = "mappings/"  # the texts of the mappings by which files were read
COUNTS = "evidence/counts.csv"  # in place of participants and observations
RESULTS = {name: f"results/{name}.csv" for name in (*TABLES, "results", "result_parts")}
WORKBOOKS = "statements/"
# The columns of the parts that are read back as tables, without the evidence, whose columns the
# contract says.
SCHEMAS = {
    EARLIER: LINES,
    RECEIVED: RECEIPTS,
    REFUSED_RECEIPTS: REFUSED_SCHEMA,
    RESULTS["decisions"]: DECISIONS,
    RESULTS["lines"]: LINES,
    RESULTS["shares"]: SHARES,
    RESULTS["payments"]: PAYMENTS,
    RESULTS["balances"]: BALANCES,
    RESULTS["results"]: MEASURED,
    RESULTS["result_parts"]: RESULT_PARTS,
}
SEEN_BY_FUNDER = (RECEIVED, *(RESULTS[name] for name in ("shares", "payments", "balances")))
_ORDER = {
    "participants": ("participant", "from_on", "recorded_on"),
    "observations": ("participant", "metric", "observed_on", "recorded_on", "observation"),
    "refused": ("file", "sheet", "row", "column"),
}
UNTRUSTED = "The record cannot be trusted."
# What stands between claim period and funder in the reference of a statement.
_NUMBERED = re.compile(r"^(, number [0-9]+)? / ")


@contextmanager
def fitting_together(name: str) -> Iterator[None]:
    """What settles or compares from the parts of the record called `name`.

    A digest says that a part is the one that was packed, not that the engine wrote it. Parts that
    somebody made and sealed can break a rule anywhere in the course from evidence to money, far
    from where the record was read; whatever that ends in is told as the record's fault.
    """
    try:
        yield
    except ImpactBondError:
        raise
    except Exception as error:  # see above; its words can hold what the part holds
        fault = Fault(
            file=name,
            code="parts_disagree",
            problem="what its parts hold does not fit together, so that nothing can be settled",
            found=type(error).__name__,
            hint="Take the record from where it was kept; if it is as it was written, report this",
        )
        raise RecordError(UNTRUSTED, [fault]) from None


class RecordPart(Term):
    """One part of a record."""

    name: str
    sha256: str
    size: int


class OfContract(Term):
    """Which contract was settled."""

    contract: str
    version: int
    sha256: str

    @classmethod
    def of(cls, contract: Contract) -> OfContract:
        """Which contract it is."""
        number, digest = contract.version.number, contract.digest
        return cls(contract=contract.contract, version=number, sha256=digest)


class OfClaim(Term):
    """Which claim: its period, and the claim date by which evidence counts."""

    claim_period: str
    claim_date: date

    @classmethod
    def of(cls, claim: ClaimDate) -> OfClaim:
        """Which claim is made on a claim date."""
        return cls(claim_period=claim.label, claim_date=claim.known_by)


class View(Term):
    """Whose view a record holds, and the digest of the whole record that it was cut from."""

    funder: str
    of_record: str


class Forgotten(Term):
    """How many participants a record names no more, and the digest of the record in whose place it
    stands.
    """

    participants: int
    of_record: str


class Manifest(Term):
    """What a record says about itself.

    `earlier` is the last claim that came in closed, and `previous_record` the digest of its record,
    where there was one. `view` is None in a whole record. `replaces` are the issued statements that
    those of this record replace. `mapped` says which mapping read which files of the evidence, and
    `forgotten` how many participants are under pseudonyms that nobody can resolve.
    """

    impactbond_record: int = FORMAT
    engine: str
    contract: OfContract
    claim: OfClaim
    as_of: date
    refused_left_out: int
    earlier: OfClaim | None = None
    previous_record: str | None = None
    view: View | None = None
    replaces: Listed[Replaced] = ()
    mapped: Listed[MappedBy] = ()
    forgotten: Forgotten | None = None
    parts: Listed[RecordPart] = ()


def is_record(path: str | PathLike[str]) -> bool:
    """Whether a file is a record, or was one before it was damaged: a zip file with a manifest."""
    try:
        with ZipFile(path) as file:
            return MANIFEST in file.namelist()
    except Exception:  # whatever damaged bytes make of a zip file, and what cannot be opened
        return False


def read_manifest(content: bytes, name: str) -> Manifest:
    """The manifest of a record called `name`. Raises RecordError unless it is of this format."""
    problem = f"the part '{MANIFEST}' is damaged"
    damaged = RecordError(UNTRUSTED, [Fault(file=name, code="manifest_damaged", problem=problem)])
    try:
        plain = json.loads(content)
    except (ValueError, RecursionError):
        raise damaged from None
    if not isinstance(plain, dict):
        raise damaged
    found = plain.get("impactbond_record")
    if found != FORMAT:
        fault = Fault(
            file=name,
            code="other_format",
            problem=f"the record is of format {found!a}, made by engine {plain.get('engine')!a}",
            allowed=f"format {FORMAT}",
            hint="Read it with the version of impactbond that made it",
        )
        raise RecordError("The record is of another format.", [fault])
    try:
        return Manifest.model_validate_json(content)
    except ValidationError:
        raise damaged from None


def damage(name: str, code: str, problem: str) -> Fault:
    """The fault of a record called `name` that is not as it was written."""
    hint = "Take the record from where it was kept; write it anew only if it was never relied on"
    return Fault(file=name, code=code, problem=problem, hint=hint)


def unlike_manifest(manifest: Manifest, parts: Mapping[str, bytes], name: str) -> list[Fault]:
    """Parts that are missing, changed or extra by the manifest."""
    listed = {part.name: part for part in manifest.parts}
    told = []
    for part, kept in listed.items():
        if part not in parts:
            told.append(("part_missing", f"the part '{part}' is missing"))
        elif sha256(parts[part]) != kept.sha256 or len(parts[part]) != kept.size:
            told.append(("part_changed", f"the part '{part}' is not the one that was kept"))
    extra = sorted(parts.keys() - listed.keys() - {MANIFEST})
    told += [("part_extra", f"the part {part!a} does not belong to the record") for part in extra]
    return [Fault(file=name, code=code, problem=problem) for code, problem in told]


def packed(manifest: Manifest, parts: Mapping[str, bytes]) -> bytes:
    """The file of a record: its parts, and its manifest with the digest of each."""
    listed = tuple(
        RecordPart(name=name, sha256=sha256(content), size=len(content))
        for name, content in sorted(parts.items())
    )
    plain = manifest.model_copy(update={"parts": listed}).model_dump(mode="json")
    if manifest.view is None:  # as records were written before there were views
        del plain["view"]
    if not manifest.replaces:  # and as before statements had numbers
        del plain["replaces"]
    if manifest.forgotten is None:  # and as before anybody was forgotten
        del plain["forgotten"]
    if not manifest.mapped:  # and as before there were mappings
        del plain["mapped"]
    for one in plain.get("replaces", ()):
        if one["as_of"] is None:  # and as before it was kept what was asked for
            del one["asked_pence"], one["as_of"]
    for one in plain.get("mapped", ()):
        if not one["instruments"]:  # and as before mappings had scores made
            del one["instruments"]
    return zip_bytes({**parts, MANIFEST: json_bytes(plain)})


def parts_of(
    settlement: Settlement,
    engine: str,
    receipts: Receipts | None = None,
    replaces: tuple[Replaced, ...] = (),
) -> dict[str, bytes]:
    """Every part but the manifest; `engine` is the version that statements are to name."""
    parts = {
        CONTRACT: settlement.contract.source,
        HOLIDAYS: json_bytes([day.isoformat() for day in settlement.holidays]),
    }
    if len(settlement.versions) > 1:
        for one in settlement.versions:
            parts[f"{VERSIONS}{one.version.number:03d}.yaml"] = one.source
    # The evidence known on the claim date, in an order that follows from what it says.
    known = settlement.basis.known_on(settlement.claim.known_by)
    counted = settlement.counts is not None
    for name, schema in evidence_schemas(settlement.contract, counted=counted).items():
        table = getattr(known, f"{name}_table").select(schema.names).cast(schema)
        first = _ORDER.get(name, ())
        others = [column for column in schema.names if column not in first]
        parts[EVIDENCE.get(name, COUNTS)] = csv_bytes(sorted_by(table, *first, *others))
    for name, text in settlement.evidence.mappings.items():
        parts[f"{MAPPINGS}{name}.yaml"] = text
    if settlement.earlier is not None:
        parts[EARLIER] = csv_bytes(settlement.earlier.lines_table)
    if receipts is not None:
        receipts = receipts.received_by(settlement.claim.known_by)
        parts[RECEIVED] = csv_bytes(receipts.received_table)
        parts[REFUSED_RECEIPTS] = csv_bytes(receipts.refused_table)
    return parts | results_of(settlement, engine, receipts, replaces)


def evidence_schemas(contract: Contract, *, counted: bool) -> dict[str, pa.Schema]:
    """The columns of each table of evidence, or of counts in its place."""
    attributes = tuple(contract.participants.attributes)
    if counted:
        return {"counts": counts_schema(attributes), "refused": REFUSED_SCHEMA}
    return {
        "participants": participants_schema(attributes),
        "observations": observations_schema(contract),
        "refused": REFUSED_SCHEMA,
    }


def evidence_kept(
    contract: Contract,
    parts: Mapping[str, bytes],
    table: Callable[[str, pa.Schema], pa.Table],
    mapped: tuple[MappedBy, ...],
) -> tuple[Evidence, Counts | None]:
    """The evidence that a record keeps, and the counts in its place, by what reads its parts; with
    the mappings by which its files were read.
    """
    counted = COUNTS in parts
    schemas = evidence_schemas(contract, counted=counted)
    tables = {
        f"{name}_table": table(EVIDENCE.get(name, COUNTS), of) for name, of in schemas.items()
    }
    if not counted:
        texts = {
            name.removeprefix(MAPPINGS).removesuffix(".yaml"): content
            for name, content in parts.items()
            if name.startswith(MAPPINGS)
        }
        return Evidence(**tables, mapped=mapped, mappings=texts), None
    counts = Counts(**tables)
    return no_evidence(contract, counts), counts


def results_of(
    settlement: Settlement,
    engine: str,
    receipts: Receipts | None = None,
    replaces: tuple[Replaced, ...] = (),
) -> dict[str, bytes]:
    """What came out of a settlement: its tables, and the workbooks of its statements."""
    results = {
        RESULTS[name]: csv_bytes(getattr(settlement, f"{name}_table"))
        for name in settlement.table_names
    }
    files = statement_files(source_of(settlement, engine, receipts).replacing(replaces))
    return results | {f"{WORKBOOKS}{name}": content for name, content in files.items()}


def source_of(settlement: Settlement, engine: str, receipts: Receipts | None) -> StatementSource:
    """What the statements of a settlement are made from, as a record keeps them."""
    source = replace(statement_source(settlement), engine_version=engine)
    if receipts is None:
        return source
    return with_receipts(source, receipts, leave_out_refused=True)


def statements_of(parts: Mapping[str, bytes], manifest: Manifest) -> dict[str, str]:
    """The part that is the workbook of each funder, and of all funders: found by the reference on
    its cover.
    """
    stem = f"{manifest.contract.contract} / {manifest.claim.claim_period}"
    return {
        _NUMBERED.sub("", (reference_of(content) or "").removeprefix(stem)): name
        for name, content in parts.items()
        if name.startswith(WORKBOOKS)
    }


def statement_of(parts: Mapping[str, bytes], manifest: Manifest, funder: str) -> str:
    """The part that is a funder's workbook. Raises RecordError where there is none."""
    found = statements_of(parts, manifest)
    if funder not in found or funder == ALL_FUNDERS:
        fault = Fault(
            code="no_statement",
            problem=f"there is no statement for a funder '{funder}'",
            allowed=", ".join(sorted(found.keys() - {ALL_FUNDERS})) or "none was written",
        )
        raise RecordError("The view cannot be written.", [fault])
    return found[funder]


def not_whole(name: str, view: View | None) -> RecordError:
    """Why a funder's view called `name` cannot do what a whole record can."""
    assert view is not None
    problem = f"it holds what the funder '{view.funder}' may see, and nothing to settle again"
    hint = f"Ask the provider for the record with the SHA-256 {view.of_record}"
    fault = Fault(file=name, code="funder_view", problem=problem, hint=hint)
    return RecordError("The record is one funder's view.", [fault])


def unread(name: str, part: str, made_by: str) -> RecordError:
    """Why a part of the record called `name` cannot be used."""
    problem, hint = f"the part '{part}' is not as records are written", ""
    if made_by != __version__:
        problem += f" by engine {__version__}; engine {made_by} wrote it"
        hint = "Read it with the version that made it"
    fault = Fault(file=name, code="part_unread", problem=problem, hint=hint)
    return RecordError(UNTRUSTED, [fault])
