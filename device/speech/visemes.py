"""What the lips do while a text is said: visemes, in the time of its sound.

A viseme is a shape of the mouth that several sounds share; the fifteen here are those of MPEG-4's
face animation with "silence", by the short names that avatars use. They follow from the phonemes
that espeak-ng says it is at (`device/speech/timer.py`), so they are neither guessed from the sound
nor from the spelling. Guarantees: times rise, no two visemes overlap, none that follow are equal.
"""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from device.errors import UserError
from device.speech.speaker import LONGEST_S, WORDS_A_MINUTE, plain
from device.speech.voices import VOICES

TIMER = Path(__file__).with_name("timer.py")

SILENCE = "sil"

SHAPES = {
    "PP": "pbmβɓʙ",
    "FF": "fvɱʋ",
    "TH": "θð",
    "DD": "tdʈɖɗ",
    "kk": "kɡgqɢxɣχʁħʕhɦɥcɟçʝʔ?",
    "CH": "ʃʒɕʑʂʐ",
    "SS": "szʦʣ",
    "nn": "nŋɲɳɴlɫɭʎʟ",
    "RR": "rɹɾɻʀɽɺ",
    "aa": "aɑɐɒʌæ",
    "E": "eɛəɜɘɚɝɞ",
    "ih": "iɪɨjʲy",
    "oh": "oɔɵɤøœ",
    "ou": "uʊʉwɯʏʍ",
}
"""The IPA's letters whose sounds have this shape. Marks of stress, length and tone have none.
`?` is what espeak-ng writes for one of German's glottal stops."""

NAMES = (SILENCE, *SHAPES)

_OF = {letter: name for name, letters in SHAPES.items() for letter in letters}


@dataclass(frozen=True, slots=True)
class Viseme:
    """A shape of the mouth from one moment of a sound to another, in seconds."""

    name: str
    begins_s: float
    ends_s: float


def visemes(text: str, language: str) -> tuple[Viseme, ...]:
    """The visemes of what `Speaker.speak` makes of a text; none where nothing can be said of it.

    Raises:
        KeyError: a language that has no voice.
        UserError: espeak-ng's library does not answer.
    """
    arguments = [VOICES[language], str(WORDS_A_MINUTE)]
    try:
        told = subprocess.run(
            [sys.executable, "-I", "-S", str(TIMER), *arguments],
            input=plain(text).encode(),
            capture_output=True,
            timeout=LONGEST_S,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"{TIMER.name}: no answer within {LONGEST_S:.0f} s") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip().splitlines() or ["it ended early"]
        raise UserError(f"{TIMER.name}: {reason[-1]}") from None
    return shapes([(milliseconds / 1000, ipa) for milliseconds, ipa in json.loads(told.stdout)])


def shapes(phonemes: Sequence[tuple[float, str]]) -> tuple[Viseme, ...]:
    """The visemes of phonemes that begin at these seconds; the last only ends the one before it.

    What one phoneme is made of, as the two vowels of a diphthong, has equal parts of its time.
    """
    made: list[Viseme] = []
    for (begins, ipa), (ends, _) in pairwise(phonemes):
        names = list(_names(ipa)) or [SILENCE]
        step = (ends - begins) / len(names)
        for place, name in enumerate(names):
            start = begins + place * step
            if made and made[-1].name == name and made[-1].ends_s >= start:
                start = made.pop().begins_s
            if begins < ends:
                made.append(Viseme(name, start, begins + (place + 1) * step))
    return tuple(made)


def webvtt(lips: Sequence[Viseme]) -> str:
    """The visemes as a WebVTT file, each the text of a cue: a browser plays it with the sound."""
    cues = [f"{_clock(one.begins_s)} --> {_clock(one.ends_s)}\n{one.name}\n" for one in lips]
    return "\n".join(["WEBVTT\n", *cues])


def _names(ipa: str) -> Iterator[str]:
    for letter in unicodedata.normalize("NFD", ipa):
        if letter in _OF:
            yield _OF[letter]


def _clock(seconds: float) -> str:
    minutes, milliseconds = divmod(round(1000 * seconds), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds / 1000:06.3f}"
