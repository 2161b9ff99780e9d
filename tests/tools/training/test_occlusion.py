"""The output "occluded", fitted to a frozen network."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tools.datasets.face_dataset import TRAIN, FaceDataset, from_pictures
from tools.training.networks import TINY, face_network
from tools.training.occlusion import CALLED_COVERED, NAME, OcclusionRecipe, with_occlusion

RECIPE = OcclusionRecipe(faces=48, epochs=2, batch=16, bare_called_covered=0.1)


@pytest.fixture(scope="module")
def faces() -> FaceDataset:
    pictures = np.random.default_rng(0).integers(0, 256, (48, 64, 64)).astype(np.uint8)
    return from_pictures(pictures, TRAIN, np.array([str(n) for n in range(48)]))


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return face_network(TINY)


@pytest.fixture(scope="module")
def fitted(network: keras.Model, faces: FaceDataset) -> keras.Model:
    return with_occlusion(network, faces, faces, RECIPE)


def outputs(network: keras.Model, faces: FaceDataset) -> dict[str, np.ndarray]:
    pictures = faces.pictures[..., None].astype(np.float32)
    return {name: np.asarray(value) for name, value in network(pictures, training=False).items()}


def test_no_other_output_changes(
    network: keras.Model, fitted: keras.Model, faces: FaceDataset
) -> None:
    before, after = outputs(network, faces), outputs(fitted, faces)
    assert after.pop(NAME).shape == (len(faces), 2)
    assert before.keys() == after.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(value, after[name])


def test_the_wanted_share_of_bare_faces_is_called_covered(
    fitted: keras.Model, faces: FaceDataset
) -> None:
    covered = 1 / (1 + np.exp(-outputs(fitted, faces)[NAME])) >= CALLED_COVERED
    assert covered.mean(axis=0) == pytest.approx([0.1, 0.1], abs=0.03)


def test_an_output_of_that_name_is_replaced(fitted: keras.Model, faces: FaceDataset) -> None:
    again = with_occlusion(fitted, faces, faces, RECIPE)
    assert again.output_names.count(NAME) == 1
    assert again.count_params() == fitted.count_params()
    np.testing.assert_allclose(outputs(again, faces)[NAME], outputs(fitted, faces)[NAME], atol=1e-3)
