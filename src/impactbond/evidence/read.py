"""Reading evidence: every fault is told, and nothing that is in order is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, get_args

import narwhals as nw
import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.errors import EngineError, EvidenceError, Fault, assert_one_of
from impactbond.evidence.agreement import Observations, StatedRows
from impactbond.evidence.cautions import (
    day_cautions,
    person_cautions,
    place_cautions,
    twin_cautions,
)
from impactbond.evidence.checked_delivery import CheckedDelivery, checked_before
from impactbond.evidence.checks import Person, read_observations, read_people
from impactbond.evidence.deliveries import Block, Delivery, refuse, without_repeats
from impactbond.evidence.evidence import (
    Evidence,
    ExternalEvidence,
    as_evidence,
    observations_schema,
    participants_schema,
    refused_table,
)
from impactbond.evidence.external_checks import check_observations, check_participants
from impactbond.evidence.external_columns import DELIVERED, Reading, Values
from impactbond.evidence.files import Given, GivenFiles, expanded
from impactbond.evidence.followed_delivery import followed_delivery
from impactbond.evidence.headings import REQUIRED
from impactbond.evidence.personal import SAMPLE, assert_allowed, personal_columns
from impactbond.evidence.sources import (
    NAMES,
    NO_PARTICIPANTS,
    ExternalTable,
    collected,
    external_table,
    is_external,
    is_path,
    optional_columns,
    read_frames,
)
from impactbond.evidence.workbook import people_sheet, read_workbooks
from impactbond.tables import FILE, ROW, EngineSession, making_rows, rows_table, sorted_by
from impactbond.terms.metrics.numbers import Percentage
from impactbond.texts import as_counted

Source = Given | Sequence[Given] | Mapping[str, Any]


class Maps(Protocol):
    """What reads files that are not in the contract's own form: a mapping."""

    def deliver(
        self,
        paths: Sequence[Path],
        contract: Contract,
        given: Mapping[str, str],
        beside: Sequence[Any] = (),
    ) -> Delivery:
        """What some files deliver by this mapping and others beside it."""


_BY_ROWS = "at_rest=False, --row-by-row, reads it row by row"


def read_evidence(
    source: Source,
    contract: Contract | Versions,
    *,
    at_rest: bool | None = None,
    values: Values = "as written",
    allow_personal: Sequence[str] = (),
    mapping: Maps | Sequence[Maps] | None = None,
    given: Mapping[str, str] | None = None,
    carried: str | PathLike[str] | None = None,
) -> Evidence:
    """The evidence in an .xlsx workbook, in several, in frames, or in Parquet and CSV files.

    Takes: a path, several paths (deliveries may overlap, or be the same twice), or a mapping of
        `participants` and `observations` to tables in the library's own columns, where `value` is
        as people write it: 17, 91.5, yes, a mark. A table is a frame of any kind, or Parquet or CSV
        files: a path, a folder, a pattern, or several. Wherever a file is taken, so are its bytes,
        an open stream, or a GivenFile, which has a name besides.
    Gives: participants and observations in order, and every refused row with its reason.
    Keeps: the order of rows, of files and of repeated deliveries changes nothing.

    `at_rest` says whether observations stay where they are: files and Spark frames do, other frames
    are read row by row. What stays is checked as a whole, and used only if nothing is wrong with
    it; every observation needs a reference, and rows may not be delivered twice. Its `values` may
    be "as held": the whole numbers of `Evidence.observations`, quicker than reading texts.

    With the file that was `carried` forward beside the record of the claim before, files that stay
    where they are, and were checked for it byte for byte, are not checked again: only what the
    delivery adds is. What is found is the same, faults too.

    Columns that say who a child is, by their heading or by what most of their cells are, are
    refused, unless `allow_personal` names the heading.

    With a `mapping`, or several, files are read as it says, whatever their form; each is read by
    one mapping, and `given` are the columns that are to be said with the delivery, such as
    {"recorded_on": "2024-09-30"}. The evidence then says which mapping read which file.

    Raises EvidenceError when files, sheets or columns are not as the contract says, listing all;
    RecordError where what is `carried` is damaged.
    """
    assert_one_of(values, "values", get_args(Values), EvidenceError)
    if isinstance(contract, Versions):
        contract = contract.whole
    files = GivenFiles()
    laid: Any = files.paths_for(source, "evidence")
    before = None if carried is None else checked_before(carried)
    if mapping is not None or given:
        delivery = _by_mappings(laid, contract, mapping, given or {})
        return _checked(delivery, contract, allow_personal)
    if isinstance(laid, Mapping):
        if at_rest or (at_rest is None and any(map(is_external, laid.values()))):
            return _external(laid, contract, values, allow_personal, files, before)
        tables = _both(
            laid, lambda table, name: collected(table, name) if is_path(table) else table
        )
        # Files have no kind of frame of their own: what is given back is what a workbook gives.
        delivery = read_frames(tables, contract)
        if any(map(is_path, laid.values())):
            delivery = replace(delivery, kind="pandas")
        return _checked(delivery, contract, allow_personal)
    paths = [laid] if isinstance(laid, str | PathLike) else laid
    with making_rows():
        return _checked(read_workbooks(paths, contract), contract, allow_personal)


def _by_mappings(
    source: Any,
    contract: Contract,
    mapping: Maps | Sequence[Maps] | None,
    given: Mapping[str, str],
) -> Delivery:
    """What files deliver by mappings. Raises EvidenceError."""
    mappings = mapping if isinstance(mapping, Sequence) else [mapping]
    problem = ""
    if isinstance(source, Mapping):
        problem = "a mapping reads files, and tables in the library's own columns need none"
    elif not mappings or not all(hasattr(one, "deliver") for one in mappings):
        problem = "what is given as mapping is none"
    if problem:
        hint = "Read one with read_mapping, and name files"
        raise EvidenceError(
            "The evidence cannot be read.", [Fault(code="no_mapping", problem=problem, hint=hint)]
        )
    named = [source] if isinstance(source, str | PathLike) else list(source)
    # A pattern that finds nothing stays as it is written, and is told as a file that is not there.
    paths = [Path(one) for word in named for one in list(expanded(str(word))) or [str(word)]]
    first, *beside = filter(None, mappings)
    return first.deliver(paths, contract, given, beside)


def _checked(delivery: Delivery, contract: Contract, allowed: Sequence[str]) -> Evidence:
    """What was delivered, in memory, row by row."""
    allowed_ones = assert_allowed(delivery.personal, allowed)
    people_blocks, people_repeated, _ = without_repeats(_coded(delivery.participants))
    blocks, repeated, doubtful = without_repeats(_coded(delivery.observations))
    people = read_people(people_blocks, contract)
    sheet = "participants" if people_blocks[0].names_observations else people_sheet(contract)
    sheet = "" if delivery.mapped else sheet
    observations, refused, disagreeing = read_observations(blocks, contract, people, sheet)
    participants_table = _participants_table(people.rows, contract)
    observations_table = _observations_table(observations, contract)
    refused_rows = refused_table([*delivery.refused, *people.refused, *refused])
    cautions = {
        *delivery.cautions,
        *allowed_ones,
        *map(_without_reference, doubtful),
        *_as_fractions(observations, contract),
        *twin_cautions(participants_table, contract),
        *person_cautions(participants_table, contract),
        *place_cautions(participants_table, observations_table, refused_rows),
        *day_cautions(participants_table, contract),
        *day_cautions(observations_table, contract),
    }
    return Evidence(
        participants_table=participants_table,
        observations_table=observations_table,
        refused_table=refused_rows,
        repeated=people_repeated + repeated + people.repeated + disagreeing,
        kind=delivery.kind,
        cautions=tuple(sorted(cautions, key=as_counted)),
        mapped=delivery.mapped,
        mappings=delivery.mappings,
    )


def _both(source: Mapping[str, Any], read: Callable[[Any, str], Any]) -> dict[str, Any]:
    """Each table as it is read. Raises EvidenceError with what is wrong with any of them."""
    found, errors = {}, list[EvidenceError]()
    for name, table in source.items():
        try:
            found[name] = read(table, name)
        except EvidenceError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    refuse([fault for error in errors for fault in error.faults])
    return found


def _coded(blocks: Sequence[Block]) -> list[Block]:
    return [block.all_coded() for block in blocks]


def _external(
    source: Mapping[str, Any],
    contract: Contract,
    values: Values,
    allowed: Sequence[str],
    files: GivenFiles,
    before: CheckedDelivery | None,
) -> ExternalEvidence:
    """What lies elsewhere, checked as a whole, with the participants in memory. `files` holds what
    was given as bytes for as long as the evidence is there; `before` is what was checked already.

    Raises EvidenceError with every kind of fault that any row has.
    """
    unknown = sorted(set(NAMES) ^ source.keys())
    problems = [f"no evidence table '{name}', or one too many" for name in unknown]
    refuse([Fault(code="unknown_table", problem=problem) for problem in problems])
    tables = _both(source, external_table)
    (participants, _), (found, kind) = tables["participants"], tables["observations"]
    observations = replace(found, owner=(found.owner, files))
    observations.assert_unchanged()  # stamps the files before they are read
    try:
        people, cautions = _external_people(participants, contract, allowed)
        session = EngineSession(observations.engine)
        session.check_what_files_say()
        session.scan(DELIVERED["observations"], observations.table)
        reading = Reading.of(session, "observations", contract, values)
        cautions |= assert_allowed(_personal(session, reading), allowed)
        _refuse_all(reading.faults(), "the structure of the evidence")
        session.scan("people", people.select(["participant"]))
        followed = None
        if before is not None:
            followed = followed_delivery(session, reading, observations, people, before)
        summary = check_observations(session, reading) if followed is None else followed.summary
    except EngineError as error:
        faults = [*participants.unreadable(), *observations.unreadable()]
        _refuse_all(faults, "the structure of the evidence")
        # A line that is longer than an engine takes, perhaps, or no memory for it.
        raise EvidenceError(
            f"The evidence cannot be read where it lies; {_BY_ROWS}.", error.faults
        ) from None
    _refuse_all(summary.faults, "the observations")
    cautions |= {*twin_cautions(people, contract), *person_cautions(people, contract)}
    cautions |= set(day_cautions(people, contract))
    told = tuple(sorted(cautions, key=as_counted))
    read = (people, observations, contract, values, summary)
    return ExternalEvidence(*read, kind=kind, cautions=told, followed=followed)


def _external_people(
    source: ExternalTable, contract: Contract, allowed: Sequence[str]
) -> tuple[pa.Table, set[str]]:
    session = EngineSession(source.engine)
    session.check_what_files_say()
    session.scan(DELIVERED["participants"], source.table)
    reading = Reading.of(session, "participants", contract)
    _refuse_all(reading.faults(), "the structure of the evidence")
    cautions = assert_allowed(_personal(session, reading), allowed)
    session.create_view("people", reading.participants())
    _refuse_all(check_participants(session, reading), "the participants")
    rows = session.query(f"SELECT * FROM {session.table_name('people')}")
    schema = participants_schema(tuple(contract.participants.attributes))
    people = as_evidence(rows, "participants", schema)
    if not people.num_rows:
        _refuse_all([NO_PARTICIPANTS], "the structure of the evidence")
    return sorted_by(people, "participant", "from_on", "recorded_on"), cautions


def _personal(session: EngineSession, reading: Reading) -> Iterator[Fault]:
    """The columns that say who a child is, by their headings and the first of their rows."""
    columns: dict[str, list[object]] = {
        name: [] for name in reading.kinds if name not in (FILE, ROW)
    }
    kinds = reading.kinds
    texts = [one for one in columns if kinds[one] == nw.String or kinds[one].is_integer()]
    if texts:
        chosen = ", ".join(
            f"CAST({reading.dialect.name(one)} AS STRING) AS c{at}" for at, one in enumerate(texts)
        )
        rows = session.query(f"SELECT {chosen} FROM {reading.table} LIMIT {SAMPLE}")
        columns |= {one: rows[f"c{at}"].to_pylist() for at, one in enumerate(texts)}
    attributes = tuple(reading.contract.participants.attributes)
    known = (*REQUIRED[reading.name], *optional_columns(reading.name, reading.contract))
    begins = reading.contract.calendar.periods[0].first
    place = Fault(sheet=reading.name)
    return personal_columns(place, columns, (*known, *attributes), begins)


def _refuse_all(faults: Sequence[Fault], where: str) -> None:
    if faults:
        count = len(set(faults))
        raise EvidenceError(
            f"Faults in {where}: {count}. None of it can be used until they are put right; "
            f"{_BY_ROWS} and tells every row.",
            faults,
        )


def _without_reference(sheet: str) -> str:
    return (
        f"sheet '{sheet}': some rows without a reference say the same as another row and "
        "were counted once. Give each row a reference if they are different events."
    )


def _as_fractions(observations: Observations, contract: Contract) -> set[str]:
    """A caution for a column of percentages where none is above 1: 0.9 for 90, perhaps."""
    percentages = {
        name: metric for name, metric in contract.metrics.items() if isinstance(metric, Percentage)
    }
    lowest = np.iinfo(np.int64).min
    of_each = np.full(len(observations.stated), lowest, np.int64)
    if percentages:
        np.maximum.at(of_each, observations.of, observations.values)
    # By column: one attendance below 1% may be true, a whole column of them hardly is.
    largest: dict[tuple[str, str, str], int] = {}
    for one, value in zip(observations.stated, of_each.tolist(), strict=True):
        if one.metric in percentages and value > lowest:
            sheet = one.block.sheet or one.block.file
            key = (sheet, one.block.heading(one.metric), one.metric)
            largest[key] = max(largest.get(key, 0), value)
    return {
        f"sheet '{sheet}', column '{heading}': no percentage is above 1. "
        "Write 92.5 for 92.5%, not 0.925, which Excel keeps in a cell formatted as %."
        for (sheet, heading, name), value in largest.items()
        if 0 < value <= 10 ** percentages[name].decimals and percentages[name].range[1] > 1
    }


def _observations_table(observations: Observations, contract: Contract) -> pa.Table:
    """The observations, column by column: there may be millions."""
    schema = observations_schema(contract)
    if not len(observations.names):
        return schema.empty_table()

    def texts(held: Sequence[str | None], codes: Any) -> pa.Array:
        return pa.array(held, pa.string()).take(pa.array(codes))

    def text(name: str) -> pa.Array:
        return texts(observations.held[name], observations.codes[name])

    def of_each(told: Callable[[StatedRows], str]) -> pa.Array:
        return texts(list(map(told, observations.stated)), observations.of)

    supersedes: list[str | None] = [None] * len(observations.names)
    for at, name in observations.supersedes.items():
        supersedes[at] = name
    columns = {
        "observation": observations.names,
        "metric": of_each(lambda one: one.metric),
        "value": pa.array(observations.values),
        "observed_on": pa.array(observations.observed_on).cast(pa.date32()),
        "recorded_on": pa.array(observations.recorded_on).cast(pa.date32()),
        "supersedes": pa.array(supersedes, pa.string()),
        "file": of_each(lambda one: one.block.file),
        "sheet": of_each(lambda one: one.block.sheet),
        "row": pa.array(observations.rows),
    }
    arrays = [columns[name] if name in columns else text(name) for name in schema.names]
    return pa.Table.from_arrays(arrays, schema=schema)


def _participants_table(people: Sequence[Person], contract: Contract) -> pa.Table:
    rows = [
        (
            *(row.participant, row.started_on, row.left_on, row.from_on, row.recorded_on),
            *row.attributes,
            *row.block.where(row.place),
        )
        for row in people
    ]
    return rows_table(rows, participants_schema(tuple(contract.participants.attributes)))
