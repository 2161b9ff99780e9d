"""A camera over RTSP or HTTP: reading, reconnecting, deadlines, and a password that is never
shown."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import cv2
import numpy as np
import pytest

from device.camera.capture import Camera
from device.camera.sources import NetworkCamera, is_live, open_source
from device.config import CameraConfig
from device.errors import UserError
from tests.device.camera.clips import write_video
from tests.rtsp import RtspCamera


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a camera sends: 100 pictures."""
    return write_video(tmp_path_factory.mktemp("rtsp") / "stream.ts", 100, "mpg2").read_bytes()


@pytest.fixture(scope="module")
def network_camera(stream: bytes) -> Iterator[RtspCamera]:
    with RtspCamera(stream) as camera:
        yield camera


def read_until_it_fails(camera: Camera) -> None:
    while True:
        camera.read()


def test_a_network_camera_is_read_again_after_a_loss(network_camera):
    # failure 4
    camera = NetworkCamera(
        network_camera.address("me:secret@"), CameraConfig(width=160, height=120)
    )
    for _ in range(2):
        camera.open()
        for _ in range(50):
            assert camera.read().rgb.shape == (120, 160, 3)
        with pytest.raises(OSError, match="delivers no picture") as error:
            read_until_it_fails(camera)
        assert "secret" not in str(error.value)
        camera.close()


def test_a_network_camera_that_does_not_answer_fails_within_the_deadline():
    # failure 5
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"rtsp://me:secret@127.0.0.1:{silent.getsockname()[1]}/1"
        camera = NetworkCamera(address, CameraConfig(read_deadline_s=1))
        began = time.monotonic()
        with pytest.raises(OSError, match="does not answer") as error:
            camera.open()
        assert time.monotonic() - began < 20  # FFmpeg's own patience would be 30
        assert "secret" not in str(error.value)


@pytest.mark.parametrize("asks", ["Basic", 'Digest qop="auth"'])
@pytest.mark.parametrize("password", ["pa/ss#w?rd@", "p:a@s[s] w", "100%", "ключ"])
def test_the_password_that_is_checked_is_the_one_that_opens_the_stream(stream, asks, password):
    with RtspCamera(stream, login=("me", password), asks=asks) as served:
        address = served.address(f"me:{quote(password, safe='')}@")
        camera = NetworkCamera(address, CameraConfig(width=160, height=120))
        camera.ask(5)
        camera.open()
        assert camera.read().rgb.shape == (120, 160, 3)
        camera.close()


@pytest.mark.parametrize(
    ("served", "reason"),
    [
        ({"login": ("me", "other")}, "refuses the user name or the password (401)"),
        ({"login": ("me", "other"), "asks": "Digest"}, "refuses the user name or the password"),
        ({"status": 403}, "refuses this user (403)"),
        ({"status": 404}, "has no such stream (404)"),
        ({"kind": "audio"}, "is no camera: it sends no video"),
        ({}, "answers, but its stream cannot be read"),
    ],
)
def test_a_stream_that_does_not_open_has_the_reason_that_check_gives(served, reason):
    # failure 41
    with RtspCamera(b"", **served) as network:
        address = network.address("me:secret@")
        camera = NetworkCamera(address, CameraConfig(read_deadline_s=5))
        with pytest.raises(OSError, match=re.escape(reason)) as error:
            camera.open()
        camera.close()
        assert str(error.value).startswith(f"rtsp://127.0.0.1:{network.port} ")


def test_an_address_in_capitals_is_opened(network_camera):
    address = network_camera.address().replace("rtsp:", " RTSP:")
    camera = open_source(address, CameraConfig(width=160, height=120))
    assert is_live(address)
    camera.open()
    assert camera.read() is not None
    camera.close()


@pytest.mark.parametrize("sign", "/#?")
def test_an_address_that_must_be_written_otherwise_is_refused_at_the_start(sign):
    # failure 40
    with pytest.raises(UserError, match=r"camera\.source: rtsp://\.\.\.: .* write %") as error:
        open_source(f"rtsp://me:ge{sign}heim@127.0.0.1:554/1", CameraConfig())
    assert "heim" not in str(error.value)


class HttpCamera(BaseHTTPRequestHandler):
    """A camera that sends JPEGs: 30 of them in one answer at /stream, one at /snapshot."""

    JPEG = cv2.imencode(".jpg", np.full((240, 320, 3), (0, 0, 200), np.uint8))[1].tobytes()

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path == "/snapshot":
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(self.JPEG)))
            self.end_headers()
            self.wfile.write(self.JPEG)
            return
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(self.JPEG)}\r\n\r\n"
        for _ in range(30):
            self.wfile.write(b"--frame\r\n" + head.encode() + self.JPEG + b"\r\n")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def http_camera() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), HttpCamera)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_camera_that_sends_mjpeg_over_http_is_read_again_after_a_loss(http_camera):
    # failure 4
    camera = open_source(f"{http_camera}/stream", CameraConfig(width=160, height=120))
    for _ in range(2):
        camera.open()
        for _ in range(20):
            frame = camera.read()
            assert frame is not None
            assert frame.rgb.shape == (120, 160, 3)
            assert abs(frame.rgb[60, 80].astype(int) - (200, 0, 0)).max() < 8
        with pytest.raises(OSError, match="delivers no picture"):
            read_until_it_fails(camera)
        camera.close()


def test_the_address_of_a_single_picture_is_told_from_that_of_a_stream(http_camera):
    camera = open_source(f"{http_camera}/snapshot", CameraConfig())
    camera.open()
    assert camera.read() is not None
    with pytest.raises(OSError, match="sends one picture alone; take the stream's address"):
        camera.read()
    camera.close()
