"""Statements in every currency: what stands in the cells, by hand, with two decimals, three and
none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.workbook import Workbook
from tests.libreoffice import differences_of, needs_libreoffice
from tests.opened import beside, book_of, rows_of
from tests.spec.drawn_tables import amended, settled, versions_of
from tests.spec.test_group_results import educate_girls, newpin
from tests.statement_sources import small_source
from tests.unit.test_statement_account import ROWS, received

from impactbond.canonical import sha256
from impactbond.settlement.settlement import Settlement
from impactbond.statements import (
    StatementSource,
    make_statement,
    statement_html,
    statement_workbook,
)
from impactbond.statements.source import statement_source
from impactbond.statements.write import statement_files

THREE = """
    child  | metric  | on         | value
    c1..c3 | consent | 2017-02-01 | yes
"""
THIRDS = "funding: [{for: every milestone, shares: {council: 1/3, school: the rest}}]"


def priced(currency: str, price: str, more: str = "") -> str:
    return f"""
currency: {currency}
milestones: {{consent: {{when: {{observed: consent, in: year one}}, price: {price}}}}}
{THIRDS}
{more}
"""


def book(settlement: Settlement, funder: str | None = None, *, values: bool = True) -> Workbook:
    return book_of(statement_source(settlement), funder, values=values)


def column(found: Workbook, sheet: str, header: str) -> list[Any]:
    return [row[header] for row in rows_of(found[sheet])]


def headers(found: Workbook, sheet: str) -> list[str]:
    (table,) = found[sheet].tables.values()
    return [cell.value for cell in found[sheet][table.ref][0]]


def shown_as(found: Workbook, sheet: str, header: str) -> str:
    (table,) = found[sheet].tables.values()
    first = found[sheet][table.ref][1]
    return str(first[headers(found, sheet).index(header)].number_format)


def test_dollars_stand_in_dollars_and_cents() -> None:
    settlement = settled(priced("USD", "100.00"), THREE, "2017-04-30")
    found, formulas = book(settlement), book(settlement, values=False)
    # A third of 100, 200 and 300 dollars to date is 33.33, 66.67 and 100.00.
    assert column(found, "Lines", "F01 The council (cents)") == [3333, 3334, 3333]
    assert column(found, "Lines", "Entitled (US$)") == [100, 100, 100]
    assert column(found, "Lines", "Price (cents)") == [10000] * 3
    assert column(formulas, "Lines", "Value (cents)")[0].count("*") == 1
    assert column(found, "Rates and limits", "Amount (US$)") == [100]
    assert column(found, "Schedule", "Amount (US$)") == [100, 200]
    assert beside(found["Cover"], "Total due (US$)") == 300
    assert beside(formulas["Cover"], "Total due (US$)").endswith("/100")
    assert shown_as(found, "Schedule", "Amount (US$)") == "#,##0.00;-#,##0.00"
    assert "total_due_us_dollars" in found.defined_names
    own = book(settlement, "council")
    assert column(own, "Lines", "Your amount (US$)") == [33.33, 33.34, 33.33]
    assert set(column(own, "Checks", "In")) == {"cents", "lines", "funders", "shares"}


def test_dinars_have_a_thousand_fils() -> None:
    terms = priced("KWD", "10.000", "limits: [{contract: whole, at_most: 25.500, beyond: unpaid}]")
    settlement = settled(terms, THREE, "2017-04-30")
    found, formulas = book(settlement), book(settlement, values=False)
    # The limit withholds 4.500 of the third line, 1.500 of it from the council's 3.333.
    assert column(found, "Lines", "F01 The council (fils)") == [3333, 3334, 1833]
    assert column(found, "Lines", "Entitled (KWD)") == [10, 10, 5.5]
    assert column(found, "Lines", "Withheld (fils)") == [0, 0, 4500]
    assert column(found, "Summary", "Due now (KWD)") == [8.5, 0, 0, 17, 25.5]
    assert column(found, "Rates and limits", "Amount (fils)") == [10000, 25500]
    assert beside(found["Cover"], "Total due (KWD)") == 25.5
    assert beside(formulas["Cover"], "Total due (KWD)").endswith("/1000")
    assert shown_as(found, "Schedule", "Amount (KWD)") == "#,##0.000;-#,##0.000"
    assert "total_due_dinars" in found.defined_names


def test_yen_have_no_smaller_unit_and_so_one_column() -> None:
    settlement = settled(priced("JPY", "1000"), THREE, "2017-04-30")
    found, formulas = book(settlement), book(settlement, values=False)
    # A third of 1000, 2000 and 3000 yen to date is 333, 667 and 1000.
    assert column(found, "Lines", "F01 The council (¥)") == [333, 334, 333]
    assert headers(found, "Schedule")[-2:] == ["Tranche", "Amount (¥)"]
    assert headers(book(settlement, "council"), "Summary") == ["Figure", "Amount (¥)", "What it is"]
    assert column(found, "Summary", "Due now (¥)") == [1000, 0, 0, 2000, 3000]
    assert beside(found["Cover"], "Total due (¥)") == 3000
    assert "/" not in beside(formulas["Cover"], "Total due (¥)")
    assert shown_as(found, "Schedule", "Amount (¥)") == "#,##0;-#,##0"
    assert "not printed" not in str(found["Summary"]["A3"].value)


@pytest.mark.mechanic(61)
def test_a_price_in_another_currency_stands_in_its_own_and_no_product_is_claimed() -> None:
    """Five at EUR 46 and 1.077 dollars are 247.71 together, cut on the running total."""
    terms = priced("USD", "46.00", "prices_in: {currency: EUR, rate: 1.077}")
    settlement = settled(terms, THREE.replace("c3", "c5"), "2017-04-30")
    found, formulas = book(settlement), book(settlement, values=False)
    assert column(found, "Lines", "Price (EUR cents)") == [4600] * 5
    # 49.542, 99.084, 148.626, 198.168 and 247.71 to date.
    assert column(found, "Lines", "Value (cents)") == [4954, 4954, 4955, 4954, 4954]
    assert column(formulas, "Lines", "Value (cents)") == column(found, "Lines", "Value (cents)")
    assert "quantity × price" not in str(found["Lines"]["A3"].value)
    (rate,) = rows_of(found["Rates and limits"])
    told = (rate["Price (€)"], rate["Amount (US$)"], rate["Amount (cents)"])
    assert told == (46, "none", "none")  # a column without a value says so
    notes = dict(zip(*(column(found, "Notes", name) for name in ("Subject", "Text")), strict=True))
    assert "1 EUR is paid as 1.077 USD." in notes["Prices"]


def test_no_product_is_claimed_where_the_rate_happens_to_give_it() -> None:
    terms = priced("USD", "46.00", "prices_in: {currency: EUR, rate: 1}")
    settlement = settled(terms, THREE, "2017-04-30")
    values = column(book(settlement, values=False), "Lines", "Value (cents)")
    assert values == [4600] * 3


def test_a_fee_is_in_the_currency_of_payments_whatever_prices_are_in() -> None:
    terms = """
currency: JPY
prices_in: {currency: EUR, rate: 150.5}
milestones: {consent: {when: {observed: consent, in: year one}, price: 10.01}}
fees: {setup: {kind: service fee, pay: 500, on: 2017-01-31}}
"""
    found = book(settled(terms, THREE, "2017-04-30"))
    lines = [row for row in rows_of(found["Lines"]) if row["Milestone"] == "setup"]
    assert [(row["Price (¥)"], row["Price (EUR cents)"]) for row in lines] == [(500, None)]
    rates = rows_of(found["Rates and limits"])
    assert [(row["Price (€)"], row["Amount (¥)"]) for row in rates] == [(10.01, None), (None, 500)]
    assert shown_as(found, "Rates and limits", "Price (€)") == "#,##0.00;-#,##0.00"


def test_versions_that_price_in_different_currencies_leave_it_to_the_version() -> None:
    versions = versions_of(
        "currency: USD",
        """
version: {number: 2, kind: amendment, signed_on: 2017-03-01, effective_on: 2017-03-01}
prices_in: {currency: EUR, rate: 1.077}
""",
    )
    found = book(amended(versions, THREE, "2017-04-30"))
    assert column(found, "Lines", "Price (minor units; the version says the currency)")
    assert {"Price (€)", "Amount (US$)"} < set(headers(found, "Rates and limits"))


# Those that are said in words of their own, and one of every number of decimals that is not.
SAID = [
    "EUR",
    "USD",
    "AUD",
    "CAD",
    "NZD",
    "CHF",
    "JPY",
    "KWD",
    "INR",
    "ZAR",
    "ARS",
    "KRW",
    "TND",
    "UYW",
]


@pytest.mark.parametrize("code", SAID)
def test_nothing_is_said_in_pounds_or_pence_in_another_currency(code: str) -> None:
    source = small_source(currency=code, rounding="", receipts=received(*ROWS))
    terms = f"currency: {code}\nvat: {{treatment: added, rate: 20%}}"
    price = "milestones: {consent: {when: {observed: consent, in: year one}, price: 100}}"
    settlement = settled(f"{terms}\n{price}\n{THIRDS}", THREE, "2017-04-30")
    british = re.compile(r"£|\bpenn|\bpence\b|\bpounds?\b|\bGBP\b", re.IGNORECASE)
    for one in (source, statement_source(settlement)):
        for funder in (None, "lbhf" if one is source else "council"):
            found = [
                f"{sheet.title}!{cell.coordinate}: {cell.value}"
                for sheet in book_of(one, funder)
                for row in sheet.iter_rows()
                for cell in row
                if isinstance(cell.value, str) and british.search(cell.value)
            ]
            assert found == []
            assert not british.search(statement_html(make_statement(one, funder)))


@pytest.mark.parametrize(
    ("code", "due"), [("USD", "US$22.50"), ("KWD", "KWD 2.250"), ("JPY", "¥2,250")]
)
def test_the_page_is_in_the_currency_too(code: str, due: str) -> None:
    page = statement_html(make_statement(small_source(currency=code), "lbhf"))
    assert f"Total due: {due}<" in page
    assert re.search(f"text-align:right[^>]*>{re.escape(due)}</td>", page)


def sources() -> dict[str, StatementSource]:
    mixed = priced("JPY", "10.01", "prices_in: {currency: EUR, rate: 150.5}")
    return {
        **{
            code: small_source(currency=code, receipts=received(*ROWS))
            for code in ("USD", "KWD", "JPY")
        },
        "mixed": statement_source(settled(mixed, THREE, "2017-04-30")),
    }


@needs_libreoffice
@pytest.mark.parametrize("name", ["USD", "KWD", "JPY", "mixed"])
def test_every_formula_gives_the_value_that_was_written(tmp_path: Path, name: str) -> None:
    source = sources()[name]
    (tmp_path / "made").mkdir()
    funders = {"all": None, "own": source.funders["funder"][0].as_py()}
    paths = [tmp_path / "made" / f"{name}.xlsx" for name in funders]
    for path, funder in zip(paths, funders.values(), strict=True):
        path.write_bytes(statement_workbook(make_statement(source, funder)))
    for count, wrong in differences_of(paths, tmp_path / "recalculated"):
        assert count > 50
        assert wrong == {}


@pytest.mark.mechanic(121)
@pytest.mark.parametrize(
    ("settle", "heading", "due"),
    [
        # 60% restored in the first year is 7.5% of A$7m; 422,000 is the most that was agreed.
        (lambda: newpin({"2014": (6, 4)}), "A$", 525_000),
        (lambda: educate_girls(100, 92, 20_000, 11_060), "US$", 422_000),
    ],
    ids=["newpin", "educate_girls"],
)
def test_real_contracts_in_dollars_have_statements(
    settle: Callable[[], Settlement], heading: str, due: int
) -> None:
    settlement = settle()
    assert len(statement_files(statement_source(settlement))) == 2
    found = book(settlement)
    assert beside(found["Cover"], "Checks") == "All checks hold"
    assert column(found, "Schedule", f"Amount ({heading})")[-1] == due


# The sheets that go on from the settlement's own figures, whatever working the lines show.
_FIGURES = ("Summary", "To date", "Schedule", "Account", "Receipts")


@pytest.mark.parametrize(
    ("funder", "digest"),
    [
        (None, "947128b142b8e1cfbba8d491ddfa13f95faff8ff8b7f7fd06da248b682873084"),
        ("lbhf", "b08e8fdc6e66ead1e76c499ce4aba65ab006c77932f4f5d7df575520dd1da604"),
    ],
)
def test_the_figures_of_a_statement_in_pounds_are_as_they_were(
    funder: str | None, digest: str
) -> None:
    """The digests are of what 0.7.0 wrote before labels of totals stood beside their figures."""
    found = book_of(small_source(receipts=received(*ROWS)), funder, values=True)
    told = [
        f"{sheet}!{cell.coordinate} {cell.value!r} {cell.number_format}"
        for sheet in _FIGURES
        for row in found[sheet].iter_rows()
        for cell in row
        if cell.value is not None and not isinstance(cell.value, str)
    ]
    assert sha256("\n".join(told).encode()) == digest
