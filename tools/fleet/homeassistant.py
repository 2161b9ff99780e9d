"""Kiosks as devices of Home Assistant, by its MQTT discovery: one message a kiosk at the hub.

Home Assistant reads the kiosks' own messages at the hub, so nothing else need run. The payload is
that of device discovery (https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload).
Guarantee: a value that is not renewed becomes unavailable (`expire_after`), and nothing can be
switched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from device import RELEASE
from device.messaging.topics import Topics
from tools.fleet.connection import Connection

PREFIX = "homeassistant"

EXPIRE_S = 180
"""Seconds after which a value of `health` is old. One comes every 30 s, where
`upkeep.health_every_s` does not say otherwise."""


def topic_of(name: str) -> str:
    """Where a kiosk is announced. name: `site/kiosk`."""
    return f"{PREFIX}/device/{name}/config"


def discovery(name: str) -> bytes:
    """What announces a kiosk."""
    site, _, kiosk = name.partition("/")
    topics = Topics(site, kiosk)
    health = {"state_topic": topics.topic("health"), "expire_after": EXPIRE_S}
    diagnostic = {"entity_category": "diagnostic"}
    components: dict[str, dict[str, Any]] = {
        "online": {
            "platform": "binary_sensor",
            "name": "Online",
            "device_class": "connectivity",
            "state_topic": topics.topic("status"),
            "value_template": "{{ 'ON' if value_json.state == 'online' else 'OFF' }}",
        },
        "temperature": {
            "platform": "sensor",
            "name": "Temperature",
            "device_class": "temperature",
            "state_class": "measurement",
            "unit_of_measurement": "°C",
            "value_template": "{{ value_json.temperature_c }}",
            **health,
        },
        "frame_rate": {
            "platform": "sensor",
            "name": "Frame rate",
            "state_class": "measurement",
            "unit_of_measurement": "fps",
            "value_template": "{{ value_json.fps }}",
            **health,
        },
        "wifi": {
            "platform": "sensor",
            "name": "Wi-Fi",
            "device_class": "signal_strength",
            "state_class": "measurement",
            "unit_of_measurement": "dBm",
            "value_template": "{{ value_json.wifi_dbm }}",
            **health,
            **diagnostic,
        },
        "disk_free": {
            "platform": "sensor",
            "name": "Disk free",
            "device_class": "data_size",
            "state_class": "measurement",
            "unit_of_measurement": "MB",
            "value_template": "{{ value_json.disk_free_mb }}",
            **health,
            **diagnostic,
        },
        "camera": {
            "platform": "sensor",
            "name": "Camera",
            "value_template": "{{ value_json.camera.state if value_json.camera else 'None' }}",
            **health,
        },
        "undervoltage": {
            "platform": "binary_sensor",
            "name": "Supply voltage",
            "device_class": "problem",
            "value_template": _problem("undervoltage"),
            **health,
        },
        "reboot_waits": {
            "platform": "binary_sensor",
            "name": "Security updates wait for a restart",
            "device_class": "problem",
            "value_template": _problem("reboot_waits"),
            **health,
            **diagnostic,
        },
    }
    for key, component in components.items():
        component["unique_id"] = f"wayside/{name}/{key}"
    payload = {
        "device": {
            "identifiers": [f"wayside/{name}"],
            "name": f"Kiosk {name}",
            "manufacturer": "Wayside",
            "model": "Kiosk",
        },
        "origin": {"name": "Wayside", "sw_version": RELEASE},
        "components": components,
        "qos": 1,
    }
    return json.dumps(payload, ensure_ascii=False).encode()


def _problem(key: str) -> str:
    """A template of a problem: unknown where the kiosk does not know."""
    return f"{{{{ 'None' if value_json.{key} is none else 'ON' if value_json.{key} else 'OFF' }}}}"


def announce(connection: Connection, names: Iterable[str]) -> int:
    """Announce these kiosks, and take away all others that were; how many those are.

    Raises:
        UserError: the connection is lost.
    """
    wanted = {topic_of(name): discovery(name) for name in names}
    gone = connection.read([topic_of("+/+")]).keys() - wanted.keys()
    for topic, payload in [*wanted.items(), *((topic, b"") for topic in gone)]:
        connection.write(topic, payload)
    connection.flush()
    return len(gone)
