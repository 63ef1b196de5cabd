"""The public names: about twenty, each documented, loaded when used."""

from __future__ import annotations

import subprocess
import sys

import impactbond as ib


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    assert len(ib.__all__) <= 22
    assert list(ib.__all__) == sorted(ib.__all__)
    for name in ib.__all__:
        assert name == "__version__" or getattr(ib, name).__doc__


def test_importing_the_package_loads_no_heavy_library() -> None:
    heavy = "{'pandas', 'duckdb', 'pyarrow', 'numpy', 'pydantic', 'xlsxwriter', 'narwhals'}"
    told = f"import sys, impactbond; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
