"""The options of every command that reads evidence: how files of partners are read (--mapping,
--given), and which columns are read although they look personal (--allow-personal). They are added
to a command by a decorator, so that no command can leave one out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from impactbond.cli.own_process import leave_pandas_out

MappingFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--mapping",
        help="How the files are read where they are not in the contract's own form; repeatable.",
    ),
]
Given = Annotated[
    list[str] | None,
    typer.Option(
        "--given",
        metavar="COLUMN=VALUE",
        help="With --mapping: what holds for the whole delivery, such as recorded_on=2024-09-30.",
    ),
]
AllowPersonal = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-personal",
        help="A heading that is read although its column looks as if it said who a child is; "
        "repeatable.",
    ),
]
_OPTIONS = {"mapping": MappingFiles, "given": Given, "allow_personal": AllowPersonal}


def day_asked(contract: Path, as_of: date | None) -> date | None:
    """The day up to which a command settles: a record says its own, and nothing else does."""
    from impactbond.records.contents import is_record

    if as_of is None and not is_record(contract):
        raise typer.BadParameter(
            "name the day up to which claims are settled; only a record says its own",
            param_hint="--as-of",
        )
    return as_of


class ReadingAsked(NamedTuple):
    """How a command was told to read evidence: the mappings, what was said with the delivery, and
    the headings that are allowed.
    """

    files: tuple[Path, ...] = ()
    given: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


_ASKED: ContextVar[ReadingAsked | None] = ContextVar("reading", default=None)


def reading_asked() -> ReadingAsked:
    """What the command that runs was told."""
    return _ASKED.get() or ReadingAsked()


def reads_files(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options of whatever reads evidence."""
    own = inspect.signature(command, eval_str=True)
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in _OPTIONS.items()
    ]

    @wraps(command)
    def run(**options: Any) -> None:
        asked = ReadingAsked(*(tuple(options.pop(name) or ()) for name in _OPTIONS))
        evidence = options.get("evidence") or []
        # In tables, and in what mappings read, Arrow may meet what pandas knows better.
        if evidence and not asked.files and all(one.suffix == ".xlsx" for one in evidence):
            leave_pandas_out()
        with _asked(asked):
            command(**options)

    signature = own.replace(parameters=[*own.parameters.values(), *more])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in signature.parameters.values()}
    return run


@contextmanager
def _asked(asked: ReadingAsked) -> Iterator[None]:
    before = _ASKED.set(asked)
    try:
        yield
    finally:
        _ASKED.reset(before)
