"""A contract whose terms do not fit together: what is told of each misfit, and where."""

from __future__ import annotations

import pytest
from tests.damaged_contracts import NAME, WHOLE, damaged, faults_of, line_of
from tests.spec.drawn_tables import contract_of

from impactbond.contract.read import parse_contract
from impactbond.errors import ContractError

Row = tuple[str, str, str, str, tuple[str, ...]]
FUNDING_2 = "{lbhf: 30%, school: 10%, lottery: 30%, central: 10%, trust: the rest}"
AT_SHARES = "funding > entry 2 > shares"
IN_YEAR_ONE = "conditions > highly engaged in year one > all"
BETTER = "conditions > wellbeing better > any"
# old text, new text, code, clause, words of the message
SHARES: list[Row] = [
    (
        FUNDING_2,
        "{lbhf: 30%, school: 10%, lottery: 30%, central: 10%, trust: 15%}",
        "shares_not_whole",
        AT_SHARES,
        ("less than a whole", "found 95% in all", "Give one funder 'the rest'"),
    ),
    (
        FUNDING_2,
        "{lbhf: 1/3, lottery: 1/3, trust: 35%}",
        "shares_not_whole",
        AT_SHARES,
        ("more than a whole", "found 61/60 (about 101.67%) in all"),
    ),
    (
        FUNDING_2,
        "{lbhf: 70%, school: 40%, trust: the rest}",
        "shares_not_whole",
        AT_SHARES,
        ("found 110% in all before 'the rest'",),
    ),
    (
        FUNDING_2,
        "{lbhf: 70%, school: 30%, trust: the rest}",
        "shares_not_whole",
        AT_SHARES,
        ("nothing is left for 'the rest'",),
    ),
    (
        FUNDING_2,
        "{lbhf: 70%, school: the rest, trust: the rest}",
        "two_rests",
        AT_SHARES,
        ("found school, trust",),
    ),
    (
        FUNDING_2,
        "{lbhf: 1/99991, school: 1/99989, trust: the rest}",
        "shares_too_fine",
        AT_SHARES,
        ("at most six decimals",),
    ),
    (
        "central: 10%",
        "centrl: 10%",
        "unknown_funder",
        f"{AT_SHARES} > centrl",
        ("there is no funder 'centrl'", "lbhf, school", "Did you mean 'central'?"),
    ),
    (
        "{trust: 75%",
        "{trusty: 75%",
        "unknown_funder",
        "tranches > mobilisation > by > trusty",
        ("Did you mean 'trust'?",),
    ),
]
MONEY: list[Row] = [
    (
        "price: 120.00",
        "price: 120.005",
        "too_fine",
        "",
        ("2 decimals of GBP", "120.005", "Write 120005 if", "price: 120005.00, paid_for: 1/1000"),
    ),
    ("currency: GBP", "currency: gbp", "unknown_currency", "currency", ("Did you mean 'GBP'?",)),
    ("[one_outcome,", "[one_outcom,", "unknown_milestone", "", ("one_outcome'?",)),
    ("[one_outcome,", "[consent, one_outcome,", "funded_twice", "", ("consent", "in entry 1")),
    ("for: [one_outcome,", "for: [two_outcomes, one_outcome,", "funded_twice", "", ("entry 2",)),
    (
        "for: [one_outcome, two_outcomes, three_outcomes]",
        "for: every milestone",
        "funded_twice",
        "",
        ("consent, sign_up, engaged_year_1, engaged_year_2",),
    ),
    (
        "for: [one_outcome, two_outcomes, three_outcomes]",
        "for: []",
        "funds_nothing",
        "",
        ("names no milestone", "every milestone"),
    ),
    ("for: [one_outcome,", "for: [every milestone, one_outcome,", "not_alone", "", ("alone",)),
    ("on: 2016-12-01", "on: 2026-12-01", "outside_term", "", ("2016-11-01 through 2019-03-31",)),
    ("{trust: 75%", "{school: 75%", "resolved_funder", "", ("cannot pay up-front",)),
    ("recovered: {at: 50%}", "recovered: {at: 0%}", "never_recovered", "", ("more than 0%",)),
    ("pay: ", "pay: 9", "up_front_beyond_limit", "tranches > mobilisation > pay", ("£924,000",)),
    ("{funder: lottery", "{funder: lotery", "unknown_funder", "", ("Did you mean 'lottery'?",)),
    ("{funder: trust}", "{funder: truss}", "unknown_funder", "", ("Did you mean 'trust'?",)),
    ("{funder: trust}", "{funder: school}", "resolved_funder", "", ("cannot take over",)),
    ("{funder: trust}", "{funder: lottery}", "circular_overflow", "", ("comes back to it",)),
    ("{contract: whole", "{milestone: consnt", "unknown_milestone", "", ("mean 'consent'?",)),
]
CONDITIONS: list[Row] = [
    ("{observed: consent", "{observed: consnt", "unknown_metric", "", ("mean 'consent'?",)),
    ("in: enrolment", "in: enrollment", "unknown_window", "", ("Did you mean 'enrolment'?",)),
    (
        "[baseline, end]",
        "[baseline, ende]",
        "unknown_window",
        f"{BETTER} > entry 1 > between > entry 2",
        (),
    ),
    ("when: one outcome", "when: one outcom", "unknown_condition", "", ("and 6 more",)),
    ("eligible: at risk", "eligible: at rsk", "unknown_condition", "", ("Did you mean",)),
    ("of: [wellbeing at risk,", "of: [at risk,", "circular_condition", "", ("refers to itself",)),
    ("after: consent", "after: consents", "unknown_milestone", "", ("Did you mean 'consent'?",)),
    ("after: consent", "after: sign_up", "circular_prerequisite", "", ("comes after itself",)),
    ("{observed: consent", "{observed: sdq", "wrong_metric_kind", "", ("of kind score", "event")),
    (
        "{share: specialist",
        "{share: link_worker",
        "wrong_metric_kind",
        f"{IN_YEAR_ONE} > entry 2 > share",
        ("'link_worker', of kind event", "of kind session"),
    ),
    ("{level: sdq", "{level: consent", "wrong_metric_kind", "", ("score or percentage",)),
    ("marked: attended", "marked: attnded", "unknown_mark", "", ("mean 'attended'?",)),
    (
        "{count: link_worker,",
        "{count: link_worker, marked: attended,",
        "unknown_mark",
        f"{IN_YEAR_ONE} > entry 1 > marked",
        ("only sessions have any",),
    ),
    ("at_least: 75%", "at_least: 0%", "always_met", "", ("more than 0%",)),
    (
        "at_least: 2\n    of: [wellbeing at risk, relationships at risk, ",
        "at_least: 9\n    of: [wellbeing at risk, relationships at risk, ",
        "cannot_be_met",
        "conditions > at risk > at_least",
        ("at least 9 of 6 is never met", "from 1 to 6"),
    ),
    ("is: at least 17}", "is: at least 47}", "threshold_outside_range", "", ("0 to 40",)),
    ("is: at least 17}", "is: at least 0}", "threshold_outside_range", "", ("same for every",)),
    ("is: at least 17}", "is: above 40}", "threshold_outside_range", "", ("same for every",)),
    ("is: at least 17}", "is: at least 17.5}", "finer_than_metric", "", ("whole numbers",)),
    ("is: below 92%", "is: below 92.25%", "finer_than_metric", "", ("allowed: 1 decimal",)),
    ("is: at least 17}", "is: at least 17%}", "percent_of_score", "", ("without the %",)),
    ("by: 5, ", "by: 0, ", "no_improvement", f"{BETTER} > entry 2 > by", ("at most 40",)),
    ("by: 5, ", "by: -1, ", "no_improvement", "", ("more than 0",)),
    ("by: 5, ", "by: 41, ", "cannot_be_met", "", ("wider than the metric's range",)),
    ("by: 5, ", "by: 5%, ", "percent_of_score", "", ("is a score",)),
]
PARTIES: list[Row] = [
    ("2016-11-01 through 2019", "2026-11-01 through 2019", "term_reversed", "", ("first day",)),
    ("2016-11-01 through", "1966-11-01 through", "term_too_far", "", ("1970-01-01",)),
    ("through 2019-03-31", "through 2219-03-31", "term_too_far", "", ("2149-06-06",)),
    (
        "effective_on: 2016-11-01",
        "effective_on: 2019-04-01",
        "effective_after_term",
        "version > effective_on",
        ("up to 2019-03-31",),
    ),
    ("start to 1 year", "2 years after start to 1 year", "window_reversed", "", ("earlier end",)),
    ("start to 1 year after start", "start to start", "window_reversed", "", ("through",)),
    ("start to 1 year after", "2025-01-01 to 1 year after", "window_reversed", "", ()),
    (
        "name: Philanthropic trust",
        "name: Central government outcomes fund",
        "same_name",
        "funders > trust > name",
        ("The other is 'central'",),
    ),
    ("each: school", "each: scool", "unknown_attribute", "", ("Did you mean 'school'?",)),
    ("{borough: [lbhf]}", "{boroughs: [lbhf]}", "unknown_attribute", "", ("mean 'borough'?",)),
    ("{borough: [lbhf]}", "{borough: [lbfh]}", "unknown_value", "", ("mean 'lbhf'?",)),
    ("[lbhf, rbkc]", "[lbhf, rbkc, lbhf]", "value_twice", "", ("listed twice",)),
    ("[attended, missed]", "[attended, missed, missed]", "mark_twice", "", ("listed twice",)),
    ("range: [0, 40], better: lower", "range: [40, 0], better: lower", "range_empty", "", ()),
    (
        "range: [0, 40], better: lower",
        "range: [0.5, 40], better: lower",
        "finer_than_metric",
        "",
        (),
    ),
    (
        "range: [0, 40], better: lower",
        f"range: [0, {2**30}], better: lower",
        "range_too_wide",
        "",
        (),
    ),
]
SHEETS: list[Row] = [
    ("started_on: Started", "startd_on: Started", "unknown_column", "", ("mean 'started_on'?",)),
    ("observed_on: Signed, ", "", "column_not_mapped", "", ("'observed_on'", "Add observed_on:")),
    ("borough: Borough, ", "", "column_not_mapped", "", ("'Children'", "'borough'")),
    ("{sdq: SDQ total", "{sdqq: SDQ total", "unknown_metric", "", ("Did you mean 'sdq'?",)),
    ("{specialist: Mark}", "{specialist: each row}", "each_row_needs_event", "", ("heading",)),
    (
        "    holds: participants\n",
        "    metrics: {consent: Yes}\n    holds: participants\n",
        "metrics_of_participants",
        "sheets > Children > metrics",
        ("a sheet of their own",),
    ),
]


@pytest.mark.parametrize(
    "row",
    SHARES + MONEY + CONDITIONS + PARTIES + SHEETS,
    ids=lambda row: f"{row[2]}: {row[1][:40]}",
)
def test_a_misfit_is_told_once_with_its_line_and_what_is_allowed(row: Row) -> None:
    old, new, code, clause, words = row
    (fault,) = faults_of(damaged((old, new)))
    assert (fault.code, fault.line) == (code, line_of(WHOLE, old)), str(fault)
    assert clause in ("", fault.clause)
    assert fault.clause
    assert fault.allowed or fault.hint
    for word in words:
        assert word in str(fault), str(fault)


EARLY = "  early: {pay: 1, on: 2016-12-01, by: {trust: 100%}, recovered: {at: 1/2}}"
# What needs more than one change: the changes, the text on the line, the code, words.
TOGETHER: list[tuple[list[tuple[str, str]], str, str, tuple[str, ...]]] = [
    (
        [
            ("of: [wellbeing at risk,", "of: [one outcome,"),
            ("of: [wellbeing b", "of: [at risk, wellbeing b"),
        ],
        "of: [at risk, wellbeing b",
        "circular_condition",
        ("'at risk' needs 'one outcome' needs 'at risk'",),
    ),
    (
        [("after: consent", "after: three_outcomes")],
        "  one_outcome:    {title",
        "circular_prerequisite",
        ("'sign_up' after 'three_outcomes' after 'two_outcomes'", "Take one of these"),
    ),
    (
        [("\nrounding:", "  - {contract: whole, at_most: 900000, beyond: unpaid}\n\nrounding:")],
        "  - {contract: whole, at_most: 900000,",
        "limit_order",
        ("Put it before them",),
    ),
    (
        [("\nrounding:", "  - {funder: lottery, at_most: 1, beyond: unpaid}\n\nrounding:")],
        "  - {funder: lottery, at_most: 1,",
        "limited_twice",
        ("The other is entry 2",),
    ),
    (
        [
            (
                "\nrounding:",
                "  - {funder: lbhf, at_most: 60000, beyond: {funder: lottery}}\n\nrounding:",
            )
        ],
        "  - {funder: lbhf, at_most: 60000",
        "overflow_order",
        ("Put the limit of 'lottery' after this one",),
    ),
    (
        [
            (
                "\nrounding:",
                "  - {funder: trust, at_most: 60000, beyond: {funder: lottery}}\n\nrounding:",
            )
        ],
        "  - {funder: trust, at_most: 60000",
        "circular_overflow",
        ("'lottery' passes on to 'trust' passes on to 'lottery'",),
    ),
    (
        [("  lottery: {name", "  unfunded: {name: Nobody, kind: other}\n  lottery: {name")],
        "  unfunded: {",
        "taken_name",
        ("the money that no funder pays",),
    ),
    (
        [("  lottery: {name", '  "school: Elm": {name: Elm, kind: school}\n  lottery: {name')],
        '  "school: Elm": {',
        "taken_name",
        ("how one of the funders 'school' is called",),
    ),
    (
        [
            ("school: text,", "school: text, row: text,"),
            ("school: School,", "school: School, row: Row,"),
        ],
        "school: text, row",
        "taken_name",
        ("Give the attribute another name",),
    ),
    (
        [("    holds: participants\n", "")],
        "sheets:  ",
        "participants_sheet",
        ("found none", "Write holds: participants"),
    ),
    (
        [("  Consents:\n", "  Consents:\n    holds: participants\n")],
        "sheets:  ",
        "participants_sheet",
        ("found Children, Consents",),
    ),
    (
        [(", maths: Maths}", "}")],
        "  maths:         {kind",
        "metric_not_delivered",
        ("no sheet delivers the metric 'maths'",),
    ),
    (
        [("[one_outcome, two_outcomes,", "[two_outcomes,")],
        "  one_outcome:    {title",
        "not_funded",
        ("nobody funds the milestone 'one_outcome'",),
    ),
    (
        [("{trust: 75%, lbhf: 25%}", "{trust: 1%, lottery: 99%}"), ("pay: ", "pay: 1")],
        "pay: 1",
        "up_front_beyond_limit",
        ("more than the limit of 'lottery'", "£122,760.00", "at most"),
    ),
    (
        [
            (
                "  mobilisation: {",
                f"{EARLY}\n  mobilisation: {{",
            ),
            ("at_most: 1", "at_most: 0"),
            ("pay: 2", "pay: 8"),
        ],
        "mobilisation: {",
        "up_front_beyond_limit",
        ("the limit of the whole contract", "£84,001.00 with this tranche"),
    ),
]


@pytest.mark.parametrize("case", TOGETHER, ids=lambda case: case[2])
def test_terms_that_do_not_go_together_are_told_once(
    case: tuple[list[tuple[str, str]], str, str, tuple[str, ...]],
) -> None:
    changes, at, code, words = case
    text = damaged(*changes)
    (fault,) = faults_of(text)
    assert (fault.code, fault.line) == (code, line_of(text, at)), str(fault)
    for word in words:
        assert word in str(fault), str(fault)


def test_a_window_between_a_date_and_the_start_is_fine_where_somebody_may_have_it() -> None:
    text = damaged(("start to 1 year after start", "2017-06-01 to 1 month after start"))
    assert parse_contract(text.encode(), name=NAME).windows["year one"].opens.fixed


def test_up_front_money_in_shares_of_no_whole_is_weighed_against_the_contract_alone() -> None:
    text = damaged(("{trust: 75%, lbhf: 25%}", "{trust: 75%, lottery: 75%}"), ("pay: ", "pay: 9"))
    told = [(fault.code, fault.clause) for fault in faults_of(text)]
    assert told == [
        ("shares_not_whole", "tranches > mobilisation > by"),
        ("up_front_beyond_limit", "tranches > mobilisation > pay"),
    ]


def test_every_circle_is_told_and_putting_those_right_leaves_none() -> None:
    text = damaged(
        ("after: consent", "after: [consent, sign_up, engaged_year_1]"),
        ("after: one_outcome", "after: [one_outcome, three_outcomes]"),
    )
    told = [(fault.code, fault.clause) for fault in faults_of(text)]
    assert told == [
        ("circular_prerequisite", "milestones > sign_up > after"),
        ("circular_prerequisite", "milestones > engaged_year_1 > after"),
        ("circular_prerequisite", "milestones > three_outcomes > after"),
    ]


def test_an_outcome_that_stands_twice_is_not_counted_as_two() -> None:
    old = "two outcomes:   {at_least: 2, of: [wellbeing better, relationships better"
    new = "two outcomes:   {at_least: 2, of: [wellbeing better, wellbeing better"
    [fault] = faults_of(damaged((old, new)))
    assert (fault.code, fault.line) == ("counted_twice", line_of(WHOLE, old))
    assert "stands twice" in fault.problem


@pytest.mark.parametrize(
    "of",
    [
        "{all: [{observed: consent, in: year one, clause: '1'}]},"
        " {all: [{observed: consent, in: year one, clause: '2'}]}",
        "consented, {observed: consent, in: year one}",
        "consented, agreed",
    ],
)
def test_nor_under_another_clause_or_another_name(of: str) -> None:
    said = "{observed: consent, in: year one}"
    terms = f"""
conditions: {{consented: {said}, agreed: {said}}}
milestones: {{both: {{when: {{at_least: 2, of: [{of}]}}, price: 1.00}}}}
"""
    with pytest.raises(ContractError) as refused:
        contract_of(terms)
    assert "counted_twice" in [fault.code for fault in refused.value.faults]
