"""The few words of SQL that the engines which read it do not share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from impactbond.texts import FOLDS, PLAIN

Engine = Literal["duckdb", "polars", "pandas", "pyspark"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the engines that read SQL do not say alike."""

    engine: Engine

    def text(self, words: str) -> str:
        """A text as a literal."""
        if self.engine == "duckdb":
            return "'" + words.replace("'", "''") + "'"
        return "'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def name(self, column: str) -> str:
        """A column's name, whatever it holds."""
        mark = '"' if self.engine == "duckdb" else "`"
        return mark + column.replace(mark, mark * 2) + mark

    def path(self, path: str) -> str:
        """A path that stands for itself, whatever marks of a pattern are in its name."""
        if self.engine == "duckdb":
            return re.sub(r"([\[*?])", r"[\1]", path)
        return re.sub(r"([\\\[\]{}*?])", r"\\\1", path)

    def place(self, text: str, listed: Sequence[str]) -> str:
        """Where a text stands in a list, from 0; null where it does not. Faster than a CASE, which
        engines do not ask once for each distinct text of a column.
        """
        texts = ", ".join(map(self.text, listed))
        if self.engine == "duckdb":
            return f"list_position([{texts}], {text}) - 1"
        return f"nullif(array_position(array({texts}), {text}), 0) - 1"

    def day_number(self, day: str) -> str:
        """The days since 1970-01-01 of a date."""
        if self.engine == "duckdb":
            return f"CAST({day} - DATE '1970-01-01' AS BIGINT)"
        return f"CAST(unix_date({day}) AS BIGINT)"

    def matches(self, text: str, pattern: str) -> str:
        """Whether the whole of a text has a pattern."""
        if self.engine == "duckdb":
            return f"regexp_full_match({text}, {self.text(pattern)})"
        whole = rf"\A(?:{pattern})\z"  # `$` would let a line break pass at the end
        return f"({text} RLIKE {self.text(whole)})"

    def has_other_spelling(self, text: str) -> str:
        """Whether a text is not in the one spelling that `texts` states. Spark cannot compose
        letters and their accents: to it, every accent that stands alone is another spelling.
        """
        folded = text
        for pattern, replacement in FOLDS:
            folded = self.replaced(folded, pattern, replacement)
        folded = f"trim({folded})"
        if self.engine == "duckdb":
            folded = f"nfc_normalize({folded})"
            # DuckDB writes bytes as they are where they are signs of ASCII that are seen, but for
            # quotation marks and the stroke: quicker to ask than the pattern, and enough for most.
            plain = (
                f"WHEN encode({text})::VARCHAR = {text} AND NOT contains({text}, ' ') THEN FALSE"
            )
        else:
            folded, plain = self.replaced(folded, r"\p{M}", ""), ""
        plain += f" WHEN {self.matches(text, PLAIN)} THEN FALSE"
        return f"CASE {plain} ELSE {folded} <> {text} END"

    def replaced(self, text: str, pattern: str, replacement: str) -> str:
        """A text with every part that has a pattern replaced."""
        every = ", 'g'" if self.engine == "duckdb" else ""
        return f"regexp_replace({text}, {self.text(pattern)}, {self.text(replacement)}{every})"

    def hashed(self, *columns: str) -> str:
        """A 64-bit number, equal for equal values."""
        function = "hash" if self.engine == "duckdb" else "xxhash64"
        return f"{function}({', '.join(columns)})"
