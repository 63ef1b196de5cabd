"""The options of every command that reads evidence, by which files of partners are read: --mapping
and --given. They are added to a command by a decorator, so that no command can leave one out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

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


class MappingsAsked(NamedTuple):
    """The mappings that a command was given, and what was said with the delivery."""

    files: tuple[Path, ...] = ()
    given: tuple[str, ...] = ()


_ASKED: ContextVar[MappingsAsked | None] = ContextVar("mappings", default=None)


def mappings_asked() -> MappingsAsked:
    """What the command that runs was given."""
    return _ASKED.get() or MappingsAsked()


def reads_files(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options --mapping and --given."""
    own = inspect.signature(command, eval_str=True)
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in (("mapping", MappingFiles), ("given", Given))
    ]

    @wraps(command)
    def run(*, mapping: list[Path] | None, given: list[str] | None, **options: Any) -> None:
        with _asked(MappingsAsked(tuple(mapping or ()), tuple(given or ()))):
            command(**options)

    signature = own.replace(parameters=[*own.parameters.values(), *more])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in signature.parameters.values()}
    return run


@contextmanager
def _asked(asked: MappingsAsked) -> Iterator[None]:
    before = _ASKED.set(asked)
    try:
        yield
    finally:
        _ASKED.reset(before)
