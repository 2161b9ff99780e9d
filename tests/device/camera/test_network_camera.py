"""A camera over RTSP or HTTP: reading, reconnecting, deadlines, and a password that is never
shown."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest

from device.camera.capture import Camera
from device.camera.sources import NetworkCamera, open_source, without_password
from device.config import CameraConfig
from tests.device.camera.clips import write_video


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


def read_until_it_fails(camera: Camera) -> None:
    while True:
        camera.read()


def test_a_network_camera_is_read_again_after_a_loss(network_camera):
    # failure 4
    camera = NetworkCamera(network_camera.address, CameraConfig(width=160, height=120))
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


def test_passwords_are_never_shown():
    assert without_password("rtsp://me:secret@host:554/1") == "rtsp://host:554/1"
    assert without_password("rtsp://host/1") == "rtsp://host/1"


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
