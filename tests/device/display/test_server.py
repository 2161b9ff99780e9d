"""The server answers for the page's own files on loopback, and for nothing else."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from device import RELEASE
from device.catalogue.columns import COLUMNS
from device.catalogue.pictures import picture_files
from device.config import Config
from device.display.made import made_files
from device.display.server import (
    PAGE,
    PageServer,
    settings_script,
)
from device.display.sizes import page_sizes
from device.errors import UserError
from device.words.table import LANGUAGES

SILENT = Config.model_validate({"speech": {"output": "never"}})
SETTINGS, WORDS = settings_script(SILENT), made_files(SILENT)


@pytest.fixture
def server() -> Iterator[PageServer]:
    server = PageServer(0, SETTINGS, WORDS)
    server.start()
    yield server
    server.stop()


def ask(
    server: PageServer, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    where = urlsplit(server.address)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "file", "content_type"),
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/index.html", "index.html", "text/html; charset=utf-8"),
        ("/style.css", "style.css", "text/css; charset=utf-8"),
        ("/page.js?1", "page.js", "text/javascript; charset=utf-8"),
        ("/vendor/mqtt.min.js", "vendor/mqtt.min.js", "text/javascript; charset=utf-8"),
    ],
)
def test_each_file_of_the_page_is_served_with_its_type(
    server: PageServer, path: str, file: str, content_type: str
) -> None:
    response, body = ask(server, path)
    assert (response.status, response.headers["Content-Type"]) == (200, content_type)
    assert body == (PAGE / file).read_bytes()


def test_the_settings_give_the_page_the_address_of_its_broker(server: PageServer) -> None:
    _, body = ask(server, "/settings.js")
    settings = json.loads(body.decode().removeprefix("window.WAYSIDE = ").removesuffix(";\n"))
    assert settings == {
        "url": "ws://127.0.0.1:8083",
        "root": "wayside/v1/helsinki/kiosk-1",
        "username": None,
        "password": None,
        "release": RELEASE,
        "speech": None,
        "guide": None,
        "ask": False,
        "tone": False,
        "keys": {},
        "buttons": [],
        "operator": "",
        "stay_s": 30.0,
        "timezone": "UTC",
        "photographs": [],
        "guesses": ["mood", "age", "gender"],
        "sizes": page_sizes(Config()),
    }


def test_the_page_begins_with_the_sites_words_and_finds_each_other_language_beside_it(
    server: PageServer,
) -> None:
    _, body = ask(server, "/words.js")
    words = json.loads(body.decode().partition(" = ")[2].removesuffix(";\n"))
    assert words["site"] == list(words["tables"]) == ["en"]
    assert [each["code"] for each in words["offered"]] == [
        "en",
        *(o for o in LANGUAGES if o != "en"),
    ]
    for code in LANGUAGES:
        answer, body = ask(server, f"/words/{code}.json")
        assert answer.status == (404 if code == "en" else 200)
        table = words["tables"]["en"] if code == "en" else json.loads(body)
        assert table.keys() == {
            "own_name",
            "locale",
            "direction",
            "page",
            "guesses",
            "reasons",
            "tags",
        }
    for code in words["hyphens"]:
        answer, body = ask(server, f"/vendor/hyphens/{code}.json")
        assert answer.status == 200
        assert body == (PAGE / "vendor" / "hyphens" / f"{code}.json").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py",
        "/..%2fserver.py",
        "/%2e%2e/server.py",
        "//etc/passwd",
        "/vendor/../../server.py",
        "/vendor/",
        "/vendor",
        "/vendor/VENDORED.json",
        "/nothing.js",
        "../server.py",
        "*",
    ],
)
def test_no_path_leads_out_of_the_page_and_no_folder_is_listed(
    server: PageServer, path: str
) -> None:
    response, body = ask(server, path)
    assert (response.status, body) == (404, b"Not Found\n")


COMPOSED, DECOMPOSED = "Café 한.png", "Cafe\u0301 \u1112\u1161\u11ab.png"


@pytest.mark.parametrize("name", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("asked", [COMPOSED, DECOMPOSED])
def test_a_picture_is_found_whichever_way_its_name_is_composed(
    tmp_path: Path, name: str, asked: str
) -> None:  # failure 38
    (tmp_path / name).write_bytes(b"some bytes")
    server = PageServer(0, SETTINGS, WORDS, tmp_path)
    server.start()
    try:
        assert ask(server, f"/pictures/{quote(asked)}")[1] == b"some bytes"
    finally:
        server.stop()


@pytest.mark.parametrize(
    "name",
    ["at 3.44\u202fPM.png", "two  blanks.png", " before.png", "hard\xa0blank.png", "100%.png",
     "a#b?c&d.png", "UP.PNG", "\N{DECIDUOUS TREE}.jpg"],
)  # fmt: skip
def test_a_picture_is_found_by_the_name_that_the_builder_makes_of_its_own(
    tmp_path: Path, name: str
) -> None:  # failure 38
    (tmp_path / name).write_bytes(b"some bytes")
    picture = next(column for column in COLUMNS if column.name == "picture").value(name)
    assert isinstance(picture, str)
    assert picture in picture_files(tmp_path)
    server = PageServer(0, SETTINGS, WORDS, tmp_path)
    server.start()
    try:
        assert ask(server, f"/pictures/{quote(picture)}")[1] == b"some bytes"
    finally:
        server.stop()


def test_pictures_are_served_from_their_folder_and_nothing_else_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    (folder / "by the lake").mkdir(parents=True)
    for name in ("a.PNG", "by the lake/b.webp", "notes.txt", "page.html"):
        (folder / name).write_bytes(b"some bytes")
    (tmp_path / "outside.png").write_bytes(b"private")
    server = PageServer(0, SETTINGS, WORDS, folder)
    server.start()
    try:
        for path, kind in (("a.PNG", "image/png"), ("by%20the%20lake/b.webp", "image/webp")):
            response, body = ask(server, f"/pictures/{path}")
            assert (response.status, response.headers["Content-Type"]) == (200, kind)
            assert body == b"some bytes"
        for path in ("notes.txt", "page.html", "../outside.png", "..%2foutside.png", "", "c.png"):
            assert ask(server, f"/pictures/{path}")[0].status == 404
        (folder / "a.PNG").unlink()  # taken away while the kiosk runs
        assert ask(server, "/pictures/a.PNG")[0].status == 404
    finally:
        server.stop()


def test_a_missing_folder_of_pictures_is_a_warning_and_harms_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = PageServer(0, SETTINGS, WORDS, tmp_path / "gone")
    server.start()
    try:
        assert ask(server, "/")[0].status == 200
    finally:
        server.stop()
    assert "gone: no such folder" in caplog.text


def test_only_get_and_head_are_answered(server: PageServer) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        response, _ = ask(server, "/", method)
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
    response, body = ask(server, "/style.css", "HEAD")
    assert (response.status, body) == (200, b"")
    assert int(response.headers["Content-Length"]) == (PAGE / "style.css").stat().st_size


def test_every_answer_carries_the_headers_that_keep_other_sites_out(server: PageServer) -> None:
    for path in ("/", "/settings.js", "/nothing"):
        response, _ = ask(server, path)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        assert "camera=()" in response.headers["Permissions-Policy"]


def test_another_name_for_this_machine_is_refused(server: PageServer) -> None:
    response, body = ask(server, "/settings.js", Host="rebound.example:80")
    assert response.status == 421
    assert b"WAYSIDE" not in body
    assert ask(server, "/settings.js", Host="localhost:9000")[0].status == 200


def test_a_broken_request_does_not_disturb_the_next_one(server: PageServer) -> None:
    where = urlsplit(server.address)
    with socket.create_connection((where.hostname, where.port), timeout=10) as client:
        client.sendall(b"\x16\x03\x01 not http\r\n\r\n")
        client.recv(1000)
    assert ask(server, "/")[0].status == 200


def test_it_listens_on_loopback_only(server: PageServer) -> None:
    assert server.address.startswith("http://127.0.0.1:")


def test_a_taken_port_is_one_line_that_names_the_key(server: PageServer) -> None:
    port = urlsplit(server.address).port
    assert port is not None
    second = PageServer(port, SETTINGS, WORDS)
    with pytest.raises(UserError, match=rf"^display\.port: {port} is taken on this machine; .*$"):
        second.start()
    second.stop()


def test_it_starts_again_on_the_same_port() -> None:
    first = PageServer(0, SETTINGS, WORDS)
    first.start()
    port = urlsplit(first.address).port
    first.stop()
    second = PageServer(port or 0, SETTINGS, WORDS)
    second.start()
    assert ask(second, "/")[0].status == 200
    second.stop()
    with pytest.raises(RuntimeError):
        _ = second.address


def test_the_settings_carry_the_pages_own_name_and_the_port_that_was_chosen() -> None:
    config = Config.model_validate(
        {
            "site": "s",
            "kiosk": "k",
            "mqtt": {"websocket_port": 0},
            "display": {"username": "page", "password": "</script>'\""},
            "speech": {"output": "never"},
        }
    )
    script = settings_script(config, websocket_port=4321)
    settings = json.loads(script.removeprefix("window.WAYSIDE = ").removesuffix(";\n"))
    assert settings == {
        "url": "ws://127.0.0.1:4321",
        "root": "wayside/v1/s/k",
        "username": "page",
        "password": "</script>'\"",
        "release": RELEASE,
        "speech": None,
        "guide": None,
        "ask": False,
        "tone": False,
        "keys": {},
        "buttons": [],
        "operator": "",
        "stay_s": 30.0,
        "timezone": "UTC",
        "photographs": [],
        "guesses": ["mood", "age", "gender"],
        "sizes": page_sizes(Config()),
    }


@pytest.mark.parametrize(
    "url",
    ["ws://hub.example:8083", "http://127.0.0.1:8083", "127.0.0.1:8083", "ws://127.0.0.1.hub:1"],
)
def test_a_broker_that_is_not_on_this_kiosk_is_refused(url: str) -> None:
    config = Config.model_validate({"display": {"websocket_url": url}})
    with pytest.raises(UserError, match=r"^display\.websocket_url: got .*ws://127\.0\.0\.1:8083$"):
        settings_script(config)


def test_with_a_broker_on_another_machine_the_page_needs_one_on_this() -> None:
    with pytest.raises(UserError, match=r"^display\.websocket_url: missing; .*$"):
        settings_script(Config.model_validate({"mqtt": {"broker": "hub.example"}}))
    assert "8083" in settings_script(Config.model_validate({"mqtt": {"broker": "127.0.0.1"}}))
