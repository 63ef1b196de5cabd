"""Every door: whatever is read from a file or told as a setting, who reads it, and how often it is
tried. A new way in gets a line in `DOORS`, and `tests/properties/test_every_door.py` mutates it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from typing import Any
from warnings import catch_warnings, simplefilter

from tests.partner_files import contract as partners_contract
from tests.properties.door_contents import (
    ANSWERED,
    BALANCES,
    COUNTED,
    CTF_MAPPING,
    INSTRUMENTS,
    KEY,
    MAPPING,
    OBSERVED,
    PEOPLE,
    RECEIVED,
    Ask,
    as_workbook,
    ask_at_rest,
    ask_both_doors,
    ask_contract,
    ask_counts,
    ask_every_door,
    ask_evidence,
    ask_mapped,
    ask_marked,
    ask_people,
    ask_proposed,
    ask_pseudonymised,
    ask_receipts,
    ask_rows,
    ask_scored,
    ask_settled,
    ask_versions,
    cells_mutant,
    contracts,
    contracts_as_json,
    demo_contract,
    evidence_workbook,
    fixture,
    observed_parquet,
    parquet_mutant,
    partners_file,
    transfer_file,
)
from tests.properties.mutated_files import (
    SECRET,
    json_mutant,
    other_bytes,
    text_mutant,
    zip_mutant,
)
from tests.spec.drawn_tables import settled
from tests.unit.test_record_resealed import STATEMENT
from tests.unit.test_record_resealed import mutant as sealed
from tests.unit.test_record_tampering import EVIDENCE, kept, parts

import impactbond as ib
from impactbond.closing.filed import filed_bytes, parse_filed
from impactbond.closing.trial_balance import read_trial_balance
from impactbond.errors import ImpactBondError
from impactbond.files import Writing
from impactbond.settlement.settlement import Settlement
from impactbond.statements.manifest import verify_folder

LONGEST = 10  # seconds of work
LARGEST = 2**30  # bytes of the process, with every library that it has loaded


@dataclass(frozen=True)
class Door:
    """What may be read: the name of its file, good contents, what makes one a mutant, who reads it.

    `weight` is how often it is tried beside the others: what takes long is tried less often.
    """

    file: str
    good: Callable[[], Sequence[bytes]]
    mutated: Callable[[bytes, Random], bytes]
    ask: Ask
    weight: int = 4

    def mutant(self, random: Random) -> bytes:
        """A good content with something wrong in it."""
        return self.mutated(random.choice(self.good()), random)


def of_text(file: str, good: Callable[[], Sequence[bytes]], ask: Ask, weight: int = 4) -> Door:
    return Door(file, good, text_mutant, ask, weight)


def of_zip(file: str, good: Callable[[], bytes], ask: Ask, weight: int = 4) -> Door:
    return Door(file, lambda: [good()], zip_mutant, ask, weight)


# What was kept, and what was sent.


def ask_record(path: Path) -> object:
    return str(ib.show_record(path).text)


def ask_statement(path: Path) -> object:
    record = path.with_name("kept.record")
    record.write_bytes(kept())
    return ib.verify(path, record).text


@cache
def filed() -> dict[str, Any]:
    """What a year end that was filed says."""
    row = {"funder": "council", "opening_pence": 0, "earned_pence": 100, "closing_pence": 100}
    of = {"funder": "council", "participant": f"{SECRET}-1", "milestone": "consent"}
    earned = of | {"period": "2017-Q1", "achieved_on": "2017-02-01", "earned_pence": 100}
    days = {"on": "2017-03-31", "evidence_to": "2017-07-31"}
    return {"contract": "small", "currency": "GBP", **days, "position": [row], "earned": [earned]}


def filed_mutant(content: bytes, random: Random) -> bytes:
    """A year end that somebody changed, mostly so that its digest fits again."""
    if random.random() < 0.3:
        return text_mutant(content, random)
    changed = json_mutant(filed(), random)
    try:
        return filed_bytes(changed)[0]
    except (TypeError, ValueError):  # what no file can hold
        return json.dumps(changed).encode()


def ask_filed(path: Path) -> object:
    return repr(parse_filed(path.read_bytes(), path.name))


def ask_folder(path: Path) -> object:
    return verify_folder(path.parent).text


@cache
def manifest() -> bytes:
    with TemporaryDirectory() as name:
        ib.write_statements(settled("", EVIDENCE, "2017-04-30"), name, **Writing(shared=True))
        return Path(name, "manifest.json").read_bytes()


# Settings, which are told and stand in no file.


@cache
def small_settlement() -> Settlement:
    return settled("", EVIDENCE, "2017-04-30")


def settings_mutant(_: bytes, random: Random) -> bytes:
    """Settings of disclosure control, some of them impossible."""
    numbers = (0, 1, 2, 3, 5, -1, 10**9, 10**30, 1.5, "5", None, True)
    ways_by = ([], ["school"], ["school", "school"], ["borough", "school"], ["x"], [""])
    ways: dict[str, Sequence[Any]] = {
        "least": numbers,
        "width": numbers,
        "rounded_to": numbers,
        "zeros": ("shown", "hidden", "", "Hidden", None, 1),
        "values": (True, False),
        "by": ways_by,
        "dominance": (
            None,
            {"n": 2, "k": 85},
            {"p": 10},
            {"n": 0, "k": 101},
            {"x": 1},
            {},
            {"p": -1},
        ),
    }
    chosen = random.sample(sorted(ways), random.randint(1, 3))
    return json.dumps({name: random.choice(ways[name]) for name in chosen}).encode()


def ask_published(path: Path) -> object:
    return ib.public_view(small_settlement(), **json.loads(path.read_bytes())).text


DOORS: dict[str, Door] = {
    # Terms, and what is written like them.
    "contract": of_text("c.yaml", contracts, ask_contract, 2),
    "contract as JSON": of_text("c.json", contracts_as_json, ask_contract, 2),
    "versions": of_text("c.yaml", lambda: contracts()[:1], ask_versions, 1),
    "area": of_text(
        "area.yaml",
        lambda: [fixture("areas", "new_borough.yaml")],
        lambda path: repr(ib.read_area(path, demo_contract())),
        4,
    ),
    "ledger": of_text(
        "ledger.yaml",
        lambda: [fixture("ledgers", "west_london_zone.yaml")],
        lambda path: repr(ib.read_ledger(path, demo_contract())),
        5,
    ),
    "mapping": of_text(
        "mapping.yaml",
        lambda: [MAPPING, CTF_MAPPING],
        lambda path: repr(ib.read_mapping(path, partners_contract())),
        3,
    ),
    "instrument": of_text(
        "instrument.yaml",
        lambda: [path.read_bytes() for path in INSTRUMENTS],
        lambda path: repr(ib.read_instrument(path)),
        4,
    ),
    # Tables, row by row and where they lie.
    "observations as CSV": of_text("o.csv", lambda: [OBSERVED], ask_rows, 8),
    "observations as Parquet": Door("o.parquet", observed_parquet, parquet_mutant, ask_rows, 4),
    "observations at rest": of_text("o.csv", lambda: [OBSERVED], ask_at_rest, 1),
    "Parquet at rest": Door("o.parquet", observed_parquet, parquet_mutant, ask_at_rest, 1),
    "cells by every door": Door("o.csv", lambda: [OBSERVED], cells_mutant, ask_every_door, 4),
    "participants as CSV": of_text("p.csv", lambda: [PEOPLE], ask_people, 4),
    "evidence workbook": of_zip("e.xlsx", evidence_workbook, ask_evidence, 6),
    "evidence that is settled": of_zip("e.xlsx", evidence_workbook, ask_settled, 1),
    "evidence that is marked": of_zip("e.xlsx", evidence_workbook, ask_marked, 1),
    "counts as CSV": of_text("n.csv", lambda: [COUNTED], ask_counts, 6),
    "counts workbook": of_zip("n.xlsx", lambda: as_workbook(COUNTED), ask_counts, 4),
    "receipts as CSV": of_text("r.csv", lambda: [RECEIVED], ask_receipts, 10),
    "receipts workbook": of_zip("r.xlsx", lambda: as_workbook(RECEIVED), ask_receipts, 6),
    "receipts by both doors": Door("r.csv", lambda: [RECEIVED], cells_mutant, ask_both_doors, 3),
    "partner's workbook": of_zip("sims_a.xlsx", partners_file, ask_mapped, 4),
    "partner's XML": of_text("ctf_a.xml", lambda: [transfer_file()], ask_mapped, 6),
    "file for a mapping": of_text("p.csv", lambda: [OBSERVED, ANSWERED], ask_proposed, 10),
    "answers as CSV": of_text("a.csv", lambda: [ANSWERED], ask_scored, 3),
    "answers workbook": of_zip("a.xlsx", lambda: as_workbook(ANSWERED), ask_scored, 1),
    "trial balance": of_text(
        "b.csv", lambda: [BALANCES], lambda path: str(read_trial_balance(path, "GBP")), 20
    ),
    "references to replace": of_text("o.csv", lambda: [OBSERVED], ask_pseudonymised, 20),
    "key": of_text("key", lambda: [KEY], lambda path: repr(ib.read_key(path)), 10),
    # What was written here, and comes back.
    "record": Door(
        "a.record", lambda: [kept()], lambda _, r: sealed(r.randrange(10**9)), ask_record, 2
    ),
    "record's bytes": Door("a.record", lambda: [kept()], other_bytes, ask_record, 10),
    "statement": of_zip("council.xlsx", lambda: parts()[STATEMENT], ask_statement, 1),
    "manifest": of_text("manifest.json", lambda: [manifest()], ask_folder, 8),
    "filed year end": Door(
        "y.json", lambda: [filed_bytes(filed())[0]], filed_mutant, ask_filed, 20
    ),
    # What is told.
    "disclosure settings": Door(
        "settings.json", lambda: [b"{}"], settings_mutant, ask_published, 3
    ),
}


def refused_or_told(ask: Ask, path: Path) -> tuple[bool, str]:
    """Whether a door refuses, and everything that it says; any other exception goes on, also one
    that would be shown with ours.
    """
    try:
        return False, str(ask(path))
    except ImpactBondError as error:
        faults = [fault.as_dict() for fault in error.faults]
        shown: BaseException = error
        while (above := shown.__cause__ or shown.__context__) and not shown.__suppress_context__:
            shown = above
        if not isinstance(shown, ImpactBondError):
            raise RuntimeError(f"another's error shows: {type(shown).__name__}") from None
        return True, f"{error} {faults}"


def wrong_with(name: str, seed: int, folder: Path) -> tuple[str, str]:
    """What came of a mutant, and what was wrong with that; the seed makes the same one again."""
    door = DOORS[name]
    path = folder / door.file
    began, held_before = time.process_time(), getrusage(RUSAGE_SELF).ru_maxrss
    try:
        path.touch(0o600)
        path.write_bytes(door.mutant(Random(f"{name} {seed}")))
        # A library's warning would stand beside what we say, and quote the file.
        with catch_warnings(record=True) as heard:
            simplefilter("always")
            simplefilter("ignore", ResourceWarning)  # of what a test before left open
            is_refused, told = refused_or_told(door.ask, path)
    except Exception as error:
        return "fell", f"{type(error).__name__}: {error!s:.300}"
    took = time.process_time() - began
    peak = getrusage(RUSAGE_SELF).ru_maxrss
    # The most that the process ever held may be that of a test before.
    held = peak * 1024 if peak > held_before else 0
    wrong = [
        *(["it tells who a child is"] if SECRET in told else []),
        *(["a library warns"] if heard else []),
        *(["something unforeseen"] if "something unforeseen" in told else []),
        *([f"it took {took:.1f} s"] if took > LONGEST else []),
        *([f"the process holds {held:,} bytes"] if held > LARGEST else []),
    ]
    return "refused" if is_refused else "answered", "; ".join(wrong)
