"""What a record is, told from the record alone: for an auditor who was handed a file.

Takes  a record that was read, and so is whole.
Gives  what it is of, what it rests on and holds, and how it hangs together with other records.
Keeps  no child's value: counts of rows, digests, names of parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from impactbond.money import show
from impactbond.records.contents import COUNTS
from impactbond.records.record import File, Record, read_record
from impactbond.records.regenerate import Report
from impactbond.terms.words import counted


@dataclass(frozen=True)
class RecordShown(Report):
    """What a record is: its claim, the versions of its contract, what its evidence counts, what is
    due from each funder, its parts with their digests, and the records before it.
    """

    record: Record

    @property
    def text(self) -> str:
        """The same in plain words."""
        told, manifest = self._told, self.record.manifest
        claim = manifest.claim
        lines = [
            f"{self.record.name}: {told['title'] or manifest.contract.contract}, "
            f"{claim.claim_period}, claimed on {claim.claim_date}",
            f"  SHA-256 of the record {self.record.digest}",
            f"  Made by engine {manifest.engine}, in format {manifest.impactbond_record}",
            *(f"  {line}" for line in self._hangs_together()),
        ]
        if manifest.view is None:
            lines += [f"  {line}" for line in self._rests_on()]
            lines += ["  Due at this claim:"]
            lines += [f"    {funder}  {amount}" for funder, amount in told["due"].items()]
        lines += [f"  {counted(len(manifest.parts), 'part')}, each with its SHA-256:"]
        wide = max((len(part.name) for part in manifest.parts), default=0)
        lines += [
            f"    {part.name:<{wide}}  {part.size:>10,} bytes  {part.sha256}"
            for part in manifest.parts
        ]
        return "\n".join(lines)

    def _hangs_together(self) -> Iterator[str]:
        manifest = self.record.manifest
        if manifest.view is not None:
            whole = manifest.view.of_record
            yield f"What {manifest.view.funder} may see, cut from the record with SHA-256 {whole}"
        if manifest.previous_record is not None:
            yield f"Follows on the record with SHA-256 {manifest.previous_record}"
        if manifest.earlier is not None:
            yield f"Claims up to {manifest.earlier.claim_period} came in closed"
        else:
            yield "No earlier claim came in closed: all were settled from the evidence"
        for one in manifest.replaces:
            whose = one.funder or "all funders"
            asked = ""  # a view holds no contract, and so no currency
            if one.asked_pence is not None and manifest.view is None:
                amount = show(one.asked_pence, self.record.contract.currency)
                asked = f", which asked for {amount} as at {one.as_of}"
            yield (
                f"The statement for {whose} replaces number {one.number}, with another content"
                f"{asked}"
            )

    def _rests_on(self) -> Iterator[str]:
        told = self._told
        for version in told["versions"]:
            yield f"Contract version {version['number']}, {version['kind']}: {version['sha256']}"
        what = "counts without evidence" if COUNTS in self.record.parts else "evidence"
        rows = ", ".join(f"{number:,} {name}" for name, number in told["rows"].items())
        until = self.record.manifest.claim.claim_date
        yield f"Rests on {what} recorded by {until}: {rows}"
        left_out = self.record.manifest.refused_left_out
        yield f"Refused rows that were left out: {left_out}"
        yield f"Bank holidays that were used: {len(self.record.holidays)}"
        received = told["received"]
        yield f"Receipts kept: {'none' if received is None else received}"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for `--json`."""
        return dict(self._told)

    @cached_property
    def _told(self) -> dict[str, Any]:
        record, manifest = self.record, self.record.manifest
        told: dict[str, Any] = {"record": record.name, "sha256": record.digest, "title": ""}
        told |= manifest.model_dump(mode="json")
        for shown, one in zip(told["mapped"], manifest.mapped, strict=True):
            shown["given"] = one.said
        if manifest.view is not None:
            return told
        evidence, counts, receipts = record.evidence, record.counts, record.receipts
        rows = {"rows of counts": counts.counts_table.num_rows} if counts is not None else {}
        if counts is None:
            rows = {
                "rows about participants": evidence.participants_table.num_rows,
                "observations": evidence.observations_table.num_rows,
            }
        currency = record.contract.currency
        due: dict[str, int] = {}
        for row in record.result("payments").to_pylist():
            if row["claim_period"] == manifest.claim.claim_period:
                due[row["funder"]] = due.get(row["funder"], 0) + row["amount_pence"]
        return told | {
            "title": record.contract.title,
            "versions": [
                {
                    "number": one.version.number,
                    "kind": one.version.kind,
                    "sha256": one.digest,
                }
                for one in record.versions
            ],
            "rows": rows,
            "holidays": len(record.holidays),
            "received": None if receipts is None else receipts.received_table.num_rows,
            "due": {funder: show(pence, currency) for funder, pence in due.items()},
            "due_pence": due,
        }


def show_record(path: File) -> RecordShown:
    """What the record in a file is. Raises RecordError where it is damaged, or no record."""
    return RecordShown(read_record(path))
