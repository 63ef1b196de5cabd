"""The house style of every page: one frame, one style sheet, and the parts that pages are made of.

Takes  the name of a template in templates/, and plain data.
Gives  one HTML file as text that needs nothing else: no script, no network, no other file.
Keeps  every text escaped, whatever it holds; the same data give the same bytes.

And writing a page: one HTML file, as every other file is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from impactbond.errors import PageError, not_installed
from impactbond.files import Writing, write_file

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


AMOUNT, DAY = "amount", "day"  # how a column is set, as style.css has it


@dataclass(frozen=True, slots=True)
class PageHead:
    """What stands around a page: title and subtitle, its parts (each the id of its heading, and the
    heading) for the contents, and the lines at its foot.
    """

    title: str
    subtitle: str
    parts: Sequence[tuple[str, str]] = ()
    foot: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table as it is shown: texts only, the first column names the row.

    `id` is its own within the page. `kinds` says of a column, by its place, that it is set as an
    AMOUNT or a DAY. `none` is what is said where there is no row.
    """

    id: str
    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    kinds: dict[int, str]
    total: Sequence[str] = ()
    note: str = ""
    none: str = "none."

    def kind(self, place: int) -> Markup:
        """The class of a column, as it stands in a tag."""
        from markupsafe import Markup

        return Markup(f' class="{self.kinds[place]}"' if place in self.kinds else "")


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as an SVG of its own, which says by itself what it shows, and the table of the same
    figures, where they stand in no other.
    """

    caption: str
    svg: Markup
    table: PageTable | None = None


def page_of(template: str, head: PageHead, **told: Any) -> str:
    """The page that a template makes of plain data.

    Raises PageError where Jinja, which pages need and nothing else does, is not installed.
    """
    return _environment().get_template(template).render(head=head, **told) + "\n"


@cache
def _environment() -> Environment:
    try:
        import jinja2
    except ImportError:
        fault = not_installed("pages need", "Jinja", "pages")
        raise PageError("The page cannot be made.", [fault]) from None
    return jinja2.Environment(
        loader=jinja2.PackageLoader("impactbond.pages"),
        # Always, and not by the ending of a name: the style sheet holds nothing to escape.
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def words(text: str) -> str:
    """A text as it may stand within SVG that is put together by hand."""
    return escape(text, quote=True)


def write_page(page: str, out: str | PathLike[str], **how: Unpack[Writing]) -> Path:
    """Writes a page into a file, for its owner alone unless `shared=True`, and gives its path.

    With `replace=True`, another file of that name is replaced. Raises PageError when the file
    cannot be written, or would replace another.
    """
    refused = partial(PageError, "The page cannot be written.")
    return write_file(out, page.encode(), refused, **how)
