"""Following on: a settlement that takes the closed claims of an earlier one, named by its record.

Takes  what `settle` takes, and a settlement, a record or the path of one.
Gives  a Settlement.
Keeps  what a record says was due at its claims is what the new settlement opens with.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from os import PathLike
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dialect import Engine
from impactbond.errors import Fault, SettlementError
from impactbond.evidence.counts import Counts
from impactbond.evidence.evidence import Evidence
from impactbond.records.carried_file import carried_to
from impactbond.records.closed_claims import Closed, assert_left_closed
from impactbond.records.contents import fitting_together
from impactbond.records.known_record import record_beside
from impactbond.records.record import File, Record
from impactbond.settlement import settle as settling
from impactbond.settlement.settlement import Settlement


def settle(
    contract: Contract | Versions,
    evidence: Evidence | None = None,
    *,
    as_of: date | str,
    claims: Counts | None = None,
    earlier: Settlement | Record | Closed | File | None = None,
    leave_out_refused: bool = False,
    holidays: Sequence[date] | None = None,
    engine: Engine | None = None,
    carried: File | None = None,
    with_decisions: bool = False,
) -> Settlement:
    """What every funder owes, at every claim date up to and including `as_of`: on evidence, or on
    `claims` in its place, counts without evidence, as `read_claims` gives them.

    `earlier` is the settlement before, its record, or the path of that: its claims are closed, and
    only later ones are worked out; what the evidence says otherwise by now is an adjustment of the
    first open claim. Without it all are worked out from the evidence that there is, and statements
    say so. `holidays` are the bank holidays to use; by default those of the nation that the
    contract names; `engine` is by default the one that reads the evidence where it is. Of several
    versions, those signed by a claim date are known on it; what a new one changes in closed periods
    is an adjustment. `carried` is the file that `write_record` wrote beside the record `earlier`:
    who is as it was then is not evaluated again, to the same result. Whoever is about to ask for
    `decisions` says so, `with_decisions`: of little evidence they are then found with the claims,
    in half the time and to the same result.

    Raises EvidenceError where evidence was refused, unless `leave_out_refused`; SettlementError
    where no claim date has come, `earlier` is of another contract or later, counts do not say
    enough, or an argument is none that can be used; RecordError where the record cannot be read or
    says otherwise than its lines, or what is `carried` is damaged or of another record.
    """
    if isinstance(earlier, str | PathLike):
        earlier = record_beside(earlier, carried)
    _assert_can_be_settled(contract, evidence, claims, earlier)
    forward = carried_to(carried, earlier.digest if isinstance(earlier, Record) else None)
    basis = claims if evidence is None else evidence
    assert basis is not None  # as was asked above
    with fitting_together(earlier.name) if isinstance(earlier, Record) else nullcontext():
        settlement = settling.settle(
            contract,
            basis,
            as_of=as_of,
            earlier=earlier,
            leave_out_refused=leave_out_refused,
            holidays=holidays,
            engine=engine,
            carried=forward,
            with_decisions=with_decisions,
        )
    if not isinstance(earlier, Record):
        return settlement
    assert_left_closed(
        {"payments": earlier.result("payments")},
        {"payments": settlement.payments_table},
        [claim.label for claim in earlier.claim_dates],
        earlier.name,
        settlement.contract.currency,
    )
    return settlement


def _assert_can_be_settled(contract: Any, evidence: Any, claims: Any, earlier: Any) -> None:
    """Raises SettlementError where an argument is nothing that can be settled, or both or neither
    of evidence and counts are given.
    """
    faults = [
        Fault(
            code="other_argument",
            problem=f"{name} is nothing that can be settled",
            found=f"a value of type {type(given).__name__}",
            allowed=allowed,
        )
        for name, given, kinds, allowed in (
            ("contract", contract, Contract | Versions, "what read_contract or read_versions gave"),
            ("evidence", evidence, Evidence | None, "what read_evidence gave"),
            ("claims", claims, Counts | None, "what read_claims gave"),
            ("earlier", earlier, Settlement | Record | Closed | None, "a settlement or a record"),
        )
        if not isinstance(given, kinds)
    ]
    if not faults and (evidence is None) == (claims is None):
        problem = "a settlement rests on evidence, or on counts of claims"
        found = "neither" if evidence is None else "both"
        faults = [Fault(code="other_basis", problem=problem, found=found, allowed="one of the two")]
    if faults:
        raise SettlementError("There is nothing to settle.", faults)
