"""The guide: a drawn head greets, tells what is shown when touched, and moves its lips to that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from selenium import webdriver

from device.display.greeting import SHAPES, Curve
from device.display.server import PAGE
from device.speech.visemes import NAMES, visemes
from device.words.table import LANGUAGES, read_table
from tests.brokers import wait_until
from tests.device.display.sounds import Sounds
from tests.device.display.stage import ACTIVITY, FILM, FINISH, ON_FOOT, SIZES, Stage, message, site
from tests.device.display.test_axe import AXE, CHOSEN, RUN, State, violations
from tests.device.display.test_rest import AROUND
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto", "espeak-ng"),
]

WITHIN_S = 0.08
"""Lips that are farther from the sound are seen to be."""

CARDS = (ON_FOOT, FILM, ACTIVITY)

MEDIUM = (1280, 720)
"""Of a window in which the head is drawn at less cost: the tests have no graphics card."""

WATCH = """
window.seen = [];
const look = () => {
  const drawn = Guide.state();
  const { content, audio } = Speech.saying() ?? {};
  const caption = document.querySelector("#guide p").textContent;
  if (drawn?.at && drawn.viseme && audio) {
    window.seen.push({ ...drawn, now: audio.currentTime, said: content, caption });
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
"""Remembers what was drawn in each frame, and where the sound was then."""

WIDEST = """
window.widest = 0;
const look = () => {
  window.widest = Math.max(window.widest, Guide.state().jaw);
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
"""Remembers how far the mouth of the guide was open."""

LIPS = """
const { LIPS, EYES, make, closed } = Shapes;
const bytes = Uint8Array.from(atob(FACE_MESH.vertices), (letter) => letter.charCodeAt(0));
const places = new Int16Array(bytes.buffer);
const base = closed(Float32Array.from(places, (one) => one / FACE_MESH.unitsPerCm));
const shapes = make(base);
const height = (vertex, name) => base[3 * vertex + 1] + (name ? shapes[name][3 * vertex + 1] : 0);
const gap = (above, below, name) => height(above, name) - height(below, name);
return {
  names: Object.keys(shapes),
  still: Object.keys(shapes).filter((name) => Math.hypot(...shapes[name]) < 0.1),
  mouth: [gap(13, 14), gap(13, 14, "jawOpen")],
  eye: [gap(159, 145), gap(159, 145, "eyeBlinkRight"), gap(386, 374, "eyeBlinkRight")],
};
"""


COVERED = """
const box = (one) => one.getBoundingClientRect();
const apart = (a, b) => a.right <= b.left || b.right <= a.left
  || a.bottom <= b.top || b.bottom <= a.top;
const seen = (one) => box(one).width > 1 && box(one).height > 1;
const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
const others = all("header > *, #rest > *, .card, #credit, footer");
const wrong = [];
for (const part of all("#guide > *")) {
  const { left, top, right, bottom } = box(part);
  if (Math.min(left, top) < 0 || right > innerWidth || bottom > innerHeight) wrong.push("outside");
  if (part.scrollHeight > part.clientHeight + 1) wrong.push(`"${part.textContent}" is cut`);
  wrong.push(...others.filter((one) => !apart(box(part), box(one))).map((one) => one.textContent));
}
return wrong;
"""
"""What the guide covers, and where it has no room itself."""


LOSE = """
const [done] = arguments;
const canvas = document.querySelector("#guide canvas");
const lost = canvas.getContext("webgl").getExtension("WEBGL_lose_context");
canvas.addEventListener("webglcontextlost", () => setTimeout(() => lost.restoreContext(), 100));
canvas.addEventListener("webglcontextrestored", () => done());
lost.loseContext();
"""
"""Has the browser lose what it draws with, and get it back."""


def without_measure(script: str) -> str:
    """The settings of a kiosk that draws the guide however slow its board is."""
    return re.sub(r'"least_fps": \d+', '"least_fps": 0', script)


@pytest.fixture(scope="module")
def shared(
    browser: webdriver.Chrome, tmp_path_factory: pytest.TempPathFactory, sounds: Sounds
) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("guide")
    speech = {"output": "always", "port": sounds.port}
    display = {"languages": ["en", "fi"], "guide": True}
    with site(folder, browser, amend=without_measure, speech=speech, display=display) as stage:
        yield stage


@pytest.fixture
def stage(shared: Stage, sounds: Sounds) -> Stage:
    shared.again().resize(MEDIUM)
    sounds.asked.clear()
    return shared


def touch(stage: Stage) -> None:
    stage.find("#guide button").click()


def said_of(stage: Stage) -> dict[str, Any] | None:
    found: dict[str, Any] | None = stage.script(
        "const now = Speech.saying();"
        " return now && { content: now.content, seconds: now.audio.currentTime }"
    )
    return found


def test_without_the_setting_there_is_no_guide_and_no_track_is_asked_for(
    browser: webdriver.Chrome, tmp_path: Path, sounds: Sounds
) -> None:
    speech = {"output": "always", "port": sounds.port}
    with site(tmp_path, browser, speech=speech) as plain:
        plain.open()
        plain.show(*CARDS)
        plain.find("#speech").click()
        sounds.asked.clear()
        wait_until(lambda: len(sounds.asked) > 1, "the page speaks")
        assert plain.script("return [...document.querySelectorAll('#guide')].length") == 0
        assert all(language != "visemes" for language, _ in sounds.asked)


def test_it_greets_and_is_silent_until_it_is_touched(stage: Stage, sounds: Sounds) -> None:
    stage.show(*CARDS)
    wait_until(lambda: stage.script("return Guide.state() !== null"), "the head is drawn")
    guide = read_table("en").page["guide"]
    assert stage.text("#guide p") == f"{guide['hello']} {guide['invite']}"
    assert stage.find("#guide button").get_attribute("aria-label") == guide["invite"]
    stage.heartbeat()
    assert sounds.asked == []


def test_one_touch_tells_the_cards_with_captions_and_another_silences_it(
    stage: Stage, sounds: Sounds
) -> None:
    stage.show(*CARDS)
    stage.script(WATCH)
    touch(stage)
    said = ("Hello!", "Ideas for right now", "Place", "West Lake Museum")
    wanted = {("en", text) for text in said} | {("visemes", f"en/{text}") for text in said}
    wait_until(lambda: wanted <= set(sounds.asked), "the guide tells the first card")
    told = stage.script("return window.seen.map(({ said, caption }) => [said, caption])")
    assert len({said for said, _ in told}) > 1
    assert all(said == caption for said, caption in told)
    guide = read_table("en").page["guide"]
    assert stage.find("#guide button").get_attribute("aria-label") == guide["hush"]
    touch(stage)
    assert stage.script("return [Speech.on(), Speech.saying()]") == [False, None]
    assert stage.find("#guide button").get_attribute("aria-pressed") == "false"


def test_the_lips_drawn_are_within_80_ms_of_the_sound(stage: Stage) -> None:
    stage.show(*CARDS)
    stage.script(WATCH)
    touch(stage)

    def frames() -> dict[str, list[dict[str, Any]]]:
        by_text: dict[str, list[dict[str, Any]]] = {}
        for frame in stage.script("return window.seen"):
            text = unquote(frame["src"].partition("/en/")[2].rpartition("?")[0])
            by_text.setdefault(text, []).append(frame)
        return by_text

    def enough() -> bool:
        """Whether a slow machine has drawn as much as is to be looked at."""
        drawn = [frame["viseme"] for part in frames().values() for frame in part]
        return "Place" in frames() and len(drawn) > 20 and len({*drawn} - {"sil"}) > 5

    wait_until(enough, "the guide tells of the first card")
    for text, drawn in frames().items():
        lips = visemes(text, "en")
        for frame in drawn:
            at, name = frame["at"], frame["viseme"]
            around = (at - WITHIN_S, at + WITHIN_S)
            near = {one.name for one in lips if one.begins_s < around[1] and around[0] < one.ends_s}
            if around[0] < lips[0].begins_s or around[1] > lips[-1].ends_s:
                near.add("sil")
            assert name in near, text
            assert abs(frame["now"] - at) < WITHIN_S


def test_in_a_language_without_a_voice_it_tells_in_captions_alone(
    stage: Stage, sounds: Sounds
) -> None:
    stage.show(*CARDS)
    stage.find("#language").click()
    stage.find("#languages [lang=ja]").click()
    guide = read_table("ja").page["guide"]
    wait_until(lambda: guide["hello"] in stage.text("#guide p"), "the guide greets in Japanese")
    touch(stage)
    wait_until(lambda: stage.text("#guide p") == guide["hello"], "the greeting alone")
    second = read_table("ja").page["suggestions"]
    wait_until(lambda: stage.text("#guide p") == second, "what comes after the greeting")
    assert sounds.asked == []
    touch(stage)
    assert guide["invite"] in stage.text("#guide p")


def test_where_the_board_is_too_slow_it_is_gone_and_the_rest_goes_on(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    def impossible(script: str) -> str:
        return re.sub(r'"least_fps": \d+', '"least_fps": 100000', script)

    with site(tmp_path, browser, amend=impossible, display={"guide": True}) as slow:
        slow.open(MEDIUM)
        slow.show(*CARDS)
        wait_until(
            lambda: slow.script("return document.querySelector('#guide') === null"), "it is gone"
        )
        warned = [entry["message"] for entry in browser.get_log("browser")]
        assert any("frames a second, 100000 are needed" in message for message in warned)
        slow.heartbeat(state="showing", shows_notice=True)
        assert slow.titles() == [card["title"] for card in CARDS]


@pytest.fixture
def still(shared: Stage, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The page of a browser that is to reduce motion."""
    with shared.less_motion():
        yield shared.again(request.function.__name__)


def test_it_is_still_where_motion_is_to_be_reduced(still: Stage) -> None:
    still.show(*CARDS)
    touch(still)
    wait_until(lambda: (said_of(still) or {"seconds": 0})["seconds"] > 0.2, "it speaks")
    drawn = still.script("return Guide.state()")
    assert (drawn["viseme"], drawn["jaw"]) == ("", 0)
    assert still.script("return Guide.state().at") == drawn["at"]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_it_covers_nothing_in_any_language(still: Stage, size: tuple[int, int]) -> None:
    still.resize(size)
    for items, state in (((), "resting"), (CARDS, "showing")):
        known = still.say("suggestions", message(*items, state=state) | {"around": AROUND})
        still.heartbeat(known, state=state)
        for language in LANGUAGES if size == SIZES["landscape"] else ("en", "de", "ar", "ja"):
            still.script("document.querySelector('#language').click()")
            still.script(f"document.querySelector('#languages [lang=\"{language}\"]').click()")
            wait_until(lambda code=language: still.script(CHOSEN, code), language)
            still.script(FINISH)
            assert still.find("#guide").is_displayed() is (size != SIZES["small"])
            assert still.script(COVERED) == [], language
        still.heartbeat(shows_notice=True)


def test_it_greets_as_the_operators_clip_was_recorded(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    opened = tuple(float(name == "jawOpen") for name in SHAPES)
    file = tmp_path / "greeting.json"
    file.write_text(Curve(25.0, (opened,) * 50).text())
    folder = tmp_path / "site"
    folder.mkdir()
    with site(folder, browser, amend=without_measure, display={"guide": str(file)}) as recorded:
        recorded.open(MEDIUM)
        wait_until(lambda: recorded.script("return Guide.state()?.jaw") == 0, "it is drawn at rest")
        recorded.script(WIDEST)
        recorded.show(*CARDS)
        wait_until(lambda: recorded.script("return window.widest") == 1, "the clip is played")


def test_it_comes_back_when_the_graphics_were_lost(stage: Stage) -> None:
    wait_until(lambda: stage.script("return Guide.state() !== null"), "the head is drawn")
    stage.driver.execute_async_script(LOSE)
    touch(stage)
    wait_until(lambda: stage.script("return Boolean(Guide.state().at)"), "it speaks and is drawn")


def test_axe_core_has_nothing_to_complain_of_in_any_language(still: Stage) -> None:
    still.script(AXE)
    for state in (State(), State(CARDS)):
        still.show(*state.items, state="showing" if state.items else "resting")
        found = [what for code in LANGUAGES for what in violations(still, state, code)]
        assert found == []
    touch(still)
    assert still.driver.execute_async_script(RUN) == []


def test_every_shape_of_the_landmarker_moves_the_face(stage: Stage) -> None:
    found = stage.script(LIPS)
    eyes = {
        f"eyeLook{way}{side}" for way in ("Down", "In", "Out", "Up") for side in ("Left", "Right")
    }
    assert len({*found["names"], *eyes, "_neutral"}) == 52
    assert found["still"] == []
    shut, opened = found["mouth"]
    assert abs(shut) < 0.1
    assert opened > 1
    awake, asleep, other = found["eye"]
    assert abs(asleep) < 0.1 * awake
    assert other > 0.9 * awake


def test_every_viseme_of_the_kiosk_has_a_shape_of_the_mouth() -> None:
    source = (PAGE / "visemes.js").read_text()
    assert set(re.findall(r"^ {4}(\w+): \{", source, re.M)) == set(NAMES)


def test_it_knows_nothing_of_whoever_stands_there() -> None:
    for name in ("guide.js", "face.js", "head.js", "shapes.js", "visemes.js"):
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", (PAGE / name).read_text(), flags=re.S)
        for source in ("View", "Link", "Operator", "mood", "emotion", "age", "gender"):
            assert not re.search(rf"\b{source}\b", code), f"{name}: {source}"
