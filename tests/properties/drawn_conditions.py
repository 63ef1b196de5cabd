"""Drawn conditions: every kind, over the metrics and windows of a drawn contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from impactbond.terms.phrases import Window, parse_span

Draw = st.DrawFn
Names = Sequence[str]
Terms = Mapping[str, Any]
FIRST = date(2017, 1, 31)
STATES = ("out", "in", "on")
LENGTHS = ("1 day", "3 days", "2 weeks", "1 month", "2 months")
LAPSES = ("none", "any", "up to 2 days", "up to 1 week", "up to 1 month")
WITHIN = ("3 days", "4 days", "3 weeks", "6 weeks", "2 months", "3 months")


@st.composite
def conditions(draw: Draw, metrics: Terms, windows: Terms, named: Names, depth: int) -> Any:
    """A condition nested no deeper than `depth`, which may name any of `named`."""
    deeper = ("all", "any", "of", "absence", "not") if depth > 1 else ()
    kinds = ["leaf", "leaf", "leaf", "leaf", *deeper]
    kind = draw(st.sampled_from([*kinds, "named"] if named else kinds))
    if kind == "named":
        return draw(st.sampled_from(named))
    if kind == "leaf":
        return draw(_leaf(metrics, windows))
    inside = conditions(metrics, windows, named, depth - 1)
    if kind == "not":
        shown = {"shown_by": draw(_leaf(metrics, windows))} if draw(st.booleans()) else {}
        return {"not": draw(inside), **shown}
    if kind == "absence":
        return draw(_absence(metrics, windows))
    found = draw(st.lists(inside, min_size=1, max_size=3, unique_by=repr))
    needed = {"at_least": draw(st.integers(1, len(found)))} if kind == "of" else {}
    return {**needed, kind: found}


# Marks one by one, and names of groups; what comes and what is left out never meet.
MARKED = st.sampled_from(("missed", "ill", ["ill", "missed"], ["came", "missed"]))
CAME = st.sampled_from(("attended", ["attended", "missed"]))
LEFT_OUT = st.sampled_from(([], [], "ill", "no session"))


@st.composite
def _absence(draw: Draw, metrics: Terms, windows: Terms) -> dict[str, Any]:
    fitting = [name for name, terms in metrics.items() if terms["kind"] in ("event", "session")]
    metric = draw(st.sampled_from(fitting))
    is_marked = metrics[metric]["kind"] == "session" and draw(st.booleans())
    return {
        "absence": metric,
        **({"marked": draw(MARKED)} if is_marked else {}),
        "in": draw(st.sampled_from(sorted(windows))),
        "allowing": draw(st.integers(0, 2)),
        "shown_by": draw(_leaf(metrics, windows)),
    }


@st.composite
def _leaf(draw: Draw, metrics: Terms, windows: Terms) -> dict[str, Any]:
    metric, window = draw(st.sampled_from(sorted(metrics))), st.sampled_from(sorted(windows))
    terms, between = metrics[metric], _in_order(windows)
    if terms["kind"] == "state":
        return draw(_held(metric, windows))
    if terms["kind"] == "quantity":
        return {"total": metric, "in": draw(window), "at_least": draw(_some(terms))}
    few, part = st.integers(1, 3), st.sampled_from(("1/3", "50%", "66.7%", "2/3", "100%"))
    side, pick = _threshold(terms), st.sampled_from(("first", "last", "best", "mean"))
    shapes: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "observed": {"in": window},
        "count": {"in": window, "at_least": few},
        "share": {"marked": CAME, "leaving_out": LEFT_OUT, "in": window, "at_least": part},
        "level": {"pick": pick, "in": window, "is": side},
        "improves": {"by": _distance(terms), "between": between},
        "reaches": {"in": window, "is": side},
        "crosses": {"from": side, "to": side, "between": between},
    }
    if terms["kind"] in ("score", "percentage") and draw(st.integers(0, 4)) == 4:
        return draw(_travels(metrics, windows))
    measured = ("level", "level", "improves", "crosses", "count", "reaches", "reaches")
    fitting = {"event": ("observed", "count"), "session": ("share", "count", "count")}
    shape = draw(st.sampled_from(fitting.get(terms["kind"], measured)))
    is_marked = terms["kind"] == "session" and shape == "count" and draw(st.booleans())
    marked = {"marked": draw(MARKED)} if is_marked else {}
    if terms["kind"] == "session" and shape == "count" and not is_marked:
        marked = {"leaving_out": draw(LEFT_OUT)}
    if shape == "reaches" and draw(st.booleans()):
        return {shape: metric, **draw(st.fixed_dictionaries(shapes["improves"]))}
    return {shape: metric, **marked, **draw(st.fixed_dictionaries(shapes[shape]))}


@st.composite
def _held(draw: Draw, metric: str, windows: Terms) -> dict[str, Any]:
    window = draw(st.sampled_from(sorted(windows)))
    held = draw(st.lists(st.sampled_from(STATES), min_size=1, max_size=2, unique=True))
    if draw(st.booleans()):
        pick = draw(st.sampled_from(("first", "last")))
        return {"state": metric, "pick": pick, "in": window, "is": held}
    opens, closes = Window.parse(windows[window]).days(FIRST)
    fitting = [text for text in LENGTHS if (parse_span(text).after(opens) - closes).days <= 1]
    length = draw(st.sampled_from(fitting or ["1 day"]))
    longer = [
        one for one in WITHIN if parse_span(one).after(FIRST) > parse_span(length).after(FIRST)
    ]
    within = {"within": draw(st.sampled_from(longer))} if draw(st.booleans()) else {}
    return {"sustained": metric, "as": held, "for": length, **within, "in": window}


@st.composite
def _some(draw: Draw, terms: Terms) -> Decimal:
    """So much of a quantity."""
    return Decimal(draw(st.integers(1, 9))).scaleb(-terms["decimals"])


@st.composite
def _travels(draw: Draw, metrics: Terms, windows: Terms) -> dict[str, Any]:
    fitting = [name for name in metrics if metrics[name]["kind"] in ("score", "percentage")]
    names = draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=3, unique=True))
    ways = {}
    for name in names:
        sides = (
            ("at least", "above") if metrics[name]["better"] == "higher" else ("at most", "below")
        )
        ways[name] = draw(_threshold(metrics[name], sides))
    share = draw(st.sampled_from(("0%", "1/3", "50%", "100%")))
    return {"travels": ways, "between": draw(_in_order(windows)), "at_least": share}


def _in_order(windows: Terms) -> st.SearchStrategy[tuple[str, str]]:
    """Two windows, of which the second has a day after the first day of the first."""
    days = {name: Window.parse(windows[name]).days(FIRST) for name in sorted(windows)}
    pairs = [(one, other) for one in days for other in days if days[other][1] > days[one][0]]
    return st.sampled_from(pairs)


@st.composite
def units(draw: Draw, metrics: Terms, windows: Terms) -> dict[str, Any]:
    """Units of rows, days or amounts."""
    metric = draw(st.sampled_from(sorted(metrics)))
    terms, window = metrics[metric], draw(st.sampled_from(sorted(windows)))
    limit: dict[str, Any] = {"at_most": draw(st.integers(1, 5))} if draw(st.booleans()) else {}
    limit |= draw(st.sampled_from(({}, {"from": "the day after"}, {"from": "that day"})))
    if terms["kind"] == "quantity":
        return {"amounts": metric, "in": window, "every": draw(_some(terms)), **limit}
    if terms["kind"] == "state":
        held = draw(st.lists(st.sampled_from(STATES), min_size=1, max_size=3, unique=True))
        limit |= draw(st.sampled_from(({}, {"lapses": draw(st.sampled_from(LAPSES))})))
        every = draw(st.sampled_from(LENGTHS))
        return {"days": metric, "as": held, "in": window, "every": every, **limit}
    marked = {"marked": draw(MARKED)} if terms["kind"] == "session" and draw(st.booleans()) else {}
    return {"rows": metric, **marked, "in": window, "every": draw(st.integers(1, 2)), **limit}


SIDES = ("at least", "at most", "above", "below")


@st.composite
def _threshold(draw: Draw, terms: Terms, sides: Names = SIDES) -> str:
    side = draw(st.sampled_from(sides))
    low, high = (bound * 10 ** terms["decimals"] for bound in terms["range"])
    is_closed = side in ("at least", "below")
    steps = draw(st.integers(low + 1, high) if is_closed else st.integers(low, high - 1))
    percent = "%" if terms["kind"] == "percentage" else ""
    return f"{side} {Decimal(steps).scaleb(-terms['decimals'])}{percent}"


@st.composite
def _distance(draw: Draw, terms: Terms) -> Decimal | str:
    low, high = terms["range"]
    unit = 10 ** terms["decimals"]
    by = Decimal(draw(st.integers(1, (high - low) * unit))) / unit
    return by if terms["kind"] == "score" else f"{by}%"
