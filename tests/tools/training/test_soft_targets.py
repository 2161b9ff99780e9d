"""What teachers say is kept by face and view, and given back to whoever has the faces."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.special import softmax

from device.errors import UserError
from tools.datasets.augment import Augmentation
from tools.datasets.face_dataset import TRAIN, FaceDataset, from_pictures, pixel_digest
from tools.training.networks import HEADS, TINY, face_network, with_only
from tools.training.soft_targets import Views, ask, load

VIEWS = Views(count=2, variation=Augmentation())


def faces(count: int, seed: int = 0) -> FaceDataset:
    """Of large squares: their views differ."""
    squares = np.random.default_rng(seed).integers(0, 256, (count, 4, 4), np.uint8)
    pictures = squares.repeat(16, axis=1).repeat(16, axis=2)
    return from_pictures(pictures, TRAIN, np.array([pixel_digest(p) for p in pictures]))


def teacher(path: Path, seed: int, heads: Collection[str] = HEADS) -> Path:
    """With statistics as a trained one has them: it tells pictures apart."""
    keras.utils.set_random_seed(seed)
    network = face_network(TINY)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    network(faces(32).pictures[..., None].astype(np.float32), training=True)
    with_only(network, heads).save(path)
    return path


def told(folder: Path, stills: FaceDataset, number: int) -> dict[str, np.ndarray]:
    rows = np.arange(len(stills))
    return load(folder, stills).of(np.full(len(rows), number), rows)


def test_lessons_come_back_by_face_and_view_in_any_order(tmp_path: Path) -> None:
    stills = faces(6)
    ask(teacher(tmp_path / "a.keras", 1), stills, VIEWS, tmp_path / "lessons/a.npz")
    some = np.array([4, 0, 5])
    for number in range(VIEWS.count):
        expected = told(tmp_path / "lessons", stills, number)
        again = told(tmp_path / "lessons", stills.take(some), number)
        for head in HEADS:
            np.testing.assert_array_equal(again[head], expected[head][some])
        for head in ("emotion", "votes", "age"):
            np.testing.assert_allclose(expected[head].sum(axis=1), 1, atol=1e-5)


def test_what_is_kept_is_what_the_teacher_says_of_that_very_view(tmp_path: Path) -> None:
    stills = faces(3)
    path = teacher(tmp_path / "a.keras", 1)
    ask(path, stills, VIEWS, tmp_path / "lessons/a.npz")
    seen = np.stack(
        [VIEWS.of(p, d, 1) for p, d in zip(stills.pictures, stills.digest, strict=True)]
    )
    network = keras.saving.load_model(path)
    both = np.stack([seen, seen[:, :, ::-1]])[..., None].astype(np.float32)
    said = [softmax(network.predict(some, verbose=0)["emotion"], axis=-1) for some in both]
    first, second = (told(tmp_path / "lessons", stills, n)["emotion"] for n in (0, 1))
    np.testing.assert_allclose(second, np.mean(said, axis=0), atol=0.03)
    assert np.abs(first - second).max() > 0.06


def test_a_view_is_the_same_whenever_it_is_drawn_and_differs_from_the_next() -> None:
    (picture,), (digest,) = faces(1).pictures, faces(1).digest
    first = VIEWS.of(picture, digest, 0)
    np.testing.assert_array_equal(first, VIEWS.of(picture, digest, 0))
    assert (first != VIEWS.of(picture, digest, 1)).any()


def test_what_is_asked_is_not_asked_again_and_another_asking_is_refused(tmp_path: Path) -> None:
    stills, kept = faces(3), tmp_path / "lessons/a.npz"
    path = teacher(tmp_path / "a.keras", 1)
    ask(path, stills, VIEWS, kept)
    before = kept.stat().st_mtime_ns
    ask(path, stills, VIEWS, kept)
    assert kept.stat().st_mtime_ns == before
    assert [path.name for path in kept.parent.iterdir()] == ["a.npz"]
    with pytest.raises(UserError, match="of another teacher"):
        ask(teacher(tmp_path / "b.keras", 2), stills, VIEWS, kept)
    with pytest.raises(UserError, match="of another views"):
        ask(path, stills, replace(VIEWS, variation=Augmentation(turn=20)), kept)
    with pytest.raises(UserError, match="of another faces"):
        ask(path, faces(3, seed=9), VIEWS, kept)


@pytest.mark.parametrize("content", [b"PK\x03\x04 cut", b"", None])
def test_another_file_among_the_lessons_is_one_clear_line(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "state.npz"
    if content is None:
        np.savez(path, weights=np.zeros(3))
    else:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"state\.npz: no lessons"):
        load(tmp_path, faces(2))


def test_a_teacher_speaks_for_what_it_has_learnt_and_two_for_the_mean_of_both(
    tmp_path: Path,
) -> None:
    stills = faces(3)
    ages = teacher(tmp_path / "ages.keras", 1, ("age", "female"))
    one, other = teacher(tmp_path / "one.keras", 2), teacher(tmp_path / "other.keras", 3)
    for folder, teachers in {"one": [one], "other": [other], "all": [ages, one, other]}.items():
        for path in teachers:
            ask(path, stills, VIEWS, tmp_path / folder / f"{path.stem}.npz")
    of_one, of_other, of_all = (told(tmp_path / f, stills, 0) for f in ("one", "other", "all"))
    mean = (of_one["emotion"] + of_other["emotion"]) / 2
    np.testing.assert_allclose(of_all["emotion"], mean, atol=0.01)
    mean = (of_one["age"] + of_other["age"]) / 2
    assert np.abs(of_all["age"] - mean).max() > 0.01

    ask(ages, stills, VIEWS, tmp_path / "ages/ages.npz")
    with pytest.raises(UserError, match="no teacher has learnt emotion"):
        load(tmp_path / "ages", stills)


def test_a_face_that_no_teacher_saw_is_one_clear_line(tmp_path: Path) -> None:
    ask(teacher(tmp_path / "a.keras", 1), faces(3), VIEWS, tmp_path / "lessons/a.npz")
    with pytest.raises(UserError, match="no lesson for 2 of 2 training faces"):
        load(tmp_path / "lessons", faces(2, seed=9))


def test_the_same_teacher_does_not_speak_twice(tmp_path: Path) -> None:
    stills, path = faces(3), teacher(tmp_path / "a.keras", 1)
    for name in ("a", "b"):
        ask(path, stills, VIEWS, tmp_path / f"lessons/{name}.npz")
    with pytest.raises(UserError, match=r"b\.npz: what a\.npz says as well"):
        load(tmp_path / "lessons", stills)


def test_teachers_that_saw_different_views_are_not_mixed(tmp_path: Path) -> None:
    stills = faces(3)
    ask(teacher(tmp_path / "a.keras", 1), stills, VIEWS, tmp_path / "lessons/a.npz")
    other = teacher(tmp_path / "b.keras", 2)
    ask(other, stills, replace(VIEWS, seed=2), tmp_path / "lessons/b.npz")
    with pytest.raises(UserError, match=r"b\.npz: of other views"):
        load(tmp_path / "lessons", stills)
