"""Training photos are cropped by the device's own detector and cropper."""

from __future__ import annotations

import numpy as np
import skimage.data

from tools.datasets.photos import DeviceCropper


def astronaut() -> np.ndarray:
    """A face that fills a square photo, as UTKFace's do."""
    return np.ascontiguousarray(skimage.data.astronaut()[40:180, 155:295])


def test_a_photo_of_a_face_becomes_the_devices_crop() -> None:
    cropper = DeviceCropper()
    crop = cropper(astronaut())
    assert crop.shape == (64, 64)
    assert crop.dtype == np.uint8
    assert crop.std() > 20


def test_a_photo_without_a_face_is_cropped_by_the_aligned_keypoints() -> None:
    photo = np.full((112, 112, 3), 127, np.uint8)
    photo[30:35, 31:36] = 255  # the right eye of an aligned face
    crop = DeviceCropper()(photo)
    assert crop.shape == (64, 64)
    y, x = np.unravel_index(int(crop.argmax()), crop.shape)
    assert 10 < x < 32
    assert 10 < y < 32
