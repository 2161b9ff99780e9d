"""Scenes of people who come, read and leave."""

from __future__ import annotations

import numpy as np
import pytest

from device.values import Frame
from tools.evaluation.passers import (
    HEIGHT,
    READS_S,
    WAYS,
    WIDTH,
    Head,
    Scene,
    covered,
    followed,
    turns,
)

PHOTO = np.full((112, 112, 3), 255, np.uint8)
READER = Head(0.1, 0.8, 1.6)


def seen(frame: Frame) -> int:
    """Pixels of the white photo."""
    return int((frame.grey > 240).sum())


def test_a_head_twice_as_far_is_half_as_large_and_nearer_to_the_middle() -> None:
    x, y, side = READER.box()
    far_x, far_y, far_side = Head(0.1, 1.6, 1.6).box()
    assert far_side == pytest.approx(side / 2)
    assert far_x - WIDTH / 2 == pytest.approx((x - WIDTH / 2) / 2)
    assert far_y == pytest.approx(y) == HEIGHT / 2


def test_a_shifted_head_has_moved_by_sizes_of_itself() -> None:
    x, y, side = READER.box()
    moved_x, moved_y, moved_side = READER.shifted(0.2, -0.1, 0.0).box()
    assert ((moved_x - x) / side, (moved_y - y) / side) == pytest.approx((0.2, -0.1))
    assert moved_side == pytest.approx(side)
    assert READER.shifted(0, 0, 0.3).box()[2] == pytest.approx(side * np.exp(0.3))


@pytest.mark.parametrize("name", WAYS)
def test_whoever_comes_stands_at_the_end_where_they_read(name: str) -> None:
    walk = WAYS[name](READER, np.random.default_rng(1))
    assert walk.way(walk.lasts_s).box() == pytest.approx(READER.box())
    assert walk.way(walk.lasts_s).facing == 1
    first = walk.way(0)
    x, _, side = first.box()
    away = not -side / 2 < x < WIDTH + side / 2
    assert away or first.facing == 0 or first.away > READER.away + 1


def test_a_phone_hides_the_face_for_its_time_and_then_it_is_there_again() -> None:
    frames = list(covered(Scene(3), PHOTO, READER, READER, 5.0))
    before = seen(frames[0])
    hidden = [frame.at for frame in frames if seen(frame) < 0.1 * before]
    assert hidden[0] == pytest.approx(READS_S + 0.5, abs=0.5)
    assert hidden[-1] == pytest.approx(READS_S + 5.0, abs=0.5)
    assert seen(frames[-1]) == pytest.approx(before, rel=0.1)


def test_between_two_people_nobody_is_there_for_so_long() -> None:
    scene = Scene(4)
    ways = turns(READER, scene.draw), turns(READER, scene.draw)
    frames = list(followed(scene, (PHOTO, PHOTO), *ways, 2.0))
    empty = [frame.at for frame in frames if seen(frame) == 0]
    assert empty[-1] - empty[0] == pytest.approx(2.0, abs=0.5)


def test_a_scene_is_drawn_by_its_seed() -> None:
    first, second = (
        [f.rgb for f in covered(Scene(5), PHOTO, READER, READER, 1.0)][::20] for _ in range(2)
    )
    assert all((one == other).all() for one, other in zip(first, second, strict=True))
