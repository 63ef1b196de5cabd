"""Limits, commitments and funding that could never be followed: what is told of each, and where."""

from __future__ import annotations

import pytest
from tests.damaged_contracts import NAME, damaged, faults_of
from tests.rich_contracts import RICH, rich_contract

from impactbond.contract.diagnostics.money import check_money
from impactbond.contract.read import parse_contract
from impactbond.contract.wording.render import render

WHOLE_LIMIT = '{contract: whole, at_most: 180000.00, beyond: unpaid, clause: "§9"}'
LOTTERY = '{funder: lottery, at_most: 30000.00, beyond: {funder: trust}, clause: "Sch 3 §3"}'
LOTTERY_HOME = "{name: The National Lottery Community Fund, kind: lottery}"
OF_OUTCOMES = "for: [one_outcome, two_outcomes, three_outcomes],"
FEES = "fees: {grant: {kind: grant, pay: 10, on: 2017-01-16}}\n\nfunding:  "
RESULTS = (
    "results: {gain: {measure: {claims: consent}, each: borough, pays: {each: 1, pays: 2}}}"
    "\n\nfunding:  "
)
OUTCOMES = "{lbhf: 30%, school: 10%, lottery: 30%, central: 10%, trust: the rest}"

# a limit in place of the limit on the contract, code, clause, words
LIMITS: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("{contract: whole, each: yaer, at_most: 9, beyond: unpaid}", "unknown_attribute", "each",
     ("year, period, participant, school", "Did you mean 'year'?")),
    ("{contract: whole, only: {boro: [lbhf]}, at_most: 9, beyond: unpaid}", "unknown_attribute",
     "only > boro", ("school, borough, key_stage",)),
    ("{contract: whole, only: {borough: [lbfh]}, at_most: 9, beyond: unpaid}", "unknown_value",
     "only > borough > entry 1", ("Did you mean 'lbhf'?",)),
    ("{contract: whole, only: {borough: [lbhf, lbhf]}, at_most: 9, beyond: unpaid}", "value_twice",
     "only > borough > entry 2", ("listed twice",)),
    ("{contract: whole, besides: consnt, at_most: 9, beyond: unpaid}", "unknown_milestone",
     "besides", ("Did you mean 'consent'?",)),
    ("{contract: whole, besides: [consent, sign_up, engaged_year_1, engaged_year_2, one_outcome,"
     " two_outcomes, three_outcomes], at_most: 9, beyond: unpaid}", "limits_nothing", "besides",
     ("leaves everything out",)),
    ("{milestone: [], at_most: 9, beyond: unpaid}", "limits_nothing", "milestone",
     ("names no milestone",)),
    ("{milestone: [consent, consent], at_most: 9, beyond: unpaid}", "named_twice",
     "milestone > entry 2", ("'consent' twice",)),
    ("{contract: whole, at_most: 99999, beyond: next year}", "no_next_year", "beyond",
     ("Add each: year",)),
    ("{contract: whole, each: year, at_most: 9 participants, beyond: next year}", "no_next_year",
     "beyond", ("on money or claims",)),
    ("{contract: whole, at_most: 40% of claims, beyond: unpaid}", "share_of_everything", "at_most",
     ("Add only:",)),
    ('{contract: whole, only: {key_stage: ["1", "2", "3", "4"]}, at_most: 40% of paid claims,'
     ' beyond: unpaid}', "share_of_everything", "only", ("so that nothing is",)),
    ("{contract: whole, at_most: commitment, beyond: unpaid}", "not_a_funder", "at_most",
     ("only a funder",)),
    ("{contract: whole, each: participant, at_most: 3 participants, beyond: unpaid}",
     "each_of_itself", "each", ("one participant",)),
    ("{contract: whole, at_most: 99999, first: in proportion, straddling: unpaid, beyond: unpaid}",
     "nothing_straddles", "straddling", ("in proportion",)),
    ("{contract: whole, at_most: 9 claims, straddling: unpaid, beyond: unpaid}",
     "nothing_straddles", "straddling", ("in number",)),
]  # fmt: skip
# a limit in place of the lottery's, code, clause, words
FUNDERS: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("{funder: lottery, at_most: 9 claims, beyond: unpaid}", "not_money", "at_most",
     ("9 claims", "an amount, or commitment")),
    ("{funder: lottery, at_most: commitment, beyond: unpaid}", "no_commitment", "at_most",
     ("'lottery' has committed nothing", "Add commits:")),
    ("{funder: lottery, at_most: 9, beyond: unpaid,"
     " released_when: {committed_by: [lbhf, trsut], at_least: 9}}", "unknown_funder",
     "committed_by > entry 2", ("Did you mean 'trust'?",)),
    ("{funder: lottery, at_most: 9, beyond: unpaid,"
     " released_when: {committed_by: [trust], at_least: 9}}", "never_released", "at_least",
     ("found 0 committed by the last claim date, 2019-04-30",)),
    ("{funder: lottery, at_most: 9, beyond: unpaid,"
     " released_when: {committed_by: [trust, trust], at_least: 0}}", "named_twice",
     "committed_by > entry 2", ("'trust' is named twice",)),
    ("{funder: lottery, at_most: 9, beyond: unpaid,"
     " released_when: {committed_by: [school], at_least: 0}}", "resolved_funder",
     "committed_by > entry 1", ("many funders",)),
]  # fmt: skip


@pytest.mark.parametrize("case", LIMITS, ids=lambda case: f"{case[1]}: {case[0][:60]}")
def test_a_limit_that_cannot_be_applied_is_told_where_it_stands(
    case: tuple[str, str, str, tuple[str, ...]],
) -> None:
    _assert_told((WHOLE_LIMIT, case[0]), case, "limits > entry 1")


@pytest.mark.parametrize("case", FUNDERS, ids=lambda case: f"{case[1]}: {case[0][-60:]}")
def test_a_limit_on_a_funder_that_cannot_be_followed_is_told_where_it_stands(
    case: tuple[str, str, str, tuple[str, ...]],
) -> None:
    _assert_told((LOTTERY, case[0]), case, "limits > entry 2")


def _assert_told(
    change: tuple[str, str], case: tuple[str, str, str, tuple[str, ...]], at: str
) -> None:
    _, code, clause, words = case
    (fault,) = faults_of(damaged(change))
    assert fault.code == code, str(fault)
    assert fault.clause.startswith(at)
    assert fault.clause.endswith(clause), fault.clause
    assert all(word in str(fault) for word in words), str(fault)


# changes, code, clause, words
TOGETHER: list[tuple[list[tuple[str, str]], str, str, tuple[str, ...]]] = [
    ([(WHOLE_LIMIT, f"{WHOLE_LIMIT}\n  - {WHOLE_LIMIT}")], "limited_twice", "limits > entry 2",
     ("counted alike", "The other is entry 1")),
    ([(WHOLE_LIMIT, "{milestone: [consent, sign_up], at_most: 9, beyond: unpaid}\n"
       "  - {milestone: [sign_up, consent], at_most: 8, first: highest price, beyond: unpaid}")],
     "limited_twice", "limits > entry 2", ("The other is entry 1",)),
    ([(LOTTERY_HOME, LOTTERY_HOME[:-1] + ", commits: [{from: 2017-01-01, amount: 30000}]}"),
      (LOTTERY, "{funder: lottery, each: year, at_most: commitment, beyond: unpaid}")],
     "commitment_in_all", "limits > entry 2 > each", ("in all",)),
    ([(LOTTERY_HOME, LOTTERY_HOME[:-1]
       + ", commits: [{from: 2017-01-01, amount: 3}, {from: 2016-01-01, amount: 4}]}")],
     "commitment_order", "funders > lottery > commits > entry 2 > from", ("order of their days",)),
    ([(LOTTERY_HOME, LOTTERY_HOME[:-1]
       + ", commits: [{from: 2017-01-01, amount: 3000}, {from: 2018-01-01, amount: 2000}]}")],
     "commitment_falls", "funders > lottery > commits > entry 2 > amount",
     ("found 2,000 after 3,000",)),
    ([(LOTTERY_HOME, LOTTERY_HOME[:-1] + ", sees: {each: lbhf}}")],
     "sees_only_one", "funders > lottery > sees > each", ("Name a funder with each:",)),
    ([(LOTTERY_HOME, LOTTERY_HOME[:-1] + ", commits: [{from: 2017-01-01, amount: 3}]}"),
      (LOTTERY, "{funder: lottery, at_most: 9, beyond: unpaid,"
                " released_when: {committed_by: [lottery], at_least: 0.001}}")],
     "too_fine", "limits > entry 2 > released_when > at_least", ("2 decimals",)),
    ([(LOTTERY_HOME, LOTTERY_HOME[:-1] + ", commits: [{from: 2017-01-01, amount: 0.001}]}")],
     "too_fine", "funders > lottery > commits > entry 1 > amount", ("2 decimals",)),
    ([("school: text,", "school: text, year: text,"),
      ("school: School,", "school: School, year: Y,"),
      (WHOLE_LIMIT, "{contract: whole, each: year, at_most: 9, beyond: unpaid}")],
     "each_unclear", "limits > entry 1 > each", ("'year' is an attribute",)),
    # what is of no participant
    ([("funding:  ", FEES), (WHOLE_LIMIT, "{milestone: [grant, consent], at_most: 9 claims,"
                             " beyond: unpaid}"),
      (OF_OUTCOMES, "for: [grant, one_outcome, two_outcomes, three_outcomes],"),
      (OUTCOMES, "{trust: 100%}")],
     "of_no_participant", "limits > entry 1 > milestone > entry 1", ("'grant'",)),
    ([("funding:  ", FEES), (OF_OUTCOMES, "for: every milestone,"),
      ("for: [consent, sign_up,", "only: {borough: [lbhf]}, for: [consent, sign_up,")],
     "resolved_funder", "funding > entry 2 > shares > school", ("'grant' is of no participant",)),
    ([("funding:  ", RESULTS), (OF_OUTCOMES, "for: every milestone,"),
      ("for: [consent, sign_up,", "only: {borough: [lbhf]}, for: [consent, sign_up,")],
     "resolved_funder", "funding > entry 2 > shares > school", ("'gain' is of no participant",)),
    # who pays, for whom and when
    ([(OF_OUTCOMES, f"only: {{borough: [lbhf]}}, {OF_OUTCOMES}")], "not_funded",
     "milestones > one_outcome", ("'one_outcome'", "nobody for borough rbkc")),
    ([(OF_OUTCOMES, f"only: {{school: [Elm, Oak]}}, {OF_OUTCOMES}")], "not_funded",
     "milestones > one_outcome", ("nobody for school any other",)),
    ([(OF_OUTCOMES, f"from: 2017-01-01, {OF_OUTCOMES}")], "not_funded",
     "milestones > one_outcome", ("nobody for from 2016-11-01 through 2016-12-31",)),
    ([(OF_OUTCOMES, f"only: {{borough: [rbkc]}}, through: 2017-12-31, {OF_OUTCOMES}"),
      (OUTCOMES, f"{OUTCOMES}}}\n  - {{from: 2017-12-01, only: {{borough: [rbkc]}}, {OF_OUTCOMES} "
                 f"shares: {OUTCOMES}}}\n  - {{{OF_OUTCOMES} shares: {OUTCOMES}")],
     "dates_overlap", "funding > entry 3", ("found from 2017-12-01 through 2017-12-31",)),
    ([(OF_OUTCOMES, f"from: 2017-12-31, through: 2017-01-01, {OF_OUTCOMES}"),
      (OUTCOMES, f"{OUTCOMES}}}\n  - {{{OF_OUTCOMES} shares: {OUTCOMES}")],
     "dates_reversed", "funding > entry 2 > through", ("ends before it starts",)),
    ([(OF_OUTCOMES, f"from: 2027-12-31, {OF_OUTCOMES}"),
      (OUTCOMES, f"{OUTCOMES}}}\n  - {{{OF_OUTCOMES} shares: {OUTCOMES}")],
     "never_applies", "funding > entry 2 > for", ("its days must meet the term",)),
    ([(OF_OUTCOMES, f"{OF_OUTCOMES}"),
      (OUTCOMES, f"{OUTCOMES}}}\n  - {{only: {{borough: [lbhf]}}, for: one_outcome, "
                 f"shares: {OUTCOMES}")],
     "funded_twice", "funding > entry 3 > for", ("one_outcome", "Put it before entry 2")),
    ([(OF_OUTCOMES, f"only: {{borough: [lbhf]}}, {OF_OUTCOMES}"),
      (OUTCOMES, f"{OUTCOMES}}}\n  - {{only: {{borough: [rbkc]}}, {OF_OUTCOMES}"
                 f" shares: {OUTCOMES}}}\n  - {{{OF_OUTCOMES} shares: {OUTCOMES}")],
     "funded_twice", "funding > entry 4 > for", ("Also in entry 2, entry 3",)),
]  # fmt: skip


@pytest.mark.parametrize("case", TOGETHER, ids=lambda case: f"{case[1]}: {case[2]}")
def test_money_terms_that_do_not_go_together_are_told_where_they_stand(
    case: tuple[list[tuple[str, str]], str, str, tuple[str, ...]],
) -> None:
    changes, code, clause, words = case
    faults = faults_of(damaged(*changes))
    assert {fault.code for fault in faults} == {code}, faults
    assert faults[0].clause == clause
    assert all(word.lower() in str(faults[0]).lower() for word in words), str(faults[0])


FIT = [
    "{contract: whole, each: year, at_most: 9, beyond: next year}\n"
    "  - {contract: whole, at_most: 99999, beyond: unpaid}\n"
    "  - {contract: whole, at_most: 9 claims, beyond: unpaid}",
    "{milestone: [consent, sign_up], each: school, at_most: 9 claims, beyond: unpaid}\n"
    "  - {milestone: consent, at_most: 9 claims, beyond: unpaid}",
    "{contract: whole, only: {borough: [rbkc]}, at_most: 40% of claims, beyond: unpaid}",
]


@pytest.mark.parametrize("limits", FIT)
def test_limits_that_are_told_apart_fit_together(limits: str) -> None:
    read = parse_contract(damaged((WHOLE_LIMIT, limits)).encode(), name=NAME)
    assert len(read.limits) == limits.count("at_most") + 1


def test_entries_for_some_and_an_entry_for_the_rest_fund_everybody() -> None:
    some = f"only: {{borough: [rbkc]}}, from: 2018-01-01, {OF_OUTCOMES}"
    rest = f"{OUTCOMES}}}\n  - {{{OF_OUTCOMES} shares: {{trust: 100%}}"
    read = parse_contract(damaged((OF_OUTCOMES, some), (OUTCOMES, rest)).encode(), name=NAME)
    assert [rule.only for rule in read.fundings_of("one_outcome")] == [{"borough": ("rbkc",)}, {}]


def test_entries_that_exhaust_the_values_and_the_days_fund_everybody() -> None:
    first = f"only: {{borough: [rbkc]}}, through: 2017-12-31, {OF_OUTCOMES}"
    then = f"{OUTCOMES}}}\n  - {{only: {{borough: [rbkc]}}, from: 2018-01-01, {OF_OUTCOMES}"
    other = f" shares: {{trust: 100%}}}}\n  - {{only: {{borough: [lbhf]}}, {OF_OUTCOMES}"
    text = damaged((OF_OUTCOMES, first), (OUTCOMES, f"{then}{other} shares: {OUTCOMES}"))
    assert len(parse_contract(text.encode(), name=NAME).funding) == 4


@pytest.mark.parametrize(
    ("written", "finer", "path"),
    [
        ("ann: 500.00", "ann: 500.001", ("investment", "classes", "senior", "commits", "ann")),
        (
            "03-01, amount: 300.00",
            "03-01, amount: 300.001",
            ("investment", "classes", "senior", "drawn", 1, "amount"),
        ),
    ],
)
def test_no_amount_of_an_investment_is_finer_than_the_currency(
    written: str, finer: str, path: tuple[str | int, ...]
) -> None:
    assert RICH.count(written) == 1
    told = [one for one in check_money(rich_contract()) if one.path == path]
    assert told == []
    faults = [one for one in check_money(rich_contract(RICH.replace(written, finer)))]
    assert [one.fault.code for one in faults if one.path == path] == ["too_fine"]


def test_no_amount_that_an_example_expects_is_finer_than_the_currency() -> None:
    faults = faults_of(damaged(("{consent: 120.00, sign_up", "{consent: 120.005, sign_up")))
    assert [(fault.code, fault.clause) for fault in faults] == [
        ("too_fine", "examples > entry 1 > expect > 2017-Q1 > consent")
    ]


@pytest.mark.parametrize(
    ("pays", "said"),
    [
        ("{each: 1, pays: 0.333}", "£0.333"),
        ("{each: 1, pays: 2, at_most: 1210.005}", "£1,210.005"),
        ("{each: 1, pays: 2, at_least: 0.005}", "£0.005"),
        ("{slides: [{at: 0, pays: 0}, {at: 5, pays: 10.005}]}", "£10.005"),
        ("{each: 1, pays: 0.3}", "£0.30"),
    ],
)
def test_a_rate_may_be_finer_than_the_currency_and_is_told_as_it_is(pays: str, said: str) -> None:
    result = f"results: {{gain: {{measure: {{claims: consent}}, pays: {pays}}}}}"
    funded = f"{result}\n\nfunding:  \n  - {{for: gain, shares: {{trust: 100%}}}}"
    read = parse_contract(damaged(("funding:  ", funded)).encode(), name=NAME)
    assert said in render(read)
