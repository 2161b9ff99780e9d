"""Every form of a face dataset is read, and problems in it are reported."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from device.errors import UserError
from device.values import MOODS
from tests.tools.small_datasets import kaggle, kaggle_row, write
from tools.datasets.archive import Archive
from tools.datasets.face_dataset import TEST, TRAIN, VALIDATION
from tools.datasets.fer2013 import read_fer
from tools.datasets.import_issues import ImportIssues
from tools.datasets.load import find_dataset, load_fer, read_dataset


def test_an_invalid_row_of_a_label_file_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / f"{number}.png", number)
    (tmp_path / "labels.csv").write_text(
        "path,usage,fer_label,fp_anger\n0.png,Training,angry,3\n1.png,Training,puzzled,3\n"
        "1.png,Practice,angry,3\n1.png,Training,angry,x\n9.png,Training,angry,3\n2.png,Training\n"
        "2.png,PublicTest,sad,\n"
    )
    issues = ImportIssues()
    assert len(read_dataset(tmp_path, issues).faces) == 2
    assert issues.skipped[:5] == [
        ("labels.csv row 3 (1.png)", "unknown label 'puzzled'"),
        ("labels.csv row 4 (1.png)", "unknown usage 'Practice'"),
        ("labels.csv row 5 (1.png)", "votes are not counts"),
        ("labels.csv row 6 (9.png)", "not a readable image"),
        ("labels.csv row 7 (2.png)", "unknown label ''"),
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_fer_2013_as_folders_has_its_splits_in_the_file_names(tmp_path: Path, packed: bool) -> None:
    root = tmp_path / "fer"
    write(root / "train" / "angry" / "Training_1.png", 1)
    write(root / "test" / "happy" / "PublicTest_1.png", 2)
    write(root / "test" / "happy" / "PrivateTest_1.png", 3)
    write(root / "test" / "sad" / "1.png", 4)
    write(root / "train" / "angry" / "Training_large.png", 5, side=50)
    (root / "train" / "angry" / "Training_broken.png").write_text("no picture")
    path = zipped(root) if packed else root
    issues = ImportIssues()
    found = read_dataset(path, issues)
    assert found.kind == "FER-2013"
    assert sorted(found.faces.split.tolist()) == [TRAIN, VALIDATION, TEST, TEST]
    counts = issues.counts()
    assert counts["not 48x48 pixels"] == counts["not a readable image"] == 1


def zipped(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, f"{folder.name}/{file.relative_to(folder)}")
    return path


def test_utkface_is_detected_by_file_names_and_copies_are_in_one_split(tmp_path: Path) -> None:
    for number in range(40):
        name = f"{20 + number}_{number % 2}_{number % 5}_2017010917{number:04}.jpg.chip.jpg"
        write(tmp_path / name, number // 2, side=112)  # every photo twice
    write(tmp_path / "39_1_20170116174525125.jpg.chip.jpg", 0)  # three real ones lack the race
    issues = ImportIssues()
    found = read_dataset(tmp_path, issues)
    faces = found.faces
    assert found.kind == "UTKFace"
    assert len(faces) == 40
    assert faces.years[:3].tolist() == [20, 21, 22]
    assert faces.female[:3].tolist() == [0, 1, 0]
    assert (faces.split[::2] == faces.split[1::2]).all()
    assert issues.skipped[0][0] == "39_1_20170116174525125.jpg.chip.jpg"


def test_utkfaces_splits_do_not_depend_on_a_label_file_without_digests(
    tmp_path: Path,
) -> None:
    names = [f"{20 + n}_{n % 2}_{n % 5}_2017010917{n:04}.jpg" for n in range(30)]
    for number, name in enumerate(names):
        write(tmp_path / name, number, side=112)
    plain = read_dataset(tmp_path, ImportIssues()).faces
    rows = [f"{name},{name[:2]},{n % 2},0" for n, name in enumerate(names)]
    rows[3] = f"{names[3]},old,0,0"
    header = 'file,age,"gender(0=male,1=female)",race'
    (tmp_path / "utkface_labels.csv").write_text("\n".join([header, *rows]))
    issues = ImportIssues()
    listed = read_dataset(tmp_path, issues).faces
    assert issues.skipped == [(names[3], "no age, gender and race in the file name or label file")]
    split = dict(zip(plain.digest.tolist(), plain.split.tolist(), strict=True))
    assert [split[digest] for digest in listed.digest.tolist()] == listed.split.tolist()


def test_other_emotion_datasets_with_split_folders_are_class_folders(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for number, label in enumerate(("happy", "sad")):
            for index in range(3):
                write(tmp_path / split / label / f"{index}.png", 10 * number + index, side=64)
    found = read_dataset(tmp_path, ImportIssues())
    assert (found.kind, found.labels) == ("class folders", ("happy", "sad"))
    write(tmp_path / "spare" / "happy" / "1.png", 99)
    with pytest.raises(UserError, match=r"spare/ is beside the split folder test/"):
        read_dataset(tmp_path, ImportIssues())


def test_files_outside_of_a_class_are_reported(tmp_path: Path) -> None:
    eight(tmp_path, count=2)
    (tmp_path / "puzzled").mkdir()
    (tmp_path / "Happy" / "3.heic").touch()
    write(tmp_path / "loose.png", 999)
    write(tmp_path / "contact-sheet.png", 998)  # written by `augment`
    issues = ImportIssues()
    found = read_dataset(tmp_path, issues)
    assert found.labels == tuple(sorted(MOODS))  # not the empty one
    assert issues.skipped == [
        ("puzzled/", "no picture"),
        ("Happy/3.heic", "not a picture in a class folder"),
        ("loose.png", "not a picture in a class folder"),
    ]
    with pytest.raises(UserError, match=r"puzzled/: no picture; fix it"):
        read_dataset(tmp_path, ImportIssues(strict=True))


def eight(folder: Path, count: int = 10) -> Path:
    for number, mood in enumerate(MOODS):
        for index in range(count):
            write(folder / mood.title() / f"{index}.png", 100 * number + index)
    return folder


def test_class_folders_name_the_labels_and_a_fifth_of_each_is_held_out(
    tmp_path: Path,
) -> None:
    found = read_dataset(eight(tmp_path), ImportIssues())
    assert (found.kind, found.labels) == ("class folders", tuple(sorted(MOODS)))
    for label in range(8):
        split = found.faces.split[found.faces.emotion == label]
        assert (split == VALIDATION).sum() == 2
        assert (split == TRAIN).sum() == 8


def test_the_splits_of_class_folders_do_not_depend_on_file_names(tmp_path: Path) -> None:
    first = read_dataset(eight(tmp_path / "a"), ImportIssues()).faces
    for file in (eight(tmp_path / "b")).rglob("*.png"):
        file.rename(file.with_name(f"x{9 - int(file.stem)}.png"))
    second = read_dataset(tmp_path / "b", ImportIssues()).faces
    held_out = set(first.digest[first.split == VALIDATION])
    assert set(second.digest[second.split == VALIDATION]) == held_out


def test_pictures_of_one_photo_or_video_are_in_one_split(tmp_path: Path) -> None:
    for clip in range(5):
        for frame in range(4):
            write(tmp_path / "bored" / f"{clip}.mp4@{frame}.00.jpg@0-0.png", 10 * clip + frame)
    faces = read_dataset(tmp_path, ImportIssues()).faces
    by_clip = faces.split.reshape(5, 4)
    assert (by_clip == by_clip[:, :1]).all()
    assert (by_clip[:, 0] == VALIDATION).sum() == 1


def test_split_folders_name_the_splits(tmp_path: Path) -> None:
    seeds = iter(range(100))
    for split, count in (("train", 5), ("val", 2), ("test", 3)):
        for index in range(count):
            write(tmp_path / split / "bored" / f"{index}.png", next(seeds))
            write(tmp_path / split / "excited" / f"{index}.png", next(seeds))
    faces = read_dataset(tmp_path, ImportIssues()).faces
    assert np.bincount(faces.split).tolist() == [10, 4, 6]


def test_empty_unknown_unreadable_and_copied_are_reported_or_refused_if_strict(
    tmp_path: Path,
) -> None:
    eight(tmp_path)
    (tmp_path / "bored" / "broken.png").parent.mkdir(exist_ok=True)
    (tmp_path / "Bored" / "broken.png").touch()
    write(tmp_path / "Bored" / "again.png", 300)  # also the first picture of Bored
    write(tmp_path / "Sad" / "both.png", 0)  # also the first picture of Happy
    (tmp_path / "puzzled").mkdir()
    issues = ImportIssues()
    found = read_dataset(tmp_path, issues, classes=MOODS)
    assert len(found.faces) == 80 - 1
    counts = issues.counts()
    assert counts["no picture"] == 1  # bored/, beside Bored/
    assert counts["not a readable image"] == 1
    assert counts["a copy of another picture of its class"] == 1
    assert counts["one picture in happy and sad"] == 1
    assert ("puzzled/", f"not one of {', '.join(MOODS)}") in issues.skipped
    with pytest.raises(UserError, match="fix it, or omit --strict"):
        read_dataset(tmp_path, ImportIssues(strict=True), classes=MOODS)


def test_a_damaged_entry_of_a_zip_file_is_skipped_alone(tmp_path: Path) -> None:
    path = zipped(eight(tmp_path / "moods", count=2))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("moods/Happy/0.png")
    data[entry.header_offset + 200] ^= 255
    path.write_bytes(data)
    issues = ImportIssues()
    assert len(read_dataset(path, issues).faces) == 15
    assert issues.skipped[0] == ("moods/Happy/0.png", "not a readable image")


def test_a_dataset_is_found_under_any_of_its_usual_names(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"fer2013.zip: no such file"):
        find_dataset(tmp_path, "fer2013")
    table = kaggle(tmp_path, kaggle_row(0, 1))
    assert find_dataset(tmp_path, "fer2013") == table


def test_votes_beside_folders_are_reported_as_not_used(tmp_path: Path) -> None:
    write(tmp_path / "train" / "angry" / "1.png", 1)
    (tmp_path / "fer2013new.csv").write_text("Usage,anger\nTraining,5\n")
    issues = ImportIssues()
    assert not read_fer(tmp_path, issues).votes.any()
    assert any("fer2013new.csv: not used" in line for line in issues.lines())


def test_fer_2013_is_loaded_in_any_form_and_again_when_it_changes(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    kaggle(tmp_path / "a", *(kaggle_row(n, n) for n in range(7)))
    write(tmp_path / "b" / "fer2013" / "train" / "angry" / "1.png", 1)
    assert len(load_fer(tmp_path / "a", cache)) == 7
    assert len(load_fer(tmp_path / "b", cache)) == 1
    write(tmp_path / "b" / "fer2013" / "train" / "sad" / "2.png", 2)
    assert len(load_fer(tmp_path / "b", cache)) == 2


def test_a_changed_folder_has_another_fingerprint(tmp_path: Path) -> None:
    eight(tmp_path / "moods", count=1)
    before = Archive(tmp_path / "moods").fingerprint()
    assert Archive(tmp_path / "moods").fingerprint() == before
    write(tmp_path / "moods" / "Sad" / "new.png", 1)
    assert Archive(tmp_path / "moods").fingerprint() != before


def test_a_row_fixed_at_equal_length_is_read_again(tmp_path: Path) -> None:
    for label, faces in ((9, 1), (3, 2)):
        path = zipped(kaggle(tmp_path / "fer2013", kaggle_row(0, 1), kaggle_row(label, 2)).parent)
        assert path.name == "fer2013.zip"
        assert len(load_fer(tmp_path, tmp_path / "cache")) == faces


@pytest.mark.parametrize("name", ["nowhere.zip", "nowhere", "nowhere.csv"])
def test_a_missing_path_is_a_user_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=f"{name}: no such file or folder"):
        read_dataset(tmp_path / name, ImportIssues())
