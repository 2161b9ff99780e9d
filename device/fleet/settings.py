"""`agent.yaml`: the agent's own configuration, apart from the kiosk's, which releases may change.

`wayside-enrol` writes it (device/fleet/enrolment.py). Without a hub in it there is no fleet.
"""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from device.config import MqttConfig
from device.fleet.moment import Quiet
from device.machine import machine_name
from device.setting_types import AUTO, EMBEDDED, KioskName, TimeZone, TopicLevel
from device.typed_yaml import Section, read_yaml

FILE = Path("/etc/wayside/agent.yaml")


def hours(text: str) -> str:
    """Hours of a day, such as `01:30-05:00`.

    Raises:
        ValueError: something else; says what is accepted.
    """
    hour = r"(?:[01]\d|2[0-3]):[0-5]\d"
    if not re.fullmatch(rf"{hour}-{hour}", text):
        raise ValueError("two times of the day, as in 01:30-05:00")
    if text[:5] == text[6:]:
        raise ValueError("two different times; without `quiet_hours` a release may come at any")
    return text


class AgentConfig(Section):
    """The whole of `agent.yaml`."""

    site: TopicLevel = "helsinki"
    kiosk: KioskName = Field(AUTO, description="as in config.yaml")
    mqtt: MqttConfig | None = Field(None, description="the hub; null: there is no fleet")
    own: MqttConfig = Field(
        MqttConfig(broker="127.0.0.1", username="agent", password_file=Path("agent-password")),
        description="the kiosk's own broker",
    )
    folder: Path = Field(Path("/var/lib/wayside/fleet"), description="of the releases")
    root: Path = Field(Path("root.json"), description="the signed root that the kiosk trusts first")
    quiet_hours: Annotated[str, AfterValidator(hours)] | None = Field(
        None, description="when a release may be switched to, as in 01:30-05:00; null: always"
    )
    timezone: TimeZone = Field("UTC", description="of the quiet hours")

    @model_validator(mode="after")
    def _two_brokers(self) -> AgentConfig:
        if EMBEDDED in (self.own.broker, self.mqtt and self.mqtt.broker):
            raise ValueError("a host as broker; embedded is only for the kiosk itself")
        return self

    @property
    def quiet(self) -> Quiet | None:
        """The quiet hours, if there are any."""
        if self.quiet_hours is None:
            return None
        begins, ends = map(time.fromisoformat, self.quiet_hours.split("-"))
        return Quiet(begins, ends)


def load_settings(path: Path) -> AgentConfig:
    """Read `agent.yaml`; its relative paths become absolute, and `kiosk: auto` a name.

    Raises:
        UserError: no such file, not YAML, an unknown key or a bad value.
    """
    config = read_yaml(path, AgentConfig, named_by="--config")
    if config.kiosk == AUTO:
        config = config.model_copy(update={"kiosk": machine_name()})
    folder = path.resolve().parent
    changes: dict[str, object] = {"folder": folder / config.folder, "root": folder / config.root}
    for name, broker in (("mqtt", config.mqtt), ("own", config.own)):
        changes[name] = broker and _absolute(broker, folder)
    return config.model_copy(update=changes)


def _absolute(broker: MqttConfig, folder: Path) -> MqttConfig:
    """The same with its files taken from a folder."""
    tls = broker.tls and broker.tls.model_copy(
        update={
            name: (path := getattr(broker.tls, name)) and folder / path
            for name in ("ca", "certificate", "key")
        }
    )
    password = broker.password_file and folder / broker.password_file
    return broker.model_copy(update={"password_file": password, "tls": tls})
