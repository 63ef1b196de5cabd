"""Six providers on one rate card (Fair Chance Fund, INDIGO 0131 to 0137): what a person came to
differed from provider to provider by 7.8% of the mean, more than luck alone explains.
"""

from __future__ import annotations

import numpy as np
from tests.spec.drawn_tables import contract_of
from tests.spec.test_fair_chance_fund import COUNTS, PRICES

from impactbond.simulation.area import Area
from impactbond.simulation.draw import Draws
from impactbond.simulation.read import parse_area

# Lines of one kind, from the second on; the first is everybody.
KINDS = {"assessed": (2, 3), "home": range(4, 9), "learning": range(9, 13), "work": range(13, 18)}
KINDS["volunteering"] = range(18, 22)
SIZES = [counts[0] for counts in COUNTS.values()]
RATES = [sum(counts[line] for counts in COUNTS.values()) / sum(SIZES) for line in range(21)]
# What docs/areas.md suggests: of lines of one kind together, 6.3 times the binomial variance.
FACTOR = 6.3
CONTRACT = contract_of(
    "metrics: {"
    + ", ".join(f"seen_{line}: {{kind: event}}" for line in range(2, 22))
    + "}\nmilestones:\n"
    + "".join(
        f"  line_{line}: {{when: {{observed: seen_{line}, in: year one}}, price: {price}.00}}\n"
        for line, price in enumerate(PRICES[1:], start=2)
    )
)


def area(varies: bool) -> Area:
    """As many people as each provider had, who start on days of their own; pooled chances."""
    text = ["impactbond: 1", "area: fair", "title: Fair Chance Fund", "groups:"]
    for day, (name, size) in enumerate(zip(COUNTS, SIZES, strict=True), start=9):
        start, held = f"2017-01-{day:02d}", "{school: Elm, borough: north}"
        text.append(f"  - {{name: {name}, children: {size}, start: {start}, attributes: {held}}}")
    text.append("chances:")
    for line, rate in enumerate(RATES[1:], start=2):
        text.append(f"  line_{line}: {{chance: {100 * rate:.4f}%, after: 30 days}}")
    text += ["varies:"] * varies
    for lines in KINDS.values() if varies else ():
        # One entry says one spread, in points: that of the middle one of its chances, as far as
        # the one nearest to certain or impossible can vary.
        middle = sorted(RATES[line - 1] for line in lines)[len(lines) // 2]
        by = np.sqrt(middle * (1 - middle) * (FACTOR - 1) / (np.mean(SIZES) - 1))
        least = min(np.sqrt(RATES[line - 1] * (1 - RATES[line - 1])) for line in lines)
        named = ", ".join(f"line_{line}" for line in lines)
        text.append(f"  - {{chances: [{named}], by: {100 * min(by, least / 2):.4f}%, each: group}}")
    return parse_area("\n".join(text).encode(), name="area.yaml", contract=CONTRACT)


def spreads(of: Area) -> np.ndarray:
    """Standard deviation ÷ mean of what a person comes to at the six providers, in each future."""
    draws = Draws.of(CONTRACT, of, 1)
    counts = draws.counts(0)
    found = np.zeros((len(SIZES), len(counts)))
    for (group, claim, _), column in draws.place.items():
        found[group] += counts[:, column] * PRICES[claim.milestone + 1]
    each = found / np.array(SIZES)[:, None] + PRICES[0]
    return np.asarray(each.std(axis=0) / each.mean(axis=0))


def test_the_measured_spread_between_providers_lies_inside_the_simulated_one() -> None:
    gross = [np.dot(counts, PRICES) / counts[0] for counts in COUNTS.values()]
    assert (round(min(gross)), round(max(gross))) == (7_771, 9_761)
    measured = np.std(gross) / np.mean(gross)
    assert round(100 * measured, 1) == 7.8
    low, high = np.percentile(spreads(area(varies=True)), (5, 95))
    assert low < measured < high
    # Without it no future of 2,048 spreads as far.
    assert spreads(area(varies=False)).max() < measured
