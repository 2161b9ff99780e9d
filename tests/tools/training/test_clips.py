"""What the temporal network learns from, and what is kept apart from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from device.inference.litert import load_model
from device.recognition.recognise import emotion_output
from tools.datasets.face_dataset import VALIDATION, FaceDataset, from_pictures, pixel_digest
from tools.scoring.temporal import CEILING
from tools.training.clips import halves, run_backbone
from tools.training.convert import face_to_tflite
from tools.training.networks import TINY, face_network, with_consensus
from tools.training.temporal import begin_as, temporal_network


def some_stills(count: int) -> FaceDataset:
    pictures = np.random.default_rng(0).integers(0, 256, (count, 64, 64), np.uint8)
    digests = np.array([pixel_digest(picture) for picture in pictures])
    stills = from_pictures(pictures, VALIDATION, digests)
    return replace(stills, emotion=np.arange(count) % 7)


def test_what_is_chosen_on_and_what_is_reported_share_no_still() -> None:
    stills = some_stills(200)
    first, second = halves(stills)
    assert len(first) + len(second) == 200
    assert min(len(first), len(second)) > 70
    assert not set(first.digest) & set(second.digest)
    np.testing.assert_array_equal(halves(stills)[0].digest, first.digest)


@pytest.mark.parametrize("agreed", [False, True])
def test_a_course_holds_what_the_backbone_said_of_each_frame(agreed: bool, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    face, stills = face_network(TINY), some_stills(7)
    face = with_consensus(face) if agreed else face
    path = tmp_path / "face.tflite"
    path.write_bytes(face_to_tflite(face, stills.pictures, "float"))
    targets = np.eye(7, dtype=np.float32)[stills.emotion]
    batch = run_backbone(load_model(path), stills, targets, 3, 12, 1, (15, 15))
    assert batch.maps.shape == (3, 12, 3, 3, 16)
    assert batch.maps.dtype == np.uint8
    np.testing.assert_array_equal(batch.fps, 15)
    np.testing.assert_allclose(batch.target.sum(axis=-1), 1, atol=1e-5)
    step = temporal_network((3, 3, 16), 7, kind="dense", embedding=64)
    begin_as(step, face, 0.1)
    still = keras.Model(step.inputs[0], step.get_layer("still").output)
    again = still(batch.maps[0] * np.float32(CEILING / 255))
    np.testing.assert_allclose(again, batch.frames[0], atol=0.1)
    output = emotion_output(load_model(path).outputs)
    assert output == ("consensus" if agreed else "emotion")
    read = load_model(path).run({"face": stills.pictures[:1, ..., None].astype(np.float32)})
    exact = face(stills.pictures[:1, ..., None].astype(np.float32), training=False)
    np.testing.assert_allclose(read[output], exact[output], atol=1e-3)
