"""The pictures of the page, and what it costs at rest, are made by a command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.errors import UserError
from tests.needs import needs
from tools.page import open_page
from tools.painted import SIZE, paint
from tools.screen_load import measure
from tools.screens import GAP_PX, SHEETS, TILE_PX, Sheet, composed, write_sheets


def test_a_sheet_has_each_language_in_each_size_two_abreast() -> None:
    columns = [[np.zeros((TILE_PX, width, 3), np.uint8)] * 3 for width in (320, 101)]
    height, width, _ = composed(columns).shape
    assert height == 2 * (TILE_PX + 2 * GAP_PX)
    assert width == 2 * (320 + 101 + 4 * GAP_PX)


def test_an_unknown_sheet_is_refused_before_a_browser_is_opened(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="takes resting, cards, opened"):
        write_sheets(tmp_path, ("no such",), print)


def test_painted_photographs_are_the_same_each_time_and_differ() -> None:
    one = paint(1)
    assert one.shape == (SIZE[1], SIZE[0], 3)
    assert (one == paint(1)).all()
    assert (one != paint(2)).any()


@pytest.mark.slow
@pytest.mark.browser
@needs("chromium", "chromedriver")
def test_a_page_rests_shows_cards_opens_one_and_costs_something() -> None:
    states: dict[str, Sheet] = {sheet.name: sheet for sheet in SHEETS}
    with open_page("hills", (800, 480)) as page:
        assert (
            page.browser.execute_script("return document.querySelector('#clock').textContent")
            == "15:04"
        )
        load = measure(page, rounds=1, step_s=1.0)
        assert load.rss_mb > 50
        assert load.cores[0] > 0
        states["opened"].state(page)
        page.speak("fi")
        assert page.picture().shape == (480, 800, 3)
        assert page.touch("#back")
        assert not page.touch("#no-such-part")
