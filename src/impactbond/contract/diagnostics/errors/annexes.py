"""Whether what is annexed to the terms speaks of what the contract has: the sheets that evidence is
delivered in, VAT, plans, the investment behind the contract, and worked examples.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import chain

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.names import ATTRIBUTES
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    around,
    closest,
    fault_at,
    listing,
    unknown,
)
from impactbond.terms.examples import (
    CLAIMS,
    EACH,
    OF_CLAIMS,
    OF_PERSON,
    OF_ROW,
    ON,
    PERSON,
    TOTAL,
    Example,
    days_of,
    times_of,
)
from impactbond.terms.investment import Investment, InvestmentClass
from impactbond.terms.metrics import Event
from impactbond.terms.sheets import (
    EACH_ROW,
    OBSERVATION_COLUMNS,
    PARTICIPANT_COLUMNS,
    REQUIRED_OBSERVATION_COLUMNS,
    REQUIRED_PARTICIPANT_COLUMNS,
    Sheet,
)
from impactbond.terms.term import parse_day

# An example speaks of everything: where a part of that could not be read, nothing is told of it.
_RESTS_ON: tuple[Path, ...] = (
    *((part,) for part in ("funders", "participants", "metrics", "calendar")),
    *((part,) for part in ("milestones", "results", "fees")),
    ATTRIBUTES,
    ("calendar", "term"),
    ("calendar", "claims"),
)


def check_sheets(contract: Contract) -> Diagnostics:
    """Every fault of the sheets, which deliver what the contract needs to know."""
    holders = [name for name, sheet in contract.sheets.items() if sheet.holds == "participants"]
    if contract.sheets and len(holders) != 1:
        rests = [("sheets", name) for name in contract.sheets]
        yield fault_at(
            ("sheets",),
            "participants_sheet",
            "exactly one sheet must hold the participants",
            found=", ".join(holders) or "none",
            hint="Write holds: participants in the sheet that lists the children, and there alone",
            rests=(*rests, *((*path, "holds") for path in rests)),
        )
    for name, sheet in contract.sheets.items():
        yield from _check_columns(contract, sheet, name, is_clear=len(holders) == 1)
        yield from _check_metrics(contract, sheet, name, is_clear=len(holders) == 1)
    if contract.sheets:
        yield from _check_delivered(contract)


def _check_columns(contract: Contract, sheet: Sheet, name: str, *, is_clear: bool) -> Diagnostics:
    attributes = tuple(contract.participants.attributes)
    known, required = PARTICIPANT_COLUMNS + attributes, REQUIRED_PARTICIPANT_COLUMNS + attributes
    if not is_clear:
        # It is not known which of the two kinds the sheet is; that is told already.
        known, required = known + OBSERVATION_COLUMNS, ()
    elif sheet.holds != "participants":
        known, required = OBSERVATION_COLUMNS, REQUIRED_OBSERVATION_COLUMNS
    path: Path = ("sheets", name, "columns")
    rests: tuple[Path, ...] = (("sheets", name, "holds"),)
    unclear = [column for column in sheet.columns if column not in known]
    for column in unclear:
        yield Diagnostic((*path, column), unknown("column", column, known), (*rests, ATTRIBUTES))
    misspelt = {closest(column, known) for column in unclear}
    for column in required:
        if column not in sheet.columns and column not in misspelt:
            problem = f"the sheet '{name}' does not say which heading holds '{column}'"
            hint = f"Add {column}: and the heading as it stands in the sheet"
            yield fault_at(path, "column_not_mapped", problem, hint=hint, rests=rests)


def _check_metrics(contract: Contract, sheet: Sheet, name: str, *, is_clear: bool) -> Diagnostics:
    path: Path = ("sheets", name, "metrics")
    if sheet.holds == "participants" and sheet.metrics and is_clear:
        problem = "the sheet of the participants cannot deliver metrics"
        hint, rests = "Deliver them in a sheet of their own", (("sheets", name, "holds"),)
        yield fault_at(path, "metrics_of_participants", problem, hint=hint, rests=rests)
    for metric, heading in sheet.metrics.items():
        place, home = (*path, metric), ("metrics", metric)
        if metric not in contract.metrics:
            continue
        if heading == EACH_ROW and not isinstance(contract.metrics[metric], Event):
            problem = f"'{EACH_ROW}' is for metrics of kind event, and '{metric}' is none"
            hint = "Write the heading of the column that holds it"
            each = around(home, ["kind"])
            yield fault_at(place, "each_row_needs_event", problem, hint=hint, rests=each)
        elif contract.metrics[metric].sources and "source" not in sheet.columns:
            yield fault_at(
                place,
                "source_not_mapped",
                f"the metric '{metric}' is taken from some sources alone, and the sheet"
                f" '{name}' does not say which heading holds the source",
                hint="Add source: to the columns of the sheet, and the heading as it stands there",
                rests=(home, ("sheets", name, "columns")),
            )


def _check_delivered(contract: Contract) -> Diagnostics:
    delivered = {metric for sheet in contract.sheets.values() for metric in sheet.metrics}
    unnamed = [metric for metric in contract.metrics if metric not in delivered]
    # A misspelt name in a sheet is told there.
    meant = {closest(metric, unnamed) for metric in delivered - set(contract.metrics)}
    sheets: list[Path] = [("sheets", name) for name in contract.sheets]
    rests = [("sheets",), *sheets, *((*path, "metrics") for path in sheets)]
    for metric in unnamed:
        if metric not in meant:
            path, problem = ("metrics", metric), f"no sheet delivers the metric '{metric}'"
            hint = "Add it to the metrics of a sheet, with the heading that holds it"
            yield fault_at(path, "metric_not_delivered", problem, hint=hint, rests=rests)


def check_vat(contract: Contract) -> Diagnostics:
    """Every fault of the treatment of VAT."""
    if contract.vat is not None:
        yield from contract.vat.errors(("vat",))


def check_plans(contract: Contract) -> Diagnostics:
    """Every fault of the plans: periods and names that the contract does not have."""
    known = (*contract.payables, *contract.funders, TOTAL)
    for name, plan in contract.plans.items():
        path = ("plans", name, "payments")
        for label, sums in plan.payments.items():
            yield from _check_period(contract, label, path)
            for paid in sums:
                if paid not in known:
                    fault = unknown("payable_or_funder", paid, known)
                    yield Diagnostic((*path, label, paid), fault, (("milestones",), ("funders",)))


def _check_period(contract: Contract, label: str, path: Path) -> Diagnostics:
    labels = [period.label for period in contract.calendar.periods]
    if labels and label not in labels:  # a term that is reversed has none
        yield Diagnostic((*path, label), unknown("period", label, labels), (("calendar",),))


def check_investment(contract: Contract) -> Diagnostics:
    """Every fault of the investment terms."""
    if contract.investment is not None:
        yield from _check_repaid(contract.investment, ("investment", "repaid"))
        for name, term in contract.investment.classes.items():
            yield from _check_class(term, ("investment", "classes", name))


def _check_repaid(investment: Investment, path: Path) -> Diagnostics:
    ranked = [name for rank in investment.repaid for name in rank]
    for index, rank in enumerate(investment.repaid):
        for name in rank:
            if name in investment.classes and ranked.count(name) > 1:
                problem = f"the class '{name}' is ranked twice"
                yield fault_at((*path, index), "ranked_twice", problem)
    if missing := [name for name in investment.classes if name not in ranked]:
        problem, found = "the order of repayment leaves out a class", listing(missing)
        hint = "List every class; classes that rank alike stand in one list"
        yield fault_at(path, "class_not_ranked", problem, found=found, hint=hint)


def _check_class(term: InvestmentClass, path: Path) -> Diagnostics:
    committed = sum(term.commits.values(), Decimal(0))
    drawn = sum((drawdown.amount for drawdown in term.drawn), Decimal(0))
    if drawn > committed:
        problem = "more is drawn than the investors of the class commit"
        allowed = f"at most {committed}"
        yield fault_at((*path, "drawn"), "drawn_over", problem, found=drawn, allowed=allowed)
    if term.at_most is None and term.surplus_to is not None:
        problem = "a surplus goes to somebody, and no return is capped"
        hint = "Add at_most, or leave surplus_to out"
        yield fault_at((*path, "surplus_to"), "surplus_of_nothing", problem, hint=hint)
    dated = {"floors": [one.through for one in term.floors]}
    dated["redeemed"] = [one.from_ for one in term.redeemed]
    for name, days in dated.items():
        if days != sorted(set(days)):
            yield fault_at((*path, name), "days_go_back", f"the days of '{name}' are not in order")


def check_examples(contract: Contract) -> Diagnostics:
    """Every fault of the worked examples; whether they hold is found by settling them."""
    seen: set[str] = set()
    for index, example in enumerate(contract.examples):
        path: Path = ("examples", index)
        if example.name in seen:
            problem = f"two examples are called '{example.name}'"
            yield fault_at((*path, "name"), "same_name", problem, hint="Give one another name")
        seen.add(example.name)
        for finding in chain(
            _check_given(contract, example, (*path, "given")),
            _check_expected(contract, example, (*path, "expect")),
        ):
            yield finding._replace(rests_on=(*finding.rests_on, *_RESTS_ON))


def _check_given(contract: Contract, example: Example, path: Path) -> Diagnostics:
    attributes, is_somebody = tuple(contract.participants.attributes), False
    for index, row in enumerate(example.given):
        place = (*path, index)
        known: tuple[str, ...]
        if PERSON in row:
            known, is_somebody = (*OF_PERSON, *attributes), True
        elif CLAIMS in row:
            known = (*OF_CLAIMS, *attributes)
        else:
            known = (*OF_ROW, *contract.metrics)
            if not is_somebody:
                problem = "a row of evidence comes before any participant"
                hint = "Begin with a row such as {participant: c1, start: 2017-01-09}"
                yield fault_at(place, "nobody_named", problem, hint=hint)
        for name in row:
            if name not in known:
                yield Diagnostic((*place, name), unknown("key", name, known), (("metrics",),))
        yield from _check_days(row, place)


def _check_days(row: dict[str, str], place: Path) -> Diagnostics:
    needed = "start" if PERSON in row else next((key for key in EACH if key in row), ON)
    rests = around(place, row)
    if needed not in row:
        problem, hint = f"the row does not say '{needed}'", "Add it, with its day"
        yield fault_at(place, "no_day", problem, hint=hint, rests=rests)
        return
    try:
        times_of(row)
        if PERSON not in row:
            list(days_of(row))
        for name in ("start", "left", "from", "recorded"):
            if name in row and parse_day(row[name]) is None:
                raise ValueError("write a day such as 2017-01-31")
    except (ValueError, OverflowError) as error:  # days after the year 9999 overflow
        problem, hint = "the row holds no day, or no number of times", str(error).capitalize()
        yield fault_at(place, "not_a_day", problem, hint=hint, rests=rests)


def _check_expected(contract: Contract, example: Example, path: Path) -> Diagnostics:
    named = [name for name, funder in contract.funders.items() if funder.each is None]
    many = tuple(f"{name}: " for name, one in contract.funders.items() if one.each is not None)
    known = (*contract.payables, *named, TOTAL)
    for label, sums in example.expect.items():
        yield from _check_period(contract, label, path)
        for name in sums:
            if name not in known and not name.startswith(many):
                yield Diagnostic((*path, label, name), unknown("payable_or_funder", name, known))
