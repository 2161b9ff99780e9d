"""`wayside check`: each part is ok, or there is a line that says what to do."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from device.__main__ import main
from device.camera.picamera import picamera_attached
from device.camera.usb import source_of, usb_cameras
from device.catalogue.build import write
from device.commands.check import PARTS
from device.commands.verdict import Verdict, Warned, verdict
from device.config import Config, TlsConfig
from device.errors import UserError
from device.messaging.tls import INSECURE
from device.upkeep.board import backlights
from device.values import Item
from tests.brokers import free_port, mosquitto
from tests.kiosks import changed
from tests.needs import needs
from tests.rtsp import RtspCamera
from tests.tls import certificate


@pytest.mark.parametrize("part", [name for name in PARTS if name != "clock"])
def test_every_part_that_ships_is_ok(config: Config, part: str) -> None:
    assert PARTS[part](config)


def test_it_says_which_detector_and_why(config: Config) -> None:
    assert PARTS["detector"](changed(config, vision__detector="blazeface")) == (
        "blazeface: asked for"
    )


def test_every_part_is_checked_whatever_the_result_of_the_others(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        f"models: {root}/models\n"
        "matching: {catalogue: absent.sqlite}\n"
        "camera: {source: 'usb:7'}\n"
        "mqtt: {port: 0, websocket_port: 0}\n"
        "display: {port: 0}\n"
        "speech: {port: 0}\n"
    )
    assert main(["check", "--config", str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    verdicts = {line.split()[1]: line.split()[0] for line in lines}
    assert list(verdicts) == ["configuration", *PARTS]
    assert verdicts["catalogue"] == verdicts["camera"] == "NO"
    assert verdicts["models"] == verdicts["broker"] == verdicts["page"] == "ok"


def test_a_part_that_fails_by_a_bug_is_a_verdict_without_its_words(config: Config) -> None:
    def broken(_config: Config) -> str:
        raise ValueError("rtsp://me:secret@host")

    found = verdict("camera", broken, config)
    assert found.result == "NO"
    assert found.words.startswith("could not be checked: ValueError at test_check.py:")
    assert "secret" not in str(found)


def test_a_part_that_works_may_have_a_warning(config: Config) -> None:
    assert verdict("it", lambda _: Warned("soon"), config) == Verdict("it", "!!", "soon")
    assert verdict("it", lambda _: "well", config) == Verdict("it", "ok", "well")


def test_opening_hours_that_need_the_country_are_a_warning(config: Config, tmp_path: Path) -> None:
    bar = Item("bar", "place", "A Bar", "bars", hours="Mo-Su 12:00-20:00; PH off", source="x")
    write([bar], tmp_path / "mine.sqlite")
    mine = changed(config, matching__catalogue=tmp_path / "mine.sqlite")
    assert not isinstance(PARTS["catalogue"](mine), Warned)
    warned = PARTS["catalogue"](changed(mine, place__country=None))
    assert isinstance(warned, Warned)
    assert "some opening hours need place.country" in str(warned)


def test_hours_of_the_screen_that_need_the_country_are_a_warning(config: Config) -> None:
    hours = changed(config, display__hours="06:00-23:00; PH off")
    assert not isinstance(PARTS["page"](changed(hours, place__country="FI")), Warned)
    warned = PARTS["page"](changed(hours, place__country=None))
    assert isinstance(warned, Warned)
    assert "display.hours need place.country" in str(warned)


@pytest.mark.skipif(backlights() is not None, reason="this machine dims its screen")
def test_a_brightness_that_no_screen_takes_is_a_warning(config: Config) -> None:
    warned = PARTS["page"](changed(config, display__brightness=60))
    assert isinstance(warned, Warned)
    assert "display.brightness: this machine has no screen that it can dim" in str(warned)


@pytest.mark.parametrize(
    ("inches", "metres", "result", "words"),
    [
        (24, 0.6, "ok", "read from 0.6 m, the notice's heading from 5 m"),
        (10, 0.4, "!!", "from 2.31 m: nearer than the 5 m from which faces are found"),
        (10, 0.6, "NO", "display.distance_m: 0.6 m: on 10 inches there is no room for text of 0.7"),
        (55, 5, "NO", "2.31 m at most, or a larger screen"),
    ],
)
def test_a_screen_that_cannot_be_read_from_where_people_stand_is_named(
    config: Config, inches: float, metres: float, result: str, words: str
) -> None:
    shown = changed(config, display__diagonal_inch=inches, display__distance_m=metres)
    found = verdict("text", PARTS["text"], shown)
    assert found.result == result
    assert words in found.words


def test_a_broker_that_is_not_there_is_named(config: Config) -> None:
    config = changed(config, mqtt__broker="127.0.0.1", mqtt__port=free_port())
    with pytest.raises(UserError, match=r"mqtt.broker: 127\.0\.0\.1"):
        PARTS["broker"](config)


def test_a_login_that_the_embedded_broker_does_not_ask_for_is_a_warning(config: Config) -> None:
    config = changed(config, mqtt__username="k", mqtt__tls=TlsConfig(insecure=True))
    found = verdict("broker", PARTS["broker"], config)
    assert found.result == "!!"
    assert found.words.endswith("it asks for no login: mqtt.username, mqtt.tls has no effect")


@pytest.mark.mosquitto
@needs("mosquitto", "openssl")
def test_a_broker_whose_name_is_not_checked_is_a_warning(config: Config, tmp_path: Path) -> None:
    # failure 46
    signed = certificate(tmp_path, "broker.example")
    settings = f"certfile {signed.server}\nkeyfile {signed.key}"
    with mosquitto(tmp_path, listener=settings) as broker:
        config = changed(
            config,
            mqtt__broker="localhost",
            mqtt__port=broker.port,
            mqtt__tls=TlsConfig(ca=signed.ca, insecure=True),
        )
        found = verdict("broker", PARTS["broker"], config)
    assert found == Verdict("broker", "!!", f"localhost, MQTT 5; {INSECURE}")


def test_a_network_camera_that_is_not_there_is_named_without_its_password(
    config: Config,
) -> None:
    source = f"rtsp://me:secret@127.0.0.1:{free_port()}/stream"
    with pytest.raises(UserError, match=r"camera.source: rtsp://127\.0\.0\.1") as error:
        PARTS["camera"](changed(config, camera__source=source))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("sign", "/#?[]@:%& \\'\"é")
@pytest.mark.parametrize(
    "place",
    [
        "rtsp://me:{}@127.0.0.1:port/s",
        "rtsp://me:{}@127.0.0.1:99999/s",
        "rtsp://me:{}@/s",
        "me:{}@127.0.0.1/s",
        "rtsp://127.0.0.1:0/s?user=me&password={}",
        "udp://me:{}@127.0.0.1",
    ],
)
def test_an_awkward_password_is_never_printed_and_no_part_is_skipped(
    config: Config, place: str, sign: str
) -> None:
    # failure 40
    source = place.format(f"ge{sign}heim")
    found = verdict("camera", PARTS["camera"], changed(config, camera__source=source))
    assert found.result == "NO"
    assert found.words.startswith("camera.source: ")
    assert "heim" not in found.words


def test_a_camera_that_wants_another_password_says_so(config: Config) -> None:
    # failure 41
    with RtspCamera(login=("me", "other"), asks="Digest") as camera:
        source = camera.address("me:geheim@")
        found = verdict("camera", PARTS["camera"], changed(config, camera__source=source))
        assert found.words.startswith(
            f"camera.source: rtsp://127.0.0.1:{camera.port} refuses the user name or the password"
        )
        source = camera.address("me:other@")
        found = verdict("camera", PARTS["camera"], changed(config, camera__source=source))
        assert found == Verdict("camera", "ok", f"rtsp://127.0.0.1:{camera.port}")
        assert set(camera.requests) == {"DESCRIBE"}


def test_a_camera_that_tells_nothing_without_a_picture_is_a_warning(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=lambda: listener.accept()[0].close())
        answering.start()
        source = f"http://me:geheim@127.0.0.1:{listener.getsockname()[1]}/stream"
        found = verdict("camera", PARTS["camera"], changed(config, camera__source=source))
        answering.join()
    assert found.result == "!!"
    assert "does not tell whether it sends the stream" in found.words


def test_a_taken_port_of_the_page_is_named(config: Config) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"display.port: {port} is taken"):
            PARTS["page"](changed(config, display__port=port))


def test_a_configuration_with_a_typo_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("vision: {detecter: auto}\n")
    assert main(["check", "--config", str(file)]) == 1
    assert capsys.readouterr().err == (
        f"wayside: {file}: vision.detecter: unknown key; did you mean `detector`?\n"
    )


def test_the_cameras_of_this_machine_are_listed_as_the_configuration_takes_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "--cameras"]) == 0
    cameras = usb_cameras()
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("usb:")] == [
        f"{source_of(camera, cameras)}    {camera.name}, now usb:{camera.number}"
        for camera in cameras
    ]
    assert cameras or picamera_attached() or lines == ["no camera found: is it plugged in?"]


def test_it_says_that_the_kiosk_is_nowhere_near_the_footways_of_its_catalogue(
    config: Config,
) -> None:
    assert not isinstance(PARTS["catalogue"](config), Warned)
    warned = PARTS["catalogue"](changed(config, place__latitude=61.0))
    assert isinstance(warned, Warned)
    assert "no footways of the catalogue are near" in warned


def test_every_picture_that_the_catalogue_names_must_be_there(
    config: Config, tmp_path: Path
) -> None:
    # failure 44
    items = [Item(str(n), "film", f"Film {n}", "film", picture=f"p/{n}é.jpg") for n in range(5)]
    write(items, tmp_path / "films.sqlite")
    config = changed(config, matching__catalogue=tmp_path / "films.sqlite")
    pictures = PARTS["pictures"]
    with pytest.raises(UserError, match=r"display.pictures: missing; the catalogue names 5"):
        pictures(config)
    config = changed(config, display__pictures=tmp_path / "pictures")
    with pytest.raises(UserError, match="no such folder"):
        pictures(config)
    (tmp_path / "pictures/p").mkdir(parents=True)
    for n in range(4):  # a name as a Mac writes it
        (tmp_path / f"pictures/p/{n}e\u0301.jpg").touch()
    with pytest.raises(UserError, match=r"1 of 5 pictures are missing: p/4é\.jpg"):
        pictures(config)
    (tmp_path / "hand.yaml").write_text("correct: {'4': {picture: null}}\n")
    assert pictures(changed(config, matching__hand=tmp_path / "hand.yaml")) == (
        f"4 in {tmp_path}/pictures"
    )
    (tmp_path / "pictures/p/4é.jpg").touch()
    assert pictures(config) == f"5 in {tmp_path}/pictures"


def test_pictures_that_belong_to_no_item_are_named(config: Config, tmp_path: Path) -> None:
    write([Item("a", "film", "A", "drama")], tmp_path / "films.sqlite")
    (tmp_path / "pictures").mkdir()
    config = changed(
        config,
        matching__catalogue=tmp_path / "films.sqlite",
        display__pictures=tmp_path / "pictures",
    )
    (tmp_path / "pictures/a.jpg").touch()
    assert PARTS["pictures"](config) == f"1 in {tmp_path}/pictures"
    for name in ("b.jpg", "c.jpg", "d.jpg", "e.jpg"):
        (tmp_path / "pictures" / name).touch()
    found = verdict("pictures", PARTS["pictures"], config)
    assert found.result == "!!"
    assert found.words == (
        f"1 in {tmp_path}/pictures; no item's picture, by cell or by id: "
        "b.jpg, c.jpg, d.jpg and 1 more"
    )


@pytest.mark.parametrize(
    ("longitude", "timezone", "found"),
    [
        (120.15, "Asia/Shanghai", "ok"),
        (75.99, "Asia/Shanghai", "ok"),  # Kashgar, the farthest from its time
        (-8.72, "Europe/Madrid", "ok"),  # Vigo
        (-157.4, "Pacific/Kiritimati", "ok"),  # a day ahead of the sun
        (-171.8, "Pacific/Apia", "ok"),
        (24.9, "Asia/Shanghai", "NO"),
        (24.9, "UTC", "!!"),
        (-74.0, "Europe/Berlin", "NO"),
    ],
)
def test_the_time_zone_is_compared_with_the_place(
    config: Config, longitude: float, timezone: str, found: str
) -> None:
    # failure 44
    place = config.place.model_copy(
        update={"latitude": 0.0, "longitude": longitude, "timezone": timezone}
    )
    result = verdict("timezone", PARTS["timezone"], config.model_copy(update={"place": place}))
    assert result.result == found
    assert timezone in result.words


def test_a_missing_picamera2_is_named_and_not_taken_for_a_loose_cable(config: Config) -> None:
    if picamera_attached():
        pytest.skip("a Raspberry Pi with its camera")
    with pytest.raises(UserError, match="sudo apt install python3-picamera2"):
        PARTS["camera"](changed(config, camera__source="picamera"))


def test_ids_that_the_operators_hand_names_and_no_item_has_are_a_warning(
    config: Config, tmp_path: Path
) -> None:
    (tmp_path / "hand.yaml").write_text("hide: [no-such-item]\n")
    found = verdict(
        "catalogue", PARTS["catalogue"], changed(config, matching__hand=tmp_path / "hand.yaml")
    )
    assert (found.result, found.words.endswith("no such items: no-such-item")) == ("!!", True)


def test_a_file_of_sources_that_cannot_be_read_is_a_warning(config: Config, tmp_path: Path) -> None:
    # failure 51
    sources = tmp_path / "sources.yaml"
    part, config = PARTS["catalogue"], changed(config, matching__sources=sources)
    found = verdict("catalogue", part, config)
    assert found.result == "!!"
    assert f"{sources}: cannot be read (No such file or directory); matching.sources" in found.words
    sources.write_text("files: [town.osm.pbf]\n")
    assert verdict("catalogue", part, config).result == "ok"


@needs("espeak-ng")
def test_the_languages_that_the_screen_says_aloud_are_listed_and_silence_has_a_reason(
    config: Config,
) -> None:
    speech = PARTS["speech"]
    assert speech(changed(config, speech__output="always")).startswith("ar, de, en, es, fi")
    assert speech(changed(config, speech__output="never")) == "never: nothing is said aloud"
    installed = changed(config, speech__output="always", display__port=None)
    with pytest.raises(UserError, match=r"speech\.port: 0"):
        speech(installed)
