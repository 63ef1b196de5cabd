"""The notebooks run, import only the public face, and show what they say they show."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from tests.notebooks import NOTEBOOKS, executed, kernel, outputs

ALL = sorted(NOTEBOOKS.glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert len(ALL) == 6


@pytest.mark.filterwarnings("default")
def test_the_notebooks_run_and_show_what_is_kept_in_them() -> None:
    with kernel() as manager:
        for path in ALL:
            kept = outputs(nbformat.read(path, as_version=4))
            assert outputs(executed(path, manager)) == kept, (
                f"{path.stem}: run python -m tests.notebooks and look"
            )


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_notebook_imports_only_the_public_face(path: Path) -> None:
    source = "\n".join(
        cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
    )
    imported = re.findall(r"^\s*(?:import|from)\s+(impactbond\S*)", source, re.MULTILINE)
    assert imported == ["impactbond"]
