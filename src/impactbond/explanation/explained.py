"""What an explanation holds, before anybody chooses how to tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from impactbond.explanation.parts import ConditionExplained, MilestoneExplained, ParticipantRow


@dataclass(frozen=True)
class Explained:
    """Why one participant's milestones were paid or not, as known at one claim date.

    `line` is set where one line of a statement was asked about.
    """

    contract: str
    title: str
    version: int
    contract_sha256: str
    currency: str
    participant: str
    claim_period: str
    claim_date: date
    ends_on: date
    line: str | None
    standing: str
    started_on: date | None
    left_on: date | None
    participant_rows: tuple[ParticipantRow, ...]
    rows_recorded_later: int
    eligibility: ConditionExplained | None
    eligibility_clause: str
    milestones: tuple[MilestoneExplained, ...]
    kind: str

    @property
    def entitled_pence(self) -> int:
        """What all the lines told here come to."""
        return sum(milestone.entitled_pence for milestone in self.milestones)
