"""Lips move to the sound: at the times at which espeak-ng says its phonemes, in every voice."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import wave
from itertools import pairwise

import numpy as np
import pytest

from device.speech.speaker import Speaker
from device.speech.visemes import NAMES, SILENCE, TIMER, Viseme, shapes, visemes, webvtt
from device.speech.voices import VOICES
from device.words.table import read_table
from tests.device.speech.test_speaker import heard
from tests.needs import needs, tool

pytestmark = needs("espeak-ng")

WITHIN_S = 0.08
"""Lips that are farther from the sound are seen to be."""


def heading(language: str) -> str:
    text: str = read_table(language).page["notices"]["watching"]["heading"]
    return text


@pytest.mark.parametrize("language", VOICES)
def test_the_lips_move_from_the_first_sound_to_the_last_in_every_voice(language: str) -> None:
    text = heading(language)
    seconds, _ = heard(Speaker(tool("espeak-ng")).speak(text, language))
    lips = visemes(text, language)
    assert {one.name for one in lips} <= set(NAMES)
    assert len({one.name for one in lips}) > 3
    assert 0 <= lips[0].begins_s < 0.15
    assert lips[-1].ends_s == pytest.approx(seconds, abs=0.002)
    for one, following in pairwise(lips):
        assert one.begins_s < one.ends_s <= following.begins_s + 1e-9
        assert one.name != following.name or one.ends_s < following.begins_s


def test_lips_close_where_the_sound_is_stopped() -> None:
    text = "Papa, papa, papa"
    sound = Speaker(tool("espeak-ng")).speak(text, "en")
    assert sound is not None
    with wave.open(io.BytesIO(sound)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    loud = np.sqrt(np.convolve(samples**2, np.ones(rate // 100) / (rate // 100), "same"))
    closed = [one for one in visemes(text, "en") if one.name == "PP"]
    assert len(closed) == 6
    for one in closed:
        begin, end = (max(int(rate * at), 0) for at in (one.begins_s, one.ends_s + WITHIN_S))
        around = loud[max(begin - int(rate * WITHIN_S), 0) : end]
        assert loud[begin:end].min() < 0.1 * around.max()


@pytest.mark.parametrize("language", VOICES)
def test_every_phoneme_of_the_screens_words_has_a_shape(language: str) -> None:
    words = read_table(language)
    text = ". ".join([*words.page["resting"]["watching"].values(), *words.tags.values()])
    program = [sys.executable, "-I", "-S", str(TIMER), VOICES[language], "155"]
    told = subprocess.run(program, input=text.encode(), capture_output=True, check=True)
    phonemes = json.loads(told.stdout)
    assert len(phonemes) > 100
    mute = {ipa for _, ipa in phonemes if shapes([(0, ipa), (1, "")])[0].name == SILENCE}
    assert mute <= {""}


def test_a_diphthong_is_two_shapes_and_a_pause_is_silence() -> None:
    lips = shapes([(0, "m"), (0.1, "aɪ"), (0.3, ""), (0.5, "b"), (0.6, "p"), (0.7, "")])
    assert lips == (
        Viseme("PP", 0, 0.1),
        Viseme("aa", 0.1, pytest.approx(0.2)),
        Viseme("ih", pytest.approx(0.2), pytest.approx(0.3)),
        Viseme("sil", 0.3, 0.5),
        Viseme("PP", 0.5, 0.7),
    )


def test_a_track_has_a_cue_for_each_shape() -> None:
    track = webvtt([Viseme("PP", 0, 0.0954), Viseme("aa", 0.0954, 61.5)])
    assert track == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:00.095\nPP\n\n00:00:00.095 --> 00:01:01.500\naa\n"
    )


@pytest.mark.parametrize(
    "text", ["--help", "[[h@l'oU]] [[[[", "a\0b\x1b[2J\n", "<break time='9s'/>"]
)
def test_a_text_is_read_as_it_stands_whatever_it_holds(text: str) -> None:
    seconds, _ = heard(Speaker(tool("espeak-ng")).speak(text, "en"))
    assert visemes(text, "en")[-1].ends_s == pytest.approx(seconds, abs=0.002)


def test_without_a_voice_there_is_a_line_that_says_so() -> None:
    with pytest.raises(KeyError):
        visemes("静かな公園", "ja")
    program = [sys.executable, "-I", "-S", str(TIMER), "nobody", "155"]
    told = subprocess.run(program, input=b"a", capture_output=True, check=False)
    assert (told.returncode, told.stderr) == (1, b"nobody: no such voice\n")
