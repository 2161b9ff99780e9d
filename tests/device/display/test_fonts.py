"""With the fonts that install.sh brings, and no others, no title is shown as empty boxes."""

# failure 38

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from device.config import Config
from device.display.made import made_files
from device.display.server import PageServer, settings_script
from tests.device.display.stage import chromium
from tests.needs import in_ci, needs

pytestmark = [
    pytest.mark.browser,
    needs("chromium", "chromedriver", "dpkg-query"),
]

TITLES = {
    "Chinese": "西湖博物馆与灵隐寺 臺北故宮博物院",
    "Japanese": "千と千尋の神隠し カフェ・ヴェルデ",
    "Korean": "국립중앙박물관 야외 정원",
    "Thai": "พิพิธภัณฑ์ท้องถิ่นริมแม่น้ำ",
    "Devanagari": "राष्ट्रीय संग्रहालय की ओर",
    "Arabic": "متحف بحيرة الغرب",
    "Persian": "می‌خواهم به موزه بروم گچ پژ",
    "Hebrew": "מוזיאון אגם המערב שָׁלוֹם",
    "Greek": "Κήπος της Εδέμ",
    "Cyrillic": "Музей у озера Їжак",
    "Vietnamese": "Bảo tàng Mỹ thuật Việt Nam",
    "Latin": "Château, Łódź, Öl & Straße – “Ça va?” 5 €",
    "emoji": "🏛🌳☕🎬🧺🥐❤️",
}
JOINED = {"a family": "👩‍👩‍👧", "a flag": "🇫🇮", "a skin": "👋🏽", "a flag by a joiner": "🏳️‍🌈"}

PICTURE = """
const [text, family] = arguments;
const canvas = document.createElement("canvas");
canvas.width = canvas.height = 160;
const context = canvas.getContext("2d");
context.font = `64px ${getComputedStyle(document.body).fontFamily}`;
context.fillText(text, 40, 100);
return canvas.toDataURL();
"""
"""What a text looks like in the page's font."""

WIDTH = """
const context = document.createElement("canvas").getContext("2d");
context.font = `64px ${getComputedStyle(document.body).fontFamily}`;
return context.measureText(arguments[0]).width;
"""

NOBODY_HAS = ("\u0378", "\U0010fffd")
"""An unassigned character and a private one: shown as the box of a missing glyph."""


def font_files(root: Path) -> list[Path]:
    """The fonts of the packages that install.sh names; the test is skipped where one is missing."""
    packages = sorted(set(re.findall(r"fonts-[a-z-]+", (root / "systemd/install.sh").read_text())))
    assert packages
    files = []
    for package in packages:
        listed = subprocess.run(
            ["dpkg-query", "-L", package], capture_output=True, text=True, check=False
        )
        if listed.returncode and not in_ci():
            pytest.skip(f"not installed: {package}")
        assert listed.returncode == 0, f"{package} is not installed; in CI no test may be skipped"
        files += [Path(name) for name in re.findall(r".*\.(?:ttf|ttc|otf)$", listed.stdout, re.M)]
    return files


@pytest.fixture(scope="module")
def page(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """The page in a browser that finds a kiosk's fonts alone."""
    folder = tmp_path_factory.mktemp("fonts")
    (folder / "fonts").mkdir()
    for file in font_files(root):
        (folder / "fonts" / file.name).symlink_to(file)
    configuration = folder / "fonts.conf"
    configuration.write_text(
        "<fontconfig>"
        f"<dir>{folder}/fonts</dir><cachedir>{folder}/cache</cachedir>"
        '<include ignore_missing="yes">/etc/fonts/conf.d</include>'
        "</fontconfig>"
    )
    server = PageServer(0, settings_script(Config()), made_files(Config()))
    server.start()
    try:
        with chromium(folder / "browser", FONTCONFIG_FILE=str(configuration)) as driver:
            driver.get(server.address)
            yield driver
    finally:
        server.stop()


@pytest.mark.parametrize("script", TITLES)
def test_no_character_of_a_title_is_an_empty_box(page: webdriver.Chrome, script: str) -> None:
    boxes = {page.execute_script(PICTURE, missing) for missing in NOBODY_HAS}
    assert len(boxes) == 1
    shown = {c: page.execute_script(PICTURE, c) for c in TITLES[script] if c.strip("\u200c\ufe0f ")}
    assert [c for c, picture in shown.items() if picture in boxes] == []


@pytest.mark.parametrize("which", JOINED)
def test_joined_emoji_are_one(page: webdriver.Chrome, which: str) -> None:
    one = page.execute_script(WIDTH, "🌳")
    assert page.execute_script(WIDTH, JOINED[which]) == pytest.approx(one, rel=0.1)
