"""Whether up-front money can be paid, recovered, and kept within the limits."""

from __future__ import annotations

from decimal import Decimal

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import check_in_term
from impactbond.contract.diagnostics.errors.money import check_shares
from impactbond.errors import Fault
from impactbond.money import CURRENCIES, minor_units, show
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, around
from impactbond.terms.tranches import Tranche


def check_tranches(contract: Contract) -> Diagnostics:
    """Every fault of the up-front money."""
    for name, tranche in contract.tranches.items():
        path: Path = ("tranches", name)
        yield from check_shares(contract, tranche.by, (*path, "by"))
        for funder in tranche.by:
            if funder in contract.funders and contract.funders[funder].each is not None:
                fault = Fault(
                    code="resolved_funder",
                    problem=f"'{funder}' stands for many funders and cannot pay up-front",
                    hint="Name a single funder",
                )
                rests: Path = ("funders", funder)
                yield Diagnostic((*path, "by", funder), fault, around(rests, ["each"]))
        yield from check_in_term(contract, tranche.on, (*path, "on"))
        if tranche.recovered.at == 0:
            fault = Fault(
                code="never_recovered",
                problem="up-front money that is recovered at nothing is never recovered",
                allowed="more than 0%",
            )
            yield Diagnostic((*path, "recovered", "at"), fault)
    yield from _check_beyond_limits(contract)


def _check_beyond_limits(contract: Contract) -> Diagnostics:
    """Up-front money is on account of later entitlements, which never exceed a limit."""
    if contract.currency not in CURRENCIES:
        return
    for index, limit in enumerate(contract.limits):
        most, funder = limit.most_in_all(contract.funders), limit.on_funder
        if most is None:
            continue
        at_limit: Path = ("limits", index)
        rests: list[Path] = [*around(at_limit, ["at_most"]), ("currency",)]
        if funder is not None:
            rests.append(("funders", funder, "commits"))
        paid = 0
        for name, tranche in contract.tranches.items():
            path: Path = ("tranches", name)
            rests += [path, (*path, "pay"), *around((*path, "by"), tranche.by)]
            part = _part_pence(contract, tranche, funder)
            paid += part
            if part and Decimal(paid).scaleb(-contract.decimals) > most:
                whose = f"of '{funder}'" if funder else "of the whole contract"
                fault = Fault(
                    code="up_front_beyond_limit",
                    problem=f"the up-front money is more than the limit {whose}, and never earned",
                    found=f"{show(paid, contract.currency)} with this tranche",
                    allowed=f"{most:,f} {contract.currency} at most",
                )
                yield Diagnostic((*path, "pay"), fault, tuple(rests))
                break


def _part_pence(contract: Contract, tranche: Tranche, funder: str | None) -> int:
    """What a funder pays of a tranche, or all of them; nothing where a fault forbids to say."""
    try:
        if funder is None:
            return minor_units(tranche.pay, contract.currency)
        return tranche.parts(contract.currency, contract.rounding.rule).get(funder, 0)
    except (ValueError, OverflowError):
        return 0
