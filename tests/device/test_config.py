"""The configuration file: defaults, bounds, and a single line for every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from device.config import Config, load_config
from device.errors import UserError


def load(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return load_config(file)


def test_an_empty_file_is_a_whole_configuration(tmp_path: Path) -> None:
    assert load(tmp_path, "").camera == Config().camera


def test_the_file_that_ships_has_the_defaults_and_the_place_and_languages_of_its_own(
    root: Path,
) -> None:
    written = yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))
    written.pop("place")  # the example's own: in Helsinki
    assert written["display"].pop("languages") == ["en", "fi", "sv"]
    load_config(root / "config.yaml")
    assert Config.model_validate(written) == Config()


def test_relative_paths_are_taken_from_the_files_folder(tmp_path: Path) -> None:
    config = load(tmp_path, "models: here\nmatching: {catalogue: /there/c.sqlite}")
    assert config.models == tmp_path / "here"
    assert config.matching.catalogue == Path("/there/c.sqlite")


@pytest.mark.parametrize(
    ("text", "key", "fix"),
    [
        ("vision: {detecter: x}", "vision.detecter: unknown key", "did you mean `detector`?"),
        ("vision: {range: middle}", "vision.range: got 'middle'", "takes 'far' or 'near'"),
        ("vision: {ignore: poster}", "vision.ignore: got 'poster'", "list of [x, y, w, h]"),
        ("vision: {ignore: [[0, 0, 1]]}", "vision.ignore.0: got [0, 0, 1]", "takes [x, y, w, h]"),
        ("vision: {ignore: [[0, 0, 64, 48]]}", "vision.ignore.0: got [0, 0, 64, 48]", "in shares"),
        ("vision: {ignore: [[0.5, 0, 0, 1]]}", "vision.ignore.0: got [0.5, 0, 0, 1]", "in shares"),
        ("camera: {fps: 900}", "camera.fps: got 900", "takes less than or equal to 60"),
        ("camera: 3", "camera: got 3", "takes keys and values"),
        ("site: a.b", "site: got 'a.b'", "takes letters, digits, - and _"),
        ("site: fleet", "site: got 'fleet'", "takes another name"),
        ("kiosk: fleet", "kiosk: got 'fleet'", "takes another name"),
        ("place: {timezone: Mars/Base}", "place.timezone: got 'Mars/Base'", "takes an IANA name"),
        ("place: {country: UK}", "place.country: got 'UK'", "takes a code in capitals"),
        ("place: {country: fi}", "place.country: got 'fi'", "takes a code in capitals"),
        ("place: {country: NO}", "place.country: NO is read as true", 'country: "NO"'),
        ("place: {latitude: 30}", "place: takes", "takes latitude and longitude, or neither"),
        ("kiosk: Auto", "kiosk: got 'Auto'", "takes auto, in small letters"),
        ("place: {timezone: asia/shanghai}", "place.timezone: got", "did you mean Asia/Shanghai?"),
        (
            "place: {timezone: UTC+8}",
            "place.timezone: got",
            "an IANA name (of a town, such as Asia",
        ),
        ("display: {keys: {next: 5}}", "display.keys.next", "5"),
        ("display: {keys: {next: enter}}", "display.keys.next: got", "a character, or a name such"),
        ("display: {keys: {next: n, open: N}}", "display.keys: takes", "a key of its own for each"),
        ("display: {buttons: {next: 28}}", "display.buttons.next: got 28", "less than or equal"),
        (
            "display: {buttons: {next: 5}}\nprivacy: {opt_out_gpio: 5}",
            "the file: takes",
            "a pin of its own for each button",
        ),
        ("mqtt: {broker: hub, port: 0}", "mqtt: takes a port from 1", "0 is for an embedded"),
        ("mqtt: {tls: {key: k}}", "mqtt.tls: takes", "a certificate with the key"),
        ("mqtt: {broker: embeded}", "mqtt.broker: got 'embeded'", "takes embedded, in small"),
        ("mqtt: {broker: Embedded}", "mqtt.broker: got 'Embedded'", "takes embedded, in small"),
        ("mqtt: {broker: 'embedded '}", "mqtt.broker: got 'embedded '", "takes embedded, in small"),
        ("mqtt: {broker: ''}", "mqtt.broker: got ''", "takes the name or address of a host"),
        ("mqtt: {broker: hub.example:1884}", "mqtt.broker: ", "broker: hub.example and port: 1884"),
        (
            "mqtt: {broker: '[::1]:1884'}",
            "mqtt.broker: ",
            "takes a host alone: broker: ::1 and port",
        ),
        ("mqtt: {broker: ' 10.0.0.5'}", "mqtt.broker: ", "takes a host alone: broker: 10.0.0.5 ("),
        ("mqtt: {broker: 'mqtt://hub'}", "mqtt.broker: ", "broker: hub and port: 1883 ("),
        ("mqtt: {broker: 'MQTTS://hub/'}", "mqtt.broker: ", "port: 8883, and tls: {} beside"),
        (
            "mqtt: {broker: 'mqtt://me:geheim@hub:9'}",
            "'mqtt://hub:9'",
            "login as username and pass",
        ),
        ("mqtt: {broker: 'mqtt://me:ge/heim@hub'}", "'mqtt://...'", "its login as username"),
        ("mqtt: {broker: 'me:geheim@hub'}", "got '...'", "takes the name or address of a host"),
        ("mqtt: {broker: 'ws://hub:9001'}", "mqtt.broker: ", "speaks MQTT over TCP, and no WebS"),
        ("mqtt: {broker: hub/1}", "mqtt.broker: ", "takes the name or address of a host alone"),
        ("mqtt: {broker: 'two words'}", "mqtt.broker: ", "takes the name or address of a host al"),
        ("mqtt: {tls: }", "mqtt: takes", "takes tls: {} for TLS with the system's authorities"),
        ("mqtt: {password: x}", "mqtt: takes", "takes a username with the password"),
        ("display: {password: x}", "display: takes", "takes a username with the password"),
        ("mqtt: {tls: {cert: x}}", "mqtt.tls.cert: unknown key", "takes ca, certificate, key"),
        ("operator: {name: 'a\tb'}", "operator.name: got", "takes one line of letters"),
        ("operator: {name: 'a\u202eb'}", "operator.name: got", "takes one line of letters"),
        ("operator: {contact: +358401234}", "operator.contact: ", "put it in quotes"),
        ("display: {hours: 6-23}", "display.hours: got '6-23'", "takes hours such as 06:00-23:30"),
        ("- 1", "the file: got [1]", "takes keys and values"),
        ("x: [", ": not valid YAML", ""),
    ],
)
def test_a_mistake_is_one_line_with_file_key_value_and_fix(
    tmp_path: Path, text: str, key: str, fix: str
) -> None:
    with pytest.raises(UserError) as error:
        load(tmp_path, text)
    line = str(error.value)
    assert line.startswith(str(tmp_path / "config.yaml"))
    assert key in line
    assert fix in line
    assert "\n" not in line
    assert "heim" not in line


@pytest.mark.parametrize(
    "host",
    ["embedded", "hub", "hub.example.", "my_hub-1", "10.0.0.5", "::1", "fe80::1%eth0", "hüb"],
)
def test_a_broker_is_a_host_alone(tmp_path: Path, host: str) -> None:
    # failure 46
    assert load(tmp_path, f"mqtt: {{broker: '{host}'}}").mqtt.broker == host


def test_areas_to_ignore_are_rectangles_in_shares_of_the_picture(tmp_path: Path) -> None:
    config = load(tmp_path, "vision: {ignore: [[0, 0.1, 0.25, 0.5], [0.9, 0, 0.1, 1]]}")
    assert config.vision.ignore == ((0, 0.1, 0.25, 0.5), (0.9, 0, 0.1, 1))


def test_a_missing_file_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent.yaml: cannot be read .*--config names it"):
        load_config(tmp_path / "absent.yaml")


def test_every_key_has_bounds_or_choices_and_numbers_are_never_unbounded() -> None:
    def numbers(model: type[BaseModel], path: str = "") -> list[str]:
        unbounded = []
        for name, field in model.model_fields.items():
            kind = field.annotation
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                unbounded += numbers(kind, f"{path}{name}.")
            elif kind in (int, float) and not any(
                hasattr(bound, "le") or hasattr(bound, "lt") for bound in field.metadata
            ):
                unbounded.append(f"{path}{name}")
        return unbounded

    assert numbers(Config) == []
