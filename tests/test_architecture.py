"""The layers: who may import whom. Any other arrow fails, and a planted one proves it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "impactbond"
ROOT = {
    "errors",
    "money",
    "dates",
    "tables",
    "dialect",
    "duckdb_instances",
    "spark_frames",
    "numbering",
    "canonical",
    "version",
    "reasons",
    "texts",
    "files",
    "cards",
}
MAY_IMPORT = {
    "terms": ROOT,
    "contract": ROOT | {"terms"},
    # The contract in English is a layer of its own inside its folder: nothing is decided by words.
    "wording": ROOT | {"terms", "contract"},
    # Scores are made before there is evidence: whatever reads evidence may ask for them.
    "questionnaires": ROOT | {"terms", "contract"},
    # A template tells the contract in its own words.
    "evidence": ROOT | {"terms", "contract", "wording", "questionnaires"},
    # What partners have becomes evidence; nothing below knows that there are mappings.
    "mappings": ROOT | {"terms", "contract", "evidence", "questionnaires"},
    "evaluation": ROOT | {"terms", "contract", "evidence"},
    # The steps of a result are told in words, as they are worked out.
    "settlement": ROOT | {"terms", "contract", "wording", "evidence", "evaluation"},
}
_SETTLED = (ROOT | set(MAY_IMPORT)) - {"mappings"}
MAY_IMPORT |= {
    "receipts": _SETTLED,
    "investment": _SETTLED,
    "statements": _SETTLED | {"receipts"},
    "explanation": _SETTLED,
}
MAY_IMPORT["records"] = _SETTLED | {"receipts", "statements"}
MAY_IMPORT["disclosure"] = _SETTLED | {"receipts", "statements"}
MAY_IMPORT["closing"] = _SETTLED | {"receipts", "records", "statements"}
MAY_IMPORT["comparison"] = _SETTLED | {"explanation", "records"}
MAY_IMPORT["simulation"] = _SETTLED | {"receipts", "statements", "investment"}
MAY_IMPORT["pages"] = _SETTLED | {"receipts", "statements", "explanation", "simulation", "records"}
MAY_IMPORT["forecasts"] = _SETTLED | {"receipts", "statements", "investment", "simulation", "pages"}
MAY_IMPORT["designs"] = _SETTLED | {"simulation", "forecasts"}
MAY_IMPORT["charts"] = _SETTLED | {"investment", "simulation", "forecasts", "designs"}
# What every frame holds is told of all rooms that give one.
MAY_IMPORT["frames"] = ROOT | set(MAY_IMPORT)
BELOW = ROOT | set(MAY_IMPORT)
MAY_IMPORT["cli"] = BELOW
MAY_IMPORT |= {name: ROOT for name in ROOT}
MAY_IMPORT["__main__"] = {"cli"}
# The package root names the public face and is imported by nobody inside.
MAY_IMPORT["__init__"] = BELOW


def layer_of(module: str) -> str:
    if module.startswith("impactbond.contract.wording"):
        return "wording"
    return module.split(".")[1] if "." in module else "__init__"


def imports_of(path: Path) -> set[str]:
    """Every module of the package that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports hide the layer"
            found.add(node.module or "")
            if node.module == "impactbond":
                found |= {f"impactbond.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "impactbond"}


def offences(source: Path) -> list[str]:
    """Every import that goes against the layers, as `importer -> imported`."""
    found = []
    for path in sorted(source.rglob("*.py")):
        relative = path.relative_to(source).with_suffix("")
        own = layer_of(".".join(("impactbond", *relative.parts)))
        for imported in sorted(imports_of(path)):
            layer = layer_of(imported)
            allowed = layer == own if layer not in MAY_IMPORT[own] else True
            if layer == "__init__" or not allowed:
                found.append(f"{'.'.join(relative.parts)} -> {imported}")
    return found


def test_imports_follow_the_layers() -> None:
    assert len(list(SOURCE.rglob("*.py"))) > 40, "there is nothing to check"
    assert offences(SOURCE) == []


@pytest.mark.parametrize(
    ("home", "statement"),
    [
        ("terms/planted.py", "from impactbond.contract.contract import Contract"),
        ("contract/planted.py", "from impactbond.evidence.read import read_evidence"),
        ("explanation/planted.py", "from impactbond.comparison.comparison import compare"),
        ("settlement/planted.py", "import impactbond.statements.write"),
        ("contract/rendered.py", "from impactbond.contract.wording.render import render"),
        ("contract/wording/planted.py", "from impactbond.evidence.read import read_evidence"),
        ("simulation/planted.py", "def late():\n    from impactbond.records import record"),
        ("evidence/planted.py", "from impactbond import settle"),
        ("money.py", "from impactbond.contract.contract import Contract"),
    ],
)
def test_a_planted_offender_is_found(tmp_path: Path, home: str, statement: str) -> None:
    planted = tmp_path / home
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text(statement + "\n", encoding="utf-8")
    assert len(offences(tmp_path)) == 1 + ("import settle" in statement)


def circles(source: Path) -> list[str]:
    """Every module that imports itself, over however many others."""
    name_of = {
        path: "impactbond." + ".".join(path.relative_to(source).with_suffix("").parts)
        for path in source.rglob("*.py")
    }
    names = {name.removesuffix(".__init__") for name in name_of.values()}
    reaches = {
        name.removesuffix(".__init__"): imports_of(path) & names for path, name in name_of.items()
    }
    for _ in names:
        reaches = {
            name: direct.union(*(reaches[other] for other in direct))
            for name, direct in reaches.items()
        }
    return sorted(name for name, reached in reaches.items() if name in reached)


def test_no_module_imports_itself_over_others(tmp_path: Path) -> None:
    assert circles(SOURCE) == []
    for one, other in (("first", "second"), ("second", "first")):
        planted = tmp_path / f"{one}.py"
        planted.write_text(f"import impactbond.{other}\n", encoding="utf-8")
    assert circles(tmp_path) == ["impactbond.first", "impactbond.second"]


def test_arrow_is_not_asked_for_the_details_of_a_row_group() -> None:
    """It ends the process where a damaged file's disagree: docs/design/decisions.md."""
    asking = [path.name for path in SOURCE.rglob("*.py") if "row_group(" in path.read_text("utf-8")]
    assert asking == []


def test_files_and_functions_stay_small() -> None:
    too_long = []
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 400:
            too_long.append(str(path.relative_to(SOURCE)))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                length -= len((ast.get_docstring(node, clean=False) or "").splitlines())
                if length > 60:
                    too_long.append(f"{path.relative_to(SOURCE)}: {node.name}")
    assert too_long == []
