"""What limits let through of a statement's lines, and what they withheld, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LetThrough:
    """How one limit meets the lines, a value for every line in each list.

    `place` is its position among the limits; `is_apart` says that it holds groups of lines apart.
    `previous` is the position of the line before that met it (-1: none in this claim). `asked` is
    the running total with the line and `held` what the limit withholds of it, both None where it is
    not on the line; `before` and `through_before` are what earlier claims asked for and let
    through, at the first line of each group. `between` is how much of what is withheld passes from
    line to line because of the order in which limits are settled; it comes to nothing.
    """

    place: int
    is_apart: bool
    previous: list[int] = field(default_factory=list)
    before: list[int | None] = field(default_factory=list)
    through_before: list[int | None] = field(default_factory=list)
    asked: list[int | None] = field(default_factory=list)
    held: list[int | None] = field(default_factory=list)
    between: list[int] = field(default_factory=list)

    def add(
        self,
        previous: int = -1,
        before: int | None = None,
        through_before: int | None = None,
        asked: int | None = None,
        held: int | None = None,
        between: int = 0,
    ) -> None:
        """One more line; nothing where it does not meet the limit."""
        self.previous.append(previous)
        self.before.append(before)
        self.through_before.append(through_before)
        self.asked.append(asked)
        self.held.append(held)
        self.between.append(between)

    @property
    def first(self) -> int | None:
        """The position of the first line that meets it; None where none does."""
        places = (place for place, asked in enumerate(self.asked) if asked is not None)
        return next(places, None)


@dataclass(frozen=True, slots=True)
class Limited:
    """What limits let through of the lines: those on the whole that are followed, those of the
    funder; what is withheld of each line otherwise; and why other limits are only stated, by their
    positions.
    """

    whole: tuple[LetThrough, ...] = ()
    own: tuple[LetThrough, ...] = ()
    otherwise: list[int] = field(default_factory=list)
    stated: Mapping[int, str] = field(default_factory=dict)

    @property
    def followed(self) -> dict[int, LetThrough]:
        """The limits that are followed, by their positions."""
        return {one.place: one for one in (*self.whole, *self.own)}
