"""Where half a penny goes: everything that is rounded obeys the rule of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.spec.drawn_tables import contract_of, paid

from impactbond.contract.schema import contract_schema
from impactbond.contract.wording.render import render
from impactbond.errors import ContractError
from impactbond.terms.rounding import HALVES, Half

ONE_YES = "consent: {when: {observed: consent, in: year one}, price: "
ONE_CLAIM = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
"""
THREE_CLAIMS = """
    child    | metric  | on         | value
    c1 c2 c3 | consent | 2017-02-01 | yes
"""


def priced(price: str, half: str, further: str = "") -> str:
    """The milestone `consent` at a price with further terms, under a rule for halves."""
    return f"milestones:\n  {ONE_YES}{price}{further}}}\nrounding: {{half: {half}}}\n"


@pytest.mark.mechanic(60)
@pytest.mark.parametrize(
    ("price", "half", "due"),
    [
        # Half of 5p is 2.5p, half of 7p is 3.5p.
        ("0.05", "up", "0.03"),
        ("0.05", "even", "0.02"),
        ("0.07", "up", "0.04"),
        ("0.07", "even", "0.04"),
    ],
)
def test_a_changed_price_obeys_the_rule_for_halves(price: str, half: str, due: str) -> None:
    terms = priced(price, half, ", changes: [{by: -50%}]")
    assert paid(terms, ONE_CLAIM) == {"2017-Q1": {"council": due}}


@pytest.mark.mechanic(60)
@pytest.mark.parametrize(("half", "due"), [("up", "3.00"), ("even", "2.00")])
def test_a_price_rounded_to_the_nearest_pound_obeys_it(half: str, due: str) -> None:
    # 5.00 less 50% is 2.50, as near to 2 as to 3.
    terms = priced("5.00", half, ", changes: [{by: -50%}], rounded: {to: 1.00, way: nearest}")
    assert paid(terms, ONE_CLAIM) == {"2017-Q1": {"council": due}}


@pytest.mark.mechanic(60)
@pytest.mark.parametrize(("half", "due"), [("up", "0.02"), ("even", "0.02"), ("below", "0.01")])
def test_a_share_of_all_claims_obeys_it(half: str, due: str, half_down: Half) -> None:
    # Half of three claims of 1p is 1.5p.
    terms = priced("0.01", half, ", paid_for: 50%")
    assert paid(terms, THREE_CLAIMS) == {"2017-Q1": {"council": due}}


@pytest.mark.mechanic(60)
@pytest.mark.parametrize(("half", "due"), [("up", "0.03"), ("even", "0.02")])
def test_a_result_obeys_it(half: str, due: str) -> None:
    # One claim times 5p times one half is 2.5p.
    terms = f"""
{priced("0.00", half)}
results:
  saving:
    measure: {{claims: consent}}
    pays: {{each: 1, pays: 0.05}}
    times: {{share: 50%}}
    counted: each period
"""
    assert paid(terms, ONE_CLAIM) == {"2017-Q1": {"council": due}}


class HalfDown(Half):
    """A rule that the package does not know: half a minor unit is left out."""

    key, says = "below", "half a penny is left out"

    @staticmethod
    def rule(below: Any, rest: Any, whole: int) -> Any:
        """Up beyond the half only."""
        return 2 * rest > whole

    @staticmethod
    def formula(number: str) -> str:
        """Up to a half below it."""
        return f"-INT(0.5-({number}))"

    def short(self, coin: str) -> str:
        """It goes down."""
        return "down"


@pytest.fixture
def half_down() -> Iterator[Half]:
    """That rule, known as long as a test runs."""
    HALVES["below"] = HalfDown()
    yield HALVES["below"]
    del HALVES["below"]


@pytest.mark.mechanic(60)
def test_a_new_rule_is_one_class(half_down: Half) -> None:
    terms = priced("0.05", "below", ", changes: [{by: -50%}]") + "# a rule of this test\n"
    assert paid(terms, ONE_CLAIM) == {"2017-Q1": {"council": "0.02"}}
    assert "half a penny is left out" in render(contract_of(terms))
    known = contract_schema()["$defs"]["Rounding"]["properties"]["half"]["enum"]
    assert (known[:2], known[-1]) == (["up", "even"], "below")


def test_a_rule_that_nobody_knows_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(priced("0.05", "sideways"))
    fault = refused.value.faults[0]
    assert (fault.code, fault.allowed) == ("not_a_choice", ", ".join(HALVES))
