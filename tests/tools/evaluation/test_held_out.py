"""The sets of the gate's table, and a model's rows over them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from device.errors import UserError
from device.values import EMOTIONS
from tools.datasets.development import LABELS, UNCLEAR
from tools.datasets.face_dataset import VALIDATION, from_pictures
from tools.evaluation.held_out import HeldOut, LabelledClip, read_folder
from tools.scoring.predict import Array


class Brightness:
    """A model that calls a bright face happy and a dark one angry."""

    def predict(self, pictures: np.ndarray) -> dict[str, Array]:
        bright = pictures.mean(axis=(1, 2)) > 127
        return {"emotion": np.eye(7, dtype=np.float32)[np.where(bright, 3, 0)] * 9}


def faces_of(levels: list[int]) -> np.ndarray:
    return np.stack([np.full((64, 64), level, np.uint8) for level in levels])


def test_a_model_has_a_row_for_each_set_of_faces_and_of_clips() -> None:
    pictures = faces_of([200, 200, 10, 10])
    faces = from_pictures(pictures, VALIDATION, np.array(list("abcd")))
    labelled = replace(faces, emotion=np.array([3, 3, 0, 3]))
    clips = [LabelledClip(0, faces_of([10, 20, 200])), LabelledClip(3, pictures[:0])]
    sets = HeldOut({"faces": labelled, "without labels": faces}, {"clips": clips})
    found = {row.title: row for row in sets.rows(Brightness())}
    assert set(found) == {"faces, emotion by the label", "clips"}
    assert found["faces, emotion by the label"].figure.value == 0.75
    assert found["clips"].figure.value == 0.5  # one without a face counts as wrong
    assert set(sets.emotions_alone().faces) == {"faces"}


def test_a_folder_has_class_folders_or_an_emotion_in_the_names_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "a" / "happy").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "a" / "happy" / "1.png"), faces_of([90])[0])
    faces, clips = read_folder(tmp_path / "a")
    assert faces is not None
    assert (faces.emotion.tolist(), clips) == ([EMOTIONS.index("happy")], [])
    photo = cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2BGR)
    (tmp_path / "b").mkdir()
    cv2.imwrite(str(tmp_path / "b" / "W1_front_happy_level1.png"), photo)
    writer = cv2.VideoWriter(
        str(tmp_path / "b" / "W1_sad_2.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 25, (512, 512)
    )
    for _ in range(6):
        writer.write(photo)
    writer.release()
    faces, clips = read_folder(tmp_path / "b")
    assert faces is not None
    assert faces.emotion.tolist() == [EMOTIONS.index("happy")]
    assert [clip.emotion for clip in clips] == [EMOTIONS.index("sad")]
    assert clips[0].crops.shape[1:] == (64, 64)
    with pytest.raises(UserError, match="no such folder"):
        read_folder(tmp_path / "c")


def test_the_labels_of_the_development_set_are_of_two_passes_and_name_no_picture() -> None:
    header, *rows = LABELS.read_text().splitlines()
    assert header == "file,second,md5,emotion"
    cells = [row.split(",") for row in rows]
    assert {emotion for *_, emotion in cells} <= {*EMOTIONS, UNCLEAR}
    assert sum(file.startswith("utkface/") for file, *_ in cells) >= 400
    assert len({file for file, *_ in cells if file.startswith("video/")}) == 7
    assert all(len(md5) == 32 for _, _, md5, _ in cells)
