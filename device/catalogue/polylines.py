"""Encoded polylines: many lines of a map as short text, one line of text each.

The format is that of Google's "Encoded Polyline Algorithm Format" with six decimals of a degree, as
OSRM and Valhalla write it (`polyline6`): each number is the difference to the point before, the
first point's to 0; latitude comes first. A number's sign becomes its lowest bit, and its groups of
five bits, the lowest first, become the characters `?` to `~`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]

SCALE = 1_000_000
"""Units of a degree: 0.11 m of latitude each."""

_BITS, _MORE, _FIRST, _NEWLINE = 5, 32, 63, 10

_MOST_GROUPS = 6
"""Of a number: 360 degrees need 30 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """L lines with P points in all.

    points: (P, 2) int64, latitude and longitude in units of 1 / `SCALE` degree. Line i is
    `points[starts[i]:starts[i + 1]]`; starts: (L + 1,) int64.
    """

    points: Numbers
    starts: Numbers

    def __len__(self) -> int:
        return len(self.starts) - 1


def encode(lines: Lines) -> bytes:
    """The lines as text, each with a line feed at its end."""
    steps = np.diff(lines.points, axis=0, prepend=0)
    firsts = lines.starts[:-1]
    steps[firsts] = lines.points[firsts]
    numbers = steps.ravel()
    codes = (numbers << 1) ^ (numbers >> 63)
    groups = np.ones(len(codes), np.int64)
    for n in range(1, _MOST_GROUPS):
        groups += codes >> (_BITS * n) > 0
    room = groups.copy()
    room[2 * lines.starts[1:] - 1] += 1  # for the line feed
    ends = np.cumsum(room)
    text = np.full(int(room.sum()), _NEWLINE, np.uint8)
    for n in range(_MOST_GROUPS):
        some = groups > n
        more = np.where(groups[some] > n + 1, _MORE, 0)
        value = (codes[some] >> (_BITS * n)) & (_MORE - 1)
        text[(ends - room)[some] + n] = value + more + _FIRST
    return bytes(text.data)


def decode(text: bytes) -> Lines:
    """The lines of a text; each must end in a line feed.

    Raises:
        ValueError: it is not in this format, or a point is not on the globe.
    """
    letters = np.frombuffer(text, np.uint8)
    line_ends = np.flatnonzero(letters == _NEWLINE)
    if len(letters) and letters[-1] != _NEWLINE:
        raise ValueError("a line that does not end")
    values = np.delete(letters, line_ends).astype(np.int64) - _FIRST
    if ((values < 0) | (values >= 2 * _MORE)).any():
        raise ValueError("a character that no polyline has")
    last = np.flatnonzero(values < _MORE)
    ends = line_ends - np.arange(1, len(line_ends) + 1)  # of each line, among the values
    if (ends < 0).any() or (values[ends] >= _MORE).any():
        raise ValueError("a number that does not end")
    firsts = np.concatenate([[0], last[:-1] + 1]) if len(last) else last
    if (last - firsts >= _MOST_GROUPS).any():
        raise ValueError("a number that is too long")
    places = np.arange(len(values)) - np.repeat(firsts, last - firsts + 1)
    parts = (values & (_MORE - 1)) << (_BITS * places)
    codes = np.add.reduceat(parts, firsts) if len(firsts) else parts
    steps = (codes >> 1) ^ -(codes & 1)
    stops = np.searchsorted(last, ends) + 1  # numbers up to the end of each line
    counts = np.diff(stops, prepend=0)
    if (counts % 2).any() or (counts < 4).any():
        raise ValueError("a line without two points")
    starts = np.concatenate([[0], stops // 2]).astype(np.int64)
    points = np.cumsum(steps.reshape(-1, 2), axis=0)
    before = np.concatenate([np.zeros((1, 2), np.int64), points])[starts[:-1]]
    points -= np.repeat(before, np.diff(starts), axis=0)
    if (np.abs(points) > np.array([90, 180]) * SCALE).any():
        raise ValueError("a point that is not on the globe")
    return Lines(points, starts)
