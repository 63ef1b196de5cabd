"""What is left of a contract that is settled on counts: the children of the area who have started
are those who are counted, as many as the counts say.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.commands import run
from tests.properties.test_counts_agree import counts_of as counts_of_claims
from tests.spec.drawn_tables import contract_of, contract_text
from tests.spec.test_counts import settled as settled_counts
from tests.spec.test_reforecast import AREA, OPEN, TERMS, area_of, by_claim, forecast_of

from impactbond.dates import from_day_number
from impactbond.errors import AssumptionError
from impactbond.evaluation.claims import evaluate
from impactbond.reasons import Standing
from impactbond.settlement.settle import settle
from impactbond.simulation.counted_outturn import dealt_out
from impactbond.simulation.reforecast import reforecast
from impactbond.simulation.simulate import simulate
from impactbond.simulation.trial_evidence import by_events

# Nine children have started by the area, on 9 January.
COUNTED = """
    milestone | period  | number
    consent   | 2017-Q1 | 6
    settled   | 2017-Q1 | 2
"""
CERTAIN = OPEN.replace("50%, after", "100%, after")


def refused(terms: str, counts: str, chances: str = CERTAIN) -> list[tuple[str, str]]:
    with pytest.raises(AssumptionError) as found:
        forecast_of(settled_counts(terms, counts, "2017-04-30"), chances)
    return [(fault.code, fault.problem) for fault in found.value.faults]


def test_what_was_counted_stays_and_the_rest_of_those_who_started_is_drawn() -> None:
    # £600.00 and £2,000.00 are counted. Three of nine have not consented, and do after 5 months;
    # seven are not settled, and are after 8.
    forecast = forecast_of(settled_counts(TERMS, COUNTED, "2017-04-30"), CERTAIN)
    assert by_claim(forecast) == [[260_000, 30_000, 700_000, 0, 0, 0, 0, 0]]
    assert (forecast.settled_claims, forecast.area.children) == (1, 9)
    assert any("Counts do not tell whose they are" in one for one in forecast.cautions)


def test_what_would_be_counted_by_now_has_not_come() -> None:
    # Of 100, 25 would have consented by 9 March; of the three others each does with one in three.
    forecast = forecast_of(settled_counts(TERMS, COUNTED, "2017-04-30"), OPEN, trials=6_000)
    consents = (forecast.due_pence[:, 1].sum(axis=1)) / 10_000
    assert set(consents.tolist()) == {0, 1, 2, 3}
    assert abs(consents.mean() - 1) < 5 * np.sqrt(3 * 2 / 9 / 6_000)


def test_counts_are_of_the_groups_in_which_the_area_expects_them() -> None:
    later = """
  - {name: March, children: 6, start: 2017-03-06, attributes: {school: Oak, borough: north}}
  - {name: May, children: 1, start: 2017-05-08, attributes: {school: Oak, borough: north}}
chances:
  consent: {chance: 100%, after: {1 month: 1/2, 5 months: 1/2}}
  settled: {chance: 0%, after: 8 months}
"""
    counts = """
        milestone | period  | number
        consent   | 2017-Q1 | 4
    """
    # By 31 March nobody of March can have consented: all four are of January, of whom five are
    # left, and do in June; six of March do in April or August, one of May in June or October.
    forecast = forecast_of(settled_counts(TERMS, counts, "2017-04-30"), later, trials=50)
    assert (forecast.due_pence[:, 0].sum(axis=1) == 40_000).all()
    assert (forecast.total_pence == 160_000).all()
    assert (forecast.due_pence[:, 1].sum(axis=1) >= 50_000).all()


def test_counts_of_an_attribute_are_of_the_groups_that_have_it() -> None:
    terms = (
        TERMS
        + """
funding:
  - {for: every milestone, only: {borough: [south]}, shares: {lottery: 100%}}
  - {for: every milestone, shares: {council: 100%}}
"""
    )
    south = """
  - {name: South, children: 3, start: 2017-01-09, attributes: {school: Oak, borough: south}}
"""
    counts = """
        milestone | period  | number | borough
        consent   | 2017-Q1 | 2      | south
        consent   | 2017-Q1 | 9      | north
    """
    forecast = forecast_of(settled_counts(terms, counts, "2017-04-30"), south + CERTAIN)
    council, lottery, *_ = forecast.due_pence[0].sum(axis=0).tolist()
    assert (council, lottery) == (9 * 110_000, 3 * 110_000)


def test_more_than_can_have_reached_it_is_refused_with_the_row() -> None:
    counts = """
        milestone | period  | number
        consent   | 2017-Q1 | 10
    """
    [(code, problem)] = refused(TERMS, counts)
    assert code == "more_counted"
    assert problem.startswith("more are counted of 'consent' than the area's groups")


def test_what_counts_do_not_tell_is_refused_all_at_once() -> None:
    terms = """
milestones:
  consent:  {when: {observed: consent, in: year one}, price: 100.00}
  meetings:
    {when: {observed: consent, in: ever}, units: {rows: meeting, in: ever}, price: 5.00}
windows: {ever: start to 2 years after start}
limits: [{contract: whole, at_most: 50 participants, beyond: unpaid}]
"""
    chances = """
chances: {consent: {chance: 50%, after: 1 month}, meetings: {chance: 0%, after: 1 day, units: 1}}
leaves: {1 month: 10%}
"""
    counts = """
        milestone | period  | number
        consent   | 2017-Q1 | 1
    """
    found = refused(terms, counts, chances)
    assert {code for code, _ in found} == {"nobody_known"}
    assert [" ".join(problem.split()[:4]) for _, problem in found] == [
        "'meetings' is paid by",
        "a limit looks at",
        "the area says when",
    ]


@pytest.mark.parametrize(
    ("number", "rooms", "weights", "given"),
    [
        (5, (10, 10), (1, 1), [3, 2]),  # the odd one to the first
        (5, (1, 10), (9, 1), [1, 4]),  # no more than there is room for
        (5, (10, 10), (0, 1), [0, 5]),
        (5, (4, 4), (0, 1), [1, 4]),  # what has no weight takes what is left over
        (7, (10, 20), (0, 0), [2, 5]),  # by room: 2⅓ and 4⅔
        (0, (3,), (1,), [0]),
    ],
)
def test_a_number_is_dealt_out_in_whole_ones(
    number: int, rooms: tuple[int, ...], weights: tuple[int, ...], given: list[int]
) -> None:
    assert dealt_out(number, rooms, [Fraction(one) for one in weights]) == given


@pytest.mark.parametrize("cut", [0, 2, 4])
def test_every_future_settles_from_its_evidence_to_the_same_pence(cut: int) -> None:
    contract = by_events(contract_of(TERMS))
    later = """
  - {name: June, children: 8, start: 2017-06-05, attributes: {school: Oak, borough: south}}
  - {name: Next, children: 5, start: 2018-02-05, attributes: {school: Oak, borough: south}}
chances:
  consent:
    {chance: 60%, after: {2 months: 1/2, 5 months: 1/2}, recorded: {1 day: 50%, 3 months: 50%}}
  settled: {chance: 50%, after: {6 months: 1/2, 9 months: 1/2}}
"""
    area = area_of(later)
    first = simulate(contract, area, trials=1, seed=cut)
    _, evidence = first.as_evidence(0)
    claims = first.claim_dates[: cut + 1]
    found = evaluate(contract, evidence, claims)
    known = []
    for claim in claims:
        stands: Counter[tuple[str, date, str, tuple[str, ...]]] = Counter()
        for row in found.counted:
            if row.claim == claim.number:
                name = list(contract.milestones)[row.milestone]
                held = tuple(found.segments[row.segment].values())
                of = (name, from_day_number(row.day), Standing.FULL.value, held)
                stands[of] += row.quantity
        known.append((claim.known_by, stands))
    counts = counts_of_claims(contract, known)
    settlement = settle(contract, counts, as_of=claims[-1].known_by)
    left = reforecast(settlement, area, trials=2, seed=1)
    for trial in range(2):
        again = settle(*left.as_evidence(trial), as_of="2030-12-31")
        due = again.balances_table["due_pence"].to_numpy().reshape(len(again.claim_dates), -1)
        places = [left.funders.position(funder.id) for funder in again.funders.all]
        np.testing.assert_array_equal(left.due_pence[trial][:, places], due)
    assert (left.due_pence[:, : cut + 1] == first.due_pence[0, : cut + 1]).all()


def test_a_command_forecasts_what_is_left_of_counts(tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text(contract_text(TERMS))
    (tmp_path / "area.yaml").write_text(AREA + CERTAIN)
    (tmp_path / "counts.csv").write_text("milestone,period,number\nconsent,2017-Q1,6\n")
    words = (tmp_path / "contract.yaml", tmp_path / "area.yaml", "--as-of", "2017-04-30")
    done = run("simulate", *words, "--claims", tmp_path / "counts.csv", "--trials", "5")
    assert done.returncode == 0, done.stderr
    assert "Counts do not tell whose they are" in done.stdout
    assert "£9,900.00" in done.stdout  # nine who consent and are settled
