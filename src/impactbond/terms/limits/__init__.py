"""The most that is paid: limits on the whole, on milestones, on each participant, on funders.

A kind of limit is one class, registered here; a file holds those that are applied alike.
"""

from __future__ import annotations

from impactbond.terms.limits.funder import FunderLimit, ShareLimit
from impactbond.terms.limits.limit import LIMITS, Limit, LimitKind
from impactbond.terms.limits.whole import ContractLimit, MilestoneLimit, WholeLimit

__all__ = ["LIMITS", "Limit", "LimitKind", "ShareLimit", "WholeLimit"]

# In the order in which they are offered to whoever writes something else.
for _kind in (ContractLimit, MilestoneLimit, FunderLimit):
    LIMITS.register(_kind)
