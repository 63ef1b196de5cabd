"""Whatever comes in by any door: an answer, or a refusal in our own words that does not say who a
child is, soon and in little memory. The suite brings a few mutants to each door;
`python -m tests.long.every_door` brings many, and tells what came of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.properties.doors import DOORS, refused_or_told, wrong_with

MUTANTS = 3  # of each door; of those that take long, one


@pytest.mark.parametrize("name", DOORS)
def test_what_is_good_is_answered_and_what_is_not_is_refused_in_our_own_words(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / DOORS[name].file
    path.touch(0o600)  # a key that others may read is no good
    for content in DOORS[name].good():
        path.write_bytes(content)
        is_refused, told = refused_or_told(DOORS[name].ask, path)
        assert not is_refused, told
    count = MUTANTS if DOORS[name].weight > 2 else 1
    found = {seed: wrong_with(name, seed, tmp_path)[1] for seed in range(count)}
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}
