"""Whether every name and every value of an attribute stands for something, and for one thing only,
and nothing is defined by way of itself. Worth a look: what nothing uses.
"""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.references import (
    allowed_for,
    home_of,
    leads_to,
    meant_by,
    names_of,
    terms_along,
    used_in,
)
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    around,
    circles,
    did_you_mean,
    fault_at,
    listed_twice,
    listing,
    unknown,
)
from impactbond.terms.reference import PAYABLE, references
from impactbond.terms.sheets import PARTICIPANT_COLUMNS

_SECTIONS = {
    "metrics": "metric",
    "windows": "window",
    "conditions": "condition",
    "indices": "index",
    "measures": "measure",
}
# Where a name stands that does not use what it names: what is delivered, shown or planned.
_BESIDE = ("parties", "sheets", "examples", "plans")

ATTRIBUTES: Path = ("participants", "attributes")

# Columns that tables of participants and of claims have besides the attributes.
_TAKEN = (
    *PARTICIPANT_COLUMNS,
    *("segment", "milestone", "period", "achieved_on", "price_pence", "file", "sheet", "row"),
)
_UNFUNDED = "unfunded"  # what statements call the money that no funder pays


def check_names(contract: Contract) -> Diagnostics:
    """Every name that nothing has, with the one that may have been meant, and every circle."""
    for one in references(contract):
        if one.to.noun and meant_by(contract, one) is None:
            fault = unknown(one.to.noun, one.name, allowed_for(contract, one.to))
            # A name alone in its list may be what stands in for something unreadable.
            *_, written = terms_along(contract, one.path)
            alone = [(*one.path, 0)] if isinstance(written, tuple) else []
            yield Diagnostic(one.path, fault, (*map(home_of, one.to.sections), *alone))
    for section in ("conditions", "measures"):
        noun, leads = section.removesuffix("s"), leads_to(contract, section)
        for circle in circles({name: list(places) for name, places in leads.items()}):
            place = leads[circle[-2]][circle[-1]]
            problem = f"the {noun} '{circle[-1]}' refers to itself"
            found = " needs ".join(map(repr, circle))
            hint = "Take one of these references out"
            yield fault_at(place, f"circular_{noun}", problem, found=found, hint=hint)


def check_values(contract: Contract) -> Diagnostics:
    """Every value by which a term says for whom it is (`only`, `covered`) that its attribute does
    not have, or that it names twice.
    """
    attributes = contract.participants.attributes
    for one in references(contract):
        if one.to.sections != ("attributes",) or one.name not in attributes:
            continue
        *_, values = terms_along(contract, one.path)
        known = attributes[one.name]
        if not isinstance(values, tuple):  # a name without values: `each: borough`
            continue
        for index, value in enumerate(values):
            if isinstance(known, tuple) and value not in known:
                place, code = (*one.path, index), "unknown_value"
                problem = f"'{value}' is not a value of the attribute '{one.name}'"
                allowed, hint = listing(known), did_you_mean(value, known)
                rests = (ATTRIBUTES, *around((*ATTRIBUTES, one.name), range(len(known))))
                yield fault_at(place, code, problem, allowed=allowed, hint=hint, rests=rests)
        yield from listed_twice(one.path, values, "value")


def check_same_names(contract: Contract) -> Diagnostics:
    """Every name that two things have, or that means something else already."""
    yield from _attribute_names(contract)
    yield from _funder_names(contract)
    sections: dict[str, str] = {}
    for section in PAYABLE:
        for name in getattr(contract, section):
            if (other := sections.setdefault(name, section)) != section:
                problem = f"'{name}' is also the name of one of the {other}"
                hint = "Give one of them another name"
                yield fault_at((section, name), "same_name", problem, hint=hint)


def _attribute_names(contract: Contract) -> Diagnostics:
    for name, values in contract.participants.attributes.items():
        path: Path = (*ATTRIBUTES, name)
        if name.casefold() in _TAKEN:
            problem = f"'{name}' is a column of its own and cannot be an attribute too"
            yield fault_at(path, "taken_name", problem, hint="Give the attribute another name")
        if isinstance(values, tuple):
            yield from listed_twice(path, values, "value")


def _funder_names(contract: Contract) -> Diagnostics:
    funders: dict[str, str] = {}
    for name, funder in contract.funders.items():
        path: Path = ("funders", name)
        if name == _UNFUNDED:
            problem = f"'{name}' means the money that no funder pays"
            yield fault_at(path, "taken_name", problem, hint="Give the funder another name")
        for other, one in contract.funders.items():
            # `each` makes a funder of every value, and money finds it as `school: Park`: a funder
            # of that very name would be asked for what is another's.
            if one.each is not None and name.startswith(f"{other}: "):
                problem = f"'{name}' is how one of the funders '{other}' is called"
                hint, rests = "Give the funder another name", (("funders", other, "each"),)
                yield fault_at(path, "taken_name", problem, hint=hint, rests=rests)
        if (other := funders.setdefault(funder.name, name)) != name:
            problem = f"two funders are called '{funder.name}'"
            hint = f"The other is '{other}'; statements must tell them apart"
            rests = (("funders", other, "name"),)
            yield fault_at((*path, "name"), "same_name", problem, hint=hint, rests=rests)


def look_at_unused(contract: Contract) -> Diagnostics:
    """Every metric, window, condition, index and measure that nothing uses."""
    used = used_in(contract, besides=_BESIDE)
    for section, noun in _SECTIONS.items():
        for name in names_of(contract, section):
            if (section, name) not in used:
                problem = f"nothing uses the {noun} '{name}'"
                hint = "Take it out, or use it where it was meant"
                yield fault_at((section, name), f"unused_{noun}", problem, hint=hint)
