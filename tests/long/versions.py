"""The lowest and newest libraries that `pyproject.toml` allows: `python -m tests.long.versions`.

For each it makes an environment with `uv`, runs the fast tests in it, and writes the demo. Tables
must be the same bytes in all; a workbook that differs is named. `--python 3.12` takes another
Python. 1 where a test fails or a table differs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESOLUTIONS = ("lowest-direct", "highest")
# What the tests need beside the package, at any version that goes with it.
TOOLS = ("pytest", "pytest-xdist", "hypothesis", "jsonschema", "packaging")
# What depends on the library that writes it, and the manifest that says which one it was.
OF_LIBRARY = " (a workbook, a record or the manifest of them)"
TOOLS += ("python-calamine", "polars", "nbformat", "nbclient", "ipykernel", "beancount")


def run(*words: str | Path, cwd: Path = ROOT) -> int:
    """A command, shown before it is run; what it came to."""
    print(" ".join(map(str, words)), flush=True)
    beside = {"PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "error::DeprecationWarning"}
    return subprocess.run(list(map(str, words)), cwd=cwd, env=os.environ | beside).returncode


def environment(uv: str, python: str, resolution: str, folder: Path) -> Path:
    """The Python of a new environment with the package's libraries, resolved so."""
    place, pins = folder / resolution, folder / f"{resolution}.txt"
    made = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    compile_ = ("pip", "compile", "--quiet", "pyproject.toml")
    steps: tuple[tuple[str | Path, ...], ...] = (
        ("venv", "--quiet", "--python", python, place),
        (*compile_, "--python-version", python, "--resolution", resolution, "-o", pins),
        ("pip", "install", "--quiet", "--python", made, "-r", pins),
        ("pip", "install", "--quiet", "--python", made, "-c", pins, *TOOLS),
    )
    for step in steps:
        if run(uv, *step):
            raise SystemExit(f"the environment '{resolution}' cannot be made")
    return made


def main() -> int:
    """Both environments, their tests, and what differs between their demos."""
    parser = argparse.ArgumentParser(prog="python -m tests.long.versions", description=__doc__)
    parser.add_argument("--python", default=f"3.{sys.version_info.minor}")
    python, uv = parser.parse_args().python, shutil.which("uv")
    if uv is None:
        raise SystemExit("uv is needed: pip install uv")
    failed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for resolution in RESOLUTIONS:
            made = environment(uv, python, resolution, folder)
            if run(made, "-m", "pytest", "-p", "no:cacheprovider", "-m", "fast", "-n", "2"):
                failed.append(f"the fast tests with {resolution}")
            if run(made, "-m", "impactbond", "demo", "--out", folder / f"demo {resolution}"):
                failed.append(f"the demo with {resolution}")
        failed += _differences(*(folder / f"demo {resolution}" for resolution in RESOLUTIONS))
    print("\n".join(failed) or "the same in both")
    return int(any(not one.endswith(OF_LIBRARY) for one in failed))


def _differences(one: Path, other: Path) -> list[str]:
    files = sorted({path.name for place in (one, other) for path in place.glob("*")})
    differ = [
        name
        for name in files
        if not all((place / name).exists() for place in (one, other))
        or (one / name).read_bytes() != (other / name).read_bytes()
    ]
    by_library = (".xlsx", ".record", "manifest.json")
    return [f"{name}{OF_LIBRARY if name.endswith(by_library) else ''}" for name in differ]


if __name__ == "__main__":
    raise SystemExit(main())
