"""Forgetting: who some participants are is taken out of the records of their claims, and every
payment can still be proven.

Takes  the records of a contract, and references.
Gives  records in their place, settled again, in which each reference is a pseudonym whose key was
       never written down; what is proven as before, and what no longer is.
Keeps  every pence of every claim, line and funder, or nothing is written.

The rows of evidence stay: claims are settled from them. What remains is what some child did.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from secrets import token_bytes
from typing import Any, Unpack
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.canonical import zip_bytes
from impactbond.dialect import Engine
from impactbond.errors import Fault, RecordError
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.pseudonyms import KEY_BYTES, Key
from impactbond.files import Writing, write_file
from impactbond.records.contents import (
    MANIFEST,
    WORKBOOKS,
    Forgotten,
    fitting_together,
    packed,
    source_of,
)
from impactbond.records.record import File, Record, read_record, record_bytes, record_of
from impactbond.records.regenerate import Report
from impactbond.records.superseding import replaced_by
from impactbond.records.workbook import parts_of
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Earlier, Settlement
from impactbond.terms.words import counted
from impactbond.texts import one_spelling
from impactbond.version import __version__

_NOT_WRITTEN = "Nobody was forgotten, and nothing was written."
_NUMBERED = "line"  # lines are numbered in the order of references, and so anew


@dataclass(frozen=True)
class Replacement:
    """A record in the place of another: the digests of both, and how many of its rows of evidence
    are under a pseudonym now.
    """

    name: str
    was: str
    now: str
    rows: int


@dataclass(frozen=True)
class Forgetting(Report):
    """Who was forgotten, as a number, and the records that stand in the place of others."""

    participants: int
    records: tuple[Replacement, ...]
    written: tuple[Path, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """The result in plain words."""
        told = [f"{counted(self.participants, 'participant')} forgotten"]
        for one in self.records:
            told.append(f"  {one.name}: {counted(one.rows, 'row')} of evidence under a pseudonym")
            told.append(f"    SHA-256 before {one.was}, now {one.now}")
        return "\n".join(
            [
                *told,
                "Proven as before, by the new records alone: every claim, line and payment, "
                "settled again from the evidence to the same pence.",
                "No longer proven: that those rows are of whom the records before named. Whoever "
                "kept one of them, its statements or its evidence can still read that.",
                "Now delete the records before, their statements and what was delivered, note the "
                "new digests, and send funders the statements that replace theirs.",
            ]
        )

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, for `--json`."""
        return {
            "participants": self.participants,
            "records": [
                {"name": one.name, "was": one.was, "now": one.now, "rows": one.rows}
                for one in self.records
            ],
        }


def forget(
    records: Sequence[File],
    participants: Sequence[str],
    out: File,
    *,
    engine: Engine = "duckdb",
    **how: Unpack[Writing],
) -> Forgetting:
    """Writes into the folder `out`, under the names that they have, the records that stand in the
    place of others: without the references of some participants, with the same payments.

    `records` are all records that hold their claims, of one contract, whole, in any order. Raises
    RecordError, and writes nothing, where a participant stands in none of them, where an earlier
    claim holds one and its record was not named, where the order of references decided who a limit
    reached, and where a reference still stands in a contract, a mapping or a name of a file.
    """
    wanted = list(dict.fromkeys(map(one_spelling, participants)))
    kept = sorted(map(read_record, records), key=lambda one: one.manifest.claim.claim_date)
    _assert_usable(kept, wanted)
    names = _Names.of(kept, wanted)
    made: dict[str, Record] = {}
    replaced = []
    for record in kept:
        new = _forgotten(record, names, made, engine)
        made[record.digest] = new
        rows = sum(names.rows(table) for table in _tables(record.evidence))
        replaced.append(Replacement(record.name, record.digest, new.digest, rows))
    contents = {one.name: zip_bytes(made[one.was].parts) for one in replaced}
    refused = partial(RecordError, _NOT_WRITTEN)
    how["inputs"] = [*how.get("inputs", ()), *map(Path, records)]
    written = [
        write_file(Path(out) / name, content, refused, make_folders=True, **how)
        for name, content in contents.items()
    ]
    return Forgetting(len(wanted), tuple(replaced), tuple(written))


@dataclass(frozen=True, repr=False)
class _Names:
    """The pseudonyms of participants, of the references of their rows, and by column of texts of
    these that can tell them: where their proofs are kept, and sources that nobody else has.
    """

    of_people: Mapping[str, str]
    of_rows: Mapping[str, str]
    of_texts: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, records: Sequence[Record], wanted: Sequence[str]) -> _Names:
        key = Key(token_bytes(KEY_BYTES))  # which is nowhere kept, and gone with this call
        rows: dict[str, str] = {}
        proofs, sources, others = set[str](), set[str](), set[str]()
        for record in records:
            table = record.evidence.observations_table
            theirs = pc.is_in(table["participant"], pa.array(wanted, pa.string()))
            own = table.filter(theirs)
            rows |= {one: key.pseudonym(f"row {one}") for one in own["observation"].to_pylist()}
            proofs |= set(own["evidence_ref"].drop_null().to_pylist())
            sources |= set(own["source"].drop_null().to_pylist())
            others |= set(table.filter(pc.invert(theirs))["source"].drop_null().to_pylist())
        texts = {
            "evidence_ref": {one: key.pseudonym(f"proof {one}") for one in proofs},
            "source": {one: key.pseudonym(f"source {one}") for one in sources - others},
        }
        return cls({one: key.pseudonym(one) for one in wanted}, rows, texts)

    def rows(self, table: pa.Table) -> int:
        """How many rows are of one of them."""
        return sum(who in self.of_people for who in table["participant"].to_pylist())

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """Their references as words; those of digits alone would be found in every amount."""
        words = {one for one in self.of_people if not one.isdigit()}
        words |= {escape(one) for one in words}
        alone = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        return re.compile(rf"(?<![\w-])(?:{alone})(?![\w-])") if words else None

    def without(self, table: pa.Table) -> pa.Table:
        """A table in which they go by their pseudonyms."""
        exact = {"participant": self.of_people}
        exact |= dict.fromkeys(("observation", "supersedes"), self.of_rows)
        for place, name in enumerate(table.column_names):
            column = table[name]
            if not pa.types.is_string(column.type):
                continue
            cells = column.to_pylist()
            # References that are whole cells go by the table; in texts, only as words of their own:
            # to replace C-1 within C-12 would make a third child of it.
            if name in self.of_texts and "participant" in table.column_names:
                texts = self.of_texts[name]
                told = [
                    cell and ((own and texts.get(cell)) or self._put(cell))
                    for cell, own in zip(cells, self._theirs(table), strict=True)
                ]
            elif name in exact:
                told = [exact[name].get(cell, cell) if cell is not None else None for cell in cells]
            else:
                told = [None if cell is None else self._put(cell) for cell in cells]
            if told != cells:
                table = table.set_column(place, table.field(place), pa.array(told, column.type))
        return table

    def _theirs(self, table: pa.Table) -> list[bool]:
        """Which rows are of one of them, under either name."""
        known = {*self.of_people, *self.of_people.values()}
        return [who in known for who in table["participant"].to_pylist()]

    def _put(self, text: str) -> str:
        pattern = self.pattern
        return text if pattern is None else pattern.sub(lambda found: self._of(found[0]), text)

    def _of(self, word: str) -> str:
        return self.of_people.get(word, "P-")


def _tables(evidence: Evidence) -> tuple[pa.Table, pa.Table]:
    return evidence.participants_table, evidence.observations_table


def _assert_usable(records: Sequence[Record], wanted: Sequence[str]) -> None:
    """Nothing, or RecordError with everything for which these records cannot be used."""
    faults = []
    if not records or not wanted:
        problem = "no record was named" if not records else "nobody was named"
        faults.append(Fault(code="nothing_named", problem=problem))
    for record in records:
        place = Fault(file=record.name)
        if record.counts is not None:
            faults.append(_of_counts(record, wanted, place))
        elif record.manifest.view is not None:
            problem = "a funder's view names no participant"
            hint = "Name the whole records alone"
            faults.append(replace(place, code="names_nobody", problem=problem, hint=hint))
    for what, each in (
        ("contracts", [one.manifest.contract.contract for one in records]),
        ("names of files", [one.name for one in records]),
    ):
        if what == "contracts" and len(set(each)) > 1:
            problem = "the records are of several contracts"
            faults.append(Fault(code="other_contract", problem=problem, hint="Name those of one"))
        if what != "contracts" and len(set(each)) < len(each):
            problem = "two records have the same name of a file"
            faults.append(Fault(code="name_twice", problem=problem, hint="Rename one of them"))
    # A view or a record of counts has no participants to look among: those who are missing would
    # be all of them, which says nothing beside what is wrong already.
    if not faults:
        there = {
            who
            for record in records
            for table in _tables(record.evidence)
            for who in table["participant"].to_pylist()
        }
        missing = sum(one not in there for one in wanted)
        if missing:
            problem = f"{counted(missing, 'participant')} of {len(wanted)} stand in no record"
            hint = "Look at how the references are written, and name the records that hold them"
            faults.append(Fault(code="unknown_participant", problem=problem, hint=hint))
    if faults:
        raise RecordError(_NOT_WRITTEN, faults)


def _of_counts(record: Record, wanted: Sequence[str], place: Fault) -> Fault:
    """Why nobody can be forgotten in a record of counts: it has no column of children, unless
    somebody wrote one of them among references of rows, or in a name.
    """
    still = sorted(_still_named(record, _Names({one: "" for one in wanted}, {}, {})))
    if still:
        problem = (
            f"a record of counts holds nothing of a child, and a reference stands in {still[0]}"
        )
        hint = "Deliver the counts anew, with refs and names that name nobody, and settle them"
        return replace(place, code="still_named", problem=problem, hint=hint)
    problem = "a record of counts holds nothing of a child: there is nobody to forget in it"
    return replace(place, code="counts_hold_nobody", problem=problem, hint="Leave it out")


def _forgotten(record: Record, names: _Names, made: Mapping[str, Record], engine: Engine) -> Record:
    """The record in the place of another. Raises RecordError where it would not be of the same
    money, or still names somebody.
    """
    manifest, evidence = record.manifest, record.evidence
    previous = manifest.previous_record
    before = made.get(previous or "")
    known = replace(
        evidence,
        participants_table=names.without(evidence.participants_table),
        observations_table=names.without(evidence.observations_table),
        refused_table=names.without(evidence.refused_table),
    )
    with fitting_together(record.name):
        settlement = settle(
            record.known,
            known,
            as_of=manifest.as_of,
            earlier=_earlier(record, names, before),
            leave_out_refused=True,
            holidays=record.holidays,
            engine=engine,
        )
        source = source_of(settlement, __version__, record.receipts)
        replaces = replaced_by(
            source, record.name, manifest, record.parts, record.result("balances")
        )
    _assert_same_money(record, names, settlement)
    earlier = manifest.forgotten
    forgotten = Forgotten(
        participants=len(names.of_people) + (earlier.participants if earlier else 0),
        of_record=record.digest,
    )
    digest = before.digest if before is not None else previous
    plain = record_of(record_bytes(settlement, digest, record.receipts, replaces), record.name)
    parts = {name: content for name, content in plain.parts.items() if name != MANIFEST}
    said = plain.manifest.model_copy(update={"forgotten": forgotten})
    new = record_of(packed(said, parts), record.name)
    still = sorted(_still_named(new, names))
    if still:
        problem = f"a reference still stands in {', '.join(still)}"
        hint = "What people wrote is not changed here: settle anew with a text that names nobody"
        fault = Fault(file=record.name, code="still_named", problem=problem, hint=hint)
        raise RecordError(_NOT_WRITTEN, [fault])
    return new


def _earlier(record: Record, names: _Names, before: Record | None) -> Earlier | None:
    """What came in closed: of the record before, as it is now."""
    closed = record.earlier
    if closed is None or before is not None:
        return closed if closed is None else before
    if any(who in names.of_people for who in closed.lines_table["participant"].to_pylist()):
        problem = "claims that came in closed are of somebody who is to be forgotten"
        hint = "Name the records of the earlier claims as well"
        fault = Fault(file=record.name, code="earlier_named", problem=problem, hint=hint)
        raise RecordError(_NOT_WRITTEN, [fault])
    return closed


def _assert_same_money(record: Record, names: _Names, settlement: Settlement) -> None:
    """Raises RecordError where anything but names and numbers of lines is other than before."""
    for name in settlement.table_names:
        if name == "claims":  # which a record keeps as lines
            continue
        was = names.without(record.result(name))
        now: pa.Table = getattr(settlement, f"{name}_table")
        kept = [one for one in was.column_names if one != _NUMBERED]
        before, after = (Counter(_rows(of.select(kept))) for of in (was, now))
        if before != after:
            problem = (
                f"{(before - after).total()} of its {name} come out otherwise under other names"
            )
            hint = "The order of references decided who a limit reached, or who had an odd penny: "
            hint += "settle anew with pseudonyms, and agree with the funders on what it changes"
            fault = Fault(file=record.name, code="order_of_names", problem=problem, hint=hint)
            raise RecordError(_NOT_WRITTEN, [fault])


def _rows(table: pa.Table) -> Iterator[tuple[object, ...]]:
    columns = [table[name].to_pylist() for name in table.column_names]
    for row in zip(*columns, strict=True):
        yield tuple(tuple(cell) if isinstance(cell, list) else cell for cell in row)


def _still_named(record: Record, names: _Names) -> Iterator[str]:
    """The parts in which one of the references is found as a word, workbooks part by part."""
    pattern = names.pattern
    for part, content in record.parts.items() if pattern else ():
        assert pattern is not None
        inside = [content]
        if part.startswith(WORKBOOKS):
            inside = list(parts_of(content, part).values())
        if any(pattern.search(one.decode(errors="replace")) for one in inside):
            yield part
