"""Records: everything that a settlement rests on and everything that came out of it, in one file.

Takes  a settlement.
Gives  a zip file: the contract's text, the evidence known on the claim date, the bank holidays, the
       lines that came in closed, every result, and a manifest with the digest of each.
Keeps  the same settlement gives the same bytes; any change to the file is found.

A record cannot tell that somebody made a whole new one: note its digest elsewhere. The record of
the next claim does, where it was settled on this one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from os import PathLike
from pathlib import Path

import pyarrow as pa

from impactbond.canonical import read_csv, sha256
from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract, versions_of
from impactbond.contract.versions import Versions
from impactbond.errors import ContractError, Fault, RecordError
from impactbond.evaluation.inputs import ClaimDate, claim_dates
from impactbond.evidence.evidence import (
    OBSERVATIONS_SCHEMA,
    REFUSED_SCHEMA,
    Evidence,
    participants_schema,
)
from impactbond.receipts.receipts import RECEIPTS, Receipts
from impactbond.receipts.reconcile import assert_usable
from impactbond.records.container import find_difference, pack, unpack
from impactbond.records.manifest import (
    MANIFEST,
    Manifest,
    OfClaim,
    OfContract,
    RecordPart,
    read_manifest,
)
from impactbond.records.parts import (
    CONTRACT,
    EARLIER,
    EVIDENCE,
    HOLIDAYS,
    LINES_PART,
    RECEIVED,
    REFUSED_RECEIPTS,
    VERSIONS,
    parts_of,
)
from impactbond.records.view import cut_view
from impactbond.settlement.lines import LINES
from impactbond.settlement.settlement import Earlier, Settlement
from impactbond.statements.write import write_all
from impactbond.version import __version__

File = str | PathLike[str]
UNTRUSTED = "The record cannot be trusted."


@dataclass(frozen=True)
class Closed:
    """The claims that came in closed to a settlement, and the digest of their record, if any."""

    contract: Contract
    claim_dates: tuple[ClaimDate, ...]
    lines_table: pa.Table = field(repr=False)
    digest: str | None
    versions: tuple[Contract, ...]


@dataclass(frozen=True, eq=False)
class Record:
    """A record that has been read and verified. A later settlement can take it as its `earlier`."""

    name: str
    digest: str
    manifest: Manifest = field(repr=False)
    parts: Mapping[str, bytes] = field(repr=False)

    @cached_property
    def contract(self) -> Contract:
        """The contract, from its kept text; of several versions, all of them under one roof."""
        return self.known.whole

    @cached_property
    def known(self) -> Versions:
        """The versions that were known."""
        texts = [name for name in sorted(self.parts) if name.startswith(VERSIONS)]
        if not texts:
            return Versions.of(self._read(CONTRACT))
        return versions_of([self._read(name) for name in texts])

    @property
    def versions(self) -> tuple[Contract, ...]:
        """The versions of the contract that were known."""
        return self.known.all

    def _read(self, part: str) -> Contract:
        if self.manifest.view is not None:
            raise self.not_whole()
        try:
            return parse_contract(self.parts[part], name=part)
        except ContractError as error:
            made_by = self.manifest.engine
            fault = Fault(
                file=self.name,
                code="contract_refused",
                problem=f"the engine {__version__} refuses the contract that engine {made_by} took",
                hint="Regenerate the record with the version that made it",
            )
            raise RecordError("The record cannot be read.", [fault, *error.faults]) from None

    @cached_property
    def evidence(self) -> Evidence:
        """The evidence that was known on the claim date."""
        schemas = {
            "participants": participants_schema(tuple(self.contract.participants.attributes)),
            "observations": OBSERVATIONS_SCHEMA,
            "refused": REFUSED_SCHEMA,
        }
        return Evidence(
            **{f"{name}_table": self._table(EVIDENCE[name], of) for name, of in schemas.items()}
        )

    @cached_property
    def holidays(self) -> tuple[date, ...]:
        """The bank holidays that were used."""
        try:
            return tuple(date.fromisoformat(day) for day in json.loads(self.parts[HOLIDAYS]))
        except (ValueError, TypeError):
            raise self._damaged(HOLIDAYS) from None

    @cached_property
    def receipts(self) -> Receipts | None:
        """What was received by the claim date, where the record keeps it."""
        if RECEIVED not in self.parts:
            return None
        return Receipts(
            contract=self.contract.contract,
            currency=self.contract.currency,
            received_table=self._table(RECEIVED, RECEIPTS),
            refused_table=self._table(REFUSED_RECEIPTS, REFUSED_SCHEMA),
        )

    @cached_property
    def claim_dates(self) -> tuple[ClaimDate, ...]:
        """Every claim date settled."""
        return claim_dates(self.known, self.manifest.as_of)

    @cached_property
    def lines_table(self) -> pa.Table:
        """The lines, as they were settled."""
        return self._table(LINES_PART, LINES)

    @cached_property
    def earlier(self) -> Closed | None:
        """The claims that came in closed."""
        earlier = self.manifest.earlier
        if earlier is None:
            return None
        dates = tuple(day for day in self.claim_dates if day.known_by <= earlier.claim_date)
        lines = self._table(EARLIER, LINES)
        versions = self.known.known_by(earlier.claim_date).all
        return Closed(self.contract, dates, lines, self.manifest.previous_record, versions)

    def result(self, part: str, schema: pa.Schema) -> pa.Table:
        """The table in a part of the record, as it was settled."""
        return self._table(part, schema)

    def _table(self, part: str, schema: pa.Schema) -> pa.Table:
        if part not in self.parts and self.manifest.view is not None:
            raise self.not_whole()
        try:
            return read_csv(self.parts[part], schema)
        except (KeyError, ValueError):
            raise self._damaged(part) from None

    def not_whole(self) -> RecordError:
        """Why a funder's view cannot do what a whole record can."""
        view = self.manifest.view
        whose, of = (view.funder, view.of_record) if view is not None else ("", "")
        fault = Fault(
            file=self.name,
            code="funder_view",
            problem=f"it holds what the funder '{whose}' may see, and nothing to settle again",
            hint=f"Ask the provider for the record with the SHA-256 {of}",
        )
        return RecordError("The record is one funder's view.", [fault])

    def _damaged(self, part: str) -> RecordError:
        problem = f"the part '{part}' is not as records are written"
        made_by = self.manifest.engine
        hint = ""
        if made_by != __version__:
            problem += f" by engine {__version__}; engine {made_by} wrote it"
            hint = "Read it with the version that made it"
        fault = Fault(file=self.name, code="part_unread", problem=problem, hint=hint)
        return RecordError(UNTRUSTED, [fault])


def write_record(
    settlement: Settlement,
    path: File,
    *,
    previous: File | None = None,
    receipts: Receipts | None = None,
    leave_out_refused: bool = False,
    funder: str | None = None,
) -> Path:
    """Keeps a settlement in one file, whole or not at all, and gives its path.

    `previous` is the record of the claim before, whose digest is kept; it need not be named where
    the settlement was settled on that record. With `receipts`, those received by the claim date are
    kept, and the statements show them. With `funder`, only what that funder may see is kept, with
    the digest of the whole record that it is cut from: it can be verified, and not regenerated.

    Raises RecordError where the contract has no text to keep, `previous` is not a record of an
    earlier claim of this contract, or there is no statement for the funder; ReceiptError where
    receipts were refused, unless `leave_out_refused`.
    """
    if not settlement.contract.source:
        problem = "the contract was put together in memory and has no text to keep"
        hint = "Read it with read_contract or parse_contract"
        fault = Fault(code="no_source", problem=problem, hint=hint)
        raise RecordError("The record cannot be written.", [fault])
    if receipts is not None:
        assert_usable(receipts, settlement.contract.contract, leave_out_refused)
    digest = _digest(settlement.earlier)
    if previous is not None:
        digest = _followed(settlement, read_record(previous)).digest
    content = record_bytes(settlement, digest, receipts)
    if funder is not None:
        content = view_bytes(record_of(content, Path(path).name), funder)
    return write_all({Path(path): content})[0]


def view_bytes(record: Record, funder: str) -> bytes:
    """The bytes of the record of one funder's view, cut from a whole record."""
    if record.manifest.view is not None:
        raise record.not_whole()
    return pack(cut_view(record.parts, record.manifest, record.digest, funder))


def _followed(settlement: Settlement, previous: Record) -> Record:
    """The record before, if this settlement can follow on it. Raises RecordError otherwise."""
    of, claim = previous.manifest.contract, previous.manifest.claim
    problem = ""
    if of.contract != settlement.contract.contract:
        problem = f"it is a record of the contract '{of.contract}'"
    elif claim.claim_date >= settlement.claim.known_by:
        problem = f"its claim, {claim.claim_period}, is not before {settlement.claim.label}"
    elif _digest(settlement.earlier) not in (None, previous.digest):
        problem = "the settlement was settled on another record"
    elif previous.manifest.view is not None:
        problem = "it holds what one funder may see, and is not the record itself"
    if problem:
        fault = Fault(file=previous.name, code="other_previous", problem=problem)
        raise RecordError("The record does not follow on the one that was named.", [fault])
    return previous


def record_bytes(
    settlement: Settlement, previous_record: str | None = None, receipts: Receipts | None = None
) -> bytes:
    """The bytes of the record of a settlement."""
    contract, claim, earlier = settlement.contract, settlement.claim, settlement.earlier
    parts = parts_of(settlement, __version__, receipts)
    manifest = Manifest(
        engine=__version__,
        contract=OfContract(
            contract=contract.contract, version=contract.version.number, sha256=contract.digest
        ),
        claim=OfClaim(claim_period=claim.label, claim_date=claim.known_by),
        as_of=settlement.as_of,
        refused_left_out=settlement.refused_left_out,
        earlier=None if earlier is None else _of_last(earlier),
        previous_record=previous_record,
        parts=tuple(
            RecordPart(name=name, sha256=sha256(content), size=len(content))
            for name, content in sorted(parts.items())
        ),
    )
    return pack(parts | {MANIFEST: manifest.content})


def read_record(path: File) -> Record:
    """The record in a file, verified. Raises RecordError naming each part that is not as it was."""
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        problem = f"the file cannot be opened: {error.strerror}"
        fault = Fault(file=file.name, code="no_file", problem=problem)
        raise RecordError("The record cannot be read.", [fault]) from None
    return record_of(content, file.name)


def record_of(content: bytes, name: str) -> Record:
    """The record in the bytes of a file called `name`, verified; see `read_record`."""
    parts, faults = unpack(content, name)
    if MANIFEST not in parts:
        lost = Fault(file=name, code="no_manifest", problem=f"there is no part '{MANIFEST}'")
        raise RecordError(UNTRUSTED, faults or [lost])
    manifest = read_manifest(parts[MANIFEST], name)
    faults += _unlike(manifest, parts, name)
    difference = None if faults else find_difference(content, parts, name)
    if faults or difference is not None:
        raise RecordError(UNTRUSTED, [*faults, *([difference] if difference else [])])
    return Record(name, sha256(content), manifest, parts)


def verify_record(
    path: File,
    *,
    digest: str | None = None,
    previous: File | None = None,
    whole: File | None = None,
) -> Record:
    """The record in a file, if it is the one that was kept.

    With `digest`, it must have the digest that was noted elsewhere; with `previous`, it must follow
    on that record; with `whole`, it must be the funder's view that is cut from that record. Raises
    RecordError otherwise.
    """
    record = read_record(path)
    faults = []
    if digest is not None and record.digest != digest.strip().lower():
        problem = f"its digest is {record.digest}, not the one that was noted"
        faults.append(Fault(file=record.name, code="other_record", problem=problem))
    if previous is not None and read_record(previous).digest != record.manifest.previous_record:
        problem = f"it does not follow on {Path(previous).name}"
        faults.append(Fault(file=record.name, code="other_previous", problem=problem))
    view = record.manifest.view
    if whole is not None and (
        view is None or view_bytes(read_record(whole), view.funder) != pack(record.parts)
    ):
        problem = f"it is not the funder's view of {Path(whole).name}"
        faults.append(Fault(file=record.name, code="other_whole", problem=problem))
    if faults:
        raise RecordError("The record is whole, and is not the one that was kept.", faults)
    return record


def _digest(earlier: Earlier | None) -> str | None:
    return earlier.digest if isinstance(earlier, Record | Closed) else None


def _of_last(earlier: Earlier) -> OfClaim:
    last = earlier.claim_dates[-1]
    return OfClaim(claim_period=last.label, claim_date=last.known_by)


def _unlike(manifest: Manifest, parts: Mapping[str, bytes], name: str) -> list[Fault]:
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
