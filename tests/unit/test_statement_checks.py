"""Every check of a statement can fail: a wrong figure planted for each one fails that one alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from tests.libreoffice import RECALCULATED, convert_all, needs_libreoffice
from tests.opened import beside, opened
from tests.statement_sources import large_source, small_source, with_cells
from tests.unit.test_statement_account import ROWS, received

from impactbond.statements import Statement, make_statement, statement_workbook
from impactbond.statements.checks import checks_of
from impactbond.statements.line_totals import Grouped
from impactbond.statements.working import parts_in_all

WHOLE = make_statement(large_source(24, receipts=received(*ROWS)))
PENCE, FIRST_CLAIM = "Amount (pence)", 1  # the first line of the claim is an adjustment
STATED = {check.key: row for row, check in enumerate(WHOLE.checks)}


def part(statement: Statement, name: str, index: int, **changes: Any) -> Statement:
    """The statement with one row of one of its parts changed."""
    rows = list(getattr(statement, name))
    rows[index] = replace(rows[index], **changes)
    return replace(statement, **{name: tuple(rows)})


def stated(name: str) -> Callable[[Statement], Statement]:
    """One penny, or line, more than the settlement states."""

    def plant(it: Statement) -> Statement:
        more = getattr(it.control, name) + 1
        return replace(it, control=replace(it.control, **{name: more}))

    return plant


def more_of_a_share(it: Statement, index: int, pence: int) -> Statement:
    line = it.lines[index]
    first = replace(line.shares[0], value_pence=line.shares[0].value_pence + pence)
    return part(it, "lines", index, shares=(first, *line.shares[1:]))


def a_penny_in_a_line_and_its_share(it: Statement) -> Statement:
    line = it.lines[FIRST_CLAIM]
    changed = more_of_a_share(it, FIRST_CLAIM, 1)
    # It is then not worth its quantity × price any more.
    return stated("priced_otherwise")(
        stated("lines_pence")(part(changed, "lines", FIRST_CLAIM, value_pence=line.value_pence + 1))
    )


def a_penny_before(it: Grouped) -> Grouped:
    first, *rest = it.rows
    first = replace(first, paid_before_pence=first.paid_before_pence + 1)
    return replace(it, rows=(first, *rest))


def scheduled(kind: str) -> Callable[[Statement], Statement]:
    """A penny too many now, and one too few in an earlier claim."""

    def plant(it: Statement) -> Statement:
        for standing, found, pence in (("This claim", kind, 1), ("Earlier claim", None, -1)):
            index, row = next(
                (index, row)
                for index, row in enumerate(it.schedule)
                if row.standing == standing and found in (None, row.kind)
            )
            it = part(it, "schedule", index, amount_pence=row.amount_pence + pence)
        return it

    return plant


def a_penny_of_an_account(name: str) -> Callable[[Statement], Statement]:
    def plant(it: Statement) -> Statement:
        return part(it, "accounts", 0, **{name: getattr(it.accounts[0], name) + 1})

    return plant


def in_the_account(name: str) -> Callable[[Statement], Statement]:
    def plant(it: Statement) -> Statement:
        assert it.account is not None
        first, *others = it.account.balances
        changed = replace(first, **{name: getattr(first, name) + 1})
        return replace(it, account=replace(it.account, balances=(changed, *others)))

    return plant


def one_receipt_more(it: Statement) -> Statement:
    assert it.account is not None
    return replace(it, account=replace(it.account, stated_pence=it.account.stated_pence + 1))


def less_of_a_rule(it: Statement) -> Statement:
    """A percent less than the whole, as a contract that said so would have it."""
    it = part(it, "share_rules", 0, fraction=Fraction(29, 100))
    return replace(it, control=replace(it.control, share_parts=parts_in_all(it.share_rules)))


def up_front(it: Statement) -> int:
    return [row.kind for row in it.schedule].index("Up-front")


PLANTED: dict[str, Callable[[Statement], Statement]] = {
    "lines to summary": a_penny_in_a_line_and_its_share,
    "lines as settled": stated("lines_pence"),
    "line count": stated("line_count"),
    "line order": lambda it: part(it, "lines", 2, number=it.lines[1].number),
    "plain prices": stated("priced_otherwise"),
    "parts as cut": stated("stated_parts"),
    "terms as agreed": stated("terms_pence"),
    "shares as agreed": stated("share_parts"),
    "by milestone": lambda it: part(
        it, "by_milestone", 0, paid_before_pence=it.by_milestone[0].paid_before_pence + 1
    ),
    "by school": lambda it: replace(it, by_group=(a_penny_before(it.by_group[0]),)),
    "milestones to schedule": scheduled("Milestones"),
    "adjustments to schedule": scheduled("Adjustments"),
    "adjustments listed": stated("adjustments_pence"),
    "schedule to closing": lambda it: part(
        it, "schedule", up_front(it), amount_pence=it.schedule[up_front(it)].amount_pence + 1
    ),
    "opening to closing": lambda it: stated("opening_pence")(
        a_penny_of_an_account("opening_pence")(it)
    ),
    "opening as settled": stated("opening_pence"),
    "due as settled": stated("due_pence"),
    "to date": a_penny_of_an_account("value_pence"),
    "funder limits": lambda it: part(it, "accounts", 0, limit_pence=1),
    "shares to lines": lambda it: more_of_a_share(it, FIRST_CLAIM, 1),
    "shares whole": less_of_a_rule,
    "contract limit": lambda it: replace(
        part(it, "limits", 0, at_most_pence=1),
        control=replace(
            it.control,
            terms_pence=it.control.terms_pence + 1 - (it.limits[0].at_most_pence or 0),
        ),
    ),
    "account due": in_the_account("due_pence"),
    "account received": in_the_account("received_pence"),
    "receipts as read": one_receipt_more,
}


def test_a_wrong_figure_is_planted_for_every_check() -> None:
    assert list(PLANTED) == [check.key for check in WHOLE.checks]
    assert WHOLE.failing == ()


@pytest.mark.parametrize("key", PLANTED)
def test_a_wrong_figure_fails_its_check_and_no_other(key: str) -> None:
    checks = checks_of(PLANTED[key](WHOLE))
    failing = {check.key for check in checks if not check.holds}
    assert failing == {key}


def test_an_adjustment_that_is_not_as_settled_fails_its_check() -> None:
    """A penny from the claim to the adjustment beside it, so that the total stays."""
    source = small_source()
    entitled = source.lines["entitled_pence"].to_pylist()
    assert source.lines["kind"].to_pylist()[-2:] == ["claim", "adjustment"]
    changed = with_cells(
        source, "lines", "entitled_pence", {3: entitled[3] - 1, 4: entitled[4] + 1}
    )
    assert [check.key for check in make_statement(changed).failing] == ["adjustments listed"]


# Typed over in the workbook: sheet, header, row of the table, and how much is added to its value.
TYPED: dict[str, tuple[tuple[str, str, int, int], ...]] = {
    "lines to summary": (
        ("Lines", "Entitled (pence)", FIRST_CLAIM, 1),
        # The shares would follow the running total.
        ("Lines", "Let through under the rule, with it (pence)", FIRST_CLAIM, 0),
        ("Lines", "Shares less entitled (must be 0)", FIRST_CLAIM, 0),
        ("Checks", "Second figure", STATED["lines as settled"], 1),
    ),
    "milestones to schedule": (
        ("Summary", "Milestones (pence)", -1, 1),
        ("Lines", "Entitled (pence)", FIRST_CLAIM, 1),
        # The shares would follow the running total.
        ("Lines", "Let through under the rule, with it (pence)", FIRST_CLAIM, 0),
        ("Lines", "Shares less entitled (must be 0)", FIRST_CLAIM, 0),
        ("Checks", "Second figure", STATED["lines as settled"], 1),
    ),
    "adjustments to schedule": (
        ("Summary", "Adjustments (pence)", -1, 1),
        ("Lines", "Entitled (pence)", FIRST_CLAIM, 1),
        # The shares would follow the running total.
        ("Lines", "Let through under the rule, with it (pence)", FIRST_CLAIM, 0),
        ("Lines", "Shares less entitled (must be 0)", FIRST_CLAIM, 0),
        ("Checks", "Second figure", STATED["lines as settled"], 1),
    ),
    "line order": (("Lines", "Line number", 2, -1),),
    "plain prices": (("Lines", "Not quantity × price", FIRST_CLAIM, 1),),
    "parts as cut": (("Lines", "Parts that are stated", FIRST_CLAIM, 1),),
    "by milestone": (("By milestone", "Payable before this claim (pence)", 0, 1),),
    "by school": (("By school", "Payable before this claim (pence)", 0, 1),),
    "adjustments listed": (("Adjustments", PENCE, 0, 1),),
    "schedule to closing": (
        ("Summary", "Closing (pence)", -1, 1),
        ("Account", "Due (pence)", 0, 1),
    ),
    "opening to closing": (
        ("Summary", "Opening (pence)", 0, 1),
        ("Checks", "Second figure", STATED["opening as settled"], 1),
    ),
    "to date": (("To date", "Value (pence)", 0, 1),),
    "funder limits": (("To date", "Limit (pence)", 3, -800_000),),
    "shares to lines": (("Lines", "Shares less entitled (must be 0)", FIRST_CLAIM, 1),),
    "shares whole": (
        ("Shares", "Parts", 0, 1),
        ("Shares", "Parts up to it", 0, 0),
        ("Checks", "Second figure", STATED["shares as agreed"], 1),
    ),
    "contract limit": (
        ("Rates and limits", PENCE, len(WHOLE.rates), 1 - 300_000_000_000),
        ("Checks", "Second figure", STATED["terms as agreed"], 1 - 300_000_000_000),
    ),
    "account due": (("Account", "Due (pence)", 0, 1),),
    "account received": (("Account", "Received (pence)", 0, 1),),
    **{
        key: (("Checks", "Second figure", STATED[key], 1),)
        for key in (
            *("lines as settled", "line count", "opening as settled", "due as settled"),
            *("receipts as read", "terms as agreed", "shares as agreed"),
        )
    },
}


# Milestones add lines up, and are held against the schedule: what is typed over in either of them
# fails there too. The parts of the total on the cover are those of the Summary.
_ADDED_UP = ("by milestone", "by school")
ALSO = {
    "lines to summary": _ADDED_UP,
    "milestones to schedule": (*_ADDED_UP, "due as settled"),
    "adjustments to schedule": (*_ADDED_UP, "due as settled"),
}


def typed_over(book: Workbook, shown: Workbook, key: str) -> None:
    for sheet, header, row, more in TYPED[key]:
        (table,) = book[sheet].tables.values()
        headers, *rows = book[sheet][table.ref]
        cell = rows[row][[one.value for one in headers].index(header)]
        cell.value = shown[sheet][cell.coordinate].value + more


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A workbook for every check, with figures typed over, worked out anew: LibreOffice starts
    once for all of them.
    """
    folder, content = tmp_path_factory.mktemp("typed"), statement_workbook(WHOLE)
    shown, paths = opened(content, values=True), []
    for number, key in enumerate(PLANTED):
        book = opened(content)
        typed_over(book, shown, key)
        paths.append(folder / f"typed_over_{number}.xlsx")
        book.save(paths[-1])
    made = convert_all(paths, folder / "new", RECALCULATED, seconds=400)
    return dict(zip(PLANTED, made, strict=True))


@needs_libreoffice
@pytest.mark.parametrize("key", PLANTED)
def test_the_formulas_find_a_figure_that_is_typed_over(typed: dict[str, Path], key: str) -> None:
    recalculated = openpyxl.load_workbook(typed[key], data_only=True)
    (table,) = recalculated["Checks"].tables.values()
    _, *rows = recalculated["Checks"][table.ref]
    failing = [
        check.key for check, row in zip(WHOLE.checks, rows, strict=True) if not row[-1].value
    ]
    assert {*failing} == {key, *ALSO.get(key, ())}
    assert str(beside(recalculated["Cover"], "Checks")).startswith("A check fails")
