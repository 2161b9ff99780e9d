"""`wayside check` asks a broker without disturbing the kiosk that runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from device.errors import UserError
from device.messaging.probe import probe
from tests.brokers import add_password, free_port, listen, mosquitto
from tests.device.messaging.conftest import KIOSK, StartBus, client_of
from tests.needs import needs


def test_a_probe_does_not_disturb_the_running_kiosk(either: int, start_bus: StartBus) -> None:
    bus = start_bus(client_of(either))
    with listen(either, KIOSK.root + "/#") as hub:
        assert probe(client_of(either)) == bus.state.protocol
        hub.say(KIOSK.root + "/end", {})
        hub.wait(lambda heard: heard.name == "end")
        said = [heard.json()["state"] for heard in hub.messages if heard.name == "status"]
    assert set(said) <= {"online"}
    assert bus.state.connected
    assert bus.state.reconnects == 0


def test_a_broker_that_is_not_there_is_one_line() -> None:
    port = free_port()
    with pytest.raises(UserError, match=rf"^mqtt\.broker: 127\.0\.0\.1 port {port}: .*refused"):
        probe(client_of(port))


def test_a_name_that_no_server_knows_is_one_line() -> None:
    with pytest.raises(UserError, match=r"^mqtt\.broker: no-such-host\.invalid port 1883: "):
        probe(client_of(1883, broker="no-such-host.invalid"))


@pytest.mark.mosquitto
@needs("mosquitto")
def test_a_refused_login_is_one_line(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    add_password(passwords, "kiosk", "right")
    settings = f"allow_anonymous false\npassword_file {passwords}"
    with mosquitto(tmp_path, settings=settings) as broker:
        wrong = client_of(broker.port, username="kiosk", password=SecretStr("wrong"))
        with pytest.raises(UserError, match=r"check mqtt\.username and mqtt\.password_file"):
            probe(wrong)
        right = wrong.model_copy(update={"password": SecretStr("right")})
        assert probe(right) == "5"
