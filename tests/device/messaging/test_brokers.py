"""The tests' own Mosquitto: it must be what the others rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.brokers import Mosquitto, accepts, add_password, listen, mosquitto, wait_until
from tests.needs import needs

pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]


def test_a_broker_carries_messages_over_both_listeners_and_is_gone_afterwards(
    tmp_path: Path,
) -> None:
    with (
        mosquitto(tmp_path) as broker,
        listen(broker.websocket_port, "a/#", transport="websockets") as page,
        listen(broker.port) as other,
    ):
        other.say("a/b", {"n": 1})
        assert page.wait(lambda heard: heard.topic == "a/b").json() == {"n": 1}
    assert not accepts(broker.port)


def test_a_killed_broker_starts_again_on_the_same_ports_with_an_empty_store(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        with listen(broker.port) as client:
            client.say("kept", b"1", retain=True)
        broker.kill()
        assert not accepts(broker.port)
        broker.start()
        with listen(broker.port) as client:
            client.say("new", b"2")
            client.wait(lambda heard: heard.topic == "new")
            assert [heard.topic for heard in client.messages] == ["new"]


def test_a_broker_can_ask_for_passwords(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    add_password(passwords, "kiosk", "secret")
    with mosquitto(
        tmp_path, settings=f"allow_anonymous false\npassword_file {passwords}"
    ) as broker:
        with listen(broker.port, username="kiosk", password="secret") as client:
            client.say("a", {})
            client.wait(lambda heard: heard.topic == "a")
        assert "kiosk" in wait_until(broker.log, "a log")


def test_a_wrong_configuration_fails_with_the_brokers_own_message(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no_such_setting"):
        Mosquitto(tmp_path, settings="no_such_setting 1").start()
