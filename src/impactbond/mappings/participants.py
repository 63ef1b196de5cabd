"""Rows that tell who participants are, from a table of a partner's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from impactbond.contract.contract import Contract
from impactbond.errors import Fault
from impactbond.evidence.deliveries import Block, Cells
from impactbond.evidence.refusals import Refused
from impactbond.mappings.cell_forms import day_in
from impactbond.mappings.mapped_table import MappedTable
from impactbond.mappings.tables import SourceTable
from impactbond.mappings.values import RowContext


@dataclass(eq=False, repr=False)
class BlocksRead:
    """Blocks of rows, the cells that were refused on the way, faults of structure, and cautions."""

    blocks: list[Block] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)

    def add(self, other: BlocksRead) -> None:
        """Take in what was read besides."""
        self.blocks += other.blocks
        self.refused += other.refused
        self.faults += other.faults
        self.cautions += other.cautions


@dataclass(eq=False, repr=False)
class BaseColumns:
    """The columns of the evidence that a table fills, with the rows that cannot be used."""

    columns: dict[str, Cells]
    headings: dict[str, str]
    bad: set[int]
    refused: list[Refused]

    def stand(self) -> list[bool]:
        """Whether each row can be used."""
        count = len(next(iter(self.columns.values()), []))
        return [place not in self.bad for place in range(count)]


def base_columns(
    source: SourceTable,
    table: MappedTable,
    context: RowContext,
    constants: Mapping[str, object],
) -> BaseColumns:
    """The columns of a table, its constants, and what stands above it."""
    count = len(source.rows)
    found = BaseColumns({}, {}, set(), [])
    for name, value in constants.items():
        found.columns[name] = [value] * count
    for name, above in table.above.items():
        day = day_in(source.above.get(name), above.after, above.format, context.within)
        if isinstance(day, tuple):
            # The day above a table is every row's: without it none can be used.
            refusal, found.bad = day[0], set(range(count))
            found.refused.append(Refused(source.file, source.sheet, 0, above.cell, refusal))
        found.columns[name] = [day] * count
        found.headings[name] = above.cell
    for name, value in table.of_columns.items():
        read = value.read(source, context)
        found.columns[name] = read.values
        found.headings[name] = value.column
        found.bad |= read.refusals.keys()
        found.refused += (
            source.refused(place, value.column, refusal) for place, refusal in read.refusals.items()
        )
    return found


def people(
    source: SourceTable,
    table: MappedTable,
    context: RowContext,
    constants: Mapping[str, object],
    contract: Contract,
    scope: str,
) -> BlocksRead:
    """The participants of a table; a row with a cell that is refused is left out whole."""
    base = base_columns(source, table, context, constants)
    block = Block(
        file=source.file,
        sheet=source.sheet,
        scope="",
        rows=list(source.rows),
        columns=base.columns,
        headings=base.headings,
        names_observations=True,
    )
    return BlocksRead([block.only(base.stand())], base.refused)
