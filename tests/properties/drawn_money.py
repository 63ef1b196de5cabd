"""Drawn money terms: who pays, what is committed, up-front money and limits, small and odd."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.rules import check_terms
from impactbond.money import CURRENCIES, show_share
from impactbond.terms.limits import LIMITS, ShareLimit, WholeLimit
from impactbond.terms.prices import PRICE_CHANGES
from impactbond.terms.rounding import HALVES

Draw = st.DrawFn
Names = Sequence[str]
Terms = Mapping[str, Any]
SOME = ({"borough": ["west"]}, {"school": ["Ark", "Bay"]}, {"borough": ["east"], "school": ["ark"]})


def amounts(currency: str, largest: int) -> st.SearchStrategy[Decimal]:
    """Amounts of up to so many minor units, odd ones among them."""
    odd = [number for number in (100, 1001, 3333, 10000, 1, 2, 0, largest) if number <= largest]
    units = st.one_of(st.sampled_from(odd), st.integers(0, largest))
    return units.map(lambda number: Decimal(number).scaleb(-CURRENCIES[currency].decimals))


_SOME_DAYS = st.sampled_from(("", ", from: 2017-03-01", ", through: 2017-06-30"))
_FOR_SOME = st.sampled_from(("", ", only: {borough: [south]}"))
# Every kind of change of a price as a contract writes it, by its key. Indices are those of INDICES.
CHANGES = {
    "by": st.builds("{{by: {:+}%{}{}}}".format, st.integers(-60, 30), _SOME_DAYS, _FOR_SOME),
    "index": st.builds(
        "{{index: prices, base: {}}}".format, st.dates(date(2016, 4, 1), date(2017, 12, 31))
    ),
}
INDICES = "{prices: [{from: 2016-04-01, is: 97.3}, {from: 2017-04-01, is: 103}]}"


def changes() -> st.SearchStrategy[str]:
    """Up to three changes of a price, of any kind."""
    demanded = st.one_of(*(CHANGES[key] for key in PRICE_CHANGES.keys))
    return st.lists(demanded, max_size=3).map(lambda drawn: f"[{', '.join(drawn)}]")


@st.composite
def shares(draw: Draw, funders: Names) -> dict[str, str]:
    """Shares of some of the funders, in any order, that make a whole."""
    payers = draw(st.lists(st.sampled_from(funders), min_size=1, unique=True))
    weights = {payer: draw(st.integers(0 if payer != payers[-1] else 1, 5)) for payer in payers}
    whole = sum(weights.values())
    written = {payer: show_share(Fraction(weight, whole)) for payer, weight in weights.items()}
    return {**written, payers[-1]: "the rest"} if draw(st.booleans()) else written


@st.composite
def funding(draw: Draw, payers: Names, milestones: list[str], days: st.SearchStrategy[date]) -> Any:
    """Entries for every milestone: some for everybody, some after an entry for a few or a while."""
    at = draw(st.integers(0, len(milestones) - 1))
    groups: list[Any] = [milestones[:at], milestones[at:]] if at else ["every milestone"]
    found: list[Any] = []
    for group in groups:
        first = {"for": group, "shares": draw(shares(payers))}
        then = {"for": group, "shares": draw(shares(payers))}
        kind = draw(st.sampled_from(("all", "all", "some", "until", "parted")))
        split = draw(days)
        if kind == "some":
            found.append({**first, "only": draw(st.sampled_from(SOME))})
        elif kind == "until":
            found.append({**first, "through": split})
        elif kind == "parted":
            found.append({**first, "through": split})
            then["from"] = split + timedelta(days=1)
        found.append(then)
    return found


@st.composite
def commitments(
    draw: Draw, currency: str, days: st.SearchStrategy[date], least: int = 1
) -> list[Any]:
    """What a funder commits, on up to three days of the term, never less than before."""
    on = sorted(draw(st.lists(days, min_size=least, max_size=3, unique=True)))
    committed = sorted(draw(amounts(currency, 30000)) for _ in on)
    return [{"from": day, "amount": amount} for day, amount in zip(on, committed, strict=True)]


@st.composite
def tranches(draw: Draw, plain: Names, currency: str, on: date, limits: list[Any]) -> Terms:
    """At most one tranche, within the limits of those who pay it."""
    by = draw(shares(plain))
    most = [one["at_most"] for one in limits if _is_on_everything(one)]
    most += [one["most"] for one in limits if one.get("funder") in by and "each" not in one]
    largest = int(min(most, default=Decimal(300)).scaleb(CURRENCIES[currency].decimals))
    paid = {"pay": draw(amounts(currency, largest)), "on": on, "by": by}
    recovered = {"at": draw(st.sampled_from(("10%", "1/3", "50%", "100%")))}
    left_over = draw(st.sampled_from((None, "returned", "returned", "kept", "carried")))
    end = {"left_over": left_over} if left_over else {}
    return {"mobilisation": {**paid, "recovered": recovered, **end}} if draw(st.booleans()) else {}


@st.composite
def contracts(draw: Draw) -> Contract:
    """A contract that is about money alone, with limits that are likely to bind."""
    first, last = date(2016, 11, 1), draw(st.sampled_from((date(2017, 12, 31), date(2018, 5, 15))))
    milestones = [f"m{number}" for number in range(draw(st.integers(1, 3)))]
    prices = st.sampled_from((Decimal("100.00"), Decimal("10.01"), Decimal("33.33"), Decimal(50)))
    plain, days = ("council", "lottery", "trust"), st.dates(first, last - timedelta(days=60))
    commits = {name: draw(commitments("GBP", days, 2)) for name in plain if draw(st.booleans())}
    drawn = draw(limits(plain, milestones, "GBP", commits, 1))
    funders = {name: {"name": name, "kind": "other"} for name in plain}
    funders |= {name: {**funders[name], "commits": commits[name]} for name in commits}
    school = {"name": "Own school", "kind": "school", "each": "school"}
    claims = {
        "every": draw(st.sampled_from(("month", "quarter"))),
        "made": "0 days after the period",
    }
    years = draw(st.sampled_from(("1 January", "1 April", "28 December")))
    terms: dict[str, Any] = {
        **{"impactbond": 1, "contract": "money", "title": "Money", "provider": "Provider"},
        "version": {"number": 1, "kind": "original", "signed_on": first, "effective_on": first},
        "funders": {**funders, "school": school},
        "calendar": {
            "term": f"{first} through {last}",
            "year_starts": years,
            "claims": claims,
            "evidence": {"within": "90 days", "late": "next claim"},
            "payment": {"within": "30 days", "working_days_of": "England"},
        },
        "participants": {"attributes": {"school": "text", "borough": ["west", "east"]}},
        "metrics": {"event": {"kind": "event"}},
        "windows": {"always": "start to 3 years after start"},
        "milestones": {
            name: {"when": {"observed": "event", "in": "always"}, "price": draw(prices)}
            for name in milestones
        },
        "funding": draw(funding((*plain, "school"), milestones, days)),
        "tranches": draw(tranches(plain, "GBP", draw(days), drawn)),
        "limits": [{key: one[key] for key in one if key != "most"} for one in drawn],
        "rounding": {"half": draw(st.sampled_from(sorted(HALVES)))},
    }
    contract = Contract.model_validate(terms)
    assert check_terms(contract) == []
    return contract


def _is_on_everything(limit: Terms) -> bool:
    is_on_some = any(key in limit for key in ("each", "only", "besides"))
    return "contract" in limit and isinstance(limit["at_most"], Decimal) and not is_on_some


@st.composite
def limits(
    draw: Draw, plain: Names, milestones: Names, currency: str, commits: Terms, least: int = 0
) -> list[Any]:
    """Up to three limits in an order that a contract may state them in, low enough to bind.

    A limit on a funder has the key `most`, its highest: it is no key of the contract.
    """
    whole = _whole(milestones, currency)
    about = draw(st.lists(whole, min_size=least, max_size=2, unique_by=_thing))
    # What counts what is paid stands last, and alone: another would leave unpaid what it counts.
    of_paid = [one for one in about if _counts_paid(one)]
    found: list[Any] = [one for one in about if not _counts_paid(one)] + of_paid[:1]
    many = draw(st.integers(least, 3 - len(found)))
    limited = draw(st.permutations((*plain, "school")))[:many]
    for index, name in enumerate(limited):
        takers = [{"funder": taker} for taker in plain if taker not in limited[: index + 1]]
        beyond = draw(st.sampled_from([*takers, "unpaid", "unpaid"]))
        kinds = [kind.key for kind in LIMITS if issubclass(kind, ShareLimit)]
        kind = draw(st.sampled_from(kinds))
        found.append(
            {kind: name, "beyond": beyond, **draw(ON_FUNDERS[kind](name, currency, commits))}
        )
    return found


@st.composite
def _of_funder(draw: Draw, name: str, currency: str, commits: Terms) -> dict[str, Any]:
    most = draw(amounts(currency, 30000))
    found: dict[str, Any] = {"at_most": most, "most": most}
    if name in commits and draw(st.booleans()):
        found |= {"at_most": "commitment", "most": commits[name][-1]["amount"]}
    elif draw(st.integers(0, 3)) == 3:
        found["each"] = "year"
    if commits and draw(st.integers(0, 2)) == 2:
        others = draw(st.lists(st.sampled_from(sorted(commits)), min_size=1, unique=True))
        steps = [commits[other][draw(st.integers(-1, 0))]["amount"] for other in others]
        found["released_when"] = {"committed_by": others, "at_least": sum(steps)}
    return found


def _besides(names: Names, every: int) -> Terms:
    return {"contract": "whole", **({"besides": names} if len(names) < every else {})}


# Of every kind of limit, by its key: what it is on; how much a funder pays.
ON_THE_WHOLE: dict[str, Callable[[Names, int], Terms]] = {
    "contract": _besides,
    "milestone": lambda names, every: {"milestone": names},
}
ON_FUNDERS: dict[str, Callable[[str, str, Terms], st.SearchStrategy[dict[str, Any]]]] = {
    "funder": _of_funder
}


SHARES = ("40% of claims", "1/3 of claims", "100% of claims", "40% of paid claims",
          "2/3 of paid claims", "50% of participants with claims")  # fmt: skip


def _counts_paid(limit: Terms) -> bool:
    return "of paid" in str(limit["at_most"])


@st.composite
def _whole(draw: Draw, milestones: Names, currency: str) -> dict[str, Any]:
    """A limit on the whole, of which every term may be other than usual."""
    some = st.lists(st.sampled_from(milestones), min_size=1, unique=True)
    found: dict[str, Any] = {"beyond": "unpaid"}
    keys = [kind.key for kind in LIMITS if issubclass(kind, WholeLimit)]
    found |= ON_THE_WHOLE[draw(st.sampled_from(keys))](draw(some), len(milestones))
    counts = draw(st.sampled_from(("money", "money", "money", "claims", "participants", "share")))
    number = draw(st.integers(0, 5))
    found["at_most"] = {
        "money": draw(amounts(currency, 30000)),
        "share": draw(st.sampled_from(SHARES)),
    }.get(counts, f"{number} {counts}")
    if str(found["at_most"]).endswith("with claims"):
        counts = "participants"
    every = ("year", "year", "period", "participant", "school", "borough")
    each = draw(st.sampled_from((*every, None, None, None)))
    found |= {"each": each} if each and (each, counts) != ("participant", "participants") else {}
    if " of " in str(found["at_most"]) or draw(st.integers(0, 3)) == 3:
        found["only"] = draw(st.sampled_from(SOME))
    orders = ("earliest", "earliest", "earliest", "highest price", "in proportion")
    found["first"] = draw(st.sampled_from(orders[:-1] if _counts_paid(found) else orders))
    if counts == "money" and found["first"] != "in proportion" and draw(st.integers(0, 2)) == 2:
        found["straddling"] = "unpaid"
    if each == "year" and counts in ("money", "claims") and draw(st.booleans()):
        found["beyond"] = "next year"
    return found


def _thing(limit: Terms) -> str:
    """What a limit is on and how it counts: no contract has two limits of which it is the same."""
    counts = str(limit["at_most"]).split(" ", 1)[1:]
    names = sorted(limit.get("besides", limit.get("milestone", ())))
    return repr(("contract" in limit, names, limit.get("each"), limit.get("only"), counts))
