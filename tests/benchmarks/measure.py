"""How long a piece of work takes, and the most memory it ever held: in a process of its own, the
median of some repetitions.

Peak memory is what `getrusage` says of that process (`ru_maxrss`): interpreter, libraries and
input are in it. A child of Linux starts from the peak of its parent, so the process that measures
imports nothing large.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Literal

ROOT = Path(__file__).parents[2]
Clock = Literal["wall", "cpu"]
# ru_maxrss counts kilobytes, on macOS bytes.
_PER_MB = 1024**2 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Work:
    """What a task does when it is measured, and what it tells of the result afterwards."""

    run: Callable[[], Any]
    tell: Callable[[Any], str] = lambda _: ""


@dataclass(frozen=True)
class Spent:
    """Median seconds, peak memory, and what was told of the last result."""

    seconds: float
    peak_mb: float
    told: str = ""

    def times(self, factor: float) -> Spent:
        """As it would be for so many times the work."""
        return Spent(self.seconds * factor, self.peak_mb, self.told)


@dataclass(frozen=True)
class Figure:
    """One line: what the library takes beside what the reference takes."""

    name: str
    ours: Spent
    reference: str
    theirs: Spent
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times as long as the reference."""
        return self.ours.seconds / self.theirs.seconds

    def as_dict(self) -> dict[str, str | float]:
        """The figure for `--json`."""
        return {
            "name": self.name,
            "ours_s": round(self.ours.seconds, 4),
            "reference": self.reference,
            "reference_s": round(self.theirs.seconds, 4),
            "ratio": round(self.ratio, 3),
            "peak_mb": round(self.ours.peak_mb, 1),
            "reference_peak_mb": round(self.theirs.peak_mb, 1),
            "note": self.note,
        }


class DifferentResultsError(Exception):
    """Two ways of doing the same gave different results: their times say nothing."""


def figure(
    name: str, ours: Spent, reference: str, theirs: Spent, note: str = "", *, same: bool = False
) -> Figure:
    """A figure; with `same`, of work that must have come to the same result."""
    if same and ours.told != theirs.told:
        raise DifferentResultsError(f"{name}: ours {ours.told!r}, {reference} {theirs.told!r}")
    return Figure(name, ours, reference, theirs, note)


@dataclass(frozen=True)
class Measurer:
    """Measures on one clock. `cpu` counts the seconds of all processors together; it tells more
    than the wall clock on a machine that others use too.
    """

    clock: Clock = "wall"

    def command(self, *argv: str, repeats: int = 3) -> Spent:
        """A whole process, from its start to its end."""
        spent = [self._command(argv) for _ in range(repeats)]
        return Spent(median(one.seconds for one in spent), max(one.peak_mb for one in spent))

    def _command(self, argv: Sequence[str]) -> Spent:
        start = perf_counter()
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        taken = perf_counter() - start
        process.stderr.close()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, argv, stderr=errors)
        if self.clock == "cpu":
            taken = usage.ru_utime + usage.ru_stime
        return Spent(taken, usage.ru_maxrss / _PER_MB)

    def task(
        self, task: str, arguments: Mapping[str, Any], *, repeats: int = 3, warm: bool = False
    ) -> Spent:
        """A task, `module:function` of this package, in a new process; what the function does
        before it returns its `Work` is not measured.

        With `warm`, the work is done once before it is measured.
        """
        asked = json.dumps([task, dict(arguments), repeats, warm, self.clock])
        done = subprocess.run(
            [sys.executable, "-m", __name__, asked], cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        return Spent(**json.loads(done.stdout.splitlines()[-1]))

    def in_turn(
        self, *tasks: str, arguments: Mapping[str, Any], rounds: int, repeats: int = 1
    ) -> tuple[Spent, ...]:
        """Several tasks with the same arguments, one after the other, round after round, each time
        in a new process: what slows the machine down for a while slows all of them.
        """
        spent = [
            [self.task(task, arguments, repeats=repeats) for task in tasks] for _ in range(rounds)
        ]
        return tuple(
            Spent(
                median(one.seconds for one in every),
                max(one.peak_mb for one in every),
                every[-1].told,
            )
            for every in zip(*spent, strict=True)
        )


def measure(
    task: str, arguments: Mapping[str, Any], repeats: int, warm: bool, clock: Clock
) -> Spent:
    """A task in this process."""
    module, name = task.split(":")
    work: Work = getattr(import_module(f"tests.benchmarks.{module}"), name)(**arguments)
    read = process_time if clock == "cpu" else perf_counter
    if warm:
        work.run()
    taken = []
    result = None
    for _ in range(repeats):
        result = None  # frees the last one before the next is made
        start = read()
        result = work.run()
        taken.append(read() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PER_MB
    return Spent(median(taken), peak, work.tell(result))


if __name__ == "__main__":
    print(json.dumps(vars(measure(*json.loads(sys.argv[1])))))
