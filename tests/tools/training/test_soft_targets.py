"""Soft targets are stored by face and view, and loaded for the same faces."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.special import softmax

from device.errors import UserError
from tools.datasets.augment import Augmentation
from tools.datasets.face_dataset import TRAIN, FaceDataset, from_pictures, pixel_digest
from tools.training.networks import HEADS, TINY, face_network, with_only
from tools.training.soft_targets import Views, load_soft_targets, write_soft_targets

pytestmark = pytest.mark.usefixtures("eager")

VIEWS = Views(count=2, variation=Augmentation())


def faces(count: int, seed: int = 0) -> FaceDataset:
    """Faces of large squares, whose views differ."""
    squares = np.random.default_rng(seed).integers(0, 256, (count, 4, 4), np.uint8)
    pictures = squares.repeat(16, axis=1).repeat(16, axis=2)
    return from_pictures(pictures, TRAIN, np.array([pixel_digest(p) for p in pictures]))


Teacher = Callable[..., Path]


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Teacher:
    """Makes networks with batch statistics like a trained one's, whose outputs depend on the
    picture; one file for each seed and heads."""
    folder = tmp_path_factory.mktemp("teachers")

    @cache
    def saved(seed: int, heads: tuple[str, ...] = HEADS) -> Path:
        keras.utils.set_random_seed(seed)
        network = face_network(TINY)
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = 0.0
        network(faces(32).pictures[..., None].astype(np.float32), training=True)
        path = folder / f"{seed} {' '.join(heads)}.keras"
        with_only(network, heads).save(path)
        return path

    return saved


def loaded(folder: Path, dataset: FaceDataset, number: int) -> dict[str, np.ndarray]:
    rows = np.arange(len(dataset))
    return load_soft_targets(folder, dataset).of(np.full(len(rows), number), rows)


def test_soft_targets_are_loaded_by_face_and_view_in_any_order(
    tmp_path: Path, teacher: Teacher
) -> None:
    dataset = faces(6)
    write_soft_targets(teacher(1), dataset, VIEWS, tmp_path / "soft_targets/a.npz")
    some = np.array([4, 0, 5])
    for number in range(VIEWS.count):
        expected = loaded(tmp_path / "soft_targets", dataset, number)
        again = loaded(tmp_path / "soft_targets", dataset.take(some), number)
        for head in HEADS:
            np.testing.assert_array_equal(again[head], expected[head][some])
        for head in ("emotion", "votes", "age"):
            np.testing.assert_allclose(expected[head].sum(axis=1), 1, atol=1e-5)


def test_soft_targets_are_the_teachers_probabilities_of_that_view(
    tmp_path: Path, teacher: Teacher
) -> None:
    dataset = faces(3)
    path = teacher(1)
    write_soft_targets(path, dataset, VIEWS, tmp_path / "soft_targets/a.npz")
    views = np.stack(
        [VIEWS.of(p, d, 1) for p, d in zip(dataset.pictures, dataset.digest, strict=True)]
    )
    network = keras.saving.load_model(path)
    both = np.stack([views, views[:, :, ::-1]])[..., None].astype(np.float32)
    probabilities = [softmax(network.predict(some, verbose=0)["emotion"], axis=-1) for some in both]
    first, second = (loaded(tmp_path / "soft_targets", dataset, n)["emotion"] for n in (0, 1))
    np.testing.assert_allclose(second, np.mean(probabilities, axis=0), atol=0.03)
    assert np.abs(first - second).max() > 0.06


def test_a_view_is_always_the_same_and_differs_from_the_next() -> None:
    (picture,), (digest,) = faces(1).pictures, faces(1).digest
    first = VIEWS.of(picture, digest, 0)
    np.testing.assert_array_equal(first, VIEWS.of(picture, digest, 0))
    assert (first != VIEWS.of(picture, digest, 1)).any()


def test_a_complete_file_is_kept_and_another_request_is_refused(
    tmp_path: Path, teacher: Teacher
) -> None:
    dataset, kept = faces(3), tmp_path / "soft_targets/a.npz"
    path = teacher(1)
    write_soft_targets(path, dataset, VIEWS, kept)
    before = kept.stat().st_mtime_ns
    write_soft_targets(path, dataset, VIEWS, kept)
    assert kept.stat().st_mtime_ns == before
    assert [path.name for path in kept.parent.iterdir()] == ["a.npz"]
    with pytest.raises(UserError, match=r"another request \(teacher: "):
        write_soft_targets(teacher(2), dataset, VIEWS, kept)
    with pytest.raises(UserError, match=r"another request \(views: "):
        write_soft_targets(path, dataset, replace(VIEWS, variation=Augmentation(turn=20)), kept)
    with pytest.raises(UserError, match=r"another request \(faces: "):
        write_soft_targets(path, faces(3, seed=9), VIEWS, kept)


@pytest.mark.parametrize("content", [b"PK\x03\x04 cut", b"", None])
def test_another_kind_of_file_is_a_user_error(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    if content is None:
        np.savez(path, weights=np.zeros(3))
    else:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"state\.npz: not a file of"):
        load_soft_targets(tmp_path, faces(2))


def test_a_head_has_the_mean_of_the_teachers_that_have_it(tmp_path: Path, teacher: Teacher) -> None:
    dataset = faces(3)
    teachers = {"ages": teacher(1, ("age", "female")), "one": teacher(2), "other": teacher(3)}
    for name, path in teachers.items():
        write_soft_targets(path, dataset, VIEWS, tmp_path / name / f"{name}.npz")
    shutil.copytree(tmp_path / "one", tmp_path / "all")
    for name in ("ages", "other"):
        shutil.copy(tmp_path / name / f"{name}.npz", tmp_path / "all")
    of_one, of_other, of_all = (loaded(tmp_path / f, dataset, 0) for f in ("one", "other", "all"))
    mean = (of_one["emotion"] + of_other["emotion"]) / 2
    np.testing.assert_allclose(of_all["emotion"], mean, atol=0.01)
    mean = (of_one["age"] + of_other["age"]) / 2
    assert np.abs(of_all["age"] - mean).max() > 0.01

    with pytest.raises(UserError, match="no teacher for emotion"):
        load_soft_targets(tmp_path / "ages", dataset)


def test_a_face_without_soft_targets_is_a_user_error(tmp_path: Path, teacher: Teacher) -> None:
    write_soft_targets(teacher(1), faces(3), VIEWS, tmp_path / "soft_targets/a.npz")
    with pytest.raises(UserError, match="no soft targets for 2 of 2 training faces"):
        load_soft_targets(tmp_path / "soft_targets", faces(2, seed=9))


def test_two_files_of_one_teacher_are_refused(tmp_path: Path, teacher: Teacher) -> None:
    dataset, path = faces(3), teacher(1)
    for name in ("a", "b"):
        write_soft_targets(path, dataset, VIEWS, tmp_path / f"soft_targets/{name}.npz")
    with pytest.raises(UserError, match=r"b\.npz: of the same teacher as a\.npz"):
        load_soft_targets(tmp_path / "soft_targets", dataset)


def test_files_of_different_views_are_refused(tmp_path: Path, teacher: Teacher) -> None:
    dataset = faces(3)
    write_soft_targets(teacher(1), dataset, VIEWS, tmp_path / "soft_targets/a.npz")
    other = teacher(2)
    write_soft_targets(other, dataset, replace(VIEWS, seed=2), tmp_path / "soft_targets/b.npz")
    with pytest.raises(UserError, match=r"b\.npz: of other views"):
        load_soft_targets(tmp_path / "soft_targets", dataset)
