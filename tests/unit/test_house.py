"""What the house measures is counted right, on a small planted package."""

from __future__ import annotations

from pathlib import Path

from tests.house import measure

ONE = '''"""A module."""


class Twice:
    """A class."""


def tangled(a: int) -> int:
    """Eleven branches and no reason."""
    if a == 1 and a < 2 and a < 3:
        return 1
    for each in (1, 2):
        while each:
            break
    match a:
        case 1:
            return 2
        case 2:
            return 3
        case _:
            pass
    return [b for b in (1, 2) if b][0] if a else 1


def says(a: int) -> int:
    # A reason.
    return a
'''


def test_a_planted_package_is_counted(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(ONE, encoding="utf-8")
    (tmp_path / "two.py").write_text("class Twice: ...\n" + "\n" * 400, encoding="utf-8")
    house = measure(tmp_path)
    assert (house.modules, house.lines, house.comments) == (2, 27 + 401, 1)
    assert house.twice == ("Twice",)
    assert house.long_files == ("two.py (401)",)
    # 1, an if with two further operands, a loop in a loop, two cases, a comprehension with its
    # test, and a choice: 1 + 3 + 2 + 2 + 2 + 1
    assert [one.complexity for one in house.functions] == [11, 1]
    assert [one.place for one in house.tangled] == ["one.py:8 tangled"]
    assert [one.says_why for one in house.functions] == [False, True]
    assert house.functions[0].lines == 14  # without its docstring
