"""Superseding: which of the statements that were issued for a claim no longer hold.

Takes  what the statements of a settlement are made from, and what the record of those issued before
       holds.
Gives  the number and digest of every statement that is replaced.
Keeps  a statement that comes out the same, byte for byte, keeps its number.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.canonical import sha256
from impactbond.errors import Fault, RecordError
from impactbond.records.contents import Manifest, not_whole, statements_of
from impactbond.settlement.funding import UNFUNDED
from impactbond.statements.about import ALL_FUNDERS
from impactbond.statements.source import Replaced, StatementSource
from impactbond.statements.write import statement_files


def replaced_by(
    source: StatementSource,
    name: str,
    manifest: Manifest,
    parts: Mapping[str, bytes],
    balances: pa.Table,
) -> tuple[Replaced, ...]:
    """The statements in the record called `name`, or replaced in it, that others take the place of;
    `balances` is that table of the record, by which each is told what it asked for.

    Raises RecordError where the record is a funder's view, or of another contract or claim.
    """
    if manifest.view is not None:
        raise not_whole(name, manifest.view)
    _assert_same_claim(source, name, manifest)
    replaces = {one.funder: one for one in manifest.replaces}
    # First as they were numbered: what comes out as it was issued is not issued again.
    made = set(map(sha256, statement_files(source.replacing(manifest.replaces)).values()))
    for whose, part in statements_of(parts, manifest).items():
        if (digest := sha256(parts[part])) not in made:
            funder = None if whose == ALL_FUNDERS else whose
            number = replaces[funder].number + 1 if funder in replaces else 1
            replaces[funder] = Replaced(
                funder=funder,
                number=number,
                sha256=digest,
                asked_pence=_asked(balances, manifest.claim.claim_period, funder),
                as_of=manifest.as_of,
            )
    return tuple(sorted(replaces.values(), key=lambda one: one.funder or ""))


def _asked(balances: pa.Table, claim_period: str, funder: str | None) -> int:
    """What a statement of a claim asked for: one funder's, or that of all together."""
    own = pc.equal(balances["claim_period"], claim_period)
    of = pc.not_equal if funder is None else pc.equal
    mine = of(balances["funder"], UNFUNDED if funder is None else funder)
    return int(pc.sum(balances.filter(pc.and_(own, mine))["due_pence"]).as_py() or 0)


def _assert_same_claim(source: StatementSource, name: str, manifest: Manifest) -> None:
    of, claim = manifest.contract.contract, manifest.claim
    if of != source.contract_id:
        problem, allowed = f"it is a record of the contract '{of}'", source.contract_id
    elif (claim.claim_period, claim.claim_date) != (source.claim_period, source.claim_date):
        problem = f"it is a record of claim {claim.claim_period}, made on {claim.claim_date}"
        allowed = f"{source.claim_period}, made on {source.claim_date}"
    else:
        return
    hint = "Name the record of what was last issued for this claim"
    fault = Fault(file=name, code="other_claim", problem=problem, allowed=allowed, hint=hint)
    raise RecordError("The statements do not supersede those of the record.", [fault])
