"""From the button that is held to what is observed of a voice, with a recogniser and a model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from device.config import Config
from device.hearing.microphone import BLOCK, FakeMicrophone
from device.messaging.messages import Ask
from device.session.asking import Asking
from device.values import Context, Observation
from tests.brokers import wait_until
from tests.device.hearing.test_tone import said

HELD = {"press": "p", "shows_notice": True, "at": "2026-11-30T12:00:00Z"}


def config(*, tone: bool = True, emotion: bool = True) -> Config:
    return Config.model_validate(
        {"hearing": {"ask": True, "tone": tone}, "recognise": {"emotion": emotion}}
    )


@pytest.fixture
def opened() -> Iterator[list[Asking]]:
    found: list[Asking] = []
    yield found
    for asking in found:
        asking.stop()


def ask(opened: list[Asking], config: Config) -> Asking:
    """A button that was held by one person, and let go."""
    microphone = FakeMicrophone(said())
    asking = Asking.open(config, lambda: {"song": 3}, microphone)
    assert asking is not None
    opened.append(asking)
    asking.turn(Context(at=0.0, page_alive=True))
    asking.take(Ask(action="hold", **HELD), 0.0)
    wait_until(lambda: microphone.blocks_read >= len(said()) // BLOCK, "all of it is recorded")
    assert asking.overheard(1, 0.1) == ()
    asking.take(Ask(action="release", **HELD), 0.5)
    return asking


def test_the_tone_of_what_is_asked_is_observed_of_the_one_who_asks(opened: list[Asking]) -> None:
    asking = ask(opened, config())
    found: list[Observation] = []
    wait_until(lambda: found.extend(asking.overheard(1, 1.0)) or found, "the tone is observed")
    (observed,) = found
    assert observed.source == "voice"


@pytest.mark.parametrize("off", [config(tone=False), config(emotion=False)])
def test_without_the_setting_or_without_emotions_no_tone_is_read(
    opened: list[Asking], off: Config
) -> None:
    asking = ask(opened, off)
    wait_until(lambda: (asking.news() or {}).get("state") == "nothing", "it was no request")
    assert asking.overheard(1, 1.0) == ()
