from __future__ import annotations

import http.client
import itertools
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from device.__main__ import main
from device.camera.capture import Camera, FakeCamera
from device.camera.demo import Demo
from device.camera.images import frame_of
from device.commands.preview import GREY, Preview, PreviewServer, annotated
from device.config import Config
from device.corridor import Seen
from device.errors import UserError
from device.values import Frame, Image, Track
from tests.brokers import wait_until
from tests.device.faces.fakes import face_at
from tests.kiosks import wall


@pytest.fixture
def serve(config: Config) -> Iterator[Callable[[Camera], tuple[Preview, PreviewServer]]]:
    """Serves a preview of a camera, and ends it."""
    ends = []

    def start(camera: Camera) -> tuple[Preview, PreviewServer]:
        preview = Preview(config, camera)
        server = PreviewServer(preview, 0)
        server.start()
        over = threading.Event()

        def turn() -> None:
            while not over.is_set():
                preview.turn()

        thread = threading.Thread(target=turn)
        thread.start()

        def end() -> None:
            over.set()
            server.stop()
            thread.join()
            preview.close()

        ends.append(end)
        return preview, server

    yield start
    for end in ends:
        end()


def people() -> Iterator[Frame]:
    """A camera that sees a person, as fast as it is read."""
    demo = Demo(Config().camera)
    for n in itertools.count():
        yield frame_of(demo.view(2 + n / 30 % 8), time.monotonic())


def get(server: PreviewServer, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=30)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def next_picture(stream: http.client.HTTPResponse) -> Image:
    """The next JPEG of a stream, RGB."""
    assert stream.readline() == b"--frame\r\n"
    assert stream.readline() == b"Content-Type: image/jpeg\r\n"
    length = int(stream.readline().partition(b":")[2])
    assert stream.readline() == b"\r\n"
    jpeg = stream.read(length)
    assert stream.readline() == b"\r\n"
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def green(picture: Image) -> int:
    """Pixels of the colour in which a face's box is drawn."""
    red, grass, blue = (picture[:, :, n].astype(int) for n in range(3))
    return int(((grass > 150) & (red < 150) & (blue < 150)).sum())


def test_a_browser_sees_the_cameras_picture_with_a_box_around_the_face(serve):
    preview, server = serve(FakeCamera(people()))
    stream = get(server, "/stream")
    assert stream.getheader("Content-Type") == "multipart/x-mixed-replace; boundary=frame"
    picture = next_picture(stream)
    assert picture.shape == (480, 640, 3)
    for _ in range(300):
        if green(picture) > 150:
            break
        picture = next_picture(stream)
    assert green(picture) > 150
    wait_until(lambda: "trust" in preview.report, "somebody is reported")
    report = get(server, "/report").read().decode()
    assert report.startswith("camera open for ")
    assert "mood" in report
    wait_until(lambda: " = " in preview.report, "a score, term by term")
    stream.close()


def test_ignored_areas_are_drawn() -> None:
    frame = wall(1.0)
    plain, drawn = annotated(frame, Seen()), annotated(frame, Seen(), ((0.5, 0.25, 0.5, 0.5),))
    rows, columns = np.nonzero((drawn != plain).any(axis=2))
    assert (rows.min(), rows.max() + 1) == (120, 360)
    assert (columns.min(), columns.max() + 1) == (320, 640)
    assert (drawn[240, 400] == plain[240, 400]).all()


def test_a_still_face_is_drawn_apart_from_the_visitors() -> None:
    drawn = annotated(wall(1.0), Seen(still=(Track("a", face_at(320, 240, 100), 200, still=True),)))
    assert (drawn[200, 270] == GREY).all()
    assert green(drawn) == 0


def test_the_camera_is_open_only_while_somebody_watches(serve):
    camera = FakeCamera(people())
    preview, server = serve(camera)
    assert get(server, "/").status == 200
    assert get(server, "/report").read() == b""
    assert camera.opened == 0
    stream = get(server, "/stream")
    next_picture(stream)
    assert camera.is_open
    stream.close()
    wait_until(lambda: not camera.is_open, "the camera closes")
    wait_until(lambda: preview.report == "", "the report is forgotten")
    stream = get(server, "/stream")
    next_picture(stream)
    assert camera.opened == 2
    stream.close()


def test_the_guide_judges_who_stands_there_while_somebody_watches_and_never_else(serve):
    _, server = serve(FakeCamera(people()))

    def guide() -> dict[str, Any]:
        return json.loads(get(server, "/guide.json").read())

    assert guide()["guide"] is None
    page = get(server, "/")
    assert b"Does the camera hang well?" in page.read()
    for path in ("/guide.css", "/guide.js", "/details"):
        assert get(server, path).status == 200
    stream = get(server, "/stream")
    wait_until(lambda: (guide()["guide"] or {}).get("people"), "somebody is seen")
    found = guide()["guide"]
    assert [one["state"] for one in found["verdicts"][:4]] == ["pass"] * 4
    assert found["near"] < found["people"][0]["ahead"] < found["far"]
    stream.close()
    wait_until(lambda: guide()["guide"] is None, "the guide is forgotten")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--fov", "300"], "got 300, takes a number from 20 to 150"),
        (["--eyes", "tall"], "got tall, takes a number from 0.5 to 2.2"),
    ],
)
def test_what_no_camera_sees_and_nobody_measures_is_refused(
    capsys: pytest.CaptureFixture[str], words: list[str], says: str
):
    with pytest.raises(SystemExit):
        main(["preview", *words])
    assert says in capsys.readouterr().err


def test_a_lost_camera_is_a_picture_that_says_so(serve):
    failures = (OSError("no cable") for _ in itertools.count())
    preview, server = serve(FakeCamera([], failures))
    stream = get(server, "/stream")
    assert next_picture(stream).max() > 200  # white letters on black
    wait_until(lambda: "lost" in preview.report, "the camera is reported as lost")
    assert "no cable" in preview.report
    stream.close()


def test_only_this_machine_can_watch(serve):
    _, server = serve(FakeCamera([]))
    where = urlsplit(server.address)
    assert where.hostname == "127.0.0.1"
    with socket.socket() as other:  # another address of this machine, loopback too
        other.settimeout(5)
        with pytest.raises(OSError, match="refused"):
            other.connect(("127.0.0.2", where.port))


def test_no_page_may_embed_it_but_one_of_this_machine(config):
    preview = Preview(config, FakeCamera([]))
    with closing(preview):
        assert PreviewServer(preview, 0).policy.endswith("frame-ancestors 'none'")
        page = "http://127.0.0.1:8099"
        assert PreviewServer(preview, 0, page).policy.endswith(f"frame-ancestors {page}")
        for elsewhere in ("http://192.168.1.5:8099", "http://127.0.0.1:80 *", "*", f"{page}/ *"):
            with pytest.raises(UserError, match="--shown-by"):
                PreviewServer(preview, 0, elsewhere)


@pytest.mark.parametrize("path", ["/", "/stream", "/report"])
def test_another_host_name_for_this_machine_is_refused(serve, path):
    _, server = serve(FakeCamera(people()))
    answer = get(server, path, Host="evil.example:8090")
    assert answer.status == 421
    assert b"img" not in answer.read()
    for header, value in (
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ):
        assert answer.getheader(header) == value


def test_an_unknown_path_is_not_found(serve):
    _, server = serve(FakeCamera([]))
    assert get(server, "/../etc/passwd").status == 404


def test_a_taken_port_is_one_line(serve):
    preview, server = serve(FakeCamera([]))
    port = urlsplit(server.address).port
    assert port is not None
    for bad, reason in ((port, "is taken on this machine"), (70_000, "cannot be opened")):
        with pytest.raises(UserError, match=f"--port: {bad} {reason}.*; choose another"):
            PreviewServer(preview, bad).start()


def test_the_command_ends_in_one_line_where_its_port_is_taken(root: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "device", "preview", "--source", "demo", "--port", port]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"wayside: --port: {port} is taken" in done.stderr
    assert "Traceback" not in done.stderr  # MediaPipe's, of models that nobody closes


def test_the_command_prints_its_address_and_how_to_reach_it_and_ends_cleanly(root: Path):
    command = [sys.executable, "-m", "device", "preview", "--source", "demo", "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[0] == "camera: demo\n"
        address = lines[1].removeprefix("preview: http://").strip("/\n")
        assert "ssh -L" in lines[2]
        connection = http.client.HTTPConnection(address, timeout=30)
        connection.request("GET", "/stream")
        assert next_picture(connection.getresponse()).shape == (480, 640, 3)
        connection.close()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    # LiteRT warns by itself now and then, of tensors that lie on an odd address: a line about its
    # log, worded differently from machine to machine, then the warning.
    ours = [line for line in errors.splitlines() if not line.startswith(("WARNING: ", "W0"))]
    assert ours == []
