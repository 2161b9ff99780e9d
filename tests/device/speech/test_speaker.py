"""A text becomes a sound: of its length, loud enough, and of no text but this one."""

from __future__ import annotations

import io
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from device.config import SpeechConfig
from device.errors import UserError
from device.speech.output import open_speaker, silent_because
from device.speech.speaker import LONGEST_TEXT, Speaker, plain
from device.speech.voices import VOICES
from device.words.table import LANGUAGES, read_table
from tests.brokers import wait_until
from tests.needs import needs, tool

pytestmark = needs("espeak-ng")

ALWAYS = SpeechConfig(output="always")


@pytest.fixture
def speaker() -> Speaker:
    return Speaker(tool("espeak-ng"))


def heard(sound: bytes | None) -> tuple[float, float]:
    """Seconds of a WAV file, and the root of its mean square as a share of full scale."""
    assert sound is not None
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        assert len(samples) == file.getnframes()
    return len(samples) / file.getframerate(), float(np.sqrt(np.mean(samples**2)))


@pytest.mark.parametrize("language", VOICES)
def test_every_language_with_a_voice_says_the_heading_of_its_own_notice(
    speaker: Speaker, language: str
) -> None:
    heading = read_table(language).page["notices"]["watching"]["heading"]
    seconds, loudness = heard(speaker.speak(heading, language))
    assert 0.8 < seconds < 8
    assert loudness > 0.03


def test_all_languages_but_japanese_have_a_voice() -> None:
    assert set(LANGUAGES) - set(VOICES) == {"ja"}


def test_mandarin_is_read_as_mandarin_not_as_the_letters_of_its_pinyin(speaker: Speaker) -> None:
    four, _ = heard(speaker.speak("安静公园", "zh-Hans"))
    assert four < 2  # four syllables; the letters and digits of "an1 jing4" take twice as long
    with pytest.raises(KeyError):
        speaker.speak("静かな公園", "ja")


def test_a_longer_text_takes_longer_and_a_very_long_one_is_cut(speaker: Speaker) -> None:
    short, _ = heard(speaker.speak("West Lake Museum", "en"))
    longer, _ = heard(speaker.speak("West Lake Museum, open till five, 6 minutes on foot", "en"))
    assert longer > 1.8 * short
    endless, _ = heard(speaker.speak("word " * 20_000, "en"))
    assert endless < 60


@pytest.mark.parametrize(
    "text", ["--help", "-f /etc/passwd", "[[h@l'oU]] [[[[", "<break time='60s'/>", "a\0b\x1b[2J\n"]
)
def test_a_text_is_read_as_it_stands_whatever_it_holds(speaker: Speaker, text: str) -> None:
    seconds, loudness = heard(speaker.speak(text, "en"))
    assert 0.2 < seconds < 10
    assert loudness > 0.02


def test_no_text_is_taken_for_phonemes_and_none_is_longer_than_the_longest() -> None:
    assert plain("[[h@l'oU]]") == "[ [h@l'oU]]"
    assert "[[" not in plain("[" * 9)
    assert plain("a\n\x1b\ud800b") == "a b"  # unpaired surrogates: a browser may send some
    assert len(plain("字" * 9000)) == LONGEST_TEXT


Waiting: TypeAlias = tuple[Speaker, Callable[[], bytes | None]]


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Waiting]:
    """A speaker whose program never ends with the text `older`, once it has begun with it; and what
    has become of that text."""
    program, began, made = tmp_path / "espeak-ng", tmp_path / "began", []
    program.write_text(
        f'#!/bin/sh\nread -r text\n[ "$text" = older ] && touch {began} && exec sleep 60\n'
        f'printf %s "$text" | {tool("espeak-ng")} "$@"\n'
    )
    program.chmod(0o755)
    speaker = Speaker(str(program))
    thread = threading.Thread(target=lambda: made.append(speaker.speak("older\n", "en")))
    thread.start()
    wait_until(began.exists, "the older text is being made")

    def outcome() -> bytes | None:
        thread.join(10)
        (sound,) = made
        return sound

    yield speaker, outcome
    speaker.stop()
    thread.join(10)


def test_a_newer_text_ends_an_older_one(waiting: Waiting) -> None:
    speaker, older = waiting
    assert heard(speaker.speak("newer\n", "en"))[0] > 0.2
    assert older() is None


def test_stopping_ends_what_is_being_made(waiting: Waiting) -> None:
    speaker, older = waiting
    speaker.stop()
    assert older() is None


def test_a_program_that_says_nothing_or_is_gone_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="espeak-ng: No such file"):
        Speaker(str(tmp_path / "espeak-ng")).speak("a", "en")
    broken = tmp_path / "espeak-ng"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(UserError, match="no sound \\(exit code 3\\)"):
        Speaker(str(broken)).speak("a", "en")


def test_the_kiosk_is_silent_without_a_program_or_a_sound_card_and_says_why(
    tmp_path: Path,
) -> None:
    auto = SpeechConfig()
    card = tmp_path / "sound"
    card.mkdir()
    assert "apt install espeak-ng" in str(silent_because(auto, path=str(tmp_path), sound=card))
    assert "no sound card" in str(silent_because(auto, sound=card))
    (card / "pcmC0D0c").touch()  # a microphone alone is no sound card
    assert "no sound card" in str(silent_because(auto, sound=card))
    (card / "pcmC0D0p").touch()
    assert silent_because(auto, sound=card) is None
    assert silent_because(ALWAYS, sound=tmp_path / "none") is None
    assert silent_because(SpeechConfig(output="never"), sound=card) == "speech.output: never"
    assert open_speaker(SpeechConfig(output="never")) is None
    assert open_speaker(ALWAYS) is not None
