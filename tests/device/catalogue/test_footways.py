"""Metres on foot are those of the ways that there are, and the way to a place can be drawn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.catalogue.footways import AROUND_M, BESIDE_M, FARTHEST_OFF_M, Walk
from device.catalogue.network import Network
from device.catalogue.sphere import great_circle_m
from tests.device.catalogue.streets import Corner, Street, metres, network, place

BANKS: tuple[Street, ...] = (
    [(0, 0), (1000, 0)],
    [(1000, 0), (1000, 100)],  # the only bridge
    [(0, 100), (1000, 100)],
)
"""Two streets on the banks of a river."""


def walk(streets: Network, east: float, north: float) -> Walk:
    found = Walk.of(streets, *place(east, north))
    assert found is not None
    return found


def to(of: Walk, *corners: Corner) -> list[float]:
    latitudes, longitudes = np.array([place(*corner) for corner in corners]).T
    return of.metres_to(latitudes, longitudes).tolist()


def test_across_a_river_one_walks_by_the_bridge() -> None:
    here = walk(network(*BANKS), 0, 0)
    assert to(here, (500, 0), (0, 100), (400, 100)) == pytest.approx([500, 2100, 1700], abs=3)


def test_a_place_beside_a_way_is_entered_straight_from_it() -> None:
    here = walk(network(*BANKS), 200, -20)
    assert to(here, (300, -30), (200, -20), (900, -5)) == pytest.approx([150, 40, 725], abs=3)
    between = walk(network([(0, 0), (1000, 0)]), 200, 0)
    assert to(between, (210, 0), (190, 0)) == pytest.approx([10, 10], abs=0.2)


def test_the_way_can_be_drawn_from_the_kiosk_to_the_place() -> None:
    here = walk(network(*BANKS, [(1000, 100), (1200, 100)]), 700, -20)
    way = here.way_to(*place(800, 110))
    assert way is not None
    assert metres(way) == [
        (700, -20), (700, 0), (1000, 0), (1000, 100), (800, 100), (800, 110)
    ]  # fmt: skip
    along = here.way_to(*place(900, 20))
    assert along is not None
    assert metres(along) == [(700, -20), (700, 0), (900, 0), (900, 20)]


def test_the_nearest_way_is_not_taken_where_it_is_in_a_tunnel_below() -> None:
    tunnel: Street = [(1000, 0), (1400, 0), (1400, 400), (-10, 400), (-10, 4)]
    here = walk(network(*BANKS, tunnel), 0, 4)
    assert to(here, (100, 0)) == pytest.approx([104], abs=3)
    assert BESIDE_M > 4


def test_islands_and_what_is_far_from_every_way_are_not_reached() -> None:
    island: Street = [(0, 2000), (800, 2000)]
    here = walk(network(*BANKS, island), 0, 0)
    apart, off, reached = to(
        here, (100, 2000), (0, -FARTHEST_OFF_M - 20), (0, -FARTHEST_OFF_M + 20)
    )
    assert np.isnan([apart, off]).all()
    assert reached == pytest.approx(FARTHEST_OFF_M - 20, abs=2)
    assert here.way_to(*place(100, 2000)) is None
    assert here.way_to(*place(0, -FARTHEST_OFF_M - 20)) is None
    assert np.isnan(here.metres_to(np.array([np.nan]), np.array([np.nan]))).all()
    assert here.metres_to(np.array([]), np.array([])).shape == (0,)


def test_only_what_is_around_the_kiosk_is_looked_at() -> None:
    here = walk(network([(0, 0), (AROUND_M + 900, 0)], [(AROUND_M + 900, 0), (9000, 0)]), 0, 0)
    near, far = to(here, (AROUND_M - 100, 0), (AROUND_M + 100, 0))
    assert near == pytest.approx(AROUND_M - 100, abs=5)
    assert np.isnan(far)


def test_a_kiosk_that_is_outside_or_nowhere_walks_nowhere() -> None:
    streets = network(*BANKS)
    assert Walk.of(streets, *place(0, -FARTHEST_OFF_M - 20)) is None
    assert Walk.of(streets, -60.0, -155.0) is None
    assert Walk.of(streets, None, None) is None
    assert Walk.of(None, *place(0, 0)) is None


def wander(start: Corner, steps: list[tuple[int, int]]) -> list[Corner]:
    """A street of some steps from a corner to the next one."""
    corners = [start]
    for east, north in steps:
        corners.append((corners[-1][0] + east * 250.0, corners[-1][1] + north * 250.0))
    return corners


spots = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda c: (c[0] * 250.0, c[1] * 250.0))
steps = st.lists(st.sampled_from([(0, 1), (1, 0), (1, 1), (-1, 1)]), min_size=1, max_size=5)
offs = st.tuples(st.floats(-100, 1100), st.floats(-100, 1100))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(spots, min_size=2, max_size=5), min_size=2, max_size=8),
    offs,
    st.lists(offs, min_size=1, max_size=8),
)
def test_no_way_is_shorter_than_the_straight_line_or_than_its_own_drawing(
    streets: list[list[Corner]], kiosk: Corner, places: list[Corner]
) -> None:
    joined = network(*streets, [(0, 0), (1000, 0)])
    here = Walk.of(joined, *place(*kiosk))
    if here is None:
        return
    walked = to(here, *places)
    for spot, distance in zip(places, walked, strict=True):
        way = here.way_to(*place(*spot))
        assert (way is None) == np.isnan(distance)
        if way is not None:
            steps = great_circle_m(way[:-1, 1], way[:-1, 0], way[1:, 1], way[1:, 0])
            assert steps.sum() == pytest.approx(distance, abs=0.05)
            straight = great_circle_m(*place(*kiosk), *place(*spot))
            assert distance >= straight - 0.05


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(wander, spots, steps), min_size=1, max_size=8), spots)
def test_junctions_are_as_far_as_a_plain_search_over_every_stretch_finds(
    streets: list[list[Corner]], kiosk: Corner
) -> None:
    streets = [*streets, [kiosk, (kiosk[0] + 130.0, kiosk[1] - 700.0)]]
    here = walk(network(*streets), *kiosk)
    stretches = {pair for street in streets for pair in itertools.pairwise(street)}
    best = {corner: np.inf for pair in stretches for corner in pair} | {kiosk: 0.0}
    for _ in best:
        for one, other in stretches:
            length = float(great_circle_m(*place(*one), *place(*other)))
            best[other] = min(best[other], best[one] + length)
            best[one] = min(best[one], best[other] + length)
    found = dict(zip(best, to(here, *best), strict=True))
    for corner, distance in best.items():
        if distance < np.inf:
            assert found[corner] == pytest.approx(distance, abs=1)
