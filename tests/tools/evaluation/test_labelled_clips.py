"""Clips with one expression each."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.config import load_config
from device.errors import UserError
from device.inference.litert import load_model
from device.values import EMOTIONS
from tools.evaluation.labelled_clips import label_in, measure_clips, methods_of


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


def test_a_clip_without_a_face_is_wrong_and_one_without_a_label_is_listed(
    tmp_path: Path, root: Path
) -> None:
    grey = np.full((48, 48), 120, np.uint8)
    for name in ("a_happy_1", "a_contempt_1"):
        compose(tmp_path / f"{name}.mp4", grey, 5)
    config, models = load_config(root / "config.yaml"), root / "models"
    found = measure_clips(tmp_path, models / "face.tflite", EMOTIONS, methods_of({}), config)
    assert found["clips"] == 1
    assert set(found["correct"].values()) == {0}
    assert found["predicted"]["a_happy_1.mp4"] == {
        "frame": None, "mean of 0.2 s": None, "mean of 0.8 s": None,
    }  # fmt: skip
    assert found["left_out"] == ["a_contempt_1.mp4"]
    with pytest.raises(UserError, match=r"no \.mp4 with one of angry"):
        measure_clips(tmp_path / "none", models / "face.tflite", EMOTIONS, {}, config)


@pytest.mark.real_data
def test_clips_of_clear_faces_are_predicted_correctly_by_every_method(
    wayside_data: Path, tmp_path: Path, root: Path
) -> None:
    for label in ("happy", "surprise"):
        compose(tmp_path / f"x_{label}_1.mp4", clear_face(wayside_data, root, label))
    config, models = load_config(root / "config.yaml"), root / "models"
    methods = methods_of({"LSTM": models / "temporal.tflite"})
    found = measure_clips(tmp_path, models / "face.tflite", EMOTIONS, methods, config)
    assert found["correct"] == {
        "frame": 2, "mean of 0.2 s": 2, "mean of 0.8 s": 2, "LSTM": 2,
    }  # fmt: skip


def clear_face(data: Path, root: Path, label: str) -> np.ndarray:
    """The training face with the largest margin for its label."""
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
            margin = float(logits[index] - np.delete(logits, index).max())
            if margin > clearest:
                best, clearest = picture, margin
    assert best is not None
    return best
