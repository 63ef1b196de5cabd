"""Whether rows at rest agree with each other is seen in one look, and never by a hash alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.evidence_workbooks import FEB, small_contract
from tests.unit.test_evidence_at_rest import (
    FAULTY,
    PEOPLE,
    SEEN,
    Tables,
    as_csv,
    as_parquet,
    changed,
    said,
    tables,
)

from impactbond.dialect import Dialect
from impactbond.errors import EvidenceError
from impactbond.evidence import external_checks
from impactbond.evidence.read import read_evidence

SOUND = [
    {},
    changed("observation", 5, "é 4") | changed("source", 1, "ein Bogen für Ältere"),
    changed("supersedes", 5, "R5"),
    changed("supersedes", 5, "R1/sdq"),
    changed("observed_on", 5, FEB) | changed("value", 5, "17"),
]


@pytest.mark.parametrize("form", [as_parquet, as_csv])
@pytest.mark.parametrize("right", SOUND)
def test_what_is_in_order_is_not_asked_row_by_row(
    right: dict[str, list[Any]],
    form: Callable[[Tables, Path], Tables],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(*_: Any) -> None:
        raise AssertionError("nothing is wrong, and each row was asked for each fault")

    monkeypatch.setattr(external_checks, "_faults_by_check", asked)
    monkeypatch.setattr(external_checks, "_faults_among", asked)
    contract, given = small_contract(), tables(**right)
    assert said(read_evidence(form(given, tmp_path), contract)) == said(
        read_evidence(given, contract)
    )


@pytest.mark.parametrize("hashed", ["7", "coalesce(length({}), 9) % 5"])
def test_nothing_is_taken_to_be_in_order_or_wrong_for_its_hash(
    hashed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Dialect,
        "hashed",
        lambda _, *columns: f"CAST({hashed.format(' || '.join(columns))} AS UBIGINT)",
    )
    contract = small_contract()
    for place, right in enumerate(SOUND):
        home = tmp_path / str(place)
        home.mkdir()
        given = tables(**right)
        assert said(read_evidence(as_parquet(given, home), contract)) == said(
            read_evidence(given, contract)
        )
    codes = ("reference_repeated", "unknown_replaced", "replaces_itself", "contradictory_values")
    for wrong, column, code, row in (one for one in FAULTY if one[2] in codes):
        with pytest.raises(EvidenceError) as raised:
            read_evidence(as_parquet(tables(**wrong), tmp_path), contract)
        faults = raised.value.faults
        assert [(one.column, one.code, one.row) for one in faults] == [(column, code, row)]


def test_a_column_that_is_no_text_names_nobody() -> None:
    named = {"participant": [str(one == "C-1").lower() for one in PEOPLE["participant"]]}
    is_first = [one == "C-1" for one in SEEN["participant"]]
    source = tables(participant=is_first) | {"participants": pa.table(PEOPLE | named)}
    with pytest.raises(EvidenceError) as raised:
        read_evidence(source, small_contract(), at_rest=True)
    assert [(one.column, one.code) for one in raised.value.faults] == [("participant", "not_text")]
