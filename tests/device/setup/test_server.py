"""The one port that is open beyond loopback: who gets an answer, and what it is."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from device.setup import words
from device.setup.door import DIGITS, IDLE_S, OPEN_S, Door
from device.setup.program import ENROLLED, FIRST, UNWRITABLE
from device.setup.server import FILES, MOST_BYTES, MOST_CONNECTIONS, is_near
from tests.brokers import wait_until
from tests.device.setup.opened import HOST, Clock, Opened, opened


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(tmp_path_factory.mktemp("setup")) as kiosk:
        yield kiosk


@pytest.fixture(scope="module")
def cookie(kiosk: Opened) -> str:
    return kiosk.enter()


def test_without_the_code_there_is_a_form_for_it_and_nothing_else(
    kiosk: Opened, cookie: str
) -> None:
    for path in (*FILES, words.PATH):
        assert kiosk.ask("GET", path)[0] == 200
    for method, actions in (("GET", kiosk.setup.reads), ("POST", kiosk.setup.changes)):
        for path in actions:
            body = {} if method == "POST" else None
            for login in ("", cookie[:-1], "__Host-setup=", "__Host-setup=ä"):
                status, said, _ = kiosk.ask(method, path, body, Cookie=login)
                assert (status, list(said)) == (401, ["error"])


def test_the_cookie_is_for_this_page_alone(kiosk: Opened, tmp_path: Path) -> None:
    with opened(tmp_path) as other:
        _, _, headers = other.ask("POST", "/enter", {"code": other.screen()["code"]})
    said = headers["Set-Cookie"]
    assert said.startswith("__Host-setup=")
    assert "; Path=/; Secure; HttpOnly; SameSite=Strict" in said


@pytest.mark.parametrize("host", ["evil.example", "evil.example:443", "localhost", "127.0.0.1", ""])
def test_a_name_that_another_site_lets_point_here_gets_no_answer(
    kiosk: Opened, cookie: str, host: str
) -> None:
    for path in ("/", "/settings"):
        assert kiosk.ask("GET", path, Host=host, Cookie=cookie)[0] == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1:8099"])
def test_a_change_that_another_sites_page_asks_for_is_refused(
    kiosk: Opened, cookie: str, origin: str
) -> None:
    for path in ("/save", "/join", "/camera", "/enter"):
        assert kiosk.ask("POST", path, {}, Origin=origin, Cookie=cookie)[0] == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[1]", 400),
        (b"[" * 5000, 400),
        (b"\xff", 400),
    ],
)
def test_a_body_that_is_no_small_object_is_refused(
    kiosk: Opened, cookie: str, body: bytes, status: int
) -> None:
    assert kiosk.ask("POST", "/camera", body, Cookie=cookie)[0] == status


def test_a_body_without_end_is_not_read(kiosk: Opened) -> None:
    port = int(kiosk.authority.rpartition(":")[2])
    context = ssl._create_unverified_context()
    plain = socket.create_connection((HOST, port), timeout=10)
    with context.wrap_socket(plain) as secured:
        head = f"POST /enter HTTP/1.1\r\nHost: {kiosk.authority}\r\n"
        secured.sendall(f"{head}Content-Length: {MOST_BYTES + 1}\r\n\r\n".encode())
        assert b" 413 " in secured.recv(100)


@pytest.mark.parametrize(
    ("address", "near"),
    [("192.168.1.7", True), ("10.9.8.7", True), ("172.31.0.1", True), ("169.254.3.4", True),
     ("8.8.8.8", False), ("172.32.0.1", False)],
)  # fmt: skip
def test_only_the_local_network_gets_an_answer(address: str, near: bool) -> None:
    assert is_near(address) is near


def test_who_keeps_it_busy_can_do_so_only_while_connected(tmp_path: Path) -> None:
    with opened(tmp_path) as kiosk, ExitStack() as busy:
        port = int(kiosk.authority.rpartition(":")[2])
        for _ in range(MOST_CONNECTIONS):
            busy.enter_context(socket.create_connection((HOST, port), timeout=10))
        with pytest.raises((ConnectionError, ssl.SSLError)):
            kiosk.ask("GET", "/")
        busy.close()
        wait_until(lambda: answers(kiosk), "an answer")


def answers(kiosk: Opened) -> bool:
    with suppress(OSError):
        return kiosk.ask("GET", "/")[0] == 200
    return False


def test_a_form_of_a_browser_is_no_request_of_the_page(kiosk: Opened, cookie: str) -> None:
    kind = "application/x-www-form-urlencoded"
    assert kiosk.ask("POST", "/camera", b"on=1", Cookie=cookie, Content_Type=kind)[0] == 415


def test_no_answer_can_be_embedded_kept_or_read_by_another_site(kiosk: Opened, cookie: str) -> None:
    for path in ("/", "/settings", "/nothing"):
        _, _, headers = kiosk.ask("GET", path, Cookie=cookie)
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers


def test_only_its_own_files_can_be_read(kiosk: Opened, cookie: str) -> None:
    for path in ("/../door.py", "/setup.html", "/screen.html", "/%2e%2e/config.yaml", "/state"):
        assert kiosk.ask("GET", path, Cookie=cookie)[0] == 404


def test_nothing_is_said_without_tls(kiosk: Opened) -> None:
    port = int(kiosk.authority.rpartition(":")[2])
    with socket.create_connection((HOST, port), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b""
        with suppress(ConnectionError):
            said = plain.recv(1000)
        assert b"HTTP/1" not in said


def test_the_screen_shows_the_fingerprint_of_the_certificate(kiosk: Opened) -> None:
    port = int(kiosk.authority.rpartition(":")[2])
    pem = ssl.get_server_certificate((HOST, port))
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
    assert digest.startswith(kiosk.screen()["fingerprint"].replace(" ", ""))
    assert len(kiosk.screen()["fingerprint"]) == 19


def test_neither_settings_nor_screen_tell_a_password(tmp_path: Path) -> None:
    config = (
        "display: {username: page, password: verysecret}\nmqtt: {username: k, password: alsoso}"
    )
    with opened(tmp_path, config) as kiosk:
        _, settings, _ = kiosk.ask("GET", "/settings", Cookie=kiosk.enter())
        assert "settings" in settings
        for said in (settings, kiosk.screen()):
            assert "secret" not in str(said)
            assert "alsoso" not in str(said)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"site": "two words"}, "site: got 'two words', takes letters"),
        ({"place.latitude": 99}, "place.latitude: got 99, takes less than or equal to 90"),
        ({"place.timezone": "Europe/Helsinky"}, "did you mean Europe/Helsinki"),
        ({"place.latitude": None}, "latitude and longitude, or neither"),
        ({"display.languages": []}, "display.languages"),
        ({"mqtt.broker": "evil.example"}, "mqtt.broker: not for the set-up page to set"),
        ({"recognise.gender": True}, "not for the set-up page to set"),
        ({"display.languages": [["en"]]}, "takes a text, a number or a list of them"),
        ({"site": {"a": 1}}, "takes a text, a number or a list of them"),
    ],
)
def test_what_the_configuration_does_not_take_is_one_line_and_changes_nothing(
    kiosk: Opened, cookie: str, answers: dict[str, Any], error: str
) -> None:
    status, said, _ = kiosk.ask("POST", "/save", answers, Cookie=cookie)
    assert status == 422
    assert error in said["error"]
    assert "\n" not in said["error"]
    assert "/" not in said["error"].partition(":")[0]  # no path of the kiosk
    assert not (kiosk.folder / "answers.json").exists()
    assert not kiosk.setup.ended.is_set()


def test_a_language_that_no_screen_has_is_refused(kiosk: Opened, cookie: str) -> None:
    status, said, _ = kiosk.ask("POST", "/save", {"display.languages": ["xx"]}, Cookie=cookie)
    assert status == 422
    assert "display.languages" in said["error"]


def test_the_names_of_an_enrolled_kiosk_are_those_of_its_certificate(tmp_path: Path) -> None:
    with opened(tmp_path, told=(ENROLLED,)) as kiosk:
        cookie = kiosk.enter()
        assert kiosk.ask("GET", "/settings", Cookie=cookie)[1]["fixed"] == ["site", "kiosk"]
        status, said, _ = kiosk.ask("POST", "/save", {"kiosk": "other"}, Cookie=cookie)
        assert (status, "certificate has fixed it" in said["error"]) == (422, True)
        same = {"kiosk": "pier-1", "place.country": "FI"}
        assert kiosk.ask("POST", "/save", same, Cookie=cookie)[0] == 200


def test_on_a_read_only_disk_nothing_seems_to_be_saved(tmp_path: Path) -> None:
    with opened(tmp_path, told=(UNWRITABLE,)) as kiosk:
        status, said, _ = kiosk.ask("POST", "/save", {"site": "pier"}, Cookie=kiosk.enter())
        assert (status, "read-only" in said["error"]) == (422, True)
        assert not kiosk.screen()["saved"]


def test_the_camera_test_ends_with_the_session(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, door=Door(clock)) as kiosk:
        assert kiosk.ask("POST", "/camera", {"on": True}, Cookie=kiosk.enter())[0] == 200
        assert kiosk.screen()["camera"]
        clock.now += IDLE_S + 1
        assert kiosk.screen()["code"]
        assert not kiosk.screen()["camera"]


def test_at_a_new_address_the_next_code_stands_on_the_screen_at_once(tmp_path: Path) -> None:
    with opened(tmp_path) as kiosk:
        cookie = kiosk.enter()
        kiosk.at.append("")  # between two networks
        wait_until(lambda: not kiosk.screen()["address"], "no network")
        kiosk.at.append(HOST)
        wait_until(lambda: HOST in kiosk.screen()["address"], "the same network again")
        assert kiosk.ask("GET", "/left", Cookie=cookie)[0] == 200
        kiosk.at.append("192.0.2.7")
        wait_until(lambda: "192.0.2.7" in kiosk.screen()["address"], "the new address")
        assert len(kiosk.screen()["code"]) == DIGITS


@pytest.mark.parametrize("first", [True, False])
def test_when_the_time_is_over_the_port_is_closed_and_a_new_kiosk_does_not_start(
    tmp_path: Path, first: bool
) -> None:
    clock = Clock()
    with opened(tmp_path, door=Door(clock), told=(FIRST,) * first) as kiosk:
        clock.now += OPEN_S
        wait_until(lambda: refuses(kiosk), "the closed port")
        assert kiosk.screen()["first"] is first
        assert (kiosk.screen()["minutes"], kiosk.screen()["code"]) == (0, "")


def refuses(kiosk: Opened) -> bool:
    with socket.socket() as phone:
        return phone.connect_ex((HOST, int(kiosk.authority.rpartition(":")[2]))) != 0


def test_nothing_else_of_a_kiosk_listens_beyond_loopback(root: Path) -> None:
    found = {
        str(file.relative_to(root))
        for file in (root / "device").rglob("*.py")
        if '"0.0.0.0"' in file.read_text(encoding="utf-8")
    }
    assert found == {"device/setup/program.py"}


def test_saving_leaves_the_answers_for_root_and_closes_the_page(tmp_path: Path) -> None:
    with opened(tmp_path) as kiosk:
        cookie, before = kiosk.enter(), kiosk.config.read_text()
        answers = {"kiosk": "pier-2", "site": "helsinki", "place.country": "FI"}
        assert kiosk.ask("POST", "/save", answers, Cookie=cookie)[0] == 200
        assert kiosk.setup.ended.wait(5)
        assert kiosk.screen()["saved"]
        left = yaml.safe_load((kiosk.folder / "answers.json").read_text())
        assert left == {"kiosk": "pier-2", "place.country": "FI"}
        assert kiosk.config.read_text() == before
    with pytest.raises(ConnectionError):
        kiosk.ask("GET", "/")
