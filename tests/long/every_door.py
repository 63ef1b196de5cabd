"""Mutants at every door, so many rounds or for so long: `python -m tests.long.every_door`.

A round brings each door as many mutants as its weight says (`tests/properties/doors.py`). What came
of them is told door by door when it is over, and again to `--told FILE` after every round, so that
nothing is lost where it is stopped. 1 where anything was wrong. A seed makes its mutant again:
`--only DOOR --first SEED --rounds 1`.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.properties.doors import DOORS, wrong_with


@dataclass
class Told:
    """What came of the mutants of one door; `wrong` by seed."""

    mutants: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: float = 0.0
    wrong: dict[int, str] = field(default_factory=dict)


def main() -> int:
    """Run the rounds, and tell what came of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.long.every_door", description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--told", type=Path, help="a file that is told how far it is")
    parser.add_argument("--only", action="append", choices=DOORS, metavar="DOOR")
    asked = parser.parse_args()
    told = {name: Told() for name in asked.only or DOORS}
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        for number in range(asked.rounds):
            for name, so_far in told.items():
                weight = DOORS[name].weight
                place = Path(folder, name)
                place.mkdir(exist_ok=True)
                for seed in range(number * weight, (number + 1) * weight):
                    _one(name, asked.first + seed, place, so_far)
            if time.monotonic() - began > asked.seconds:
                break
            if asked.told:
                asked.told.write_text(_text(told, asked.first, number + 1))
    text = _text(told, asked.first, number + 1)
    if asked.told:
        asked.told.write_text(text)
    print(text)
    return int(any(one.wrong for one in told.values()))


def _one(name: str, seed: int, folder: Path, told: Told) -> None:
    began = time.process_time()
    end, wrong = wrong_with(name, seed, folder)
    took = time.process_time() - began
    told.mutants += 1
    told.ends[end] += 1
    told.seconds += took
    told.slowest = max(told.slowest, took)
    if wrong:
        told.wrong[seed] = wrong


def _text(told: dict[str, Told], first: int, rounds: int) -> str:
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    count = sum(one.mutants for one in told.values())
    head = f"{count:,} mutants in {rounds} rounds from seed {first}; at most {megabytes:,} MB"
    return "\n".join([head, *(f"{name}: {json.dumps(vars(one))}" for name, one in told.items())])


if __name__ == "__main__":
    sys.exit(main())
