"""How a command tells its result: to a person at a terminal, or to a program as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@contextmanager
def working(what: str) -> Iterator[None]:
    """Says what is being done while it is done, to a person at a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def printed(as_json: bool, data: Callable[[], Any], text: Callable[[], str]) -> None:
    """Prints a result as JSON or as text; only the one that is asked for is made."""
    print(json.dumps(data(), indent=2, ensure_ascii=False) if as_json else text())
