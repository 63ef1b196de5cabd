"""Every rule of what a contract says: those that refuse it, and those that are worth a look."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics import (
    calendar,
    examples,
    funding,
    limits,
    money,
    names,
    passed_by,
    payables,
    sheets,
    units,
)
from impactbond.terms.diagnostic import Diagnostic, Diagnostics

_Rules = tuple[Callable[[Contract], Diagnostics], ...]
_ERRORS: _Rules = (
    *(names.check_names, names.check_same_names, names.check_values),
    *(calendar.check_term, calendar.check_windows, calendar.check_started, calendar.check_periods),
    *(calendar.check_payment, payables.check_conditions, payables.check_milestones),
    *(payables.check_indices, payables.check_prices, money.check_discounts, money.check_rounding),
    *(payables.check_results, money.check_fees, money.check_money),
    *(funding.check_funding, funding.check_commitments, funding.check_sights),
    *(limits.check_tranches, limits.check_limits),
    *(sheets.check_sheets, money.check_vat, money.check_parties, examples.check_plans),
    *(money.check_investment, examples.check_examples),
)
_WARNINGS: _Rules = (
    *(limits.look_at_amounts, money.look_at_sizes, payables.look_at_reach),
    *(payables.look_at_bars, passed_by.look_at_passed_by),
    *(calendar.look_at_dates, calendar.look_at_bank_holidays),
    *(payables.look_at_prices, limits.look_at_cut_claims),
    *(payables.look_at_results, units.look_at_units, money.look_at_fees),
    *(names.look_at_unused, funding.look_at_idle_funders, examples.look_at_examples),
)


def check_terms(contract: Contract) -> list[Diagnostic]:
    """Every fault of meaning, each with the path of the term it is in."""
    return list(chain.from_iterable(check(contract) for check in _ERRORS))


def warnings_of(contract: Contract) -> list[Diagnostic]:
    """What is allowed in a contract and may not be meant, each with its place."""
    return list(chain.from_iterable(look_at(contract) for look_at in _WARNINGS))
