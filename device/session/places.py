"""Who of those there was there before, by where a face is lost and where one begins.

A track ends when its face is covered, by a phone that reads a card as by a hand, and the same face
gets another id when it is seen again. So each face has a number here, and one that goes on where
another was lost takes over its number.

Guarantees: places, sizes and times are all that is compared, never what a face looks like. The id
of a lost track is kept for `session.leave_s`; where it was lost for `AWAY_S`, or, where that was in
place, for `session.linger_s`.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from dataclasses import dataclass, field

from device.config import SessionConfig
from device.values import Audience, Box

AWAY_S = 4.0
"""A face that was moving when it was lost, as one that steps aside, may come back for so long."""

JUDGED_S = 0.5
"""A new face where one was lost is watched for so long: one that comes in moves meanwhile."""

OFF, GROWN = 0.65, 0.5
"""A face goes on at most so far from where one was lost, in sizes of the face, and after no larger
change of size, as a logarithm. Chosen on scenes: docs/experiments.md."""

COMES_BACK_OFF, COMES_BACK_DOWN = 2.5, 0.3
"""One that moved when it was lost, and comes back by the same way, is seen again farther inside the
picture; as high as before, and of the same size."""

MOVES = 0.6
"""A face moves if it is so far from its place `JUDGED_S` before, in sizes; the logarithm of its
change of size is added."""


@dataclass(slots=True, eq=False)
class _Person:
    """A face that is there or was lost. number: None until it is known whether it goes on.
    began_at, seen_at: monotonic seconds. trail: places of the last `JUDGED_S` with their times; of
    a lost face the last one alone. moved: whether it moved when it was lost; None: it is there.
    picture: it has turned out to be one."""

    track_id: str
    began_at: float
    began: Box
    seen_at: float
    trail: deque[tuple[float, Box]] = field(default_factory=deque)
    number: int | None = None
    moved: bool | None = None
    picture: bool = False

    @property
    def place(self) -> Box:
        """Where it is, or was when it was lost."""
        return self.trail[-1][1]

    @property
    def moves(self) -> bool:
        """Whether it is or was moving."""
        off, _, grown = _change(self.trail[0][1], self.place)
        return off + grown > MOVES

    def see(self, place: Box, at: float) -> None:
        """It is there, at this place."""
        self.seen_at, self.moved = at, None
        if self.trail and place == self.place:
            return  # not detected anew: a face that is lost stands where it was
        self.trail.append((at, place))
        while len(self.trail) > 1 and self.trail[1][0] <= at - JUDGED_S:
            self.trail.popleft()

    def lose(self) -> None:
        """It is gone: of its way no more is kept than whether it moved."""
        self.moved = self.moves
        self.trail = deque([self.trail[-1]])

    def begins_at(self, lost: _Person) -> bool:
        """Whether this face begins where another one was lost."""
        off, down, grown = _change(lost.place, self.began)
        if lost.moved:
            return off <= COMES_BACK_OFF and down <= COMES_BACK_DOWN and grown <= GROWN
        return off <= OFF and grown <= GROWN

    def stays_at(self, lost: _Person) -> bool:
        """Whether it is still there after a while, unless both move."""
        off, _, grown = _change(lost.place, self.place)
        return bool(lost.moved) or (off <= OFF and grown <= GROWN and not self.moves)


class Places:
    """The faces that are there, and those that may come back."""

    def __init__(self, config: SessionConfig) -> None:
        self._leave_s, self._stay_s = config.leave_s, config.stay_s
        self._numbers = itertools.count(1)
        self._there: list[_Person] = []
        self._lost: list[_Person] = []
        self.there: frozenset[int] = frozenset()
        """Numbers of those there of whom it is known whether they go on."""

    @property
    def judged(self) -> bool:
        """Whether that is known of everybody there."""
        return all(person.number is not None for person in self._there)

    @property
    def began_at(self) -> float:
        """When the first of the faces there was first there, monotonic seconds; infinite: none."""
        return min((person.began_at for person in self._there), default=math.inf)

    @property
    def covered(self) -> frozenset[int]:
        """Numbers of those who were lost in place, as behind a phone."""
        return frozenset(p.number for p in self._lost if p.number and not (p.moved or p.picture))

    @property
    def pictures(self) -> frozenset[int]:
        """Numbers of the lost that have turned out to be pictures of faces."""
        return frozenset(p.number for p in self._lost if p.number and p.picture)

    def update(self, audience: Audience, at: float) -> None:
        """Take those who are there now. at: monotonic seconds."""
        known = {p.track_id: p for p in (*self._there, *self._lost) if p.track_id}
        there = list[_Person]()
        for visitor in audience.visitors:
            if visitor.place is None:
                continue  # a voice: whoever speaks is not somebody new
            new = _Person(visitor.track_id, began_at=at, began=visitor.place, seen_at=at)
            person = known.get(visitor.track_id, new)
            person.see(visitor.place, at)
            there.append(person)
        gone = [person for person in self._there if person.seen_at < at]
        for person in gone:
            person.lose()
            person.picture = person.track_id in audience.still
        self._there = there
        lost = (p for p in (*self._lost, *gone) if p.number is not None and p.seen_at < at)
        self._lost = [p for p in lost if self._may_return(p, at - JUDGED_S)]
        for person in self._lost:
            if at - person.seen_at >= self._leave_s:
                person.track_id = ""
        for person in there:
            if person.number is None:
                self._judge(person, at)
        self.there = frozenset(person.number for person in there if person.number is not None)

    def _may_return(self, lost: _Person, at: float) -> bool:
        """Whether a face that begins at this time may go on where this one was lost."""
        return at - lost.seen_at < (AWAY_S if lost.moved else self._stay_s)

    def _judge(self, new: _Person, at: float) -> None:
        """Give a face its number: that of the lost one where it goes on, or one of its own."""
        near = [
            lost
            for lost in self._lost
            if self._may_return(lost, new.began_at) and new.begins_at(lost)
        ]
        if near and at - new.began_at < JUDGED_S:
            return
        near = [lost for lost in near if new.stays_at(lost)]
        if near:
            nearest = min(near, key=lambda lost: _change(lost.place, new.began))
            new.number = nearest.number
            self._lost.remove(nearest)
        else:
            new.number = next(self._numbers)


def _change(one: Box, other: Box) -> tuple[float, float, float]:
    """What differs between two faces: the distance and its vertical part, in sizes, and the
    logarithm of the size."""
    (x, y), (other_x, other_y) = one.centre, other.centre
    size = math.sqrt(one.w * other.w)
    off = math.hypot(other_x - x, other_y - y) / size
    return off, abs(other_y - y) / size, abs(math.log(other.w / one.w))
