"""How a command ends on a signal, and that none prints a password of its arguments."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from device.__main__ import main
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


@pytest.mark.parametrize("sign", ["", *"/#?[@:%& "])
@pytest.mark.parametrize(
    "arguments",
    [
        "{}",
        "run {}",
        "check {}",
        "look {}",
        "preview {}",
        "run --seconds {}",
        "run --source {}",
        "preview --source {}",
        "preview --port {}",
        "check --config {}",
        "catalogue {}",
    ],
)
def test_a_password_among_the_arguments_is_not_printed(
    arguments: str, sign: str, capfd: pytest.CaptureFixture[str]
) -> None:
    # failure 40
    address = f"rtsp://me:ge{sign}heim@127.0.0.1:port/1"
    given = [address if part == "{}" else part for part in arguments.split()]
    try:
        code = main(given)
    except SystemExit as stop:
        code = int(stop.code or 0)
    said = capfd.readouterr()
    assert code in (1, 2)
    assert "heim" not in said.out + said.err


@pytest.mark.parametrize("rest", ["@127.0.0.1/1", "@" + "x" * 300])
@pytest.mark.parametrize("scheme", ["rtsp://", ""])
def test_look_says_what_takes_a_camera(
    scheme: str, rest: str, capfd: pytest.CaptureFixture[str]
) -> None:
    # failure 40
    with pytest.raises(SystemExit):
        main(["look", f"{scheme}me:geheim{rest}"])
    said = capfd.readouterr().err
    assert "`wayside preview --source` takes a camera" in said
    assert "geheim" not in said
