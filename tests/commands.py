"""The command line, run as its user runs it.

`run` calls the command's own `main` in this process: it saves the second or two that a process of
its own needs to import everything, some fifty times in the suite. `run_apart` starts that process;
the demo's test, and whatever is about processes, does so.
"""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from impactbond.cli.main import main

Done = subprocess.CompletedProcess[str]


def run(*words: str | Path) -> Done:
    """What a command writes to its two streams, and its exit code."""
    command = ["impactbond", *map(str, words)]
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    before, sys.argv = sys.argv, command
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code or 0  # an exit without a code is a good end
    finally:
        sys.argv = before
    assert isinstance(code, int), "a command ends with an exit code"
    told = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(command, code, *told)


def run_apart(*words: str | Path) -> Done:
    """The same, in a process of its own."""
    command = [sys.executable, "-m", "impactbond", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
