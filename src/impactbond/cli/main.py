"""The command line: the same verbs as the library.

Exit codes: 0 done; 1 the answer is no (a check failed, a record does not regenerate); 2 the input
was bad, and nothing was written; 3 something that nobody foresaw, which `--debug` shows in full.
"""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from traceback import extract_tb, print_exc

import typer

from impactbond.cli.commands import app
from impactbond.cli.own_process import begin
from impactbond.errors import Fault, ImpactBondError, InvariantError

UNFORESEEN = 3
_MOST_ALIKE = 20  # faults of one kind that are told one by one
_PACKAGE = Path(__file__).parents[1]


def command() -> None:
    """Run the command line in a process of its own."""
    begin()
    _leave_other_commands_out(sys.argv[1:])
    main()


def _leave_other_commands_out(words: Sequence[str]) -> None:
    """Where the first word is a command, no other is made ready: to work out all of their options
    takes as long as to read a small contract.
    """
    for one in app.registered_commands:
        assert one.callback is not None
        if words and words[0] == (one.name or one.callback.__name__.replace("_", "-")):
            app.registered_commands = [one]


def main() -> None:
    """Run the command line; whatever happens ends with an exit code, and none with a traceback
    unless `--debug` asks for it.
    """
    words = [word for word in sys.argv[1:] if word != "--debug"]
    as_json = "--json" in words
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an arrow is shown as \u2192 where there is none
            stream.reconfigure(errors="backslashreplace")
    try:
        # Typer tells a wrong command itself, but not as JSON.
        code = app(words, standalone_mode=not as_json)
    except SystemExit as end:
        code = end.code
    except Exception as error:
        if "--debug" in sys.argv:
            print_exc()
        code = _told(error, as_json)
    raise SystemExit(code)


def _lines(faults: Sequence[Fault]) -> list[str]:
    """A line for each fault; of many rows that are wrong alike, the first and how many there are: a
    column that is blank throughout would push every other fault out of sight.
    """
    alike = Counter(replace(fault, row=0) for fault in faults if fault.row)
    lines: list[str] = []
    told = Counter[Fault]()
    for fault in faults:
        kind = replace(fault, row=0)
        told[kind] += 1
        if told[kind] <= _MOST_ALIKE:
            lines.append(f"  - {fault}")
        if told[kind] == _MOST_ALIKE and alike[kind] > _MOST_ALIKE:
            more = alike[kind] - _MOST_ALIKE
            lines.append(f"    ... and {more:,} more rows like these: --json lists every one.")
    return lines


def _told(error: Exception, as_json: bool) -> int:
    """Tells an error, and gives its exit code."""
    code, summary, faults = 2, "", tuple[Fault, ...]()
    if isinstance(error, ImpactBondError):
        summary, faults = error.summary, error.faults
    elif isinstance(error, typer.BadParameter.__mro__[2]):  # every wrong command's kind of error
        summary = error.format_message()  # type: ignore[attr-defined]
    else:
        code, summary = UNFORESEEN, _unforeseen(error)
    if as_json:
        told = {"error": summary, "faults": [fault.as_dict() for fault in faults]}
        print(json.dumps(told, indent=2))
        return code
    print("\n".join([summary, *_lines(faults)]), file=sys.stderr)
    if isinstance(error, ImpactBondError) and not error.wrote:
        print("Nothing was written.", file=sys.stderr)
    return code


def _unforeseen(error: Exception) -> str:
    """What happened and where in the package, without the error's own words: they may hold a
    child's row.
    """
    ours = [
        f"{Path(frame.filename).relative_to(_PACKAGE)}, line {frame.lineno}"
        for frame in extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(_PACKAGE)
    ]
    what = str(error) if isinstance(error, InvariantError) else type(error).__name__
    return (
        f"impactbond met something that it does not foresee: {what} ({''.join(ours[-1:])}). Please"
        " report it; --debug shows more, which may hold what the files hold."
    )
