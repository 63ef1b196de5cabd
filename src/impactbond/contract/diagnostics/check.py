"""Checking a contract: what refuses it, and what is worth a look."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.rules import warnings_of
from impactbond.contract.read import read_contract
from impactbond.contract.reading.terms_file import Given
from impactbond.contract.reading.yaml_document import Located, load, show_path
from impactbond.contract.references import terms_along
from impactbond.errors import ContractError, Fault
from impactbond.terms.diagnostic import Accepted, Diagnostic, Path, fault_at

Level = Literal["refused", "look at", "accepted"]


@dataclass(frozen=True, slots=True)
class ContractCheck:
    """One thing that a check of a contract found.

    Refused: the contract cannot be trusted as written. Look at: it can, and may not say what was
    meant. Accepted: worth a look, and the contract says `because` of what it is meant so. `line` is
    0 for a contract that was not read from text; `clause` is the nearest one.
    """

    level: Level
    code: str
    path: str
    line: int
    clause: str
    problem: str
    found: str
    hint: str
    because: str = ""

    def as_dict(self) -> dict[str, str | int]:
        """The finding as plain data, for `--json`."""
        return asdict(self)

    def __str__(self) -> str:
        line = f"line {self.line}, " if self.line else ""
        clause = f" [{self.clause}]" if self.clause else ""
        found = f"; found {self.found}" if self.found else ""
        hint = f" {self.hint}." if self.hint else ""
        if self.level == "accepted":
            hint = f" Accepted: {self.because.rstrip('.')}."
        return f"{line}at {self.path}{clause}: {self.problem}{found}.{hint}"


def check(contract: Contract | Given) -> tuple[ContractCheck, ...]:
    """What is wrong with a contract, or worth a look, in the order of its lines.

    A contract that was read can only be worth a look: what refuses one is found when it is read.
    For the name of a file, or what `read_contract` takes in its place, both are given, and nothing
    is raised.
    """
    if not isinstance(contract, Contract):
        try:
            contract = read_contract(contract)
        except ContractError as error:
            return tuple(map(_refused, error.faults))
    findings = warnings_of(contract)
    found = {(one.fault.code, show_path(one.path)) for one in findings}
    for index, one in enumerate(contract.accepted):
        if (one.code, one.at) not in found:
            findings.append(_accepts_nothing(index, one))
    # Read for the lines alone, which is half of what reading a contract takes.
    is_told = bool(findings and contract.source)
    document = load(contract.source.decode("utf-8-sig"), "") if is_told else None
    told = [_warning(contract, document, finding) for finding in findings]
    return tuple(sorted(told, key=lambda one: one.line))


def _accepts_nothing(index: int, one: Accepted) -> Diagnostic:
    problem = f"nothing is worth a look at {one.at} as '{one.code}'"
    hint = "Take it out; what was accepted may have changed, or the place of it"
    return fault_at(("accepted", index), "accepts_nothing", problem, hint=hint)


def _refused(fault: Fault) -> ContractCheck:
    allowed = f"allowed: {fault.allowed}" if fault.allowed else ""
    found = "; ".join(filter(None, (fault.found, allowed)))
    return ContractCheck(
        "refused", fault.code, fault.clause, fault.line, "", fault.problem, found, fault.hint
    )


def _warning(contract: Contract, document: Located | None, finding: Diagnostic) -> ContractCheck:
    path, fault = show_path(finding.path), finding.fault
    line = document.line(finding.path) if document else 0
    clause, told = _clause_at(contract, finding.path), (fault.problem, fault.found, fault.hint)
    accepted = (one for one in contract.accepted if (one.code, one.at) == (fault.code, path))
    because = "; ".join(one.because for one in accepted)
    level: Level = "accepted" if because else "look at"
    return ContractCheck(level, fault.code, path, line, clause, *told, because)


def _clause_at(contract: Contract, path: Path) -> str:
    """The clause that is cited nearest to a place, at it or around it."""
    cited = [getattr(term, "clause", "") for term in terms_along(contract, path)]
    return next(filter(None, reversed(cited)), "")


def accepting(look: ContractCheck) -> str:
    """How a contract accepts something that is worth a look, but for the reason."""
    return f'accepted: [{{code: {look.code}, at: "{look.path}", because: "..."}}]'
