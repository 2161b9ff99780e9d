"""`wayside-tools frames`: frames by number or time, and damaged videos."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.device.camera.exif import turn_video
from tools.__main__ import main

Output = pytest.CaptureFixture[str]


def video(path: Path, frames: int = 50, fps: float = 25.0, codec: str = "MJPG") -> Path:
    """Frame n has the grey value 4 n."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, (64, 48))
    for number in range(frames):
        writer.write(np.full((48, 64, 3), 4 * number, np.uint8))
    writer.release()
    return path


def test_videos_become_frames_by_number_and_by_time(tmp_path: Path, capsys: Output) -> None:
    clip = video(tmp_path / "clip.avi")
    out = tmp_path / "frames"
    assert main(["frames", str(clip), "--every", "10", "--out", str(out)]) == 0
    names = sorted(file.name for file in out.iterdir())
    assert names == [f"clip.avi@000{at:.3f}.jpg" for at in (0, 0.4, 0.8, 1.2, 1.6)]
    picture = cv2.imread(str(out / names[3]))
    assert abs(picture.mean() - 4 * 30) < 3
    assert main(["frames", str(clip), "--seconds", "0.5", "--out", str(tmp_path / "timed")]) == 0
    # At each half second, or the first frame after it.
    times = [float(f.stem.split("@")[1]) for f in sorted((tmp_path / "timed").iterdir())]
    assert times == [0.0, 0.52, 1.0, 1.52]


def test_frames_of_a_phones_video_are_upright(tmp_path: Path) -> None:
    clip = turn_video(video(tmp_path / "clip.mp4", 1, codec="mp4v"), 90)
    assert main(["frames", str(clip), "--out", str(tmp_path / "out")]) == 0
    (file,) = (tmp_path / "out").iterdir()
    assert cv2.imread(str(file)).shape == (64, 48, 3)


def test_a_damaged_video_is_one_line_and_the_others_are_read(
    tmp_path: Path, capsys: Output
) -> None:
    (tmp_path / "in" / "bored").mkdir(parents=True)
    video(tmp_path / "in" / "bored" / "good.avi")
    (tmp_path / "in" / "bored" / "bad.avi").write_bytes(b"RIFF no video")
    assert main(["frames", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 1
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert "bad.avi: not a video that can be read" in err
    assert "2 frames of 2 videos, 1 of them broken" in out
    assert len(list((tmp_path / "out" / "bored").iterdir())) == 2


def test_two_videos_of_one_name_do_not_overwrite_each_other(tmp_path: Path, capsys: Output) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        video(tmp_path / folder / "clip.avi", frames=3)
    given = [str(tmp_path / f / "clip.avi") for f in ("a", "b")]
    assert main(["frames", *given, "--out", str(tmp_path / "out")]) == 1
    assert "would overwrite" in capsys.readouterr().err
