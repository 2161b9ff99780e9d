"""`datasets`, `frames` and `augment`: what they make, and what they say of what they cannot use."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from device.values import MOODS
from tools.__main__ import main

Said = pytest.CaptureFixture[str]


def noise(seed: int, side: int = 48) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (side, side), np.uint8)


def video(path: Path, frames: int = 50, fps: float = 25.0) -> Path:
    """Each frame is as bright as its number tells."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 48))
    for number in range(frames):
        writer.write(np.full((48, 64, 3), 4 * number, np.uint8))
    writer.release()
    return path


def photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2BGR))
    return path


def moods(folder: Path) -> Path:
    for number, mood in enumerate(MOODS):
        (folder / mood).mkdir(parents=True)
        for index in range(5):
            cv2.imwrite(str(folder / mood / f"{index}.png"), noise(10 * number + index))
    return folder


@pytest.mark.parametrize("verb", ["datasets", "frames", "augment"])
def test_the_help_of_each_verb_shows_an_example(verb: str, capsys: Said) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    assert f"example: wayside-tools {verb}" in capsys.readouterr().out.replace("\n", " ")


def test_a_set_is_summed_up_with_a_sheet_of_its_faces(tmp_path: Path, capsys: Said) -> None:
    folder = moods(tmp_path / "emopoi")
    (folder / "bored" / "broken.png").write_text("no picture")
    (folder / "puzzled").mkdir()
    given = ["datasets", str(folder), "--classes", "moods", "--out", str(tmp_path / "sheets")]
    assert main(given) == 0
    said = capsys.readouterr().out
    assert "class folders, 40 faces" in said
    table = [line.split() for line in said.splitlines()]
    assert ["bored", "4", "1", "0"] in table
    assert ["all", "32", "8", "0"] in table
    assert "1 left out, not a picture that can be read: bored/broken.png" in said
    assert "1 left out, not one of happy, excited" in said
    sheet = cv2.imread(str(tmp_path / "sheets" / "emopoi.png"))
    assert sheet.shape[0] > 8 * 64
    assert sheet.shape[1] > 5 * 64
    held_out = (tmp_path / "sheets" / "emopoi held out.csv").read_text().splitlines()
    assert held_out[0] == "digest,part"
    assert [row.split(",")[1] for row in held_out[1:]] == ["validation"] * 8
    assert main([*given, "--strict"]) == 1
    refused = capsys.readouterr().err
    assert "bored/broken.png: not a picture that can be read; mend it" in refused
    assert refused.count("\n") == 1


def test_what_cannot_be_summed_up_is_one_clear_line(tmp_path: Path, capsys: Said) -> None:
    one, two = moods(tmp_path / "a" / "faces"), moods(tmp_path / "b" / "faces")
    assert main(["datasets", str(one), str(two), "--out", str(tmp_path / "sheets")]) == 1
    assert "faces: two sets of one name would write one sheet" in capsys.readouterr().err
    assert not (tmp_path / "sheets").exists()
    assert main(["datasets", "--classes", "moods", "--data", str(tmp_path / "a" / "faces")]) == 1
    assert "name a PATH" in capsys.readouterr().err


def test_kaggles_table_is_a_set_too(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "fer2013.csv"
    rows = [f"{n},{' '.join(map(str, noise(n).flatten()))},Training" for n in range(7)]
    path.write_text("\n".join(["emotion,pixels,Usage", *rows, "7,0 0,Training"]))
    assert main(["datasets", str(path), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "FER-2013, 7 faces" in said
    assert "fer2013.csv row 9" in said


def test_videos_become_frames_by_number_and_by_time(tmp_path: Path, capsys: Said) -> None:
    clip = video(tmp_path / "clip.avi")
    out = tmp_path / "frames"
    assert main(["frames", str(clip), "--every", "10", "--out", str(out)]) == 0
    names = sorted(file.name for file in out.iterdir())
    assert names == [f"clip.avi@000{at:.3f}.jpg" for at in (0, 0.4, 0.8, 1.2, 1.6)]
    picture = cv2.imread(str(out / names[3]))
    assert abs(picture.mean() - 4 * 30) < 3
    assert main(["frames", str(clip), "--seconds", "0.5", "--out", str(tmp_path / "timed")]) == 0
    # On the grid of half seconds, or the first frame after it.
    times = [float(f.stem.split("@")[1]) for f in sorted((tmp_path / "timed").iterdir())]
    assert times == [0.0, 0.52, 1.0, 1.52]


def test_a_broken_video_is_one_line_and_the_others_are_read(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "in" / "bored").mkdir(parents=True)
    video(tmp_path / "in" / "bored" / "good.avi")
    (tmp_path / "in" / "bored" / "bad.avi").write_bytes(b"RIFF no video")
    assert main(["frames", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 1
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert "bad.avi: not a video that can be read" in err
    assert "2 frames of 2 videos, 1 of them broken" in out
    assert len(list((tmp_path / "out" / "bored").iterdir())) == 2


def test_two_videos_of_one_name_are_not_written_over_each_other(
    tmp_path: Path, capsys: Said
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        video(tmp_path / folder / "clip.avi", frames=3)
    given = [str(tmp_path / f / "clip.avi") for f in ("a", "b")]
    assert main(["frames", *given, "--out", str(tmp_path / "out")]) == 1
    assert "would be written over" in capsys.readouterr().err


def test_faces_are_found_cropped_and_varied_and_photos_without_one_are_named(
    tmp_path: Path, capsys: Said
) -> None:
    photo(tmp_path / "in" / "happy" / "astronaut.png")
    cv2.imwrite(str(tmp_path / "in" / "happy" / "wall.png"), np.full((200, 200), 120, np.uint8))
    (tmp_path / "in" / "happy" / "text.jpg").write_text("no picture")

    def make(out: str, *more: str) -> list[np.ndarray]:
        given = ["augment", str(tmp_path / "in"), "--count", "4", "--out", str(tmp_path / out)]
        assert main([*given, *more]) == 0
        files = sorted((tmp_path / out / "happy").iterdir())
        assert [f.name for f in files] == [f"astronaut.png@0-00{n}.png" for n in range(4)]
        return [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in files]

    first = make("a")
    said = capsys.readouterr().out
    assert "1 left out, no face found: happy/wall.png" in said
    assert "happy/text.jpg" in said
    assert all(picture.shape == (64, 64) for picture in first)
    assert (tmp_path / "a" / "contact-sheet.png").is_file()
    # A seed repeats them, whatever stands beside the photo; another gives the same crop varied
    # otherwise.
    photo(tmp_path / "in" / "sad" / "another.png")
    np.testing.assert_array_equal(make("b"), first)
    other = make("c", "--seed", "2")
    np.testing.assert_array_equal(other[0], first[0])
    assert (other[1] != first[1]).any()


def test_photos_without_any_face_are_one_clear_line(tmp_path: Path, capsys: Said) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200), 120, np.uint8))
    assert main(["augment", str(tmp_path / "wall.png"), "--out", str(tmp_path / "out")]) == 1
    assert "no face found in 1 photos" in capsys.readouterr().err


def test_the_recipe_for_own_labels_runs_as_it_stands(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    text = (root / "docs" / "recipes" / "own-labels.md").read_text(encoding="utf-8")
    commands = [line.split()[1:] for line in text.splitlines() if line.startswith("wayside-tools")]
    assert [command[0] for command in commands] == ["frames", "augment", "datasets", "train"]
    monkeypatch.chdir(tmp_path)
    face = cv2.cvtColor(skimage.data.astronaut()[:320, 60:380], cv2.COLOR_RGB2BGR)
    for number, mood in enumerate(("bored", "happy")):
        Path("videos", mood).mkdir(parents=True)
        for clip in range(2):
            fourcc = cv2.VideoWriter.fourcc(*"MJPG")
            writer = cv2.VideoWriter(f"videos/{mood}/{clip}.avi", fourcc, 4.0, (320, 320))
            for frame in range(8):
                shade = 20 * number + 10 * clip + frame
                writer.write(cv2.subtract(face, np.full_like(face, shade)))
            writer.release()
    for command in commands[:3]:
        assert main(command) == 0
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["bored", "4", "4", "0"] in table  # one clip on each side
    assert Path("sheets/faces.png").is_file()
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    told = capsys.readouterr().out
    assert all(word in told for word in commands[3] if word.startswith("--"))
