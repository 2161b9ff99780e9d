"""Lines become the text that other programs for maps read and write, and come back the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.catalogue.polylines import SCALE, Lines, decode, encode

Point = tuple[int, int]

PUBLISHED = b"_izlhA~rlgdF_{geC~ywl@_kwzCn`{nI\n"
"""The example of the format's description, with six decimals, as OSRM and Valhalla write it."""

points = st.tuples(
    st.integers(-90 * SCALE, 90 * SCALE), st.integers(-180 * SCALE, 180 * SCALE)
)  # fmt: skip


def lines_of(*shapes: list[Point]) -> Lines:
    flat = [point for shape in shapes for point in shape]
    return Lines(np.array(flat, np.int64).reshape(-1, 2), np.cumsum([0, *map(len, shapes)]))


def test_the_published_example_is_read_and_written() -> None:
    lines = lines_of([(38_500_000, -120_200_000), (40_700_000, -120_950_000),
                      (43_252_000, -126_453_000)])  # fmt: skip
    assert encode(lines) == PUBLISHED
    assert decode(PUBLISHED).points.tolist() == lines.points.tolist()


@given(st.lists(st.lists(points, min_size=2, max_size=5), max_size=5))
def test_all_lines_come_back_as_they_were(shapes: list[list[Point]]) -> None:
    lines = lines_of(*shapes)
    text = encode(lines)
    assert text.count(b"\n") == len(lines)
    back = decode(text)
    assert back.points.tolist() == lines.points.tolist()
    assert back.starts.tolist() == lines.starts.tolist()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"_izlhA~rlgdF_{geC~ywl@", "a line that does not end"),
        (b"_izlhA~rlgdF_{geC~ywl@_\n", "a number that does not end"),
        (b"_izlhA~rlgdF_\n{geC~ywl@\n", "a number that does not end"),
        (b"\n", "a number that does not end"),
        (b"AAAA\n\n", "a line without two points"),
        (b"AA\n", "a line without two points"),
        (b"AAA\n", "a line without two points"),
        (b"AA AA\n", "a character that no polyline has"),
        (b"AA\xc3\xa4AA\n", "a character that no polyline has"),
        (b"________A" * 4 + b"\n", "a number that is too long"),
        (encode(lines_of([(90 * SCALE, 0), (91 * SCALE, 0)])), "a point that is not on the globe"),
        (encode(lines_of([(0, 0), (0, -181 * SCALE)])), "a point that is not on the globe"),
    ],
)
def test_what_is_no_polyline_is_refused(text: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        decode(text)
