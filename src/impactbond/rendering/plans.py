"""Schedules as planned: what was to be paid in each period, kept beside what is paid."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.plans import Plan
from impactbond.rendering.document import Part, Rule
from impactbond.rendering.wording import defined, listed, money, said_day


def plans(contract: Contract) -> Part:
    """Every plan, with what it expects for each period."""
    told = [_plan(contract, name, plan) for name, plan in contract.plans.items()]
    return Part("Plans", tuple(told))


def _plan(contract: Contract, name: str, plan: Plan) -> Rule:
    title = f"“{plan.title}” ({name})" if plan.title else defined(name)
    parts = tuple(
        Rule(
            f"for {period}: "
            + listed(f"{money(contract, amount)} for {what}" for what, amount in of.items())
        )
        for period, of in plan.payments.items()
    )
    says = f"{title} is what was planned on {said_day(plan.made_on)}, which binds nobody:"
    return Rule(says, plan.clause, parts)
