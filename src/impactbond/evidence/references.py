"""References among rows: which there are, which row replaces which, and what goes in a circle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from impactbond.evidence.deliveries import Block

Reference = tuple[str, str]  # scope and text


@dataclass(frozen=True, slots=True, repr=False)
class References:
    """The references that were delivered, on rows that were refused as well.

    `known` by scope; `replacing` says what each replaces; `evidenced` names observations
    of replaced rows, whether or not they could be read.
    """

    known: dict[str, frozenset[str]]
    replacing: dict[Reference, str]
    circular: frozenset[Reference]
    evidenced: frozenset[str]

    @classmethod
    def of(
        cls, blocks: Sequence[Block], columns: Sequence[tuple[list[str | None], list[str | None]]]
    ) -> References:
        """The references of some blocks, given the texts of their columns `ref` and `replaces`."""
        known: dict[str, set[str]] = {}
        earlier: dict[Reference, str] = {}
        replaced: set[Reference] = set()
        for block, (refs, replaces) in zip(blocks, columns, strict=True):
            known.setdefault(block.scope, set()).update(filter(None, refs))
            for ref, target in zip(refs, replaces, strict=True):
                if target is not None:
                    replaced.add((block.scope, target))
                if target is not None and ref is not None:
                    key = (block.scope, ref)
                    earlier[key] = min(earlier.get(key, target), target)
        evidenced = (
            block.observation_id(ref, metric)
            for block, (refs, _) in zip(blocks, columns, strict=True)
            for metric in block.metrics
            for ref, cell in zip(refs, block.metric_cells(metric), strict=True)
            if cell is not None and ref is not None and (block.scope, ref) in replaced
        )
        return cls(
            {scope: frozenset(refs) for scope, refs in known.items()},
            earlier,
            frozenset(_circular(earlier)),
            frozenset(evidenced) if replaced else frozenset(),
        )

    def superseded(self, block: Block, replaces: str, metric: str, standing: Container[str]) -> str:
        """The observation that a row replaces.

        Where that one was refused, it is the nearest one that stands among those it had replaced in
        turn: a wrong correction, once put right, must not bring back what both of them replaced.
        """
        for reference in self._back_from(block.scope, replaces):
            observation = block.observation_id(reference, metric)
            if observation in standing:
                return observation
        return block.observation_id(replaces, metric)

    def _back_from(self, scope: str, reference: str) -> Iterator[str]:
        passed: set[str] = set()
        following: str | None = reference
        while following is not None and following not in passed:
            yield following
            passed.add(following)
            following = self.replacing.get((scope, following))


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
