"""A card: how a notebook shows an object. One house style: what it is, of when, one table with its
amounts at the right, notes below it, and what is long folded away. And a table of an object as a
frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_CARD = (
    "font-family:Arial,sans-serif;color:#14171a;background:#fff;padding:.25em .5em;max-width:60em;"
    "overflow-x:auto"
)
# Notebooks set cells of their own at the right and in the middle, so every cell says where it is.
_LEFT, _RIGHT = "text-align:left", "text-align:right"
_HEAD = "border-bottom:2px solid #14171a"
_PADDED = "padding:.15em .8em .15em 0"
_CELL = f"vertical-align:top;{_PADDED}"


def card(
    title: str,
    subtitle: str = "",
    heads: Sequence[str] = (),
    rows: Iterable[Sequence[str]] = (),
    *,
    words: int = 1,
    total: Sequence[str] = (),
    notes: Iterable[str] = (),
    folded: tuple[str, str] | None = None,
) -> str:
    """The card of an object: the first columns, `words` of them, hold words, the others amounts.

    `folded` is a text with what it is called, shown when asked for.
    """
    parts = [f"<h4>{escape(title)}</h4>"]
    if subtitle:
        parts.append(f"<p>{escape(subtitle)}</p>")
    parts.append(card_table(heads, rows, words=words, total=total))
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    if items:
        parts.append(f"<ul>{items}</ul>")
    if folded is not None:
        called, text = map(escape, folded)
        parts.append(f"<details><summary>{called}</summary><pre>{text}</pre></details>")
    return framed(*parts)


def text_card(text: str) -> str:
    """The card of an answer that is told line by line; its first line says what it is."""
    title, _, rest = text.partition("\n")
    return framed(f"<h4>{escape(title)}</h4><pre>{escape(rest)}</pre>")


def framed(*parts: str) -> str:
    """Parts that are HTML already, as one card."""
    return f'<div lang="en-GB" style="{_CARD}">{"".join(parts)}</div>'


def card_table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    words: int,
    total: Sequence[str] = (),
    caption: str = "",
) -> str:
    """A table of a card, its first `words` columns words; nothing where it has neither heads nor
    rows.
    """
    body = "".join(_row(row, words) for row in rows)
    if not heads and not body:
        return ""
    called = f"<caption style='text-align:left;font-weight:bold'>{escape(caption)}</caption>"
    named = "".join(_heading(name, place >= words) for place, name in enumerate(heads))
    head = f"<thead><tr>{named}</tr></thead>" if heads else ""
    foot = f"<tfoot>{_row(total, words, 'th')}</tfoot>" if total else ""
    return f"<table>{called if caption else ''}{head}<tbody>{body}</tbody>{foot}</table>"


def _heading(name: str, is_amount: bool) -> str:
    style = f"{_HEAD};{_RIGHT if is_amount else _LEFT};{_PADDED}"
    return f"<th scope='col' style='{style}'>{escape(name)}</th>"


def _row(cells: Sequence[str], words: int, tag: str = "td") -> str:
    told = (
        f"<{tag} style='{_RIGHT if place >= words else _LEFT};{_CELL}'>{escape(cell)}</{tag}>"
        for place, cell in enumerate(cells)
    )
    return f"<tr>{''.join(told)}</tr>"


class FrameOf(property):
    """A property that is a table of its owner, `<name>_table` or one of another name, as a frame of
    the owner's `kind`; `says` is what it holds.
    """

    def __init__(self, says: str, table: str = "") -> None:
        super().__init__(self._frame)
        self.__doc__ = says  # or help would tell what this class is
        self._table = table

    def __set_name__(self, owner: type, name: str) -> None:
        self._table = self._table or f"{name}_table"

    def table_of(self, owner: Any) -> pa.Table:
        """The table."""
        return getattr(owner, self._table)

    def _frame(self, owner: Any) -> Any:
        from impactbond.tables import as_kind  # a contract has a card and is read without Arrow

        return as_kind(self.table_of(owner), owner.kind)
