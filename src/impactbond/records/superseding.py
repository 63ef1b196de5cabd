"""Superseding: which of the statements that were issued for a claim no longer hold.

Takes  what the statements of a settlement are made from, and what the record of those issued before
       holds.
Gives  the number and digest of every statement that is replaced.
Keeps  a statement that comes out the same, byte for byte, keeps its number.
"""

from __future__ import annotations

from collections.abc import Mapping

from impactbond.canonical import sha256
from impactbond.errors import Fault, RecordError
from impactbond.records.contents import Manifest, not_whole, statements_of
from impactbond.statements.about import ALL_FUNDERS
from impactbond.statements.source import Replaced, StatementSource
from impactbond.statements.write import statement_files


def replaced_by(
    source: StatementSource, name: str, manifest: Manifest, parts: Mapping[str, bytes]
) -> tuple[Replaced, ...]:
    """The statements in the record called `name`, or replaced in it, that others take the place of.

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
            replaces[funder] = Replaced(funder=funder, number=number, sha256=digest)
    return tuple(sorted(replaces.values(), key=lambda one: one.funder or ""))


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
