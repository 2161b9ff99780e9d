"""Class folders of other sources are read, and what cannot be used is reported."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from device.errors import UserError
from device.values import EMOTIONS
from tools.datasets.class_folders import label_of, read_class_folders, to_dataset
from tools.datasets.face_dataset import TRAIN, VALIDATION


def face(path: Path, shape: tuple[int, ...] = (80, 70, 3), grey: int = 90) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full(shape, grey, np.uint8))


def test_common_spellings_of_the_emotions_are_accepted() -> None:
    assert label_of("Anger", EMOTIONS) == "angry"
    assert label_of("SADNESS", EMOTIONS) == "sad"
    assert label_of("happiness", EMOTIONS) == "happy"
    assert label_of("surprised", EMOTIONS) == "surprise"
    assert label_of("fearful", EMOTIONS) == "fear"
    assert label_of("neutral", EMOTIONS) == "neutral"
    assert label_of("contempt", EMOTIONS) is None


def test_pictures_of_any_size_and_colour_become_grey_crops(tmp_path: Path) -> None:
    face(tmp_path / "anger" / "a.png")
    face(tmp_path / "happy" / "deep" / "b.jpg", (200, 200))
    folder = read_class_folders(tmp_path, EMOTIONS)
    assert folder.pictures.shape == (2, 64, 64)
    assert [EMOTIONS[i] for i in folder.truth] == ["angry", "happy"]
    assert folder.skipped == ()


def test_what_cannot_be_used_is_reported(tmp_path: Path) -> None:
    face(tmp_path / "sad" / "a.png")
    (tmp_path / "sad" / "text.jpg").write_text("no picture")
    (tmp_path / "sad" / "empty.png").touch()
    face(tmp_path / "puzzled" / "b.png")
    (tmp_path / "fear").mkdir()
    folder = read_class_folders(tmp_path, EMOTIONS)
    assert len(folder.pictures) == 1
    skipped = "\n".join(folder.skipped)
    assert "sad/text.jpg: not a readable image" in skipped
    assert "sad/empty.png: not a readable image" in skipped
    assert "puzzled/: not one of angry" in skipped
    assert "fear/: no picture" in skipped


def test_a_folder_without_any_class_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        read_class_folders(tmp_path / "nowhere", EMOTIONS)
    with pytest.raises(UserError, match="no picture in a folder named after one of angry"):
        read_class_folders(tmp_path, EMOTIONS)


def test_a_class_with_the_name_of_a_synonym_keeps_its_name() -> None:
    assert label_of("anger", ("anger", "calm")) == "anger"
    assert label_of("calm", ("anger", "calm")) == "calm"


def test_frames_of_one_video_are_in_one_split_whatever_their_class(tmp_path: Path) -> None:
    classes = ("happy", "sad")
    for clip in range(10):
        for frame in range(2):
            for index, label in enumerate(classes):
                shade = 5 + 20 * clip + 2 * frame + index
                face(tmp_path / label / f"clip{clip}.mp4@{frame}.png", grey=shade)
    faces = to_dataset(read_class_folders(tmp_path, classes))
    clip = (faces.pictures[:, 0, 0].astype(int) - 5) // 20
    held_out = set(clip[faces.split == VALIDATION])
    assert len(held_out) == 2
    assert not held_out & set(clip[faces.split == TRAIN])


def test_photos_of_one_name_in_two_classes_are_two_groups(tmp_path: Path) -> None:
    for index, label in enumerate(("happy", "sad")):
        for number in range(5):
            face(tmp_path / label / f"{number}.png", grey=10 + 20 * number + index)
    folder = read_class_folders(tmp_path, ("happy", "sad"))
    assert len(set(folder.group.tolist())) == 10


def test_a_fifth_of_the_training_split_becomes_a_missing_validation_split(tmp_path: Path) -> None:
    for index, label in enumerate(("happy", "sad")):
        for number in range(10):
            split = "test" if number < 5 else "train"
            face(tmp_path / split / label / f"{number}.png", grey=10 + 20 * number + index)
    faces = to_dataset(read_class_folders(tmp_path, ("happy", "sad")))
    assert np.bincount(faces.split).tolist() == [8, 2, 10]
