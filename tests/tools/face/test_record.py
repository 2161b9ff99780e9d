"""A clip of a person who has agreed becomes a curve of blendshapes that the guide can play."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.camera.demo import PHOTOGRAPHS, locate
from device.display.greeting import SHAPES, read_curve
from device.errors import UserError
from tools.__main__ import main
from tools.face.record import curve_of, record

FPS = 10


def clip(path: Path, *pictures: np.ndarray) -> Path:
    """A film of these pictures, each for one frame."""
    height, width = pictures[0].shape[:2]
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (width, height))
    for picture in pictures:
        film.write(picture)
    film.release()
    return path


@pytest.fixture(scope="module")
def smiling() -> np.ndarray:
    """A woman who smiles, in the public domain."""
    picture = cv2.imread(str(locate(PHOTOGRAPHS[1])))
    assert picture is not None
    return picture[:400, 50:450]


def test_a_smile_is_recorded_as_one(tmp_path: Path, smiling: np.ndarray) -> None:
    film = clip(tmp_path / "clip.mp4", *[smiling] * 12)
    out = tmp_path / "greeting.json"
    assert main(["face", "record", str(film), "--consented", "--out", str(out)]) == 0
    curve = read_curve(out)
    assert curve.fps == 25
    assert 24 <= len(curve.frames) <= 30
    last = dict(zip(SHAPES, curve.frames[-1], strict=True))
    assert last["mouthSmileLeft"] > 0.5
    assert last["mouthSmileRight"] > 0.5
    assert last["mouthFrownLeft"] < 0.1
    assert len(json.loads(out.read_text())["frames"][0]) == 52


def test_without_the_persons_consent_nothing_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["face", "record", "nothing.mp4", "--out", str(tmp_path / "out.json")]) == 1
    assert "ask the person in it first" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()


def test_two_people_and_nobody_are_refused(tmp_path: Path, smiling: np.ndarray) -> None:
    both = np.hstack([smiling, smiling])
    with pytest.raises(UserError, match="two faces"):
        record(clip(tmp_path / "two.mp4", *[both] * 4))
    with pytest.raises(UserError, match="a face in 0% of its frames"):
        record(clip(tmp_path / "nobody.mp4", *[np.full_like(smiling, 120)] * 4))


def test_where_the_face_was_not_found_the_curve_goes_straight_on() -> None:
    low, high = np.zeros(52), np.ones(52)
    curve = curve_of([0.0, 0.1, 0.2, 0.3, 0.4], [low, None, None, None, high])
    assert curve.frames[5][0] == pytest.approx(0.5)
    assert [frame[51] for frame in curve.frames] == sorted(frame[51] for frame in curve.frames)


def test_what_is_longer_than_the_longest_is_refused(tmp_path: Path) -> None:
    grey = np.full((64, 64, 3), 120, np.uint8)
    film = clip(tmp_path / "long.mp4", *[grey] * (21 * FPS))
    with pytest.raises(UserError, match="longer than 20 s"):
        record(film)
