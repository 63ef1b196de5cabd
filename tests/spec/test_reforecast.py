"""What is left of a contract from where it stands: what was claimed stays, and what may still come
is drawn given what is known.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.commands import run
from tests.spec.drawn_tables import contract_of, settled

from impactbond.errors import AssumptionError
from impactbond.records.record import write_record
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.area import Area
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.read import parse_area
from impactbond.simulation.reforecast import reforecast

TERMS = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  settled: {after: consent, when: {observed: agreement, in: year one}, price: 1000.00}
"""
# All four started on 9 January 2017; the first quarter is claimed on 30 April.
EVIDENCE = """
    child | left       | metric    | on         | value
    c1    |            | consent   | 2017-02-01 | yes
    c2    |            | consent   | 2017-02-01 | yes
    c2    |            | agreement | 2017-03-01 | yes
    c3    |            |           |            |
    c4    | 2017-02-15 |           |            |
"""
AREA = """
impactbond: 1
area: here
title: Here
groups:
  - {name: January, children: 9, start: 2017-01-09, attributes: {school: Elm, borough: north}}
"""
OPEN = """
chances:
  consent: {chance: 50%, after: {2 months: 50%, 5 months: 50%}}
  settled: {chance: 100%, after: 8 months}
"""


def area_of(terms: str) -> Area:
    return parse_area((AREA + terms).encode(), name="area.yaml")


def forecast_of(settlement: Settlement, chances: str, trials: int = 1) -> Forecast:
    return reforecast(settlement, area_of(chances), trials=trials, seed=1)


def by_claim(forecast: Forecast) -> list[list[int]]:
    return forecast.due_pence.sum(axis=2).tolist()


def test_what_was_claimed_stays_and_what_is_certain_still_comes() -> None:
    # c1 and c2 consented, £200.00, and c2 is settled, £1,000.00. With certain chances c1 is settled
    # too after 8 months, and c3 consents after 5 months and is settled with it. c4 has left.
    forecast = forecast_of(
        settled(TERMS, EVIDENCE, "2017-04-30"), OPEN.replace("50%, after", "100%, after")
    )
    assert by_claim(forecast) == [[120_000, 10_000, 200_000, 0, 0, 0, 0, 0]]
    assert forecast.settled_claims == 1
    assert forecast.area.children == 4  # those on record, in place of the nine that were planned


def test_what_would_be_known_by_now_has_not_come() -> None:
    # Of 100, 25 would have consented by 9 March; of the 75 others 25 will: one in three.
    forecast = forecast_of(settled(TERMS, EVIDENCE, "2017-04-30"), OPEN, trials=6_000)
    total = forecast.total_pence
    assert set(total.tolist()) == {220_000, 330_000}
    share = (total == 330_000).mean()
    assert abs(share - 1 / 3) < 5 * np.sqrt(2 / 9 / 6_000)
    assert (forecast.due_pence[:, 0].sum(axis=1) == 120_000).all()


def test_nothing_is_drawn_for_what_has_lapsed() -> None:
    # A year after the start nobody can consent or be settled any more, whatever is assumed.
    late = OPEN.replace("50%, after: {2 months: 50%, 5 months: 50%}", "100%, after: 20 months")
    forecast = forecast_of(
        settled(TERMS, EVIDENCE, "2018-04-30"), late.replace("8 months", "21 months")
    )
    assert by_claim(forecast) == [[120_000, 0, 0, 0, 0, 0, 0, 0]]
    assert not any("still open" in caution for caution in forecast.cautions)


def test_what_is_open_and_assumed_to_be_over_is_told_and_not_drawn() -> None:
    chances = """
chances:
  consent: {chance: 90%, after: 2 months}
  settled: {chance: 0%, after: 8 months}
"""
    forecast = forecast_of(settled(TERMS, EVIDENCE, "2017-04-30"), chances)
    assert by_claim(forecast) == [[120_000, *[0] * 7]]
    [over, never] = [caution for caution in forecast.cautions if "still open" in caution]
    assert over.startswith("'consent' is still open for 1 on record, and every length of time")
    # c1 and c3 might be settled: c2 is, and c4 has left.
    assert never == "'settled' is still open for 2 on record, and has no chance in the area"


def test_what_was_reached_and_is_not_recorded_yet_comes_with_the_next_claim() -> None:
    # Consent on 9 March is recorded two months later, after the claim of 30 April.
    chances = """
chances:
  consent: {chance: 100%, after: 2 months, recorded: 2 months}
  settled: {chance: 0%, after: 8 months}
"""
    assert by_claim(forecast_of(settled(TERMS, EVIDENCE, "2017-04-30"), chances)) == [
        [120_000, 10_000, 0, 0, 0, 0, 0, 0]
    ]


LATE = """
calendar: {evidence: {within: 90 days, late: next claim, late_pays: 50%}}
milestones:
  consent: {when: {observed: consent, in: year one}, price: 10.00}
  settled: {after: consent, when: {observed: agreement, in: year one}, price: 20.00}
  end: {after: settled, when: {observed: assessed, in: year one}, price: 100.00}
"""
CERTAIN = """
chances:
  consent: {chance: 100%, after: 1 month}
  settled: {chance: 100%, after: 1 month}
  end: {chance: 100%, after: 8 months}
"""


def test_what_rests_on_a_late_row_is_late_also_where_it_was_reached_after_that_row() -> None:
    # The agreement of 1 February is recorded after 129 days: late, though it counts from the
    # consent of 20 May on. It pays £10.00 of £20.00, and the end £50.00 of £100.00, in September.
    evidence = """
        child | metric    | on         | recorded   | value
        c1    | consent   | 2017-05-20 | 2017-05-20 | yes
        c1    | agreement | 2017-02-01 | 2017-06-10 | yes
    """
    settlement = settled(LATE, evidence, "2017-08-01")
    forecast = forecast_of(settlement, CERTAIN)
    assert by_claim(forecast) == [[0, 2000, 5000, 0, 0, 0, 0, 0]]
    contract, rows = forecast.as_evidence(0)
    again = settle(contract, rows, as_of="2018-12-31", holidays=())
    assert [row["due_pence"] for row in again.balances_table.to_pylist() if row["due_pence"]] == [
        2000,
        5000,
    ]


def test_what_is_late_with_what_it_rests_on_keeps_its_own_day() -> None:
    # The consent of 20 January is recorded on 1 June: late, £5.00 with the claim of the second
    # quarter. The agreement of 15 July came in time, and pays half of £20.00 with the third.
    evidence = """
        child | metric    | on         | recorded   | value
        c1    | consent   | 2017-01-20 | 2017-06-01 | yes
        c1    | agreement | 2017-07-15 | 2017-07-15 | yes
    """
    forecast = forecast_of(settled(LATE, evidence, "2017-11-01"), CERTAIN)
    assert by_claim(forecast)[0][:3] == [0, 500, 1000]
    contract, rows = forecast.as_evidence(0)
    again = settle(contract, rows, as_of="2017-11-01", holidays=())
    due = [row["due_pence"] for row in again.balances_table.to_pylist() if row["due_pence"]]
    assert due == [500, 1000]


def test_groups_that_start_later_are_drawn_beside_those_on_record() -> None:
    later = """
  - {name: May, children: 2, start: 2017-05-08, attributes: {school: Oak, borough: north}}
chances: {consent: {chance: 100%, after: 1 month}, settled: {chance: 0%, after: 8 months}}
"""
    forecast = forecast_of(settled(TERMS, EVIDENCE, "2017-04-30"), later)
    assert by_claim(forecast) == [[120_000, 20_000, 0, 0, 0, 0, 0, 0]]
    assert forecast.area.children == 6


def test_units_that_are_claimed_stay_and_the_rest_comes_as_assumed() -> None:
    terms = """
milestones:
  meetings:
    when: {observed: consent, in: year one}
    units: {rows: meeting, in: year one}
    price: 50.00
"""
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-01-09 | yes
        c1    | meeting | 2017-01-09 | yes
        c1    | meeting | 2017-03-09 | yes
        c2    | consent | 2017-01-09 | yes
        c2    | meeting | 2017-01-09 | yes
    """
    chances = """
chances:
  meetings: {chance: 100%, after: 0 days, units: {1: 50%, 4: 50%}, every: 2 months}
"""
    # c1 has met on 9 January and 9 March: of those who meet once or four times it is one who meets
    # four times, and meets again on 9 May and 9 July. c2, who met once, is one who meets once.
    forecast = forecast_of(settled(terms, evidence, "2017-04-30"), chances, trials=3)
    assert by_claim(forecast) == [[15_000, 5_000, 5_000, 0, 0, 0, 0, 0]] * 3


def test_luck_that_is_shared_is_learnt_from_those_on_record() -> None:
    area = """
  - {name: May, children: 1, start: 2017-05-08, attributes: {school: Oak, borough: north}}
chances: {consent: {chance: 50%, after: 1 month}}
varies: [{chances: consent, by: 20%}]
"""
    terms = "milestones: {consent: {when: {observed: consent, in: year one}, price: 100.00}}"
    evidence = """
        child  | metric  | on         | value
        c1..c8 | consent | 2017-02-01 | yes
    """
    forecast = forecast_of(settled(terms, evidence, "2017-04-30"), area, trials=8_000)
    levels = [float(level) for level in area_of(area).levels("consent")]
    # By the rule of Bayes: of levels as likely as one another, after eight of eight.
    chance = sum(level**9 for level in levels) / sum(level**8 for level in levels)
    share = (forecast.total_pence == 90_000).mean()
    assert chance > 0.7
    assert abs(share - chance) < 5 * np.sqrt(chance * (1 - chance) / 8_000)


def test_a_contract_that_is_settled_to_its_end_has_nothing_left() -> None:
    with pytest.raises(AssumptionError, match="nothing is left") as refused:
        forecast_of(settled(TERMS, EVIDENCE, "2019-01-31"), OPEN)
    assert [fault.code for fault in refused.value.faults] == ["nothing_left"]


def test_a_command_forecasts_what_is_left_of_a_record(tmp_path: Path) -> None:
    settlement = settled(TERMS, EVIDENCE, "2017-04-30")
    record, area = tmp_path / "q1.ibrec", tmp_path / "area.yaml"
    write_record(settlement, record)
    area.write_text(AREA + OPEN)
    done = run("simulate", record, area, "--trials", "10")
    assert done.returncode == 0, done.stderr
    assert "What was claimed up to 2017-04-30 is settled, and stays" in done.stdout
    assert "4 children in 4 groups" in done.stdout
    learnt = tmp_path / "learnt.yaml"
    assert run("learn", record, "--out", learnt).returncode == 0
    # All four were there on 1 February, when two of them consented.
    assert "  # 2 of 4; 95% interval" in learnt.read_text()
    contract = tmp_path / "contract.yaml"
    contract.write_bytes(contract_of(TERMS).source)
    wrong = run("simulate", contract, area, "--as-of", "2017-04-30")
    assert wrong.returncode == 2
    told = " ".join(wrong.stderr.replace("│", " ").split())
    assert "name the evidence, or a record in place of the contract" in told
