"""Whatever happens to the bytes of a workbook or to its cells: one error of ours, or evidence, and
no child's value in any message.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from tests.evidence_workbooks import FEB, JAN, MAR, small_contract, write_book

from impactbond.errors import ImpactBondError
from impactbond.evidence.read import read_evidence
from impactbond.receipts.read import read_receipts

SECRETS = ("SECRET-1", "SECRET-2", "33.75")
BITS = (b"1", b"9", b"<", b'"', b"/", b"\x00", b"\xff", b"e", b"A0", b"-", b"&#x0;", b"s", b"")


def mutated(content: bytes, draw: Random) -> bytes:
    """The bytes with a few of them changed, left out, or cut off."""
    made = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 5))):
        at = draw.randrange(len(made))
        made[at : at + draw.choice((0, 1, 1, 8))] = draw.choice(BITS)
    return bytes(made[: draw.randrange(len(made))] if draw.random() < 0.1 else made)


def parts_mutated(content: bytes, draw: Random) -> bytes:
    """The workbook with one of its parts mutated, in a zip file that is whole."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as parts, zipfile.ZipFile(made, "w") as kept:
        chosen = draw.choice(parts.namelist())
        for name in parts.namelist():
            inside = parts.read(name)
            kept.writestr(name, mutated(inside, draw) if name == chosen else inside)
    return made.getvalue()


@pytest.mark.parametrize("seed", range(10))
def test_a_mutated_workbook_is_read_or_refused_in_our_own_words(tmp_path: Path, seed: int) -> None:
    children = [(one, JAN, None, None, FEB, "Oak", "north") for one in SECRETS[:2]]
    surveys = [("R1", SECRETS[0], FEB, MAR, None, 17, 33.75, 92.5), ("R2", SECRETS[1], 1, 2, 3)]
    whole = write_book(tmp_path / "w.xlsx", {"Children": children, "Surveys": surveys})
    content, draw, contract = whole.read_bytes(), Random(seed), small_contract()
    refused = 0
    for number in range(30):
        path = tmp_path / "mutant.xlsx"
        path.write_bytes((mutated if number % 2 else parts_mutated)(content, draw))
        for read in (read_evidence, read_receipts):
            try:
                found = read(path, contract)
                told = f"{found.refused_table.to_pylist()} {found.cautions} {found!r}"
            except ImpactBondError as error:
                told, refused = str(error), refused + 1
            assert not [one for one in SECRETS if one in told]
    assert refused > 20
