"""What is left of a contract that was amended: what was claimed stays under the version that it was
claimed under, and what is drawn is paid by the version that governs it.

In the base contract 2017-Q1 is claimed on 2017-04-30, Q2 on 07-31, Q3 on 10-31, Q4 on 2018-01-31.
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from tests.commands import run
from tests.spec.drawn_tables import amended, contract_text, due_of, versions_of
from tests.spec.test_reforecast import area_of, by_claim

from impactbond.contract.versions import Versions
from impactbond.errors import AssumptionError
from impactbond.forecasts.cash import cash_of
from impactbond.settlement.settle import settle
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.reforecast import reforecast

ORIGINAL = """
version: {number: 1, kind: original, signed_on: 2016-12-01, effective_on: 2017-01-01}
"""
CONSENT = "milestones: {consent: {when: {observed: consent, in: year one}, price: %s}}"
# Signed after the claim of 30 April, in effect from May.
FROM_MAY = (
    "version: {number: 2, kind: amendment, signed_on: 2017-05-15, effective_on: 2017-05-01}\n"
    + CONSENT % "150.00"
)
# c1 consented before the claim, c2 and c3 did not.
EVIDENCE = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    |         |            |
    c3    |         |            |
"""
LATER = """
  - {name: June, children: 1, start: 2017-06-12, attributes: {school: Oak, borough: north}}
"""
IN_JULY = "chances: {consent: {chance: 100%, after: 6 months}}"


def left(
    versions: Versions, chances: str = IN_JULY, as_of: str = "2017-05-20", evidence: str = EVIDENCE
) -> Forecast:
    settlement = amended(versions, evidence, as_of)
    return reforecast(settlement, area_of(chances), trials=2, seed=1, contract=versions)


def due(forecast: Forecast) -> list[int]:
    """What is due at the first four claim dates, the same in both futures."""
    first, second = by_claim(forecast)
    assert first == second
    assert not any(first[4:])
    return first[:4]


def test_what_is_drawn_is_paid_by_the_version_that_governs_its_day() -> None:
    # c1 stays at £100.00; c2 and c3 consent on 9 July, under the amendment.
    assert due(left(versions_of(ORIGINAL, FROM_MAY))) == [10_000, 0, 2 * 15_000, 0]


def test_a_version_that_is_not_signed_by_the_day_is_left_out_and_told() -> None:
    forecast = left(versions_of(ORIGINAL, FROM_MAY), as_of="2017-04-30")
    assert due(forecast) == [10_000, 0, 2 * 10_000, 0]
    assert any("Version 2 is not signed by the day" in one for one in forecast.cautions)


def test_an_amendment_that_is_signed_and_not_in_effect_yet_governs_from_its_day() -> None:
    from_august = FROM_MAY.replace("signed_on: 2017-05-15", "signed_on: 2017-04-01")
    versions = versions_of(ORIGINAL, from_august.replace("2017-05-01", "2017-08-01"))
    assert due(left(versions)) == [10_000, 0, 2 * 10_000, 0]
    in_september = IN_JULY.replace("6 months", "8 months")
    assert due(left(versions, in_september)) == [10_000, 0, 2 * 15_000, 0]


def test_where_starts_decide_those_on_record_keep_their_version() -> None:
    started = ORIGINAL + "governs: participants started\n"
    # June starts on 12 June, and consents on 12 December.
    assert due(left(versions_of(started, FROM_MAY), LATER + IN_JULY)) == [
        *(10_000, 0, 2 * 10_000, 15_000)
    ]


def test_where_claims_decide_what_is_claimed_later_is_under_the_later_version() -> None:
    made = ORIGINAL + "governs: claims made\n"
    # Consent of 15 April is claimed on 31 July, when the amendment governs.
    chances = "chances: {consent: {chance: 100%, after: 96 days}}"
    assert due(left(versions_of(made, FROM_MAY), chances)) == [10_000, 2 * 15_000, 0, 0]
    assert due(left(versions_of(ORIGINAL, FROM_MAY), chances)) == [10_000, 2 * 10_000, 0, 0]


def test_a_correction_moves_what_was_claimed_at_the_next_claim_date() -> None:
    put_right = FROM_MAY.replace("kind: amendment", "kind: correction")
    versions = versions_of(ORIGINAL, put_right.replace("2017-05-01", "2017-01-01"))
    # £50.00 more for c1, on 31 July; the claim of 30 April stays.
    assert due(left(versions)) == [10_000, 5_000, 2 * 15_000, 0]


def test_what_only_a_corrected_version_had_as_reached_is_in_the_evidence_of_a_future() -> None:
    signed = "milestones: {sign_up: {%swhen: {observed: agreement, in: year one}, price: 20.00}"
    consent = "consent: {when: {observed: consent, in: year one}, price: 100.00}}"
    correction = FROM_MAY.partition("milestones")[0].replace("amendment", "correction")
    corrects = correction.replace("2017-05-01", "2017-01-01, corrects: 1")
    versions = versions_of(
        f"{ORIGINAL}{signed % ''}, {consent}", f"{corrects}{signed % 'after: consent, '}, {consent}"
    )
    # c1 signed, and never consents: £20.00 on 30 April, back on 31 July.
    rows = EVIDENCE.replace("consent | 2017-02-01", "agreement | 2017-02-01")
    chances = "chances: {consent: {chance: 0%, after: 1 day}, sign_up: {chance: 0%, after: 1 day}}"
    forecast = left(versions, chances, evidence=rows)
    assert due(forecast) == [2_000, -2_000, 0, 0]
    again = settle(*forecast.as_evidence(0), as_of="2030-12-31")
    paid = again.balances_table.group_by("claim_period").aggregate([("due_pence", "sum")])
    assert paid["due_pence_sum"].to_pylist()[:4] == [2_000, -2_000, 0, 0]


def test_a_limit_on_each_child_that_was_agreed_on_holds_from_the_next_claim_on() -> None:
    each = "\nlimits: [{contract: whole, each: participant, at_most: 120.00, beyond: unpaid}]"
    forecast = left(versions_of(ORIGINAL, FROM_MAY + each))
    # c1 keeps £100.00; of £150.00 for c2 and for c3, £120.00 each.
    assert due(forecast) == [10_000, 0, 2 * 12_000, 0]
    assert forecast.draws.is_single


def test_a_limit_that_was_lowered_holds_from_the_next_claim_on() -> None:
    lower = FROM_MAY + "\nlimits: [{contract: whole, at_most: 200.00, beyond: unpaid}]"
    forecast = left(versions_of(ORIGINAL, lower))
    # £100.00 is claimed; of £300.00 more, there is room for £100.00.
    assert due(forecast) == [10_000, 0, 10_000, 0]
    table = forecast.limits_table.to_pylist()
    assert [row["claim_period"] for row in table][:2] == ["2017-Q2", "2017-Q3"]
    assert [row["mean_held_back_pence"] for row in table][:3] == [0, 20_000, 20_000]


def test_a_limit_of_a_funder_that_was_lowered_is_told_to_date() -> None:
    shares = "funding: [{for: every milestone, shares: {council: 50%, lottery: 50%}}]\n"
    lower = FROM_MAY + "\nlimits: [{funder: council, at_most: 120.00, beyond: unpaid}]"
    forecast = left(versions_of(ORIGINAL + shares, lower + "\n" + shares))
    # The council pays £50.00 for c1, and of £150.00 more £70.00; the lottery £50.00 and £150.00.
    assert due(forecast) == [10_000, 0, 22_000, 0]
    council, lottery, *_ = forecast.due_pence[0].sum(axis=0).tolist()
    assert (council, lottery) == (12_000, 20_000)
    assert forecast.limits_table.to_pylist()[-1]["mean_held_back_pence"] == 8_000


def test_a_milestone_that_an_amendment_adds_is_drawn_from_its_day_on() -> None:
    more = """
version: {number: 2, kind: amendment, signed_on: 2017-05-15, effective_on: 2017-05-01}
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  settled: {after: consent, when: {observed: agreement, in: year one}, price: 1000.00}
"""
    chances = """
chances: {consent: {chance: 0%, after: 1 day}, settled: {chance: 100%, after: 6 months}}
"""
    assert due(left(versions_of(ORIGINAL, more), chances)) == [10_000, 0, 100_000, 0]


def test_a_window_that_an_amendment_makes_longer_is_open_under_it() -> None:
    # By the original, consent is over for c2 and c3 on 9 April; by the amendment, a year later.
    short = "windows: {soon: start to 3 months after start}\n"
    early = "milestones: {consent: {when: {observed: consent, in: soon}, price: 100.00}}"
    versions = versions_of(ORIGINAL + short + early, FROM_MAY)
    assert due(left(versions, as_of="2017-08-01")) == [10_000, 0, 2 * 15_000, 0]
    assert due(left(versions_of(ORIGINAL + short + early), as_of="2017-08-01")) == [10_000, 0, 0, 0]


def test_payment_is_due_by_the_terms_of_each_claim() -> None:
    slower = FROM_MAY + "\ncalendar: {payment: {within: 60 days}}"
    days = cash_of(left(versions_of(ORIGINAL, slower))).days
    # 30 days after 30 April; 60 after 31 July and 31 October, weekends go on to Monday.
    assert [day.isoformat() for day in days[:3]] == ["2017-05-30", "2017-09-29", "2018-01-02"]


def test_futures_of_an_amended_contract_go_to_workers() -> None:
    forecast = left(versions_of(ORIGINAL, FROM_MAY))
    again = pickle.loads(pickle.dumps(forecast.draws))
    assert (again.counts(0) == forecast.draws.counts(0)).all()


def test_versions_that_no_child_can_be_drawn_under_are_refused_together() -> None:
    terms = """
milestones:
  consent:  {when: {observed: consent, in: year one}, %s price: 10.00}
  assessed: {when: {observed: assessed, in: year one}, %s price: 20.00}
"""
    by_unit = "units: {rows: meeting, in: year one},"
    instead = "instead_of: consent,"
    versions = versions_of(
        ORIGINAL + terms % (by_unit, instead),
        FROM_MAY.splitlines()[0] + terms % ("", ""),
    )
    chances = "chances: {consent: {chance: 0%, after: 1 day}, assessed: {chance: 0%, after: 1 day}}"
    with pytest.raises(AssumptionError) as refused:
        left(versions, chances)
    assert {one.code for one in refused.value.faults} == {"units_amended", "alternatives_amended"}


def test_versions_of_another_contract_are_refused() -> None:
    settlement = amended(versions_of(ORIGINAL), EVIDENCE, "2017-04-30")
    other = versions_of(ORIGINAL + CONSENT % "99.00")
    with pytest.raises(AssumptionError) as refused:
        reforecast(settlement, area_of(IN_JULY), trials=1, seed=1, contract=other)
    assert [one.code for one in refused.value.faults] == ["other_contract"]


def test_a_command_forecasts_what_is_left_of_a_folder_of_versions(tmp_path: Path) -> None:
    folder = tmp_path / "contract"
    folder.mkdir()
    for number, terms in enumerate((ORIGINAL, FROM_MAY), 1):
        (folder / f"{number}.yaml").write_text(contract_text(terms))
    (tmp_path / "area.yaml").write_bytes(area_of(IN_JULY).source)
    people = "participant,started_on,left_on,from_on,recorded_on,school,borough"
    observed = "observation,participant,metric,value,observed_on,recorded_on,supersedes,source"
    child = "c1,2017-01-09,,2017-01-09,2017-01-09,Elm,north"
    (tmp_path / "p.csv").write_text(f"{people}\n{child}\n")
    (tmp_path / "o.csv").write_text(f"{observed}\n")
    evidence = f"participants={tmp_path / 'p.csv'}", f"observations={tmp_path / 'o.csv'}"
    asked = folder, tmp_path / "area.yaml", *evidence, "--as-of", "2017-05-20", "--trials", "2"
    done = run("simulate", *asked, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {row["funder"]: row["mean_pence"] for row in told["totals"]}["council"] == 15_000


def test_what_another_version_has_as_reached_is_told_and_not_drawn() -> None:
    # c2 consents on 20 April: by the original its time was over on 9 April, and by the amendment,
    # which governs from May, it was not.
    short = "windows: {soon: start to 3 months after start}\n"
    early = "milestones: {consent: {when: {observed: consent, in: soon}, price: 100.00}}"
    evidence = EVIDENCE.replace("c2    |         |            |", "c2 | consent | 2017-04-20 | yes")
    versions = versions_of(ORIGINAL + short + early, FROM_MAY)
    forecast = left(versions, evidence=evidence, as_of="2017-08-01")
    assert due(forecast) == [10_000, 0, 15_000, 0]  # c3, in July
    [told] = [one for one in forecast.cautions if "as one version has it" in one]
    assert told.startswith("'consent' was reached by 1 on record")


def test_units_that_come_later_are_paid_by_the_version_of_their_days() -> None:
    terms = """
milestones:
  meetings:
    when: {observed: consent, in: year one}
    units: {rows: meeting, in: year one}
    price: %s
"""
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-01-09 | yes
        c1    | meeting | 2017-01-09 | yes
        c1    | meeting | 2017-03-09 | yes
    """
    chances = "chances: {meetings: {chance: 100%, after: 0 days, units: 4, every: 2 months}}"
    versions = versions_of(ORIGINAL + terms % "50.00", FROM_MAY.splitlines()[0] + terms % "70.00")
    forecast = left(versions, chances, evidence=evidence)
    # Two meetings at £50.00 are claimed; those of 9 May and 9 July are at £70.00.
    assert due(forecast) == [10_000, 7_000, 7_000, 0]
    contract, rows = forecast.as_evidence(0)
    again = settle(contract, rows, as_of="2030-12-31")
    assert due_of(again)["2017-Q3"] == {"council": "70.00"}
