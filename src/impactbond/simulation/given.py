"""What is still to come of children on record, given what is known of them.

Takes  what is known of children who are alike, and what can come of a stage as an area assumes it.
Gives  what is left to come, in proportion: by the rule of Bayes, and nothing else.
Keeps  what was reached stays. What would be known by now, had it come, has not come; where by the
       assumptions everything would, nothing more comes, and it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from impactbond.simulation.knowledge import NOTHING_KNOWN, AlreadyReached, Knowledge
from impactbond.simulation.stages import LEFT, NO_DAY, DrawnMilestone, Outcome, Standing


class Given:
    """What is known of the children of a group; and, of the stage that is worked out, how likely
    that is at each level (`likely`), and which open milestones have no day left (`passed`).
    """

    def __init__(self, names: Sequence[str], known: Knowledge) -> None:
        self._names, self._known = names, known
        self.already = {one.milestone: one for one in known.reached}
        self.never, self.has_left = known.never, known.left is not None
        self.is_nothing = known is NOTHING_KNOWN
        self.begin()

    def begin(self) -> None:
        """A stage begins."""
        self._passed: set[int] = set()
        self.likely: tuple[float, ...] = ()

    @property
    def passed(self) -> frozenset[int]:
        """The open milestones that every day has passed on which they are assumed."""
        return frozenset(self._passed)

    def note_passed(self, milestone: int) -> None:
        """Of a milestone every day has passed on which it is assumed."""
        if milestone not in self._known.over:
            self._passed.add(milestone)

    def rules_out(self, one: DrawnMilestone) -> bool:
        """Whether it would be known by now that a milestone was reached so, or its window is over
        by that day.
        """
        known = self._known
        is_over = one.milestone in known.over and one.day > known.until
        # Both at once: reached by the last day that was judged, and recorded in time. Reached by
        # then and recorded later, it may still come in.
        return is_over or (one.day <= known.until and one.recorded <= known.known_by)

    def lapses(self, one: DrawnMilestone, version: int) -> bool:
        """Whether a milestone that others may still be paid for is not reached so: by the version
        of a place, which governs it, its window is over or it can never be paid.
        """
        over, never = self._known.under(version)
        return one.milestone in never or (one.milestone in over and one.day > self._known.until)

    def units_in_all(
        self,
        already: AlreadyReached,
        shares: Mapping[int, Fraction],
        days: Mapping[int, Iterable[int]],
    ) -> list[tuple[int, Fraction]]:
        """To how many units those may come who have claimed some: of the numbers that an area
        assumes, those of which so many would be completed by now; where there is none, no more.
        """
        # As many units by now as are claimed, and the others later: any other number contradicts
        # the record.
        left = {
            units: share
            for units, share in shares.items()
            if sum(day <= self._known.until for day in days[units]) == already.units
        }
        whole = sum(left.values(), Fraction(0))
        if not whole:
            self.note_passed(already.milestone)
            return [(already.units, Fraction(1))]
        return [(units, share / whole) for units, share in left.items()]

    def certain(
        self,
        names: Iterable[str],
        before: Mapping[int, DrawnMilestone],
        actual: Callable[[AlreadyReached, Mapping[int, DrawnMilestone]], DrawnMilestone],
        undated: Collection[str] = (),
    ) -> list[tuple[DrawnMilestone, int]]:
        """Which of some milestones are reached already, each as `actual` has it, with how many
        units; those `undated` get their days in a stage of their own.
        """
        found = []
        for name in names:
            already = self.already.get(self._names.index(name))
            if already is not None:
                one = actual(already, before)
                one = one._replace(day=NO_DAY) if name in undated else one
                found.append((one, already.units or 1))
        return found

    def still_to_leave(self, chances: Mapping[Standing, Fraction]) -> dict[Standing, Fraction]:
        """When they leave: on the day that is known, or later than what is known."""
        known = self._known
        if known.left is not None:
            return {(DrawnMilestone(LEFT, known.left, False, known.left),): Fraction(1)}
        # By the day by which it would be known that they left.
        later = {
            standing: share
            for standing, share in chances.items()
            if not standing or standing[0].day > known.known_by
        }
        whole = sum(later.values(), Fraction(0))
        return {one: share / whole for one, share in later.items()} if whole else {(): Fraction(1)}

    def left_to_come(
        self,
        found: Sequence[Outcome],
        levels: int,
        certain: list[tuple[DrawnMilestone, int]],
        *,
        is_of_chance: bool = False,
    ) -> Iterator[Outcome]:
        """What is left of what can come of a stage, in proportion at each level; where nothing is
        left, what is certain and no more.

        `is_of_chance` is of stages in which the levels of chances count: how likely what is known
        is in the first cell is how likely it is, because in every cell it is alike.
        """
        # Bayes: what is left of each outcome in proportion to what is left of all.
        whole = [sum((chance[at] for chance, _ in found), Fraction(0)) for at in range(levels)]
        if is_of_chance and not self.likely:
            self.likely = tuple(map(float, whole))
        for chance, ways in found:
            shares = zip(chance, whole, strict=True)
            yield tuple(own / of if of else Fraction(0) for own, of in shares), ways
        # Where the area has no way to come to what is on record, the record stands and nothing more
        # is drawn: a forecast does not contradict what was paid.
        if not all(whole):
            yield tuple(Fraction(not of) for of in whole), certain
