"""What is said of rivals over time: right, steady, in time; and of whole clips."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.config import load_config
from device.errors import UserError
from device.values import EMOTIONS
from tools.__main__ import main
from tools.evaluation.labelled_clips import label_in, measure_clips, rivals_of
from tools.evaluation.temporal_plot import draw_moments, typical
from tools.scoring.temporal import ClipBatch, best_constant, rate, smoothed

FPS = 10.0
STEPS = 20


def batch(shown: np.ndarray, told: np.ndarray | None = None) -> ClipBatch:
    """Clips (N, T) that show these labels and whose frames tell those."""
    told = shown if told is None else told
    eye = np.eye(3, dtype=np.float32)
    maps = np.zeros((*shown.shape, 1, 1, 1), np.uint8)
    return ClipBatch(maps, 9 * eye[told], eye[shown], np.full(len(shown), FPS, np.float32))


def test_a_label_that_comes_late_has_a_lag_and_one_that_flickers_has_switches() -> None:
    shown = (np.arange(STEPS) >= 8).astype(int)[None]
    late = (np.arange(STEPS) >= 11).astype(int)[None]
    flicker = shown.copy()
    flicker[0, [2, 15]] ^= 1
    eye = np.eye(3, dtype=np.float32)
    told = rate({"late": eye[late], "flicker": eye[flicker]}, batch(shown))
    minutes = STEPS / FPS / 60
    assert told["shown"]["switches_a_minute"] == pytest.approx(1 / minutes)
    assert told["late"]["lag_s"] == pytest.approx(0.3)
    assert told["late"]["accuracy"] == (STEPS - 3) / STEPS
    assert told["late"]["switches_a_minute"] == pytest.approx(1 / minutes)
    assert told["flicker"]["lag_s"] == 0
    assert told["flicker"]["switches_a_minute"] == pytest.approx(5 / minutes)
    assert told["late"]["last"] == 1
    assert told["late"]["ece"] == pytest.approx(3 / STEPS)  # always sure, three times wrong


def test_lags_are_compared_on_the_changes_that_every_rival_tells() -> None:
    shown = np.repeat([[0, 1, 0, 2]], 5, axis=1).reshape(1, -1)
    slow = shown.copy()
    slow[0, 5:10] = 0  # never tells the second expression
    slow[0, 15:17] = 0
    eye = np.eye(3, dtype=np.float32)
    told = rate({"quick": eye[shown], "slow": eye[slow]}, batch(shown))
    assert told["quick"]["changes_timed"] == told["slow"]["changes_timed"] == 1
    assert told["slow"]["lag_s"] == pytest.approx(0.2)


def test_the_mean_forgets_in_seconds_at_any_frame_rate() -> None:
    shares = np.zeros((2, 400, 2), np.float32)
    shares[:, :300, 0] = shares[:, 300:, 1] = 1
    mean = smoothed(shares, [10, 30], 0.5)
    assert mean[0, 299 + 10, 0] == pytest.approx(np.exp(-2), rel=1e-3)
    assert mean[1, 299 + 30, 0] == pytest.approx(np.exp(-2), rel=1e-3)


def test_the_mean_begins_as_the_ordinary_mean() -> None:
    shares = np.eye(2, dtype=np.float32)[None, [0, 1, 0, 0]]
    mean = smoothed(shares, [10], 1000)
    np.testing.assert_allclose(mean[0, :, 0], [1, 1 / 2, 2 / 3, 3 / 4], atol=1e-3)


def test_the_mean_is_as_long_as_the_noise_asks_for() -> None:
    draw = np.random.default_rng(0)
    shown = np.zeros((20, 100), int)
    noisy = np.where(draw.random(shown.shape) < 0.3, 1, 0)
    assert best_constant(batch(shown, noisy), (0.05, 0.5)) == 0.5
    quick = np.tile(np.repeat([0, 1], 5), (20, 10))
    assert best_constant(batch(quick), (0.05, 0.5)) == 0.05


def test_the_picture_shows_clips_that_were_not_picked_by_what_was_told_of_them(
    tmp_path: Path,
) -> None:
    shown = np.array([[0] * 30, [0] * 10 + [1] * 10 + [2] * 10, [0] * 15 + [1] * 15])
    assert typical(shown, 2) == [1, 0]
    clips = batch(shown)
    draw_moments({"frame": clips.target, "mean": clips.target}, clips, "abc", tmp_path / "m.png")
    picture = cv2.imread(str(tmp_path / "m.png"))
    assert picture.std() > 10


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("M030_front_angry_level3_001", "angry"),
        ("W009_front_disgusted_level3_001", "disgust"),
        ("W009_front_contempt_level3_001", None),
    ],
)
def test_a_clips_label_is_in_its_name(name: str, label: str | None) -> None:
    assert label_in(name, EMOTIONS) == label


def compose(path: Path, picture: np.ndarray, frames: int = 20) -> None:
    """A clip of one grey face that drifts a little, in the middle of a grey scene."""
    out = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (320, 320))
    face = cv2.resize(picture, (144, 144), interpolation=cv2.INTER_CUBIC)
    for frame in range(frames):
        scene = np.full((320, 320), 120, np.uint8)
        left = 80 + frame
        scene[88:232, left : left + 144] = face
        out.write(cv2.cvtColor(scene, cv2.COLOR_GRAY2BGR))
    out.release()


def test_a_clip_without_a_face_is_told_wrong_and_one_without_a_label_is_named(
    tmp_path: Path, root: Path
) -> None:
    grey = np.full((48, 48), 120, np.uint8)
    for name in ("a_happy_1", "a_contempt_1"):
        compose(tmp_path / f"{name}.mp4", grey, 5)
    config, models = load_config(root / "config.yaml"), root / "models"
    told = measure_clips(tmp_path, models / "face.tflite", EMOTIONS, rivals_of(0.2, {}), config)
    assert told["clips"] == 1
    assert set(told["right"].values()) == {0}
    assert told["told"]["a_happy_1.mp4"] == {"frame": None, "mean of 0.2 s": None}
    assert told["left_out"] == ["a_contempt_1.mp4"]
    with pytest.raises(UserError, match=r"no \.mp4 with one of angry"):
        measure_clips(tmp_path / "none", models / "face.tflite", EMOTIONS, {}, config)


@pytest.mark.real_data
def test_clips_of_clear_faces_are_told_right_by_every_rival(
    wayside_data: Path, tmp_path: Path, root: Path
) -> None:
    for label in ("happy", "surprise"):
        compose(tmp_path / f"x_{label}_1.mp4", clear_face(wayside_data, root, label))
    config, models = load_config(root / "config.yaml"), root / "models"
    rivals = rivals_of(0.2, {"LSTM": models / "temporal.tflite"})
    told = measure_clips(tmp_path, models / "face.tflite", EMOTIONS, rivals, config)
    assert told["right"] == {"frame": 2, "mean of 0.2 s": 2, "LSTM": 2}


def clear_face(data: Path, root: Path, label: str) -> np.ndarray:
    """A training face that is read as what it is, alone and where the detector puts its crop."""
    from device.inference.litert import load_model

    model = load_model(root / "models" / "face.tflite")
    index = EMOTIONS.index(label)
    best, clearest = None, -np.inf
    with zipfile.ZipFile(data / "fer2013.zip") as archive:
        prefix = f"fer2013/train/{label}/"
        names = [n for n in archive.namelist() if n.startswith(prefix) and n.endswith(".png")]
        for name in names[:60]:
            raw = np.frombuffer(archive.read(name), np.uint8)
            picture = cv2.imdecode(raw, cv2.IMREAD_GRAYSCALE)
            face = cv2.resize(picture, (64, 64))
            logits = model.run({"face": face[None, ..., None]})["emotion"][0]
            lead = float(logits[index] - np.delete(logits, index).max())
            if lead > clearest:
                best, clearest = picture, lead
    assert best is not None
    return best


def test_the_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["measure", "temporal", "--help"])
    assert "example: wayside-tools measure temporal" in capsys.readouterr().out
