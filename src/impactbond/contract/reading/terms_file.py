"""Reading a file of terms, whatever its kind: from bytes to a checked model, or one error with
everything wrong in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from impactbond.contract.reading.model_fitting import fit
from impactbond.contract.reading.yaml_text import Located, load, show_path
from impactbond.errors import ContractError, Fault, ImpactBondError
from impactbond.terms.diagnostic import Diagnostic, Path

Terms = TypeVar("Terms", bound=BaseModel)
Check = Callable[[Terms], Sequence[Diagnostic | tuple[Path, Fault]]]

_ENOUGH = 3  # keys of a form by which a file is known to be one, in part at least

_NOT_OPENED = {
    FileNotFoundError: ("there is no such file", "Check the name and the folder"),
    IsADirectoryError: ("this is a folder, not a file", "Name a file in it"),
    PermissionError: ("the file may not be read", "Ask whoever keeps it for access"),
}


@dataclass(frozen=True, slots=True)
class Form(Generic[Terms]):
    """A kind of file: the model it is read into, what people call it, and the error that lists what
    is wrong with it.
    """

    model: type[Terms]
    noun: str
    error: type[ImpactBondError]

    def unreadable(self, fault: Fault) -> ImpactBondError:
        """The error for a file that cannot be read at all."""
        return self.error(f"The {self.noun} cannot be read.", [fault])


def source_of(form: Form[Any], path: str | FilePath) -> tuple[bytes, str]:
    """The bytes of a file, and its name without the folder. Raises the form's error."""
    file = FilePath(path)
    try:
        return file.read_bytes(), file.name
    except OSError as error:
        told = ("the file cannot be opened", "Check that no other program holds it")
        problem, hint = _NOT_OPENED.get(type(error), told)
    fault = Fault(file=file.name, code="no_file", problem=problem, hint=hint)
    raise form.unreadable(fault)


def parse(form: Form[Terms], source: bytes, name: str, check: Check[Terms]) -> Terms:
    """The terms in the bytes of a file called `name`, checked for shape and by `check` for meaning.

    Raises the form's error listing every fault with its line.
    """
    document = _document(form, source, name)
    fitted = fit(form.model, document)
    faults = document.faults + [placed(document, name, *told) for told in fitted.faults]
    if fitted.terms is not None:
        findings = (Diagnostic(*found) for found in check(fitted.terms))
        faults += [
            placed(document, name, finding.path, finding.fault)
            for finding in findings
            if fitted.believes(finding, document.repeated)
        ]
    if faults or fitted.terms is None:
        count = len(set(faults))
        raise form.error(
            f"The {form.noun} {name} has {count} fault{'s' if count != 1 else ''}:", faults
        )
    return fitted.terms


def placed(document: Located, name: str, path: Path, fault: Fault) -> Fault:
    """A fault with the file, line and clause that it stands at."""
    return replace(fault, file=name, line=document.line(path), clause=show_path(path))


def _document(form: Form[Any], source: bytes, name: str) -> Located:
    """The file as keys with values. Raises the form's error where it holds none."""
    try:
        document = load(source.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        is_zip = source.startswith(b"PK")
        fault = Fault(
            file=name,
            line=0 if is_zip else source.count(b"\n", 0, error.start) + 1,
            code="not_text",
            problem="this looks like an Excel or Word file" if is_zip else "this is no UTF-8 text",
            allowed="a text file in YAML or JSON",
            hint="Save it as text, with the encoding UTF-8",
        )
        raise form.unreadable(fault) from None
    except ContractError as error:
        raise form.unreadable(error.faults[0]) from None
    known = {field.alias or key for key, field in form.model.model_fields.items()}
    written = document.value if isinstance(document.value, dict) else {}
    if len(known & set(written)) < min(_ENOUGH, len(written) or _ENOUGH):
        # It may be something about a child: nothing of it is repeated.
        fault = Fault(
            file=name,
            line=1,
            code="empty",
            problem=f"the file holds no {form.noun}",
            found="nothing" if document.value is None else "something else",
            allowed=f"lines that start with {', '.join(list(form.model.model_fields)[:4])} ...",
            hint="Check that this is the right file",
        )
        raise form.unreadable(fault)
    return document
