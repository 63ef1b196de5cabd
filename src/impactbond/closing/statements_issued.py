"""The statements that the invoices of a year are of: their references, and the digests of their
workbooks, as the folders that they were written into vouch for.

Takes  folders of statements, each with its manifest.
Gives  for a claim period and a funder, the reference and the digest of the statement.
Keeps  a folder that is not as it was written is refused. Two funders whose statements' names come
       to the same have no digest here, because a name does not tell whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from os import PathLike

from impactbond.errors import StatementError, YearEndError
from impactbond.statements.about import reference
from impactbond.statements.manifest import verify_folder, workbooks_in
from impactbond.statements.write import workbook_stem

_NUMBERED = re.compile(r"(?P<stem>.+?)(_number-(?P<number>\d+))?\.xlsx")
Issued = Mapping[str, str]  # the digest of the newest workbook, by how its name begins


def statements_issued(folders: Iterable[str | PathLike[str]]) -> Issued:
    """What was issued. Raises YearEndError listing every file that is not as it was written."""
    newest: dict[str, tuple[int, str]] = {}
    for folder in folders:
        try:
            verified = verify_folder(folder)
        except StatementError as error:
            raise YearEndError("The statements cannot be named.", error.faults) from None
        if not verified.same:
            raise YearEndError("The statements are not as they were issued.", verified.differences)
        for name, digest in workbooks_in(folder).items():
            if found := _NUMBERED.fullmatch(name):
                numbered = int(found["number"] or 1), digest
                newest[found["stem"]] = max(newest.get(found["stem"], (0, "")), numbered)
    return {stem: digest for stem, (_, digest) in newest.items()}


class StatementNames:
    """How statements of a contract are called, and what is known of each that was issued."""

    def __init__(self, contract: str, funders: Iterable[str], issued: Issued) -> None:
        self._contract, self._issued, every = contract, issued, list(funders)
        stems = [workbook_stem(contract, "", funder) for funder in every]
        self._told = {one for one, stem in zip(every, stems, strict=True) if stems.count(stem) == 1}

    def of(self, claim_period: str, funder: str) -> tuple[str, str]:
        """The reference of a funder's statement, and its digest; "" where it is not known."""
        stem = workbook_stem(self._contract, claim_period, funder)
        digest = self._issued.get(stem, "") if funder in self._told else ""
        return reference(self._contract, claim_period, funder), digest
