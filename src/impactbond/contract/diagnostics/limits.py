"""Whether limits can be applied in their order, and up-front money paid, recovered and kept within
them. Worth a look: limits, commitments and up-front money that do not fit one another, by the most
that can be paid where the contract bounds how many claims there can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.calendar import check_in_term
from impactbond.contract.diagnostics.funding import check_shares
from impactbond.money import CURRENCIES, major_units, minor_units, show
from impactbond.terms.diagnostic import Diagnostics, Path, around, circles, fault_at
from impactbond.terms.funding import Tranche, whole_shares
from impactbond.terms.limits import Limit, LimitKind, WholeLimit
from impactbond.terms.milestones import Milestone


def check_limits(contract: Contract) -> Diagnostics:
    """Every fault of the limits."""
    on_funders: dict[str, int] = {}
    for index, limit in enumerate(contract.limits):
        path: Path = ("limits", index)
        yield from limit.check(contract, path)
        if limit.on_funder is None:
            yield from _check_whole(contract, index, limit)
        elif (first := on_funders.setdefault(limit.on_funder, index)) != index:
            rests = around(("limits", first), [contract.limits[first].key])
            problem = f"the funder '{limit.on_funder}' has two limits"
            hint = f"The other is entry {first + 1}; keep one"
            yield fault_at((*path, limit.key), "limited_twice", problem, hint=hint, rests=rests)
    yield from _check_overflow(contract, on_funders)


def _check_whole(contract: Contract, index: int, limit: LimitKind) -> Diagnostics:
    """A limit on the whole stands before those on funders, and once."""
    path: Path = ("limits", index)
    before = contract.limits[:index]
    on_funders = [("limits", at) for at, one in enumerate(before) if one.on_funder is not None]
    same = [at for at, one in enumerate(before) if one.thing == limit.thing]
    # Limits on the whole apply before money is shared: one written after a funder's limit
    # would apply earlier than it reads.
    if on_funders:
        problem = "a limit on the whole stands after a limit on a funder"
        hint = "Put it before them: it is applied before the money is shared"
        yield fault_at(path, "limit_order", problem, hint=hint, rests=on_funders)
    elif same:
        problem = "two limits on the same thing, counted alike"
        hint = f"The other is entry {same[0] + 1}; keep one"
        yield fault_at(path, "limited_twice", problem, hint=hint, rests=(("limits", same[0]),))
    for at, one in enumerate(before):
        if (
            isinstance(one, WholeLimit)
            and isinstance(limit, WholeLimit)
            and one.at_most.of == "share of paid claims"
            and any(one.is_on(name) and limit.is_on(name) for name in contract.payables)
        ):
            problem = "this limit may leave unpaid what a limit before it counts as paid"
            hint = f"Put it before entry {at + 1}, which is on a share of paid claims"
            rests = (("limits", at), ("milestones",))
            yield fault_at(path, "limit_after_paid", problem, hint=hint, rests=rests)


def _check_overflow(contract: Contract, limited: Mapping[str, int]) -> Diagnostics:
    """What is passed on must not come back, nor reach a funder whose limit was applied before."""
    limits = {funder: contract.limits[index] for funder, index in limited.items()}
    takers = {name: (one.taker,) for name, one in limits.items() if one.taker is not None}
    in_circle: set[str] = set()
    for circle in circles(takers):
        in_circle |= set(circle)
        place = ("limits", limited[circle[-2]], "beyond")
        problem = f"what lies beyond the limit of '{circle[-1]}' comes back to it"
        found = " passes on to ".join(map(repr, circle))
        hint = "Let the last of them leave it unpaid, or pass it to a funder without a limit"
        yield fault_at(place, "circular_overflow", problem, found=found, hint=hint)
    for funder, (taker,) in takers.items():
        if funder not in in_circle and limited.get(taker, limited[funder]) < limited[funder]:
            place = ("limits", limited[funder], "beyond")
            problem = f"'{taker}' takes over from here and its own limit stands before"
            hint = f"Put the limit of '{taker}' after this one"
            rests = around(("limits", limited[taker]), [limits[taker].key])
            yield fault_at(place, "overflow_order", problem, hint=hint, rests=rests)


def check_tranches(contract: Contract) -> Diagnostics:
    """Every fault of the up-front money."""
    for name, tranche in contract.tranches.items():
        path: Path = ("tranches", name)
        yield from check_shares(tranche.by, (*path, "by"))
        for funder in tranche.by:
            if funder in contract.funders and contract.funders[funder].each is not None:
                problem = f"'{funder}' stands for many funders and cannot pay up-front"
                place, hint = (*path, "by", funder), "Name a single funder"
                rests = around(("funders", funder), ["each"])
                yield fault_at(place, "resolved_funder", problem, hint=hint, rests=rests)
        yield from check_in_term(contract, tranche.on, (*path, "on"))
        if tranche.recovered.at == 0:
            place, allowed = (*path, "recovered", "at"), "more than 0%"
            problem = "up-front money that is recovered at nothing is never recovered"
            yield fault_at(place, "never_recovered", problem, allowed=allowed)
    if contract.currency in CURRENCIES:
        yield from _check_beyond_limits(contract)


def _check_beyond_limits(contract: Contract) -> Diagnostics:
    """Up-front money is on account of later entitlements, which never exceed a limit."""
    for index, limit in enumerate(contract.limits):
        most, funder = limit.most_in_all(contract.funders), limit.on_funder
        if most is None:
            continue
        rests: list[Path] = [*around(("limits", index), ["at_most"]), ("currency",)]
        if funder is not None:
            rests.append(("funders", funder, "commits"))
        paid = 0
        for name, tranche in contract.tranches.items():
            path: Path = ("tranches", name)
            rests += [path, (*path, "pay"), *around((*path, "by"), tranche.by)]
            part = _part_pence(contract, tranche, funder)
            paid += part
            if part and major_units(paid, contract.currency) > most:
                whose = f"of '{funder}'" if funder else "of the whole contract"
                code, place = "up_front_beyond_limit", (*path, "pay")
                problem = f"the up-front money is more than the limit {whose}, and never earned"
                found = f"{show(paid, contract.currency)} with this tranche"
                top = f"{_money(contract, most)} at most"
                yield fault_at(place, code, problem, found=found, allowed=top, rests=rests)
                break


def _part_pence(contract: Contract, tranche: Tranche, funder: str | None) -> int:
    """What a funder pays of a tranche, or all of them; nothing where a fault forbids to say."""
    try:
        if funder is None:
            return minor_units(tranche.pay, contract.currency)
        return tranche.parts(contract.currency, contract.rounding.rule).get(funder, 0)
    except (ValueError, OverflowError):
        return 0


def look_at_amounts(contract: Contract) -> Diagnostics:
    """Every limit, commitment and up-front payment that does not fit the others."""
    yield from _do_not_add_up(contract)
    for index, limit in enumerate(contract.limits):
        yield from _never_reached(contract, limit, ("limits", index))
        yield from _lets_nothing_through(contract, limit, ("limits", index))
        yield from _above_commitment(contract, limit, ("limits", index, "at_most"))
    yield from _never_earned_back(contract)
    yield from _left_on_account(contract)


def _money(contract: Contract, amount: Fraction | Decimal) -> str:
    """An amount as people write it, cut to what can be paid."""
    scaled = int(Fraction(amount) * CURRENCIES[contract.currency].in_one)
    return show(scaled, contract.currency)


def _bounds_of_funders(contract: Contract) -> dict[str, Decimal] | None:
    """What each funder pays at most by its own limit or commitment; None where one has neither."""
    bounds: dict[str, Decimal] = {}
    limits = {one.on_funder: one for one in contract.limits_on_funders}
    for name in {name for rule in contract.funding for name in rule.shares} | contract.takers:
        funder, limit = contract.funders[name], limits.get(name)
        # A bound on each funder of several is none on all of them, as long as nobody knows how
        # many there are.
        if funder.each is not None or (limit is not None and limit.is_yearly):
            return None
        most = None if limit is None else limit.most_in_all(contract.funders)
        if most is None and funder.commits:
            most = funder.committed_on(date.max)
        if most is None:
            return None
        bounds[name] = most
    return bounds


def _do_not_add_up(contract: Contract) -> Diagnostics:
    whole, bounds = whole_limit(contract), _bounds_of_funders(contract)
    if whole is None or bounds is None:
        return
    together = sum(bounds.values(), Decimal(0))
    if together != whole:
        on_everything = (at for at, one in enumerate(contract.limits) if one.is_on_everything)
        at = next(at for at in on_everything if contract.limits[at].at_most.amount == whole)
        more, end = ("less", ": nobody pays the difference") if together < whole else ("more", "")
        problem = f"the limits and commitments of the funders make {more} than the limit of the"
        problem += f" contract{end}"
        found = f"{_money(contract, together)} against {_money(contract, whole)}"
        path, hint = ("limits", at, "at_most"), "Make them the same, if the difference is not meant"
        yield fault_at(path, "limits_do_not_add_up", problem, found=found, hint=hint)


def _never_reached(contract: Contract, limit: Limit, path: Path) -> Diagnostics:
    most = _most_under(contract, limit)
    in_money = limit.at_most.of == "money"
    stated = limit.at_most.amount if in_money else limit.at_most.number
    if most is not None and Fraction(stated) > most:
        shown = _money(contract, most) if in_money else f"{int(most):,}"
        problem = "the limit is above the most that can be paid, and is never reached"
        found, hint = f"{shown} at most without it", "Lower it, or take it out"
        yield fault_at((*path, "at_most"), "limit_never_reached", problem, found=found, hint=hint)


def _most_under(contract: Contract, limit: Limit) -> Fraction | None:
    """The most that could be paid without a limit; None where nothing else bounds it."""
    others = tuple(one for one in contract.limits if one is not limit)
    without = contract.model_copy(update={"limits": others})
    in_money = limit.at_most.of == "money"
    if not isinstance(limit, WholeLimit):
        # Of a limit on each of several, the sums of all together say nothing of what one of them
        # meets.
        funder = limit.on_funder or ""
        is_plain = not limit.is_yearly and contract.funders[funder].each is None
        return most_by_funder(without, funder) if is_plain and in_money else None
    if not limit.is_plain:
        return None
    names = tuple(name for name in contract.payables if limit.is_on(name))
    if limit.at_most.of == "claims":
        each = [most_claims(without, name) for name in names if name in contract.milestones]
        return None if None in each else Fraction(sum(one for one in each if one is not None))
    if not in_money:
        return None
    bounds = [most_together(without, names), whole_limit(without)]
    return min((Fraction(one) for one in bounds if one is not None), default=None)


def _lets_nothing_through(contract: Contract, limit: Limit, path: Path) -> Diagnostics:
    """A limit of nothing pays for nothing at all, which a price of nothing says more plainly."""
    most = limit.at_most
    if most.of != "commitment" and not (most.amount or most.number or most.share):
        problem = "the limit lets nothing through: nothing that it is on is ever paid"
        found = _money(contract, most.amount) if most.of == "money" else most
        hint = "Raise it, or take out what is never paid"
        yield fault_at((*path, "at_most"), "limit_of_nothing", problem, found=found, hint=hint)


def _above_commitment(contract: Contract, limit: Limit, path: Path) -> Diagnostics:
    funder = contract.funders.get(limit.on_funder or "")
    if funder is None or not funder.commits or limit.at_most.of != "money" or limit.is_yearly:
        return
    committed = funder.committed_on(date.max)
    if limit.at_most.amount > committed:
        problem = f"the limit of '{limit.on_funder}' is above what it has committed"
        found = f"{_money(contract, limit.at_most.amount)} against {_money(contract, committed)}"
        hint = "Write at_most: commitment, if it pays no more than that"
        yield fault_at(path, "limit_above_commitment", problem, found=found, hint=hint)


def _left_on_account(contract: Contract) -> Diagnostics:
    """Money held for what is earned, of which nobody says where it goes where that never comes."""
    for name, tranche in contract.tranches.items():
        is_held = bool(tranche.held_by) or tranche.recovered.at == 1
        if is_held and tranche.left_over is None:
            problem = "money held until it is earned may stay on account for ever: nothing says"
            problem += " what becomes of what is left at the last claim date"
            hint = "Add left_over: returned, kept or carried"
            path: Path = ("tranches", name, "recovered")
            yield fault_at(path, "left_on_account", problem, hint=hint)


def _never_earned_back(contract: Contract) -> Diagnostics:
    for name, tranche in contract.tranches.items():
        if tranche.left_over is not None:
            continue  # what does not come back out of what is earned is spoken of
        for funder, share in whole_shares(tranche.by).items():
            paid = Fraction(tranche.pay) * share
            back = _most_back(contract, funder)
            if back is not None and (recovered := back * tranche.recovered.at) < paid:
                path, most = ("tranches", name, "by", funder), _money(contract, recovered)
                problem = f"up-front money of '{funder}' is never wholly recovered from its later"
                problem += " entitlements"
                found = f"{_money(contract, paid)} paid, {most} at most comes back"
                hint = "Let it pay less up-front, recover a larger share, or add left_over"
                yield fault_at(path, "never_earned_back", problem, found=found, hint=hint)


def _most_back(contract: Contract, funder: str) -> Fraction | None:
    """The most that a funder can be asked for in all; None where nothing bounds it."""
    if funder not in contract.takers and most_share(contract, funder) == 0:
        return Fraction(0)
    own = [
        Fraction(limit.at_most.amount)
        for limit in contract.limits_on_funders
        if limit.on_funder == funder and not limit.is_yearly and limit.at_most.of == "money"
    ]
    by_share = most_by_funder(contract, funder)
    return min([*own, *([by_share] if by_share is not None else [])], default=None)


def whole_limit(contract: Contract) -> Decimal | None:
    """The most that the contract pays in money, where one limit says so of everything."""
    on_everything = (limit for limit in contract.limits if limit.is_on_everything)
    return min((limit.at_most.amount for limit in on_everything), default=None)


def most_claims(contract: Contract, name: str) -> int | None:
    """The most claims that a milestone can have, where limits in number say so."""
    units = contract.milestones[name].units
    each = units.at_most if units else 1
    # Only a limit on everybody together, over the whole term, bounds all of them.
    limits = [one for one in contract.limits_on_the_whole if one.is_plain and one.is_on(name)]
    found = [one.at_most.number for one in limits if one.at_most.of == "claims"]
    if each is not None:
        of = "participants"
        found += [one.at_most.number * each for one in limits if one.at_most.of == of]
    return min(found, default=None)


def most_price(contract: Contract, milestone: Milestone) -> Fraction:
    """The highest price of a milestone in the contract's currency, whatever applies."""
    price = Fraction(max(milestone.prices))
    for change in milestone.changes:
        price = change.most(price, contract)
    if milestone.rounded is not None:
        price += Fraction(milestone.rounded.to)
    rate = contract.prices_in.rate if contract.prices_in else 1
    return price * Fraction(rate) * (milestone.paid_for or 1)


def most_of(contract: Contract, payable: str) -> Fraction | None:
    """The most that can be paid for something; None where nothing bounds it."""
    if payable in contract.milestones:
        claims = most_claims(contract, payable)
        price = most_price(contract, contract.milestones[payable])
        return None if claims is None else claims * price
    if payable in contract.fees:
        return contract.fees[payable].most
    most = contract.results[payable].most
    return None if most is None else Fraction(most)


def most_together(contract: Contract, payables: tuple[str, ...]) -> Fraction | None:
    """The most that can be paid for several things; None where nothing bounds one of them."""
    each = [most_of(contract, name) for name in payables]
    return None if None in each else sum((one for one in each if one is not None), Fraction(0))


def most_share(contract: Contract, funder: str) -> Fraction:
    """The largest share that a funder has of anything."""
    return max(whole_shares(rule.shares).get(funder, Fraction(0)) for rule in contract.funding)


def most_by_funder(contract: Contract, funder: str) -> Fraction | None:
    """The most that one funder's own shares can come to before its limit; None if unbounded."""
    if funder in contract.takers:
        return None
    share, whole = most_share(contract, funder), whole_limit(contract)
    by_volume = most_together(contract, contract.payables)
    bounds = [Fraction(bound) for bound in (whole, by_volume) if bound is not None]
    return share * min(bounds) if bounds else None


def look_at_cut_claims(contract: Contract) -> Diagnostics:
    """Every limit that leaves claims unpaid, or part of one, which a better order would pay."""
    for index, limit in enumerate(contract.limits):
        if isinstance(limit, WholeLimit):
            yield from _cut_claims(contract, limit, ("limits", index))


def _cut_claims(contract: Contract, limit: WholeLimit, path: Path) -> Diagnostics:
    if limit.straddling == "unpaid":
        problem = "the claim that reaches over the limit earns nothing, nor does any after it"
        hint = "Write part paid, if the room that is left should be used"
        yield fault_at((*path, "straddling"), "straddling_pays_nothing", problem, hint=hint)
    names = [name for name in contract.milestones if limit.is_on(name)]
    prices = {contract.milestones[name].price for name in names}
    in_number = limit.at_most.of in ("claims", "share of claims", "share of paid claims")
    if in_number and limit.first == "earliest" and len(prices) > 1:
        problem = "the earliest claims come first, so that a cheaper outcome takes the place of a"
        problem += " dearer one"
        found = f"prices from {min(prices)} to {max(prices)} under one limit in number"
        hint = "Write first: highest price, or a limit in money"
        yield fault_at(path, "cheaper_displaces_dearer", problem, found=found, hint=hint)
    one = contract.milestones[names[0]] if len(names) == 1 else None
    if one is not None and limit.at_most.of == "money" and _is_plain(contract, names[0], one):
        # Only where all claims have one price is it known beforehand what the last of them finds
        # left.
        claims, left = divmod(limit.at_most.amount, one.price)
        if left and limit.straddling == "part paid":
            problem = "the limit is no whole number of prices: the last claim under it is paid"
            problem += " in part"
            found = f"{left} is left after {claims:,} claims"
            yield fault_at((*path, "at_most"), "limit_cuts_a_claim", problem, found=found)


def _is_plain(contract: Contract, name: str, milestone: Milestone) -> bool:
    """Whether every claim of a milestone has the same price, above nothing."""
    changed = milestone.rates or milestone.bands or milestone.changes or milestone.paid_for
    return not changed and not contract.discounts_of(name) and milestone.price > 0
