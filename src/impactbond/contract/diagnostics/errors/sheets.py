"""Whether the sheets deliver what the contract needs to know."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import ATTRIBUTES
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, closest, fault_at, unknown
from impactbond.terms.metrics import Event
from impactbond.terms.sheets import (
    EACH_ROW,
    OBSERVATION_COLUMNS,
    PARTICIPANT_COLUMNS,
    REQUIRED_OBSERVATION_COLUMNS,
    REQUIRED_PARTICIPANT_COLUMNS,
    Sheet,
)

Columns = tuple[str, ...]


def check_sheets(contract: Contract) -> Diagnostics:
    """Every fault of the sheets."""
    yield from _check_holders(contract)
    for name, sheet in contract.sheets.items():
        yield from _check_columns(contract, sheet, name)
        yield from _check_metrics(contract, sheet, name)
    yield from _check_delivered(contract)


def _holders(contract: Contract) -> list[str]:
    return [name for name, sheet in contract.sheets.items() if sheet.holds == "participants"]


def _check_holders(contract: Contract) -> Diagnostics:
    holders = _holders(contract)
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


def _check_columns(contract: Contract, sheet: Sheet, name: str) -> Diagnostics:
    known, required = _columns_of(contract, sheet)
    path: Path = ("sheets", name, "columns")
    rests: tuple[Path, ...] = (("sheets", name, "holds"),)
    misspelt = {closest(column, known) for column in sheet.columns if column not in known}
    for column in sheet.columns:
        if column not in known:
            yield Diagnostic(
                (*path, column), unknown("column", column, known), (*rests, ATTRIBUTES)
            )
    for column in required:
        if column not in sheet.columns and column not in misspelt:
            problem = f"the sheet '{name}' does not say which heading holds '{column}'"
            hint = f"Add {column}: and the heading as it stands in the sheet"
            yield fault_at(path, "column_not_mapped", problem, hint=hint, rests=rests)


def _columns_of(contract: Contract, sheet: Sheet) -> tuple[Columns, Columns]:
    """The columns that a sheet may have, and those that it must have."""
    attributes = tuple(contract.participants.attributes)
    if len(_holders(contract)) != 1:
        # It is not known which of the two kinds the sheet is; that is told already.
        return PARTICIPANT_COLUMNS + attributes + OBSERVATION_COLUMNS, ()
    if sheet.holds == "participants":
        return PARTICIPANT_COLUMNS + attributes, REQUIRED_PARTICIPANT_COLUMNS + attributes
    return OBSERVATION_COLUMNS, REQUIRED_OBSERVATION_COLUMNS


def _check_metrics(contract: Contract, sheet: Sheet, name: str) -> Diagnostics:
    if sheet.holds == "participants" and sheet.metrics and len(_holders(contract)) == 1:
        problem = "the sheet of the participants cannot deliver metrics"
        hint, rests = "Deliver them in a sheet of their own", [("sheets", name, "holds")]
        place: Path = ("sheets", name, "metrics")
        yield fault_at(place, "metrics_of_participants", problem, hint=hint, rests=rests)
    for metric, heading in sheet.metrics.items():
        path: Path = ("sheets", name, "metrics", metric)
        if metric not in contract.metrics:
            continue
        home: Path = ("metrics", metric)
        if heading == EACH_ROW and not isinstance(contract.metrics[metric], Event):
            yield fault_at(
                path,
                "each_row_needs_event",
                f"'{EACH_ROW}' is for metrics of kind event, and '{metric}' is none",
                hint="Write the heading of the column that holds it",
                rests=(home, (*home, "kind")),
            )
        elif contract.metrics[metric].sources and "source" not in sheet.columns:
            yield fault_at(
                path,
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
    rests: list[Path] = [("sheets", name) for name in contract.sheets]
    for metric in unnamed if contract.sheets else ():
        if metric not in meant:
            maps: list[Path] = [(*path, "metrics") for path in rests]
            yield fault_at(
                ("metrics", metric),
                "metric_not_delivered",
                f"no sheet delivers the metric '{metric}'",
                hint="Add it to the metrics of a sheet, with the heading that holds it",
                rests=(("sheets",), *rests, *maps),
            )
