"""The manifest of a folder of statements: what was written, of which claim, made by what. It is put
in place last, so that a folder that was written by half, or twice, or changed since, is seen.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from impactbond.canonical import json_bytes, sha256
from impactbond.errors import Fault, StatementError, unopened
from impactbond.terms.term import Listed, Term
from impactbond.terms.words import counted
from impactbond.version import __version__

MANIFEST = "manifest.json"
FORMAT = 1
_WORKBOOK = ".xlsx"
NOT_WRITTEN = "The statements cannot be written."
_UNVERIFIED = "The folder cannot be verified."
# What is written into such a folder; anything else in it is somebody else's business.
_ENDINGS = (_WORKBOOK, ".csv")


class WrittenFile(Term):
    """One file: its name and content, the claim that it is of, and the versions that made it."""

    name: str
    of: str
    sha256: str
    size: int
    made_by: dict[str, str]


class FolderManifest(Term):
    """What stands in a folder: `files`, each of the last writing of its claim, and `no_longer`,
    statements of an earlier writing for funders whom the last one does not ask.
    """

    impactbond_folder: int
    files: Listed[WrittenFile] = ()
    no_longer: Listed[WrittenFile] = ()


@dataclass(frozen=True, slots=True)
class FolderVerification:
    """What came of comparing a folder with its manifest.

    `claims` are those whose files stand in it, each as contract and claim period; `files` is how
    many the manifest lists.
    """

    folder: str
    claims: tuple[str, ...]
    files: int
    differences: tuple[Fault, ...]

    @property
    def same(self) -> bool:
        """Whether the folder holds what was written, all of it and nothing else."""
        return not self.differences

    @property
    def text(self) -> str:
        """The result in plain words."""
        told = [f"{self.folder} against its manifest", *(f"  Claim {one}" for one in self.claims)]
        if self.same:
            return "\n".join([*told, f"  {counted(self.files, 'file')}, each as it was written"])
        told.append(f"  NOT AS WRITTEN: {counted(len(self.differences), 'file')}")
        return "\n".join([*told, *(f"    {one}" for one in self.differences)])

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, for `--json`."""
        told = [one.as_dict() for one in self.differences]
        return {**asdict(self), "differences": told, "same": self.same}


def verify_folder(folder: str | PathLike[str]) -> FolderVerification:
    """Compares a folder of statements with its manifest: what is missing, was changed, is of an
    earlier writing, or is a statement or table that no manifest vouches for.

    Raises StatementError where there is no manifest, or it cannot be read.
    """
    place = Path(folder)
    manifest = _read(place, _UNVERIFIED)
    if manifest is None:
        problem = f"there is no {MANIFEST}: writing was not finished, or was done without one"
        hint = "Write the statements again, into a folder of their own"
        fault = Fault(file=place.resolve().name, code="no_manifest", problem=problem, hint=hint)
        raise StatementError(_UNVERIFIED, [fault])
    found = [(file.name, *wrong) for file in manifest.files if (wrong := _wrong(place, file))]
    listed = {file.name for file in manifest.files}
    left = {file.name: file.of for file in manifest.no_longer}
    # What lies beside the files of a claim is sent with them.
    for name in {path.name for path in place.iterdir() if path.suffix in _ENDINGS} - listed:
        if name in left:
            problem = f"is of an earlier writing; the last of {left[name]} has no such statement"
            found.append((name, "no_longer", problem))
        else:
            problem = "is in no manifest: writing was not finished, or it was put there since"
            found.append((name, "unlisted", problem))
    told = sorted(Fault(file=name, code=code, problem=problem) for name, code, problem in found)
    claims = tuple(sorted({file.of for file in manifest.files}))
    return FolderVerification(
        place.resolve().name, claims, len(manifest.files), tuple(sorted(told))
    )


def workbooks_in(folder: str | PathLike[str]) -> dict[str, str]:
    """The digest of every workbook that the manifest of a folder lists, by its name."""
    manifest = _read(Path(folder), _UNVERIFIED) or FolderManifest(impactbond_folder=FORMAT)
    return {file.name: file.sha256 for file in manifest.files if file.name.endswith(_WORKBOOK)}


def no_longer_in(folder: Path) -> list[str]:
    """The statements in a folder that the last writing of their claim does not have."""
    manifest = _read(folder, _UNVERIFIED) or FolderManifest(impactbond_folder=FORMAT)
    return [file.name for file in manifest.no_longer]


def manifest_with(folder: Path, of: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The manifest of a folder, by its name, when the files of a claim are written into it.

    Raises StatementError where another file has the manifest's name.
    """
    before = _read(folder, NOT_WRITTEN) or FolderManifest(impactbond_folder=FORMAT)
    made_by = _made_by()
    # What stands there unchanged was made by what made it then.
    same = {(file.name, file.of, file.sha256): file for file in before.files}

    def listed(name: str, content: bytes) -> WrittenFile:
        digest = sha256(content)
        return same.get((name, of, digest)) or WrittenFile(
            name=name, of=of, sha256=digest, size=len(content), made_by=made_by
        )

    new = [listed(name, content) for name, content in files.items()]
    others = [file for file in before.files if file.name not in files]
    gone = [file for file in others if file.of == of and file.name.endswith(_WORKBOOK)]
    left = [
        file
        for file in (*before.no_longer, *gone)
        if file.name not in files and (folder / file.name).exists()
    ]
    manifest = FolderManifest(
        impactbond_folder=FORMAT,
        files=_in_order([*new, *(file for file in others if file not in gone)]),
        no_longer=_in_order(left),
    )
    return {MANIFEST: json_bytes(manifest.model_dump(mode="json"))}


def _in_order(files: Iterable[WrittenFile]) -> tuple[WrittenFile, ...]:
    return tuple(sorted(files, key=lambda file: file.name))


def _made_by() -> dict[str, str]:
    """The versions of whatever another version of may write other bytes."""
    return {
        "impactbond": __version__,
        "pyarrow": version("pyarrow"),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "xlsxwriter": version("xlsxwriter"),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
    }


def _wrong(folder: Path, file: WrittenFile) -> tuple[str, str] | None:
    """What is wrong with a file that was written, as a code and words."""
    try:
        content = (folder / file.name).read_bytes()
    except FileNotFoundError:
        return "missing", "is missing"
    except OSError:
        return "unread", "cannot be opened"
    return None if sha256(content) == file.sha256 else ("changed", "is not as it was written")


def _read(folder: Path, summary: str) -> FolderManifest | None:
    """The manifest of a folder, if there is one."""
    try:
        content = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StatementError(summary, [unopened(folder / MANIFEST, error)]) from None
    try:
        manifest = FolderManifest.model_validate_json(content)
    except ValidationError:
        manifest = None
    names = [file.name for file in (*manifest.files, *manifest.no_longer)] if manifest else []
    # A name that leads elsewhere is not one that was written here.
    if manifest is None or manifest.impactbond_folder != FORMAT or any(map(_leads_away, names)):
        problem = "this is not a manifest of statements as this version writes them"
        hint = "Write into another folder, or take the file away"
        fault = Fault(file=MANIFEST, code="not_a_manifest", problem=problem, hint=hint)
        raise StatementError(summary, [fault])
    return manifest


def _leads_away(name: str) -> bool:
    return not name or "/" in name or "\\" in name or name in (".", "..")
