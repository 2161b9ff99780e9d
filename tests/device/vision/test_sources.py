from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.config import CameraConfig
from device.errors import UserError
from device.values import Frame
from device.vision.camera import FakeCamera
from device.vision.files import Paced, PictureFolder, VideoFile
from device.vision.images import frame_of
from device.vision.sources import (
    NetworkCamera,
    UsbCamera,
    is_live,
    open_source,
    resolve_source,
    usb_cameras,
    without_password,
)


def write_video(path: Path, frames: int = 50, codec: str = "mp4v", fps: float = 25) -> Path:
    """A video in which frame n is n*5 bright; every fifth holds noise, so that it has some size."""
    video = cv2.VideoWriter(
        str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*codec), fps, (160, 120)
    )
    random = np.random.default_rng(0)
    for n in range(frames):
        video.write(
            random.integers(0, 255, (120, 160, 3), np.uint8)
            if n % 5 == 4
            else np.full((120, 160, 3), n * 5 % 256, np.uint8)
        )
    video.release()
    return path


def read_all(camera: VideoFile | PictureFolder) -> list[Frame]:
    camera.open()
    frames = []
    while (frame := camera.read()) is not None:
        frames.append(frame)
    camera.close()
    return frames


def test_a_video_gives_every_frame_with_its_place_in_seconds(tmp_path):
    frames = read_all(VideoFile(write_video(tmp_path / "clip.mp4")))
    assert len(frames) == 50
    assert np.allclose([f.at for f in frames], np.arange(50) / 25, atol=0.002)
    assert frames[0].rgb.shape == (120, 160, 3)
    assert frames[0].grey.shape == (120, 160)
    assert abs(float(frames[20].grey.mean()) - 100) < 8


def test_a_video_can_be_read_again(tmp_path):
    video = VideoFile(write_video(tmp_path / "clip.avi", 10, "MJPG"))
    assert len(read_all(video)) == len(read_all(video)) == 10


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


def test_a_video_without_a_picture_says_so(tmp_path):
    path = write_video(tmp_path / "empty.avi", 0, "MJPG")
    with pytest.raises(UserError, match="there is no picture in this video"):
        read_all(VideoFile(path))


@pytest.mark.parametrize("content", [b"", b"not a video\n" * 50])
def test_what_is_no_video_is_one_line(tmp_path, content):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a video") as error:
        read_all(VideoFile(path))
    assert "\n" not in str(error.value)


def test_opencv_and_ffmpeg_say_nothing_beside_our_own_line(tmp_path):
    path = write_video(tmp_path / "cut.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    program = f"""
from pathlib import Path
from device.vision.sources import UsbCamera, VideoFile
from device.config import CameraConfig
for camera in (VideoFile(Path({str(path)!r})), UsbCamera(63, CameraConfig())):
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
        if path.stat().st_size < 1_500_000:
            video = VideoFile(path)
            video.open()
            first, last = video.read(), None
            while (frame := video.read()) is not None:
                assert frame.at > (last or first).at
                last = frame
            video.close()


def test_a_folder_gives_its_pictures_and_leaves_out_a_broken_one(tmp_path, caplog):
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


def test_a_late_frame_comes_at_once_and_a_long_gap_is_cut():
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


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("usb", "no such source"),
        ("no/such/clip.mp4", "no such source"),
        ("usb:one", "no such source"),
    ],
)
def test_a_source_that_means_nothing_says_what_it_takes(spec, says):
    with pytest.raises(UserError) as error:
        open_source(spec, CameraConfig())
    assert says in str(error.value)
    assert "picamera, usb:0, rtsp://" in str(error.value)
    assert spec in str(error.value)


def test_a_single_picture_is_no_source_and_an_empty_folder_neither(tmp_path):
    path = tmp_path / "one.jpg"
    cv2.imwrite(str(path), np.zeros((40, 40), np.uint8))
    with pytest.raises(UserError, match="takes a folder of them"):
        open_source(str(path), CameraConfig())
    path.unlink()
    with pytest.raises(UserError, match="no picture in this folder"):
        open_source(str(tmp_path), CameraConfig())


def test_files_folders_and_the_demo_play_and_are_not_live(tmp_path):
    clip = write_video(tmp_path / "clip.mp4", 5)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((40, 40), np.uint8))
    for spec in (str(clip), str(tmp_path), "demo"):
        assert not is_live(spec)
        camera = open_source(spec, CameraConfig())
        camera.open()
        before = time.monotonic()
        frame = camera.read()
        assert frame is not None
        assert before <= frame.at <= time.monotonic()
        camera.close()
    for spec in ("picamera", "usb:3", "rtsp://camera.example/1", "rtsps://camera.example/1"):
        assert is_live(spec)


def test_auto_is_what_this_machine_has():
    found = resolve_source("auto")
    assert found == "picamera" or found == "demo" or found.startswith("usb:")
    assert resolve_source("usb:7") == "usb:7"


def test_looking_for_usb_cameras_passes_over_what_is_none(tmp_path):
    (tmp_path / "video0").write_text("not a device")
    (tmp_path / "video1").symlink_to("/dev/null")
    (tmp_path / "video2").symlink_to(tmp_path / "gone")
    assert usb_cameras(tmp_path) == ()


def test_a_usb_camera_that_is_not_there_is_an_error_of_opening():
    camera = UsbCamera(63, CameraConfig())
    with pytest.raises(OSError, match="/dev/video63 does not open"):
        camera.open()
    camera.close()


@pytest.mark.slow
def test_fifty_openings_leave_the_memory_level(tmp_path):
    # failure 6
    clip = write_video(tmp_path / "clip.mp4", 20)
    program = f"""
import json, resource, threading
from device.config import CameraConfig
from device.vision.camera import Capture
from device.vision.sources import open_source

def resident_kb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

sizes = {{}}
for spec in ({str(clip)!r}, "demo"):
    config = CameraConfig(reopen_first_s=0.01, reopen_longest_s=0.01)
    capture = Capture(open_source(spec, config), config)
    sizes[spec] = []
    for _ in range(60):
        capture.allow()
        assert capture.take(20) is not None
        capture.pause()
        while capture.state.name != "closed":
            threading.Event().wait(0.002)
        sizes[spec].append(resident_kb())
    capture.close()
assert threading.active_count() == 1
print(json.dumps(list(sizes.values())))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=170
    )
    assert done.returncode == 0, done.stderr
    for sizes in json.loads(done.stdout):
        assert max(sizes[-10:]) - max(sizes[:10]) < 4096  # KiB; one frame here is 900


class RtspServer(threading.Thread):
    """A network camera: an MPEG transport stream over RTSP on loopback, as its clients ask."""

    def __init__(self, stream: bytes) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"rtsp://me:secret@127.0.0.1:{self._listener.getsockname()[1]}/1"
        self.start()

    def run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, client.makefile("rwb") as lines:
                try:
                    self._serve(lines)
                except (OSError, ValueError):
                    continue

    def _serve(self, lines: socket.SocketIO) -> None:
        while request := lines.readline().split():
            headers = {}
            while (line := lines.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                headers[name.lower()] = value.strip()
            method, body, extra = request[0].decode(), b"", ""
            if method == "DESCRIBE":
                body = b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
                body += b"m=video 0 RTP/AVP 33\r\na=control:track0\r\n"
                extra = "Content-Type: application/sdp\r\n"
            elif method == "SETUP":
                extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
            elif method == "OPTIONS":
                extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
            cseq = headers[b"cseq"].decode()
            lines.write(
                f"RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\n{extra}"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            lines.flush()
            if method == "PLAY":
                for n, at in enumerate(range(0, len(self._stream), 7 * 188)):
                    packet = struct.pack(">BBHII", 0x80, 33, n & 0xFFFF, n * 900, 1)
                    packet += self._stream[at : at + 7 * 188]
                    lines.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                lines.flush()
                return  # the cable is pulled

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture(scope="module")
def network_camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtspServer]:
    path = write_video(tmp_path_factory.mktemp("rtsp") / "stream.ts", 100, "mpg2")
    server = RtspServer(path.read_bytes())
    yield server
    server.stop()


def read_until_it_fails(camera: NetworkCamera) -> None:
    while True:
        camera.read()


def test_a_network_camera_is_read_lost_and_read_again(network_camera):
    # failure 4
    camera = NetworkCamera(network_camera.address, CameraConfig(width=160, height=120))
    for _ in range(2):
        camera.open()
        for _ in range(50):
            assert camera.read().rgb.shape == (120, 160, 3)
        with pytest.raises(OSError, match="gives no picture") as error:
            read_until_it_fails(camera)
        assert "secret" not in str(error.value)
        camera.close()


def test_a_network_camera_that_never_answers_is_given_up_within_the_deadline():
    # failure 5
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"rtsp://me:secret@127.0.0.1:{silent.getsockname()[1]}/1"
        camera = NetworkCamera(address, CameraConfig(read_deadline_s=1))
        began = time.monotonic()
        with pytest.raises(OSError, match="does not answer") as error:
            camera.open()
        assert time.monotonic() - began < 20  # FFmpeg's own patience would be 30
        assert "secret" not in str(error.value)


def test_passwords_are_left_out_of_what_is_shown():
    assert without_password("rtsp://me:secret@host:554/1") == "rtsp://host:554/1"
    assert without_password("rtsp://host/1") == "rtsp://host/1"
