"""What a licence wants to be shown stands beside the cards, while a card that needs it is there."""

from __future__ import annotations

import pytest

from tests.device.display.stage import ACTIVITY, FILM, PLACE, Stage
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

OSM = "© OpenStreetMap contributors, ODbL"


def test_a_credit_is_shown_once_with_the_cards_that_need_it_and_only_then(stage: Stage) -> None:
    stage.show(PLACE, {**PLACE, "id": "place-2", "title": "Pagoda"}, FILM)
    assert stage.text("#credit") == OSM
    stage.show(FILM, ACTIVITY, serial=2)
    assert not stage.find("#credit").is_displayed()
    stage.show(PLACE, {**FILM, "credit": "<b>A poster</b>, CC BY"}, serial=3)
    assert stage.text("#credit") == f"{OSM} · <b>A poster</b>, CC BY"
    stage.show(state="resting", serial=4)
    assert not stage.find("#credit").is_displayed()
