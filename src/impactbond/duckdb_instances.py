"""DuckDB instances: an empty one that is at hand is taken again, because opening one costs as much
as a small settlement works.

Keeps  one session at a time in an instance, through a connection of its own that is closed with it:
       what outlives a session is refused by DuckDB, and never reads the tables of another.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from impactbond.files import LOCK, private_folder

if TYPE_CHECKING:
    import duckdb

_MOST_IDLE = 2  # by threads that work side by side
_MOST_KEPT = 2**26  # bytes in what a session made: an instance with more is not worth its memory
# Our text has the smaller table on the right of every join, and DuckDB, which cannot tell how many
# rows of a file will stand, would sometimes hold the observations in memory instead. No table has
# an order that has to be kept. And texts are texts: DuckDB would have a file's reader make of them
# what they are cast to, by other rules.
_NOT_FOR_US = "join_order,build_side_probe_side,type_pushdown"


class DuckDBInstance:
    """An instance in memory, the connection of the session that it is lent to, and what that
    session has made in it.
    """

    def __init__(self) -> None:
        import duckdb

        # What does not fit memory is spilled: into a folder of our own, gone with the instance,
        # because DuckDB's own choice is the folder that the user happens to stand in.
        self._folder, self._put_away = private_folder()
        self._root = duckdb.connect(":memory:", config={"temp_directory": self._folder})
        self._root.execute(
            f"SET disabled_optimizers = '{_NOT_FOR_US}';SET preserve_insertion_order = false;"
            # Nothing of a file is remembered: the next session may read another under its name.
            "SET enable_external_file_cache = false;SET parquet_metadata_cache = false"
        )
        self.connection = self._root.cursor()
        self._made: list[tuple[str, str]] = []
        self._as_new = True

    @classmethod
    def lent(cls) -> DuckDBInstance:
        """An empty instance: one that is at hand, otherwise a new one."""
        try:
            instance = _IDLE.pop()
        except IndexError:
            return cls()
        instance.connection = instance._root.cursor()
        return instance

    def make(self, kind: str, name: str, query: str | duckdb.Statement) -> None:
        """A table or a view of that name, of a query or of what `parsed` gave; what had the name
        goes first, so that the two are not in memory together.
        """
        if (kind, name) in self._made:
            self.connection.execute(f'DROP {kind} "{name}"')
        else:
            self._made.append((kind, name))
        if isinstance(query, str):
            query = _making(kind, name, query)
        self.connection.execute(query)

    def parsed(self, kind: str, name: str, query: str) -> duckdb.Statement:
        """What makes a table or a view of that name, for any instance: DuckDB works on a copy."""
        return self.connection.extract_statements(_making(kind, name, query))[0]

    def check_what_files_say(self) -> None:
        """See `EngineSession.check_what_files_say`."""
        self._as_new = False
        everything = f"{_NOT_FOR_US},statistics_propagation"
        self.connection.execute(f"SET disabled_optimizers = '{everything}'")

    def give_back(self) -> None:
        """The session is over: everything that it made is taken away."""
        if not self._as_new or len(_IDLE) >= _MOST_IDLE or self._has_spilled():
            self.close()
            return
        try:
            if self._has_grown():
                self.close()
                return
            for kind, name in reversed(self._made):
                self.connection.execute(f'DROP {kind} "{name}"')
        except Exception:  # a session that broke off leaves what nobody can know
            self.close()
            return
        self._made.clear()
        self.connection.close()
        _IDLE.append(self)

    def _has_grown(self) -> bool:
        """Whether it holds much: DuckDB gives memory back to the system when it closes, and not
        when tables are dropped.
        """
        held = "SELECT sum(memory_usage_bytes) > ? FROM duckdb_memory()"
        found = self._root.execute(held, [_MOST_KEPT]).fetchone()
        return found is not None and bool(found[0])

    def _has_spilled(self) -> bool:
        """What was too large for memory may have left something in the folder, and in memory."""
        return os.listdir(self._folder) != [LOCK]

    def close(self) -> None:
        """The instance and its folder are gone."""
        self._as_new = False
        self.connection.close()
        self._root.close()
        self._put_away()


def _making(kind: str, name: str, query: str) -> str:
    return f'CREATE {kind} "{name}" AS {query}'


_IDLE: list[DuckDBInstance] = []


def close_idle_instances() -> None:
    """No instance stays open: a process that is forked beside an open one takes it down."""
    while _IDLE:
        _IDLE.pop().close()


def _at_exit() -> None:
    global _MOST_IDLE
    _MOST_IDLE = 0  # what is still at work closes when it is given back
    close_idle_instances()


_before_fork: Callable[..., None] | None = getattr(os, "register_at_fork", None)
if _before_fork is not None:
    _before_fork(before=close_idle_instances)
atexit.register(_at_exit)
