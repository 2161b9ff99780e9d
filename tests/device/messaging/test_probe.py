"""`wayside check` asks a broker without disturbing the kiosk that runs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from device.config import MqttConfig, TlsConfig
from device.errors import UserError
from device.messaging.probe import probe
from device.messaging.tls import INSECURE
from tests.brokers import (
    Mosquitto,
    add_password,
    free_port,
    listen,
    mosquitto,
    wait_until,
)
from tests.device.messaging.conftest import KIOSK, StartBus, client_of
from tests.needs import needs, tool
from tests.tls import Certificate, certificate


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
    said = rf"^mqtt\.broker: 127\.0\.0\.1 port {port}: Connection refused: is the broker running"
    with pytest.raises(UserError, match=said):
        probe(client_of(port))


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a..b", "x" * 300])
def test_a_name_that_no_server_knows_is_one_line(name: str) -> None:
    said = rf"^mqtt\.broker: {name} port 1883: no host of this name is known: check the name"
    with pytest.raises(UserError, match=said):
        probe(client_of(1883, broker=name))


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


@pytest.mark.parametrize("sign", ["\n", "\t", "\0"])
def test_a_password_that_cannot_be_typed_is_told_from_a_wrong_one(sign: str) -> None:
    config = client_of(1883, username="kiosk", password=SecretStr(f"geheim{sign}"))
    with pytest.raises(UserError, match=r"^mqtt\.password: the password holds a control") as error:
        probe(config)
    assert "geheim" not in str(error.value)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate of another name than 127.0.0.1."""
    return certificate(tmp_path_factory.mktemp("certificates"), "broker.example")


@pytest.fixture
def tls_hub(tmp_path: Path, other: Certificate) -> Iterator[Mosquitto]:
    """A Mosquitto that speaks TLS, by a certificate of another name."""
    settings = f"certfile {other.server}\nkeyfile {other.key}"
    with mosquitto(tmp_path, listener=settings) as broker:
        yield broker


def told(config: MqttConfig, start_bus: StartBus) -> str:
    """What `check` and the running kiosk's health both say of a broker."""
    with pytest.raises(UserError) as error:
        probe(config)
    bus = start_bus(config, connected=False)
    place = f"mqtt.broker: {config.broker} port {config.port}: "
    wait_until(lambda: f"{place}{bus.state.trouble}" == str(error.value), "health says the same")
    return str(error.value).removeprefix(place)


@pytest.mark.mosquitto
@needs("mosquitto", "openssl")
def test_a_certificate_of_another_name_says_which_keys_mend_it(
    tls_hub: Mosquitto, other: Certificate, start_bus: StartBus
) -> None:
    # failure 46
    config = client_of(tls_hub.port, tls=TlsConfig(ca=other.ca))
    said = told(config, start_bus)
    assert said.startswith("the broker's certificate is for another name; write that name as mqtt")
    assert "mqtt.tls.insecure: true" in said


@pytest.mark.mosquitto
@needs("mosquitto", "openssl")
def test_a_name_that_cannot_match_is_accepted_with_a_warning(
    tls_hub: Mosquitto, other: Certificate, start_bus: StartBus
) -> None:
    # failure 46
    config = client_of(tls_hub.port, tls=TlsConfig(ca=other.ca, insecure=True))
    assert probe(config) == "5"
    bus = start_bus(config)
    assert (bus.state.trouble, bus.health()["warning"]) == (None, INSECURE)
    untrusted = client_of(tls_hub.port, tls=TlsConfig(insecure=True))
    with pytest.raises(UserError, match=r"issuer certificate.*mqtt\.tls\.ca"):
        probe(untrusted)


@pytest.mark.mosquitto
@needs("mosquitto", "openssl")
def test_a_plain_client_at_a_port_for_tls_is_told(tls_hub: Mosquitto, start_bus: StartBus) -> None:
    # failure 46
    assert told(client_of(tls_hub.port), start_bus).startswith(
        "the broker speaks TLS at this port; set mqtt.tls"
    )


@pytest.mark.mosquitto
@needs("mosquitto", "openssl")
def test_a_broker_that_asks_for_a_certificate_of_the_kiosk_says_so(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, start_bus: StartBus
) -> None:
    # failure 46
    signed = certificate(tmp_path_factory.mktemp("signed"))
    stranger = certificate(tmp_path_factory.mktemp("stranger"))
    settings = (
        f"certfile {signed.server}\nkeyfile {signed.key}\n"
        f"cafile {signed.ca}\nrequire_certificate true"
    )
    with mosquitto(tmp_path, listener=settings) as broker:
        tls = TlsConfig(ca=signed.ca)
        known = tls.model_copy(update={"certificate": signed.server, "key": signed.key})
        assert probe(client_of(broker.port, tls=known)) == "5"
        other = tls.model_copy(update={"certificate": stranger.server, "key": stranger.key})
        for config in (tls, other):
            said = told(client_of(broker.port, tls=config), start_bus)
            assert said.startswith("the broker ends TLS (")
            assert "alert" in said
            assert said.endswith("check mqtt.tls.certificate and mqtt.tls.key")


@needs("openssl")
def test_a_key_with_a_passphrase_is_refused_and_not_asked_for(
    tmp_path: Path, other: Certificate
) -> None:
    locked = tmp_path / "locked.pem"
    locked.touch()
    arguments = ("pkey", "-in", other.key, "-aes256", "-passout", "pass:geheim", "-out", locked)
    subprocess.run([tool("openssl"), *arguments], check=True, capture_output=True)
    config = client_of(1883, tls=TlsConfig(certificate=other.server, key=locked))
    with pytest.raises(UserError, match=r"^mqtt\.tls\.certificate: .*without a passph") as error:
        probe(config)
    assert "_ssl.c" not in str(error.value)


def test_tls_at_a_plain_port_is_told(either: int, start_bus: StartBus) -> None:
    # failure 46
    assert told(client_of(either, tls=TlsConfig()), start_bus).startswith(
        "the broker speaks no TLS at this port"
    )
