"""What is measured, in which windows it counts, and conditions in plain English: what must be the
case, in which window, on which side of a bar.
"""

from __future__ import annotations

from collections.abc import Iterable

from impactbond.contract.contract import Contract
from impactbond.contract.wording.words import Rule, SchedulePart, defined, said_window, short_window
from impactbond.terms.conditions import CONDITIONS, Condition, ConditionTerm, Junction
from impactbond.terms.words import listed, quoted


def measured(contract: Contract) -> SchedulePart:
    """What is measured, each metric in a sentence."""
    rules = [
        Rule(f"{defined(name)} is {metric.definition()}", metric.clause)
        for name, metric in contract.metrics.items()
    ]
    return SchedulePart("What is measured", tuple(rules))


def windows(contract: Contract) -> SchedulePart:
    """The windows, each in a sentence."""
    start = Rule(
        "“the start” is the day on which the participant starts, as the evidence states it"
    )
    rules = [
        Rule(f"{quoted(name)} runs {said_window(window)}")
        for name, window in contract.windows.items()
    ]
    return SchedulePart("Windows of time", (start, *rules))


def condition_rule(contract: Contract, lead: str, condition: Condition, clause: str = "") -> Rule:
    """A rule that starts with `lead` and ends with what must be the case, in parts if it has any.

    The clause is that of the rule; beside it, a condition with a clause of its own is a part.
    """
    inside = _Wording(contract).rule(condition)
    if not clause:
        return Rule(f"{lead} {inside.says}", inside.clause, inside.parts)
    return _led(lead, inside, clause)


def condition_words(contract: Contract, condition: Condition) -> str:
    """A condition in one line, whatever parts it has."""
    return _flat(_Wording(contract).rule(condition))


def _flat(rule: Rule) -> str:
    inside = "; ".join(f"({mark}) {_flat(part)}" for mark, part in enumerate(rule.parts, 1))
    return f"{rule.says} {inside}" if inside else rule.says


def _led(lead: str, inside: Rule, clause: str) -> Rule:
    """What is the case, after words that lead to it; a clause of its own keeps it apart."""
    if inside.clause:
        return Rule(f"{lead} the following holds:", clause, (inside,))
    return Rule(f"{lead} {inside.says}", clause, inside.parts)


class _Wording:
    """One rule being said: the days of a window are told where it is first mentioned."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.mentioned: set[str] = set()

    def rule(self, condition: Condition) -> Rule:
        if isinstance(condition, str):
            return Rule(f"{quoted(condition)} is met")
        says = condition.says(self)
        if not isinstance(condition, Junction):
            return Rule(says, condition.clause)
        if not condition.word and len(condition.parts) == 1:
            return _led(says, self.rule(condition.parts[0]), condition.clause)
        named = [part for part in condition.parts if isinstance(part, str)]
        if len(named) == len(condition.parts):
            together = listed(map(quoted, named), condition.word or "and")
            return Rule(f"{says}: {together}", condition.clause)
        return Rule(f"{says}:", condition.clause, tuple(map(self.rule, condition.parts)))

    def within(self, window: str) -> str:
        """In a window, with its days where it is first mentioned."""
        if window in self.mentioned:
            return f"in {quoted(window)}"
        self.mentioned.add(window)
        return f"in {quoted(window)} ({short_window(self.contract.windows[window])})"


def reading_rules(used: Iterable[Condition]) -> list[Rule]:
    """How the kinds of conditions that a contract uses are read, each in a sentence."""
    # What turns another condition round is read last. Kinds that are read alike share a sentence,
    # which stands where the first of them would, whichever of them is used.
    kinds = sorted(CONDITIONS, key=lambda kind: issubclass(kind, Junction) and kind.asks_states)
    said = {one.reading for one in used if isinstance(one, ConditionTerm)}
    return [Rule(says) for says in dict.fromkeys(kind.reading for kind in kinds) if says in said]
