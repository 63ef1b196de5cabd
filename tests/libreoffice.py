"""LibreOffice as an independent calculator: what a workbook's own formulas give."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

SOFFICE = shutil.which("soffice")
needs_libreoffice = pytest.mark.office  # tests/conftest.py skips these where there is none

# 0 is "always". By default LibreOffice trusts the values in the file, and then any comparison
# holds, whatever they are.
_RECALCULATE_ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""

RECALCULATED = "xlsx:Calc MS Excel 2007 XML"
Cells = dict[tuple[str, str], Any]


def recalculate(workbook: Path, folder: Path, *, seconds: float = 180) -> Path:
    """A copy of the workbook in `folder`, every formula worked out anew by LibreOffice in a profile
    of its own.
    """
    return convert(workbook, folder, RECALCULATED, seconds=seconds)


def convert(workbook: Path, folder: Path, to: str, *, seconds: float = 180) -> Path:
    """The workbook in another format, such as `pdf`; fails when LibreOffice takes longer than
    `seconds`.
    """
    return convert_all([workbook], folder, to, seconds=seconds)[0]


def convert_all(workbooks: list[Path], folder: Path, to: str, *, seconds: float) -> list[Path]:
    """Workbooks of different names in another format: to start LibreOffice takes longer than to
    convert one.
    """
    assert SOFFICE is not None, "ask needs_libreoffice first"
    assert folder not in {path.parent for path in workbooks}, "the copy would overwrite a workbook"
    assert len({path.stem for path in workbooks}) == len(workbooks), "a copy would overwrite one"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="libreoffice-profile-") as profile:
        settings = Path(profile, "user", "registrymodifications.xcu")
        settings.parent.mkdir()
        settings.write_text(_RECALCULATE_ALWAYS, encoding="utf-8")
        command = [
            SOFFICE,
            f"-env:UserInstallation={Path(profile).as_uri()}",
            "--headless",
            "--norestore",
        ]
        command += ["--convert-to", to, "--outdir", str(folder), *map(str, workbooks)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    converted = [folder / f"{path.stem}.{to.partition(':')[0]}" for path in workbooks]
    missing = [path.name for path in converted if not path.exists()]
    assert not missing, f"LibreOffice made no {missing}: {done.stdout} {done.stderr}"
    return converted


def formulas(workbook: Path) -> Cells:
    """Every formula of the workbook, by sheet and cell."""
    return {
        place: value
        for place, value in _cells(workbook, data_only=False).items()
        if isinstance(value, str) and value.startswith("=")
    }


def values(workbook: Path) -> Cells:
    """Every value that the workbook shows, by sheet and cell."""
    return _cells(workbook, data_only=True)


def _cells(workbook: Path, *, data_only: bool) -> Cells:
    book = openpyxl.load_workbook(workbook, data_only=data_only, read_only=True)
    try:
        return {
            (sheet.title, cell.coordinate): cell.value
            for sheet in book
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }
    finally:
        book.close()


def differences(path: Path, folder: Path) -> tuple[int, Cells]:
    """How many formulas there are, and those whose value LibreOffice finds to be another."""
    return differences_of([path], folder)[0]


def differences_of(paths: list[Path], folder: Path) -> list[tuple[int, Cells]]:
    """The same of each of several workbooks, for one start of LibreOffice."""
    copies = convert_all(paths, folder, RECALCULATED, seconds=60 + 60 * len(paths))
    return [_differences(path, copy) for path, copy in zip(paths, copies, strict=True)]


def _differences(path: Path, copy: Path) -> tuple[int, Cells]:
    found, ours, theirs = formulas(path), values(path), values(copy)
    return len(found), {
        place: (formula, ours.get(place), theirs.get(place))
        for place, formula in found.items()
        if place not in theirs or ours.get(place) != theirs[place]
    }
