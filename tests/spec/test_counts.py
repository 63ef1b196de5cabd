"""Counts in place of evidence: what is paid for so many claims, worked out by hand, and published
totals from published counts by one command.
"""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from tests.spec.drawn_tables import contract_of, evidence_of, rows
from tests.spec.published import CONTRACTS, by_funder, by_period, contract, counted
from tests.spec.test_fair_chance_fund import COUNTS
from typer.testing import CliRunner

from impactbond.cli.commands import app
from impactbond.contract.contract import Contract
from impactbond.errors import SettlementError
from impactbond.evidence.counts import Counts
from impactbond.evidence.read_counts import read_claims
from impactbond.records.following import settle
from impactbond.settlement.settlement import Settlement

CLAIMS = CONTRACTS.parent / "claims"
# The council pays three quarters in the north and half in the south, the lottery the rest. From
# July 2017 consent pays £120.00 in the north.
BY_BOROUGH = """
milestones:
  consent:
    when: {observed: consent, in: year one}
    price: 100.00
    rates: [{price: 120.00, only: {borough: [north]}, from: 2017-07-01}]
  visits:
    when: {observed: consent, in: year one}
    units: {rows: meeting, in: year one, every: 2}
    price: 10.01
funding:
  - {for: every milestone, only: {borough: [north]}, shares: {council: 75%, lottery: the rest}}
  - {for: every milestone, shares: {council: 50%, lottery: the rest}}
"""


def counts_of(about: Contract, drawn: str) -> Counts:
    """Counts drawn as a table, read like any other: nothing of them may be refused."""
    read = read_claims(pd.DataFrame(rows(drawn)).replace("", None), about)
    assert read.refused_table.num_rows == 0, read.refused_table.to_pylist()
    return read


def settled(terms: str, drawn: str, as_of: str = "2030-12-31") -> Settlement:
    about = contract_of(terms)
    return settle(about, claims=counts_of(about, drawn), as_of=as_of)


def due(settlement: Settlement) -> dict[str, dict[str, int]]:
    """What every funder owes at each claim, in pence."""
    found: dict[str, dict[str, int]] = {}
    for row in settlement.balances_table.to_pylist():
        if row["due_pence"]:
            found.setdefault(row["claim_period"], {})[row["funder"]] = row["due_pence"]
    return found


@pytest.mark.mechanic(151)
@pytest.mark.parametrize(
    ("name", "as_of", "published"),
    [
        ("care_leavers_reboot_west", "2022-04-30", {"dfe": "1871540.00"}),
        ("care_leavers_i_aspire", "2022-04-30", {"dfe": "2165460.00"}),
        ("hounslow_dementia", "2024-01-31", {"fund": "270000.00", "nhs": "540000.00"}),
        ("educate_girls", "2018-07-31", {"ciff": "422000.00"}),
        # 81 and 135 times four months in work, the published most of both lines.
        ("proyecta_tu_futuro", "2022-06-30", {"city": f"{6_822_954 + 15_920_280}.00"}),
        # The published most: the published numbers at the published prices are more.
        (
            "skill_mill",
            "2024-12-31",
            {"fund": "1418976.00", "west_sussex": "210000.00"}
            | {f"council: Council {number}": "230400.00" for number in range(1, 8)},
        ),
    ],
)
def test_published_counts_settle_to_the_published_total_in_one_command(
    name: str, as_of: str, published: dict[str, str], tmp_path: Path
) -> None:
    command = ["settle", str(CONTRACTS / f"{name}.yaml"), "--claims", str(CLAIMS / f"{name}.csv")]
    done = CliRunner().invoke(app, [*command, "--as-of", as_of, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    schedule = csv.DictReader(StringIO((tmp_path / "out" / "schedule.csv").read_text("utf-8")))
    paid = {row["funder"]: f"{int(row['amount_pence']) / 100:.2f}" for row in schedule}
    assert paid == published
    assert "Counted to date, without evidence:" in done.output


@pytest.mark.mechanic(151)
def test_counts_are_paid_by_the_day_the_borough_and_the_unit() -> None:
    settlement = settled(
        BY_BOROUGH,
        """
        milestone | achieved_on | period  | number | units | borough
        consent   |             | 2017-Q2 | 3      |       | north
        consent   | 2017-07-03  |         | 2      |       | north
        consent   | 2017-07-03  |         | 1      |       | south
        visits    | 2017-07-04  |         |        | 5     | south
        """,
    )
    assert due(settlement) == {
        # 3 × £100.00, three quarters and one.
        "2017-Q2": {"council": 225_00, "lottery": 75_00},
        # North: 2 × £120.00. South: £100.00 and 5 × £10.01, of which half is £75.025: the odd half
        # penny goes up, to the council.
        "2017-Q3": {"council": 180_00 + 75_03, "lottery": 60_00 + 75_02},
    }
    assert counted(settlement) == {"consent": 6, "visits": 5}
    assert {row["participant"] for row in settlement.lines_table.to_pylist()} == {""}


CORRECTED = """
    milestone | period  | number | recorded_on | ref | replaces
    consent   | 2017-Q1 | 10     | 2017-04-20  | q1  |
    consent   | 2017-Q1 | 8      | 2017-07-10  | q1b | q1
    consent   | 2017-Q2 | 4      | 2017-08-15  |     |
    consent   | 2017-Q1 | 0      | 2017-12-01  |     | q1b
"""


@pytest.mark.mechanic(152)
def test_a_correction_of_a_count_is_an_adjustment_and_leaves_closed_claims_closed() -> None:
    # Claims are made on 2017-04-30, 07-31, 10-31 and 2018-01-31: 10, then 2 fewer, then the 4 of
    # the second quarter that were recorded late, then none of the first.
    payments = {"2017-Q1": 1_000_00, "2017-Q2": -200_00, "2017-Q3": 400_00, "2017-Q4": -800_00}
    about = contract_of("")
    whole = counts_of(about, CORRECTED)
    assert by_period(settle(about, claims=whole, as_of="2018-01-31")) == payments
    earlier = None
    for as_of in ("2017-04-30", "2017-07-31", "2017-10-31", "2018-01-31"):
        before = [] if earlier is None else earlier.lines_table.to_pylist()
        now = settle(about, claims=whole.known_on(pd.Timestamp(as_of).date()), as_of=as_of,
                     earlier=earlier)  # fmt: skip
        assert now.lines_table.to_pylist()[: len(before)] == before
        earlier = now
    assert earlier is not None
    assert by_period(earlier) == payments
    kinds = [(row["kind"], row["quantity"]) for row in earlier.lines_table.to_pylist()]
    assert kinds == [("claim", 10), ("adjustment", -2), ("adjustment", 4), ("adjustment", -8)]


@pytest.mark.mechanic(152)
def test_what_was_settled_from_evidence_is_not_followed_by_counts() -> None:
    about = contract_of("")
    evidence = evidence_of("child | metric | on | value\nc1 | consent | 2017-02-01 | yes", about)
    counts = counts_of(about, CORRECTED)
    of_evidence = settle(about, evidence, as_of="2017-04-30")
    of_counts = settle(about, claims=counts, as_of="2017-04-30")
    with pytest.raises(SettlementError, match="rests on evidence, and this would rest on counts"):
        settle(about, claims=counts, as_of="2017-07-31", earlier=of_evidence)
    with pytest.raises(SettlementError, match="rests on counts, and this would rest on evidence"):
        settle(about, evidence, as_of="2017-07-31", earlier=of_counts)


@pytest.mark.mechanic(151)
def test_a_result_of_a_group_is_measured_on_counts() -> None:
    about = contract("newpin")
    drawn = """
        milestone    | period  | number
        restored     | 2013-14 | 6
        not_restored | 2013-14 | 4
        restored     | 2014-15 | 8
        not_restored | 2014-15 | 2
    """
    settlement = settle(about, claims=counts_of(about, drawn), as_of="2016-08-31")
    # 60% in the first year, 70% to date after the second: 7.5 and 15% of A$7m, as published.
    assert by_period(settlement) == {
        "2013-14": 525_000_00,
        "2014-15": 1_050_000_00,
        "2015-16": 1_050_000_00,
    }


@pytest.mark.mechanic(151)
def test_a_count_of_what_comes_after_something_uncounted_is_refused_and_not_a_crash() -> None:
    about = contract_of("""
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  agreed:  {after: consent, when: {observed: agreement, in: year one}, price: 10.00}
""")
    drawn = counts_of(about, "milestone | period | number\nagreed | 2017-Q1 | 3")
    with pytest.raises(SettlementError, match="more is counted of 'agreed' than of 'consent'"):
        settle(about, claims=drawn, as_of="2017-04-30")


TWO = """
milestones:
  consent:   {when: {observed: consent, in: year one}, price: 100.00}
  agreement: {when: {observed: agreement, in: year one}, price: 50.00, after: [AFTER]}
limits: [LIMIT]
"""
EIGHT = """
    milestone | achieved_on | number
    consent   | 2017-02-01  | 5
    agreement | 2017-02-02  | 3
"""


@pytest.mark.mechanic(151)
@pytest.mark.parametrize(
    ("limit", "paid"),
    [
        # 5 × £100.00 and 3 × £50.00 in the order of the days: exact, whosever they are.
        ("{contract: whole, at_most: 620.00, beyond: unpaid}", 620_00),
        ("{contract: whole, at_most: 6 claims, beyond: unpaid}", 550_00),
        ("{milestone: consent, at_most: 2 claims, beyond: unpaid}", 350_00),
        # Eight claims are of eight people at the most, and nobody has more than £150.00.
        ("{contract: whole, at_most: 8 participants, beyond: unpaid}", 650_00),
        ("{contract: whole, each: participant, at_most: 150.00, beyond: unpaid}", 650_00),
        ("{contract: whole, each: participant, at_most: 2 claims, beyond: unpaid}", 650_00),
        ("{contract: whole, at_most: 650.00, straddling: unpaid, beyond: unpaid}", 650_00),
        # Whether five of them had both, and what a claim in part is of, is not known.
        ("{contract: whole, at_most: 7 participants, beyond: unpaid}", None),
        ("{contract: whole, each: participant, at_most: 149.99, beyond: unpaid}", None),
        ("{contract: whole, each: participant, at_most: 1 claims, beyond: unpaid}", None),
        ("{contract: whole, at_most: 640.00, straddling: unpaid, beyond: unpaid}", None),
    ],
)
def test_a_limit_is_exact_on_counts_or_refused(limit: str, paid: int | None) -> None:
    terms = TWO.replace("LIMIT", limit).replace("AFTER", "")
    if paid is None:
        with pytest.raises(SettlementError, match="whose claims were counted is not known"):
            settled(terms, EIGHT)
    else:
        assert sum(by_funder(settled(terms, EIGHT)).values()) == paid


@pytest.mark.mechanic(151)
def test_no_more_is_counted_than_of_what_comes_before() -> None:
    terms = TWO.replace("LIMIT", "").replace("AFTER", "consent")
    assert sum(by_funder(settled(terms, EIGHT)).values()) == 650_00
    with pytest.raises(SettlementError, match="more is counted of 'agreement' than of 'consent'"):
        settled(terms, EIGHT.replace("| 3", "| 6"))


@pytest.mark.mechanic(151)
def test_a_count_for_a_period_in_which_the_price_changes_is_refused() -> None:
    # The price of the north changes on the first day of the third quarter, and not within it; the
    # amendment changes it on 1 November.
    quarters = "milestone | period | number | borough\nconsent | {} | 1 | {}"
    assert by_period(settled(BY_BOROUGH, quarters.format("2017-Q3", "north"))) == {
        "2017-Q3": 120_00
    }
    late = BY_BOROUGH.replace("from: 2017-07-01", "from: 2017-11-01")
    assert by_period(settled(late, quarters.format("2017-Q4", "south"))) == {"2017-Q4": 100_00}
    with pytest.raises(SettlementError, match=r"row 1.*changes within the period, on 2017-11-01"):
        settled(late, quarters.format("2017-Q4", "north"))


def test_the_fair_chance_fund_must_know_whose_the_claims_are() -> None:
    about = contract("fair_chance_fund")
    reached = enumerate(COUNTS["ambition"], start=1)
    drawn = "\n".join(f"line_{n} | 2016-01-04 | {count} | ambition" for n, count in reached)
    counts = counts_of(about, f"milestone | achieved_on | number | project\n{drawn}")
    with pytest.raises(SettlementError, match="limit on the contract each participant looks at"):
        settle(about, claims=counts, as_of="2030-12-31")


@pytest.mark.mechanic(151)
@pytest.mark.parametrize(
    ("price", "more"),
    [
        # The first is for nothing, so no discount moves its price; £100.00 and £50.00 follow it.
        ("0.00, bands: [{after: 1, price: 100.00}]", "discounts: [{off: 50%, from: 2017-02-15}]"),
        ("100.00", "discounts: [{off: 50%, from: 2017-02-15}]"),
    ],
)
def test_a_count_for_a_period_in_which_a_discount_begins_is_refused(price: str, more: str) -> None:
    when = "when: {observed: consent, in: year one}"
    terms = f"milestones: {{consent: {{{when}, price: {price}}}}}\n{more}"
    drawn = """
        milestone | period  | number
        consent   | 2017-Q1 | 3
    """
    with pytest.raises(SettlementError) as refused:
        settled(terms, drawn)
    assert [fault.code for fault in refused.value.faults] == ["period_divided"]
    assert settled(terms, drawn.replace("2017-Q1", "2017-Q2")).lines_table.num_rows


@pytest.mark.mechanic(151, 33)
def test_fractions_of_a_penny_are_rounded_once_beside_claims_in_dispute() -> None:
    # Four of eight claims at 12.5p stand, every other day: 50p, however the others come out.
    terms = (
        "milestones: {consent: {when: {observed: consent, in: year one}, price: 100.00, "
        "paid_for: 1/800}}"
    )
    standings = [(10 + day, "disputed" if day % 2 else "full") for day in range(8)]
    drawn = "milestone | achieved_on | number | standing\n" + "\n".join(
        f"consent | 2017-01-{day} | 1 | {standing}" for day, standing in standings
    )
    settlement = settled(terms, drawn)
    assert due(settlement) == {"2017-Q1": {"council": 50}}
    seen = "child | metric | on | value | status\n" + "\n".join(
        f"c{day} | consent | 2017-01-{day} | yes | {standing.replace('full', 'recorded')}"
        for day, standing in standings
    )
    about = contract_of(terms)
    assert due(settle(about, evidence_of(seen, about), as_of="2030-12-31")) == due(settlement)
