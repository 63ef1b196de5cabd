"""A contract whose shape is wrong: what is told of each kind of mistake, and where."""

from __future__ import annotations

import re

import pytest
from tests.damaged_contracts import NAME, WHOLE, damaged, faults_of, line_of

from impactbond.contract.read import parse_contract

Row = tuple[str, str, str, str, tuple[str, ...]]
# old text, new text (on the line where the fault is told), code, clause, words of the message
KEYS: list[Row] = [
    (
        "currency: GBP",
        "currency: GBP\nappendix: 3",
        "unknown_key",
        "appendix",
        ("unknown key 'appendix'", "milestones", "Take it out"),
    ),
    (
        "milestones:  ",
        "milestone:  ",
        "unknown_key",
        "milestone",
        ("Did you mean 'milestones'?",),
    ),
    (
        "kind: council}",
        "kind: council, address: Town Hall}",
        "unknown_key",
        "funders > lbhf > address",
        ("allowed: clause, name, kind, each",),
    ),
    (
        "price: 120.00",
        "prise: 120.00",
        "unknown_key",
        "milestones > consent > prise",
        ("Did you mean 'price'?",),
    ),
    (
        "{count: link_worker, in: year one, at_least",
        "{count: link_worker, in: year one, At_Least",
        "unknown_key",
        "conditions > highly engaged in year one > all > entry 1 > At_Least",
        ("Did you mean 'at_least'?",),
    ),
    (
        "beyond: {funder: trust}",
        "beyond: {fundr: trust}",
        "unknown_key",
        "limits > entry 2 > beyond > fundr",
        ("Did you mean 'funder'?",),
    ),
    (
        "{level: sdq, pick",
        "{levle: sdq, pick",
        "unknown_key",
        "conditions > wellbeing at risk > levle",
        ("Did you mean 'level'?",),
    ),
    (
        ", price: 120.00}",
        "}",
        "missing_key",
        "milestones > consent > price",
        ("the key 'price' is missing", "a number in digits"),
    ),
    (
        ", when: {observed: consent, in: enrolment}",
        "",
        "missing_key",
        "milestones > consent > when",
        ("the key 'when' is missing", "observed, count, share"),
    ),
    (
        "{observed: consent, in: enrolment}",
        "{observed: consent}",
        "missing_key",
        "milestones > consent > when > in",
        ("the key 'in' is missing", "the name of a window"),
    ),
    (
        "Philanthropic trust, kind: phil",
        "Philanthropic trust, kind phil",
        "no_colon",
        "funders > trust > kind philanthropy",
        ("'kind' stands without a colon", "Write kind: and then its value"),
    ),
    (
        "price: 120.00",
        "price: £1,450.50",
        "split_by_comma",
        "milestones > consent > price",
        ("'£1,450.50'", "without commas"),
    ),
    (
        "name: London Borough of Hammersmith & Fulham",
        "name: London Borough of Hammersmith, Fulham",
        "split_by_comma",
        "funders > lbhf > name",
        ("a comma splits", "quotation marks"),
    ),
]
KINDS: list[Row] = [
    ("price: 120.00", "price: 450 pounds", "wrong_kind", "", ("450 pounds", "Write 450 alone")),
    ("price: 120.00", 'price: "£1,450.50"', "wrong_kind", "", ("Write 1450.50 alone",)),
    ("price: 120.00", 'price: "450,00"', "wrong_kind", "", ("a point before any decimals",)),
    ("price: 120.00", "price: =450+10", "wrong_kind", "", ("not a formula",)),
    ("price: 120.00", "price: £450 / £500", "wrong_kind", "", ("Write one number",)),
    ("price: 120.00", "price: 0120", "wrong_kind", "", ("Write 120 alone",)),
    ("price: 120.00", "price: .inf", "wrong_kind", "", ("'.inf'",)),
    ("price: 120.00", "price: true", "wrong_kind", "", ("found true",)),
    ("price: 120.00", "price: 12%", "wrong_kind", "", ("'12%'", "Write digits")),
    ("price: 120.00", "price: [120, 130]", "wrong_kind", "", ("found a list of 2",)),
    ("price: 120.00", "price: {pounds: 120}", "wrong_kind", "", ("found the keys pounds",)),
    ("price: 120.00", "price: 2016-11-01", "wrong_kind", "", ("found the date 2016-11-01",)),
    ("price: 120.00", "price: ", "nothing_written", "", ("nothing is written here",)),
    ("price: 120.00", "price: -5", "not_allowed", "", ("below nothing", "found the number -5")),
    ("price: 120.00", f"price: {10**23}", "not_allowed", "", ("too large", "1,000,000,000,000")),
    ("price: 120.00", "price: 1e999999999", "not_allowed", "", ("too large",)),
    ("price: 120.00", "price: 1.00000000001", "not_allowed", "", ("too fine",)),
    ("at_least: 6}", "at_least: six}", "wrong_kind", "", ("a whole number", "Write digits")),
    ("at_least: 6}", "at_least: 6.5}", "wrong_kind", "", ("found the number 6.5",)),
    ("at_least: 6}", "at_least: 0}", "out_of_bounds", "", ("must be 1 or more",)),
    ("decimals: 1", "decimals: 9", "out_of_bounds", "", ("must be 4 or less",)),
    ("provider: West", "provider: 2016 #", "wrong_kind", "", ('quotation marks: "2016"',)),
    ("provider: West", "provider: # ", "nothing_written", "", ("a name or text",)),
    ("provider: West", "provider: '' #", "out_of_bounds", "", ("nothing is written here",)),
    ('["1", "2"', '[1, "2"', "wrong_kind", "", ("key_stage > entry 1", 'quotation marks: "1"')),
    ("school: text", "school: txt", "not_a_list_of_values", "", ("'txt'", "[north, south]")),
    ("repeats: true", "repeats: yes", "wrong_kind", "", ("'yes'", "the word true or false")),
    ("repeats: true", "repeats: on", "wrong_kind", "", ("'on'", "the word true or false")),
    ("each: school", "each: ", "nothing_written", "", ("take the key out",)),
    ("eligible: at risk", "eligible:", "nothing_written", "", ("nothing is written here",)),
    ("tranches:\n  mobil", "tranches:\n# mobil", "nothing_written", "", ("take the key out",)),
    ("between: [baseline, end]", "between: [end]", "out_of_bounds", "", ("exactly 2 entries",)),
    ("between: [baseline, end]", "between: end", "wrong_kind", "", ("brackets: [end]",)),
    ("{borough: [lbhf]}", "{borough: []}", "out_of_bounds", "", ("at least 1 entry",)),
]
WORDS: list[Row] = [
    (
        "kind: score, range: [0, 40]",
        "kind: scores, range: [0, 40]",
        "not_a_choice",
        "",
        ("score'?",),
    ),
    ("kind: score, range: [0, 40]", "range: [0, 40]", "not_a_metric", "", ("Write its kind",)),
    ("{kind: event}", "event", "not_a_metric", "", ("found the text 'event'",)),
    ("kind: council}", "kind: counsil}", "not_a_choice", "", ("Did you mean 'council'?",)),
    ("every: quarter", "every: quarterly", "not_a_choice", "", ("month, quarter, year",)),
    ("days_of: England", "days_of: UK", "not_allowed", "", ("'UK'", "England, Wales, Scotland")),
    ("holds: participants", "holds: people", "not_a_choice", "", ("participants, observations",)),
    ("better: lower", "better: less", "not_a_choice", "", ("higher, lower",)),
    ("{contract: whole", "{contract: all", "not_a_choice", "", ("allowed: whole",)),
    ("{contract: whole", "{everything: whole", "not_a_limit", "", ("milestone: or funder:",)),
    ("impactbond: 1", "impactbond: 2", "not_a_choice", "", ("found the number 2", "allowed: 1")),
    ("contract: wlz-lbhf", "contract: WLZ LBHF", "not_a_name", "", ("small letters, digits",)),
    ("odd_penny: in the", "odd_penny: not in the", "not_a_choice", "", ("only one thing",)),
    ("{funder: trust}", "trust", "not_a_beyond", "", ("Write unpaid",)),
    ("when: {observed: consent, in: enrolment}", "when: {}", "not_a_condition", "", ("no keys",)),
    ("when: one outcome", "when: 7", "not_a_condition", "", ("found the number 7", "Name one")),
    ("signed_on: 2016-11-01", "signed_on: 2016-13-01", "not_allowed", "", ("does not exist",)),
    ("on: 2016-12-01", "on: 2017-02-30", "not_allowed", "", ("'2017-02-30'", "does not exist")),
    ("on: 2016-12-01", "on: 01/12/2016", "wrong_kind", "", ("a date is needed", "2017-01-31")),
    ("on: 2016-12-01", "on: 2016-12-01 10:30:00", "wrong_kind", "", ("a date is needed",)),
    ("2016-11-01 through", "2016-11-01 to", "not_allowed", "", ("not a term", "through")),
    ("2016-11-01 through", "2016-11-31 through", "not_allowed", "", ("does not exist",)),
    ("within: 30 days", "within: 30", "not_allowed", "", ("not a length of time", "90 days")),
    ("month after the period", "month", "not_allowed", "", ("not a claim date",)),
    ("start to 1 year after", "the first year #", "not_allowed", "", ("not a window", "through")),
    ("start to 1 year after", "start to a year after", "not_allowed", "", ("length of time",)),
    ("start to 1 year after", "start to 9999 years after", "not_allowed", "", ("100 years",)),
    ("start to 1 year after start", "start to 2017-02-30", "not_allowed", "", ("not exist",)),
    ("start to 1 year after start", "start to June", "not_allowed", "", ("end of a window",)),
    ("is: at least 17", 'is: ">= 17"', "not_allowed", "", ("not a threshold", "at least 17")),
    ("is: at least 17", "is: 17", "not_allowed", "", ("not a threshold", "found the number 17")),
    ("is: at least 17", f"is: at least {10**30}", "not_allowed", "", ("not a threshold",)),
    ("by: 5, ", "by: a lot, ", "not_allowed", "", ("not a distance", "5%")),
    ("{lbhf: 30%", "{lbhf: 130%", "not_allowed", "", ("over the whole", "at most 100%")),
    ("{lbhf: 30%", "{lbhf: 30", "not_allowed", "", ("found the number 30", "30%", "the rest")),
    ("{lbhf: 30%", "{lbhf: -30%", "not_allowed", "", ("not a share",)),
    ("central: 1/9", "central: 1/0", "not_allowed", "", ("not a share",)),
    ("recovered: {at: 50%}", "recovered: {at: the rest}", "not_allowed", "", ("not a share",)),
]


@pytest.mark.parametrize("row", KEYS + KINDS + WORDS, ids=lambda row: f"{row[2]}: {row[1][:40]}")
def test_a_mistake_is_told_once_with_its_line_and_what_to_do(row: Row) -> None:
    old, new, code, clause, words = row
    (fault,) = faults_of(damaged((old, new)))
    line = line_of(WHOLE, old) + new.count("\n") - old.count("\n")
    assert (fault.code, fault.line) == (code, line), str(fault)
    assert clause in ("", fault.clause)
    assert fault.clause
    assert fault.allowed or fault.hint or code == "out_of_bounds"
    for word in words:
        assert word in str(fault), str(fault)


def test_a_key_that_is_missing_from_the_whole_is_told_at_its_top() -> None:
    (fault,) = faults_of(damaged(("title: West", "# title: West")))
    assert (fault.code, fault.line) == ("missing_key", line_of(WHOLE, "impactbond: 1"))
    assert (fault.clause, fault.problem) == ("title", "the key 'title' is missing")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("recovered: {at: 50%}", "recovered: {at: 1/3}"),
        ("on: 2016-12-01", 'on: "2016-12-01"'),
        ("price: 120.00", "price: 1.2e2"),
        ("price: 120.00", "price: 120"),
        ("after: consent", "after: [consent]"),
        ("is: at least 17", "is: at  least   17"),
        ("within: 90 days", "within: 1 year"),
        ("by: 5, ", "by: '5', "),
        ("by: 5%, ", "by: 5 %, "),
    ],
)
def test_what_means_the_same_is_read_too(old: str, new: str) -> None:
    assert parse_contract(damaged((old, new)).encode(), name=NAME).provider


def test_long_text_is_shortened_where_it_is_repeated() -> None:
    (fault,) = faults_of(damaged(("price: 120.00", f"price: {'many ' * 40}")))
    assert len(fault.found) < 80
    assert fault.found.endswith("…'")


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("{title: Parental consent", "{titel:", ["unknown_key", "nothing_written"]),
        ("consent:       {kind: event}", "consent: {kind: }", ["not_a_choice"]),
        ("consent:       {kind: event}", "consent: {}", ["not_a_metric"]),
    ],
)
def test_nothing_written_under_an_unclear_key_is_told(old: str, new: str, codes: list[str]) -> None:
    faults = faults_of(damaged((old, new)))
    assert sorted(fault.code for fault in faults) == sorted(codes)
    assert {fault.line for fault in faults} == {line_of(WHOLE, old)}


def test_a_misspelt_key_does_not_hide_what_stands_under_it() -> None:
    text = damaged(("milestones:  ", "milestone:  "), ("when: one outcome", "when: no outcome"))
    told = [(fault.line, fault.code) for fault in faults_of(text)]
    assert told == [
        (line_of(text, "milestone:  "), "unknown_key"),
        (line_of(text, "when: no outcome"), "unknown_condition"),
    ]


# a term in place of what pays or limits, where two kinds are told, which; words of the hint
TWO_KINDS = [
    ("{observed: consent, count: link_worker, in: enrolment, at_least: 3}", "count", "under all"),
    ("{all: [{observed: consent, in: enrolment}], any: [met six times]}", "any", "or any"),
    ("{level: sdq, pick: last, in: enrolment, is: below 9, observed: consent}", "level", "all"),
]


@pytest.mark.parametrize(("when", "second", "hint"), TWO_KINDS)
def test_no_half_of_a_condition_that_is_two_is_told_to_be_taken_out(
    when: str, second: str, hint: str
) -> None:
    """Without the second half a consent alone would pay."""
    wanted = "when: {observed: consent, in: enrolment}"
    (fault,) = faults_of(damaged((wanted, f"when: {when}")))
    assert fault.code == "two_kinds"
    assert fault.clause.endswith(f"when > {second}")
    assert hint in fault.hint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{funder: lottery, ", "{funder: lottery, milestone: consent, "),
        ("{contract: whole, ", "{contract: whole, milestone: consent, "),
    ],
)
def test_no_limit_that_is_two_loses_what_it_is_on(old: str, new: str) -> None:
    """Without `milestone` the limit would be on all that is paid."""
    (fault,) = faults_of(damaged((old, new)))
    assert fault.code == "two_kinds"
    assert "write each as an entry of its own" in fault.hint


def test_every_word_is_told_that_may_stand_in_the_place_of_a_wrong_one() -> None:
    fault = faults_of(damaged(("every: quarter", "every: term")))[0]
    assert fault.allowed == "month, quarter, year, listed"


@pytest.mark.parametrize("every", ["3 months", "2 weeks", "1 year"])
def test_no_hint_takes_a_length_of_time_for_a_number(every: str) -> None:
    units = f"units: {{rows: consent, in: enrolment, every: {every}}}, price: 120.00"
    (fault,) = (
        one for one in faults_of(damaged(("price: 120.00", units))) if "every" in one.clause
    )
    unit = every.split()[1].rstrip("s")
    assert fault.hint == f"No {unit}s can stand here, only a number of what is counted"


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("funding", "a list, each entry with the keys for, shares and if need be only, from, "),
        ("milestones", "names, each with the keys when, price and if need be clause, title, "),
        ("funders", "names, each with the keys name, kind and if need be clause, each, commits"),
        ("metrics", "names, each with kind: event, session, score, "),
        ("windows", "names with what they stand for"),
    ],
)
def test_a_missing_block_says_what_it_holds(part: str, told: str) -> None:
    text = re.sub(rf"(?m)^{part}:.*\n(?:[ #].*\n|\n)*", "", damaged())
    [allowed] = [fault.allowed for fault in faults_of(text) if fault.code == "missing_key"]
    assert allowed.startswith(told)


def test_a_bare_number_is_no_length_of_time() -> None:
    units = "units: {days: home, as: kin, in: enrolment, every: 7}, price: 120.00"
    (fault,) = (
        one for one in faults_of(damaged(("price: 120.00", units))) if "every" in one.clause
    )
    assert fault.found == "the number 7"
    assert fault.hint == "Write for example 90 days, 6 weeks, 3 months or 1 year"
