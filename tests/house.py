"""What the source measures: `python -m tests.house [FOLDER]`.

Lines, modules, functions, how tangled they are and whether they say why, names that stand twice,
modules that import themselves over others. It exits with 1 where a limit of the house is passed.
"""

from __future__ import annotations

import argparse
import ast
import io
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

SOURCE = Path(__file__).parents[1] / "src" / "impactbond"
# A function that branches more often than this says why in a comment.
TANGLED = 10
_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.ExceptHandler, ast.comprehension)
AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Function:
    """A function: where it is, its lines without its docstring, how often its way divides, and
    whether a comment stands in it or above it.
    """

    place: str
    lines: int
    complexity: int
    says_why: bool


@dataclass(frozen=True, slots=True)
class House:
    """What a folder of modules measures."""

    modules: int
    lines: int
    blank: int
    comments: int
    functions: tuple[Function, ...]
    long_files: tuple[str, ...]
    twice: tuple[str, ...]

    @property
    def tangled(self) -> list[Function]:
        """The functions that branch too often to be read without a reason."""
        return [one for one in self.functions if one.complexity > TANGLED]


def complexity_of(function: AnyFunction) -> int:
    """McCabe's number: 1, and 1 for each branch, case, loop, handler and further operand."""
    number = 1
    for node in _own(function):
        if isinstance(node, _BRANCHES):
            number += 1 + (len(node.ifs) if isinstance(node, ast.comprehension) else 0)
        elif isinstance(node, ast.BoolOp):
            number += len(node.values) - 1
        elif isinstance(node, ast.match_case):
            is_any = isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None
            number += 0 if is_any else 1
    return number


def _own(function: AnyFunction) -> Iterator[ast.AST]:
    """Every node of a function, without those of functions inside it."""
    waiting: list[ast.AST] = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, AnyFunction | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def measure(source: Path) -> House:
    """The measures of every module below a folder."""
    functions: list[Function] = []
    classes: Counter[str] = Counter()
    lines = blank = comments = modules = 0
    long_files = []
    for path in sorted(source.rglob("*.py")):
        text, name = path.read_text(encoding="utf-8"), str(path.relative_to(source))
        rows = text.splitlines()
        modules, lines, blank = modules + 1, lines + len(rows), blank + rows.count("")
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        said = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
        comments += len(said)
        if len(rows) > 400:
            long_files.append(f"{name} ({len(rows)})")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                classes[node.name] += 1
            elif isinstance(node, AnyFunction):
                functions.append(_function(node, name, said))
    twice = tuple(sorted(name for name, count in classes.items() if count > 1))
    return House(modules, lines, blank, comments, tuple(functions), tuple(long_files), twice)


def _function(node: AnyFunction, file: str, said: set[int]) -> Function:
    end = node.end_lineno or node.lineno
    docstring = ast.get_docstring(node, clean=False) or ""
    why = any(line in said for line in range(node.lineno - 1, end + 1))
    size = end - node.lineno + 1 - (len(docstring.splitlines()) if docstring else 0)
    return Function(f"{file}:{node.lineno} {node.name}", size, complexity_of(node), why)


def main() -> int:
    """Print the measures; 1 where one is over its limit."""
    parser = argparse.ArgumentParser(prog="python -m tests.house", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SOURCE)
    parser.add_argument("--max-lines", type=int)
    parser.add_argument("--max-modules", type=int)
    parser.add_argument("--max-tangled", type=int, help="functions that branch and say no why")
    asked = parser.parse_args()
    house = measure(asked.folder)
    sizes = sorted(one.lines for one in house.functions)
    silent = [one for one in house.tangled if not one.says_why]
    print(f"modules                    {house.modules}")
    print(f"lines                      {house.lines:,} ({house.lines - house.blank:,} not blank)")
    print(f"comments                   {100 * house.comments / house.lines:.1f} % of lines")
    print(f"functions                  {len(sizes)}: median {median(sizes):.0f} lines,", end=" ")
    print(f"19 of 20 up to {sizes[len(sizes) * 19 // 20]}, longest {sizes[-1]}")
    print(f"files over 400 lines       {', '.join(house.long_files) or 'none'}")
    print(f"functions over 60 lines    {sum(size > 60 for size in sizes)}")
    print(f"complexity over {TANGLED}         {len(house.tangled)}, {len(silent)} say no why")
    print(f"class names that stand twice  {', '.join(house.twice) or 'none'}")
    for one in sorted(silent, key=lambda one: -one.complexity):
        print(f"  {one.complexity:3} {one.place}")
    over = [
        name
        for name, found, most in (
            ("lines", house.lines, asked.max_lines),
            ("modules", house.modules, asked.max_modules),
            ("tangled", len(silent), asked.max_tangled),
        )
        if most is not None and found > most
    ]
    if over or house.twice:
        print(f"over the limit: {', '.join([*over, *(['class names'] if house.twice else [])])}")
    return 1 if over or house.twice else 0


if __name__ == "__main__":
    sys.exit(main())
