"""Results of groups: what is measured over everybody's claims, and the money that follows.

Milestones that pay nothing count what a result is measured on: `restored` and `unrestored` are
children who went home and who did not, `event` a reconviction, and so on.
"""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import balance, lines, paid, rows, settled

from impactbond.explanation.explain import explain_line

TRACKED = """
milestones:
  restored:   {when: {observed: consent, in: year one}, price: 0.00}
  unrestored: {when: {observed: agreement, in: year one}, price: 0.00}
measures:
  restoration rate: {ratio: [{claims: restored}, {claims: [restored, unrestored]}]}
"""


def pays(how: str, **parts: str) -> str:
    """A contract that pays for the restoration rate in that way."""
    further = "".join(f", {name}: {value}" for name, value in parts.items())
    return f"{TRACKED}\nresults: {{rate: {{measure: restoration rate, pays: {how}{further}}}}}"


def children(restored: int, unrestored: int) -> str:
    """So many children restored and not, all on one day, and one of whom nothing is known yet."""
    both = restored + unrestored
    seen = ["child | metric | on | value", "c0 | assessed | 2017-02-01 | no"]
    if restored:
        seen.append(f"c1..c{restored} | consent | 2017-02-01 | yes")
    if unrestored:
        seen.append(f"c{restored + 1}..c{both} | agreement | 2017-02-01 | yes")
    return "\n".join(seen)


NEWPIN = """{tiers: [{is: at least 55%, pays: 210.00}, {is: at least 60%, pays: 525.00},
    {is: at least 65%, pays: 840.00}, {is: at least 70%, pays: 1050.00}]}"""


@pytest.mark.mechanic(39, 45, 51)
@pytest.mark.parametrize(
    ("restored", "unrestored", "total"),
    [
        (54, 46, None),
        (55, 45, "210.00"),
        (59, 41, "210.00"),
        (60, 40, "525.00"),
        (69, 31, "840.00"),
        (70, 30, "1,050.00"),
        (0, 3, None),
    ],
)
def test_a_tier_pays_from_its_bar_on(restored: int, unrestored: int, total: str | None) -> None:
    expected = {"2017-Q1": {"council": total}} if total else {}
    assert paid(pays(NEWPIN), children(restored, unrestored)) == expected


@pytest.mark.mechanic(39)
def test_whether_the_bar_itself_counts_is_said_by_its_words() -> None:
    evidence = children(1, 1)
    at_least = pays("{tiers: [{is: at least 50%, pays: 10.00}]}")
    above = pays("{tiers: [{is: above 50%, pays: 10.00}]}")
    assert paid(at_least, evidence) == {"2017-Q1": {"council": "10.00"}}
    assert paid(above, evidence) == {}


@pytest.mark.mechanic(45)
def test_a_rate_over_nobody_is_not_known_and_pays_nothing() -> None:
    assert paid(pays("{tiers: [{is: at most 100%, pays: 10.00}]}"), children(0, 0)) == {}


@pytest.mark.mechanic(51, 116)
def test_a_cumulative_rate_that_falls_takes_back_what_it_had_earned() -> None:
    """60% pays 525; the next quarter the rate to date is 3 of 6, below every tier."""
    evidence = """
        child    | metric    | on         | value
        c1 c2 c3 | consent   | 2017-02-01 | yes
        c4 c5    | agreement | 2017-02-01 | yes
        c6       | agreement | 2017-05-01 | yes
    """
    assert lines(pays(NEWPIN), evidence)[-3:] == rows("""
        claimed | kind  | child | milestone  | achieved | because  | value   | withheld
        2017-Q1 | claim |       | rate       | 2017-Q1  | measured | 525.00  | 0.00
        2017-Q2 | claim | c6    | unrestored | 2017-Q2  | achieved | 0.00    | 0.00
        2017-Q2 | claim |       | rate       | 2017-Q2  | measured | -525.00 | 0.00
    """)


@pytest.mark.mechanic(51, 69)
@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        # £500 are let through of £525, and £500 go back
        ("at_most: 500.00, beyond: unpaid", {"2017-Q1": "500.00", "2017-Q2": "-500.00"}),
        # as the £525 reach over the limit nothing is paid, and nothing goes back
        ("at_most: 500.00, straddling: unpaid, beyond: unpaid", {}),
        # the fall is of another quarter, whose own limit withholds nothing: £500 all the same
        (
            "each: period, at_most: 500.00, beyond: unpaid",
            {"2017-Q1": "500.00", "2017-Q2": "-500.00"},
        ),
        # a limit that withholds nothing: all that was paid
        ("at_most: 525.00, beyond: unpaid", {"2017-Q1": "525.00", "2017-Q2": "-525.00"}),
    ],
)
def test_a_rate_that_falls_takes_back_no_more_than_limits_had_let_through(
    limit: str, expected: dict[str, str]
) -> None:
    """60% pays 525; the next quarter the rate to date is 3 of 6, below every tier."""
    evidence = """
        child    | metric    | on         | value
        c1 c2 c3 | consent   | 2017-02-01 | yes
        c4 c5    | agreement | 2017-02-01 | yes
        c6       | agreement | 2017-05-01 | yes
    """
    terms = f"{pays(NEWPIN)}\nlimits: [{{contract: whole, {limit}}}]"
    assert paid(terms, evidence) == {
        claim: {"council": amount} for claim, amount in expected.items()
    }
    last = balance(terms, evidence, "council")[-1]
    assert (last["entitled"], last["withheld"]) == ("0.00", "0.00")


@pytest.mark.mechanic(51, 71)
@pytest.mark.parametrize(
    ("beyond", "first", "then"),
    [
        ("unpaid", {"council": "500.00"}, {"council": "-500.00"}),
        (
            "{funder: trust}",
            {"council": "500.00", "trust": "25.00"},
            {"council": "-500.00", "trust": "-25.00"},
        ),
    ],
)
def test_a_rate_that_falls_in_another_year_gives_back_to_each_funder_what_that_paid(
    beyond: str, first: dict[str, str], then: dict[str, str]
) -> None:
    """60% pays 525 in 2017, of which the council's limit of a year leaves 25; in 2018 the rate to
    date is 3 of 6, below every tier.
    """
    evidence = """
        child    | metric    | on         | value
        c1 c2 c3 | consent   | 2017-11-01 | yes
        c4 c5    | agreement | 2017-11-01 | yes
        c6       | agreement | 2018-01-05 | yes
    """
    limit = f"{{funder: council, each: year, at_most: 500.00, beyond: {beyond}}}"
    assert paid(f"{pays(NEWPIN)}\nlimits: [{limit}]", evidence) == {
        "2017-Q4": first,
        "2018-Q1": then,
    }


QUARTERS = """
        child    | metric    | on         | value
        c1 c2 c3 | consent   | 2017-02-01 | yes
        c4       | agreement | 2017-02-01 | yes
        c5       | consent   | 2017-05-01 | yes
        c6 c7 c8 | agreement | 2017-05-01 | yes
        c9       | consent   | 2017-08-01 | yes
"""


@pytest.mark.mechanic(50, 51)
@pytest.mark.parametrize(
    ("counted", "over", "expected"),
    [
        # 3 of 4, then 1 of 4, then 1 of 1, each quarter by itself
        ("each period", "1", {"2017-Q1": "100.00", "2017-Q3": "100.00"}),
        # over two quarters: 3 of 4, 4 of 8, 2 of 5, then 1 of 1
        ("each period", "2", {"2017-Q1": "100.00", "2017-Q2": "100.00", "2017-Q4": "100.00"}),
        # 3 of 4, 4 of 8, 5 of 9: earned once, and never lost
        ("to date", "1", {"2017-Q1": "100.00"}),
        ("each year", "1", {"2017-Q1": "100.00"}),
    ],
)
def test_a_rate_is_taken_over_each_period_so_many_periods_or_all_to_date(
    counted: str, over: str, expected: dict[str, str]
) -> None:
    terms = pays("{tiers: [{is: at least 50%, pays: 100.00}]}", counted=counted, over=over)
    assert paid(terms, QUARTERS) == {period: {"council": due} for period, due in expected.items()}


@pytest.mark.mechanic(51)
def test_a_rate_over_several_years_is_paid_in_every_year_from_the_first_on() -> None:
    tiers = "{tiers: [{is: at least 50%, pays: 100.00}]}"
    terms = pays(tiers, counted="each year", over="2") + "\ncalendar: {claims: {every: year}}"
    evidence = """
        child | metric    | on         | value
        c1 c2 | consent   | 2017-02-01 | yes
        c3    | agreement | 2018-01-15 | yes
    """
    # 2 of 2 in 2017, 2 of 3 by the end of 2018: each year is paid by the rate of two years.
    assert paid(terms, evidence) == {"2017": {"council": "100.00"}, "2018": {"council": "100.00"}}


SLIDES = "{slides: [{at: 50%, pays: 0.00}, {at: 75%, pays: 1000.00}]}"


@pytest.mark.mechanic(40)
@pytest.mark.parametrize(
    ("restored", "unrestored", "total"),
    [
        (1, 1, None),
        (3, 2, "400.00"),  # 60%: 10 of 25 points
        (2, 1, "666.67"),  # 66⅔%: 1,000 × 16⅔ / 25
        (3, 1, "1,000.00"),
        (4, 0, "1,000.00"),
    ],
)
def test_between_two_points_the_amount_slides_in_a_straight_line(
    restored: int, unrestored: int, total: str | None
) -> None:
    expected = {"2017-Q1": {"council": total}} if total else {}
    assert paid(pays(SLIDES), children(restored, unrestored)) == expected


@pytest.mark.mechanic(41)
@pytest.mark.parametrize(
    ("steps", "restored", "unrestored", "total"),
    [
        ("whole", 7, 3, "60,900.00"),  # 70%: 10 points
        ("in proportion", 7, 3, "60,900.00"),
        ("whole", 5, 2, "66,990.00"),  # 71.43%: 11 whole points
        ("in proportion", 5, 2, "69,600.00"),  # 11 3/7 points × 6,090
        ("in proportion", 1, 1, None),
    ],
)
def test_every_percentage_point_above_a_mark_has_a_price(
    steps: str, restored: int, unrestored: int, total: str | None
) -> None:
    """Kenya pays $6,090 a point; the mark of 60% is ours."""
    terms = pays(f"{{each: 1%, pays: 6090.00, above: 60%, steps: {steps}}}")
    expected = {"2017-Q1": {"council": total}} if total else {}
    assert paid(terms, children(restored, unrestored)) == expected


@pytest.mark.mechanic(42)
def test_what_is_above_the_counterfactual_is_paid() -> None:
    """Newpin Queensland: (restored − 20% of all) × £1,000: 7 − 0.2 × 10 = 5."""
    terms = f"""{TRACKED}
results:
  more than expected:
    measure:
      difference:
        - {{claims: restored}}
        - {{product: [{{share: 20%}}, {{claims: [restored, unrestored]}}]}}
    pays: {{each: 1, pays: 1000.00}}
"""
    assert paid(terms, children(7, 3)) == {"2017-Q1": {"council": "5,000.00"}}
    assert paid(terms, children(1, 9)) == {}  # fewer than expected: nothing, and nothing back


@pytest.mark.mechanic(43)
def test_a_share_of_what_was_saved_is_paid_up_to_a_most() -> None:
    """KOTO: half of the saving, here £4,000 for each case."""
    terms = f"""{TRACKED}
results:
  half: {{measure: {{product: [{{number: 4000}}, {{claims: restored}}]}},
    pays: {{each: 1, pays: 0.50, at_most: 5000.00}}}}
"""
    assert paid(terms, children(2, 0)) == {"2017-Q1": {"council": "4,000.00"}}
    assert paid(terms, children(3, 0)) == {"2017-Q1": {"council": "5,000.00"}}


@pytest.mark.mechanic(44)
@pytest.mark.parametrize(("graded", "total"), [(0, "10.00"), (1, "10.00"), (2, "12.00")])
def test_the_upper_slice_is_paid_only_if_a_second_measure_passes(graded: int, total: str) -> None:
    """Norrköping: all savings up to 10, above them up to 2 more only if attainment improves."""
    terms = f"""{TRACKED}
results:
  savings: {{measure: {{claims: restored}}, pays: {{each: 1, pays: 1.00, at_most: 10.00}}}}
  surplus:
    measure: {{claims: restored}}
    only_if: [{{measure: {{claims: unrestored}}, is: at least 2}}]
    pays: {{each: 1, pays: 1.00, above: 10, at_most: 2.00}}
"""
    assert paid(terms, children(13, graded)) == {"2017-Q1": {"council": total}}


@pytest.mark.mechanic(46, 47)
def test_a_gate_that_is_not_passed_or_not_known_pays_nothing() -> None:
    """Cataract surgery: a bonus if 40% come from the poorest, nothing unless half see well."""
    terms = """
milestones:
  operated: {when: {observed: consent, in: year one}, price: 0.00}
  sees:     {when: {observed: agreement, in: year one}, price: 0.00}
  poor:     {when: {observed: assessed, in: year one}, price: 0.00}
measures:
  good outcomes: {ratio: [{claims: sees}, {claims: operated}]}
  equity:        {ratio: [{claims: poor}, {claims: operated}]}
results:
  surgery: {measure: {claims: operated}, only_if: [{measure: good outcomes, is: at least 50%}],
    pays: {each: 1, pays: 100.00}}
  bonus: {measure: equity, only_if: [{measure: good outcomes, is: at least 50%}],
    pays: {tiers: [{is: at least 40%, pays: 30.00}]}}
"""
    evidence = """
        child  | metric    | on         | value
        c1..c5 | consent   | 2017-02-01 | yes
        c1 c2  | agreement | 2017-02-02 | yes
        c3     | agreement | 2017-05-01 | yes
        c1 c2  | assessed  | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q2": {"council": "530.00"}}  # 2 of 5, then 3 of 5


PETERBOROUGH = """
participants: {attributes: {cohort: [one, two]}}
milestones:
  released:      {when: {observed: consent, in: year one}, price: 0.00}
  reconvicted:   {when: {observed: agreement, in: year one}, price: 0.00}
  matched:       {when: {observed: assessed, in: year one}, price: 0.00}
  reconvicted m: {when: {observed: meeting, in: year one}, price: 0.00}
measures:
  frequency: {ratio: [{claims: reconvicted}, {claims: released}]}
  expected:  {ratio: [{claims: reconvicted m}, {claims: matched}]}
  effect:    {reduction: [frequency, expected]}
results:
  single: {measure: effect, each: cohort, pays: {tiers: [{is: at least 10%, pays: 100.00}]}}
  pooled: {measure: effect, less: single, pays: {tiers: [{is: at least 7.5%, pays: 200.00}]}}
"""


def cohort(name: str, first: int, treated: int, matched: int) -> tuple[str, str]:
    """Ten treated and ten matched people of a cohort, so many of each reconvicted."""
    people = [f"c{number}" for number in range(first, first + 20)]
    rows_of = [
        ("consent", people[:10]),
        ("agreement", people[:treated]),
        ("assessed", people[10:]),
        ("meeting", people[10 : 10 + matched]),
    ]
    seen = "\n".join(
        f"{' '.join(some)} | {metric} | 2017-02-01 | yes" for metric, some in rows_of if some
    )
    return "\n".join(f"{person} | {name}" for person in people), seen


def cohorts(*each: tuple[str, str]) -> str:
    """The evidence of several cohorts."""
    people, seen = "\n".join(one for one, _ in each), "\n".join(other for _, other in each)
    return f"child | cohort\n{people}\n---\nchild | metric | on | value\n{seen}"


@pytest.mark.mechanic(35, 36, 38)
@pytest.mark.parametrize(
    ("one", "two", "total"),
    [
        ((9, 10), (10, 10), "100.00"),  # 10% in cohort one; pooled 5%
        ((10, 10), (10, 10), None),
        ((8, 9), (10, 10), "100.00"),  # 11.1%, pooled 5.3%
        ((9, 10), (9, 10), "200.00"),  # both at 10%, and the pooled 10% adds nothing to 2 × 100
        ((7, 7), (8, 10), "200.00"),  # 0% and 20%: 100; pooled 11.8%: 200 less 100
    ],
)
def test_a_cohort_passes_alone_or_pooled_and_is_not_paid_twice(
    one: tuple[int, int], two: tuple[int, int], total: str | None
) -> None:
    evidence = cohorts(cohort("one", 1, *one), cohort("two", 31, *two))
    expected = {"2017-Q1": {"council": total}} if total else {}
    assert paid(PETERBOROUGH, evidence) == expected


@pytest.mark.mechanic(38)
@pytest.mark.parametrize(("people", "events", "total"), [(2, 3, None), (1, 3, "300.00")])
def test_a_hurdle_on_people_must_be_passed_before_fewer_events_are_paid(
    people: int, events: int, total: str | None
) -> None:
    """Transforming Rehabilitation in small: of four people fewer than half reconvicted, then £100
    for every reconviction below six.
    """
    terms = """
milestones:
  released:      {when: {observed: consent, in: year one}, price: 0.00}
  reconvicted:   {when: {observed: agreement, in: year one}, price: 0.00}
  reconvictions:
    {when: {observed: agreement, in: year one}, units: {rows: meeting, in: year one}, price: 0.00}
results:
  frequency:
    measure: {difference: [{number: 6}, {claims: reconvictions}]}
    only_if: [{measure: {ratio: [{claims: reconvicted}, {claims: released}]}, is: below 50%}]
    pays: {each: 1, pays: 100.00}
"""
    days = " ".join(f"2017-03-0{day}" for day in range(1, events + 1))
    evidence = f"""
        child        | metric    | on         | value
        c1..c4       | consent   | 2017-02-01 | yes
        c1..c{people} | agreement | 2017-02-01 | yes
        c1           | meeting   | {days}     | yes
    """
    expected = {"2017-Q1": {"council": total}} if total else {}
    assert paid(terms, evidence) == expected


@pytest.mark.mechanic(37)
def test_a_frequency_counts_events_and_not_people() -> None:
    """Peterborough's first cohort: 142 reconvictions per 100 people against 155 is 8.39% fewer,
    short of 10%. Stated as numbers, because nobody's reconvictions are published.
    """
    terms = f"""{TRACKED}
results:
  single: {{measure: {{reduction: [{{number: 142}}, {{number: 155}}]}},
    pays: {{tiers: [{{is: at least 10%, pays: 100.00}}]}}}}
  points: {{measure: {{reduction: [{{number: 142}}, {{number: 155}}]}},
    pays: {{each: 0.01%, pays: 1.00, steps: whole}}}}
"""
    assert paid(terms, children(1, 0)) == {"2017-Q1": {"council": "838.00"}}  # 8.387…%


@pytest.mark.mechanic(53)
def test_every_measure_of_a_mix_has_its_weight_of_the_whole() -> None:
    """Educate Girls: learning earns 80% of 1,000, enrolment 20%, each up to its target."""
    terms = f"""{TRACKED}
results:
  learning:  {{measure: {{ratio: [{{claims: restored}}, {{number: 10}}]}},
    pays: {{slides: [{{at: 0, pays: 0.00}}, {{at: 100%, pays: 800.00}}]}}}}
  enrolment: {{measure: {{ratio: [{{claims: unrestored}}, {{number: 5}}]}},
    pays: {{slides: [{{at: 0, pays: 0.00}}, {{at: 100%, pays: 200.00}}]}}}}
"""
    # learning 16 of 10: all of 800; enrolment 4 of 5: 160
    assert paid(terms, children(16, 4)) == {"2017-Q1": {"council": "960.00"}}


@pytest.mark.mechanic(48)
def test_what_a_sample_shows_stands_for_the_whole_group() -> None:
    """Two of three sampled children improved: two thirds of £10 for each of the 30 in the group."""
    terms = """
milestones:
  enrolled: {when: {observed: consent, in: year one}, price: 0.00}
  sampled:  {when: {observed: agreement, in: year one}, price: 0.00}
  improved: {after: sampled, when: {observed: assessed, in: year one}, price: 0.00}
results:
  learning:
    measure: {ratio: [{claims: improved}, {claims: sampled}]}
    times: {claims: enrolled}
    pays: {each: 1, pays: 10.00}
"""
    evidence = """
        child    | metric    | on         | value
        c1..c30  | consent   | 2017-02-01 | yes
        c1 c2 c3 | agreement | 2017-02-01 | yes
        c1 c2    | assessed  | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "200.00"}}


@pytest.mark.mechanic(52)
def test_too_few_participants_defer_the_measure_until_there_are_enough() -> None:
    terms = pays(
        "{tiers: [{is: at least 50%, pays: 100.00}]}",
        only_if="[{measure: {claims: [restored, unrestored]}, is: at least 5}]",
    )
    evidence = """
        child    | metric    | on         | value
        c1 c2 c3 | consent   | 2017-02-01 | yes
        c4 c5    | agreement | 2017-05-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q2": {"council": "100.00"}}  # 3 of 5


@pytest.mark.mechanic(49)
def test_an_effect_that_the_evaluator_does_not_call_significant_is_not_paid() -> None:
    """The evaluator's verdict is evidence like any other: one row, recorded on its day."""
    terms = f"""{TRACKED}
results:
  effect:
    measure: restoration rate
    only_if: [{{measure: {{claims: unrestored}}, is: at least 1}}]
    pays: {{tiers: [{{is: above 0%, pays: 500.00}}]}}
"""
    without, significant = children(3, 0), children(3, 1)
    assert paid(terms, without) == {}
    assert paid(terms, significant) == {"2017-Q1": {"council": "500.00"}}


@pytest.mark.mechanic(72)
@pytest.mark.parametrize(
    ("restored", "year"), [(0, "500.00"), (3, "500.00"), (5, "500.00"), (7, "700.00")]
)
def test_a_minimum_tops_up_what_was_earned_in_the_year(restored: int, year: str) -> None:
    terms = """
milestones: {restored: {when: {observed: consent, in: year one}, price: 100.00},
  unrestored: {when: {observed: agreement, in: year one}, price: 0.00}}
results:
  minimum: {measure: {value: restored}, on: 2017-12-31, counted: each year,
    pays: {slides: [{at: 0, pays: 500.00}, {at: 500, pays: 0.00}]}}
"""
    expected = {"2017-Q1": restored * 100, "2017-Q4": max(0, 500 - restored * 100)}
    found = paid(terms, children(restored, 1), as_of="2018-01-31")
    assert found == {period: {"council": f"{due}.00"} for period, due in expected.items() if due}
    assert sum(expected.values()) == int(year.removesuffix(".00"))


@pytest.mark.mechanic(93)
@pytest.mark.parametrize(
    ("claims", "total"), [(8, "900.00"), (9, "1,000.00"), (11, "1,000.00"), (12, "1,080.00")]
)
def test_a_fixed_price_within_a_volume_band_is_topped_up_or_taken_back_outside_it(
    claims: int, total: str
) -> None:
    """£1,000 for 9 to 11 cases; £100 less for each fewer, £80 more for each further one."""
    terms = f"""{TRACKED}
results:
  volume: {{measure: {{claims: restored}}, on: 2018-12-31, pays: {{slides: [{{at: 0, pays: 100.00}},
    {{at: 9, pays: 1000.00}}, {{at: 11, pays: 1000.00}}, {{at: 111, pays: 9000.00}}]}}}}
"""
    assert paid(terms, children(claims, 0)) == {"2018-Q4": {"council": total}}


@pytest.mark.mechanic(98)
@pytest.mark.parametrize(
    ("share", "total"),
    [(50, "-20.00"), (60, "-20.00"), (75, "-11.43"), (95, None), (104, None), (140, "20.00")],
)
def test_a_bonus_mirrors_a_penalty_around_a_dead_zone(share: int, total: str | None) -> None:
    """Within 5% of target nothing; then in a line to ±£20, which is 2% of £1,000, at 40% away."""
    terms = f"""{TRACKED}
results:
  performance:
    measure: {{ratio: [{{claims: restored}}, {{claims: unrestored}}]}}
    pays: {{slides: [{{at: 60%, pays: -20.00}}, {{at: 95%, pays: 0.00}}, {{at: 105%, pays: 0.00}},
      {{at: 140%, pays: 20.00}}]}}
"""
    # 75%: 20 of the 35 points between 95% and 60%: 20 × 20 / 35 = 11.43
    expected = {"2017-Q1": {"council": total}} if total else {}
    assert paid(terms, children(share, 100)) == expected


@pytest.mark.mechanic(34)
def test_outcomes_that_get_worse_are_deducted_down_to_a_least() -> None:
    """£50 off for each of them, at most £120 in all."""
    terms = """
milestones: {good: {when: {observed: consent, in: year one}, price: 100.00},
  bad: {when: {observed: agreement, in: year one}, price: 0.00}}
results:
  deduction: {measure: {claims: bad}, pays: {each: 1, pays: -50.00, at_least: -120.00}}
"""
    assert paid(terms, children(3, 2)) == {"2017-Q1": {"council": "200.00"}}
    assert paid(terms, children(3, 9)) == {"2017-Q1": {"council": "180.00"}}


@pytest.mark.mechanic(109, 110, 111)
def test_the_share_of_a_sample_that_fails_is_taken_back_from_all_that_was_claimed() -> None:
    """3 of 60 checked claims fail: 5% of the £6,000 claimed is recovered, £300."""
    terms = """
milestones:
  job:     {when: {observed: consent, in: year one}, price: 100.00}
  checked: {when: {observed: agreement, in: year one}, price: 0.00}
  failed:  {after: checked, when: {observed: assessed, in: year one}, price: 0.00}
results:
  recovery:
    measure: {ratio: [{claims: failed}, {claims: checked}]}
    times: {value: job}
    pays: {each: 1, pays: -1.00}
"""
    evidence = """
        child   | metric    | on         | value
        c1..c60 | consent   | 2017-02-01 | yes
        c1..c60 | agreement | 2017-05-01 | yes
        c1..c3  | assessed  | 2017-05-02 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "6,000.00"},
        "2017-Q2": {"council": "-300.00"},
    }
    assert balance(terms, evidence, "council")[-1]["entitled"] == "5,700.00"


def test_settled_one_claim_date_after_another_results_and_fees_come_out_the_same() -> None:
    terms = pays(NEWPIN, each="borough") + (
        "\nfees: {service: {kind: service fee, pay: 30.00, on: [2017-01-31, 2017-04-30],"
        " deferred_until: {milestone: restored, at_least: 4}}}"
    )
    drawn = f"{QUARTERS}\n c1 | agreement | 2017-03-01 | yes"
    at_once = settled(terms, drawn, as_of="2017-10-31")
    step = settled(terms, drawn, as_of="2017-04-30")
    for day in ("2017-07-31", "2017-10-31"):
        step = settled(terms, drawn, as_of=day, earlier=step)
    assert step.lines_table == at_once.lines_table
    assert step.balances_table == at_once.balances_table
    assert step.payments_table == at_once.payments_table


@pytest.mark.mechanic(60)
@pytest.mark.parametrize(
    ("half", "restored", "due"),
    # 5p for each two children in proportion: 2.5p for one, 7.5p for three.
    [("up", 1, "0.03"), ("even", 1, "0.02"), ("up", 3, "0.08"), ("even", 3, "0.08")],
)
def test_half_a_penny_of_a_result_goes_as_the_contract_rounds(
    half: str, restored: int, due: str
) -> None:
    counted = "{measure: {claims: restored}, pays: {each: 2, pays: 0.05}}"
    terms = f"{TRACKED}\nresults: {{rate: {counted}}}\nrounding: {{half: {half}}}"
    assert paid(terms, children(restored, 0)) == {"2017-Q1": {"council": due}}
    settlement = settled(terms, children(restored, 0))
    line = settlement.lines_table.to_pylist()[-1]["line"]
    assert f"worth £{due} over that stretch" in explain_line(settlement, line).text
