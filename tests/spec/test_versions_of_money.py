"""What a new version changes of bands, parts, rates between currencies, results and fees: it counts
for what that version governs, and what an earlier one governs stays worth what it was.

In the base contract 2017-Q1 is claimed on 2017-04-30, Q2 on 2017-07-31. Three children consent in
February under version 1, one in June under version 2, which is in force from 2017-05-01.
"""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import THE_END, amended, due_of, versions_of
from tests.spec.test_counts import counts_of

from impactbond.errors import ContractError
from impactbond.explanation.explain import explain_line
from impactbond.records.following import settle

FIRST = "version: {number: 1, kind: original, signed_on: 2016-12-01, effective_on: 2017-01-01}\n"
FROM_MAY = "version: {number: 2, kind: amendment, signed_on: 2017-05-15, effective_on: 2017-05-01}"
FROM_MARCH = FROM_MAY.replace("2017-05-01", "2017-03-01")
PUT_RIGHT = FROM_MAY.replace("amendment", "correction").replace("2017-05-01", "2017-01-01")
FEBRUARY_AND_JUNE = """
    child    | metric  | on         | value | recorded
    c1 c2 c3 | consent | 2017-02-01 | yes   | 2017-02-01
    c4       | consent | 2017-06-10 | yes   | 2017-06-10
"""
COUNTED = """
    milestone | achieved_on | number
    consent   | 2017-02-01  | 3
    consent   | 2017-06-10  | 1
"""
LATE = "calendar: {evidence: {within: 60 days, late: next claim, late_pays: %s}}\n"
LATE_CONSENTS = FEBRUARY_AND_JUNE.replace(
    "2017-02-01 | yes   | 2017-02-01", "2017-02-01 | yes | 2017-04-20"
)


def consent(more: str = "") -> str:
    when = "when: {observed: consent, in: year one}"
    return f"milestones: {{consent: {{{when}, price: 100.00{more}}}}}\n"


def banded(price: str) -> str:
    return consent(f", bands: [{{after: 2, price: {price}}}]")


EUROS = "prices_in: {currency: EUR, rate: %s}\n"
PRICED = [
    # Three quarters of £300.00; then half of £100.00.
    (consent(", paid_for: 3/4"), consent(", paid_for: 1/2"), "225.00", "50.00"),
    (consent(), consent(", paid_for: 1/2"), "300.00", "50.00"),
    (consent(", paid_for: 1/2"), consent(), "150.00", "100.00"),
    # The third at £50.00; the fourth is beyond two as well, at the new price of that band.
    (banded("50.00"), banded("10.00"), "250.00", "10.00"),
    (consent(), banded("10.00"), "300.00", "10.00"),
    (banded("10.00"), consent(), "210.00", "100.00"),
    # A discount of the new version is taken off what is achieved under it: £50.00 less 10%.
    (banded("50.00"), banded("50.00") + "discounts: [{off: 10%}]", "250.00", "45.00"),
    (EUROS % "1.5" + consent(), EUROS % "2", "450.00", "200.00"),
]


@pytest.mark.mechanic(62, 33, 54, 61)
@pytest.mark.parametrize(("first", "then", "before", "after"), PRICED)
def test_what_is_paid_of_a_price_is_that_of_the_version_that_governs(
    first: str, then: str, before: str, after: str
) -> None:
    versions = versions_of(FIRST + first, f"{FROM_MAY}\n{then}")
    due = {"2017-Q1": {"council": before}, "2017-Q2": {"council": after}}
    assert due_of(amended(versions, FEBRUARY_AND_JUNE)) == due
    counted = counts_of(versions.whole, COUNTED)
    assert due_of(settle(versions, claims=counted, as_of=THE_END)) == due


@pytest.mark.mechanic(62)
def test_the_share_of_late_evidence_in_a_band_is_that_of_the_version_that_governs() -> None:
    # Half of £100.00, £100.00 and £50.00 for what came late under version 1; the fourth is in time.
    first = FIRST + LATE % "50%" + banded("50.00")
    settlement = amended(versions_of(first, f"{FROM_MAY}\n{LATE % '10%'}"), LATE_CONSENTS)
    due = {"2017-Q1": {"council": "125.00"}, "2017-Q2": {"council": "50.00"}}
    assert due_of(settlement) == due


@pytest.mark.mechanic(62)
def test_a_limit_on_a_number_knows_what_the_claims_of_an_earlier_version_are_worth() -> None:
    # Of three claims counted together, £100.00, £100.00 and £50.00, two are let through.
    limited = "limits: [{milestone: consent, at_most: 2 claims, beyond: unpaid}]\n"
    versions = versions_of(FIRST + banded("50.00") + limited, f"{FROM_MAY}\n{consent()}")
    assert due_of(amended(versions, FEBRUARY_AND_JUNE)) == {"2017-Q1": {"council": "200.00"}}


@pytest.mark.mechanic(62)
def test_fractions_of_a_penny_are_rounded_once_over_versions_that_pay_the_same_part() -> None:
    # Three at 12.5p are 37.5p, paid as 38; four are 50p, so 12 are left, and not 13.
    terms = consent(", paid_for: 1/800")
    settlement = amended(versions_of(FIRST + terms, FROM_MAY), FEBRUARY_AND_JUNE)
    assert due_of(settlement) == {"2017-Q1": {"council": "0.38"}, "2017-Q2": {"council": "0.12"}}


@pytest.mark.mechanic(62)
@pytest.mark.parametrize("governs", ["participants started", "claims made"])
def test_what_no_day_tells_the_version_of_is_refused(governs: str) -> None:
    first = f"{FIRST}governs: {governs}\n"
    for then in (consent(", paid_for: 1/2"), banded("10.00")):
        with pytest.raises(ContractError) as refused:
            versions_of(first + consent(), f"{FROM_MAY}\n{then}")
        assert [fault.code for fault in refused.value.faults] == ["other_pricing"]
    # A correction takes the place of what it corrects, and a plain price is that of each claim.
    versions_of(first + consent(), f"{PUT_RIGHT}\n{banded('10.00')}")
    versions_of(first + consent(), f"{FROM_MAY}\n{consent().replace('100.00', '80.00')}")


def paying(counted: str, pays: str = "10.00") -> str:
    measured = f"measure: {{claims: consent}}, counted: {counted}"
    return f"results: {{reached: {{{measured}, pays: {{each: 1, pays: {pays}}}}}}}\n"


COUNCIL = "funding: [{for: every milestone, shares: {council: 100%}}]\n"
LOTTERY = "funding: [{for: every milestone, shares: {lottery: 100%}}]\n"
MEASURED = [
    # To date it is 4 × £20.00, of which £30.00 were paid; each period by its own version.
    (FROM_MAY, paying("to date"), paying("to date", "20.00"), {"council": "150.00"}),
    (FROM_MAY, paying("each period"), paying("each period", "20.00"), {"council": "120.00"}),
    # A result that the version of its day does not have is not paid, and what was is taken back.
    (FROM_MAY, paying("each period"), "results: {}\n", {"council": "100.00"}),
    (FROM_MARCH, paying("each period"), "results: {}\n", {"council": "70.00"}),
    (PUT_RIGHT, paying("each period"), "results: {}\n", {"council": "70.00"}),
    # One that another funder pays since before it was claimed is paid by that one alone.
    (FROM_MARCH, paying("each period"), LOTTERY, {"council": "-30.00", "lottery": "140.00"}),
    (FROM_MARCH, paying("to date"), LOTTERY, {"council": "-30.00", "lottery": "140.00"}),
    # One that is new to date pays for all to date.
    (FROM_MAY, "", paying("to date", "20.00"), {"council": "180.00"}),
]


@pytest.mark.mechanic(62, 63)
@pytest.mark.parametrize(("version", "first", "then", "second"), MEASURED)
def test_a_result_is_that_of_the_version_that_governs_its_day(
    version: str, first: str, then: str, second: dict[str, str]
) -> None:
    versions = versions_of(FIRST + COUNCIL + consent() + first, f"{version}\n{then}")
    settlement = amended(versions, FEBRUARY_AND_JUNE)
    due = due_of(settlement)
    assert due == {"2017-Q1": {"council": "330.00" if first else "300.00"}, "2017-Q2": second}
    # Followed to the end: its steps come to the value of its lines, and each line is explained.
    assert sum(row["value_pence"] for row in settlement.results_table.to_pylist()) == sum(
        row["value_pence"]
        for row in settlement.lines_table.to_pylist()
        if row["milestone"] == "reached"
    )
    for line in settlement.lines_table["line"].to_pylist():
        assert str(explain_line(settlement, line))


def fee(waits: str = "") -> str:
    return f"fees: {{service: {{kind: service fee, pay: 60.00, on: 2017-02-01{waits}}}}}\n"


@pytest.mark.mechanic(62)
@pytest.mark.parametrize(
    ("version", "first", "then", "due"),
    [
        # Due in February under version 1, which does not let it wait, or lets it wait for nine.
        (FROM_MAY, fee(), ", deferred_until: {milestone: consent, at_least: 9}", ["360", "100"]),
        (FROM_MAY, fee(", deferred_until: {milestone: consent, at_least: 9}"), "", ["300", "100"]),
        (PUT_RIGHT, fee(), ", deferred_until: {milestone: consent, at_least: 9}", ["360", "40"]),
    ],
)
def test_a_fee_waits_as_the_version_of_its_day_says(
    version: str, first: str, then: str, due: list[str]
) -> None:
    versions = versions_of(FIRST + COUNCIL + consent() + first, f"{version}\n{fee(then)}")
    found = due_of(amended(versions, FEBRUARY_AND_JUNE))
    assert found == {
        quarter: {"council": f"{pounds}.00"}
        for quarter, pounds in zip(("2017-Q1", "2017-Q2"), due, strict=True)
    }


@pytest.mark.mechanic(63)
def test_a_limit_that_tells_more_apart_moves_no_result_from_one_borough_to_another() -> None:
    each = f"{COUNCIL}results: {{reached: {{each: borough, measure: {{claims: consent}}, "
    each += "pays: {each: 1, pays: 10.00}}}\n"
    limit = "limits: [{contract: whole, each: school, at_most: 5000.00, beyond: unpaid}]"
    children = """
        child    | start      | recorded   | borough
        c1 c2 c4 | 2017-01-09 | 2017-01-09 | north
        c3       | 2017-01-09 | 2017-01-09 | south
        ---
    """
    versions = versions_of(FIRST + each, f"{FROM_MAY}\n{limit}")
    settlement = amended(versions, children + FEBRUARY_AND_JUNE)
    results = [
        (row["claim_period"], row["group"][0], row["value_pence"])
        for row in settlement.lines_table.to_pylist()
        if row["milestone"] == "reached"
    ]
    # 2 of the north and 1 of the south at £10.00; then one more of the north, and nothing moves.
    assert results == [
        ("2017-Q1", "north", 20_00),
        ("2017-Q1", "south", 10_00),
        ("2017-Q2", "north", 10_00),
    ]


@pytest.mark.mechanic(62)
def test_the_line_of_a_result_is_explained_by_the_version_of_its_day() -> None:
    first = FIRST + COUNCIL + consent() + paying("each period")
    versions = versions_of(first, f"{FROM_MAY}\n{paying('each period', '20.00')}")
    settlement = amended(versions, FEBRUARY_AND_JUNE)
    told = [
        str(explain_line(settlement, row["line"]))
        for row in settlement.lines_table.to_pylist()
        if row["milestone"] == "reached" and row["value_pence"]
    ]
    assert "worth £30.00" in " ".join(told[0].split())
    assert "worth £20.00" in " ".join(told[1].split())
