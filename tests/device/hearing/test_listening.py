"""The microphone is open while the button is held, for a while at most; then it is recognised."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.config import HearingConfig
from device.errors import UserError
from device.hearing.listening import LONGEST_S, LOST_S, Listening
from device.hearing.microphone import BLOCK, Arecord, FakeMicrophone, deaf_because
from device.values import Request
from tests.brokers import wait_until

MUSIC = Request("music", ("song",))


def eventually(condition: Callable[[], bool]) -> None:
    wait_until(condition, "the microphone or what is heard of it")


class Kiosk:
    """A microphone that hears a sound, a clock, and a recogniser that understands any."""

    def __init__(self, sound: bytes = b"\1" * 10 * BLOCK) -> None:
        self.microphone = FakeMicrophone(sound, sound, paced=True)
        self.at = 0.0
        self.sounds: list[bytes] = []
        self.listening = Listening(self.microphone, self.recognise, lambda: self.at)

    def recognise(self, sound: bytes) -> Request | None:
        self.sounds.append(sound)
        return MUSIC if any(sound) else None

    def hold(self, press: str = "first") -> None:
        self.listening.hold(press)
        eventually(lambda: self.microphone.is_open)

    def ends(self) -> str:
        eventually(lambda: self.listening.state in ("understood", "nothing"))
        return self.listening.state


@pytest.fixture
def kiosk() -> Iterator[Kiosk]:
    kiosk = Kiosk()
    yield kiosk
    kiosk.listening.stop()
    assert not kiosk.microphone.is_open


def test_until_the_button_is_held_the_microphone_is_closed(kiosk: Kiosk) -> None:
    kiosk.listening.release()
    kiosk.listening.turn()
    assert (kiosk.listening.state, kiosk.microphone.opened) == ("closed", 0)


def test_letting_go_closes_it_and_what_was_said_is_recognised(kiosk: Kiosk) -> None:
    kiosk.hold()
    assert kiosk.listening.state == "listening"
    eventually(lambda: kiosk.microphone.blocks_read >= 3)
    kiosk.listening.release()
    assert kiosk.ends() == "understood"
    assert kiosk.listening.request == MUSIC
    assert not kiosk.microphone.is_open
    assert len(kiosk.sounds[0]) >= 3 * BLOCK


def test_it_is_open_for_eight_seconds_at_most_and_once_a_press(kiosk: Kiosk) -> None:
    kiosk.hold()
    while kiosk.at < LONGEST_S:
        kiosk.at += 0.5
        kiosk.listening.hold("first")
    kiosk.ends()
    assert not kiosk.microphone.is_open
    kiosk.listening.hold("first")
    assert kiosk.microphone.opened == 1


def test_a_page_that_is_lost_closes_it_and_nothing_is_understood(kiosk: Kiosk) -> None:
    kiosk.hold()
    kiosk.at += LOST_S
    assert kiosk.ends() == "nothing"
    assert kiosk.sounds == [b""]
    assert not kiosk.microphone.is_open


def test_a_microphone_that_gives_nothing_is_closed_by_the_kiosk_itself() -> None:
    read = threading.Event()

    class Stuck(FakeMicrophone):
        def read(self) -> bytes:
            read.set()
            self._closed.wait()
            return b""

    at = [0.0]
    microphone = Stuck()
    listening = Listening(microphone, lambda sound: None, lambda: at[0])
    listening.hold("first")
    assert read.wait(5)
    at[0] = LONGEST_S
    listening.turn()
    eventually(lambda: listening.state == "nothing")
    assert not microphone.is_open


def test_cancelling_closes_it_and_forgets(kiosk: Kiosk) -> None:
    kiosk.hold()
    kiosk.listening.cancel()
    eventually(lambda: not kiosk.microphone.is_open)
    assert (kiosk.listening.state, kiosk.sounds) == ("closed", [])
    kiosk.hold("second")
    assert kiosk.microphone.opened == 2


def test_without_arecord_nothing_is_understood(tmp_path: Path) -> None:
    microphone = Arecord("default", str(tmp_path / "arecord"))
    with pytest.raises(UserError, match="arecord: No such file"):
        microphone.open()
    listening = Listening(microphone, lambda sound: None)
    listening.hold("first")
    eventually(lambda: listening.state == "nothing")


def test_arecord_is_asked_for_plain_samples_and_ended(tmp_path: Path) -> None:
    program = tmp_path / "arecord"
    program.write_text('#!/bin/sh\necho "$@" > $(dirname $0)/said\nexec cat /dev/zero\n')
    program.chmod(0o755)
    microphone = Arecord("plughw:1", str(program))
    microphone.open()
    assert microphone.read() == bytes(BLOCK)
    microphone.close()
    assert microphone.read() == b""
    said = (tmp_path / "said").read_text()
    assert said == "-q -D plughw:1 -t raw -f S16_LE -r 16000 -c 1\n"


def test_why_nobody_can_ask_is_one_line(tmp_path: Path) -> None:
    card = tmp_path / "sound"
    card.mkdir()
    on = HearingConfig(ask=True)
    assert deaf_because(HearingConfig()) == "hearing.ask: false"
    assert "alsa-utils" in str(deaf_because(on, path=str(tmp_path)))
    (tmp_path / "arecord").touch(0o755)
    assert deaf_because(on, path=str(tmp_path), sound=card) == "no microphone is there"
    (card / "pcmC1D0c").touch()
    assert deaf_because(on, path=str(tmp_path), sound=card) is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_of_the_recogniser_ends_that_utterance_alone() -> None:
    kiosk = Kiosk()
    answers: list[Callable[[bytes], Request | None]] = [kiosk.recognise, lambda _: MUSIC]
    kiosk.listening = Listening(kiosk.microphone, lambda sound: answers.pop()(sound))
    answers.append(lambda sound: {}[sound])
    for press, ends in (("first", "nothing"), ("second", "understood")):
        kiosk.hold(press)
        kiosk.listening.release()
        assert kiosk.ends() == ends
    kiosk.listening.stop()
