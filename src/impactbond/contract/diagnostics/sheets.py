"""Whether the sheets that evidence is delivered in deliver what the contract needs to know."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.names import ATTRIBUTES
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    around,
    closest,
    fault_at,
    unknown,
)
from impactbond.terms.metrics.choices import Event
from impactbond.terms.sheets import (
    EACH_ROW,
    LONG_COLUMNS,
    METRIC,
    OBSERVATION_COLUMNS,
    PARTICIPANT_COLUMNS,
    Sheet,
)
from impactbond.texts import one_spelling


def check_sheets(contract: Contract) -> Diagnostics:
    """Every fault of the sheets, which deliver what the contract needs to know."""
    holders = [name for name, sheet in contract.sheets.items() if sheet.holds == "participants"]
    if contract.sheets and len(holders) != 1:
        sheets = [("sheets", name) for name in contract.sheets]
        path, rests = ("sheets",), (*sheets, *((*path, "holds") for path in sheets))
        problem = "exactly one sheet must hold the participants"
        found = ", ".join(holders) or "none"
        hint = "Write holds: participants in the sheet that lists the children, and there alone"
        yield fault_at(path, "participants_sheet", problem, found=found, hint=hint, rests=rests)
    for name, sheet in contract.sheets.items():
        yield from _check_columns(contract, sheet, name, is_clear=len(holders) == 1)
        yield from _check_metrics(contract, sheet, name, is_clear=len(holders) == 1)
    if contract.sheets:
        yield from _check_delivered(contract)


def _check_columns(contract: Contract, sheet: Sheet, name: str, *, is_clear: bool) -> Diagnostics:
    attributes = tuple(contract.participants.attributes)
    known, required = PARTICIPANT_COLUMNS + attributes, sheet.required + attributes
    if not is_clear:
        # It is not known which of the two kinds the sheet is; that is told already.
        known, required = (*known, *OBSERVATION_COLUMNS, *LONG_COLUMNS), ()
    elif sheet.holds != "participants":
        known, required = OBSERVATION_COLUMNS + LONG_COLUMNS, sheet.required
        delivered = sheet.delivers(contract.metrics)
        metrics = [contract.metrics[one] for one in delivered if one in contract.metrics]
        if any(metric.slot_names for metric in metrics):
            required = (*required, "slot")
        elif "slot" in sheet.columns:
            problem = f"no metric of the sheet '{name}' has slots"
            hint = "Give the metric its slots, or leave the column out"
            place: Path = ("sheets", name, "columns", "slot")
            homes: list[Path] = [("metrics", one) for one in delivered]
            rests_on = (("sheets", name, "metrics"), *homes)
            yield fault_at(place, "slot_unused", problem, hint=hint, rests=rests_on)
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
    if sheet.is_long:
        yield from _check_words(sheet, name, path)
    for metric, heading in sheet.delivers(contract.metrics).items():
        place = (*path, metric) if metric in sheet.metrics else ("sheets", name, "columns")
        home = ("metrics", metric)
        if metric not in contract.metrics:
            continue
        if sheet.is_long and heading == EACH_ROW:
            continue  # told above
        if heading == EACH_ROW and not isinstance(contract.metrics[metric], Event):
            problem = f"'{EACH_ROW}' is for metrics of kind event, and '{metric}' is none"
            hint = "Write the heading of the column that holds it"
            each = around(home, ["kind"])
            yield fault_at(place, "each_row_needs_event", problem, hint=hint, rests=each)
        elif contract.metrics[metric].sources and "source" not in sheet.columns:
            problem = f"the metric '{metric}' is taken from some sources alone, and the sheet"
            problem += f" '{name}' does not say which heading holds the source"
            hint = "Add source: to the columns of the sheet, and the heading as it stands there"
            both = (home, ("sheets", name, "columns"))
            yield fault_at(place, "source_not_mapped", problem, hint=hint, rests=both)


def _check_words(sheet: Sheet, name: str, path: Path) -> Diagnostics:
    """What a sheet in long form writes for its metrics: a word of its own for each."""
    written: dict[str, str] = {}
    columns: Path = ("sheets", name, "columns")
    under = sheet.columns.get(METRIC, METRIC)
    for metric, word in sheet.metrics.items():
        if word == EACH_ROW:
            problem = f"'{EACH_ROW}' is for a sheet whose rows are all of one metric"
            hint = f"Write what stands under '{under}' for '{metric}'"
            place = (*path, metric)
            yield fault_at(place, "each_row_in_long_form", problem, hint=hint, rests=(columns,))
        elif (other := written.setdefault(one_spelling(word), metric)) != metric:
            problem = f"'{word}' stands for '{other}' already"
            hint = f"Write what stands under '{under}' for each of the two"
            rests = (columns, (*path, other))
            yield fault_at((*path, metric), "same_word", problem, hint=hint, rests=rests)


def _check_delivered(contract: Contract) -> Diagnostics:
    delivered = set[str]()
    for sheet in contract.sheets.values():
        delivered.update(sheet.delivers(contract.metrics))
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
