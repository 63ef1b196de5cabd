"""Rows read where they lie: for every column of evidence, the query that finds it in what was
delivered.

The same text is read by DuckDB and by Spark. What a cell may hold is what `cells` says; a cell that
cannot be read becomes null here, and is refused by `external_checks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.dialect import Dialect
from impactbond.errors import Fault
from impactbond.evidence.cells import may_have_thousands, thousands_pattern
from impactbond.evidence.deliveries import RECORDED, STATUSES, WITHDRAWN
from impactbond.evidence.headings import REQUIRED, missing_columns
from impactbond.evidence.sources import NAMES, optional_columns
from impactbond.tables import FILE, ROW, EngineSession
from impactbond.terms.metrics import Chosen, Metric, Numbered

Values = Literal["as written", "as held"]
DAYS = ("started_on", "left_on", "from_on", "observed_on", "recorded_on")
SEEN = (
    *("observation", "participant", "metric", "value", "observed_on", "recorded_on"),
    *("supersedes", "status"),
)
# What an engine session calls the tables that were delivered.
DELIVERED = {name: f"delivered_{name}" for name in NAMES}
_NO_NUMBER = "CAST(NULL AS BIGINT)"
_ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


@dataclass(frozen=True)
class Reading:
    """How the columns of one delivered table are read: its columns and their kinds.

    `name` is the evidence table's, `table` what queries call what was delivered.
    """

    name: str
    table: str
    kinds: dict[str, nw.dtypes.DType]
    dialect: Dialect
    contract: Contract
    values: Values = "as written"

    @classmethod
    def of(
        cls, session: EngineSession, name: str, contract: Contract, values: Values = "as written"
    ) -> Reading:
        """The reading of an evidence table that was scanned into an engine session."""
        table = DELIVERED[name]
        found = session.table(table).collect_schema().items()
        listed = nw.Enum | nw.Categorical
        kinds = {one: nw.String() if isinstance(kind, listed) else kind for one, kind in found}
        return cls(name, session.table_name(table), kinds, session.dialect, contract, values)

    def faults(self) -> list[Fault]:
        """What is wrong with the columns themselves."""
        # Rows of a large delivery are told from each other by their references alone.
        attributes = self.contract.participants.attributes
        further = ["observation"] if self.name == "observations" else list(attributes)
        required = (*REQUIRED[self.name], *further)
        optional = optional_columns(self.name, self.contract)
        faults = list(missing_columns([*self.kinds], self.name, required, optional))
        for column in (*required, *optional):
            kind = self.kinds.get(column)
            # Refused and not turned: which day a moment is on depends on the zone, and nobody said
            # which is meant.
            if column in DAYS and isinstance(kind, nw.Datetime) and kind.time_zone is not None:
                faults.append(self._with_zone(column))
        if self.values == "as held" and not self.kinds.get("value", nw.Int64()).is_integer():
            faults.append(self._wrong_kind("value", "whole numbers, as evidence holds them"))
        return faults

    def _wrong_kind(self, column: str, allowed: str) -> Fault:
        fault = Fault(sheet=self.name, column=column, code="wrong_kind", allowed=allowed)
        return replace(fault, problem="the column holds something else")

    def _with_zone(self, column: str) -> Fault:
        """Which day a moment is on depends on where it is asked: nobody here may choose."""
        fault = Fault(sheet=self.name, column=column, code="time_with_zone", allowed="dates")
        fault = replace(fault, problem="the column holds times with a time zone, which are no days")
        return replace(fault, hint="Turn them into dates where they are made, in the right zone")

    @property
    def delivered(self) -> list[str]:
        """The columns of evidence that the table has, and FILE and ROW: what else it may have could
        bear a name that a query gives.
        """
        optional = optional_columns(self.name, self.contract)
        known = dict.fromkeys((*REQUIRED[self.name], "observation", *optional, FILE, ROW))
        return [self.dialect.name(name) for name in known if name in self.kinds]

    def raw(self, column: str) -> str:
        """A column as it was delivered; null where nobody delivers it."""
        if column not in self.kinds:
            return "NULL"
        raw, kind = self.dialect.name(column), self.kinds[column]
        if kind == nw.String:
            return f"CAST({raw} AS STRING)"  # nothing to do, unless texts are listed
        # What is no number is what other programs write for nothing.
        return f"CASE WHEN NOT isnan({raw}) THEN {raw} END" if kind.is_float() else raw

    def is_text(self, column: str) -> bool:
        """Whether a column can name things: texts, whole numbers, or nothing at all."""
        kind = self.kinds.get(column)
        return kind is None or kind == nw.String or kind.is_numeric() or kind == nw.Unknown

    def text(self, column: str) -> str:
        """A column as texts; whole numbers count as their digits, and other numbers are none."""
        raw, kind = self.raw(column), self.kinds.get(column)
        if kind == nw.String:
            return raw
        if kind is not None and kind.is_numeric() and not kind.is_integer():
            # Fifteen digits, as many as a binary fraction holds exactly: a longer reference would
            # be read as another child's.
            number = f"TRY_CAST({raw} AS DECIMAL(15, 0))"
            raw = f"CASE WHEN CAST({number} AS DOUBLE) = CAST({raw} AS DOUBLE) THEN {number} END"
        return f"CAST({raw} AS STRING)"

    def day(self, column: str) -> str:
        """A column of dates as day numbers."""
        raw, kind = self.raw(column), self.kinds.get(column)
        if kind is None:
            return _NO_NUMBER
        if isinstance(kind, nw.Date):
            return self.dialect.day_number(raw)
        if isinstance(kind, nw.Datetime):
            return self.dialect.day_number(f"CAST({raw} AS DATE)")
        if kind != nw.String:
            return _NO_NUMBER  # a column in which nothing stands, or whose rows are refused
        found = self.dialect.day_number(f"TRY_CAST({raw} AS DATE)")
        # Engines read other spellings of days too, each its own: only this one means one day
        # everywhere.
        return f"CASE WHEN {self.dialect.matches(raw, _ISO)} THEN {found} END"

    def _value(self) -> str:
        if self.values == "as held":
            return f"CAST({self.raw('value')} AS BIGINT)"
        found = "".join(
            f" WHEN {self.dialect.text(name)} THEN {self._read_by(metric)}"
            for name, metric in self.contract.metrics.items()
        )
        return f"CAST(CASE {self.text('metric')}{found} END AS BIGINT)"

    def column(self, name: str) -> str:
        """A column as evaluation takes it: a metric as its place in the contract, a value as a
        whole number, a status that goes without saying as `recorded`, dates as day numbers.
        """
        match name:
            case "metric":
                place = self.dialect.place(self.text("metric"), list(self.contract.metrics))
                return f"CAST({place} AS BIGINT)"
            case "value":
                return self._value()
            case "status":
                return f"coalesce({self.text('status')}, '{RECORDED}')"
            case _:
                return self.day(name) if name in DAYS else self.text(name)

    def status_place(self) -> str:
        """The place of a row's status among those there are; null where it is none of them."""
        status = self.text("status")
        place = self.dialect.place(status, STATUSES)
        return f"CASE WHEN {status} IS NULL THEN {STATUSES.index(RECORDED)} ELSE {place} END"

    def observations(self) -> str:
        """The query for the observations as evaluation takes them."""
        return self._query(SEEN)

    def participants(self) -> str:
        """The query for the participants, with dates as day numbers; what is not dated holds from
        the start.
        """
        columns = ["participant", "started_on", "left_on", "recorded_on"]
        from_on = f"coalesce({self.day('from_on')}, {self.day('started_on')}) AS from_on"
        attributes = self.contract.participants.attributes
        return self._query([*columns, *attributes], from_on, *self.place)

    def held(self) -> str:
        """The query for the observations as evidence holds them, with dates as day numbers."""
        stands = f"{self.column('status')} <> '{WITHDRAWN}'"
        others = (
            f"{self.text('metric')} AS metric",
            f"CASE WHEN {stands} THEN {self._value()} ELSE 0 END AS value",
            *(f"{self.text(name)} AS {name}" for name in ("source", "evidence_ref")),
        )
        names = [name for name in SEEN if name not in ("metric", "value")]
        slot = (f"{self.slot()} AS slot",) if self.contract.slots else ()
        return self._query(names, *others, *slot, *self.place)

    def slot(self) -> str:
        """The slot of an observation; null for a metric without any."""
        with_slots = [name for name, one in self.contract.metrics.items() if one.slot_names]
        named = ", ".join(map(self.dialect.text, with_slots))
        return f"CASE WHEN {self.text('metric')} IN ({named}) THEN {self.text('slot')} END"

    @property
    def place(self) -> tuple[str, ...]:
        """The columns FILE and ROW, where they are not known as nothing."""
        return (FILE, ROW) if FILE in self.kinds else (f"'' AS {FILE}", f"{_NO_NUMBER} AS {ROW}")

    def _query(self, columns: Sequence[str], *others: str) -> str:
        found = [f"{self.column(name)} AS {self.dialect.name(name)}" for name in columns]
        return f"SELECT {', '.join([*found, *others])} FROM {self.table}"

    def _read_by(self, metric: Metric) -> str:
        if isinstance(metric, Chosen):
            return self.dialect.place(self.text("value"), metric.choices)
        if isinstance(metric, Numbered):
            return self._number(metric.decimals, may_have_thousands(metric))
        value, kind = self.raw("value"), self.kinds["value"]
        if kind == nw.String:
            return f"CASE lower({value}) WHEN 'yes' THEN 1 WHEN 'no' THEN 0 END"
        if kind == nw.Boolean:
            return f"CASE WHEN {value} THEN 1 WHEN NOT {value} THEN 0 END"
        return f"CASE {value} WHEN 1 THEN 1 WHEN 0 THEN 0 END" if kind.is_numeric() else _NO_NUMBER

    def may_be_thousands(self, places: int) -> str:
        """Whether a value is a text such as 1.500, of a metric with so many decimals."""
        is_text = self.kinds["value"] == nw.String
        matches = self.dialect.matches(self.raw("value"), thousands_pattern(places))
        return f"coalesce({matches}, FALSE)" if is_text else "FALSE"

    def _number(self, places: int, has_thousands: bool) -> str:
        """A number with at most so many decimals, scaled; null for any other, and for a text that
        may be of thousands, where the metric has any. A binary fraction
        holds a decimal one if it is the nearest to it, whatever it looks like as a text.
        """
        value, kind = self.raw("value"), self.kinds["value"]
        exact = f"TRY_CAST({value} AS DECIMAL(28, {places}))"
        scaled = f"TRY_CAST({exact} * {10**places} AS BIGINT)"
        if kind == nw.String:
            further = f"[0-9]{{1,{places}}}0*" if places else "0+"
            # Noughts at the end are no finer number.
            plain = self.dialect.matches(value, rf"-?[0-9]+(\.{further})?")
            if has_thousands:
                plain += f" AND NOT {self.may_be_thousands(places)}"
            return f"CASE WHEN {plain} THEN {scaled} END"
        if not kind.is_numeric():
            return _NO_NUMBER
        if kind.is_integer():
            return scaled
        same = f"CAST({exact} AS DOUBLE) = CAST({value} AS DOUBLE)"
        return f"CASE WHEN {same if kind.is_float() else f'{exact} = {value}'} THEN {scaled} END"
