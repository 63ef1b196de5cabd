"""Identification: who is at risk, in how many areas, and why, on a day, by a condition of the
contract. An area is a part of that condition; the thresholds are those that the contract states.

Takes  a contract, evidence, and a day: what was recorded by then is known.
Gives  a table, a row for each participant covered; of any one of them the condition as explained.
Keeps  the engine's own states: what is met here is what eligibility is paid by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any

import narwhals as nw
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.contract.wording.conditions import condition_words
from impactbond.dates import day_given, from_day_number
from impactbond.errors import Fault, SettlementError
from impactbond.evaluation.decisions import evaluate_conditions
from impactbond.evaluation.facts import NEVER
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.known_evidence import (
    Basis,
    people_of,
    segments_at_start,
    segments_on,
)
from impactbond.evidence.evidence import Evidence
from impactbond.explanation.case import view_participant
from impactbond.explanation.participant_view import (
    STATES,
    EvidenceArchive,
    condition_tree,
)
from impactbond.explanation.parts import ConditionExplained
from impactbond.explanation.sight import Sight
from impactbond.tables import as_kind, plain_rows, rows_table, schema_of
from impactbond.terms.conditions import Condition, Junction
from impactbond.terms.diagnostic import did_you_mean, listing
from impactbond.terms.words import counted

_NUMBERS = {"areas_met": pa.int64(), "areas_not_evidenced": pa.int64(), "areas": pa.int64()}
MOVES = schema_of("participant", "attribute", "was", "is", "from_on", "recorded_on")
BETWEEN = "; "


@dataclass(frozen=True, eq=False, repr=False)
class Identification:
    """Who is at risk, in how many areas and why, as known on a day.

    `table` has a row for each participant covered, in order: `state` (met, not met, not evidenced),
    `met_on`, how many of the `areas` are met and how many not evidenced, which they are (their
    names, with '; ' between them), and each attribute at the start and `_now`. `moves_table` has a
    row for each attribute of a participant that changed, and from which day.
    """

    contract: Contract
    evidence: Evidence
    as_of: date
    condition: str
    areas: tuple[str, ...]
    table: pa.Table
    moves_table: pa.Table

    @property
    def participants(self) -> Any:
        """The table, as the kind of frame that the evidence came in."""
        return as_kind(self.table, self.evidence.kind)

    @property
    def moves(self) -> Any:
        """The attributes that changed, as the kind of frame that the evidence came in."""
        return as_kind(self.moves_table, self.evidence.kind)

    @cached_property
    def by_areas(self) -> dict[int, int]:
        """How many participants are at risk in how many areas."""
        return dict(sorted(Counter(self.table["areas_met"].to_pylist()).items()))

    def why(self, participant: str) -> ConditionExplained:
        """The condition of one participant, with every area in it, its rows, and those left aside.

        Raises SettlementError, without the id, where the contract covers no such participant.
        """
        claim = _claim(self.as_of)
        own = self.evidence.about(participant)
        sight = Sight(self.contract, self.evidence, own, claim)
        person = sight.people.get(participant) if own.participants_table.num_rows else None
        view = view_participant(sight, participant, person, Basis()) if person else None
        if view is None:
            problem = "the contract covers no such participant, as known on that day"
            fault = Fault(code="unknown_participant", problem=problem)
            raise SettlementError("There is nobody to identify.", [fault])
        rows = {row["observation"]: row for row in own.observations_table.to_pylist()}
        archive = EvidenceArchive(self.contract, self.as_of, rows)
        asked = self.contract.participants.eligible
        assert asked is not None, "it is what was asked"
        return condition_tree(view, archive, asked)

    def as_dict(self) -> dict[str, Any]:
        """The identification as plain data, for `--json`."""
        return {
            "as_of": self.as_of.isoformat(),
            "condition": self.condition,
            "areas": list(self.areas),
            "by_areas": self.by_areas,
            "participants": plain_rows(self.table),
            "moves": plain_rows(self.moves_table),
        }

    @property
    def text(self) -> str:
        """How many meet the condition, in how many areas; no participant is named."""
        states = Counter(self.table["state"].to_pylist())
        lines = [f"'{self.condition}' on {self.as_of}, {counted(len(self.areas), 'area')}:"]
        lines += [f"  {state}: {states[state]:,}" for state in ("met", "not met", "not evidenced")]
        lines += [
            f"  in {counted(areas, 'area')}: {counted(many, 'participant')}"
            for areas, many in self.by_areas.items()
        ]
        if self.moves_table.num_rows:
            moved = len(set(self.moves_table["participant"].to_pylist()))
            lines.append(f"  attributes changed since the start: {counted(moved, 'participant')}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Identification by '{self.condition}' on {self.as_of}: {self.table.num_rows}>"


def identify(
    contract: Contract | Versions,
    evidence: Evidence,
    *,
    as_of: str | date,
    condition: str | None = None,
) -> Identification:
    """Who meets a condition on a day, in how many of its areas, and why: by default what makes a
    participant eligible.

    An area is a part of the condition, or the condition itself where it has none. What was recorded
    by that day is known; a window counts from each participant's own start. Raises SettlementError
    where the contract has no such condition.
    """
    terms = contract.whole if isinstance(contract, Versions) else contract
    day = day_given(as_of, "as_of", SettlementError)
    asked = terms.participants.eligible if condition is None else condition
    if asked is None or (isinstance(asked, str) and asked not in terms.conditions):
        raise SettlementError("There is nobody to identify.", [_no_condition(terms, condition)])
    people = terms.participants.model_copy(update={"eligible": asked})
    terms = terms.model_copy(update={"participants": people})
    terms._source = b""  # or it would pass for the terms that were read
    inputs = EvaluationInput.of(terms, evidence, [_claim(day)])
    plan, conditions = evaluate_conditions(inputs, Basis())
    root, parts = plan.node(asked), _areas(terms, asked)
    numbers = [plan.node(part).number for part in parts]
    names = tuple(_named(terms, part) for part in parts)
    columns = [f"{what}_{number}" for what in ("state", "on") for number in (root.number, *numbers)]
    found = inputs.session.collect(conditions.select("participant", *dict.fromkeys(columns)))
    attributes = list(terms.participants.attributes)
    at_start, now = _attributes(inputs)
    rows = []
    for row in sorted(found.to_pylist(), key=lambda one: one["participant"]):
        states = [STATES[row[f"state_{number}"]] for number in numbers]
        met = [name for name, state in zip(names, states, strict=True) if state == "met"]
        open_ = [name for name, state in zip(names, states, strict=True) if "evidenced" in state]
        on = row[f"on_{root.number}"]
        who = row["participant"]
        rows.append(
            (
                *(who, STATES[row[f"state_{root.number}"]]),
                None if on == NEVER else from_day_number(on),
                *(len(met), len(open_), len(names), BETWEEN.join(met), BETWEEN.join(open_)),
                *(at_start[who][name] for name in attributes),
                *(now[who][name] for name in attributes),
            )
        )
    schema = schema_of(
        *("participant", "state", "met_on", *_NUMBERS, "which_met", "which_not_evidenced"),
        *attributes,
        *(f"{name}_now" for name in attributes),
        **_NUMBERS,
        **{name: pa.string() for one in attributes for name in (one, f"{one}_now")},
    )
    moves = rows_table(_moves(evidence, terms, day, set(at_start)), MOVES)
    said = asked if isinstance(asked, str) else "eligibility"
    return Identification(terms, evidence, day, said, names, rows_table(rows, schema), moves)


def _claim(day: date) -> ClaimDate:
    return ClaimDate(0, "", day, day)


def _areas(contract: Contract, condition: Condition) -> Sequence[Condition]:
    while isinstance(condition, str):
        condition = contract.conditions[condition]
    return condition.parts if isinstance(condition, Junction) else (condition,)


def _named(contract: Contract, part: Condition) -> str:
    return part if isinstance(part, str) else condition_words(contract, part)


def _attributes(
    inputs: EvaluationInput,
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """The attributes of everybody at the start, and on the day that is asked about."""
    people = people_of(inputs)
    asked = people.select("claim", "participant", "known_by", day=nw.col("known_by"))
    frames = (segments_at_start(inputs, people), segments_on(inputs, asked, "day", ["claim"]))
    start, now = (
        {
            row["participant"]: inputs.segments.named(row["segment"])
            for row in inputs.session.collect(frame).to_pylist()
        }
        for frame in frames
    )
    return start, now


def _moves(
    evidence: Evidence, contract: Contract, day: date, covered: set[str]
) -> Iterator[tuple[Any, ...]]:
    """Each attribute of a participant that changed, as known on the day: of rows that hold from the
    same day, the one that was recorded last.
    """
    held: dict[str, dict[date, dict[str, Any]]] = {}
    for row in evidence.participants_table.to_pylist():
        if row["recorded_on"] <= day and row["from_on"] <= day and row["participant"] in covered:
            rows = held.setdefault(row["participant"], {})
            last = rows.get(row["from_on"])
            # A row may say anew what holds from the same day. That puts it right, and nobody moved.
            if last is None or last["recorded_on"] <= row["recorded_on"]:
                rows[row["from_on"]] = row
    for who, rows in sorted(held.items()):
        in_order = [rows[since] for since in sorted(rows)]
        for before, after in pairwise(in_order):
            for name in contract.participants.attributes:
                if before[name] != after[name]:
                    days = after["from_on"], after["recorded_on"]
                    yield (who, name, before[name], after[name], *days)


def _no_condition(contract: Contract, condition: str | None) -> Fault:
    if condition is None:
        problem = "the contract says nothing of who is eligible"
        hint = "Name the condition that says who is at risk"
    else:
        problem = f"there is no condition '{condition[:60]}'"
        hint = did_you_mean(condition[:60], contract.conditions)
    allowed = listing(contract.conditions) or "none is defined"
    return Fault(code="unknown_condition", problem=problem, allowed=allowed, hint=hint)
