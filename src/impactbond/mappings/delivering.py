"""From files and mappings to what the evidence is checked from: every file opened once, every table
of a mapping found in it, every cell that cannot be read refused with its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from impactbond.contract.contract import Contract
from impactbond.errors import Fault
from impactbond.evidence.deliveries import Block, Delivery, refuse
from impactbond.evidence.mapped import FileRead, MappedBy
from impactbond.evidence.personal import heading_tells, values_tell
from impactbond.evidence.refusals import Refusal, Refused
from impactbond.mappings.codes import code_of
from impactbond.mappings.mapped_table import MappedTable
from impactbond.mappings.observations import observed
from impactbond.mappings.participants import BlocksRead, people
from impactbond.mappings.refused_cells import ALMOST_LEFT_OUT, BELOW_THE_END
from impactbond.mappings.several import chosen, corrected
from impactbond.mappings.source_files import SourceFile
from impactbond.mappings.tables import SourceTable
from impactbond.mappings.values import RowContext
from impactbond.terms.diagnostic import listing
from impactbond.terms.sheets import REQUIRED_OBSERVATION_COLUMNS, REQUIRED_PARTICIPANT_COLUMNS
from impactbond.texts import alike

_NEEDED = {*REQUIRED_PARTICIPANT_COLUMNS, *REQUIRED_OBSERVATION_COLUMNS}


class MappingPlan(NamedTuple):
    """A mapping on its way to be used: what is told of it, its text, and its tables."""

    by: MappedBy
    source: bytes
    tables: tuple[tuple[MappedTable, RowContext], ...]

    def takes(self, name: str) -> bool:
        """Whether any of its tables reads a file of that name."""
        return any(table.takes(name) for table, _ in self.tables)


def delivered(
    plans: Sequence[MappingPlan],
    paths: Sequence[Path],
    contract: Contract,
    given: Mapping[str, str],
) -> Delivery:
    """What some files deliver. Raises EvidenceError with every fault of structure."""
    opened = [SourceFile.of(path) for path in paths]
    # In an order that no folder and no system decides: the same files give the same evidence.
    files = sorted(
        (file for file in opened if isinstance(file, SourceFile)),
        key=lambda file: (file.name, file.digest),
    )
    found = BlocksRead(faults=[file for file in opened if isinstance(file, Fault)])
    blocks: dict[str, list[Block]] = {"participants": [], "observations": []}
    below: list[Refused] = []  # whole rows behind the end of a table
    # Before any file is read: what nobody maps must not be left out in silence.
    found.faults += _unplaced(plans, files, len(paths))
    found.faults += _ungiven(plans, given)
    refuse(found.faults)
    for plan in plans:
        for number, (table, context) in enumerate(plan.tables):
            scope = f"{plan.by.mapping}/{number + 1}"
            own = _read_table(scope, table, context, files, contract, given, below)
            found.add(own)
            blocks[table.holds] += own.blocks
    if not found.faults and not any(block.rows for block in blocks["participants"]):
        problem = "no row of any file tells who the participants are"
        hint = "Add a table with `holds: participants` to the mapping, and deliver its file"
        found.faults.append(Fault(code="no_rows", problem=problem, hint=hint))
    refuse(found.faults)
    # Known when all tables are read: what stands below the end of one may be another's.
    read = {(one.file, one.sheet, row) for one in found.blocks for row in one.rows}
    found.refused += (one for one in below if (one.file, one.sheet, one.row) not in read)
    return Delivery(
        blocks["participants"],
        blocks["observations"],
        "pandas",
        frozenset(found.cautions),
        # What several metrics read, such as a day or who answered, is refused once.
        refused=tuple(dict.fromkeys(found.refused)),
        mapped=tuple(_told(plan, files, given) for plan in plans),
        mappings={plan.by.mapping: plan.source for plan in plans},
    )


def _unplaced(
    plans: Sequence[MappingPlan], files: Sequence[SourceFile], named: int
) -> Iterator[Fault]:
    """Files that no mapping reads, or several do; and tables without a file."""
    if not named:
        yield Fault(code="no_file", problem="no file was named")
    twice = [
        name for name, times in Counter(plan.by.mapping for plan in plans).items() if times > 1
    ]
    for name in twice:
        yield Fault(code="mapping_twice", problem=f"the mapping '{name}' was named twice")
    for file in files:
        takers = [plan.by.mapping for plan in plans if plan.takes(file.name)]
        patterns = [one for plan in plans for table, _ in plan.tables for one in table.files]
        if not takers:
            problem = "no table of the mapping reads a file of this name"
            hint = "Rename the file, or add its name to files: of a table"
            fault = Fault(file=file.name, code="file_not_mapped", problem=problem, hint=hint)
            yield replace(fault, allowed=listing(dict.fromkeys(patterns)))
        # Two tables of one mapping may read one file; of two mappings each would bring its rows.
        if len(set(takers)) > 1:
            problem = f"several mappings read it: {listing(dict.fromkeys(takers))}"
            hint = "Let files: of one of them be narrower"
            yield Fault(file=file.name, code="file_mapped_twice", problem=problem, hint=hint)
    for plan in plans:
        for number, (table, _) in enumerate(plan.tables, 1):
            if not table.optional and not any(table.takes(file.name) for file in files):
                problem = f"there is no file for table {number} of the mapping '{plan.by.mapping}'"
                hint = "Deliver it, or write optional: true"
                allowed = f"a file named {listing(table.files)}"
                yield Fault(code="file_missing", problem=problem, allowed=allowed, hint=hint)


def _ungiven(plans: Sequence[MappingPlan], given: Mapping[str, str]) -> Iterator[Fault]:
    """What should be said with the delivery and is not, and what is said and asked for nowhere."""
    asked = dict.fromkeys(
        name for plan in plans for table, _ in plan.tables for name in table.given
    )
    for name in asked:
        if not given.get(name, "").strip():
            problem = f"'{name}' is to be said with the delivery, and is not"
            hint = f"Add given={{'{name}': ...}}, or --given {name}=..."
            yield Fault(column=name, code="not_given", problem=problem, hint=hint)
    for name in given:
        if name not in asked:
            problem = f"'{name}' is said with the delivery, and no mapping asks for it"
            hint = "Take it out, or name it under given: of a table"
            allowed = listing(asked) or "nothing"
            yield Fault(column=name, code="not_asked", problem=problem, allowed=allowed, hint=hint)


def _read_table(
    scope: str,
    table: MappedTable,
    context: RowContext,
    files: Sequence[SourceFile],
    contract: Contract,
    given: Mapping[str, str],
    below: list[Refused],
) -> BlocksRead:
    """What one table of a mapping delivers, of all files that it reads. Whole rows behind the end
    of a table are put `below`.
    """
    found = BlocksRead()
    constants = {**table.constant, **{name: given[name] for name in table.given if name in given}}
    for file in files:
        for source in file.tables(table) if table.takes(file.name) else ():
            if not isinstance(source, SourceTable):
                found.faults += source
                continue
            # Before a row is read: what says to others who a child is goes no further.
            wrong = list(_identifying(source, table))
            if wrong:
                found.faults += wrong
                continue
            found.cautions += source.cautions
            found.cautions += (
                f"{source.place}, column '{heading}': the heading looks like {what}. Evidence "
                "needs none: take the column out of what is delivered."
                for heading in table.headings
                for what in heading_tells(heading)
            )
            read = people if table.holds == "participants" else observed
            almost = list(_almost_left_out(source, table))
            found.refused += (source.refused(*one) for one in almost)
            behind, places = source.below, {place for place, *_ in almost}
            # A row that may be meant to be left out is refused, and not paid meanwhile.
            source = source.only([at not in places for at in range(len(source.rows))])
            found.add(read(source, table, context, constants, contract, scope))
            if behind is not None:
                after = read(behind, table, context, constants, contract, scope)
                below += _below_the_end(after.blocks)
    if table.holds == "observations":
        found.blocks = chosen(found.blocks, table.choose)
        if table.again == "corrects":
            found.blocks = corrected(found.blocks, contract)
    return found


def _below_the_end(blocks: Sequence[Block]) -> Iterator[Refused]:
    """Rows behind the end of a table that are whole rows of it: a total in the middle would cut off
    every child below it. Those that another table reads are not told.
    """
    for block in blocks:
        for place, row in enumerate(zip(*block.columns.values(), strict=True)):
            needed = zip(block.columns, row, strict=True)
            if all(cell is not None for name, cell in needed if name in _NEEDED):
                yield block.refused(place, "participant", BELOW_THE_END)


def _almost_left_out(source: SourceTable, table: MappedTable) -> Iterator[tuple[int, str, Refusal]]:
    """The rows whose cell differs by a slip from a word that would leave them out: what was
    cancelled would be paid for. A word that some value asks for is none.
    """
    values = (*table.of_columns.values(), *table.of_metrics.values())
    for heading, left_out in table.leave_out.items():
        asked = {word for value in values for word in value.where.get(heading, ())}
        cells = [code_of(cell) if isinstance(cell, str) else None for cell in source.cells(heading)]
        # A slip changes few letters: every other word of a long column need not be looked at.
        near = range(min(map(len, left_out)) - 3, max(map(len, left_out)) + 4)
        words = {cell for cell in cells if isinstance(cell, str) and len(cell) in near} - asked
        pairs = alike((*words, *left_out))
        almost = {one for pair in pairs if set(pair) & set(left_out) for one in pair} - {*left_out}
        for place, cell in enumerate(cells):
            if cell in almost:
                yield place, heading, ALMOST_LEFT_OUT


def _identifying(source: SourceTable, table: MappedTable) -> Iterator[Fault]:
    """Columns that are read and hold what says who a child is to others."""
    for heading in table.headings:
        if heading in table.identifiers or not source.times[heading]:
            continue
        if what := values_tell(source.cells(heading), names=False, born=None):
            yield Fault(
                file=source.file,
                sheet=source.sheet,
                column=heading,
                code="identifies",
                problem=f"most values of this column look like {what}",
                allowed="a reference that nobody outside can look up",
                hint="Give the children references of your own, and take the column out of what "
                "is delivered; or name the heading under identifiers: if it is none",
            )


def _told(plan: MappingPlan, files: Sequence[SourceFile], given: Mapping[str, str]) -> MappedBy:
    read = [FileRead(name=one.name, sha256=one.digest) for one in files if plan.takes(one.name)]
    said = {name for table, _ in plan.tables for name in table.given}
    kept = {name: value for name, value in given.items() if name in said}
    return plan.by.model_copy(update={"files": tuple(read), "given": kept})
