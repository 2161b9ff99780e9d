"""Soft targets by a teacher that was trained on other data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage.data

from device.errors import UserError
from device.values import EMOTIONS
from tests.tools.training.test_soft_targets import VIEWS, faces
from tools.datasets.photos import ColourCropper
from tools.scoring.hsemotion import BOX, FILE, HSEmotion
from tools.training.external_teacher import write_targets
from tools.training.soft_targets import (
    CLASSES,
    EXTERNAL,
    digest_rows,
    load_soft_targets,
    request_of,
    write_file,
)


class ByBrightness:
    """A teacher that calls a bright face happy, in part, and a dark one sad."""

    def predict(self, pictures: np.ndarray) -> np.ndarray:
        bright = pictures.mean(axis=(1, 2)) > 127
        shares = np.zeros((len(pictures), 7), np.float32)
        shares[:, EMOTIONS.index("happy")] = bright * 0.8
        shares[:, EMOTIONS.index("sad")] = 1 - bright * 0.8
        return shares


def test_its_emotions_are_loaded_beside_those_of_the_other_teachers(tmp_path: Path) -> None:
    dataset, folder = faces(6), tmp_path / "soft_targets"
    asked = request_of(dataset, VIEWS) | {"teacher": "a"}
    shares = {head: np.full((2, 6, width), 100, np.uint8) for head, width in CLASSES.items()}
    write_file(folder / "a.npz", asked, digest_rows(dataset), shares)
    assert load_soft_targets(folder, dataset).external is None
    halves = (dataset.take(np.arange(3)), dataset.take(np.arange(3, 6)))
    write_targets(ByBrightness(), halves, folder / EXTERNAL / "other.npz")
    order = np.array([5, 0, 3])
    found = load_soft_targets(folder, dataset.take(order)).of(np.zeros(3, np.int64), np.arange(3))
    expected = ByBrightness().predict(dataset.pictures[order])
    np.testing.assert_allclose(found[EXTERNAL], expected, atol=1 / 255)
    assert found["emotion"].shape == (3, 7)


def test_a_photo_is_framed_by_the_detectors_box(tmp_path: Path) -> None:
    photo = np.ascontiguousarray(skimage.data.astronaut()[20:220, 130:330])
    near, far = ColourCropper(1.0)(photo), ColourCropper(2.0)(photo)
    assert near.shape == far.shape == (96, 96, 3)
    # The face is in the middle of both, half as large in the second.
    inner = far[24:72, 24:72].astype(int)
    assert np.abs(inner - near[::2, ::2].astype(int)).mean() < 20
    blank = np.full((50, 50, 3), 90, np.uint8)
    np.testing.assert_array_equal(ColourCropper(1.2)(blank), 90)  # the whole photo


def test_another_file_is_not_the_teacher(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        HSEmotion(tmp_path / "none.tflite")
    (tmp_path / "other.tflite").write_bytes(b"other")
    with pytest.raises(UserError, match="not HSEmotion's MobileNet"):
        HSEmotion(tmp_path / "other.tflite")


@pytest.mark.real_data
def test_the_committed_targets_are_the_teachers(wayside_data: Path, root: Path) -> None:
    from tools.datasets.archive import Archive

    network = HSEmotion(wayside_data / FILE)
    archive = Archive(wayside_data / "utkface_112.zip")
    cropper, targets = (
        ColourCropper(BOX),
        np.load(root / "models" / "soft_targets" / EXTERNAL / "hsemotion.npz"),
    )
    rows = {digest.tobytes().hex(): row for row, digest in enumerate(targets["digests"])}
    listed = list(archive.rows("utkface_labels.csv"))[:40]
    known = [(row["file"], rows[row["md5"]]) for _, row in listed if row["md5"] in rows]
    assert len(known) > 20
    for file, row in known[:5]:
        photo = archive.picture(f"utkface_112/{file}", rgb=True)
        predicted = network.predict(cropper(photo)[None])[0]
        np.testing.assert_allclose(predicted * 255, targets["emotion"][row], atol=3)
