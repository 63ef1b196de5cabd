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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import ClassVar, Unpack
from zipfile import ZipFile

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.canonical import csv_bytes, read_csv, read_parts, sha256, zip_bytes, zip_difference
from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract, versions_of
from impactbond.contract.versions import Versions
from impactbond.errors import ContractError, Fault, RecordError, unopened
from impactbond.evaluation.inputs import ClaimDate, claim_dates
from impactbond.evidence.counts import Counts
from impactbond.evidence.evidence import Evidence
from impactbond.files import Writing, write_file
from impactbond.receipts.receipts import Receipts
from impactbond.receipts.reconcile import assert_usable
from impactbond.records.carried_file import assert_beside_whole, write_carried
from impactbond.records.closed_claims import Closed, Tables, assert_left_closed
from impactbond.records.contents import (
    CONTRACT,
    EARLIER,
    HOLIDAYS,
    MANIFEST,
    RECEIVED,
    REFUSED_RECEIPTS,
    RESULTS,
    SCHEMAS,
    SEEN_BY_FUNDER,
    UNTRUSTED,
    VERSIONS,
    Manifest,
    OfClaim,
    OfContract,
    View,
    damage,
    evidence_kept,
    fitting_together,
    not_whole,
    packed,
    parts_of,
    read_manifest,
    source_of,
    statement_of,
    unlike_manifest,
    unread,
)
from impactbond.records.superseding import replaced_by
from impactbond.settlement.counted_claims import nobody_behind
from impactbond.settlement.settlement import Earlier, Settlement
from impactbond.statements.source import Replaced, StatementSource
from impactbond.version import __version__

File = str | PathLike[str]
# A record that was packed again by another program is told what is not as it was written.
_MOST_UNPACKED = 20
MONEY = ("lines", "shares", "payments")


@dataclass(frozen=True, eq=False)
class Record:
    """A record that has been read and verified. A later settlement can take it as its `earlier`."""

    name: str
    digest: str
    manifest: Manifest = field(repr=False)
    parts: Mapping[str, bytes] = field(repr=False)
    is_canonical: ClassVar[bool] = False  # known, and not to be seen by writing tables again

    @cached_property
    def contract(self) -> Contract:
        """The contract, from its kept text; of several versions, all of them under one roof."""
        return self.known.whole

    @cached_property
    def known(self) -> Versions:
        """The versions that were known."""
        texts = [name for name in sorted(self.parts) if name.startswith(VERSIONS)]
        with self._readable():
            if not texts:
                return Versions.of(self._parsed(CONTRACT))
            return versions_of(list(map(self._parsed, texts)))

    @property
    def versions(self) -> tuple[Contract, ...]:
        """The versions of the contract that were known."""
        return self.known.all

    @property
    def evidence(self) -> Evidence:
        """The evidence that was known on the claim date; none where it rests on counts."""
        return self._known[0]

    @property
    def counts(self) -> Counts | None:
        """The counts that it rests on in place of evidence."""
        return self._known[1]

    @cached_property
    def _known(self) -> tuple[Evidence, Counts | None]:
        return evidence_kept(self.contract, self.parts, self._table, self.manifest.mapped)

    @cached_property
    def holidays(self) -> tuple[date, ...]:
        """The bank holidays that were used."""
        try:
            return tuple(date.fromisoformat(day) for day in json.loads(self.parts[HOLIDAYS]))
        except (KeyError, ValueError, TypeError, RecursionError):
            raise unread(self.name, HOLIDAYS, self.manifest.engine) from None

    @cached_property
    def receipts(self) -> Receipts | None:
        """What was received by the claim date, where the record keeps it."""
        if RECEIVED not in self.parts:
            return None
        return Receipts(
            contract=self.contract.contract,
            currency=self.contract.currency,
            received_table=self._table(RECEIVED),
            refused_table=self._table(REFUSED_RECEIPTS),
        )

    @cached_property
    def claim_dates(self) -> tuple[ClaimDate, ...]:
        """Every claim date settled."""
        return claim_dates(self.known, self.manifest.as_of)

    @cached_property
    def lines_table(self) -> pa.Table:
        """The lines, as they were settled."""
        return self.result("lines")

    @cached_property
    def earlier(self) -> Closed | None:
        """The claims that came in closed."""
        earlier = self.manifest.earlier
        if earlier is None:
            return None
        dates = tuple(day for day in self.claim_dates if day.known_by <= earlier.claim_date)
        versions = self.known.known_by(earlier.claim_date).all
        digest = self.manifest.previous_record
        return Closed(self.contract, dates, self._table(EARLIER), digest, versions)

    def result(self, name: str) -> pa.Table:
        """One of the tables that were settled, by its name in `Settlement.table_names`."""
        if name == "decisions" and self.counts is not None:
            raise nobody_behind("a decision about each participant")
        return self._table(RESULTS[name])

    def view(self, funder: str) -> bytes:
        """The file of a funder's view, cut from this whole record: its own statement, shares,
        payments, balances and receipts, and a manifest that names the whole by its digest.
        No evidence, no contract text, no name of a file and no other funder's amount is in it. The
        same record and funder give the same bytes, so that whoever holds the whole can prove it.
        Raises RecordError where there is no statement for that funder.
        """
        return self._cut(funder)

    def views(self, funder: str) -> tuple[bytes, ...]:
        """A funder's view, and the same as up to 0.7, when it named the files of evidence."""
        return self.view(funder), self._cut(funder, named=True)

    def _cut(self, funder: str, *, named: bool = False) -> bytes:
        if self.manifest.view is not None:
            raise not_whole(self.name, self.manifest.view)
        statement = statement_of(self.parts, self.manifest, funder)
        parts = {statement: self.parts[statement]}
        for part in SEEN_BY_FUNDER:
            if part in self.parts:
                table = self._table(part)
                seen = table.filter(pc.equal(table["funder"], funder))
                if part == RECEIVED and not named:
                    nameless = pa.repeat("", seen.num_rows)
                    seen = seen.set_column(seen.column_names.index("file"), "file", nameless)
                parts[part] = csv_bytes(seen)
        view = View(funder=funder, of_record=self.digest)
        replaces = tuple(one for one in self.manifest.replaces if one.funder == funder)
        read = self.manifest.mapped
        mapped = read if named else tuple(one.unnamed() for one in read)
        changed = {"view": view, "replaces": replaces, "mapped": mapped}
        return packed(self.manifest.model_copy(update=changed), parts)

    def superseded_by(self, source: StatementSource) -> StatementSource:
        """The source of the statements that supersede those of this record; an earlier claim that
        they would rewrite, or another claim, is a RecordError.
        """
        with fitting_together(self.name):
            asked = self.result("balances")
            replaces = replaced_by(source, self.name, self.manifest, self.parts, asked)
            now = {name: getattr(source, name) for name in MONEY}
            assert_left_closed_by(self, now, before=self.manifest.claim.claim_date)
        return source.replacing(replaces)

    def _parsed(self, part: str) -> Contract:
        if self.manifest.view is not None:
            raise not_whole(self.name, self.manifest.view)
        if part not in self.parts:
            raise unread(self.name, part, self.manifest.engine)
        return parse_contract(self.parts[part], name=part)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except ContractError as error:
            made_by = self.manifest.engine
            problem = f"the engine {__version__} refuses the contract that engine {made_by} took"
            hint = "Regenerate the record with the version that made it"
            fault = Fault(file=self.name, code="contract_refused", problem=problem, hint=hint)
            raise RecordError("The record cannot be read.", [fault, *error.faults]) from None

    def _table(self, part: str, schema: pa.Schema | None = None) -> pa.Table:
        if part not in self.parts and self.manifest.view is not None:
            raise not_whole(self.name, self.manifest.view)
        try:
            of = schema or SCHEMAS[part]
            return read_csv(self.parts[part], of, is_canonical=self.is_canonical)
        except (KeyError, ValueError, OverflowError, pa.ArrowException):
            raise unread(self.name, part, self.manifest.engine) from None


def write_record(
    settlement: Settlement,
    path: File,
    *,
    previous: File | None = None,
    supersedes: File | None = None,
    receipts: Receipts | None = None,
    leave_out_refused: bool = False,
    funder: str | None = None,
    carried: File | None = None,
    **how: Unpack[Writing],
) -> Path:
    """Keeps a settlement in one file, whole or not at all, and gives its path.

    `previous` is the record of the claim before, whose digest is kept; it need not be named where
    the settlement was settled on that record. `supersedes` is the record of what was issued for
    this claim before: statements that differ are numbered as by `write_statements`. With
    `receipts`, those received by the claim date are kept, and the statements show them. With
    `funder`, only what that funder may see is kept, with the digest of the whole record that it is
    cut from: it can be verified, and not regenerated. `carried` is a file to write beside a whole
    record: with it, `read_evidence` need not check again what stays as it is, nor `settle` evaluate
    it. With `replace=True` other files of those names are replaced, though no record; with
    `shared=True`, others may read them.

    Raises RecordError where the contract has no text to keep, `previous` is not a record of an
    earlier claim of this contract or `supersedes` not one of this claim, there is no statement for
    the funder, or the file cannot be written or would replace another; ReceiptError where receipts
    were refused, unless `leave_out_refused`.
    """
    if not settlement.contract.source:
        problem = "the contract was put together in memory and has no text to keep"
        fault = Fault(code="no_source", problem=problem, hint="Read it with read_contract")
        raise RecordError("The record cannot be written.", [fault])
    if receipts is not None:
        assert_usable(receipts, settlement.contract.contract, leave_out_refused)
    digest = _digest(settlement.earlier)
    if previous is not None:
        _assert_follows(settlement, before := read_record(previous))
        digest = before.digest
    replaces: tuple[Replaced, ...] = ()
    if supersedes is not None:
        source = source_of(settlement, __version__, receipts)
        replaces = read_record(supersedes).superseded_by(source).replaces
    content = record_bytes(settlement, digest, receipts, replaces)
    assert_beside_whole(carried, funder)
    if funder is not None:
        content = record_of(content, Path(path).name).view(funder)
    how["inputs"] = [*how.get("inputs", ()), *(one for one in (previous, supersedes) if one)]
    refused = partial(RecordError, "The record cannot be written.")
    written = write_file(path, content, refused, make_folders=True, **how)
    write_carried(settlement, sha256(content), carried, written, **how)
    return written


def _assert_follows(settlement: Settlement, previous: Record) -> None:
    """Raises RecordError where a settlement cannot follow on a record, or rewrites its claims."""
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
    now = {name: getattr(settlement, f"{name}_table") for name in MONEY}
    assert_left_closed_by(previous, now)


def assert_left_closed_by(previous: Record, now: Tables, before: date = date.max) -> None:
    """Raises RecordError where a claim that a record closed is rewritten by what is settled `now`,
    tables by their names in `MONEY`.
    """
    closed = {name: previous.result(name) for name in MONEY}
    claims = [claim.label for claim in previous.claim_dates if claim.known_by < before]
    assert_left_closed(closed, now, claims, previous.name, previous.contract.currency)


def _digest(earlier: Earlier | None) -> str | None:
    return earlier.digest if isinstance(earlier, Record | Closed) else None


def record_bytes(
    settlement: Settlement,
    previous_record: str | None = None,
    receipts: Receipts | None = None,
    replaces: tuple[Replaced, ...] = (),
) -> bytes:
    """The bytes of the record of a settlement."""
    contract, earlier = settlement.contract, settlement.earlier
    manifest = Manifest(
        engine=__version__,
        contract=OfContract.of(contract),
        claim=OfClaim.of(settlement.claim),
        as_of=settlement.as_of,
        refused_left_out=settlement.refused_left_out,
        earlier=None if earlier is None else OfClaim.of(earlier.claim_dates[-1]),
        previous_record=previous_record,
        replaces=replaces,
        mapped=settlement.evidence.mapped,
    )
    return packed(manifest, parts_of(settlement, __version__, receipts, replaces))


def read_record(path: File) -> Record:
    """The record in a file, verified. Raises RecordError naming each part that is not as it was."""
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise RecordError("The record cannot be read.", [unopened(Path(path), error)]) from None
    return record_of(content, Path(path).name)


def record_of(content: bytes, name: str) -> Record:
    """The record in the bytes of a file called `name`, verified; see `read_record`."""
    try:
        file = ZipFile(BytesIO(content))
    except Exception:  # whatever damaged bytes make of a zip file
        problem = "this is not a record, or its list of parts is damaged"
        fault = Fault(file=name, code="not_a_record", problem=problem)
        raise RecordError(UNTRUSTED, [fault]) from None
    # Nothing in a record is compressed: its parts cannot be larger than it is. Asked before any is
    # read, because a few bytes can unpack to more than the memory holds.
    if sum(entry.file_size for entry in file.infolist()) > _MOST_UNPACKED * (len(content) + 1):
        fault = damage(name, "too_large", "its parts are larger than the file")
        raise RecordError(UNTRUSTED, [fault])
    parts, damaged = read_parts(file)
    faults = [damage(name, code, problem) for code, problem in damaged]
    if MANIFEST not in parts:
        lost = Fault(file=name, code="no_manifest", problem=f"there is no part '{MANIFEST}'")
        raise RecordError(UNTRUSTED, faults or [lost])
    manifest = read_manifest(parts[MANIFEST], name)
    faults += unlike_manifest(manifest, parts, name)
    if not faults and (made := zip_bytes(parts)) != content:
        faults.append(damage(name, "file_changed", zip_difference(made, content)))
    if faults:
        raise RecordError(UNTRUSTED, faults)
    return Record(name, sha256(content), manifest, parts)
