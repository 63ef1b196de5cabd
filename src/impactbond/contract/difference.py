"""What changed between two versions of a contract, worked out from their terms and never typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from impactbond.contract.contract import Contract
from impactbond.contract.reading.yaml_text import show_path
from impactbond.terms.diagnostic import Path

_SAID_APART = ("version",)  # which version it is, is no term of its own


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One term that changed: where it stands, its clause, and how it read before and after.

    `was` is empty for what was added, `now` for what was removed.
    """

    path: str
    clause: str
    kind: Literal["added", "removed", "changed", "order changed"]
    was: str
    now: str

    def __str__(self) -> str:
        clause = f" [{self.clause}]" if self.clause else ""
        told = {
            "added": f"added: {self.now}",
            "removed": f"removed: {self.was}",
            "changed": f"was {self.was}, is now {self.now}",
            "order changed": f"in another order: was {self.was}, is now {self.now}",
        }[self.kind]
        return f"{self.path}{clause}: {told}"

    def as_dict(self) -> dict[str, str]:
        """The change as plain data, for `--json`."""
        return asdict(self)


def difference(old: Contract, new: Contract) -> tuple[ContractChange, ...]:
    """Every term that differs between two contracts, in the order in which they read."""
    before, after = (
        one.model_dump(mode="json", by_alias=True, exclude={*_SAID_APART}) for one in (old, new)
    )
    return tuple(_between(before, after, (), ""))


def _between(was: Any, now: Any, path: Path, clause: str) -> Iterator[ContractChange]:
    if was == now and list(_keys(was)) == list(_keys(now)):
        return
    if isinstance(was, Mapping) and isinstance(now, Mapping) and _is_same_kind(was, now):
        clause = str(now.get("clause") or was.get("clause") or clause)
        yield from _in_mapping(was, now, path, clause)
    elif _is_list_of_terms(was) and _is_list_of_terms(now):
        yield from _in_list(was, now, path, clause)
    elif _is_nothing(was):
        yield ContractChange(show_path(path), _clause_of(now, clause), "added", "", shown(now))
    elif _is_nothing(now):
        yield ContractChange(show_path(path), _clause_of(was, clause), "removed", shown(was), "")
    else:
        yield ContractChange(show_path(path), clause, "changed", shown(was), shown(now))


def _in_mapping(
    was: Mapping[str, Any], now: Mapping[str, Any], path: Path, clause: str
) -> Iterator[ContractChange]:
    in_both = [name for name in was if name in now]
    in_order = [name for name in now if name in was]
    for name in [*in_order, *(name for name in was if name not in now)]:
        yield from _between(was[name], now.get(name), (*path, name), clause)
    for name in now:
        if name not in was:
            yield from _between(None, now[name], (*path, name), clause)
    if in_both != in_order:
        yield ContractChange(
            show_path(path), clause, "order changed", ", ".join(in_both), ", ".join(in_order)
        )


def _in_list(was: list[Any], now: list[Any], path: Path, clause: str) -> Iterator[ContractChange]:
    """Entries are matched where they read the same; between those, one against one in order."""
    matcher = SequenceMatcher(None, list(map(repr, was)), list(map(repr, now)), autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            continue
        for step in range(max(last - first, end - start)):
            before = was[first + step] if first + step < last else None
            after = now[start + step] if start + step < end else None
            place = start + step if after is not None else first + step
            yield from _between(before, after, (*path, place), clause)


def _keys(value: Any) -> Iterator[str]:
    """The keys of a mapping and of what is in it, in order: their order can be a term."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield key
            yield from _keys(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _keys(entry)


def _is_same_kind(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    # A term of another kind shares at most its clause with the one before.
    return not was or not now or bool(was.keys() & now.keys() - {"clause", "title"})


def _is_list_of_terms(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(entry, Mapping) for entry in value)


def _is_nothing(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _clause_of(value: Any, clause: str) -> str:
    return str(value.get("clause") or clause) if isinstance(value, Mapping) else clause


def shown(value: Any) -> str:
    """A term in a line, as a contract writes it, without what it leaves out."""
    match value:
        case True | False:
            return "yes" if value else "no"
        case Mapping():
            said = {key: entry for key, entry in value.items() if not _is_nothing(entry)}
            parts = (f"{key}: {shown(entry)}" for key, entry in said.items())
            return f"{{{', '.join(parts)}}}"
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case _:
            return str(value) or "nothing"
