"""Typed configuration: `config.yaml`, one model for each concern.

Every key has a default, bounds and a description. An unknown key or a value out of bounds is a
`UserError` of one line: the file, the path of the key, what it got and what it takes. Relative
paths are relative to the folder of the file; a path that is not given is that of the running
release's own file (device/release.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar, cast

from pydantic import Field, SecretStr, model_validator

from device.machine import machine_name
from device.names import KINDS, Action, Kind
from device.release import Release, running
from device.setting_types import (
    AUTO,
    EMBEDDED,
    Area,
    Broker,
    Country,
    KeyOfKeyboard,
    KioskName,
    Line,
    OpeningHoursText,
    Pin,
    Port,
    TimeZone,
    TopicLevel,
)
from device.typed_yaml import S, Section, read_yaml

L = TypeVar("L", "MqttConfig", "DisplayConfig")


def with_username(section: L) -> L:
    """A section that has a user name wherever it has a password.

    Raises:
        ValueError: a password alone, which no broker takes.
    """
    if section.password is not None and section.username is None:
        raise ValueError("a username with the password")
    return section


class CameraConfig(Section):
    """The source of frames."""

    source: str = Field("auto", description="auto, picamera, usb:0, rtsp://..., a file, demo")
    rotate: Literal[0, 90, 180, 270] = Field(0, description="degrees clockwise, to upright")
    flip: bool = Field(False, description="exchange left and right, after the rotation")
    width: int = Field(640, ge=160, le=1920, description="pixels")
    height: int = Field(480, ge=120, le=1080, description="pixels")
    fps: float = Field(15, ge=1, le=60, description="frames per second")
    read_deadline_s: float = Field(5, ge=0.1, le=5, description="a longer read counts as a hang")
    reopen_first_s: float = Field(1, ge=0.01, le=60, description="first wait before reopening")
    reopen_longest_s: float = Field(30, ge=0.01, le=600, description="longest wait to reopen")


class VisionConfig(Section):
    """Face detection and tracking, and where the models run."""

    detector: str = Field("auto", description="auto, or a name that `device.faces.detect` knows")
    range: Literal["far", "near"] = Field("far", description="far: small faces too; near: faster")
    threshold: float = Field(0.5, ge=0.1, le=0.95, description="lowest score of a detected face")
    detect_every_s: float = Field(0.2, ge=0.0, le=1, description="seconds between detections")
    max_faces: int = Field(6, ge=1, le=16, description="faces recognised, the nearest first")
    absence_s: float = Field(1.0, ge=0.2, le=10, description="seconds until a lost track ends")
    ignore: tuple[Area, ...] = Field(
        (), description="list of [x, y, w, h] in shares of the picture; faces there are dropped"
    )
    accelerator: Literal["none", "edgetpu"] = Field("none")
    accelerator_fallback: bool = Field(True, description="use the CPU if it does not work")
    accelerator_wait_s: float = Field(10, ge=0, le=60, description="longest wait at the start")


class RecogniseConfig(Section):
    """What is predicted from a face. Each can be switched off; everything else goes on working."""

    emotion: bool = True
    age: bool = True
    gender: bool = True
    eyes: bool = True

    @property
    def guesses(self) -> tuple[str, ...]:
        """What the notice and the sign name: `mood`, `age` and `gender`, as far as predicted."""
        told = {"mood": self.emotion, "age": self.age, "gender": self.gender}
        return tuple(name for name, predicted in told.items() if predicted)


class AudienceConfig(Section):
    """How the readings of a track become a visitor."""

    smoothing_s: float = Field(0.8, ge=0.05, le=10, description="time constant of the states")
    hysteresis: float = Field(0.08, ge=0, le=0.9, description="lead that a new emotion needs")
    least_trust: float = Field(0.3, ge=0, le=1, description="with less trust a state is unknown")
    slow_s: float = Field(6, ge=1, le=60, description="time constant of the trends behind moods")


class SessionConfig(Section):
    """When the screen changes."""

    settle_s: float = Field(1.0, ge=0.2, le=2, description="seconds before the first suggestions")
    hold_s: float = Field(20, ge=1, le=600, description="seconds that suggestions stay")
    leave_s: float = Field(3, ge=0.5, le=60, description="seconds until whoever left is forgotten")
    linger_s: float = Field(
        30, ge=0, le=300, description="seconds that cards stay after the last face or touch"
    )
    opt_out_s: float = Field(60, ge=5, le=3600, description="seconds that opting out lasts")

    @property
    def stay_s(self) -> float:
        """Seconds from the last face or touch until the screen rests."""
        return max(self.leave_s, self.linger_s)


class PlaceConfig(Section):
    """Where the kiosk is: for distances, opening hours and public holidays."""

    latitude: float | None = Field(None, ge=-90, le=90, description="degrees north of the equator")
    longitude: float | None = Field(
        None, ge=-180, le=180, description="degrees east of Greenwich, negative to the west"
    )
    timezone: TimeZone = Field("UTC", description="of a town, such as Asia/Shanghai")
    country: Country | None = Field(
        None, description="ISO 3166 code, for public holidays, such as CN"
    )

    @model_validator(mode="after")
    def _both_or_neither(self) -> PlaceConfig:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude, or neither")
        return self


class MatchingConfig(Section):
    """Which items are suggested."""

    catalogue: Path = Path("catalogue/example.sqlite")
    sources: Path | None = Field(None, description="file of what the catalogue is made of")
    rules: Path = Path("catalogue/rules.yaml")
    preset: str = Field("repair", description="a preset of the rules file")
    hand: Path | None = Field(None, description="file of what is hidden, pinned and corrected here")
    touches: Path | None = Field(None, description="file of touches at the site's kiosks")
    count: int = Field(3, ge=1, le=8, description="cards on the screen")
    kinds: tuple[Kind, ...] = Field(KINDS, min_length=1)
    by_gender: bool = Field(False, description="let the gender count in the score")


class TlsConfig(Section):
    """TLS for the connection to a broker."""

    ca: Path | None = Field(None, description="PEM file; null: the system's authorities")
    certificate: Path | None = None
    key: Path | None = None
    insecure: bool = Field(False, description="the broker's name is not checked")

    @model_validator(mode="after")
    def _certificate_with_key(self) -> TlsConfig:
        if self.key is not None and self.certificate is None:
            raise ValueError("a certificate with the key")
        return self


class MqttConfig(Section):
    """The broker that the kiosk connects to."""

    broker: Broker = Field("embedded", description="embedded, or a host name or address")
    port: Port = Field(1883, description="of the broker; 0 lets an embedded one choose")
    websocket_port: Port = Field(8083, description="of an embedded broker, for the page")
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = Field(None, description="a file with the password alone")
    tls: TlsConfig | None = None
    keepalive_s: int = Field(20, ge=5, le=600)
    reconnect_first_s: float = Field(1, ge=0.05, le=60)
    reconnect_longest_s: float = Field(60, ge=0.1, le=3600)
    queue: int = Field(200, ge=1, le=10000, description="messages kept while offline")
    _login = model_validator(mode="after")(with_username)

    @model_validator(mode="after")
    def _port_of_a_host(self) -> MqttConfig:
        if self.broker != EMBEDDED and self.port == 0:
            raise ValueError("a port from 1 to 65535 with a host; 0 is for an embedded broker")
        return self

    @model_validator(mode="before")
    @classmethod
    def _tls_or_not(cls, given: object) -> object:
        if isinstance(given, dict) and given.get("tls", given) is None:
            raise ValueError("tls: {} for TLS with the system's authorities, or no tls at all")
        return given


class KeysConfig(Section):
    """Keys of a keyboard or keypad at the screen, as browsers name them: `n`, `Enter`, `F1`."""

    next: KeyOfKeyboard | None = Field(None, description="focus on the next card or button")
    open: KeyOfKeyboard | None = Field(None, description="what is in focus")
    language: KeyOfKeyboard | None = None
    speech: KeyOfKeyboard | None = Field(None, description="read aloud, softly or loudly")
    opt_out: KeyOfKeyboard | None = None

    @model_validator(mode="after")
    def _each_its_own(self) -> KeysConfig:
        keys = [key.lower() for key in self.model_dump(exclude_none=True).values()]
        if len(set(keys)) < len(keys):
            raise ValueError("a key of its own for each")
        return self


class ButtonsConfig(Section):
    """BCM pins of buttons at the screen, each between its pin and ground."""

    next: Pin | None = Field(None, description="focus on the next card or button")
    open: Pin | None = Field(None, description="what is in focus")
    language: Pin | None = None
    speech: Pin | None = Field(None, description="read aloud, softly or loudly")


class DisplayConfig(Section):
    """The page. Without a port the kiosk does not serve it: a broker with `http_dir` does."""

    port: Port | None = Field(8080, description="loopback port of the page; 0 chooses one")
    languages: tuple[str, ...] = Field(
        ("en",),
        min_length=1,
        description="the site's own, as in docs/languages.md; the first leads",
    )
    diagonal_inch: float = Field(24, ge=5, le=120, description="of the screen's picture")
    distance_m: float = Field(
        0.6, ge=0.25, le=5, description="from the eyes to the screen; texts are as large"
    )
    websocket_url: str | None = Field(None, description="null: the embedded broker's")
    username: str | None = Field(None, description="of the page at the broker")
    password: SecretStr | None = None
    pictures: Path | None = Field(None, description="folder of the catalogue's pictures")
    rotate: Literal[0, 90, 180, 270] = Field(
        0, description="degrees clockwise, of the picture on an installed kiosk's screen"
    )
    hours: OpeningHoursText | None = Field(
        None, description="when screen and camera are on, as opening hours; null: always"
    )
    brightness: int | None = Field(
        None, ge=5, le=100, description="percent, where the screen can be dimmed; null: as it is"
    )
    photographs: Path | None = Field(None, description="folder of pictures for the resting screen")
    guide: bool | Path = Field(
        False,
        description="a drawn head that greets, and tells what is shown; or a file: its greeting",
    )
    heartbeat_timeout_s: float = Field(15, ge=3, le=120, description="page silent: camera closes")
    keys: KeysConfig = KeysConfig()
    buttons: ButtonsConfig = ButtonsConfig()
    _login = model_validator(mode="after")(with_username)


class SpeechConfig(Section):
    """What the screen says aloud to whoever asks it to."""

    output: Literal["auto", "always", "never"] = Field(
        "auto", description="auto: where espeak-ng and a sound card are"
    )
    port: Port = Field(
        8084, description="loopback port of the sounds; 0 chooses one, if the kiosk serves the page"
    )


class HearingConfig(Section):
    """Asking aloud: the microphone is open only while somebody holds the button on the screen."""

    ask: bool = Field(False, description="a button to ask aloud by, in English")
    tone: bool = Field(False, description="with `ask`: guess the mood from the tone of voice too")
    microphone: Line = Field(
        "default", min_length=1, max_length=80, description="ALSA's name of it (`arecord -L`)"
    )


class OperatorConfig(Section):
    """Who answers for the kiosk: the notice and the sign beside it say so."""

    name: Line = Field("", max_length=40, description="of the town, office or firm")
    contact: Line = Field(
        "", max_length=50, description="an address for everybody: mail, web, telephone or office"
    )


class PrivacyConfig(Section):
    """Counts, and a button to opt out."""

    counts: bool = Field(True, description="hourly counts, small cells suppressed")
    smallest_cell: int = Field(11, ge=2, le=1000, description="smaller counts are null")
    opt_out_gpio: Pin | None = Field(None, description="BCM pin of a button")
    trend: bool = Field(False, description="moods of the place over weeks: `wayside trend`")
    trend_hours: OpeningHoursText | None = Field(
        None, description="hours of visitors that the trend is of, as opening hours; null: all"
    )
    desk: bool = Field(
        False, description="people work in the camera's view; `vision.ignore` must then name where"
    )


class SetupConfig(Section):
    """The set-up page, which is open on the local network for minutes."""

    button_gpio: int | None = Field(
        None, ge=0, le=27, description="BCM pin of a button; held at the start, it opens the page"
    )


class DiaryConfig(Section):
    """One person's own days, on a private device: `wayside diary`."""

    file: Path | None = Field(None, description="where it is kept; null: there is none")
    help: dict[Country, str] = Field(
        {}, description="by ISO 3166 code, words that say where help is: shown after each answer"
    )


class UpkeepConfig(Section):
    """The health message, heat and the clock."""

    health_every_s: float = Field(30, ge=1, le=3600)
    hot_celsius: float = Field(75, ge=40, le=100, description="above it the frame rate is lowered")
    clock_wait_s: float = Field(60, ge=0, le=600, description="longest wait for the true time")


class Config(Section):
    """The whole of `config.yaml`."""

    site: TopicLevel = "helsinki"
    kiosk: KioskName = Field("kiosk-1", description="auto: after the machine's serial number")
    models: Path = Path("models")
    state: Path | None = Field(None, description="folder of what the kiosk keeps over a restart")
    operator: OperatorConfig = OperatorConfig()
    camera: CameraConfig = CameraConfig()
    vision: VisionConfig = VisionConfig()
    recognise: RecogniseConfig = RecogniseConfig()
    audience: AudienceConfig = AudienceConfig()
    session: SessionConfig = SessionConfig()
    place: PlaceConfig = PlaceConfig()
    matching: MatchingConfig = MatchingConfig()
    mqtt: MqttConfig = MqttConfig()
    display: DisplayConfig = DisplayConfig()
    speech: SpeechConfig = SpeechConfig()
    hearing: HearingConfig = HearingConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    upkeep: UpkeepConfig = UpkeepConfig()
    setup: SetupConfig = SetupConfig()
    diary: DiaryConfig = DiaryConfig()

    @property
    def hears_tone(self) -> bool:
        """Whether the mood of whoever asks aloud is guessed from the voice too."""
        return self.hearing.ask and self.hearing.tone and self.recognise.emotion

    @property
    def buttons(self) -> dict[Action, int]:
        """The BCM pin of each action that has a button."""
        pins = cast("dict[Action, int]", self.display.buttons.model_dump(exclude_none=True))
        if self.privacy.opt_out_gpio is not None:
            pins["opt_out"] = self.privacy.opt_out_gpio
        return pins

    @model_validator(mode="after")
    def _no_trend_of_staff(self) -> Config:
        if self.privacy.trend and self.privacy.desk and not self.vision.ignore:
            raise ValueError("vision.ignore around the desk, before privacy.trend (privacy.desk)")
        return self

    @model_validator(mode="after")
    def _a_pin_for_each_button(self) -> Config:
        if len(set(self.buttons.values())) < len(self.buttons):
            raise ValueError(
                "a pin of its own for each button (display.buttons, privacy.opt_out_gpio)"
            )
        return self


def load_config(path: Path) -> Config:
    """Read a configuration file; all paths become absolute, and `kiosk: auto` a name.

    Raises:
        UserError: no such file, not YAML, an unknown key or a bad value.
    """
    config = read_yaml(path, Config, named_by="--config")
    if config.kiosk == AUTO:
        config = config.model_copy(update={"kiosk": machine_name()})
    release = running()
    config = _absolute(config, path.resolve().parent, release)
    pictures = release.folder and release.folder / "pictures"
    if config.display.pictures is None and pictures and pictures.is_dir():
        display = config.display.model_copy(update={"pictures": pictures})
        config = config.model_copy(update={"display": display})
    return config


def _absolute(section: S, folder: Path, release: Release) -> S:
    """The same section with every relative path taken from `folder`, or where it is not given, from
    the release."""
    changes: dict[str, object] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Path):
            given = name in section.model_fields_set
            changes[name] = folder / value if given else release.file(str(value))
        elif isinstance(value, Section):
            changes[name] = _absolute(value, folder, release)
    return section.model_copy(update=changes)
