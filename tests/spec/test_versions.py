"""Versions: an amendment or a correction is a whole new contract, and nothing closed is rewritten.

In the base contract 2017-Q1 is claimed on 2017-04-30, Q2 on 07-31, Q3 on 10-31, Q4 on 2018-01-31.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.spec.drawn_tables import (
    THE_END,
    amended,
    due_of,
    evidence_of,
    lines_of,
    paid,
    rows,
    versions_of,
)
from tests.spec.test_earlier import tables

from impactbond.contract.versions import Versions
from impactbond.errors import ContractError, SettlementError
from impactbond.evidence.read import read_evidence
from impactbond.explanation.explain import explain, explain_each, explain_line
from impactbond.records.record import read_record, write_record
from impactbond.records.regenerate import regenerate
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement
from impactbond.statements.source import statement_source
from impactbond.statements.write import statement_files

ORIGINAL = """
version: {number: 1, kind: original, signed_on: 2016-12-01, effective_on: 2017-01-01}
"""
FROM_MAY = "version: {number: 2, kind: amendment, signed_on: 2017-05-15, effective_on: 2017-05-01}"
DEARER = "milestones: {consent: {when: {observed: consent, in: year one}, price: 150.00}}"
PUT_RIGHT = (
    "version: {number: 2, kind: correction, signed_on: 2017-05-15, effective_on: 2017-01-01}"
)
CONSENTS = """
    child | metric  | on         | recorded   | value
    c1    | consent | 2017-02-01 | 2017-02-01 | yes
    c2    | consent | 2017-03-01 | 2017-07-01 | yes
    c3    | consent | 2017-06-10 | 2017-06-10 | yes
"""


def under(*later: str, first: str = ORIGINAL) -> Versions:
    return versions_of(first, *later)


def decided(settlement: Settlement) -> dict[str, Any]:
    return {
        f"{row['participant']} {row['milestone']}": row["achieved_on"] or row["reason"]
        for row in settlement.decisions_table.to_pylist()
    }


@pytest.mark.mechanic(62, 63)
@pytest.mark.parametrize("governs", ["milestones achieved", "participants started", "claims made"])
def test_versions_settle_evidence_that_stays_in_files_as_they_settle_it_in_memory(
    governs: str, tmp_path: Path
) -> None:
    terms = f"governs: {governs}"
    versions = under(f"{FROM_MAY}\n{DEARER}\n{terms}", first=f"{ORIGINAL}\n{terms}")
    evidence = evidence_of(CONSENTS, versions)
    pq.write_table(evidence.observations_table, tmp_path / "seen.parquet")
    source = {"participants": evidence.participants_table, "observations": tmp_path}
    resting = read_evidence(source, versions, values="as held")
    at_once, from_files = (settle(versions, one, as_of=THE_END) for one in (evidence, resting))
    assert from_files.lines_table.num_rows
    assert tables(from_files) == tables(at_once)


@pytest.mark.mechanic(62, 63)
def test_an_amendment_governs_what_is_achieved_from_its_effective_day() -> None:
    # c2's consent of March came in July: it is paid at the price of March.
    versions = under(f"{FROM_MAY}\n{DEARER}")
    assert lines_of(amended(versions, CONSENTS)) == rows("""
        claimed | kind       | child | milestone | achieved | because  | value  | withheld
        2017-Q1 | claim      | c1    | consent   | 2017-Q1  | achieved | 100.00 | 0.00
        2017-Q2 | adjustment | c2    | consent   | 2017-Q1  | achieved | 100.00 | 0.00
        2017-Q2 | claim      | c3    | consent   | 2017-Q2  | achieved | 150.00 | 0.00
    """)


@pytest.mark.mechanic(62)
@pytest.mark.parametrize(
    ("governs", "expected"),
    [
        ("milestones achieved", ["100.00", "100.00", "150.00"]),
        ("participants started", ["100.00", "100.00", "100.00"]),
        ("claims made", ["100.00", "150.00", "150.00"]),
    ],
)
def test_which_version_governs_is_a_term(governs: str, expected: list[str]) -> None:
    # All three started in January; c2's claim is made in July, for an achievement of March.
    versions = under(f"{FROM_MAY}\n{DEARER}", first=f"{ORIGINAL}\ngoverns: {governs}")
    values = {line["child"]: line["value"] for line in lines_of(amended(versions, CONSENTS))}
    assert [values[child] for child in ("c1", "c2", "c3")] == expected


@pytest.mark.mechanic(116)
def test_a_correction_puts_right_what_was_paid_as_adjustment_lines() -> None:
    versions = under(f"{PUT_RIGHT}\n{DEARER}")
    settlement = amended(versions, CONSENTS)
    assert lines_of(settlement) == rows("""
        claimed | kind       | child | milestone | achieved | because        | value   | withheld
        2017-Q1 | claim      | c1    | consent   | 2017-Q1  | achieved       | 100.00  | 0.00
        2017-Q2 | adjustment | c1    | consent   | 2017-Q1  | terms replaced | -100.00 | 0.00
        2017-Q2 | adjustment | c1    | consent   | 2017-Q1  | terms replaced | 150.00  | 0.00
        2017-Q2 | adjustment | c2    | consent   | 2017-Q1  | achieved       | 150.00  | 0.00
        2017-Q2 | claim      | c3    | consent   | 2017-Q2  | achieved       | 150.00  | 0.00
    """)
    assert due_of(settlement) == {
        "2017-Q1": {"council": "100.00"},
        "2017-Q2": {"council": "350.00"},
    }


@pytest.mark.mechanic(62)
def test_a_claim_taken_back_with_a_new_limit_names_no_limit_that_never_withheld_from_it() -> None:
    limit = "limits: [{{contract: whole, at_most: {}.00, beyond: unpaid}}]"
    taken_back = """
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | a   |
        c2    | consent | 2017-02-01 | 2017-02-01 | yes   | b   |
        c2    | consent | 2017-02-01 | 2017-06-01 | no    | c   | b
    """
    lower = under(f"{FROM_MAY}\n{limit.format(150)}", first=f"{ORIGINAL}\n{limit.format(300)}")
    last = amended(lower, taken_back, "2017-07-31").lines_table.to_pylist()[-1]
    assert (last["participant"], last["because"], last["entitled_pence"]) == (
        "c2", "taken back", -10000
    )  # fmt: skip
    assert (last["withheld_pence"], last["withheld_by"]) == (0, "")


@pytest.mark.mechanic(105)
def test_a_dispute_that_comes_with_a_new_version_is_not_put_down_to_its_terms() -> None:
    disputed = """
        child | metric  | on         | recorded   | value | ref | replaces | status
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | a   |          |
        c1    | consent | 2017-02-01 | 2017-06-01 | yes   | b   | a        | disputed
    """
    found = lines_of(amended(under(f"{FROM_MAY}\n{DEARER}"), disputed, "2017-07-31"))
    assert found == rows("""
        claimed | kind       | child | milestone | achieved | because    | value   | withheld
        2017-Q1 | claim      | c1    | consent   | 2017-Q1  | achieved   | 100.00  | 0.00
        2017-Q2 | adjustment | c1    | consent   | 2017-Q1  | in dispute | -100.00 | 0.00
        2017-Q2 | adjustment | c1    | consent   | 2017-Q1  | in dispute | 100.00  | 100.00
    """)


@pytest.mark.mechanic(62, 105)
def test_a_dispute_does_not_make_a_claim_anew_under_the_version_then_in_force() -> None:
    governs = "governs: claims made"
    disputed = """
        child | metric  | on         | recorded   | value | ref | replaces | status
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | a   |          |
        c1    | consent | 2017-02-01 | 2017-06-01 | yes   | b   | a        | disputed
    """
    versions = under(f"{FROM_MAY}\n{DEARER}\n{governs}", first=f"{ORIGINAL}\n{governs}")
    settlement = amended(versions, disputed, "2017-07-31")
    assert [line["value"] for line in lines_of(settlement)] == ["100.00", "-100.00", "100.00"]
    told = explain(settlement, participant="c1").text
    assert "consent, £100.00\n" in told
    assert "version: 1, original" in told


@pytest.mark.mechanic(63)
def test_a_milestone_can_be_added_and_removed_from_a_day() -> None:
    # Sheffield's sign-up metric came with a variation from a day: what was reached before is not
    # paid, whenever the evidence comes; a milestone that is removed is paid up to that day.
    other = "milestones: {sign_up: {when: {observed: agreement, in: year one}, price: 40.00}}"
    drawn = """
        child | metric    | on         | recorded   | value
        c1    | consent   | 2017-04-30 | 2017-06-30 | yes
        c2    | consent   | 2017-05-01 | 2017-06-30 | yes
        c3    | agreement | 2017-04-30 | 2017-06-30 | yes
        c4    | agreement | 2017-05-01 | 2017-06-30 | yes
    """
    settlement = amended(under(f"{FROM_MAY}\n{other}"), drawn, "2017-07-31")
    assert [(line["child"], line["value"]) for line in lines_of(settlement)] == [
        ("c1", "100.00"),
        ("c4", "40.00"),
    ]
    found = decided(settlement)
    assert (found["c2 consent"], found["c3 sign_up"]) == ("another_version", "another_version")


@pytest.mark.mechanic(84)
def test_a_commitment_that_grows_pays_what_was_beyond_it() -> None:
    # Three consents at £100.00; the lottery pays up to £150.00, then up to £250.00.
    limit = "limits: [{funder: lottery, at_most: %s, beyond: unpaid}]"
    funding = "funding: [{for: every milestone, shares: {lottery: 100%}}]"
    first = f"{ORIGINAL}\n{funding}\n{limit % '150.00'}"
    drawn = """
        child    | metric  | on         | value
        c1 c2 c3 | consent | 2017-02-01 | yes
        c4       | consent | 2018-02-01 | yes
    """
    versions = under(f"{FROM_MAY}\n{limit % '250.00'}", first=first)
    assert due_of(amended(versions, drawn)) == {
        "2017-Q1": {"lottery": "150.00"},
        "2017-Q2": {"lottery": "100.00"},
    }


@pytest.mark.mechanic(84)
def test_a_limit_that_is_lowered_takes_back_what_was_paid_above_it() -> None:
    limit = "limits: [{contract: whole, at_most: %s, beyond: unpaid}]"
    first = f"{ORIGINAL}\n{limit % '250.00'}"
    drawn = """
        child    | metric  | on         | value
        c1 c2 c3 | consent | 2017-02-01 | yes
    """
    settlement = amended(under(f"{FROM_MAY}\n{limit % '180.00'}", first=first), drawn)
    assert due_of(settlement) == {
        "2017-Q1": {"council": "250.00"},
        "2017-Q2": {"council": "-70.00"},
    }
    moved = settlement.lines_table.to_pylist()[3:]
    assert [(row["participant"], row["because"], row["withheld_by"]) for row in moved] == [
        ("c2", "terms replaced", "contract"),
        ("c3", "terms replaced", "contract"),
    ]


@pytest.mark.mechanic(120)
def test_a_contract_that_is_ended_early_stops_at_its_new_last_day() -> None:
    # Ended on 2017-08-15: what was achieved by then is claimed a month later, and nothing after.
    ended = """
    version: {number: 2, kind: amendment, signed_on: 2017-07-20, effective_on: 2017-07-20}
    calendar: {term: 2017-01-01 through 2017-08-15}
    """
    drawn = """
        child | metric  | on         | value
        c1    | consent | 2017-06-01 | yes
        c2    | consent | 2017-08-15 | yes
        c3    | consent | 2017-08-16 | yes
    """
    settlement = amended(under(ended), drawn)
    assert [str(claim.known_by) for claim in settlement.claim_dates] == [
        "2017-04-30",
        "2017-07-31",
        "2017-09-15",
    ]
    assert due_of(settlement) == {
        "2017-Q2": {"council": "100.00"},
        "2017-Q3": {"council": "100.00"},
    }
    assert decided(settlement)["c3 consent"] == "outside_term"


EVERYTHING = f"""
{ORIGINAL}
milestones:
  consent: {{when: {{observed: consent, in: year one}}, price: 100.00}}
  sign_up: {{after: consent, when: {{observed: agreement, in: year one}}, price: 333.33}}
funding: [{{for: every milestone, shares: {{council: 1/3, school: 1/3, lottery: the rest}}}}]
tranches:
  start-up:
    {{pay: 100.01, on: 2017-01-16, by: {{council: 1/2, lottery: 1/2}}, recovered: {{at: 1/3}}}}
limits:
  - {{contract: whole, at_most: 1000.00, beyond: unpaid}}
  - {{funder: lottery, at_most: 250.00, beyond: {{funder: trust}}}}
"""
AMENDED = f"""
{FROM_MAY}
funding: [{{for: every milestone, shares: {{council: 1/4, trust: 1/4, lottery: the rest}}}}]
milestones:
  consent: {{when: {{observed: consent, in: year one}}, price: 77.77}}
  sign_up: {{after: consent, when: {{observed: agreement, in: year one}}, price: 222.22}}
  assessed: {{when: {{observed: assessed, in: year one}}, price: 11.11}}
limits:
  - {{contract: whole, at_most: 800.00, beyond: unpaid}}
  - {{milestone: sign_up, at_most: 500.00, beyond: unpaid}}
  - {{funder: lottery, at_most: 200.00, beyond: {{funder: council}}}}
calendar: {{payment: {{within: 20 days, working_days_of: England}}}}
"""
CORRECTED = """
version: {number: 3, kind: correction, signed_on: 2017-09-15, effective_on: 2017-05-01}
milestones:
  consent: {when: {observed: consent, in: year one}, price: 88.88}
  sign_up: {after: consent, when: {observed: agreement, in: year one}, price: 222.22}
  assessed: {when: {observed: assessed, in: year one}, price: 11.11}
"""
EVENTFUL = """
    child | start      | from       | recorded   | school
    c1    | 2017-01-09 | 2017-01-09 | 2017-01-09 | Elm
    c1    | 2017-01-09 | 2017-03-01 | 2017-08-02 | Oak
    c2 c3 | 2017-01-09 | 2017-01-09 | 2017-01-09 | Oak
    ---
    child | metric    | on         | recorded   | value | ref | replaces
    c1    | consent   | 2017-02-01 | 2017-02-01 | yes   | r1  |
    c2    | consent   | 2017-05-03 | 2017-05-05 | yes   | r2  |
    c3    | consent   | 2017-02-02 | 2017-02-03 | yes   | r3  |
    c1    | agreement | 2017-03-08 | 2017-04-08 | yes   | r4  |
    c2    | agreement | 2017-05-08 | 2017-05-08 | yes   | r5  |
    c3    | agreement | 2017-05-09 | 2017-09-10 | yes   | r6  |
    c1    | assessed  | 2017-08-09 | 2017-08-10 | yes   | r8  |
    c3    | consent   | 2017-02-02 | 2017-08-03 | no    | r7  | r3
    c3    | consent   | 2017-06-02 | 2017-11-03 | yes   | r9  |
"""
DATES = ("2017-04-30", "2017-07-31", "2017-10-31", "2018-01-31")


@pytest.mark.mechanic(116)
@pytest.mark.parametrize("governs", ["milestones achieved", "participants started", "claims made"])
@pytest.mark.parametrize("cut", DATES[:3])
def test_claim_dates_folded_one_after_another_are_the_same_as_all_at_once(
    governs: str, cut: str
) -> None:
    versions = versions_of(f"{EVERYTHING}\ngoverns: {governs}", AMENDED, CORRECTED)
    at_once = amended(versions, EVENTFUL, DATES[3])
    earlier = amended(versions, EVENTFUL, cut)
    assert tables(amended(versions, EVENTFUL, DATES[3], earlier)) == tables(at_once)
    # What was settled before stays settled, to the byte.
    for before, after in zip(tables(earlier), tables(at_once), strict=True):
        assert after[: len(before)] == before  # type: ignore[arg-type,index]
    for row in at_once.balances_table.to_pylist():
        owed = row["entitled_pence"] + row["on_account_pence"]
        assert owed == row["settled_pence"] + row["due_pence"] + row["withheld_pence"]


@pytest.mark.mechanic(116)
def test_a_version_changes_nothing_before_it_is_signed() -> None:
    for fewer, as_of in ((1, DATES[0]), (2, DATES[1])):
        known = versions_of(EVERYTHING, *(AMENDED, CORRECTED)[: fewer - 1])
        every = versions_of(EVERYTHING, AMENDED, CORRECTED)
        assert tables(amended(every, EVENTFUL, as_of)) == tables(amended(known, EVENTFUL, as_of))
        # And what was settled under fewer versions is carried on under more.
        earlier = amended(known, EVENTFUL, as_of)
        assert tables(amended(every, EVENTFUL, DATES[3], earlier)) == tables(
            amended(every, EVENTFUL, DATES[3])
        )


def test_one_version_settles_as_its_contract_does() -> None:
    versions = versions_of(EVERYTHING)
    alone = settle(versions.all[0], evidence_of(EVENTFUL, versions), as_of=DATES[3])
    assert tables(amended(versions, EVENTFUL, DATES[3])) == tables(alone)


def test_a_version_signed_by_then_cannot_be_left_out_of_an_earlier_settlement() -> None:
    earlier = amended(versions_of(EVERYTHING), EVENTFUL, DATES[1])
    with pytest.raises(SettlementError, match="another contract"):
        amended(versions_of(EVERYTHING, AMENDED), EVENTFUL, DATES[2], earlier)
    under_both = amended(versions_of(EVERYTHING, AMENDED), EVENTFUL, DATES[1])
    alone = versions_of(EVERYTHING).all[0]
    evidence = evidence_of(EVENTFUL, alone)
    with pytest.raises(SettlementError, match="another contract"):
        settle(alone, evidence, as_of=DATES[2], earlier=under_both)


def numbered(number: int, kind: str, signed_on: str, effective_on: str) -> str:
    dates = f"signed_on: {signed_on}, effective_on: {effective_on}"
    return f"version: {{number: {number}, kind: {kind}, {dates}}}"


@pytest.mark.parametrize(
    ("later", "code"),
    [
        (numbered(3, "amendment", "2017-05-15", "2017-05-01"), "number_gap"),
        (numbered(1, "amendment", "2017-05-15", "2017-05-01"), "number_gap"),
        (numbered(2, "original", "2017-05-15", "2017-05-01"), "second_original"),
        (numbered(2, "amendment", "2016-05-15", "2017-05-01"), "signed_before"),
        (numbered(2, "amendment", "2017-05-15", "2016-05-01"), "effective_before"),
        (numbered(2, "correction", "2017-05-15", "2017-05-01"), "correction_moves"),
        (numbered(2, "amendment", "2019-05-15", "2018-05-01"), "signed_too_late"),
        (f"{FROM_MAY}\ncontract: another", "other_contract"),
        (f"{FROM_MAY}\nprovider: Another", "other_provider"),
        (f"{FROM_MAY}\ncurrency: EUR", "other_currency"),
        (f"{FROM_MAY}\ncalendar: {{claims: {{every: month}}}}", "other_periods"),
        (f"{FROM_MAY}\ncalendar: {{term: 2017-02-01 through 2018-12-31}}", "other_periods"),
        (f"{FROM_MAY}\ncalendar: {{claims: {{made: 2 months after the period}}}}", "other_dates"),
        (f"{FROM_MAY}\nmetrics: {{attendance: {{decimals: 2}}}}", "other_metric"),
        (f"{FROM_MAY}\nmetrics: {{session: {{marks: [missed, attended]}}}}", "other_marks"),
    ],
)  # fmt: skip
def test_versions_that_do_not_follow_on_each_other_are_refused(later: str, code: str) -> None:
    with pytest.raises(ContractError) as refused:
        under(later)
    assert code in {fault.code for fault in refused.value.faults}


def test_an_explanation_names_the_version_that_governs() -> None:
    versions = under(f"{FROM_MAY}\n{DEARER}")
    settlement = amended(versions, CONSENTS)
    for child, version in (("c1", "1, original"), ("c2", "1, original"), ("c3", "2, amendment")):
        told = explain(settlement, participant=child)
        terms = {term.term: term.says for term in told.milestones[0].terms}
        assert terms["version"].startswith(version)
    corrected = amended(under(f"{PUT_RIGHT}\n{DEARER}"), CONSENTS)
    told = explain(corrected, participant="c1")
    assert "2, correction" in told.text
    assert "a new version of the contract was signed" in told.text


@pytest.mark.mechanic(116)
def test_a_record_keeps_every_version_and_regenerates(tmp_path: Path) -> None:
    versions = versions_of(EVERYTHING, AMENDED, CORRECTED)
    earlier = amended(versions, EVENTFUL, DATES[0])
    write_record(earlier, tmp_path / "first.record")
    for number, before in enumerate((None, earlier, read_record(tmp_path / "first.record"))):
        settlement = amended(versions, EVENTFUL, DATES[3], before)
        kept = write_record(settlement, tmp_path / f"{number}.record")
        again = regenerate(kept)
        assert again.same, again.text
        assert [one.version.number for one in read_record(kept).versions] == [1, 2, 3]


@pytest.mark.mechanic(116)
def test_statements_say_which_versions_they_are_made_under() -> None:
    versions = under(f"{FROM_MAY}\n{DEARER}")
    source = statement_source(amended(versions, CONSENTS, DATES[1]))
    told = dict(source.notes)["Versions"]
    assert "version 1 (original), signed on 2016-12-01" in told
    assert f"SHA-256 {versions.all[1].digest}" in told
    assert [(rate.price_pence, rate.applies) for rate in source.rates] == [
        (10000, "Version 1, from 2017-01-01"),
        (15000, "Version 2, from 2017-05-01"),
    ]
    assert statement_files(source)


@pytest.mark.mechanic(27, 62)
@pytest.mark.parametrize(
    ("governs", "second_quarter"), [("milestones achieved", "34.00"), ("claims made", "36.00")]
)
def test_units_of_a_period_are_paid_once_by_one_version(governs: str, second_quarter: str) -> None:
    # A meeting each month at £10.00, from 1 May at £12.00: of the second quarter one and two, or
    # all three as claimed on 31 July.
    first = f"{ORIGINAL}\ngoverns: {governs}\n{MEETINGS % '10.00'}"
    drawn = """
        child | metric  | on                                                             | value
        c1    | consent | 2017-01-10                                                     | yes
        c1    | meeting | 2017-02-06 2017-03-06 2017-04-10 2017-05-08 2017-06-05 2017-07-03 | yes
    """
    versions = under(f"{FROM_MAY}\n{MEETINGS % '12.00'}", first=first)
    assert due_of(amended(versions, drawn)) == {
        "2017-Q1": {"council": "20.00"},
        "2017-Q2": {"council": second_quarter},
        "2017-Q3": {"council": "12.00"},
    }
    earlier = amended(versions, drawn, DATES[0])
    assert tables(amended(versions, drawn, earlier=earlier)) == tables(amended(versions, drawn))


@pytest.mark.mechanic(27, 62)
def test_a_version_signed_later_moves_only_the_units_that_it_governs() -> None:
    """Meetings on 1 February and 1 March at £10.00 are claimed on 30 April; from 15 February they
    are £20.00, by what is signed on 15 May: the second is £10.00 more in the next claim.
    """
    amendment = FROM_MAY.replace("effective_on: 2017-05-01", "effective_on: 2017-02-15")
    drawn = """
        child | metric  | on                    | value
        c1    | consent | 2017-01-10            | yes
        c1    | meeting | 2017-02-01 2017-03-01 | yes
    """
    versions = under(f"{amendment}\n{MEETINGS % '20.00'}", first=ORIGINAL + MEETINGS % "10.00")
    settlement = amended(versions, drawn)
    assert due_of(settlement) == {"2017-Q1": {"council": "20.00"}, "2017-Q2": {"council": "10.00"}}
    standing = {
        (row["achieved_on"].isoformat(), row["quantity"], row["price_pence"])
        for row in settlement.claims_table.to_pylist()
    }
    assert standing == {("2017-02-01", 1, 1000), ("2017-03-01", 1, 2000)}
    earlier = amended(versions, drawn, DATES[0])
    assert tables(amended(versions, drawn, earlier=earlier)) == tables(settlement)


MEETINGS = """
milestones:
  meetings:
    {when: {observed: consent, in: year one}, units: {rows: meeting, in: year one}, price: %s}
"""


@pytest.mark.mechanic(116)
@pytest.mark.parametrize("governs", ["milestones achieved", "participants started", "claims made"])
def test_every_child_and_every_line_can_be_explained_under_several_versions(governs: str) -> None:
    versions = versions_of(f"{EVERYTHING}\ngoverns: {governs}", AMENDED, CORRECTED)
    for as_of in (DATES[1], DATES[3]):
        settlement = amended(versions, EVENTFUL, as_of)
        lines = settlement.lines_table.to_pylist()
        everybody = ("c1", "c2", "c3")
        for child, told in zip(everybody, explain_each(settlement, everybody), strict=True):
            own = [row for row in lines if row["participant"] == child]
            assert told.entitled_pence == sum(row["entitled_pence"] for row in own)
    # Of each period and kind of line one of the last claim: a line is explained by itself.
    kinds = {(row["claim_period"], row["kind"]): row["line"] for row in lines}
    for line in kinds.values():
        assert explain_line(settlement, line).milestones[0].lines


def test_what_another_version_would_pay_is_explained() -> None:
    other = "milestones: {sign_up: {when: {observed: agreement, in: year one}, price: 40.00}}"
    drawn = "child | metric | on | value\n c1 | agreement | 2017-04-30 | yes"
    told = explain(amended(under(f"{FROM_MAY}\n{other}"), drawn), participant="c1")
    assert "reached on 2017-04-30 by the terms of version 2, which does not govern it" in told.text


def test_what_another_version_would_pay_after_what_it_does_not_govern_has_its_day() -> None:
    other = """
milestones:
  sign_up: {when: {observed: agreement, in: year one}, price: 40.00}
  check:   {when: {observed: assessed, in: year one}, after: sign_up, price: 50.00}
"""
    drawn = """
        child | metric    | on         | value
        c1    | assessed  | 2017-04-10 | yes
        c1    | agreement | 2017-04-20 | yes
    """
    settlement = amended(under(f"{FROM_MAY}\n{other}"), drawn)
    told = explain(settlement, participant="c1", milestone="check").milestones[0]
    # The check of 10 April counts from 20 April, when what it comes after was reached.
    assert told.sentence.startswith("reached on 2017-04-20 by the terms of version 2")


@pytest.mark.mechanic(62)
@pytest.mark.parametrize("governs", ["milestones achieved", "participants started", "claims made"])
def test_all_units_of_a_period_are_paid_under_the_version_that_governs_however_they_stand(
    governs: str,
) -> None:
    terms = f"""
governs: {governs}
calendar: {{evidence: {{within: 30 days, late: next claim, late_pays: 50%}}}}
milestones:
  met: {{when: {{observed: consent, in: year one}}, units: {{rows: meeting, in: year one}},
        price: 10.00}}
"""
    evidence = """
        child | metric  | on         | recorded   | value
        c1    | consent | 2017-02-01 | 2017-02-01 | yes
        c1    | meeting | 2017-02-10 | 2017-02-10 | yes
        c1    | meeting | 2017-02-20 | 2017-04-20 | yes
    """
    # One meeting in time at 10.00 and one late at half of that, both of the first period.
    expected = {"2017-Q1": {"council": "15.00"}}
    assert paid(f"{ORIGINAL}{terms}", evidence) == expected
    versions = under(f"{FROM_MAY}\n{terms}", first=f"{ORIGINAL}\n{terms}")
    assert due_of(amended(versions, evidence)) == expected
