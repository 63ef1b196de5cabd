"""How every chart is drawn: one size, greys and dashes that are told apart in print, the contract's
currency along the axis, and words for whoever does not see it.

Takes  a function that draws on axes.
Gives  a Drawing: SVG and PNG, its title and its words.
Keeps  the same data, the same bytes; nothing of matplotlib's settings by others comes in, and none
       of ours stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from textwrap import fill
from typing import Any

from impactbond.errors import SimulationError, not_installed
from impactbond.money import CURRENCIES

INK, DARK, MIDDLE, LIGHT = "#111111", "#333333", "#808080", "#d0d0d0"
HATCH = "////"
_SALT = "impactbond"
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "svg.hashsalt": _SALT,
    "svg.fonttype": "none",
}


@dataclass(frozen=True, repr=False)
class Drawing:
    """A chart: `svg` and `png` as bytes, and `alt`, which says in words what it shows."""

    title: str
    alt: str
    svg: bytes
    png: bytes

    def _repr_html_(self) -> str:
        """The chart in a notebook, with its words."""
        from base64 import b64encode

        data = b64encode(self.png).decode("ascii")
        return f'<img alt="{escape(self.alt, quote=True)}" src="data:image/png;base64,{data}">'

    def __repr__(self) -> str:
        return f"Drawing({self.title!r}: {self.alt})"


def bands(axes: Any, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """A bar for each row, from what 5% of futures come to through what 95% do; gives their places
    from the bottom.
    """
    places = list(range(len(rows)))
    low = [row["p5_pence"] for row in rows]
    wide = [row["p95_pence"] - row["p5_pence"] for row in rows]
    look = {"color": LIGHT, "edgecolor": DARK, "height": 0.5}
    axes.barh(places, wide, left=low, label="5% to 95% of futures", **look)
    return places


def drawn(
    title: str, alt: str, draw: Callable[[Any], None], *, high: float = 4.2, wide: float = 8.0
) -> Drawing:
    """The drawing that a function makes on axes.

    Raises SimulationError where matplotlib, of the extra `charts`, is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        fault = not_installed("charts need", "matplotlib", "charts")
        raise SimulationError("The chart cannot be drawn.", [fault]) from None
    with mpl.rc_context():
        mpl.rcdefaults()
        settings: Any = mpl.rcParams
        settings.update(_STYLE)
        figure = Figure(figsize=(wide, high), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.set_title(title, wrap=True)
        draw(axes)
        svg, png = BytesIO(), BytesIO()
        # The day on which it was drawn would be in the file; nothing else in it differs.
        about = {"Date": None, "Title": title, "Description": alt}
        figure.savefig(svg, format="svg", metadata=about)
        figure.savefig(png, format="png", dpi=110, metadata={"Title": title, "Description": alt})
    return Drawing(title, alt, _said(svg.getvalue(), title, alt), png.getvalue())


def _said(svg: bytes, title: str, alt: str) -> bytes:
    """SVG that readers of screens take for one picture with its words."""
    told = f'<svg role="img" aria-label="{escape(f"{title}. {alt}", quote=True)}" '
    return svg.replace(b"<svg ", told.encode(), 1)


def money_axis(axis: Any, currency: str) -> None:
    """An axis of minor units, in the units of the currency."""
    known = CURRENCIES[currency]

    def shown(pence: float, _: int) -> str:
        units = pence / known.in_one
        sign = "-" if units < 0 else ""
        return f"{sign}{known.sign}{abs(units):,.0f}"

    axis.set_major_formatter(shown)
    if axis.axis_name == "x":  # side by side, more amounts would run into one another
        axis.get_major_locator().set_params(nbins=5)


def wrapped(name: str) -> str:
    """A name on lines short enough to stand beside its bar."""
    return fill(name, 28)
