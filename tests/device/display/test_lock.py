"""The cleaning lock: a finger held in a corner, and touches do nothing for half a minute."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.brokers import wait_until
from tests.device.display.misplaced import MISPLACED
from tests.device.display.stage import CARDS, SIZES, Stage
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]


def hold(stage: Stage, x: int, y: int) -> None:
    """Press at this place, and do not let go."""
    pointer = ActionChains(stage.driver, duration=0)
    pointer.w3c_actions.pointer_action.move_to_location(x, y)
    pointer.w3c_actions.pointer_action.pointer_down()
    pointer.perform()


def let_go(stage: Stage) -> None:
    ActionChains(stage.driver, duration=0).release().perform()


def locked(stage: Stage) -> bool:
    return stage.find("#lock").get_attribute("class") == "on"


def lock(stage: Stage) -> None:
    hold(stage, 20, 20)
    wait_until(lambda: locked(stage), "touches are off")
    let_go(stage)


def test_touches_do_nothing_while_it_counts_down_and_work_again_after_it(stage: Stage) -> None:
    stage.show(*CARDS)
    lock(stage)
    assert stage.find("#lock").is_displayed()
    assert 1 <= int(stage.text("#lock .seconds")) <= 30
    known = len(stage.kiosk.messages)
    for place in (".verdict", "#choice", "#language"):
        box = stage.find(place).rect
        hold(stage, round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2))
        let_go(stage)
    assert stage.script("return Screen.noticeIsVisible()")  # so the camera need not close
    stage.script("Lock.draw(performance.now() + 31000)")
    assert not locked(stage)
    assert stage.text("#lock") == ""
    stage.find("#language").click()
    assert stage.find("#languages").is_displayed()
    assert [m for m in stage.kiosk.messages[known:] if m.topic.endswith("/feedback")] == []


@pytest.mark.parametrize("size", [*SIZES.values(), (480, 800)])
def test_the_finger_that_locks_opens_no_card_and_all_is_in_its_place(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.resize(size)
    stage.show(*CARDS)
    lock(stage)
    assert stage.titles() == [card["title"] for card in CARDS]
    assert stage.script(MISPLACED) == []
    plate, notice = stage.find("#lock").rect, stage.find("#notice").rect
    assert plate["y"] + plate["height"] <= notice["y"]
    stage.spoil()


def test_a_short_touch_or_one_that_moves_away_locks_nothing(stage: Stage) -> None:
    stage.show(*CARDS)
    hold(stage, 20, 20)
    let_go(stage)
    hold(stage, 20, 20)
    moved = ActionChains(stage.driver, duration=0)
    moved.w3c_actions.pointer_action.move_to_location(900, 500)
    moved.perform()
    stage.script("window.begun = performance.now()")
    wait_until(lambda: stage.script("return performance.now() - begun > 2100"), "2.1 s are over")
    assert not locked(stage)
    let_go(stage)


def test_it_is_announced_and_whoever_uses_keys_is_not_kept_out(stage: Stage) -> None:
    stage.show(*CARDS)
    held = stage.script("return document.activeElement.id")
    lock(stage)
    assert stage.text("#lock [role=status]") == stage.script("return words.cleaning")
    assert stage.find("#lock .seconds").get_attribute("aria-hidden") == "true"
    assert stage.script("return document.activeElement.id") == held
    ActionChains(stage.driver).send_keys("l").perform()
    wait_until(stage.find("#languages").is_displayed, "the key of languages works")
    ActionChains(stage.driver).send_keys(Keys.TAB, Keys.ENTER).perform()
    wait_until(lambda: not stage.find("#languages").is_displayed(), "a language was chosen")
    assert locked(stage)
