"""Prints one line for each figure as it is measured: `python -m tests.benchmarks`."""

from __future__ import annotations

import json
from argparse import ArgumentParser

from tests.benchmarks.figures import PLACES, all_figures
from tests.benchmarks.measure import Figure, Measurer

COLUMNS = "{:<54}{:>11}{:>12}{:>11}{:>10}{:>10}  {}"


def main() -> None:
    """Reads the command line, measures, prints. Fails where results differ, never for the time."""
    parser = ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--scale",
        choices=list(PLACES),
        default="small",
        help="small: a minute; medium: three; full: up to 4 million children, much memory",
    )
    parser.add_argument(
        "--clock",
        choices=["wall", "cpu"],
        default="wall",
        help="cpu: seconds of all processors together, for a machine that others use too",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    wanted = parser.parse_args()
    figures = all_figures(Measurer(wanted.clock), wanted.scale)
    if wanted.json:
        print(json.dumps([one.as_dict() for one in figures], indent=2, ensure_ascii=False))
        return
    print(f"Seconds by the {wanted.clock} clock (median); peak ru_maxrss of each process")
    print(COLUMNS.format("", "ours", "reference", "ratio", "peak", "its peak", ""))
    for one in figures:
        print(line(one), flush=True)


def line(one: Figure) -> str:
    """The figure as a line of text."""
    told = COLUMNS.format(
        one.name,
        f"{one.ours.seconds:,.3f} s",
        f"{one.theirs.seconds:,.3f} s",
        f"× {one.ratio:,.3g}",
        f"{one.ours.peak_mb:,.0f} MB",
        f"{one.theirs.peak_mb:,.0f} MB",
        one.reference,
    )
    return f"{told} ({one.note})" if one.note else told


if __name__ == "__main__":
    main()
