"""Rendering a contract in plain English, as a schedule that people can read and sign."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Literal

from impactbond.contract.contract import Contract
from impactbond.contract.wording.html import as_html
from impactbond.contract.wording.markdown import as_markdown
from impactbond.contract.wording.schedule import schedule_of
from impactbond.contract.wording.text import as_text
from impactbond.errors import ContractError, Fault

Form = Literal["text", "markdown", "html"]
_WRITERS = {"text": as_text, "markdown": as_markdown, "html": as_html}
_ENDINGS: dict[str, Form] = {".md": "markdown", ".html": "html", ".htm": "html"}


def render(contract: Contract, form: Form = "text") -> str:
    """The contract in plain English: one numbered sentence for each rule, with its clause.

    `form` is text, markdown or html. The same contract gives the same text. Raises ValueError for
    another form.
    """
    if form not in _WRITERS:
        raise ValueError(f"no form '{form}': write one of {', '.join(_WRITERS)}")
    return _WRITERS[form](schedule_of(contract))


def write_rendered(contract: Contract, path: str | PathLike[str], form: Form | None = None) -> Path:
    """Write the contract in plain English, in the form that the file's ending names, or as text.

    Gives the path. Raises ContractError when the file cannot be written.
    """
    target = Path(path)
    content = render(contract, form or _ENDINGS.get(target.suffix.casefold(), "text"))
    try:
        target.write_bytes(content.encode())
    except OSError as error:
        fault = Fault(
            file=target.name,
            code="not_written",
            problem=f"the file cannot be written: {(error.strerror or 'no reason told').lower()}",
            hint="Name a file in a folder that exists, and close it in other programs",
        )
        raise ContractError("The contract cannot be rendered.", [fault]) from None
    return target
