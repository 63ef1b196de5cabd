"""Every currency of ISO 4217, and the bank holidays of any nation and region, a list, or none."""

from __future__ import annotations

from csv import DictReader
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from tests.opened import beside, book_of, rows_of
from tests.spec.drawn_tables import contract_of, evidence_of, paid, schedule, settled
from tests.unit.test_simulation_terms import area

from impactbond.contract.diagnostics.check import check
from impactbond.contract.wording.render import render
from impactbond.errors import ContractError
from impactbond.money import CURRENCIES
from impactbond.receipts.cells import amount_of
from impactbond.records.record import write_record
from impactbond.records.regenerate import regenerate
from impactbond.settlement.settle import settle
from impactbond.simulation.simulate import simulate
from impactbond.statements import make_statement, statement_html
from impactbond.statements.source import statement_source
from impactbond.statements.write import table_files

THREE = """
    child  | metric  | on         | value
    c1..c3 | consent | 2017-02-01 | yes
"""
THIRDS = "funding: [{for: every milestone, shares: {council: 1/3, school: the rest}}]"
# As ISO 4217 publishes them; Unicode's are none for the forint, the peso, the rupiah and the dinar.
DECIMALS = {
    **dict.fromkeys(("ARS", "ZAR", "INR", "SEK", "HUF", "COP", "IDR", "MGA"), 2),
    **dict.fromkeys(("KRW", "CLP", "ISK", "XOF", "UGX"), 0),
    **dict.fromkeys(("IQD", "TND", "JOD"), 3),
    "UYW": 4,
}


def priced(currency: str, price: str) -> str:
    milestone = f"{{when: {{observed: consent, in: year one}}, price: {price}}}"
    counted = "{when: {observed: agreement, in: year one}, price: 0}"
    milestones = f"milestones: {{consent: {milestone}, agreement: {counted}}}"
    return f"currency: {currency}\n{milestones}\n{THIRDS}"


@pytest.mark.mechanic(142)
def test_every_currency_has_the_minor_units_of_iso_4217() -> None:
    assert {code: CURRENCIES[code].decimals for code in DECIMALS} == DECIMALS


@pytest.mark.mechanic(142)
@pytest.mark.parametrize(
    ("code", "price", "council", "school", "total", "shape"),
    [
        # A third of one, two and three prices to date: the council's whole sum is a price.
        ("ARS", "1000.01", "1,000.01", "2,000.02", 3000.03, "#,##0.00;-#,##0.00"),
        ("KRW", "1000", "1,000", "2,000", 3000, "#,##0;-#,##0"),
        ("TND", "10.001", "10.001", "20.002", 30.003, "#,##0.000;-#,##0.000"),
        ("UYW", "10.0001", "10.0001", "20.0002", 30.0003, "#,##0.0000;-#,##0.0000"),
    ],
)
def test_a_currency_goes_through_every_verb(
    code: str, price: str, council: str, school: str, total: float, shape: str
) -> None:
    terms = priced(code, price)
    assert paid(terms, THREE) == {"2017-Q1": {"council": council, "school: Elm": school}}
    settlement = settled(terms, THREE, "2017-04-30")
    source = statement_source(settlement)
    cover = book_of(source, values=True)["Cover"]
    assert beside(cover, f"Total due ({code})") == total
    lines = book_of(source, values=True)["Lines"]
    assert {row[f"Entitled ({code})"] for row in rows_of(lines)} == {float(price)}
    (table,) = lines.tables.values()
    header, first = list(lines[table.ref])[:2]
    entitled = next(at for at, cell in enumerate(header) if cell.value == f"Entitled ({code})")
    assert first[entitled].number_format == shape
    assert f"Total due: {code} {school}<" in statement_html(make_statement(source, "school: Elm"))
    whole = round(float(price) * 3 * 10 ** CURRENCIES[code].decimals)
    schedule_csv = table_files(settlement)["schedule.csv"].decode("utf-8-sig")
    rows = list(DictReader(StringIO(schedule_csv)))
    assert sum(int(row["amount_pence"]) for row in rows) == whole
    assert f"{CURRENCIES[code].name} ({code})" in render(contract_of(terms))
    assert amount_of(f"{code} {price}", code) == whole // 3
    # Ten children and five, who all reach it.
    assert set(simulate(contract_of(terms), area(), trials=2, seed=1).total_pence.tolist()) == {
        5 * whole
    }


@pytest.mark.mechanic(142)
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("XAU", "it is no money: Gold"),
        ("XTS", "testing"),
        ("XXX", "no currency is involved"),
        ("CLF", "a unit of account (Unidad de Fomento), in which nobody pays"),
        ("HRK", "it is not money any more: EUR has taken its place"),
        ("QQQ", "the currency 'QQQ' is not known"),
    ],
)
def test_a_code_that_is_no_money_is_refused_with_why(code: str, why: str) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(f"currency: {code}")
    assert why in str(refused.value)


def due(payment: str) -> str:
    """When what is claimed on 31 July 2017 is due."""
    evidence = "child | metric | on | value\nc1 | consent | 2017-05-02 | yes"
    return schedule(f"calendar: {{payment: {{{payment}}}}}", evidence)[0]["due"]


@pytest.mark.mechanic(143)
@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        # Columbus Day is Monday 9 October: no day of Colorado's own, and its banks close.
        ("within: 70 days, working_days_of: US-CO", "2017-10-10"),
        ("within: 70 days, working_days_of: England", "2017-10-09"),
        # England's summer bank holiday is Monday 28 August.
        ("within: 28 days, working_days_of: US-CO", "2017-08-28"),
        # Heritage Day, 24 September, was a Sunday in 2017, and is kept on the Monday.
        ("within: 56 days, working_days_of: ZA", "2017-09-26"),
        # Chuseok of 2017: closed from Saturday 30 September through Monday 9 October.
        ("within: 65 days, working_days_of: KR", "2017-10-10"),
        # Swedish banks close early on the day before a feast, and are open: Monday 30 October
        # comes after All Saints' Eve, Friday 3 November is it.
        ("within: 95 days, working_days_of: SE", "2017-11-03"),
        # Midsummer Eve of the next year, a Friday: closed through the weekend.
        ("within: 326 days, working_days_of: SE", "2018-06-25"),
        ("within: 28 days, working_days_of: null, bank_holidays: none", "2017-08-28"),
        ("within: 28 days, working_days_of: null, bank_holidays: [2017-08-28]", "2017-08-29"),
        # Friday 4 August; in Israel the week begins on Sunday.
        ("within: 4 days, working_days_of: IL, weekend: [Friday, Saturday]", "2017-08-06"),
    ],
)
def test_payment_is_due_on_a_working_day_of_the_place_or_the_list(
    payment: str, expected: str
) -> None:
    assert due(payment) == expected


@pytest.mark.mechanic(143)
@pytest.mark.parametrize(
    ("terms", "code", "words"),
    [
        ("payment: {working_days_of: UK}", "not_allowed", "the nations of the UK differ"),
        ("payment: {working_days_of: US-XX}", "not_allowed", "a region of US"),
        ("payment: {working_days_of: Atlantis}", "not_allowed", "such as ZA or US-CO"),
        ("payment: {bank_holidays: none}", "whose_bank_holidays", "are listed as well"),
        ("payment: {working_days_of: null}", "whose_bank_holidays", "nothing says"),
        ("payment: {working_days_of: IL}", "other_weekend", "Write weekend: [Friday, Saturday]"),
        (
            "payment: {working_days_of: US-CO, weekend: [Sat]}",
            "not_a_choice",
            "found the text 'Sat'",
        ),
        # Nobody knows them after 2100, and those of Sri Lanka after 2026.
        (
            "term: 2017-01-01 through 2101-12-31, claims: {every: year}",
            "unknown_bank_holidays",
            "found 2101, 2102",
        ),
    ],
)
def test_bank_holidays_of_nobody_and_of_unknown_years_are_refused(
    terms: str, code: str, words: str
) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(f"calendar: {{{terms}}}")
    (fault,) = refused.value.faults
    assert fault.code == code
    assert words in str(fault)


@pytest.mark.mechanic(143)
@pytest.mark.parametrize(
    ("payment", "code"),
    [
        ("working_days_of: US", "no_region"),
        ("working_days_of: null, bank_holidays: [2017-12-25]", "no_bank_holidays"),
    ],
)
def test_bank_holidays_that_may_be_missing_are_worth_a_look(payment: str, code: str) -> None:
    found = {one.code for one in check(contract_of(f"calendar: {{payment: {{{payment}}}}}"))}
    assert code in found
    assert code not in {one.code for one in check(contract_of(""))}


@pytest.mark.mechanic(143)
def test_days_that_are_known_in_part_are_worth_a_look() -> None:
    """The feasts of India are known through 2035."""
    terms = "term: 2017-01-01 through 2036-06-30, claims: {every: year}"
    found = check(contract_of(f"calendar: {{{terms}, payment: {{working_days_of: IN-DL}}}}"))
    (one,) = [one for one in found if one.code == "few_bank_holidays"]
    assert one.found == "2036"


@pytest.mark.mechanic(143)
@pytest.mark.parametrize(
    ("payment", "words"),
    [
        ("working_days_of: ZA", "where banks in South Africa (ZA) are closed on the last"),
        ("working_days_of: US-CO", "banks in Colorado, United States (US-CO) are closed"),
        (
            "working_days_of: null, bank_holidays: none",
            "closed on every Saturday and Sunday, and on no other day",
        ),
        ("working_days_of: null, bank_holidays: [2017-08-28]", "and on 28 August 2017"),
    ],
)
def test_the_words_say_whose_days_they_are(payment: str, words: str) -> None:
    said = " ".join(render(contract_of(f"calendar: {{payment: {{{payment}}}}}")).split())
    assert words in said


@pytest.mark.mechanic(143)
def test_a_record_is_settled_again_with_its_own_days_and_says_where_they_differ(
    tmp_path: Path,
) -> None:
    """A day that only the record has, and all those that only today's library has."""
    contract, decreed = contract_of(""), date(2017, 5, 30)
    known = settled("", THREE).holidays
    used = [*(day for day in known if day != date(2017, 8, 28)), decreed]
    found = settle(contract, evidence_of(THREE, contract), as_of="2017-04-30", holidays=used)
    # Thirty days after 30 April, the day that was decreed: so the next one.
    assert [str(row["due_on"]) for row in found.payments_table.to_pylist()] == ["2017-05-31"]
    again = regenerate(write_record(found, tmp_path / "one.record"))
    assert again.same
    assert (again.holidays_not_known, again.holidays_not_used) == ((decreed,), (date(2017, 8, 28),))
    assert "not known today: 2017-05-30; not in it: 2017-08-28" in again.text
    same = regenerate(write_record(settled("", THREE), tmp_path / "two.record"))
    assert "bank holidays" not in same.text
