"""What `settle` writes and says: tables, statements, and which of them replace others.

And the command that asks for up-front money on its own day.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from impactbond.cli.options import (
    AsJson,
    ContractFile,
    Out,
    Replace,
    Shared,
    printed,
    versions_in,
    working,
)
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


def up_front(
    contract: ContractFile,
    tranche: Annotated[
        str, typer.Argument(help="The name of the tranche in the contract.", show_default=False)
    ],
    out: Out,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Write the statements that ask for up-front money on its day, ahead of its claim.

    No claim changes: its statement shows the same payments again, under the same references.
    """
    from impactbond.money import show
    from impactbond.statements.up_front import up_front_source
    from impactbond.statements.write import write_statements

    source = up_front_source(versions_in(contract), tranche)
    with working("Writing the statements"):
        written = write_statements(source, out, replace=replace, shared=shared, inputs=[contract])
    payments = source.payments.to_pylist()
    names = {row["funder"]: row["name"] for row in source.funders.to_pylist()}
    data = {
        "contract": source.contract_id,
        "tranche": tranche,
        "ahead_of_claim": source.ahead_of,
        "due_pence": {row["funder"]: row["amount_pence"] for row in payments},
        "due_on": payments[0]["due_on"].isoformat(),
        "written": [path.name for path in written],
    }
    asked = [
        f"  {names[row['funder']]}: {show(row['amount_pence'], source.currency)}, "
        f"due on {row['due_on']}"
        for row in payments
    ]
    told = [
        f"Asked for up-front, ahead of claim {source.ahead_of}, which shows it again:",
        *asked,
        f"Written to {out}: {sum(path.suffix == '.xlsx' for path in written)} workbooks.",
    ]
    printed(as_json, lambda: data, lambda: "\n".join(told))
