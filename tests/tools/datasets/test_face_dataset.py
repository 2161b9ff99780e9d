"""Splits without leaks, and datasets that are cached and joined."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.errors import UserError
from tests.tools.small_datasets import FER_HEADER
from tools.datasets.archive import Archive
from tools.datasets.face_dataset import (
    SPLITS,
    TEST,
    TRAIN,
    VALIDATION,
    FaceDataset,
    cached,
    from_pictures,
    join,
    pixel_digest,
    resized,
    split_of,
    without_leaks,
)
from tools.datasets.fer2013 import read_fer
from tools.datasets.utkface import read_utkface


def png(picture: np.ndarray) -> bytes:
    return cv2.imencode(".png", picture)[1].tobytes()


def noise(seed: int, shape: tuple[int, ...] = (48, 48)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def fer_zip(path: Path, rows: list[tuple[str, str, str, np.ndarray]]) -> Path:
    """rows: name, usage, label and votes, picture."""
    with zipfile.ZipFile(path, "w") as archive:
        lines = [FER_HEADER]
        for name, usage, rest, picture in rows:
            lines.append(f"{name},{usage},{rest}")
            archive.writestr(f"fer2013/{name}", png(picture))
        archive.writestr("fer2013/labels.csv", "\n".join(lines))
    return path


def test_a_training_picture_that_is_also_held_out_is_dropped(tmp_path: Path) -> None:
    votes = "8,0,0,0,2,0,0,0,0,0"
    path = fer_zip(
        tmp_path / "fer.zip",
        [
            ("a.png", "Training", f"neutral,{votes}", noise(1)),
            ("b.png", "Training", f"neutral,{votes}", noise(2)),
            ("c.png", "PublicTest", f"angry,{votes}", noise(1)),
            ("d.png", "PrivateTest", f"happy,{votes}", noise(3)),
        ],
    )
    faces = read_fer(path)
    assert faces.split.tolist() == [TRAIN, VALIDATION, TEST]
    assert faces.digest[0] == pixel_digest(noise(2))


def test_votes_become_shares_and_a_face_without_votes_has_zeros(tmp_path: Path) -> None:
    path = fer_zip(
        tmp_path / "fer.zip",
        [
            ("a.png", "Training", "neutral,6,0,0,0,2,0,0,2,0,0", noise(1)),
            ("b.png", "Training", "happy,,,,,,,,,,", noise(2)),
        ],
    )
    faces = read_fer(path)
    np.testing.assert_allclose(faces.votes[0], [0.2, 0, 0, 0, 0, 0, 0.6, 0.2], atol=1e-6)
    assert not faces.votes[1].any()


def test_copies_of_a_photo_are_in_one_split_whatever_their_labels(tmp_path: Path) -> None:
    path = tmp_path / "utk.zip"
    with zipfile.ZipFile(path, "w") as archive:
        rows = ['file,age,"gender(0=male,1=female)",race,md5']
        for index in range(120):
            digest = f"digest{index // 2}"  # every photo twice, with two ages
            rows.append(f"{index}.jpg,{20 + index % 2},{index % 2},0,{digest}")
            archive.writestr(f"utkface_112/{index}.jpg", png(noise(index // 2, (112, 112, 3))))
        archive.writestr("utkface_labels.csv", "\n".join(rows))
    faces = read_utkface(path, lambda photo: photo[:64, :64, 0])
    assert len(faces) == 120
    assert set(faces.split.tolist()) == {TRAIN, VALIDATION, TEST}
    for first, second in zip(faces.split[::2], faces.split[1::2], strict=True):
        assert first == second


def test_a_cached_dataset_is_read_again_only_if_a_column_is_missing(
    tmp_path: Path,
) -> None:
    path, reads = tmp_path / "cache" / "faces.npz", []

    def read() -> FaceDataset:
        reads.append(1)
        return some_faces()

    first, second = cached(path, read, "a"), cached(path, read, "a")
    np.testing.assert_array_equal(first.pictures, second.pictures)
    assert np.isnan(second.years).all()
    assert len(reads) == 1
    with np.load(path) as columns:
        older = {name: columns[name] for name in columns.files if name != "race"}
    np.savez(path, **older)
    np.testing.assert_array_equal(cached(path, read, "a").race, [-1] * 4)
    assert len(reads) == 2


def test_a_cached_dataset_is_read_again_if_the_data_changed(tmp_path: Path) -> None:
    path, reads = tmp_path / "faces.npz", []

    def read() -> FaceDataset:
        reads.append(1)
        return some_faces()

    for source in ("a", "a", "b"):
        cached(path, read, source)
    assert len(reads) == 2


def test_the_splits_are_the_same_on_every_machine() -> None:
    digests = [f"{n:032x}" for n in range(2000)]
    splits = [split_of(d) for d in digests]
    assert 0.08 < splits.count(TEST) / 2000 < 0.12
    assert 0.08 < splits.count(VALIDATION) / 2000 < 0.12
    # By hand from sha256("1:..."): 0.4034, in neither of the two held-out tenths.
    assert split_of("704e6d92641cea47b2c761eeda598d73") == TRAIN


def test_a_file_that_is_not_a_zip_file_is_a_user_error(tmp_path: Path) -> None:
    path = tmp_path / "fer2013.zip"
    path.write_text("not a zip")
    with pytest.raises(UserError, match=r"fer2013.zip: not a readable zip file"):
        read_fer(path)


def test_an_unreadable_picture_is_skipped_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "fer.zip"
    votes = "1,0,0,0,0,0,0,0,0,0"
    with zipfile.ZipFile(path, "w") as archive:
        rows = [f"a.png,Training,sad,{votes}", f"b.png,Training,sad,{votes}"]
        archive.writestr("fer2013/labels.csv", "\n".join([FER_HEADER, *rows]))
        archive.writestr("fer2013/a.png", b"this is not a picture")
        archive.writestr("fer2013/b.png", png(noise(5)))
    assert len(read_fer(path)) == 1


def some_faces(count: int = 4, size: int = 48) -> FaceDataset:
    pictures = np.stack([noise(n, (size, size)) for n in range(count)])
    return from_pictures(pictures, TRAIN, np.array([pixel_digest(p) for p in pictures]))


def test_leaks_between_joined_datasets_are_dropped() -> None:
    small = resized(some_faces())
    held_out = replace(small, split=np.full(4, TEST, np.uint8))
    assert len(without_leaks(join(small, held_out))) == 4


@pytest.mark.real_data
@pytest.mark.slow
def test_no_training_picture_of_fer_2013_is_held_out(fer2013: FaceDataset) -> None:
    train, held_out = fer2013.only(TRAIN), fer2013.take(fer2013.split != TRAIN)
    assert not set(train.digest) & set(held_out.digest)
    assert len(fer2013.only(VALIDATION)) == len(fer2013.only(TEST)) == 3589
    assert len(train) == 28006


def test_the_list_of_held_out_faces_of_utkface_has_their_splits(root: Path) -> None:
    header, *rows = (root / "models" / "utkface-held-out.csv").read_text().splitlines()
    assert header == "digest,split"
    listed = dict(row.split(",") for row in rows)
    assert len(listed) == len(rows) > 4600
    assert all(SPLITS[split_of(digest)] == split for digest, split in listed.items())


@pytest.mark.real_data
@pytest.mark.slow
def test_the_list_has_all_held_out_faces_of_utkface(root: Path, wayside_data: Path) -> None:
    archive = Archive(wayside_data / "utkface_112.zip")
    digests = {row["md5"] for _, row in archive.rows("utkface_labels.csv")}
    held_out = {digest for digest in digests if split_of(digest) != TRAIN}
    rows = (root / "models" / "utkface-held-out.csv").read_text().splitlines()[1:]
    assert {row.split(",")[0] for row in rows} == held_out
