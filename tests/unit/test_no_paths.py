"""What is no path, or none that the system takes, given for one to whatever reads: one error of
ours, and nothing of a text that may be a delivery.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.evidence_workbooks import small_contract

import impactbond as ib
from impactbond.closing.filed import read_filed
from impactbond.closing.trial_balance import read_trial_balance
from impactbond.evidence.pseudonyms import KEY_BYTES, Key
from impactbond.mappings.propose import propose_mapping
from impactbond.statements import verify_folder

CONTRACT = small_contract()
READERS: dict[str, Callable[[str | Path], object]] = {
    "receipts": lambda path: ib.read_receipts(path, CONTRACT),
    "evidence": lambda path: ib.read_evidence(path, CONTRACT),
    "tables": lambda path: ib.read_evidence({"participants": path, "observations": path}, CONTRACT),
    "claims": lambda path: ib.read_claims(path, CONTRACT),
    "record": ib.read_record,
    "instrument": ib.read_instrument,
    "mapping": ib.read_mapping,
    "ledger": lambda path: ib.read_ledger(path, CONTRACT),
    "area": ib.read_area,
    "key": ib.read_key,
    "versions": ib.read_versions,
    "contract": ib.read_contract,
    "compare": lambda path: ib.compare(path, path),
    "verify": lambda path: ib.verify(path, path),
    "folder": verify_folder,
    "pseudonyms": lambda path: ib.pseudonymise(path, columns=["child"], key=Key(b"k" * KEY_BYTES)),
    "proposal": propose_mapping,
    "year end": read_filed,
    "trial balance": lambda path: read_trial_balance(path, "GBP"),
}
NO_PATHS = {
    "a delivery": "child,value\nSECRET-1,2\n",
    "a long one": "SECRET-1," * 200,
    "a null": "a\0SECRET-1.csv",
    "half a character": "a\ud800.csv",
}


@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_path_is_one_error_that_repeats_nothing_of_it(
    reader: str, tmp_path: Path
) -> None:
    for text in (*NO_PATHS.values(), str(tmp_path)):
        for given in (text, Path(text)):
            with pytest.raises(ib.ImpactBondError) as caught:
                READERS[reader](given)
            assert "SECRET" not in str(caught.value)
            assert "SECRET" not in str(caught.value.faults)
