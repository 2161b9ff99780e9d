"""show-page restarts the browser of a silent page, and not because of a broken broker."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import free_port, wait_until
from tests.needs import needs
from tests.systemd.kiosk_broker import KioskBroker, kiosk_broker

pytestmark = [pytest.mark.mosquitto, pytest.mark.slow, needs("mosquitto", "mosquitto_sub")]

DISPLAY = "wayside/v1/helsinki/kiosk-1/display"


@pytest.fixture
def broker(root: Path, tmp_path: Path) -> Iterator[KioskBroker]:
    with kiosk_broker(root, tmp_path) as broker:
        yield broker


class Screen:
    """`show-page` with a program that only waits in place of the browser."""

    def __init__(self, root: Path, folder: Path, port: int, password: str) -> None:
        browser = folder / "browser"
        browser.write_text(
            '#!/bin/sh\necho "$@" > "$RUNTIME_DIRECTORY/arguments"\nexec sleep 300\n'
        )
        browser.chmod(0o755)
        (folder / "mosquitto_sub").write_text(f"-u screen\n-P {password}\n")
        self.arguments = folder / "arguments"
        self.process = subprocess.Popen(
            [root / "systemd/show-page", "http://127.0.0.1:8083/"],
            env={
                "PATH": os.environ["PATH"],
                "RUNTIME_DIRECTORY": str(folder),
                "BROWSER": str(browser),
                "SCREEN": str(folder),
                "PORT": str(port),
                "SILENCE": "1",
                "PAUSE": "0.2",
                "SET_UP": str(folder / "set-up"),
            },
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ended(self) -> bool:
        return self.process.poll() is not None

    def close(self) -> str:
        if not self.ended():
            self.process.terminate()
        errors = self.process.communicate(timeout=20)[1]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return str(errors)


def test_a_silent_page_ends_the_browser_and_a_heartbeat_keeps_it(
    root: Path, tmp_path: Path, broker: KioskBroker
) -> None:
    screen = Screen(root, tmp_path, broker.port, broker.passwords["screen"])
    page = broker.client("page")
    try:
        until = time.monotonic() + 4  # several times the silence that would end it
        while time.monotonic() < until:
            assert page.may_publish(DISPLAY)
            assert not screen.ended()
            time.sleep(0.2)
        wait_until(screen.ended, "the end of a silent browser", within_s=30)  # failure 28
        assert "silent for 1 s" in screen.close()
    finally:
        page.close()
        screen.close()


def test_a_broker_that_does_not_answer_does_not_end_the_browser(root: Path, tmp_path: Path) -> None:
    screen = Screen(root, tmp_path, free_port(), "none")
    until = time.monotonic() + 3
    while time.monotonic() < until:
        assert not screen.ended()
        time.sleep(0.2)
    assert screen.close() == ""


def test_the_browser_writes_to_memory_only_and_is_full_screen(root: Path, tmp_path: Path) -> None:
    screen = Screen(root, tmp_path, free_port(), "none")
    try:
        wait_until(screen.arguments.exists, "the browser's start")
        wait_until(lambda: "8083" in screen.arguments.read_text(), "the browser's arguments")
    finally:
        screen.close()
    flags = screen.arguments.read_text().split()
    assert f"--user-data-dir={tmp_path}/profile" in flags  # failure 25
    assert f"--disk-cache-dir={tmp_path}/cache" in flags
    assert "--kiosk" in flags
    assert flags[-1] == "http://127.0.0.1:8083/"


def test_when_the_browser_dies_the_service_ends_and_is_restarted(
    root: Path, tmp_path: Path
) -> None:
    screen = Screen(root, tmp_path, free_port(), "none")
    try:
        wait_until(screen.arguments.exists, "the browser's start")
        children = subprocess.run(
            ["pgrep", "-P", str(screen.process.pid), "-x", "sleep"],
            capture_output=True,
            text=True,
            check=True,
        )
        os.kill(int(children.stdout.split()[0]), signal.SIGKILL)  # failure 28
        wait_until(screen.ended, "the end of the screen")
    finally:
        screen.close()


def test_while_the_kiosk_is_set_up_the_screen_shows_that_and_no_heartbeat_is_missed(
    root: Path, tmp_path: Path, broker: KioskBroker
) -> None:
    (tmp_path / "set-up").touch()
    screen = Screen(root, tmp_path, broker.port, broker.passwords["screen"])
    try:
        wait_until(screen.arguments.exists, "the browser")
        wait_until(lambda: "http://127.0.0.1:8099/" in screen.arguments.read_text(), "the address")
        time.sleep(2)  # longer than the silence that would end it
        assert not screen.ended()
    finally:
        screen.close()
