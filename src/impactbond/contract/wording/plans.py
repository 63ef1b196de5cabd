"""Schedules as planned: what was to be paid in each period, kept beside what is paid."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.words import defined, money, said_day
from impactbond.terms.plans import Plan
from impactbond.terms.words import listed


def plans(contract: Contract) -> SchedulePart:
    """Every plan, with what it expects for each period."""
    told = [_plan(contract, name, plan) for name, plan in contract.plans.items()]
    return SchedulePart("Plans", tuple(told))


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
