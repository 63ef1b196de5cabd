"""Reading a contract: from a YAML or JSON file to a checked Contract, or one error with everything
wrong in it.
"""

from __future__ import annotations

from pathlib import Path as FilePath

from impactbond.contract.check import check_terms
from impactbond.contract.contract import Contract
from impactbond.contract.form import Form, parse, source_of
from impactbond.errors import ContractError

_FORM = Form(Contract, "contract", ContractError)


def read_contract(path: str | FilePath) -> Contract:
    """The contract in a YAML or JSON file, checked.

    Raises ContractError listing every fault with its line.
    """
    source, name = source_of(_FORM, path)
    return parse_contract(source, name=name)


def parse_contract(source: bytes, *, name: str) -> Contract:
    """The contract in the bytes of a file called `name`.

    Raises ContractError listing every fault with its line.
    """
    contract = parse(_FORM, source, name, check_terms)
    contract._source, contract._source_name = source, name
    return contract
