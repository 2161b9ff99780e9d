"""Videos and folders of pictures: read to their end, played at their speed; broken ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.camera.capture import FakeCamera
from device.camera.files import Paced, PictureFolder, VideoFile
from device.camera.images import frame_of
from device.errors import UserError
from device.values import Frame
from tests.device.camera.clips import read_all, write_video
from tests.device.camera.exif import turn_video


def test_a_video_gives_every_frame_with_its_position_in_seconds(tmp_path):
    frames = read_all(VideoFile(write_video(tmp_path / "clip.mp4")))
    assert len(frames) == 50
    assert np.allclose([f.at for f in frames], np.arange(50) / 25, atol=0.002)
    assert frames[0].rgb.shape == (120, 160, 3)
    assert frames[0].grey.shape == (120, 160)
    assert abs(float(frames[20].grey.mean()) - 100) < 8


def test_a_video_can_be_read_again(tmp_path):
    video = VideoFile(write_video(tmp_path / "clip.avi", 10, "MJPG"))
    assert len(read_all(video)) == len(read_all(video)) == 10


@pytest.mark.parametrize(("degrees", "corner"), [(90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_a_video_is_rotated_by_its_metadata(tmp_path, degrees, corner):
    path = tmp_path / "phone.mp4"
    video = cv2.VideoWriter(
        str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"mp4v"), 25, (160, 120)
    )
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[:60, :80] = 255  # the corner at the left and top is white
    for _ in range(5):
        video.write(picture)
    video.release()
    source = VideoFile(turn_video(path, degrees))
    frames = read_all(source)
    assert source.scale == 1
    for frame in frames:
        assert frame.grey.shape == ((120, 160) if degrees == 180 else (160, 120))
        quarters = frame.grey[10::10, 10::10]
        assert quarters[corner] > 200
        assert quarters.mean() < 90  # only that one


def test_a_heic_picture_is_not_taken_for_a_video(tmp_path):
    path = tmp_path / "photo.mov"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    with pytest.raises(UserError, match="HEIC is not supported; save it as JPEG"):
        VideoFile(path).open()


def test_a_video_that_opens_but_is_cut_short_says_where(tmp_path):
    path = write_video(tmp_path / "cut.avi", codec="MJPG")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match=r"cut\.avi: (cut short after|broken at) \d\.\d s"):
        read_all(VideoFile(path))


def test_a_video_whose_index_is_cut_off_does_not_open(tmp_path):
    path = write_video(tmp_path / "cut.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match="not a video that can be read, or cut short"):
        read_all(VideoFile(path))


def test_a_video_without_a_picture_is_an_error_of_one_line(tmp_path):
    path = write_video(tmp_path / "empty.avi", 0, "MJPG")
    with pytest.raises(UserError, match="this video has no picture"):
        read_all(VideoFile(path))


@pytest.mark.parametrize("content", [b"", b"not a video\n" * 50])
def test_a_file_that_is_no_video_is_an_error_of_one_line(tmp_path, content):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a video") as error:
        read_all(VideoFile(path))
    assert "\n" not in str(error.value)


def test_opencv_and_ffmpeg_write_nothing_to_the_terminal(tmp_path):
    path = write_video(tmp_path / "cut.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    program = f"""
from pathlib import Path
from device.camera.files import VideoFile
from device.camera.usb import UsbCamera
from device.config import CameraConfig
for camera in (VideoFile(Path({str(path)!r})), UsbCamera("63", CameraConfig())):
    try:
        camera.open()
    except Exception as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.count("\n") == 2
    assert done.stderr == ""


@pytest.mark.real_data
def test_every_clip_of_the_real_data_is_read_to_its_end(wayside_data: Path):
    for path in sorted((wayside_data / "video").glob("*/*")):
        if path.stat().st_size < 600_000 or path.name == "face_noface.mov":
            video = VideoFile(path)
            video.open()
            first, last = video.read(), None
            while (frame := video.read()) is not None:
                assert frame.at > (last or first).at
                last = frame
            video.close()


def test_a_folder_gives_its_pictures_and_skips_a_broken_one(tmp_path, caplog):
    for name, light in (("a.png", 50), ("c.png", 150)):
        cv2.imwrite(str(tmp_path / name), np.full((40, 60), light, np.uint8))
    (tmp_path / "b.png").write_text("broken")
    frames = read_all(PictureFolder(tmp_path, fps=10))
    assert [int(f.grey[0, 0]) for f in frames] == [50, 150]
    assert [f.at for f in frames] == [0.0, 0.2]
    assert "b.png" in caplog.text


class Clock:
    """Monotonic seconds that pass only by waiting, each wait on record."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def still(at: float) -> Frame:
    return frame_of(np.zeros((4, 4, 3), np.uint8), at)


def test_a_file_plays_at_its_own_speed_on_the_kiosks_clock():
    clock = Clock()
    camera = Paced(FakeCamera([still(0.5), still(0.6), still(0.9)]), clock=clock, wait=clock.wait)
    camera.open()
    frames = [camera.read() for _ in range(3)]
    assert np.allclose([f.at for f in frames if f], [1000.0, 1000.1, 1000.4])
    assert camera.read() is None


def test_a_late_frame_is_due_at_once_and_a_long_gap_is_shortened():
    clock = Clock()
    script = [still(0.0), still(0.1), still(60.0), still(60.1)]
    camera = Paced(FakeCamera(script), clock=clock, wait=clock.wait)
    camera.open()
    camera.read()
    clock.now += 30  # the machine stood still
    camera.read()
    assert clock.waits == []
    camera.read()
    camera.read()
    assert np.allclose(clock.waits, [1.0, 0.1])  # a read stays within its deadline
