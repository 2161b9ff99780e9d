"""Kiosks as devices of Home Assistant: what announces them, and what it may read at the hub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from device.messaging.messages import Health
from device.messaging.topics import Topics
from tests.needs import needs
from tests.tools.fleet.clients import connected
from tools.__main__ import main
from tools.fleet.certificates import HOME_ASSISTANT, OPERATOR
from tools.fleet.homeassistant import EXPIRE_S, discovery, topic_of
from tools.fleet.local_hub import LocalHub, local_hub

ROOT_KEYS = {"device", "origin", "components", "availability", "state_topic", "qos", "encoding"}
DEVICE_KEYS = {"identifiers", "name", "manufacturer", "model", "sw_version", "connections"}
COMMON = {
    "platform", "name", "unique_id", "state_topic", "value_template", "device_class",
    "expire_after", "entity_category", "icon", "qos", "availability", "enabled_by_default",
}  # fmt: skip
KEYS = {
    "sensor": COMMON | {"unit_of_measurement", "state_class", "suggested_display_precision"},
    "binary_sensor": COMMON | {"payload_on", "payload_off", "off_delay"},
}
"""What the documentation of MQTT discovery, MQTT sensor and MQTT binary sensor lists."""

UNITS = {"temperature": "°C", "signal_strength": "dBm", "data_size": "MB"}
"""Of the device classes that have one, a unit that they take."""

CLASSES = {"sensor": set(UNITS), "binary_sensor": {"connectivity", "problem"}}

SAID: dict[str, Any] = {
    "temperature_c": 41.5,
    "fps": 15.0,
    "wifi_dbm": -60.0,
    "disk_free_mb": 900.0,
    "camera": {"state": "open"},
    "undervoltage": False,
    "reboot_waits": True,
}


@pytest.fixture(scope="module")
def announced() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(discovery("helsinki/kiosk-1"))
    return found


def rendered(template: str, said: dict[str, Any]) -> str:
    """What Jinja makes of a template: ours use only what it shares with Python, and `none`."""
    (expression,) = re.findall(r"^\{\{ (.+) \}\}$", template)
    assert re.fullmatch(r"(?:value_json|if|else|is|none|'\w+'|[.=\w ])+", expression)
    value = json.loads(json.dumps(said), object_hook=lambda fields: SimpleNamespace(**fields))
    return str(eval(expression.replace(" none ", " None "), {}, {"value_json": value}))


def test_it_has_the_keys_of_the_documentation_and_no_others(announced: dict[str, Any]) -> None:
    assert set(announced) <= ROOT_KEYS
    assert set(announced["device"]) <= DEVICE_KEYS
    assert announced["device"]["identifiers"]
    assert announced["origin"]["name"]
    for component in announced["components"].values():
        platform = component["platform"]
        assert set(component) <= KEYS[platform]
        assert {"platform", "unique_id", "state_topic"} <= set(component)
        kind = component.get("device_class")
        assert kind is None or kind in CLASSES[platform]
        assert kind not in UNITS or component["unit_of_measurement"] == UNITS[kind]
        assert component.get("entity_category") in (None, "diagnostic")


def test_its_topic_is_one_of_device_discovery() -> None:
    assert re.fullmatch(r"homeassistant/device/[\w-]+/[\w-]+/config", topic_of("helsinki/kiosk-1"))


def test_no_two_entities_of_a_fleet_have_one_id() -> None:
    names = ("a_b/c", "a/b_c", "a/b", "a/c")
    components = [json.loads(discovery(name))["components"] for name in names]
    ids = [one["unique_id"] for each in components for one in each.values()]
    assert len(set(ids)) == len(ids)


def test_every_value_of_the_kiosks_health_expires(announced: dict[str, Any]) -> None:
    health = Topics("helsinki", "kiosk-1").topic("health")
    for component in announced["components"].values():
        expires = component.get("expire_after")
        assert expires == (EXPIRE_S if component["state_topic"] == health else None)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("temperature", "41.5"),
        ("frame_rate", "15.0"),
        ("wifi", "-60.0"),
        ("disk_free", "900.0"),
        ("camera", "open"),
        ("undervoltage", "OFF"),
        ("reboot_waits", "ON"),
    ],
)
def test_templates_find_their_value_and_say_unknown_where_there_is_none(
    announced: dict[str, Any], key: str, says: str
) -> None:
    template = announced["components"][key]["value_template"]
    assert set(SAID) <= set(Health.__annotations__)
    assert rendered(template, SAID) == says
    assert rendered(template, dict.fromkeys(SAID)) == "None"


@pytest.mark.parametrize(("state", "says"), [("online", "ON"), ("stopped", "OFF")])
def test_a_kiosk_is_connected_while_it_is_online(
    announced: dict[str, Any], state: str, says: str
) -> None:
    template = announced["components"]["online"]["value_template"]
    assert rendered(template, {"state": state}) == says


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    with local_hub(tmp_path_factory.mktemp("home") / "hub") as hub:
        yield hub


@pytest.mark.mosquitto
@needs("mosquitto")
def test_all_enrolled_kiosks_are_announced_and_only_their_state_is_readable(
    hub: LocalHub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kiosks = ("town/k1", "town/k2")
    for name in kiosks:
        hub.authority.certify(name)
    assert main(["fleet", "homeassistant", "--hub", str(hub.folder)]) == 0
    assert "2 kiosks announced, 0 taken away" in capsys.readouterr().out
    with connected(hub.port, hub.operator.tls(HOME_ASSISTANT)) as home:
        home.subscribe("homeassistant/#")
        for name in kiosks:
            assert home.wait(topic_of(name)).retain
        home.subscribe("wayside/v1/#")
        with connected(hub.port, hub.operator.tls(OPERATOR)) as operator:
            for what in ("counts", "touches", "command", "command/result", "status"):
                operator.publish(f"wayside/v1/town/k1/{what}", b"{}")
        home.wait("wayside/v1/town/k1/status")
        assert {message.name for message in home.heard} == {"config", "status"}
        (refused,) = home.publish("wayside/v1/town/k1/command", b"{}")
        assert "authorized" in refused
    hub.authority.revoke("town/k2")
    assert main(["fleet", "homeassistant", "--hub", str(hub.folder)]) == 0
    assert "1 kiosks announced, 1 taken away" in capsys.readouterr().out
    assert main(["fleet", "homeassistant", "--remove", "--hub", str(hub.folder)]) == 0
    assert "0 kiosks announced, 1 taken away" in capsys.readouterr().out
