"""Which libraries a command loads: each is a part of a second before it begins."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.evidence_workbooks import few_children

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "fixtures" / "contracts" / "west_london_zone.yaml"
LARGE = {
    *("duckdb", "holidays", "jinja2", "matplotlib", "narwhals", "numpy", "openpyxl", "pandas"),
    *("polars", "pyarrow", "pydantic", "pyspark", "rich", "ruamel", "scipy", "xlsxwriter"),
}
# Runs a command as its own process does, and then tells what was loaded, and whether a frame of
# pandas, asked for afterwards, still is one.
RUN = f"""
import sys
from impactbond.cli.main import command
try:
    command()
except SystemExit as end:
    assert not end.code, end.code
print(sorted({LARGE} & set(sys.modules)), file=sys.stderr)
print("countries", sum(name.startswith("holidays.countries.") for name in sys.modules) > 20)
if "pyarrow" in sys.modules:
    import pyarrow
    print(type(pyarrow.table({{"a": [1]}}).to_pandas()), file=sys.stderr)
    import pandas
    assert pyarrow.array(pandas.Series([1.0, None])).null_count == 1
"""
CHECKED = {"duckdb", "holidays", "narwhals", "numpy", "pyarrow", "pydantic", "ruamel"}


def loaded(*words: object) -> set[str]:
    """The large libraries that a command loads."""
    command = [sys.executable, "-c", RUN, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = done.stderr.splitlines()
    assert "countries True" not in done.stdout
    if len(told) > 1:
        assert told[1] == "<class 'pandas.DataFrame'>"
    found = set(told[0].strip("[]").replace("'", "").split(", ")) - {""}
    return found


def test_telling_the_version_loads_no_large_library() -> None:
    assert loaded("--version") == set()


def test_a_check_loads_what_settles_the_examples_and_no_more() -> None:
    assert loaded("check", CONTRACT) == CHECKED


def test_settling_a_workbook_loads_what_reads_and_writes_workbooks_and_no_pandas(
    tmp_path: Path,
) -> None:
    few = few_children(tmp_path / "evidence.xlsx")
    words = ("--as-of", "2017-04-30", "--leave-out-refused", "--out", tmp_path / "out")
    assert loaded("settle", CONTRACT, few, *words) == CHECKED | {"xlsxwriter"}
