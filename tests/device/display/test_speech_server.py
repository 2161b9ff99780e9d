"""Texts become sounds on loopback, for the kiosk's own page and nobody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from device.config import Config
from device.display.server import settings_script
from device.display.speech import SpeechServer
from device.speech.speaker import Speaker
from device.speech.voices import VOICES
from tests.device.display.test_server import ask
from tests.device.speech.test_speaker import heard
from tests.kiosks import changed, nobody, running
from tests.needs import needs, tool

pytestmark = needs("espeak-ng")


OURS = {"Origin": "http://127.0.0.1:8083"}
"""A page of this machine."""


@pytest.fixture
def server() -> Iterator[SpeechServer]:
    server = SpeechServer(0, Speaker(tool("espeak-ng")))
    server.start()
    yield server
    server.stop()


def test_a_text_and_its_language_are_a_sound(server: SpeechServer) -> None:
    text = "Is it open? 24/7, 100 %"
    answer, sound = ask(server, f"/en/{quote(text, safe='')}", **OURS)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "audio/wav")
    assert answer.headers["Cache-Control"] == "no-store"
    seconds, loudness = heard(sound)
    assert seconds > 2
    assert loudness > 0.03


def test_beside_a_sound_there_is_a_track_of_the_lips(server: SpeechServer) -> None:
    answer, track = ask(server, f"/visemes/fi/{quote('Auki/kiinni')}", **OURS)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/vtt; charset=utf-8")
    _, sound = ask(server, f"/fi/{quote('Auki/kiinni')}", **OURS)
    *_, last = re.findall(r"--> 00:00:(\S+)", track.decode())
    assert float(last) == pytest.approx(heard(sound)[0], abs=0.002)
    for path in (
        "/visemes",
        "/visemes/fi",
        "/visemes/fi/",
        "/visemes/ja/a",
        "/visemes/visemes/fi/a",
    ):
        assert ask(server, path, **OURS)[0].status == 404


@pytest.mark.parametrize("path", ["/", "/en", "/en/", "/en/%20", "/xx/hello", "/ja/a", "/../en/a"])
def test_no_voice_or_no_text_is_nothing(server: SpeechServer, path: str) -> None:
    answer, _ = ask(server, path, **OURS)
    assert answer.status == 404


def test_other_sites_can_neither_ask_nor_embed_nor_read(server: SpeechServer) -> None:
    for other in ({}, {"Origin": "null"}, {"Origin": "https://example.org"},
                  {"Origin": "http://127.0.0.1.example.org"}):  # fmt: skip
        answer, _ = ask(server, "/en/a", **other)
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert ask(server, "/en/a", Host="rebound.example", **OURS)[0].status == 421
    answer, _ = ask(server, "/en/a", **OURS)
    assert answer.headers["Access-Control-Allow-Origin"] == OURS["Origin"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert ask(server, "/en/a", "POST", **OURS)[0].status == 405


def test_a_kiosk_serves_its_page_the_sounds_on_a_port_that_the_page_knows(config: Config) -> None:
    audible = changed(config, speech__output="always")
    with running(audible, nobody()) as kiosk:
        assert kiosk.kiosk.page_address
        with urlopen(f"{kiosk.kiosk.page_address}settings.js") as answer:
            settings = json.loads(answer.read().decode().partition(" = ")[2].rstrip(";\n"))
        assert settings["speech"]["languages"] == list(VOICES)
        address = f"http://127.0.0.1:{settings['speech']['port']}/fi/Hei"
        with urlopen(Request(address, headers=OURS)) as answer:
            assert heard(answer.read())[0] > 0.2
    with pytest.raises(URLError):
        urlopen(Request(address, headers=OURS))


def test_the_page_learns_the_port_and_the_languages_where_there_is_a_sound() -> None:
    def said(**speech: object) -> str:
        config = Config.model_validate({"speech": {"output": "always", **speech}})
        return settings_script(config, speech_port=4322)

    assert '"speech": {"port": 4322, "languages": ["ar", "de", "en"' in said()
    assert '"speech": null' in said(output="never")
    chosen_by_nobody = Config.model_validate({"speech": {"output": "always", "port": 0}})
    assert '"speech": null' in settings_script(chosen_by_nobody)
