"""What a command does to the process that was started for it, and for nothing else.

A program that calls commands by itself, as the tests do, is left as it is.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_OBJECTS = 500_000  # made before Python looks for rings of objects that nobody holds


def begin() -> None:
    """Say that this process was started for one command."""
    # Tables of rows are many objects and hardly ever rings of them: looking for rings at every
    # seven hundredth object, as Python does, is a tenth of a command's time.
    gc.set_threshold(_OBJECTS, 50, 100)
    sys.meta_path.insert(0, _OneCountry())


def leave_pandas_out() -> None:
    """Let Arrow work without pandas until it is asked for a frame.

    The first value that Arrow takes makes it import pandas, a third of a second, to ask whether the
    value is one of its own. Of a command that reads workbooks none is. Where Arrow has to give a
    frame it looks for pandas once more, and finds it.
    """
    is_own = any(isinstance(one, _OneCountry) for one in sys.meta_path)
    if not is_own or "pandas" in sys.modules:
        return
    import pyarrow as pa

    with _found_first(_NoPandas()):
        pa.scalar(1)


@contextmanager
def _found_first(finder: MetaPathFinder) -> Iterator[None]:
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _NoPandas(MetaPathFinder):
    """Finds no pandas; what it does not look for is found by others."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is left out", name=fullname)


class _OneCountry(MetaPathFinder):
    """Finds the folder of the countries whose bank holidays are known, without what loads all of
    them, a tenth of a second, where the days of one are asked for.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "holidays.countries":
            return None
        found = PathFinder.find_spec(fullname, path)
        if found is None or found.submodule_search_locations is None:
            return None
        bare = ModuleSpec(fullname, None, is_package=True)
        bare.submodule_search_locations = list(found.submodule_search_locations)
        return bare
