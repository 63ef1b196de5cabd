"""A year end of the demo's contract, to the penny: two years, all funders, with journals.

The figures are those of the worked example that the year end was specified by; they were worked
out before there was any code for it, from shares, schedule and receipts. In pounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.spec.drawn_tables import contract_of, evidence_of

import impactbond as ib
from impactbond.closing.journals import balances
from impactbond.closing.year_end import YearEnd
from impactbond.records.record import write_record

FIXTURES = Path(__file__).parents[2] / "fixtures"
POSITION = (
    *("claimed", "unclaimed", "earned", "asked", "on_account", "received"),
    *("contract_asset", "contract_liability", "receivable", "in_advance"),
)
# 31 March 2018, evidence to 31 July 2018.
IN_2018 = """
    lbhf    | 19296.00 |  7740.00 | 27036.00 | 19296.00 |     0.00 | 19296.00 |  7740.00 |    0.00 |    0.00 |   0.00
    lottery |  9648.00 |  3870.00 | 13518.00 |  9648.00 |     0.00 |  9648.00 |  3870.00 |    0.00 |    0.00 |   0.00
    central |  7146.67 |  2866.66 | 10013.33 |  7146.67 |     0.00 |  6156.68 |  2866.66 |    0.00 |  989.99 |   0.00
    school  | 12864.00 |  5160.00 | 18024.00 | 12864.00 |     0.00 | 11190.00 |  5160.00 |    0.00 | 1824.00 | 150.00
    trust   | 15365.33 |  6163.34 | 21528.67 | 25682.66 | 10317.33 | 25682.66 |     0.00 | 4153.99 |    0.00 |   0.00
    all     | 64320.00 | 25800.00 | 90120.00 | 74637.33 | 10317.33 | 71973.34 | 19636.66 | 4153.99 | 2813.99 | 150.00
"""  # noqa: E501
# 31 March 2017, evidence to 31 July 2017.
IN_2017 = """
    all     |   570.00 | 40140.00 | 40710.00 | 24416.41 | 23846.41 | 24302.41 | 24636.51 | 8342.92 |  114.00 |   0.00
"""  # noqa: E501


def pence(pounds: str) -> int:
    return int(Decimal(pounds) * 100)


@cache
def demo() -> tuple[Any, Any, Any]:
    contract = ib.read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
    evidence = ib.read_evidence(FIXTURES / "evidence" / "west_london_zone.xlsx", contract)
    receipts = ib.read_receipts(FIXTURES / "receipts" / "west_london_zone.csv", contract)
    return contract, evidence, receipts


def closed(on: str, to: str, previous: Any = None, **more: Any) -> YearEnd:
    contract, evidence, receipts = demo()
    more = {"receipts": receipts, "leave_out_refused": True} | more
    return ib.year_end(contract, evidence, on=on, evidence_to=to, previous=previous, **more)


@cache
def in_2017() -> YearEnd:
    return closed("2017-03-31", "2017-07-31")


@cache
def in_2018() -> YearEnd:
    return closed("2018-03-31", "2018-07-31", in_2017())


def drawn(table: str) -> dict[str, dict[str, int]]:
    rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return {row[0]: dict(zip(POSITION, map(pence, row[1:]), strict=True)) for row in rows}


def by_term(year: YearEnd, table: str, names: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """A table by the funders of the contract, the schools together, and all."""
    found: dict[str, dict[str, int]] = {}
    for row in year.tables[table].to_pylist():
        for key in (row["funder"].partition(": ")[0], "all"):
            sums = found.setdefault(key, dict.fromkeys(names, 0))
            for name in names:
                sums[name] += row[f"{name}_pence"]
    return found


def test_the_position_of_two_year_ends() -> None:
    assert by_term(in_2018(), "position", POSITION) == drawn(IN_2018)
    assert by_term(in_2017(), "position", POSITION)["all"] == drawn(IN_2017)["all"]


def test_the_income_of_the_year_is_what_it_adds_to_what_was_filed() -> None:
    # 63,750.00 claimed in the year - 40,140.00 + 25,800.00; C-0083's sign-up and consent, achieved
    # on 9 February 2017, are taken back at the claim of 31 October 2017: 450.00 + 120.00.
    names = ("opening", "earned", "income", "late", "taken_back", "moved", "fees")
    expected = ("40710.00", "90120.00", "49410.00", "0.00", "-570.00", "0.00", "0.00")
    income = by_term(in_2018(), "income", (*names, "this_year"))
    assert income["all"] == dict(
        zip((*names, "this_year"), map(pence, (*expected, "49980.00")), strict=True)
    )
    # 19,125.00 - 12,042.00 + 7,740.00 and 15,229.16 - 9,588.99 + 6,163.34
    assert income["lbhf"]["income"] == pence("14823.00")
    assert income["trust"]["income"] == pence("11803.51")
    first = by_term(in_2017(), "income", ("income",))
    assert first["lbhf"]["income"] == pence("12213.00")
    assert first["trust"]["income"] == pence("9725.16")


def test_asset_and_liability_roll_as_the_notes_say() -> None:
    names = ("opening_asset", "opening_liability", "income", "asked")
    closing = ("closing_asset", "closing_liability")
    movement = by_term(in_2018(), "movement", (*names, *closing))
    council = ("6127.50", "0.00", "14823.00", "13210.50", "7740.00", "0.00")
    trust = ("0.00", "8342.92", "11803.51", "7614.58", "0.00", "4153.99")
    for funder, figures in (("lbhf", council), ("trust", trust)):
        assert list(movement[funder].values()) == list(map(pence, figures))


def journal(year: YearEnd, name: str) -> dict[str, tuple[str, str, int]]:
    """The debit, the credit and the amount of a journal, by funder."""
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for row in year.tables["journals"].to_pylist():
        if row["journal"] == name:
            side = "debit" if row["debit_pence"] else "credit"
            found.setdefault(row["funder"], {})[side] = (row["account"], row[f"{side}_pence"])
    assert all(one["debit"][1] == one["credit"][1] for one in found.values())
    return {who: (one["debit"][0], one["credit"][0], one["debit"][1]) for who, one in found.items()}


def test_the_journals_of_two_year_ends() -> None:
    accrued, set_off = ("accrued", "income"), ("up_front", "accrued")
    first = journal(in_2017(), "J1")
    assert first["lbhf"] == (*accrued, pence("12042.00"))
    assert first["trust"] == (*accrued, pence("9588.99"))
    assert journal(in_2017(), "J2") == {
        "lbhf": (*set_off, pence("5914.50")),
        "trust": (*set_off, pence("9588.99")),
    }
    second = journal(in_2018(), "J1")
    assert second["lbhf"] == (*accrued, pence("7740.00"))
    assert second["trust"] == (*accrued, pence("6163.34"))
    assert journal(in_2018(), "J2") == {"trust": (*set_off, pence("6163.34"))}
    ahead = ("receivable", "in_advance")
    assert journal(in_2018(), "J3") == {
        "school: Quillbrook Primary School": (*ahead, pence("36.00")),
        "school: Tallowfield School": (*ahead, pence("114.00")),
    }
    days = {(str(row["date"]), str(row["reverses_on"])) for row in rows_of(in_2018(), "journals")}
    assert days == {("2018-03-31", "2018-04-01")}


def rows_of(year: YearEnd, table: str) -> list[Mapping[str, Any]]:
    return year.tables[table].to_pylist()


def posted(year: YearEnd, first: str, last: str, funder: str) -> dict[str, int]:
    """What was posted to every account for a funder in a year: debits less credits."""
    sums: dict[str, int] = {}
    for row in rows_of(year, "postings"):
        if row["funder"] == funder and first <= str(row["date"]) <= last:
            amount = row["debit_pence"] - row["credit_pence"]
            sums[row["account"]] = sums.get(row["account"], 0) + amount
    return {name: amount for name, amount in sums.items() if amount}


@pytest.mark.parametrize(
    ("funder", "first", "last", "asked", "up_front", "income", "cash"),
    [
        # Asked up-front and by the claim of 31 January 2017, recovered of it, income, cash.
        ("lbhf", "2016-12-01", "2017-03-31", "6085.50", "-5914.50", "171.00", "6085.50"),
        ("trust", "2016-12-01", "2017-03-31", "18068.08", "-17931.91", "136.17", "18068.08"),
        ("lbhf", "2017-04-01", "2018-03-31", "13210.50", "5914.50", "19125.00", "13210.50"),
        ("trust", "2017-04-01", "2018-03-31", "7614.58", "7614.58", "15229.16", "7614.58"),
    ],
)
def test_what_is_posted_over_the_year(
    funder: str, first: str, last: str, asked: str, up_front: str, income: str, cash: str
) -> None:
    found = posted(in_2018(), first, last, funder)
    assert found.get("receivable", 0) == pence(asked) - pence(cash)
    assert found["income"] == -pence(income)
    assert found["bank"] == pence(cash)
    assert found["up_front"] == pence(up_front)


def test_a_ledger_with_both_shows_the_position() -> None:
    found = balances(in_2018().tables["postings"])
    for key, amount in balances(in_2018().tables["journals"]).items():
        found[key] = found.get(key, 0) + amount
    contract = {"asset": 0, "liability": 0}
    for funder in in_2018().position["funder"]:
        own = sum(found.get((account, funder), 0) for account in ("accrued", "up_front"))
        contract["asset" if own > 0 else "liability"] += abs(own)
    assert contract == {"asset": pence("19636.66"), "liability": pence("4153.99")}


def test_by_the_evidence_of_the_year_end_alone_less_is_earned() -> None:
    # Of the 25,800.00, three children's evidence came in June: 1,800.00; and C-0017's 600.00 was
    # taken back on 31 July.
    assert closed("2018-03-31", "2018-03-31").total("position", "unclaimed") == pence("24600.00")
    layers: dict[str, int] = {}
    for row in rows_of(in_2018(), "cut_off"):
        layers[row["layer"]] = layers.get(row["layer"], 0) + row["amount_pence"]
    assert layers == {
        "in hand at year end": pence("24600.00"),
        "arrived by sign-off": pence("1800.00"),
        "taken back by sign-off": pence("-600.00"),
        "moved between funders": 0,
    }
    late = {
        (row["participant"], str(row["recorded_on"]))
        for row in rows_of(in_2018(), "cut_off")
        if "arrived" in row["layer"]
    }
    assert late == {
        ("C-0009", "2018-06-18"),
        ("C-0026", "2018-06-04"),
        ("C-0067", "2018-07-09"),
    }
    # All of it is in the claim of 30 April; what came in June is in that of 31 July, which also
    # takes back C-0017.
    claims: dict[tuple[str, str], int] = {}
    for row in rows_of(in_2018(), "cut_off"):
        if row["layer"] != "moved between funders":
            key = (row["layer"], f"{row['claimed_in']} on {row['claimed_on']}")
            claims[key] = claims.get(key, 0) + row["amount_pence"]
    assert claims == {
        ("in hand at year end", "2018-Q1 on 2018-04-30"): pence("24600.00"),
        ("arrived by sign-off", "2018-Q2 on 2018-07-31"): pence("1800.00"),
        ("taken back by sign-off", "2018-Q1 on 2018-04-30"): pence("-600.00"),
    }
    told = [row for row in rows_of(in_2018(), "after") if row["funder"] == "lbhf"]
    assert [(str(row["on_or_by_on"]), row["what"], row["amount_pence"]) for row in told][:4] == [
        ("2018-06-04", "arrived by sign-off", 18000),
        ("2018-06-18", "arrived by sign-off", 18000),
        ("2018-06-18", "taken back by sign-off", -18000),
        ("2018-07-09", "arrived by sign-off", 18000),
    ]


def test_up_front_money_is_there_before_the_first_claim() -> None:
    year = closed("2016-12-31", "2016-12-31")
    found = by_term(year, "position", POSITION)
    for funder, amount in (("lbhf", "6000.00"), ("trust", "18000.00"), ("all", "24000.00")):
        own = {name: pence("0") for name in POSITION}
        named = ("asked", "on_account", "received", "contract_liability")
        assert found[funder] == own | dict.fromkeys(named, pence(amount))
    assert [row["asked_on"].isoformat() for row in rows_of(year, "up_front")] == ["2016-12-01"] * 2
    assert rows_of(year, "journals") == []


def test_every_check_holds_and_is_made() -> None:
    for year in (in_2017(), in_2018(), closed("2016-12-31", "2017-01-31")):
        assert not year.failed
    checks = {row["check"] for row in rows_of(in_2018(), "checks")}
    assert len(checks) == 23


def test_a_claim_after_a_year_end_is_the_same_bytes(tmp_path: Path) -> None:
    contract, evidence, _ = demo()
    without = ib.settle(contract, evidence, as_of="2018-04-30", leave_out_refused=True)
    write_record(without, tmp_path / "without.zip")
    fresh = ib.read_evidence(FIXTURES / "evidence" / "west_london_zone.xlsx", contract)
    ib.year_end(contract, fresh, on="2018-03-31", evidence_to="2018-07-31", leave_out_refused=True)
    with_one = ib.settle(contract, fresh, as_of="2018-04-30", leave_out_refused=True)
    write_record(with_one, tmp_path / "with.zip")
    assert (tmp_path / "with.zip").read_bytes() == (tmp_path / "without.zip").read_bytes()


def test_what_was_filed_is_read_back(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_bytes(in_2017().filed)
    again = closed("2018-03-31", "2018-07-31", kept)
    assert again.filed == in_2018().filed
    assert in_2017().digest in again.text
    kept.write_bytes(in_2017().filed.replace(b"1204200", b"1204300"))
    with pytest.raises(ib.YearEndError, match="cannot be trusted") as raised:
        closed("2018-03-31", "2018-07-31", kept)
    assert [fault.code for fault in raised.value.faults] == ["not_as_filed"]


@pytest.mark.parametrize(
    ("on", "to", "code"),
    [
        ("2018-03-31", "2018-03-30", "sign_off_early"),
        ("2017-03-31", "2017-07-31", "not_previous"),
        ("2016-12-31", "2017-07-31", "not_previous"),
    ],
)
def test_days_out_of_order_are_refused(on: str, to: str, code: str) -> None:
    with pytest.raises(ib.YearEndError) as raised:
        closed(on, to, in_2017())
    assert [fault.code for fault in raised.value.faults] == [code]


def test_a_year_end_of_another_contract_is_refused() -> None:
    contract = contract_of("")
    table = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
    """
    evidence = evidence_of(table, contract)
    with pytest.raises(ib.YearEndError) as raised:
        ib.year_end(contract, evidence, on="2018-03-31", previous=in_2017())
    assert [fault.code for fault in raised.value.faults] == ["other_contract"]
