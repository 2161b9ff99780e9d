"""The watchdog: when it is fed, and the notifications to the service manager."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.upkeep.notify import Notifier
from device.upkeep.watchdog import LONGEST_DEADLINE_S, Heartbeats, Watchdog


class Manager:
    """The other end of NOTIFY_SOCKET, as systemd holds it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.settimeout(10)

    def receive(self) -> dict[str, str]:
        lines = self._socket.recv(4096).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def receive_until(self, key: str, value: str) -> dict[str, str]:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            message = self.receive()
            if message.get(key) == value:
                return message
        raise AssertionError(f"{key}={value} never came")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.close()


@pytest.fixture
def watchdog(manager: Manager) -> Iterator[Watchdog]:
    watchdog = Watchdog(Notifier(manager.address), every_s=0.01)
    yield watchdog
    watchdog.stop()


class Clock:
    """Monotonic seconds that a test moves by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_the_watchdog_is_fed_while_every_loop_turns(manager: Manager, watchdog: Watchdog) -> None:
    watchdog.heartbeats.expect("corridor", within_s=10)
    watchdog.ready("running")
    assert manager.receive() == {"READY": "1", "STATUS": "running"}
    for _ in range(3):
        assert manager.receive() == {"WATCHDOG": "1"}


def test_a_loop_that_hangs_restarts_the_process(
    manager: Manager, watchdog: Watchdog
) -> None:  # failure 1
    capture = watchdog.heartbeats.expect("capture", within_s=10)
    watchdog.heartbeats.expect("corridor", within_s=0.05)
    hung = threading.Event()

    def turn() -> None:
        while not hung.wait(0.01):
            capture()

    loop = threading.Thread(target=turn)
    loop.start()
    try:
        watchdog.ready()
        message = manager.receive_until("WATCHDOG", "trigger")
    finally:
        hung.set()
        loop.join()
    assert message["STATUS"] == "hangs: corridor"


def test_a_lasting_hang_is_notified_again(manager: Manager, watchdog: Watchdog) -> None:
    watchdog.heartbeats.expect("bus", within_s=0.01)
    watchdog.ready()
    manager.receive_until("WATCHDOG", "trigger")
    assert manager.receive()["WATCHDOG"] == "trigger"


def test_the_watchdog_is_not_fed_before_the_start_is_complete(
    manager: Manager, watchdog: Watchdog
) -> None:
    watchdog.loading("models", within_s=90)  # failure 23
    assert manager.receive() == {"EXTEND_TIMEOUT_USEC": "90000000", "STATUS": "loading models"}
    watchdog.ready()
    assert "READY" in manager.receive()


def test_a_clean_shutdown_is_notified_and_ends_the_feeding(
    manager: Manager, watchdog: Watchdog
) -> None:
    watchdog.ready()
    watchdog.stop()
    manager.receive_until("STOPPING", "1")


def test_a_loop_is_late_after_its_own_deadline_and_not_before() -> None:
    clock = Clock()
    heartbeats = Heartbeats(clock)
    slow = heartbeats.expect("bus", within_s=10)
    heartbeats.expect("capture", within_s=6)
    clock.at += 5.9
    assert heartbeats.late() == {}
    clock.at += 0.2
    assert heartbeats.late() == {"capture": pytest.approx(6.1)}
    slow()
    clock.at += 9
    assert set(heartbeats.late()) == {"capture"}
    assert heartbeats.steps()["bus"].ok


def test_a_loop_that_ended_as_it_should_is_never_late() -> None:
    clock = Clock()
    heartbeats = Heartbeats(clock)
    beat = heartbeats.expect("server", within_s=1)
    heartbeats.forget("server")
    beat()
    clock.at += 100
    assert heartbeats.late() == {}
    assert heartbeats.steps() == {}


@pytest.mark.parametrize("within_s", [0, -1, LONGEST_DEADLINE_S + 0.1])
def test_a_deadline_beyond_that_of_the_hardware_watchdog_is_refused(within_s: float) -> None:
    with pytest.raises(ValueError, match="corridor: got"):  # failure 24
        Heartbeats().expect("corridor", within_s=within_s)


def test_without_a_service_manager_nothing_is_sent() -> None:
    watchdog = Watchdog(Notifier.from_environment({}), every_s=0.01)
    watchdog.loading("models")
    watchdog.ready()
    watchdog.stop()


def test_an_abstract_socket_is_supported() -> None:
    manager = Manager(f"@wayside-test-{time.monotonic_ns()}")
    Notifier.from_environment({"NOTIFY_SOCKET": manager.address}).status("two\nlines")
    assert manager.receive() == {"STATUS": "two lines"}
    manager.close()


def test_a_manager_that_is_gone_is_no_error(tmp_path: Path) -> None:
    Notifier(str(tmp_path / "gone")).feed()
