"""Charts: each says in words what it shows; the same data, the same bytes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.spec.test_investment import BENEVOLENT, agreed
from tests.unit.test_designs import CERTAIN, JOINED, PRICE

import impactbond as ib
from impactbond.charts.drawing import Drawing
from impactbond.errors import AssumptionError, SimulationError
from impactbond.money import show

DESIGNS: dict[str, dict[str, str]] = {"as written": {}, "more": {JOINED: "200.00"}}
FORECAST = ib.simulate(*CERTAIN, trials=3, seed=1)


def returns() -> Any:
    paid = {date(2015, 10, 1): 6_000_000_00, date(2017, 10, 1): 6_000_000_00}
    return ib.investor_schedule(agreed(BENEVOLENT), paid, measured={"rate": "19%"})


SHOWN: dict[str, tuple[Callable[[], Any], str]] = {
    "fan": (lambda: FORECAST, "£44,000.00"),  # 40 children at £1,100.00
    "exposure": (lambda: FORECAST, "at most £"),
    "cash": (lambda: FORECAST, "-£2,500.00"),  # £3,000.00 spent, £500.00 up front
    # The whole of class P's A$7.5m is out after the second call.
    "returns": (returns, "P: at worst A$7,500,000.00 out"),
    "tornado": (
        lambda: ib.one_at_a_time(
            *CERTAIN, {JOINED: ("90.00", "120.00"), PRICE: ("900.00", "1000.00")}, trials=1
        ),
        "milestones.settled.price: £40,000.00 at 900.00, £44,000.00 at 1000.00",
    ),
    "comparison": (
        lambda: ib.compare_designs(
            *CERTAIN, {"as written": {}, "more": {JOINED: "200.00"}}, trials=1
        ),
        "more: £48,000.00 on average",
    ),
}


@pytest.mark.parametrize("kind", SHOWN)
def test_a_chart_says_what_it_shows_and_is_the_same_again(kind: str) -> None:
    made, says = SHOWN[kind]
    data = made()
    found = ib.chart(kind, data)
    assert says in found.alt
    root = ElementTree.fromstring(found.svg)
    assert (root.get("role"), root.get("aria-label")) == ("img", f"{found.title}. {found.alt}")
    # Nothing but greys: every colour has three equal parts.
    colours = set(re.findall(rb"#([0-9a-f]{6})", found.svg))
    assert colours
    assert all(one[:2] == one[2:4] == one[4:] for one in colours)
    again = ib.chart(kind, data)
    assert (again.svg, again.png) == (found.svg, found.png)
    assert found.png.startswith(b"\x89PNG")


def test_axes_are_in_the_currency_and_settings_of_others_stay_out() -> None:
    import matplotlib as mpl

    plain = ib.chart("fan", FORECAST)
    with mpl.rc_context({"axes.facecolor": "red", "font.size": 30}):
        assert ib.chart("fan", FORECAST).svg == plain.svg
        assert mpl.rcParams["font.size"] == 30
    assert show(4_000_000, "GBP").removesuffix(".00").encode() in plain.svg
    assert "alt=" in plain._repr_html_()


def test_what_no_chart_shows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssumptionError, match="none of the words"):
        ib.chart("pie", FORECAST)
    with pytest.raises(AssumptionError, match="a Forecast"):
        ib.chart("fan", returns())
    found = ib.grid(*CERTAIN, {PRICE: ["1.00"]}, trials=1)
    with pytest.raises(AssumptionError, match="one term at a time"):
        ib.chart("tornado", found)
    for name in [name for name in sys.modules if name.startswith("matplotlib")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SimulationError, match=r"impactbond\[charts\]"):
        ib.chart("fan", FORECAST)


def test_a_drawing_is_told_without_its_bytes() -> None:
    assert repr(Drawing("A", "says", b"1", b"2")) == "Drawing('A': says)"
