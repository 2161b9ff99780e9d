"""How soon the screen speaks: until a sound is made, and until it is heard.

The first is measured for each language, on what the notice says beside cards. The second is
measured in Chromium on the page as it is served: from the moment at which a button gets the focus
until the browser plays the sound of its name; and from a touch on the guide until it speaks, whose
sound waits for what its lips do. Speakers and their amplifier come on top.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from device.config import Config
from device.display.made import made_files
from device.display.server import LEAST_FPS, PageServer, settings_script
from device.display.speech import SpeechServer
from device.errors import UserError
from device.speech.output import PROGRAM
from device.speech.speaker import Speaker
from device.speech.voices import VOICES
from device.words.table import read_table
from tools.browser import headless, resize

TRIES = 7
FOCUSES = 20
PATIENCE_S = 60
SIZE = (1920, 1080)

HEARD = """
window.taken = [];
let began = 0;
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  this.addEventListener("playing", () => {
    if (began) taken.push(performance.now() - began);
    began = 0;
    setTimeout(next, 150);
  }, { once: true });
  return play.call(this);
};
const buttons = [document.querySelector("#language"), document.querySelector("#choice")];
function next() {
  began = performance.now();
  buttons.reverse()[0].focus();
}
"""
"""Once speech is on, moves the focus to and fro whenever a sound has begun."""


TOLD = """
window.taken = [];
let began = 0;
const face = document.querySelector("#guide button");
const play = HTMLMediaElement.prototype.play;
face.addEventListener("click", () => { began = performance.now(); }, { capture: true });
HTMLMediaElement.prototype.play = function () {
  this.addEventListener("playing", () => {
    taken.push(performance.now() - began);
    face.click();
    setTimeout(() => face.click(), 150);
  }, { once: true });
  return play.call(this);
};
"""
"""Touches the guide again and again, once it is silent."""


def report() -> Iterator[str]:
    """Lines of figures.

    Raises:
        UserError: espeak-ng or the browser is not installed.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise UserError(f"{PROGRAM}: not found; install it with apt")
    speaker = Speaker(program)
    for language in VOICES:
        notice = read_table(language).page["notices"]["opted_out"]
        text = f"{notice['heading']}. {notice['brief']}"
        taken = [_made(speaker, text, language) for _ in range(TRIES)]
        yield f"{language:8} {len(text):4} characters: {1000 * median(taken):4.0f} ms"
    for what, guide, script, begin in (
        ("focus to sound", False, HEARD, "#speech"),
        ("a touch on the guide to sound", True, TOLD, "#guide button"),
    ):
        heard = _heard(speaker, guide, script, begin)
        yield (
            f"from {what} in Chromium: median {median(heard):.0f} ms, "
            f"longest of {len(heard)} {max(heard):.0f} ms"
        )


def _made(speaker: Speaker, text: str, language: str) -> float:
    """Seconds until the sound of a text is made."""
    began = time.perf_counter()
    speaker.speak(text, language)
    return time.perf_counter() - began


def _heard(speaker: Speaker, guide: bool, script: str, begin: str) -> list[float]:
    """Milliseconds from what asks for a sound to its beginning, each time.

    script: measures them. begin: what is touched first, without which all is muted.
    """
    sounds = SpeechServer(0, speaker)
    sounds.start()
    config = Config.model_validate(
        {"speech": {"output": "always", "port": sounds.port}, "display": {"guide": guide}}
    )
    measured = settings_script(config).replace(f'"least_fps": {LEAST_FPS}', '"least_fps": 0')
    page = PageServer(0, measured, made_files(config))
    page.start()
    try:
        with tempfile.TemporaryDirectory() as profile:
            browser = headless(Path(profile))
            try:
                resize(browser, SIZE)
                browser.get(page.address)
                browser.execute_script(script)
                browser.find_element(By.CSS_SELECTOR, begin).click()
                WebDriverWait(browser, PATIENCE_S).until(
                    lambda page: page.execute_script("return taken.length") >= FOCUSES
                )
                taken: list[float] = browser.execute_script("return taken")
            finally:
                browser.quit()
    finally:
        page.stop()
        sounds.stop()
    return taken
