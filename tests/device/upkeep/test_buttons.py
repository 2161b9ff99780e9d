"""A button at the screen acts at each press, and one that cannot be used is one line."""

from __future__ import annotations

import pytest

from device.config import Config
from device.errors import UserError
from device.upkeep.buttons import FakePin, Pin, watch
from tests.kiosks import nobody, running


def test_each_press_is_told_with_the_action_of_its_button() -> None:
    pressed: list[str] = []
    pins = watch({"next": 5, "opt_out": 17}, pressed.append, FakePin)
    for pin in pins:
        assert isinstance(pin, FakePin)
        pin.press()
        pin.press()
    assert [pin.number for pin in pins if isinstance(pin, FakePin)] == [5, 17]
    assert pressed == ["next", "next", "opt_out", "opt_out"]


def test_without_gpiozero_or_with_a_pin_that_is_taken_there_is_one_line() -> None:
    def missing(number: int) -> Pin:
        raise ImportError("gpiozero")

    def taken(number: int) -> Pin:
        raise RuntimeError("GPIO busy")

    with pytest.raises(UserError, match=r"display\.buttons\.open: gpiozero is not installed"):
        watch({"open": 6}, print, missing)
    with pytest.raises(UserError, match=r"privacy\.opt_out_gpio: pin 17 cannot be used \(GPIO bus"):
        watch({"opt_out": 17}, print, taken)


def test_the_kiosk_tells_its_page_of_a_press_and_opts_out_by_itself(config: Config) -> None:
    with running(config, nobody()) as kiosk:
        kiosk.says("status")
        (following,) = watch({"next": 5}, kiosk.kiosk.press, FakePin)
        (opt_out,) = watch({"opt_out": 17}, kiosk.kiosk.press, FakePin)
        assert isinstance(following, FakePin)
        assert isinstance(opt_out, FakePin)
        following.press()
        assert kiosk.says("press")["action"] == "next"
        opt_out.press()
        kiosk.says("suggestions", lambda said: said["notice"] == "opted_out")
