"""How a command of either command line ends on a signal."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from device.commands.command_line import stop_event

STOPS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    before = [signal.getsignal(number) for number in STOPS]
    yield
    for number, handler in zip(STOPS, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOPS)
def test_a_signal_sets_an_event_and_raises_nothing(
    number: signal.Signals,
) -> None:
    stop = stop_event()
    assert not stop.is_set()
    signal.raise_signal(number)
    assert stop.is_set()
