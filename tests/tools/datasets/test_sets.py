"""Every form a face set goes about in is understood, and what is wrong with one is named."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from device.errors import UserError
from device.values import MOODS
from tests.tools.small_sets import kaggle, kaggle_row, write
from tools.datasets.archive import Tree
from tools.datasets.import_issues import Findings
from tools.datasets.load import TEST, TRAIN, VALIDATION, find_set, load_fer, read_fer, read_set


def test_a_bad_row_of_a_list_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / f"{number}.png", number)
    (tmp_path / "labels.csv").write_text(
        "path,usage,fer_label,fp_anger\n0.png,Training,angry,3\n1.png,Training,puzzled,3\n"
        "1.png,Practice,angry,3\n1.png,Training,angry,x\n9.png,Training,angry,3\n2.png,Training\n"
        "2.png,PublicTest,sad,\n"
    )
    findings = Findings()
    assert len(read_set(tmp_path, findings).stills) == 2
    assert findings.left_out[:5] == [
        ("labels.csv row 3 (1.png)", "unknown label 'puzzled'"),
        ("labels.csv row 4 (1.png)", "unknown usage 'Practice'"),
        ("labels.csv row 5 (1.png)", "votes that cannot be counted"),
        ("labels.csv row 6 (9.png)", "not a picture that can be read"),
        ("labels.csv row 7 (2.png)", "unknown label ''"),
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_fer_2013_as_folders_tells_its_parts_by_the_names_of_its_files(
    tmp_path: Path, packed: bool
) -> None:
    root = tmp_path / "fer"
    write(root / "train" / "angry" / "Training_1.png", 1)
    write(root / "test" / "happy" / "PublicTest_1.png", 2)
    write(root / "test" / "happy" / "PrivateTest_1.png", 3)
    write(root / "test" / "sad" / "1.png", 4)
    write(root / "train" / "angry" / "Training_large.png", 5, side=50)
    (root / "train" / "angry" / "Training_broken.png").write_text("no picture")
    path = zipped(root) if packed else root
    findings = Findings()
    found = read_set(path, findings)
    assert found.kind == "FER-2013"
    assert sorted(found.stills.part.tolist()) == [TRAIN, VALIDATION, TEST, TEST]
    counts = findings.counts()
    assert counts["not 48x48 pixels"] == counts["not a picture that can be read"] == 1


def zipped(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, f"{folder.name}/{file.relative_to(folder)}")
    return path


def test_utkface_is_known_by_its_names_and_copies_stay_together(tmp_path: Path) -> None:
    for number in range(40):
        name = f"{20 + number}_{number % 2}_{number % 5}_2017010917{number:04}.jpg.chip.jpg"
        write(tmp_path / name, number // 2, side=112)  # every photo twice
    write(tmp_path / "39_1_20170116174525125.jpg.chip.jpg", 0)  # three of the real ones lack a part
    findings = Findings()
    found = read_set(tmp_path, findings)
    stills = found.stills
    assert found.kind == "UTKFace"
    assert len(stills) == 40
    assert stills.years[:3].tolist() == [20, 21, 22]
    assert stills.female[:3].tolist() == [0, 1, 0]
    assert (stills.part[::2] == stills.part[1::2]).all()
    assert findings.left_out[0][0] == "39_1_20170116174525125.jpg.chip.jpg"


def test_a_list_of_utkface_without_digests_or_with_a_bad_row_draws_parts_all_the_same(
    tmp_path: Path,
) -> None:
    names = [f"{20 + n}_{n % 2}_{n % 5}_2017010917{n:04}.jpg" for n in range(30)]
    for number, name in enumerate(names):
        write(tmp_path / name, number, side=112)
    plain = read_set(tmp_path, Findings()).stills
    rows = [f"{name},{name[:2]},{n % 2},0" for n, name in enumerate(names)]
    rows[3] = f"{names[3]},old,0,0"
    header = 'file,age,"gender(0=male,1=female)",race'
    (tmp_path / "utkface_labels.csv").write_text("\n".join([header, *rows]))
    findings = Findings()
    listed = read_set(tmp_path, findings).stills
    assert findings.left_out == [(names[3], "no age, gender and race in its name or in the list")]
    part = dict(zip(plain.digest.tolist(), plain.part.tolist(), strict=True))
    assert [part[digest] for digest in listed.digest.tolist()] == listed.part.tolist()


def test_anyones_emotions_in_parts_are_class_folders(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for number, label in enumerate(("happy", "sad")):
            for index in range(3):
                write(tmp_path / part / label / f"{index}.png", 10 * number + index, side=64)
    found = read_set(tmp_path, Findings())
    assert (found.kind, found.labels) == ("class folders", ("happy", "sad"))
    write(tmp_path / "spare" / "happy" / "1.png", 99)
    with pytest.raises(UserError, match=r"spare/ lies beside test/, which holds a part of the set"):
        read_set(tmp_path, Findings())


def test_what_is_no_picture_of_a_class_is_named(tmp_path: Path) -> None:
    eight(tmp_path, count=2)
    (tmp_path / "puzzled").mkdir()
    (tmp_path / "Happy" / "3.heic").touch()
    write(tmp_path / "loose.png", 999)
    write(tmp_path / "contact-sheet.png", 998)  # `augment` draws it
    findings = Findings()
    found = read_set(tmp_path, findings)
    assert found.labels == tuple(sorted(MOODS))  # not the empty one
    assert findings.left_out == [
        ("puzzled/", "no picture"),
        ("Happy/3.heic", "no picture of a class"),
        ("loose.png", "no picture of a class"),
    ]
    with pytest.raises(UserError, match=r"puzzled/: no picture; mend it"):
        read_set(tmp_path, Findings(strict=True))


def eight(folder: Path, count: int = 10) -> Path:
    for number, mood in enumerate(MOODS):
        for index in range(count):
            write(folder / mood.title() / f"{index}.png", 100 * number + index)
    return folder


def test_class_folders_bring_their_own_labels_and_a_fifth_of_each_is_held_out(
    tmp_path: Path,
) -> None:
    found = read_set(eight(tmp_path), Findings())
    assert (found.kind, found.labels) == ("class folders", tuple(sorted(MOODS)))
    for label in range(8):
        part = found.stills.part[found.stills.emotion == label]
        assert (part == VALIDATION).sum() == 2
        assert (part == TRAIN).sum() == 8


def test_the_parts_of_class_folders_do_not_depend_on_what_files_are_called(tmp_path: Path) -> None:
    first = read_set(eight(tmp_path / "a"), Findings()).stills
    for file in (eight(tmp_path / "b")).rglob("*.png"):
        file.rename(file.with_name(f"x{9 - int(file.stem)}.png"))
    second = read_set(tmp_path / "b", Findings()).stills
    held_out = set(first.digest[first.part == VALIDATION])
    assert set(second.digest[second.part == VALIDATION]) == held_out


def test_what_was_made_of_one_photo_or_clip_is_never_on_both_sides(tmp_path: Path) -> None:
    for clip in range(5):
        for frame in range(4):
            write(tmp_path / "bored" / f"{clip}.mp4@{frame}.00.jpg@0-0.png", 10 * clip + frame)
    stills = read_set(tmp_path, Findings()).stills
    by_clip = stills.part.reshape(5, 4)
    assert (by_clip == by_clip[:, :1]).all()
    assert (by_clip[:, 0] == VALIDATION).sum() == 1


def test_folders_of_parts_are_kept_as_they_are(tmp_path: Path) -> None:
    seeds = iter(range(100))
    for part, count in (("train", 5), ("val", 2), ("test", 3)):
        for index in range(count):
            write(tmp_path / part / "bored" / f"{index}.png", next(seeds))
            write(tmp_path / part / "excited" / f"{index}.png", next(seeds))
    stills = read_set(tmp_path, Findings()).stills
    assert np.bincount(stills.part).tolist() == [10, 4, 6]


def test_empty_unknown_broken_and_copied_are_named_and_strictly_refused(tmp_path: Path) -> None:
    eight(tmp_path)
    (tmp_path / "bored" / "broken.png").parent.mkdir(exist_ok=True)
    (tmp_path / "Bored" / "broken.png").touch()
    write(tmp_path / "Bored" / "again.png", 300)  # also the first picture of Bored
    write(tmp_path / "Sad" / "both.png", 0)  # also the first picture of Happy
    (tmp_path / "puzzled").mkdir()
    findings = Findings()
    found = read_set(tmp_path, findings, classes=MOODS)
    assert len(found.stills) == 80 - 1
    counts = findings.counts()
    assert counts["no picture"] == 1  # bored/, beside Bored/
    assert counts["not a picture that can be read"] == 1
    assert counts["a copy of another picture of its class"] == 1
    assert counts["one picture in happy and sad"] == 1
    assert ("puzzled/", f"not one of {', '.join(MOODS)}") in findings.left_out
    with pytest.raises(UserError, match="mend it, or leave --strict out"):
        read_set(tmp_path, Findings(strict=True), classes=MOODS)


def test_a_damaged_entry_of_a_zip_is_that_entrys_trouble(tmp_path: Path) -> None:
    path = zipped(eight(tmp_path / "moods", count=2))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("moods/Happy/0.png")
    data[entry.header_offset + 200] ^= 255
    path.write_bytes(data)
    findings = Findings()
    assert len(read_set(path, findings).stills) == 15
    assert findings.left_out[0] == ("moods/Happy/0.png", "not a picture that can be read")


def test_a_set_is_found_under_any_of_its_usual_names(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"fer2013.zip: no such file"):
        find_set(tmp_path, "fer2013")
    table = kaggle(tmp_path, kaggle_row(0, 1))
    assert find_set(tmp_path, "fer2013") == table


def test_votes_beside_folders_are_said_not_to_be_taken(tmp_path: Path) -> None:
    write(tmp_path / "train" / "angry" / "1.png", 1)
    (tmp_path / "fer2013new.csv").write_text("Usage,anger\nTraining,5\n")
    findings = Findings()
    assert not read_fer(tmp_path, findings).votes.any()
    assert any("fer2013new.csv: not taken" in line for line in findings.lines())


def test_training_reads_any_form_and_reads_it_again_when_it_is_another(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    kaggle(tmp_path / "a", *(kaggle_row(n, n) for n in range(7)))
    write(tmp_path / "b" / "fer2013" / "train" / "angry" / "1.png", 1)
    assert len(load_fer(tmp_path / "a", cache)) == 7
    assert len(load_fer(tmp_path / "b", cache)) == 1
    write(tmp_path / "b" / "fer2013" / "train" / "sad" / "2.png", 2)
    assert len(load_fer(tmp_path / "b", cache)) == 2


def test_a_set_that_changed_has_another_fingerprint(tmp_path: Path) -> None:
    eight(tmp_path / "moods", count=1)
    before = Tree(tmp_path / "moods").fingerprint()
    assert Tree(tmp_path / "moods").fingerprint() == before
    write(tmp_path / "moods" / "Sad" / "new.png", 1)
    assert Tree(tmp_path / "moods").fingerprint() != before


def test_a_row_that_was_mended_at_equal_length_is_read_again(tmp_path: Path) -> None:
    for label, faces in ((9, 1), (3, 2)):
        path = zipped(kaggle(tmp_path / "fer2013", kaggle_row(0, 1), kaggle_row(label, 2)).parent)
        assert path.name == "fer2013.zip"
        assert len(load_fer(tmp_path, tmp_path / "cache")) == faces


@pytest.mark.parametrize("name", ["nowhere.zip", "nowhere", "nowhere.csv"])
def test_a_path_that_is_not_there_is_one_clear_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=f"{name}: no such file or folder"):
        read_set(tmp_path / name, Findings())
