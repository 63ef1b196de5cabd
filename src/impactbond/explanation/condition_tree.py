"""A condition as a tree of findings: how each part stands, on what day, and on which rows."""

from __future__ import annotations

from impactbond.explanation.evidence_used import EngineView, EvidenceArchive
from impactbond.explanation.participant_view import ParticipantView
from impactbond.explanation.parts import ConditionExplained
from impactbond.terms.conditions import Condition, Junction, Looking
from impactbond.terms.conditions.passes import ConditionCase, EvidenceUsed


def find(
    seen: ParticipantView, archive: EvidenceArchive, condition: Condition
) -> ConditionExplained:
    """The finding of a condition, with everything inside it."""
    name = ""
    # A name may stand for another name: the first is the one that a reader meets here.
    while isinstance(condition, str):
        name = name or condition
        condition = seen.contract.conditions[condition]
    looking = condition if isinstance(condition, Looking) else None
    parts = condition.parts if isinstance(condition, Junction) else ()
    inside = tuple(find(seen, archive, part) for part in parts)
    windows = [] if looking is None else [seen.window_days(name) for name in looking.windows]
    used = EvidenceUsed() if looking is None else looking.evidence(EngineView(seen))
    case = ConditionCase(
        contract=seen.contract,
        state=seen.state(condition),
        on=seen.on(condition),
        windows=tuple(map(str, windows)),
        days=tuple((window.first, window.last) for window in windows),
        used=used,
        parts=inside,
    )
    told = condition.tell(case)
    return ConditionExplained(
        name=name,
        kind=condition.called,
        what=told.what,
        needed=told.needed,
        found=told.found,
        sentence=told.sentence,
        state=case.state,
        on=case.on,
        due_on=seen.due(condition),
        clause=condition.clause,
        windows=tuple(dict.fromkeys(windows)),
        rows=tuple(archive.shown(observation, taken_as) for observation, taken_as in used.relied),
        left_aside=() if looking is None else tuple(archive.left_aside(seen, looking)),
        parts=inside,
    )
