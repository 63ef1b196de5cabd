"""What differs between two contracts, worked out from their terms and never typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from impactbond.contract.contract import Contract
from impactbond.contract.references import DEFINED, Defined, rests_on
from impactbond.money import minor_units, show
from impactbond.terms.reference import references

Kind = Literal["added", "removed", "changed", "order changed"]

# Mappings whose keys are names that the parties gave, rather than terms of the language.
_NAMED = frozenset(
    (
        *("funders", "metrics", "windows", "conditions", "milestones", "tranches", "sheets"),
        *("indices", "measures", "results", "fees", "plans", "payments", "listed", "groups"),
        *("shares", "by", "attributes", "covered", "columns", "only"),
        *("investors", "classes", "commits"),
    )
)
_AMOUNTS = frozenset(("price", "pay", "at_most", "amount"))
_SAID_WITH_SPACES = _AMOUNTS | {"working_days_of", "bank_holidays", "if_closed"}
_NO_MONEY = frozenset(
    ("impactbond", "contract", "title", "provider", "parties", "sheets", "accepted")
)
_NO_MONEY_WITHIN = frozenset(("clause", "title", "name"))
_ABOUT = (
    *("contract", "milestone", "funder", "participant", "segment", "period", "for", "from", "code"),
)
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One term that differs: where it stands, how it reads before and after, the clause it cites.

    `was` is `nothing` for what was added, `now` for what was removed. `milestones` are those whose
    money the term can move; none for a title or a heading.
    """

    path: str
    was: str
    now: str
    clause: str
    milestones: tuple[str, ...]
    kind: Kind

    def __str__(self) -> str:
        cited = f" [{self.clause}]" if self.clause else ""
        return f"{self.path}{cited}: was {self.was}, now {self.now}"

    def as_dict(self) -> dict[str, Any]:
        """The change as plain data, for `--json`."""
        return asdict(self)


Path = tuple[str, ...]
_Found = Iterator[tuple[Path, str, str, Kind]]


def difference(old: Contract, new: Contract) -> tuple[ContractChange, ...]:
    """Every term that differs between two contracts, in the order in which they read.

    Which version a contract is, is no term of its own.
    """
    before, after = map(_as_plain, (old, new))
    both = _Both(old, new)
    found = []
    for path, was, now, kind in both.between(before, after, ()):
        place, touched = " › ".join(map(_word, path)), both.milestones_touched_by(path)
        clause = _clause(after, path) or _clause(before, path)
        found.append(ContractChange(place, was, now, clause, touched, kind))
    return tuple(found)


class _Both:
    """Two contracts, gone through at once wherever they do not differ yet, and which milestones'
    money a term of either can move, by what each milestone rests on.
    """

    def __init__(self, old: Contract, new: Contract) -> None:
        self.contracts = (old, new)
        self.rests_on: dict[str, set[Defined]] = {}
        for contract in (new, old):
            for milestone, used in rests_on(contract).items():
                self.rests_on.setdefault(milestone, set()).update(used)

    def between(self, was: Any, now: Any, path: Path) -> _Found:
        """Path, what was, what is, and what became of it, of every term that differs."""
        if was == now and _order(was) == _order(now):
            return
        # Terms of one kind have the same keys; one of another kind is another term.
        are_mappings = isinstance(was, dict) and isinstance(now, dict)
        if are_mappings and (not path or path[-1] in _NAMED or was.keys() == now.keys()):
            yield from self._of_mappings(was, now, path)
            return
        if _is_listed(was) and _is_listed(now):
            old, new = _keyed(was), _keyed(now)
            if old.keys() & new.keys():
                yield from self._of_mappings(old, new, path)
                return
        yield self._change(was, now, path)

    def _of_mappings(self, was: Mapping[str, Any], now: Mapping[str, Any], path: Path) -> _Found:
        for key in [*was, *(key for key in now if key not in was)]:
            here = (*path, key)
            if key in was and key in now:
                yield from self.between(was[key], now[key], here)
            else:
                yield self._change(was.get(key), now.get(key), here)
        # Order decides too: which limit comes first, and which of two alternatives.
        before, after = [key for key in was if key in now], [key for key in now if key in was]
        if before != after:
            yield (*path, "order"), ", ".join(before), ", ".join(after), "order changed"

    def _change(self, was: Any, now: Any, path: Path) -> tuple[Path, str, str, Kind]:
        old, new = (_said(*one, path) for one in zip((was, now), self.contracts, strict=True))
        kind: Kind = "added" if old == _NOTHING else "removed" if new == _NOTHING else "changed"
        return path, old, new, kind

    def milestones_touched_by(self, path: Path) -> tuple[str, ...]:
        """The milestones whose money a term at that place can move."""
        if path[0] in _NO_MONEY or path[-1] in _NO_MONEY_WITHIN:
            return ()
        if path[0] in DEFINED and len(path) > 1 and path[1:] != ("order",):
            # A price moves its own milestone alone; its other terms can move all that rest on it.
            if path[-1] == "price":
                return (path[1],)
            changed = Defined(path[0], path[1])
            return tuple(one for one, used in self.rests_on.items() if changed in used)
        named = self._named_by(path) if path[0] in ("funding", "limits", "discounts") else set()
        return tuple(one for one in self.rests_on if one in named) or tuple(self.rests_on)

    def _named_by(self, path: Path) -> set[str]:
        """What an entry of funding or a limit is for."""
        named: set[str] = set()
        for contract in self.contracts:
            entries = enumerate(_keyed(_as_plain(contract)[path[0]]))
            places = [(path[0], at) for at, about in entries if about in path[1:2]]
            for one in references(contract) if places else ():
                if one.path[:2] in places and one.path[2] in ("for", "milestone"):
                    named.add(one.name)
        return named


def _as_plain(contract: Contract) -> dict[str, Any]:
    """The terms of a contract as plain data, by the keys of files."""
    return contract.model_dump(mode="json", by_alias=True, exclude={"version"})


def _said(value: Any, contract: Contract, path: Path) -> str:
    if value in (None, "", [], {}):
        return _NOTHING
    # Amounts are kept as texts: a whole number of claims or units is no money.
    if path[-1] not in _AMOUNTS or not isinstance(value, str):
        return _flow(value)
    currency = contract.currency_of_prices if path[-1] == "price" else contract.currency
    try:
        return show(minor_units(Decimal(value), currency), currency)
    except (ValueError, InvalidOperation):  # a number of claims, a share, or `commitment`
        return _flow(value)


def _is_listed(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _keyed(terms: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Terms of a list by what they are about, so that one moved or added is told from one changed.

    Two about the same are told apart by their order.
    """
    found: dict[str, dict[str, Any]] = {}
    for place, term in enumerate(terms, 1):
        about = [
            f"{key} {_flow(term[key])}" for key in _ABOUT if term.get(key) not in (None, "", [])
        ]
        name = about[0].replace("[", "").replace("]", "") if about else f"entry {place}"
        found[name if name not in found else f"{name} ({place})"] = term
    return found


def _order(value: Any) -> Any:
    """The order of the keys, which equality of mappings leaves out."""
    if isinstance(value, dict):
        return [(key, _order(inside)) for key, inside in value.items()]
    return [_order(inside) for inside in value] if isinstance(value, list) else None


def _clause(contract: Mapping[str, Any], path: Path) -> str:
    """The clause cited nearest above a term."""
    here: Any = contract
    clause = ""
    for part in path:
        if _is_listed(here):
            here = _keyed(here)
        if not isinstance(here, Mapping) or part not in here:
            break
        here = here[part]
        if isinstance(here, Mapping) and isinstance(here.get("clause"), str):
            clause = here["clause"] or clause
    return clause


def _word(part: str) -> str:
    return part.replace("_", " ") if part in _SAID_WITH_SPACES else part


def _flow(value: Any) -> str:
    """Plain data as a contract writes it on one line, without what is empty."""
    if isinstance(value, Mapping):
        filled = {key: one for key, one in value.items() if one not in (None, "", [], {}, False)}
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in filled.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
