"""Charts as SVG within a page: bars side by side or end to end, and lines over periods.

Each says by itself what it shows: a title and a description for whoever does not see it, every
figure written beside its bar, and no difference of colour alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from textwrap import wrap
from typing import TYPE_CHECKING

from impactbond.pages.house import words

if TYPE_CHECKING:
    from markupsafe import Markup

# Blue, sand, grey and deep blue of style.css: four steps of lightness, told apart in print too.
FILLS = ("#1f5fa6", "#d99a3d", "#9aa3ab", "#123a66", "#e3d3b4", "#c5d6ea")
STROKES = ("#1f5fa6", "#b8690a", "#6b737b", "#123a66")  # a line is thin, and so darker
INK, LINE = "#14171a", "#8a929a"
WIDTH, LABELS, FIGURES = (
    720,
    190,
    170,
)  # of a drawing; of names at its left, of figures at its right
ROW, BAR, TOP, LINE_HIGH = 30, 16, 34, 14
HEIGHT, LEFT, BOTTOM = 280, 92, 40
LETTER = 7.2  # how wide a letter of 13 pixels is, about


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its name, its parts end to end in the order of the chart's, and what is written beside
    it. `mark` is where a line is drawn across it, as of a limit.
    """

    name: str
    parts: Sequence[int]
    shown: str
    mark: int | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A line over the periods of a chart; None where there is no figure."""

    name: str
    values: Sequence[int | None]
    dashed: bool = False


def bar_chart(
    id: str,
    title: str,
    describes: str,
    bars: Sequence[Bar],
    parts: Sequence[str],
    mark: str = "",
) -> Markup:
    """Bars from one line to the right, each with parts end to end; nothing below nought is drawn.

    `parts` names the parts in the key above, where there are several, and `mark` the marks.
    """
    room = WIDTH - LABELS - FIGURES
    # At least 1: where every bar is nothing there is nothing to divide by.
    most = max([1, *(sum(_drawn(bar.parts)) for bar in bars), *(bar.mark or 0 for bar in bars)])
    has_key = len(parts) > 1 or bool(mark)
    top = TOP if has_key else 8
    inside = list(_key(parts, mark)) if has_key else []
    for place, bar in enumerate(bars):
        y, x = top + place * ROW, float(LABELS)
        middle = y + BAR / 2 + 4
        lines = _in_lines(bar.name)
        above = middle - LINE_HIGH * (len(lines) - 1) / 2
        for number, line in enumerate(lines):
            inside.append(_text(LABELS - 8, above + LINE_HIGH * number, line, anchor="end"))
        for number, value in enumerate(_drawn(bar.parts)):
            wide = room * value / most
            if value:
                fill = FILLS[number % len(FILLS)]
                inside.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{BAR}" fill="{fill}" '
                    f'stroke="{INK}" stroke-width=".5"/>'
                )
            x += wide
        if bar.mark is not None:
            at = LABELS + room * bar.mark / most
            inside.append(_mark(at, y - 4, BAR + 8))
            x = max(x, at)
        inside.append(_text(x + 8, middle, bar.shown))
    foot = top + len(bars) * ROW
    inside.append(f'<line x1="{LABELS}" y1="{top - 4}" x2="{LABELS}" y2="{foot}" stroke="{LINE}"/>')
    return _svg(id, title, describes, foot + 4, inside)


def line_chart(
    id: str,
    title: str,
    describes: str,
    periods: Sequence[str],
    curves: Sequence[Curve],
    shown: Callable[[int], str],
) -> Markup:
    """Lines over periods, from nought up; `shown` writes a figure of the scale at the left."""
    known = [value for curve in curves for value in curve.values if value is not None]
    most, step = _scale(max([1, *known]))
    wide, high = WIDTH - LEFT - 40, HEIGHT - TOP - BOTTOM
    across = wide / max(1, len(periods) - 1)

    def down(value: int) -> float:
        return TOP + high - high * value / most

    inside = list(_key([curve.name for curve in curves], "", lines=curves))
    steps = range(0, most + 1, step)
    for value, label in zip(steps, _whole([shown(value) for value in steps]), strict=True):
        y = down(value)
        inside.append(
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + wide}" y2="{y:.1f}" stroke="#d9dde1"/>'
        )
        inside.append(_text(LEFT - 8, y + 4, label, anchor="end"))
    # Of many periods only some are named, so that names stay apart.
    widest = max(map(len, periods), default=0) * LETTER + LETTER * 2
    every = max(1, ceil(widest / across))
    for place, period in enumerate(periods):
        if place % every == 0:
            inside.append(_text(LEFT + place * across, HEIGHT - 16, period, anchor="middle"))
    for number, curve in enumerate(curves):
        points = [
            (LEFT + place * across, down(value))
            for place, value in enumerate(curve.values)
            if value is not None
        ]
        inside.append(_curve(points, STROKES[number % len(STROKES)], dashed=curve.dashed))
    return _svg(id, title, describes, HEIGHT, inside)


def _whole(labels: Sequence[str]) -> list[str]:
    """The labels of a scale without decimals, where none of them has any that count."""
    cut = [re.sub(r"\.0+$", "", label) for label in labels]
    return cut if all(map(str.__ne__, cut, labels)) else list(labels)


def _drawn(parts: Sequence[int]) -> list[int]:
    return [max(0, value) for value in parts]


def _scale(most: int) -> tuple[int, int]:
    """The end of a scale and its step, a round figure: four to eight steps."""
    step = 1
    while step * 8 < most:
        # 1, 2, 5, 10, 20, 50 ...
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return -(-most // step) * step, step


def _key(parts: Sequence[str], mark: str, lines: Sequence[Curve] = ()) -> Iterator[str]:
    x = 0.0
    for number, name in enumerate(parts):
        fill = FILLS[number % len(FILLS)]
        if lines:
            stroke = STROKES[number % len(STROKES)]
            yield _curve([(x, 9), (x + 26, 9)], stroke, dashed=lines[number].dashed)
        else:
            yield (
                f'<rect x="{x + 12:.1f}" y="3" width="13" height="13" fill="{fill}" '
                f'stroke="{INK}" stroke-width=".5"/>'
            )
        yield _text(x + 32, 14, name)
        x += 56 + LETTER * len(name)
    if mark:
        yield _mark(x + 18, 1, 17)
        yield _text(x + 32, 14, mark)


def _curve(points: Sequence[tuple[float, float]], colour: str, *, dashed: bool) -> str:
    dash = ' stroke-dasharray="7 4"' if dashed else ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}/>'


def _mark(x: float, y: float, high: float) -> str:
    ends = f'x1="{x:.1f}" y1="{y}" x2="{x:.1f}" y2="{y + high}"'
    return f'<line {ends} stroke="{INK}" stroke-width="3"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="13" text-anchor="{anchor}">{words(text)}</text>'
    )


def _in_lines(name: str) -> list[str]:
    """A name in the two lines that fit beside its bar; the table of the same figures has the whole
    of a longer one.
    """
    return wrap(name, 27, max_lines=2, placeholder=" …") or [name]


def _svg(id: str, title: str, describes: str, high: float, inside: Sequence[str]) -> Markup:
    from markupsafe import Markup

    named = words(id)
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {high:.0f}" width="{WIDTH}" '
        f'height="{high:.0f}" role="img" aria-labelledby="{named}-title {named}-desc">'
        f'<title id="{named}-title">{words(title)}</title>'
        f'<desc id="{named}-desc">{words(describes)}</desc>{"".join(inside)}</svg>'
    )
