"""Five years of a contract shaped like West London Zone's: twenty claims, three corrections, one
amendment. Every quarter comes out of its record again, and every penny of the amendment is named.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.integration.five_years import (
    AMENDED_ON,
    CORRECTED_ON,
    GAINED,
    LOST,
    QUARTERS,
    TAKEN_BACK,
    claim_dates,
    evidence,
    versions,
)

from impactbond.comparison.comparison import Comparison, compare
from impactbond.contract.versions import Versions
from impactbond.evidence.evidence import Evidence
from impactbond.records.record import read_record, write_record
from impactbond.records.verify_record import verify_record
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement
from impactbond.statements.from_source import make_statement
from impactbond.statements.source import statement_source

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("regenerate_all.py")
ELSEWHERE = {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "4242", "LC_ALL": "C.utf8"}
Known = tuple[Versions, Evidence]


@pytest.fixture(scope="module")
def known() -> Known:
    about = versions()
    return about, evidence(about)


@pytest.fixture(scope="module")
def kept(
    known: Known, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Path], list[Settlement]]:
    """A record of every quarter, each settled on the record of the one before."""
    about, everything = known
    folder = tmp_path_factory.mktemp("records")
    paths: list[Path] = []
    settlements: list[Settlement] = []
    for number, day in enumerate(claim_dates(), 1):
        earlier = read_record(paths[-1]) if paths else None
        settlements.append(settle(about, everything, as_of=day, earlier=earlier))
        paths.append(write_record(settlements[-1], folder / f"{number:02d}.record"))
    return paths, settlements


def adjusted(settlement: Settlement, child: str) -> list[tuple[str, str, int]]:
    return [
        (row["claim_period"], row["milestone"], row["entitled_pence"])
        for row in settlement.lines_table.to_pylist()
        if row["participant"] == child
        and row["kind"] == "adjustment"
        and row["claim_date"] > date.fromisoformat(CORRECTED_ON[child])
    ]


def test_twenty_claims_are_chained_and_no_closed_one_is_rewritten(
    kept: tuple[list[Path], list[Settlement]],
) -> None:
    paths, settlements = kept
    assert len(paths) == QUARTERS
    assert [claim.known_by for claim in settlements[-1].claim_dates] == claim_dates()
    last = settlements[-1]
    for settlement in settlements:
        for name in ("lines", "shares", "payments"):
            before: Any = getattr(settlement, f"{name}_table")
            assert getattr(last, f"{name}_table")[: len(before)] == before
    for before, after in itertools.pairwise(paths):
        verify_record(after, previous=before)
    signed = [day < AMENDED_ON for day in claim_dates()]
    assert [len(read_record(path).versions) for path in paths] == [2 - one for one in signed]


def test_the_three_corrections_come_as_adjustment_lines_of_the_next_open_quarter(
    kept: tuple[list[Path], list[Settlement]],
) -> None:
    last = kept[1][-1]
    # An end survey typed 9 for 19 had shown a second outcome: £325 back, in the claim of May 2019.
    assert ("Y3-Q2", "two_outcomes", -32500) in adjusted(last, TAKEN_BACK)
    # 17 sessions of 24 are fewer than 75%: £600 back, in the claim of February 2019.
    assert ("Y3-Q1", "engaged_year_1", -60000) in adjusted(last, LOST)
    # An agreement that had been ticked no: £450 that closed quarters had not paid.
    assert ("Y3-Q1", "sign_up", 45000) in adjusted(last, GAINED)


@pytest.mark.parametrize(
    "quarters",
    [
        # The first, the last, and the first after the amendment; all of them take minutes.
        pytest.param([1, 11, QUARTERS], id="some"),
        pytest.param(range(1, QUARTERS + 1), id="all", marks=pytest.mark.long),
    ],
)
def test_quarters_regenerate_byte_for_byte_elsewhere_with_other_hashes_and_other_clocks(
    kept: tuple[list[Path], list[Settlement]], quarters: Iterable[int]
) -> None:
    env = os.environ | ELSEWHERE | {"PYTHONPATH": str(ROOT / "src")}
    told = regenerated(sys.executable, [kept[0][quarter - 1] for quarter in quarters], env)
    assert told["timezone"] == "NZST"


@pytest.mark.long  # it installs the library anew
def test_every_quarter_regenerates_byte_for_byte_in_a_fresh_environment(
    kept: tuple[list[Path], list[Settlement]], tmp_path: Path
) -> None:
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(ROOT)], check=True)
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    told = regenerated(str(python), kept[0], env | ELSEWHERE)
    assert Path(told["library"]).is_relative_to(tmp_path / "fresh")


def regenerated(python: str, paths: list[Path], env: dict[str, str]) -> dict[str, Any]:
    """What another Python makes of all records; every one must come out the same."""
    done = subprocess.run(
        [python, str(SCRIPT), *map(str, paths)],
        env=env,
        cwd=paths[0].parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert [one["record"] for one in told["records"]] == [path.name for path in paths]
    for one in told["records"]:
        assert one["same"], one["differences"]
        assert one["same_record"], one["record"]
        assert one["compared"] >= 9
    return told


@pytest.mark.parametrize("quarter", [11, QUARTERS])
def test_comparing_the_amendment_names_every_claim_that_moved_and_sums_to_the_statements(
    known: Known, kept: tuple[list[Path], list[Settlement]], quarter: int
) -> None:
    about, everything = known
    day = claim_dates()[quarter - 1]
    now = kept[1][quarter - 1]
    was = settle(about.all[0], everything, as_of=day)
    found = compare(was, now)
    assert isinstance(found, Comparison)
    moved = by_claim(now)
    moved.subtract(by_claim(was))
    told = {
        (row["participant"], row["milestone"], row["period"], row["funder"]): row[
            "difference_pence"
        ]
        for row in found.claims_table.to_pylist()
    }
    assert {key: pence for key, pence in told.items() if pence} == {
        key: pence for key, pence in moved.items() if pence
    }
    claims = {key[:3] for key, pence in moved.items() if pence}
    assert {key[:3] for key in told} == claims
    before, after = closings(was), closings(now)
    differences = {funder: after[funder] - before[funder] for funder in after}
    assert found.difference_pence == sum(differences.values())
    assert {row["funder"]: row["difference_pence"] for row in found.totals_table.to_pylist()} == {
        row["funder"]: differences[row["funder"]] for row in found.totals_table.to_pylist()
    }
    assert all(row["causes"] for row in found.claims_table.to_pylist())
    assert sum(told.values()) + on_account(found) == found.difference_pence


def test_at_its_first_claim_the_amendment_moves_the_raised_price_of_every_claim_and_of_no_other(
    known: Known, kept: tuple[list[Path], list[Settlement]]
) -> None:
    about, everything = known
    now = kept[1][10]
    found = compare(settle(about.all[0], everything, as_of=now.claim.known_by), now)
    assert isinstance(found, Comparison)
    # £60 for every child of the first intake that engaged in its second year, achieved in January.
    engaged = [
        row
        for row in now.claims_table.to_pylist()
        if row["milestone"] == "engaged_year_2" and row["achieved_on"] >= date(2019, 1, 1)
    ]
    assert engaged
    assert sum(found.totals_table["on_claims_pence"].to_pylist()) == 60_00 * len(engaged)
    # Up-front money that the lower limit had made come back early has room again.
    assert found.difference_pence == 60_00 * len(engaged) + on_account(found)
    raised = {row["participant"] for row in engaged}
    of_claims: Counter[tuple[str, str]] = Counter()
    for row in found.claims_table.to_pylist():
        of_claims[row["participant"], row["milestone"]] += row["difference_pence"]
    assert {claim: pence for claim, pence in of_claims.items() if pence} == {
        (child, "engaged_year_2"): 60_00 for child in raised
    }


def by_claim(settlement: Settlement) -> Counter[tuple[str, ...]]:
    """What every funder pays of every claim to date, summed here and not by the library."""
    names = ("participant", "milestone", "period")
    claims = {
        row["line"]: tuple(row[name] for name in names)
        for row in settlement.lines_table.to_pylist()
    }
    found: Counter[tuple[str, ...]] = Counter()
    for row in settlement.shares_table.to_pylist():
        found[(*claims[row["line"]], row["funder"])] += row["amount_pence"]
    return found


def closings(settlement: Settlement) -> Counter[str]:
    """What every funder's own statement closes on."""
    source = statement_source(settlement)
    found: Counter[str] = Counter()
    for funder in settlement.funders.all:
        if funder.id != "unfunded":
            (account,) = make_statement(source, funder.id).accounts
            found[funder.id] = account.closing_pence
    return found


def on_account(found: Comparison) -> int:
    return sum(found.totals_table["on_account_pence"].to_pylist())
