"""Reboot West and i-Aspire: every published line comes out, to the penny.

For each of the 23 lines the people who reached it and the pounds paid are published (INDIGO 0121,
0122); pounds over the price are the claims.
"""

from __future__ import annotations

import pytest
from tests.spec.published import Book, by_funder, counted, days, earned, held_by, in_pence, people

SOFT_AND_COURSES = (
    "right_course", "relationship", "safe", "accommodation", "self_determined", "course_begun",
    "course_quarter", "course_half", "level_1", "level_2", "level_3",
)  # fmt: skip
PRICES = [220, 220, 220, 220, 220, 220, 220, 220, 1760, 4730, 4730, 660, 2750, 2750, 4730, 110,
          220, 330, 660, 2750, 2750, 2750, 2750]  # fmt: skip
REBOOT_WEST = {
    "people": [231, 225, 230, 227, 136, 132, 109, 94, 41, 33, 10, 10, 4, 2, 3, 29, 19, 6, 126, 114,
               102, 73, 41],
    "claims": [527, 453, 482, 466, 202, 145, 121, 106, 43, 33, 11, 10, 4, 2, 3, 29, 19, 6, 126, 114,
               102, 73, 41],
    "paid": [115940, 99660, 106040, 102520, 44440, 31900, 26620, 23320, 75680, 156090, 52030, 6600,
             11000, 5500, 14190, 3190, 4180, 1980, 83160, 313500, 280500, 200750, 112750],
}  # fmt: skip
I_ASPIRE = {
    "people": [240, 235, 227, 137, 90, 99, 90, 88, 48, 21, 6, 13, 9, 5, 2, 4, 3, 1, 159, 149, 129,
               103, 72],
    "claims": [706, 521, 593, 221, 120, 99, 90, 88, 50, 22, 6, 13, 9, 5, 2, 4, 3, 1, 159, 149, 129,
               103, 72],
    "paid": [155320, 114620, 130460, 48620, 26400, 21780, 19800, 19360, 88000, 104060, 28380, 8580,
             24750, 13750, 9460, 440, 660, 330, 104940, 409750, 354750, 283250, 198000],
}  # fmt: skip
BONDS = {"care_leavers_reboot_west": REBOOT_WEST, "care_leavers_i_aspire": I_ASPIRE}


def book_of(published: dict[str, list[int]]) -> Book:
    """Evidence of so many people and claims for every line: rows for lines that may be claimed
    again, years and weeks and months of earnings for the ladders.
    """
    book = Book(starts="2018-11-01")
    reach = dict(enumerate(published["people"], start=1))
    for line, metric in enumerate(SOFT_AND_COURSES, start=1):
        book.claims(people(reach[line]), metric, published["claims"][line - 1], "2019-03-01")
    once = {12: "degree_begun", 15: "degree_completed", 16: "experience_begun", 19: "employed"}
    for line, metric in once.items():
        book.saw(people(reach[line]), metric, "2019-09-02")
    book.saw(people(reach[13]), "degree_year", "2020-06-30")
    book.saw(people(reach[14]), "degree_year", "2021-06-30")
    book.saw(people(reach[17]), "experience_week", "2019-09-09")
    book.saw(people(reach[18]), "experience_week", *days("2019-09-16", 3, apart=7))
    # Months of pay that add up to exactly the four thresholds.
    pay = {20: "768.00", 21: "863.00", 22: "1719.00", 23: "4805.00"}
    for month, (line, amount) in enumerate(pay.items(), start=1):
        book.saw(people(reach[line]), "earnings", f"2020-0{month}-28", value=amount)
    return book


@pytest.mark.mechanic(1, 7, 17, 21)
@pytest.mark.parametrize("bond", BONDS)
def test_the_care_leavers_bonds_are_paid_line_by_line_as_was_published(bond: str) -> None:
    published = BONDS[bond]
    settlement = book_of(published).settled(bond)
    lines = [f"line_{number}" for number in range(1, 24)]
    assert counted(settlement) == dict(zip(lines, published["claims"], strict=True))
    assert earned(settlement) == in_pence(dict(zip(lines, published["paid"], strict=True)))
    total = {"care_leavers_reboot_west": 1_871_540, "care_leavers_i_aspire": 2_165_460}[bond]
    assert by_funder(settlement) == {"dfe": total * 100}
    assert held_by(settlement) == {}


@pytest.mark.mechanic(21)
def test_a_penny_short_of_earnings_of_768_pounds_is_not_paid() -> None:
    book = Book(starts="2018-11-01")
    book.saw(["short"], "earnings", "2019-01-31", "2019-02-28", value="383.99")
    book.saw(["enough"], "earnings", "2019-01-31", "2019-02-28", value="384.00")
    settlement = book.settled("care_leavers_reboot_west")
    assert counted(settlement) == {"line_20": 1}
    row = settlement.lines_table.to_pylist()[0]
    assert (row["participant"], str(row["achieved_on"])) == ("enough", "2019-02-28")


@pytest.mark.parametrize("bond", BONDS)
def test_the_published_prices_claims_and_payments_agree(bond: str) -> None:
    published = BONDS[bond]
    pairs = zip(PRICES, published["claims"], published["paid"], strict=True)
    assert all(price * claims == paid for price, claims, paid in pairs)
    assert all(
        claims >= reached
        for claims, reached in zip(published["claims"], published["people"], strict=True)
    )
