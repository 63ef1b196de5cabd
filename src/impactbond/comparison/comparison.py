"""Comparing: what differs between two settlements, records or contract versions, whose money moves,
and why; told as text, as plain data and as tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from impactbond.cards import FrameOf
from impactbond.comparison.moved_money import (
    Side,
    Why,
    changed_verdicts,
    moved_claims,
    moved_payments,
    totals,
)
from impactbond.contract.contract import Contract
from impactbond.contract.difference import ContractChange, difference
from impactbond.contract.read import read_contract
from impactbond.errors import Fault, RecordError, SettlementError, unopened
from impactbond.evaluation.decisions import DECISIONS
from impactbond.money import show
from impactbond.records.contents import RESULTS, fitting_together
from impactbond.records.record import File, Record, read_record
from impactbond.records.regenerate import SHOWN, Report, some
from impactbond.settlement.results import RESULT_PARTS
from impactbond.settlement.settlement import Settlement
from impactbond.tables import aligned, as_kind, plain_rows, rows_table, schema_of
from impactbond.terms.words import counted

Compared = Settlement | Record | Contract | File
_ZIP = b"PK\x03\x04"


def compare(was: Compared, now: Compared) -> Comparison | ContractComparison:
    """What differs between two settlements or records, or between two versions of a contract.

    Each is a settlement, a record, a contract, or the path of a record or contract. For settlements
    every claim whose money moved is listed with old and new amounts by funder and the reasons; for
    every funder they add up, with what moved of up-front money, to the difference of the
    statements.

    Raises SettlementError where a contract meets a settlement, or the contracts are different ones;
    RecordError and ContractError where a file cannot be read.
    """
    one, other = _opened(was), _opened(now)
    if isinstance(one, Contract) and isinstance(other, Contract):
        return ContractComparison(_named(one), _named(other), difference(one, other))
    if isinstance(one, Contract) or isinstance(other, Contract):
        problem = "one is a contract, the other is settled"
        allowed = "two contracts, or two settlements or records"
        fault = Fault(code="unlike", problem=problem, allowed=allowed)
        raise SettlementError("They cannot be compared.", [fault])
    records = [side.name for side in (one, other) if isinstance(side, Record)]
    with fitting_together(" and ".join(records)) if records else nullcontext():
        return _compared(_side(one), _side(other))


def _opened(compared: Compared) -> Settlement | Record | Contract:
    """What is to be compared; a path is read as a record or as a contract, by what it holds."""
    if isinstance(compared, Settlement | Record | Contract):
        return compared
    path = Path(compared)
    try:
        with path.open("rb") as file:
            is_zip = file.read(4) == _ZIP
    except (OSError, ValueError) as error:
        raise RecordError("There is nothing to compare.", [unopened(path, error)]) from None
    if is_zip and path.suffix.casefold() == ".xlsx":
        problem, allowed = "this is a workbook", "two records, or two contracts"
        hint = "Use verify, which compares a statement with a record"
        fault = Fault(
            file=path.name, code="a_workbook", problem=problem, allowed=allowed, hint=hint
        )
        raise RecordError("There is nothing to compare.", [fault])
    return read_record(path) if is_zip else read_contract(path)


def _side(compared: Settlement | Record) -> Side:
    """A settlement or a record as one side."""
    if isinstance(compared, Record):
        claim = compared.manifest.claim
        return Side(
            name=compared.name,
            contract=compared.contract,
            claim_period=claim.claim_period,
            claim_date=claim.claim_date,
            kind="pandas",
            basis=compared.counts or compared.evidence,
            names={},
            decisions=_decided(compared, lambda: compared.result("decisions")),
            result_parts=_parts_of(compared),
            **{name: compared.result(name) for name in Side.TABLES},
        )
    return Side(
        name=f"settlement of {compared.claim.label}",
        contract=compared.contract,
        claim_period=compared.claim.label,
        claim_date=compared.claim.known_by,
        kind=compared.evidence.kind,
        basis=compared.basis.known_on(compared.claim.known_by),
        names={funder.id: funder.name for funder in compared.funders.all},
        decisions=_decided(compared, lambda: compared.decisions_table),
        result_parts=compared.result_parts_table,
        **{name: getattr(compared, f"{name}_table") for name in Side.TABLES},
    )


def _decided(compared: Settlement | Record, decisions: Callable[[], pa.Table]) -> pa.Table:
    return DECISIONS.empty_table() if compared.counts is not None else decisions()


def _parts_of(record: Record) -> pa.Table:
    """The steps of results in a record; none in one of a contract without results, or that was
    written before they were kept.
    """
    is_kept = RESULTS["result_parts"] in record.parts
    return record.result("result_parts") if is_kept else RESULT_PARTS.empty_table()


def _compared(was: Side, now: Side) -> Comparison:
    if was.contract.contract != now.contract.contract:
        problem = f"one is of '{was.contract.contract}', the other of '{now.contract.contract}'"
        fault = Fault(code="other_contract", problem=problem, allowed="one contract, any versions")
        raise SettlementError("They are settlements of different contracts.", [fault])
    terms = (*_taking_effect(was, now), *difference(was.contract, now.contract))
    why = Why(was, now, terms)
    claims = moved_claims(was, now, why)
    changed_rows = [row for rows in why.evidence.values() for row in rows]
    return Comparison(
        was=_of_side(was),
        now=_of_side(now),
        currency=now.contract.currency,
        names=was.names | now.names,
        terms=terms,
        rows_new=sum(row.is_new for row in changed_rows),
        rows_gone=sum(not row.is_new for row in changed_rows),
        claims_table=claims,
        totals_table=totals(was, now, claims),
        verdicts_table=changed_verdicts(why),
        schedule_table=moved_payments(was, now),
        kind=now.kind,
    )


def _taking_effect(was: Side, now: Side) -> Iterator[ContractChange]:
    """Another effective day, which is no term but decides what every milestone is settled under."""
    before, after = (str(side.contract.version.effective_on) for side in (was, now))
    if before != after:
        payables = dict.fromkeys((*now.contract.payables, *was.contract.payables))
        path = "version › effective_on"
        yield ContractChange(path, before, after, "", tuple(payables), "changed")


def _of_side(side: Side) -> str:
    about = f"{side.contract.contract}, version {side.contract.version.number}"
    return f"{side.name} ({about}, claim {side.claim_period} of {side.claim_date})"


def _named(contract: Contract) -> str:
    version = contract.version
    kind = f"{version.kind} of {version.signed_on}"
    return f"{contract.contract}, version {version.number}, {kind}, SHA-256 {contract.digest[:12]}…"


TERMS = schema_of("path", "was", "now", "clause", "milestones")


@dataclass(frozen=True)
class ContractComparison(Report):
    """What differs between two versions of a contract, computed from their terms."""

    was: str
    now: str
    terms: tuple[ContractChange, ...]

    @property
    def same(self) -> bool:
        """Whether no term differs."""
        return not self.terms

    @property
    def table(self) -> Any:
        """One row for each term that differs, as a pandas frame: path, was, now, clause, and the
        milestones that it can touch in one cell.
        """
        rows = [
            (term.path, term.was, term.now, term.clause, ", ".join(term.milestones))
            for term in self.terms
        ]
        return as_kind(rows_table(rows, TERMS), "pandas")

    @property
    def text(self) -> str:
        """The differences in plain words."""
        told = [self.was, self.now, ""]
        if self.same:
            return "\n".join([*told, "No term differs."])
        told.append(f"Terms that differ: {len(self.terms)}")
        for term in self.terms:
            told.append(f"  {term}")
            if term.milestones:
                told.append(f"    can move the money of {', '.join(term.milestones)}")
        return "\n".join(told)

    def as_dict(self) -> dict[str, Any]:
        """The differences as plain data, for `--json`."""
        return {
            "was": self.was,
            "now": self.now,
            "same": self.same,
            "terms": [asdict(term) for term in self.terms],
        }


@dataclass(frozen=True)
class Comparison(Report):
    """What differs between two settlements: terms, rows of evidence, verdicts, money and days.

    Frames come in the kind that the later side's evidence came in; money is whole pence.
    """

    was: str
    now: str
    currency: str
    names: dict[str, str] = field(repr=False)
    terms: tuple[ContractChange, ...] = field(repr=False)
    rows_new: int
    rows_gone: int
    claims_table: pa.Table = field(repr=False)
    totals_table: pa.Table = field(repr=False)
    verdicts_table: pa.Table = field(repr=False)
    schedule_table: pa.Table = field(repr=False)
    kind: str

    @property
    def same(self) -> bool:
        """Whether nothing differs: no term, no row of evidence, no verdict, no payment."""
        tables = (self.claims_table, self.verdicts_table, self.schedule_table)
        moved = any(table.num_rows for table in tables)
        return not (self.terms or self.rows_new or self.rows_gone or moved)

    @property
    def difference_pence(self) -> int:
        """What all funders together are asked for now, less what they were asked for."""
        return sum(self.totals_table["difference_pence"].to_pylist())

    claims = FrameOf(
        "Every claim whose money moved: participant, milestone, period, funder, was, now, why."
    )

    table = claims

    totals = FrameOf(
        "What every funder is asked for to date: was, now, and where the difference lies."
    )
    verdicts = FrameOf("Every participant and milestone whose verdict is another.")
    schedule = FrameOf("Every payment that differs in amount or in the day on which it is due.")

    @property
    def text(self) -> str:
        """The differences in plain words."""
        told = [f"Was  {self.was}", f"Now  {self.now}", ""]
        if self.same:
            return "\n".join([*told, "Nothing differs."])
        rows = f"{counted(self.rows_new, 'row')} new, {counted(self.rows_gone, 'row')} gone"
        told += [
            f"Terms that differ: {len(self.terms)}",
            *some(self.terms, "  "),
            f"Evidence: {rows}",
            f"Verdicts that differ: {self.verdicts_table.num_rows}",
            f"Payments that differ in amount or day: {self.schedule_table.num_rows}",
            "",
            *self._money_lines(),
            *self._claim_lines(),
        ]
        return "\n".join(told)

    def _money_lines(self) -> list[str]:
        names = ("was", "now", "difference", "on_claims", "on_account")
        columns = [self.totals_table[f"{name}_pence"].to_pylist() for name in names]
        funders = [self.names.get(one, one) for one in self.totals_table["funder"].to_pylist()]
        amounts = [[show(pence, self.currency) for pence in [*each, sum(each)]] for each in columns]
        heads = ("Asked for to date", "Was", "Now", "Difference", "On claims", "On account")
        return aligned([heads, *zip([*funders, "All funders"], *amounts, strict=True)], words=1)

    def _claim_lines(self) -> list[str]:
        by_claim: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row in self.claims_table.to_pylist():
            key = (row["participant"], row["milestone"], row["period"])
            by_claim.setdefault(key, []).append(row)
        if not by_claim:
            return ["", "No claim's money moved."]
        told = ["", f"Claims whose money moved: {len(by_claim)}"]
        for (participant, milestone, period), rows in list(by_claim.items())[:SHOWN]:
            old, new = (sum(row[f"{name}_pence"] for row in rows) for name in ("was", "now"))
            parts = [self._part(row) for row in rows if row["difference_pence"]]
            claim = ", ".join(filter(None, (participant, milestone, period)))
            told.append(f"  {claim}: {self._moved(old, new)}")
            told += [f"    {rows[0]['reason']}", f"    {'; '.join(parts)}"]
        if len(by_claim) > SHOWN:
            told.append(f"  and {len(by_claim) - SHOWN:,} more (--json tells all)")
        return told

    def _part(self, row: dict[str, Any]) -> str:
        funder = self.names.get(row["funder"], row["funder"])
        return f"{funder} {self._moved(row['was_pence'], row['now_pence'])}"

    def _moved(self, was: int, now: int) -> str:
        return f"{show(was, self.currency)} → {show(now, self.currency)}"

    def as_dict(self) -> dict[str, Any]:
        """The differences as plain data, for `--json`."""
        return {
            "was": self.was,
            "now": self.now,
            "same": self.same,
            "difference_pence": self.difference_pence,
            "terms": [asdict(term) for term in self.terms],
            "rows_new": self.rows_new,
            "rows_gone": self.rows_gone,
            **{
                name: plain_rows(getattr(self, f"{name}_table"))
                for name in ("totals", "claims", "verdicts", "schedule")
            },
        }
