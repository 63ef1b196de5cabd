"""A condition as a tree of findings: how each part stands, on what day, and on which rows."""

from __future__ import annotations

from collections.abc import Sequence

from impactbond.explanation.condition_text import tell, tell_absence
from impactbond.explanation.evidence_used import EvidenceArchive, look, look_for
from impactbond.explanation.participant_view import ParticipantView
from impactbond.explanation.parts import ConditionExplained
from impactbond.terms.conditions import (
    Absence,
    All,
    AnyOf,
    AtLeast,
    Condition,
    Junction,
    Leaf,
    Not,
    parts,
    windows_of,
)

MANY = 3  # as many parts are told with their figures; more are told by name


def find(
    seen: ParticipantView, archive: EvidenceArchive, condition: Condition
) -> ConditionExplained:
    """The finding of a condition, with everything inside it."""
    name = ""
    while isinstance(condition, str):
        name = name or condition
        condition = seen.contract.conditions[condition]
    if isinstance(condition, Junction) and not isinstance(condition, Absence):
        return _junction(seen, archive, condition, name)
    return _leaf(seen, archive, condition, name)


def _leaf(
    seen: ParticipantView, archive: EvidenceArchive, leaf: Leaf | Absence, name: str
) -> ConditionExplained:
    shown: tuple[ConditionExplained, ...] = ()
    if isinstance(leaf, Absence):
        shown = (find(seen, archive, leaf.shown_by),)
        looked, relied = look_for(seen, leaf)
        told = tell_absence(leaf, looked, shown[0].state)
    else:
        looked, relied = look(seen, leaf)
        told = tell(seen.contract, leaf, looked)
    return ConditionExplained(
        name=name,
        kind=type(leaf).__name__.lower(),
        what=told.what,
        needed=told.needed,
        found=told.found,
        sentence=told.sentence,
        state=seen.state(leaf),
        on=seen.on(leaf),
        due_on=seen.due(leaf),
        clause=leaf.clause,
        windows=tuple(map(seen.window_days, dict.fromkeys(windows_of(leaf)))),
        rows=tuple(archive.shown(observation, taken_as) for observation, taken_as in relied),
        left_aside=tuple(archive.left_aside(seen, leaf)),
        parts=shown,
    )


def _junction(
    seen: ParticipantView, archive: EvidenceArchive, junction: Junction, name: str
) -> ConditionExplained:
    inside = tuple(find(seen, archive, part) for part in parts(junction))
    needed = _needed(junction)
    found = f"{sum(part.state == 'met' for part in inside)} of {len(inside)} met"
    if isinstance(junction, Not):
        found = f"{inside[0].state}: {inside[0].sentence}"
    state = seen.state(junction)
    return ConditionExplained(
        name=name,
        kind={All: "all", AnyOf: "any", AtLeast: "at least", Not: "not"}[type(junction)],
        what=f"{needed} of {len(inside)}",
        needed=needed,
        found=found,
        sentence=f"what must be evidenced and not be so is {found}"
        if isinstance(junction, Not)
        else _sentence(inside, state, f"{found}, {needed} needed"),
        state=state,
        on=seen.on(junction),
        due_on=seen.due(junction),
        clause=junction.clause,
        parts=inside,
    )


def _needed(junction: Junction) -> str:
    match junction:
        case All():
            return "all"
        case AnyOf():
            return "at least 1"
        case AtLeast():
            return f"at least {junction.at_least}"
        case _:
            return "that it is evidenced and not met"


def _sentence(inside: Sequence[ConditionExplained], state: str, count: str) -> str:
    if len(inside) == 1:
        return inside[0].sentence
    wanted = ["met"] if state == "met" else ["not met", "not evidenced"]
    told = [count]
    for each in wanted:
        concerned = [part for part in inside if part.state == each]
        if concerned:
            told.append(f"{each}: {'; '.join(_label(part, len(concerned)) for part in concerned)}")
    return "; ".join(told)


def _label(part: ConditionExplained, among: int) -> str:
    if not part.name:
        return part.sentence
    return part.name if among > MANY else f"{part.name} ({part.sentence})"
