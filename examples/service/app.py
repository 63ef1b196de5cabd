"""A small service over impactbond: contracts are checked, evidence is settled, statements come
back.

Nothing is kept between two requests, and each is answered in a thread of its own: nothing in the
library is shared by two settlements.
"""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Annotated, Any
from zipfile import ZipFile

from fastapi import FastAPI, File, Form, Request
from fastapi.responses import JSONResponse, Response

import impactbond as ib

app = FastAPI(title="Settlements", version=ib.__version__)
Upload = Annotated[bytes, File()]


@app.exception_handler(ib.ImpactBondError)
def refused(request: Request, error: ib.ImpactBondError) -> JSONResponse:
    """Everything that is wrong, as data; no value of a child is in it."""
    faults = [fault.as_dict() for fault in error.faults]
    return JSONResponse({"summary": error.summary, "faults": faults}, status_code=422)


@app.post("/check")
def check(contract: Upload) -> dict[str, Any]:
    """What refuses a contract, or is worth a look."""
    found = ib.check(contract)
    return {
        "holds": not any(one.level == "refused" for one in found),
        "findings": [one.as_dict() for one in found],
    }


@app.post("/settlement")
def settlement(
    contract: Upload,
    evidence: Upload,
    as_of: Annotated[date, Form()],
    leave_out_refused: Annotated[bool, Form()] = False,
) -> dict[str, Any]:
    """What each funder owes at a claim date, in pence."""
    settled = _settled(contract, evidence, as_of, leave_out_refused)
    due = {one.id: settled.due_pence(one.id) for one in settled.funders.all}
    return {
        "contract": settled.contract.contract,
        "claim_period": settled.claim.label,
        "due_pence": {funder: pence for funder, pence in due.items() if pence},
        "refused_rows_left_out": settled.refused_left_out,
    }


@app.post("/statements")
def statements(
    contract: Upload,
    evidence: Upload,
    as_of: Annotated[date, Form()],
    leave_out_refused: Annotated[bool, Form()] = False,
) -> Response:
    """The statement of every funder, and the record to regenerate them from, in one zip file."""
    settled = _settled(contract, evidence, as_of, leave_out_refused)
    files = ib.statement_files(settled) | {"settlement.record": ib.record_bytes(settled)}
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    # A whole answer, with its length: a stream that breaks off would look like a short file.
    return Response(packed.getvalue(), media_type="application/zip")


def _settled(contract: bytes, workbook: bytes, as_of: date, leave_out: bool) -> ib.Settlement:
    terms = ib.read_contract(contract)
    evidence = ib.read_evidence(ib.GivenFile("evidence.xlsx", workbook), terms)
    return ib.settle(terms, evidence, as_of=as_of, leave_out_refused=leave_out)
