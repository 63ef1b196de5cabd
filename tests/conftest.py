"""Which kind of test each one is, by rules, so that a new test gets its marker untold.

fast    the modules below: every layer once, in under a minute on one core
engine  compares what several engines give
office  recalculates a workbook in LibreOffice; skipped where that is not installed
browser opens pages in Chromium; skipped where that is not installed
spark   runs on a real Spark, and needs Java 17
long    what `python -m tests.long` runs at full size; the suite runs a few cases of it
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
from tests.browser import CHROMIUM
from tests.libreoffice import SOFFICE

TESTS = Path(__file__).parent
# One module of a layer is enough to see soon that something broke there: chosen by time.
FAST = {
    "": ("architecture", "mechanics", "public_face"),
    "spec": ("funder_limits", "prices"),
    "unit": (
        *("contract_conditions", "contract_difference", "contract_terms"),
        *("dates", "evidence_fixture", "evidence_privacy"),
        *("evidence_structure", "evidence_template", "phrases", "receipts_read", "references"),
        *("render", "simulation_assumptions", "simulation_forecast", "simulation_terms"),
        *("statement", "statement_page", "tables"),
    ),
}
FAST_MODULES = {
    TESTS / folder / f"test_{name}.py" for folder, names in FAST.items() for name in names
}
ENGINE_MODULES = {
    TESTS / "properties" / name for name in ("test_engines_agree.py", "test_same_bytes.py")
}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where only the fast tests are asked for, other modules are not even imported."""
    only_fast = config.option.markexpr == "fast" and collection_path.name.startswith("test_")
    return True if only_fast and collection_path not in FAST_MODULES else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "spark" in item.name.casefold():
            item.add_marker("spark")
        if item.path in ENGINE_MODULES:
            item.add_marker("engine")
        slow = any(
            item.get_closest_marker(name)
            for name in ("office", "browser", "spark", "engine", "long")
        )
        if item.path in FAST_MODULES and not slow:
            item.add_marker("fast")


@pytest.hookimpl(optionalhook=True)  # pytest-xdist asks for it, where tests run in several workers
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests that share what is slow to make run in one worker: one Spark, one module's fixtures."""
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            if "spark" in nodeid.casefold() or "under_every_term" in nodeid:
                return "spark"
            # What is drawn shares nothing, and takes long: one by one, the workers end together.
            return nodeid if "/properties/" in nodeid else nodeid.partition("::")[0]

    # In the order of the folders: those with the most tests come first otherwise, and last, when
    # one worker has nothing left to do, the few that take minutes.
    config.option.loadscopereorder = False
    return Sharing(config, log)


def pytest_collection_finish() -> None:
    """What stands by now stands until the end: the collector need not walk through all of it again
    and again, which is a tenth of what the suite costs.
    """
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("office") and SOFFICE is None:
        pytest.skip("LibreOffice (soffice) is not installed here")
    if item.get_closest_marker("browser") and CHROMIUM is None:
        pytest.skip("Chromium is not installed here")
