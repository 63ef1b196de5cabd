"""What `settle` writes and says: tables, statements, and which of them replace others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from impactbond.cli.options import printed, working
from impactbond.files import Writing

if TYPE_CHECKING:
    from impactbond.receipts.receipts import Receipts
    from impactbond.settlement.settlement import Settlement


def write_settled(
    settlement: Settlement,
    out: Path,
    as_json: bool,
    receipts: Receipts | None = None,
    leave_out: bool = False,
    supersedes: Path | None = None,
    **how: Unpack[Writing],
) -> None:
    """Writes the tables and statements of a settlement, and says what it came to."""
    from impactbond.statements.manifest import no_longer_in
    from impactbond.statements.source import statement_source
    from impactbond.statements.summary import summary_text
    from impactbond.statements.write import statement_files, table_files, with_receipts, write_set

    with working("Writing the statements"):
        source = statement_source(settlement)
        if receipts is not None:
            source = with_receipts(source, receipts, leave_out_refused=leave_out)
        if supersedes is not None:
            from impactbond.records.record import read_record

            source = read_record(supersedes).superseded_by(source)
        files = table_files(settlement) | statement_files(source)
        written = write_set(out, source.contract_id, source.claim_period, files, **how)
    due = {funder.id: settlement.due_pence(funder.id) for funder in settlement.funders.all}
    data = {
        "contract": settlement.contract.contract,
        "claim_period": settlement.claim.label,
        "claim_date": settlement.claim.known_by.isoformat(),
        "due_pence": {funder: pence for funder, pence in due.items() if pence},
        "refused_rows_left_out": settlement.refused_left_out,
        "written": [path.name for path in written],
        # What is left of an earlier writing is named, and not deleted: somebody may have sent it.
        "no_longer": (gone := no_longer_in(out)),
    }
    told = [f"{name} is of an earlier writing; this claim has no such statement." for name in gone]
    if supersedes is not None:
        data["replaces"] = [one.model_dump(mode="json") for one in source.replaces]
        told += [
            f"The statement for {one.funder or 'all funders'} is number {one.number + 1}, "
            f"in place of number {one.number}."
            for one in source.replaces
        ]
    printed(
        as_json, lambda: data, lambda: "\n".join([summary_text(settlement, out, written), *told])
    )
