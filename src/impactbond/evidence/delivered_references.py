"""The references that were delivered: which there are, and which row replaces which."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np

from impactbond.evidence.deliveries import Block, Columns

Reference = tuple[str, str]  # scope and text


@dataclass(frozen=True, slots=True, repr=False)
class References:
    """The references that were delivered, on rows that were refused as well.

    `known` by scope, where anything is replaced; `replacing` says what each replaces; `evidenced`
    names observations of replaced rows, whether or not they could be read.
    """

    known: dict[str, set[str]]
    replacing: dict[Reference, str]
    circular: set[Reference]
    evidenced: set[str]

    @classmethod
    def of(cls, blocks: Sequence[Block], columns: Sequence[Columns]) -> References:
        """The references of some blocks, given what was read in their columns."""
        known: defaultdict[str, set[str]] = defaultdict(set)
        earlier: dict[Reference, str] = {}
        replaced: set[Reference] = set()
        for block, of_block in zip(blocks, columns, strict=True):
            ref, replaces = of_block["ref"], of_block["replaces"]
            told = replaces.is_there
            for place in np.flatnonzero(told).tolist():
                name, target = ref.held[ref.codes[place]], replaces.held[replaces.codes[place]]
                replaced.add((block.scope, target))
                if name is not None:
                    key = (block.scope, name)
                    # Two rows may have one reference and replace different ones: which of the two
                    # is followed may not hang on the order of files.
                    earlier[key] = min(earlier.get(key, target), target)
        scopes = {scope for scope, _ in replaced}
        for block, of_block in zip(blocks, columns, strict=True):
            if block.scope in scopes:
                ref = of_block["ref"]
                used = np.unique(ref.codes).tolist()
                known[block.scope].update(filter(None, (ref.held[code] for code in used)))
        evidenced: set[str] = set()
        for block, of_block in zip(blocks, columns, strict=True) if replaced else ():
            ref = of_block["ref"]
            asked = ref.with_value(
                {one for scope, one in replaced if scope == block.scope}.__contains__
            )
            for metric in block.metrics if asked.any() else ():
                there = np.flatnonzero(asked & (block.coded_metric(metric).codes > 0)).tolist()
                names = (ref.held[code] for code in ref.codes[there].tolist())
                evidenced.update(block.observation_id(name, metric) for name in names)
        return cls(known, earlier, _circular(earlier), evidenced)

    def superseded(self, block: Block, replaces: str, metric: str, standing: Container[str]) -> str:
        """The observation that a row replaces.

        Where that one was refused, it is the nearest one that stands among those it had replaced in
        turn: a wrong correction, once put right, must not bring back what both of them replaced.
        """
        passed: set[str] = set()
        following: str | None = replaces
        while following is not None and following not in passed:
            observation = block.observation_id(following, metric)
            if observation in standing:
                return observation
            passed.add(following)
            following = self.replacing.get((block.scope, following))
        return block.observation_id(replaces, metric)


def _circular(earlier: dict[Reference, str]) -> set[Reference]:
    """The references that replace themselves in some steps: what is left without loose ends."""
    left = {key: (key[0], replaced) for key, replaced in earlier.items()}
    pointed_at = Counter(left.values())
    ends = [key for key in left if not pointed_at[key]]
    while ends:
        target = left.pop(ends.pop())
        pointed_at[target] -= 1
        if not pointed_at[target] and target in left:
            ends.append(target)
    return set(left)
