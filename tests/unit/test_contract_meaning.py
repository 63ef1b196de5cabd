"""A contract whose terms do not fit together: what is told of each misfit, and where."""

from __future__ import annotations

import pytest
from tests.damaged_contracts import WHOLE, damaged, faults_of, line_of

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
        "{lbhf: 1/9973, school: 1/9967, trust: the rest}",
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
    ("price: 120.00", "price: 120.005", "too_fine", "", ("2 decimals of GBP", "120.005")),
    ("currency: GBP", "currency: gbp", "unknown_currency", "currency", ("Did you mean 'GBP'?",)),
    ("[one_outcome,", "[one_outcom,", "unknown_milestone", "", ("one_outcome'?",)),
    ("[one_outcome,", "[consent, one_outcome,", "funded_twice", "", ("consent", "in entry 1")),
    ("for: [one_outcome,", "for: [two_outcomes, one_outcome,", "funded_twice", "", ("entry 2",)),
    ("[one_outcome, two_outcomes, three_outcomes]}", "}", "", "", ()),
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
    ("name: Philanthropic trust", "name: West London Zone", "", "", ()),
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


def _is_harmless(row: Row) -> bool:
    return not row[2]


@pytest.mark.parametrize(
    "row",
    [row for row in SHARES + MONEY + CONDITIONS + PARTIES + SHEETS if row[2]],
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
