"""The version moves when bytes move, and the lock file names libraries that the project allows."""

from __future__ import annotations

import json
import re
import tomllib

from packaging.requirements import Requirement
from tests.pinned_bytes import PINS, ROOT, found, is_locked_environment, locked

MOVED = (
    "the bytes moved: move the version in src/impactbond/version.py, list the change in the "
    "changelog (does it change payments?), and pin anew with `python -m tests.pinned_bytes`"
)
# What depends on the libraries that write files, besides on this one.
OF_LIBRARIES = ("statements", "record")


def test_bytes_move_only_with_the_version() -> None:
    pinned, now = json.loads(PINS.read_text(encoding="utf-8")), found()
    if not is_locked_environment():
        for name in OF_LIBRARIES:
            del pinned[name], now[name]
    assert now == pinned, MOVED


def test_the_lock_file_is_within_what_the_project_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = locked()
    for line in project["dependencies"]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins[re.sub(r"[._]", "-", wanted.name)]), line
