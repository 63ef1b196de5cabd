"""The long tests, one job after another: `python -m tests.long [JOB ...] [--times N]`.

A job is tests of the suite at a size that the suite does not wait for; none is written twice. Every
job prints what it runs, so that a failure can be repeated alone.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Job:
    """Some tests at some size; `minutes` is about what it takes on two cores."""

    says: str
    tests: tuple[str, ...]
    minutes: int
    sizes: dict[str, int] = field(default_factory=dict)
    marker: str = "not long"


SIMULATION_AGREES = "tests/properties/test_simulation_agrees.py"
BY_JOURNEY = "tests/properties/test_simulation_by_journey.py"
JOBS = {
    "every-term": Job(
        "a change that moves money is found anew for every term",
        ("tests/spec/test_every_term_pays.py",),
        9,
        marker="long",
    ),
    "fresh-environment": Job(
        "five years regenerate in an environment that is installed anew",
        ("tests/integration/test_five_years.py",),
        2,
        marker="long",
    ),
    "gallery": Job(
        "every picture of the gallery is made anew",
        ("tests/integration/test_gallery.py",),
        2,
        marker="long",
    ),
    "histories": Job(
        "drawn histories of claims, records, versions, disputes and receipts",
        ("tests/properties/test_histories.py",),
        10,
        {"IMPACTBOND_HISTORIES": 100},
    ),
    "year-ends": Job(
        "drawn contracts close two years and the rest, and their income is what claims come to",
        ("tests/properties/test_years_roll.py", "tests/properties/test_year_ends.py"),
        60,
        {"IMPACTBOND_YEARS": 1_000, "IMPACTBOND_YEAR_ENDS": 100},
    ),
    "bytes": Job(
        "single bytes of statements and records are changed, and each is found",
        ("tests/properties/test_single_bytes.py",),
        3,
        {"IMPACTBOND_CHANGES": 10_000},
    ),
    "terms": Job(
        "contracts with one thing written otherwise go through every verb, or are refused",
        ("tests/properties/test_mutated_terms.py",),
        60,
        {"IMPACTBOND_MUTANTS": 2_400},
    ),
    "kills": Job(
        "writing is killed at many lines and by pairs of writers, and every mixed set is seen",
        ("tests/integration/test_writing_is_atomic.py",),
        12,
        {"IMPACTBOND_KILLS": 500, "IMPACTBOND_PAIRS": 200},
    ),
    "writing": Job(
        "every command is refused a place to write in every way, and leaves all as it was",
        ("tests/integration/test_every_writing_command.py",),
        4,
        marker="long",
    ),
    "doors": Job(
        "drawn files of evidence, whole and broken, say the same by every door",
        ("tests/properties/test_file_doors.py", "tests/properties/test_quick_cells_drawn.py"),
        30,
        {"IMPACTBOND_MUTANTS": 20_000},
    ),
    "futures": Job(
        "drawn futures of every example contract settle as their evidence would",
        ("tests/properties/test_simulation_of_contracts.py", SIMULATION_AGREES, BY_JOURNEY),
        40,
        {"IMPACTBOND_FUTURES": 50, "IMPACTBOND_AREAS": 100, "IMPACTBOND_JOURNEYS": 600},
    ),
    "engines": Job(
        "engines decide, claim and settle drawn contracts as the plain reference does",
        ("tests/properties/test_engines_agree.py", "tests/properties/test_limits_hold.py"),
        14,
        {"IMPACTBOND_ENGINE_TIMES": 5, "IMPACTBOND_LIMITS": 1_000},
    ),
    "records": Job(
        "records that another hand sealed again end in an answer, or in an error of ours",
        ("tests/unit/test_record_resealed.py",),
        15,
        {"IMPACTBOND_MUTANTS": 5_000},
    ),
    "disclosure": Job(
        "drawn public tables are attacked, and tell nothing that was left out",
        ("tests/properties/test_disclosure.py",),
        25,
        {"IMPACTBOND_TABLES": 1_000},
    ),
    "spark": Job(
        "drawn contracts and evidence at rest give the same bytes on Spark as users have it",
        ("tests/properties/test_same_bytes.py", "tests/unit/test_evidence_at_rest.py"),
        6,
        {"IMPACTBOND_SPARK_CASES": 24},
    ),
}


def main() -> int:
    """Run the jobs that are named, or all; 1 where any failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(JOBS)}")
    parser.add_argument("--times", type=int, default=1, help="multiplies every size")
    asked = parser.parse_args()
    if unknown := [name for name in asked.jobs if name not in JOBS]:
        parser.error(f"no such job: {', '.join(unknown)}; there are {', '.join(JOBS)}")
    failed = []
    for name in asked.jobs or JOBS:
        job = JOBS[name]
        sizes = {key: str(size * asked.times) for key, size in job.sizes.items()}
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", job.marker]
        shown = " ".join([*(f"{key}={size}" for key, size in sizes.items()), *command, *job.tests])
        print(f"{name}: {job.says}; about {job.minutes * asked.times} min\n  {shown}", flush=True)
        began = time.monotonic()
        done = subprocess.run([*command, *job.tests], env=os.environ | sizes, check=False)
        print(f"{name}: {'failed' if done.returncode else 'passed'}", end=" ")
        print(f"after {time.monotonic() - began:.0f} s", flush=True)
        failed += [name] if done.returncode else []
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
