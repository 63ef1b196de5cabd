"""A first contract for somebody who has none: in order as it stands, what to fill in marked."""

from __future__ import annotations

from functools import partial
from os import PathLike
from pathlib import Path
from typing import Unpack

from impactbond.errors import ContractError
from impactbond.files import Writing, write_file

FIRST_CONTRACT = Path(__file__).with_name("first_contract.yaml")


def write_new_contract(path: str | PathLike[str], **how: Unpack[Writing]) -> Path:
    """Write a commented first contract, which checks, renders, has a template and settles.

    Every line with a comment that begins with FILL IN holds something invented. Gives the path;
    with `replace=True` another file of that name is replaced. Raises ContractError when the file
    cannot be written, or would replace another.
    """
    refused = partial(ContractError, "The contract cannot be written.")
    return write_file(path, FIRST_CONTRACT.read_bytes(), refused, **how)
