"""The sign says everything in every language, and fits on its sheet of A4."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from selenium import webdriver

from device.config import Config
from device.display.sign import MOST_ON_A_SHEET, sign_page
from device.errors import UserError
from device.words.table import LANGUAGES, read_table
from tests.kiosks import changed
from tests.needs import needs

OVERFLOWING = """
const wrong = [];
for (const sheet of document.querySelectorAll(".sheet")) {
  const main = sheet.querySelector("main");
  if (sheet.scrollHeight > sheet.clientHeight + 1 || main.scrollHeight > main.clientHeight + 1) {
    wrong.push(main.innerText.slice(0, 40));
  }
  for (const part of sheet.querySelectorAll("h2, li span, footer bdi")) {
    const { left, right } = part.getBoundingClientRect();
    const edges = sheet.getBoundingClientRect();
    if (left < edges.left || right > edges.right) wrong.push(part.innerText);
  }
}
return wrong;
"""

TOUCHING = {
    "ar": ("المس",), "de": ("berühr", "tippen"), "en": ("touch", "tap"), "es": ("toque",),
    "fi": ("kosket", "napaut"), "fr": ("touche",), "it": ("tocc",), "ja": ("触れ", "タッチ"),
    "ko": ("터치",), "pt": ("toque",), "sv": ("peka", "rör"), "zh-Hans": ("触",),
    "zh-Hant": ("觸",),
}  # fmt: skip
"""Beginnings of words that ask for a finger on the screen."""


class Texts(HTMLParser):
    """What a page says, and what it would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags, self.loads = "", list[str](), list[str]()
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "href")]


@pytest.fixture
def answered(config: Config) -> Config:
    return changed(config, operator__name="City <of> Oulu", operator__contact="ouka.fi & 08 1234")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_what_is_done_kept_and_counted_how_to_opt_out_and_whom_to_ask(
    answered: Config, language: str
) -> None:
    said = Texts(sign_page(answered, [language]))
    page, sign = read_table(language).page, read_table(language).sign
    for text in (
        page["notices"]["watching"]["heading"], *sign.camera.split("{ $guessed }"), sign.kept,
        *read_table(language).guesses.model_dump().values(), sign.questions,
        page["opt_out"], "11", "City <of> Oulu", "ouka.fi & 08 1234",
    ):  # fmt: skip
        assert text in said.text
    assert "$" not in said.text
    assert said.loads == []
    assert "script" not in said.tags


def test_only_what_is_guessed_is_announced(answered: Config) -> None:
    without = changed(answered, recognise__gender=False)
    assert "guesses mood and age, to choose" in sign_page(without, ["en"])
    assert "schätzt Stimmung und Alter, um" in sign_page(without, ["de"])
    nothing = changed(without, recognise__emotion=False, recognise__age=False)
    for language in LANGUAGES:
        table = read_table(language)
        said = Texts(sign_page(nothing, [language])).text
        assert table.sign.finds in said
        assert table.sign.camera.partition("{")[0] not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_microphone_is_named_where_there_is_one_and_what_is_guessed_by_it(
    answered: Config, language: str
) -> None:
    table = read_table(language)
    microphone, tone = table.page["ask"]["microphone"], table.page["ask"]["tone"]
    deaf = changed(answered, hearing__tone=True)  # does nothing without a microphone
    hearing = changed(answered, hearing__ask=True)
    guessing = changed(deaf, hearing__ask=True)
    said = [Texts(sign_page(each, [language])).text for each in (deaf, hearing, guessing)]
    assert [microphone in each for each in said] == [False, True, True]
    assert [table.sign.sound in each for each in said] == [False, True, True]
    assert [tone in each for each in said] == [False, False, True]


def test_the_sign_of_a_screen_that_is_not_touched_asks_for_no_touch(answered: Config) -> None:
    assert "Choose “Don’t look at me” on the screen" in sign_page(answered, ["en"])
    for language in LANGUAGES:
        said = read_table(language).sign.opt_out
        for word in TOUCHING[language]:
            assert word not in said.lower(), language


def test_what_is_not_counted_is_not_announced(answered: Config) -> None:
    counts = read_table("en").sign.counts.partition("{")[0]
    assert counts in sign_page(answered, ["en"])
    assert "under 20 leaves" in sign_page(changed(answered, privacy__smallest_cell=20), ["en"])
    assert counts not in sign_page(changed(answered, privacy__counts=False), ["en"])


def test_nobody_hangs_up_a_sign_that_names_nobody(config: Config) -> None:
    with pytest.raises(UserError, match=r"operator.name and operator.contact: the sign must say"):
        sign_page(config, ["en"])
    with pytest.raises(UserError, match="the sign must say"):
        sign_page(changed(config, operator__name="City"), ["en"])


def test_a_language_without_words_is_named(answered: Config) -> None:
    with pytest.raises(UserError, match="--language: got 'tlh', takes ar, de, en"):
        sign_page(answered, ["en", "tlh"])


def test_three_languages_are_on_a_sheet_and_each_once(answered: Config) -> None:
    page = sign_page(answered, ["fi", "sv", "fi", "en", "de"])
    sheets = page.split('class="sheet"')[1:]
    assert [sheet.count("<section ") for sheet in sheets] == [3, 1]
    assert '<section lang="ar" dir="rtl">' in sign_page(answered, ["ar"])


@pytest.mark.browser
@needs("chromium", "chromedriver")
def test_nothing_leaves_its_sheet_in_any_language(
    config: Config, tmp_path: Path, browser: webdriver.Chrome
) -> None:
    longest = changed(
        config, operator__name="W" * 40, operator__contact="W" * 50,
        hearing__ask=True, hearing__tone=True,
    )  # fmt: skip
    length = {
        code: len(" ".join(read_table(code).sign.model_dump().values())) for code in LANGUAGES
    }
    longest_first = sorted(LANGUAGES, key=lambda code: -length[code])
    sheets = [[code] for code in LANGUAGES]
    sheets += [longest_first[:2], longest_first[:MOST_ON_A_SHEET]]
    sheets.append(list(LANGUAGES))
    for number, languages in enumerate(sheets):
        file = tmp_path / f"{number}.html"
        file.write_text(sign_page(longest, languages), encoding="utf-8")
        browser.get(file.as_uri())
        assert browser.execute_script(OVERFLOWING) == [], languages
