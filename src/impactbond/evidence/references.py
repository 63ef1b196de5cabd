"""References among rows: which there are, which row replaces which, and where that goes round in a circle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from impactbond.evidence.delivered import Block

Reference = tuple[str, str]  # scope and text


@dataclass(frozen=True, slots=True)
class References:
    """Every reference that was delivered, on rows that were refused as well."""

    known: frozenset[Reference]
    replaced_by: dict[Reference, str]
    circular: frozenset[Reference]
    evidenced: frozenset[str]

    @classmethod
    def of(
        cls, blocks: Sequence[Block], columns: Sequence[tuple[list[str | None], list[str | None]]]
    ) -> References:
        """The references of some blocks, given the texts of their columns `ref` and `replaces`."""
        known: set[Reference] = set()
        earlier: dict[Reference, str] = {}
        evidenced: set[str] = set()
        for block, (refs, replaces) in zip(blocks, columns, strict=True):
            known.update((block.scope, ref) for ref in refs if ref is not None)
            for ref, replaced in zip(refs, replaces, strict=True):
                if ref is not None and replaced is not None:
                    key = (block.scope, ref)
                    earlier[key] = min(earlier.get(key, replaced), replaced)
            for metric in block.metrics:
                cells = zip(refs, block.metric_cells(metric), strict=True)
                evidenced.update(
                    block.observation_id(ref, metric)
                    for ref, cell in cells
                    if ref and cell is not None
                )
        return cls(frozenset(known), earlier, frozenset(_circular(earlier)), frozenset(evidenced))

    def superseded(self, block: Block, replaces: str, metric: str, standing: Container[str]) -> str:
        """The observation that a row replaces.

        Where that one was refused, it is the nearest one that stands among those which it had replaced in turn: a wrong
        correction that is put right must not bring back what both of them replaced.
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
            following = self.replaced_by.get((scope, following))


def _circular(earlier: dict[Reference, str]) -> set[Reference]:
    """The references that replace themselves, by however many steps: what is left when the ends are taken off."""
    left = {key: (key[0], replaced) for key, replaced in earlier.items()}
    pointed_at = Counter(left.values())
    ends = [key for key in left if not pointed_at[key]]
    while ends:
        target = left.pop(ends.pop())
        pointed_at[target] -= 1
        if not pointed_at[target] and target in left:
            ends.append(target)
    return set(left)
