"""Other people's folders of faces are understood, and what is not is said."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from device.errors import UserError
from device.values import EMOTIONS
from tools.datasets.class_folders import label_of, read_folder, stills_of
from tools.datasets.face_dataset import TEST, TRAIN, VALIDATION


def face(path: Path, shape: tuple[int, ...] = (80, 70, 3), grey: int = 90) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full(shape, grey, np.uint8))


def test_the_usual_spellings_are_understood() -> None:
    assert label_of("Anger", EMOTIONS) == "angry"
    assert label_of("SADNESS", EMOTIONS) == "sad"
    assert label_of("happiness", EMOTIONS) == "happy"
    assert label_of("surprised", EMOTIONS) == "surprise"
    assert label_of("fearful", EMOTIONS) == "fear"
    assert label_of("neutral", EMOTIONS) == "neutral"
    assert label_of("contempt", EMOTIONS) is None


def test_faces_of_any_size_and_colour_become_the_devices_crops(tmp_path: Path) -> None:
    face(tmp_path / "anger" / "a.png")
    face(tmp_path / "happy" / "deep" / "b.jpg", (200, 200))
    folder = read_folder(tmp_path, EMOTIONS)
    assert folder.pictures.shape == (2, 64, 64)
    assert [EMOTIONS[i] for i in folder.truth] == ["angry", "happy"]
    assert folder.skipped == ()


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    face(tmp_path / "sad" / "a.png")
    (tmp_path / "sad" / "text.jpg").write_text("no picture")
    (tmp_path / "sad" / "empty.png").touch()
    face(tmp_path / "puzzled" / "b.png")
    (tmp_path / "fear").mkdir()
    folder = read_folder(tmp_path, EMOTIONS)
    assert len(folder.pictures) == 1
    said = "\n".join(folder.skipped)
    assert "sad/text.jpg: not a picture that can be read" in said
    assert "sad/empty.png: not a picture" in said
    assert "puzzled/: not one of angry" in said
    assert "fear/: no picture" in said


def test_a_folder_without_any_class_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        read_folder(tmp_path / "nowhere", EMOTIONS)
    with pytest.raises(UserError, match="no picture in a folder named after one of angry"):
        read_folder(tmp_path, EMOTIONS)


def test_a_class_that_is_called_as_it_is_spelt_keeps_its_name() -> None:
    assert label_of("anger", ("anger", "calm")) == "anger"
    assert label_of("calm", ("anger", "calm")) == "calm"


def test_frames_of_one_clip_stay_on_one_side_whatever_their_class(tmp_path: Path) -> None:
    classes = ("happy", "sad")
    for clip in range(10):
        for frame in range(2):
            for index, label in enumerate(classes):
                shade = 5 + 20 * clip + 2 * frame + index
                face(tmp_path / label / f"clip{clip}.mp4@{frame}.png", grey=shade)
    stills = stills_of(read_folder(tmp_path, classes))
    clip = (stills.pictures[:, 0, 0].astype(int) - 5) // 20
    held_out = set(clip[stills.part == VALIDATION])
    assert len(held_out) == 2
    assert not held_out & set(clip[stills.part == TRAIN])


def test_photos_of_one_name_in_two_classes_are_two_photos(tmp_path: Path) -> None:
    for index, label in enumerate(("happy", "sad")):
        for number in range(5):
            face(tmp_path / label / f"{number}.png", grey=10 + 20 * number + index)
    folder = read_folder(tmp_path, ("happy", "sad"))
    assert len(set(folder.group.tolist())) == 10


def test_parts_without_a_validation_give_a_fifth_of_their_training_to_it(tmp_path: Path) -> None:
    for index, label in enumerate(("happy", "sad")):
        for number in range(10):
            part = "test" if number < 5 else "train"
            face(tmp_path / part / label / f"{number}.png", grey=10 + 20 * number + index)
    stills = stills_of(read_folder(tmp_path, ("happy", "sad")))
    assert [int((stills.part == part).sum()) for part in (TRAIN, VALIDATION, TEST)] == [8, 2, 10]
