"""Detection on real pictures: every face is found, by both detectors, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.camera.images import frame_of, load_picture
from device.config import VisionConfig
from device.faces.detect import obstacle
from device.faces.pipeline import FacePipeline
from tools.datasets.videos import read_frames
from tools.evaluation.detection import (
    agreement,
    annotated,
    distance_m,
    found_by_size,
    open_named,
    recall,
    smallest_found,
    tracks_in,
)

pytestmark = pytest.mark.real_data

OBSTACLE = obstacle()
mediapipe_runs_here = pytest.mark.skipif(OBSTACLE is not None, reason=str(OBSTACLE))
BOTH = [pytest.param("mediapipe", marks=mediapipe_runs_here), "blazeface"]
VISION = VisionConfig()
"""As shipped: the far model at a threshold of 0.5."""

LONG = ("cap12_edit", "cap13_edit2", "liveportrait_d6", "liveportrait_d9")
"""Clips with more than half of all frames; `wayside-tools measure detection` has them too."""


@pytest.fixture
def pipeline(request: pytest.FixtureRequest) -> Iterator[FacePipeline]:
    opened = open_named(request.param, VISION)
    yield opened
    opened.close()


@pytest.mark.parametrize("pipeline", BOTH, indirect=True)
def test_nearly_every_annotated_face_is_found(pipeline: FacePipeline, wayside_data: Path) -> None:
    found = recall(pipeline, wayside_data / "photos" / "dlib_faces")
    assert found.faces == 43
    assert found.found >= 0.95 * found.faces
    assert found.false == 0


@mediapipe_runs_here
def test_both_detectors_find_the_same_faces_in_photographs(wayside_data: Path) -> None:
    one, other = open_named("blazeface", VISION), open_named("mediapipe", VISION)
    for path in annotated(wayside_data / "photos" / "dlib_faces"):
        frame = frame_of(load_picture(path), 0.0)
        first, second = one.find(frame), other.find(frame)
        assert len(first) == len(second), path.name
        for face in first:
            assert max(face.box.iou(f.box) for f in second) > 0.7, path.name
    other.close()


@mediapipe_runs_here
@pytest.mark.slow
def test_both_detectors_agree_on_clips(wayside_data: Path) -> None:
    one, other = open_named("blazeface", VISION), open_named("mediapipe", VISION)
    clips = sorted((wayside_data / "video" / "unlabelled").glob("*.mp4"))
    clips = [clip for clip in clips if clip.stem not in LONG]
    assert len(clips) == 10
    found = agreement(one, other, clips, every=10)
    other.close()
    assert found.iou >= 0.9
    assert found.matched >= 0.99 * max(found.first, found.second)


@pytest.mark.parametrize("pipeline", BOTH, indirect=True)
def test_an_empty_scene_has_no_track(pipeline: FacePipeline, wayside_data: Path) -> None:
    clip = wayside_data / "video" / "presence" / "no_face.mp4"
    assert sum(1 for _ in read_frames(clip)) > 90
    assert tracks_in(clip, pipeline) == {}


@pytest.mark.parametrize("pipeline", BOTH, indirect=True)
def test_one_person_who_leaves_or_comes_is_one_track(
    pipeline: FacePipeline, wayside_data: Path
) -> None:
    for name in ("face_noface.mov", "noface_face.mov"):
        tracks = tracks_in(wayside_data / "video" / "presence" / name, pipeline)
        assert len(tracks) == 1, name


@pytest.mark.slow
@pytest.mark.parametrize("pipeline", ["blazeface"], indirect=True)
def test_passers_by_have_a_track_and_furniture_and_backs_have_none(
    pipeline: FacePipeline, wayside_data: Path
) -> None:
    scenes = wayside_data / "video" / "scenes"
    seen = {
        "face-demographics-walking-and-pause.gif": 3,
        "face-demographics-walking.gif": 2,
        "head-pose-face-detection-female-and-male.gif": 2,
        "one-by-one-person-detection.mp4": 0,
        "people-detection.gif": 0,
        "store-aisle-detection.gif": 0,
    }
    # The seven tracks were checked by eye: seven people, none false.
    assert {name: len(tracks_in(scenes / name, pipeline)) for name in seen} == seen


@pytest.mark.slow
@pytest.mark.parametrize("pipeline", ["blazeface"], indirect=True)
def test_faces_are_found_up_to_the_distance_in_the_readme(
    pipeline: FacePipeline, wayside_data: Path, root: Path
) -> None:
    rows = found_by_size(pipeline, wayside_data / "photos" / "dlib_faces")
    (stated,) = re.findall(r"found up to ([\d.]+) m", (root / "README.md").read_text())
    assert round(distance_m(smallest_found(rows)), 1) >= float(stated)
