"""The command that asks for up-front money on its own day."""

from __future__ import annotations

from typing import Annotated

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
