"""How long the page shows what the kiosk said: by its own monotonic clock, never by the wall's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.device.display.stage import CARDS, FILM, PLACE, Stage, message
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]


def test_suggestions_disappear_when_their_lifetime_is_over(stage: Stage) -> None:
    known = stage.say("suggestions", message(*CARDS, lifetime_s=2))
    stage.heartbeat(known, state="showing")
    stage.wait_for_titles()
    stage.heartbeat(known, state="resting", serial=None, shows_notice=False)


def test_the_lifetime_runs_from_the_moment_of_arrival_on_the_monotonic_clock(
    stage: Stage,
) -> None:
    fresh = json.dumps(message(*CARDS, lifetime_s=30))
    states = stage.script(
        """const message = View.read(arguments[0], false, 1000);
        const at = (now) => View.decide({ connected: true, online: true, message }, now).state;
        return [at(1000), at(30999), at(31000), at(999999)];""",
        fresh,
    )
    assert states == ["showing", "showing", "resting", "resting"]


def test_retained_suggestions_that_have_expired_are_never_shown(stage: Stage) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    stage.say("suggestions", message(FILM, at=an_hour_ago))
    stage.driver.refresh()
    stage.heartbeat(state="resting", serial=None, shows_notice=False)
    stage.show(PLACE, serial=2)
    assert stage.script("return window.everShown") == ["West Lake Museum"]


def test_retained_suggestions_are_shown_for_the_rest_of_their_lifetime(
    stage: Stage,
) -> None:
    stage.say("suggestions", message(FILM))
    stage.driver.refresh()
    stage.wait_for_titles("Roman Holiday")
    said = datetime(2026, 11, 21, 12, tzinfo=UTC)
    left = stage.script(
        """const wall = Date.parse(arguments[1]);
        const until = (now) => View.read(arguments[0], true, 0, now).until;
        return [-5, 0, 10, 29, 31].map((s) => until(wall + s * 1000));""",
        json.dumps(message(FILM, at=said)),
        said.isoformat(),
    )
    assert [max(0, until) for until in left] == [0, 30000, 20000, 1000, 0]


@pytest.mark.slow
def test_a_jump_of_the_clock_changes_nothing_on_the_screen(stage: Stage) -> None:  # failure 21
    stage.show(*CARDS)
    for hours in (5, -7):
        stage.script(
            "window.realNow ??= Date.now; Date.now = () => realNow() + arguments[0] * 3600000",
            hours,
        )
        beat = stage.heartbeat()
        moved = datetime.fromisoformat(beat["at"]) - datetime.now(UTC)
        assert abs(moved - timedelta(hours=hours)) < timedelta(minutes=5)
        assert (beat["state"], beat["serial"]) == ("showing", 1)
        stage.show(*CARDS)
    assert stage.script("return window.everShown.length") == len(CARDS)
