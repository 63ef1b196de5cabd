"""Reading a contract: from a YAML or JSON file to a checked Contract, or one error with everything
wrong in it.

And a first contract for somebody who has none: in order as it stands, what to fill in marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from os import PathLike
from os.path import isdir  # no to a name that is too long, where pathlib raises
from pathlib import Path
from pathlib import Path as FilePath
from typing import Unpack

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.rules import check_terms
from impactbond.contract.diagnostics.versions import check_versions
from impactbond.contract.reading.terms_file import Given, TermsFile
from impactbond.contract.versions import Versions
from impactbond.errors import ContractError, Fault
from impactbond.files import Writing, write_file

_FILE = TermsFile(Contract, "contract", ContractError)


def read_contract(given: Given) -> Contract:
    """The contract in a YAML or JSON file, checked; or in a text (of more than one line), bytes, a
    stream, or a mapping of plain values, as programs have it.

    Raises ContractError listing every fault with its line.
    """
    source, name = _FILE.source_of(given)
    return parse_contract(source, name=name)


def parse_contract(source: bytes, *, name: str) -> Contract:
    """The contract in the bytes of a file called `name`.

    Raises ContractError listing every fault with its line.
    """
    contract = _FILE.parse(source, name, check_terms)
    contract._source, contract._source_name = source, name
    return contract


def read_versions(paths: str | FilePath | Sequence[str | FilePath]) -> Versions:
    """The versions of a contract: the files of a folder, or those named, each a whole version.

    Raises ContractError listing every fault of every file, and where they do not follow on each
    other.
    """
    files = _files(paths)
    found: list[Contract] = []
    faults: list[Fault] = []
    for file in files:
        try:
            found.append(read_contract(file))
        except ContractError as error:
            faults += error.faults
    if faults:
        raise ContractError(_summary(len(set(faults))), faults)
    return versions_of(found)


def versions_of(contracts: Sequence[Contract]) -> Versions:
    """Contracts that were read, as the versions of one; their order is that of their numbers.

    Raises ContractError where they do not follow on each other.
    """
    in_order = sorted(contracts, key=lambda contract: contract.version.number)
    faults = check_versions(in_order) if in_order else []
    if not in_order:
        faults.append(Fault(code="no_version", problem="there is no version of a contract"))
    if faults:
        raise ContractError(_summary(len(set(faults))), faults)
    return Versions(tuple(in_order))


def _summary(count: int) -> str:
    return f"The versions of the contract have {count} fault{'s' if count != 1 else ''}:"


def _files(paths: str | FilePath | Sequence[str | FilePath]) -> list[FilePath]:
    if not isinstance(paths, str | FilePath):
        return [FilePath(path) for path in paths]
    place = FilePath(paths)
    if not isdir(place):
        return [place]
    return sorted(file for file in place.iterdir() if file.suffix in (".yaml", ".yml", ".json"))


FIRST_CONTRACT = Path(__file__).with_name("first_contract.yaml")


def write_new_contract(path: str | PathLike[str], **how: Unpack[Writing]) -> Path:
    """Write a commented first contract, which checks, renders, has a template and settles.

    Every line with a comment that begins with FILL IN holds something invented. Gives the path;
    with `replace=True` another file of that name is replaced. Raises ContractError when the file
    cannot be written, or would replace another.
    """
    refused = partial(ContractError, "The contract cannot be written.")
    return write_file(path, FIRST_CONTRACT.read_bytes(), refused, **how)
