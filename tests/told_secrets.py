"""A secret that is planted in every field of what is read, and looked for in everything that is
told: results as they are shown, errors with every error behind them, logs, warnings, streams.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout

from impactbond.errors import ImpactBondError
from impactbond.evidence.evidence import Evidence

SECRET = "Zebedee"
# As it would stand in a cell: alone, as a formula, beside a number, as a day, and very long.
WRITTEN = (
    SECRET,
    f"={SECRET}+1",
    f"17{SECRET}",
    f"{SECRET}/09/2024",
    f"{SECRET}; {SECRET} 2",
    SECRET * 300,
)


def behind(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it was raised from, or while handling, also what is not shown."""
    seen: set[int] = set()
    ahead: list[BaseException | None] = [error]
    while ahead:
        one = ahead.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        ahead += [one.__cause__, one.__context__]


def told_by(action: Callable[[], object]) -> str:
    """Everything that is told by an action: what it gives as it is shown, or its error with all
    behind it; its logs, warnings and streams. An error of another library is a fault by itself.
    """
    stream, log = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    told: list[str] = []
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            redirect_stdout(stream),
            redirect_stderr(stream),
        ):
            warnings.simplefilter("always")
            try:
                told += _shown(action())
            except ImpactBondError as error:
                for one in behind(error):
                    told += [str(one), repr(one), repr(one.args), *getattr(one, "__notes__", ())]
                    told += [str(fault.as_dict()) for fault in getattr(one, "faults", ())]
        told += [str(one.message) for one in warned]
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    return "\n".join([*told, stream.getvalue(), log.getvalue()])


def _shown(found: object) -> Iterator[str]:
    yield from (repr(found), str(found))
    if html := getattr(found, "_repr_html_", None):
        yield html()
    if isinstance(found, Evidence):
        yield from found.cautions
        yield from (str(row) for row in found.refused_table.to_pylist())
        yield from (file.name for one in found.mapped for file in one.files)
