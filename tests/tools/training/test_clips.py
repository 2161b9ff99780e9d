"""Clip batches: the backbone's outputs, and halves without a common face."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from device.inference.litert import load_model
from tools.datasets.face_dataset import VALIDATION, FaceDataset, from_pictures, pixel_digest
from tools.scoring.temporal import CEILING
from tools.training.clips import halves, run_backbone
from tools.training.networks import TINY, face_network
from tools.training.temporal import initialise, temporal_network
from tools.training.tflite import face_to_tflite


def some_faces(count: int) -> FaceDataset:
    pictures = np.random.default_rng(0).integers(0, 256, (count, 64, 64), np.uint8)
    digests = np.array([pixel_digest(picture) for picture in pictures])
    faces = from_pictures(pictures, VALIDATION, digests)
    return replace(faces, emotion=np.arange(count) % 7)


def test_the_halves_for_selection_and_report_have_no_face_in_common() -> None:
    faces = some_faces(200)
    first, second = halves(faces)
    assert len(first) + len(second) == 200
    assert min(len(first), len(second)) > 70
    assert not set(first.digest) & set(second.digest)
    np.testing.assert_array_equal(halves(faces)[0].digest, first.digest)


def test_a_batch_holds_the_backbones_outputs_of_each_frame(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    network, faces = face_network(TINY), some_faces(7)
    path = tmp_path / "face.tflite"
    path.write_bytes(face_to_tflite(network, faces.pictures, "float"))
    targets = np.eye(7, dtype=np.float32)[faces.emotion]
    batch = run_backbone(load_model(path), faces, targets, 3, 12, 1, (15, 15))
    assert batch.maps.shape == (3, 12, 3, 3, 16)
    assert batch.maps.dtype == np.uint8
    np.testing.assert_array_equal(batch.fps, 15)
    np.testing.assert_allclose(batch.target.sum(axis=-1), 1, atol=1e-5)
    step = temporal_network((3, 3, 16), 7, kind="dense", embedding=64)
    initialise(step, network, 0.1)
    frame = keras.Model(step.inputs[0], step.get_layer("frame").output)
    again = frame(batch.maps[0] * np.float32(CEILING / 255))
    np.testing.assert_allclose(again, batch.frames[0], atol=0.1)
    read = load_model(path).run({"face": faces.pictures[:1, ..., None].astype(np.float32)})
    exact = network(faces.pictures[:1, ..., None].astype(np.float32), training=False)
    np.testing.assert_allclose(read["emotion"], exact["emotion"], atol=1e-3)
