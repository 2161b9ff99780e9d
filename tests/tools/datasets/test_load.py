"""What training may see, and what it may not."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.errors import UserError
from tools.datasets.archive import Tree
from tools.datasets.load import (
    PARTS,
    TEST,
    TRAIN,
    VALIDATION,
    Stills,
    cached,
    from_pictures,
    join,
    part_of,
    pixels_digest,
    read_fer,
    read_utkface,
    resized,
    without_leaks,
)

FER_HEADER = (
    "path,usage,fer_label,fp_neutral,fp_happiness,fp_surprise,fp_sadness,fp_anger,fp_disgust,"
    "fp_fear,fp_contempt,fp_unknown,fp_NF"
)


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


def test_a_training_picture_that_is_also_a_test_picture_is_dropped(tmp_path: Path) -> None:
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
    stills = read_fer(path)
    assert stills.part.tolist() == [TRAIN, VALIDATION, TEST]
    assert stills.digest[0] == pixels_digest(noise(2))


def test_votes_become_shares_and_a_face_without_votes_has_none(tmp_path: Path) -> None:
    path = fer_zip(
        tmp_path / "fer.zip",
        [
            ("a.png", "Training", "neutral,6,0,0,0,2,0,0,2,0,0", noise(1)),
            ("b.png", "Training", "happy,,,,,,,,,,", noise(2)),
        ],
    )
    stills = read_fer(path)
    np.testing.assert_allclose(stills.votes[0], [0.2, 0, 0, 0, 0, 0, 0.6, 0.2], atol=1e-6)
    assert not stills.votes[1].any()


def test_copies_of_a_photo_stand_in_one_part_whatever_their_labels(tmp_path: Path) -> None:
    path = tmp_path / "utk.zip"
    with zipfile.ZipFile(path, "w") as archive:
        rows = ['file,age,"gender(0=male,1=female)",race,md5']
        for index in range(120):
            digest = f"digest{index // 2}"  # every photo twice, with two ages
            rows.append(f"{index}.jpg,{20 + index % 2},{index % 2},0,{digest}")
            archive.writestr(f"utkface_112/{index}.jpg", png(noise(index // 2, (112, 112, 3))))
        archive.writestr("utkface_labels.csv", "\n".join(rows))
    stills = read_utkface(path, lambda photo: photo[:64, :64, 0])
    assert len(stills) == 120
    assert set(stills.part.tolist()) == {TRAIN, VALIDATION, TEST}
    for first, second in zip(stills.part[::2], stills.part[1::2], strict=True):
        assert first == second


def test_what_was_read_is_kept_and_read_again_where_its_columns_changed(tmp_path: Path) -> None:
    path, reads = tmp_path / "cache" / "faces.npz", []

    def read() -> Stills:
        reads.append(1)
        return some_stills()

    assert len(cached(path, read)) == len(cached(path, read)) == 4
    assert len(reads) == 1
    with np.load(path) as columns:
        older = {name: columns[name] for name in columns.files if name != "race"}
    np.savez(path, **older)
    np.testing.assert_array_equal(cached(path, read).race, [-1] * 4)
    assert len(reads) == 2


def test_what_was_kept_of_other_data_is_read_again(tmp_path: Path) -> None:
    path, reads = tmp_path / "faces.npz", []

    def read() -> Stills:
        reads.append(1)
        return some_stills()

    for source in ("a", "a", "b", None):
        cached(path, read, source)
    assert len(reads) == 2


def test_the_parts_are_the_same_on_every_machine() -> None:
    digests = [f"{n:032x}" for n in range(2000)]
    parts = [part_of(d) for d in digests]
    assert 0.08 < parts.count(TEST) / 2000 < 0.12
    assert 0.08 < parts.count(VALIDATION) / 2000 < 0.12
    # Worked out by hand from sha256("1:..."): 0.4034, which is neither of the two held-out tenths.
    assert part_of("704e6d92641cea47b2c761eeda598d73") == TRAIN


def test_a_file_that_is_no_zip_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "fer2013.zip"
    path.write_text("not a zip")
    with pytest.raises(UserError, match=r"fer2013.zip: cannot be read as a zip file"):
        read_fer(path)


def test_a_picture_that_is_broken_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "fer.zip"
    votes = "1,0,0,0,0,0,0,0,0,0"
    with zipfile.ZipFile(path, "w") as archive:
        rows = [f"a.png,Training,sad,{votes}", f"b.png,Training,sad,{votes}"]
        archive.writestr("fer2013/labels.csv", "\n".join([FER_HEADER, *rows]))
        archive.writestr("fer2013/a.png", b"this is not a picture")
        archive.writestr("fer2013/b.png", png(noise(5)))
    assert len(read_fer(path)) == 1


def some_stills(count: int = 4, size: int = 48) -> Stills:
    pictures = np.stack([noise(n, (size, size)) for n in range(count)])
    return from_pictures(pictures, TRAIN, np.array([pixels_digest(p) for p in pictures]))


def test_what_is_cached_is_read_back_as_it_was(tmp_path: Path) -> None:
    calls = io.StringIO()

    def read() -> Stills:
        calls.write("x")
        return some_stills()

    path = tmp_path / "cache" / "stills.npz"
    first, second = cached(path, read), cached(path, read)
    assert calls.getvalue() == "x"
    np.testing.assert_array_equal(first.pictures, second.pictures)
    assert np.isnan(second.years).all()


def test_sets_of_one_size_can_be_joined_and_leaks_between_them_are_found() -> None:
    small = resized(some_stills(), 64)
    held_out = replace(small, part=np.full(4, TEST, np.uint8))
    assert len(without_leaks(join(small, held_out))) == 4


@pytest.mark.real_data
@pytest.mark.slow
def test_no_training_picture_of_fer_2013_stands_in_a_test_part(wayside_data: Path) -> None:
    stills = read_fer(wayside_data / "fer2013.zip")
    train, held_out = stills.of(TRAIN), stills.take(stills.part != TRAIN)
    assert not set(train.digest) & set(held_out.digest)
    assert len(stills.of(VALIDATION)) == len(stills.of(TEST)) == 3589
    assert len(train) == 28006


def test_the_held_out_faces_of_utkface_are_those_of_the_list(root: Path) -> None:
    header, *rows = (root / "models" / "utkface-held-out.csv").read_text().splitlines()
    assert header == "digest,part"
    told = dict(row.split(",") for row in rows)
    assert len(told) == len(rows) > 4600
    assert all(PARTS[part_of(digest)] == part for digest, part in told.items())


@pytest.mark.real_data
@pytest.mark.slow
def test_the_list_leaves_out_no_held_out_face_of_utkface(root: Path, wayside_data: Path) -> None:
    tree = Tree(wayside_data / "utkface_112.zip")
    digests = {row["md5"] for _, row in tree.rows("utkface_labels.csv")}
    held_out = {digest for digest in digests if part_of(digest) != TRAIN}
    rows = (root / "models" / "utkface-held-out.csv").read_text().splitlines()[1:]
    assert {row.split(",")[0] for row in rows} == held_out
