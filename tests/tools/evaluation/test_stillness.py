"""Composed still faces stop counting, and a person on a clip does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.config import VisionConfig
from device.faces.pipeline import FacePipeline
from device.values import Frame, Image, Track
from tests.device.faces.fakes import face_at
from tools.evaluation.still_faces import HEIGHT, WIDTH, StillFace
from tools.evaluation.stillness import (
    BOUND_S,
    FPS,
    back_and_forth,
    first_movement,
    play,
    stopped_after,
)


@pytest.fixture
def pipeline(face_models: Path) -> Iterator[FacePipeline]:
    opened = FacePipeline.open(VisionConfig(detector="blazeface"), face_models)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def photo(hopper: Frame) -> Image:
    """A face as close as UTKFace's."""
    close = hopper.rgb[110:350, 146:386]
    return np.asarray(cv2.resize(close, (112, 112), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("screen", [False, True])
def test_a_scene_is_drawn_by_its_seed_and_only_slightly_different_in_each_frame(
    photo: Image, *, screen: bool
) -> None:
    first, second = (
        [frame.rgb for frame in StillFace(photo, seed=3, screen=screen).frames(1, FPS)]
        for _ in range(2)
    )
    assert first[0].shape == (HEIGHT, WIDTH, 3)
    for one, other in zip(first, second, strict=True):
        assert (one == other).all()
    changes = [np.abs(one.astype(int) - first[0]).mean() for one in first[1:]]
    assert min(changes) > 0
    assert max(changes) < 40


def test_a_face_on_a_poster_stops_counting_in_time(photo: Image, pipeline: FacePipeline) -> None:
    poster = StillFace(photo, seed=1, screen=False)
    stopped, later = stopped_after(pipeline, poster.frames(BOUND_S + 1, FPS))
    assert stopped <= BOUND_S
    assert later == 0


@pytest.mark.real_data
def test_a_person_on_a_clip_never_stops_counting(
    wayside_data: Path, pipeline: FacePipeline
) -> None:
    played = play(pipeline, wayside_data / "video" / "unlabelled" / "liveportrait_d11.mp4")
    assert played.tracked_s > 55
    assert played.lost_s == 0


def test_a_clip_is_played_to_its_end_and_back() -> None:
    pictures = [np.full((4, 4, 3), level, np.uint8) for level in range(3)]
    shown = [int(frame.rgb[0, 0, 0]) for frame in back_and_forth(pictures, 8 / FPS)]
    assert shown == [0, 1, 2, 1, 0, 1, 2, 1]


def test_the_first_movement_is_that_of_the_same_face_and_a_clear_one() -> None:
    def at(x: float, name: str = "a") -> tuple[Track, ...]:
        return (Track(name, face_at(x, 100, 100), 10),)

    assert first_movement([at(0), at(1), at(2), at(50, "b")]) is None
    assert first_movement([(), at(0), at(1), at(2), at(12), at(30)]) == 2
