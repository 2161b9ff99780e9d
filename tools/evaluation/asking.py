"""Whether what is asked aloud is understood, and what is no request is taken for none.

Synthetic voices say the sentences of `asked.json`; each is mixed with a noise of a station, in
turn. The threshold of `device/hearing/recogniser.py` was chosen on the sentences and
voices for tuning. Guarantee: no sentence and no voice of the test is among them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy.signal
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from device.hearing.recogniser import Recogniser, Sentence
from device.hearing.utterance import RATE
from device.hearing.vocabulary import spoken
from device.speech.speaker import HEADER
from device.values import Request
from tools.datasets.station_noise import HEARD, UNHEARD, make_noise, mixed
from tools.datasets.voice import load_voice

SENTENCES = Path(__file__).with_name("asked.json")

VOICES = {
    "tuning": (
        "espeak-ng en-us",
        "espeak-ng en-us+f1",
        "espeak-ng en-us+f2",
        "espeak-ng en-us+f3",
        "espeak-ng en-us+m3",
        "espeak-ng en-us+m5",
        "espeak-ng en-gb-scotland",
        "espeak-ng en-gb-x-rp",
        "flite rms",
        "flite kal",
        "flite kal16",
    ),
    "test": (
        "espeak-ng en-gb",
        "espeak-ng en-us+f4",
        "espeak-ng en-us+m7",
        "flite slt",
        "flite awb",
    ),
}
"""Program, and its name for the voice. flite's are built from recordings of people."""

RATIO_DB = 15.0
LEVEL = 0.4
"""Peak of the speech."""

PAUSE_S = (0.2, 0.5)
"""Before and after the speech, while the button is held."""

WORDS_A_MINUTE = "155"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heeded:
    """What became of one sound. wanted: what it asks for; None: nothing. s: seconds it took."""

    voice: str
    text: str
    wanted: Request | None
    got: Request | None
    heard: Sentence
    s: float


def say(voice: str, text: str) -> Floats:
    """A sentence in a synthetic voice, at `RATE`.

    Raises:
        UserError: its program is not installed.
    """
    program, name = voice.split(" ")
    if shutil.which(program) is None:
        raise UserError(f"{program}: not found; install it with apt")
    options = {
        "espeak-ng": ["-v", name, "-s", WORDS_A_MINUTE, "--stdout", text],
        "flite": ["-voice", name, "-t", text, "-o", "/dev/stdout"],
    }
    told = subprocess.run([program, *options[program]], check=True, stdout=subprocess.PIPE)
    rate = int.from_bytes(told.stdout[24:28], "little")
    samples = np.frombuffer(told.stdout[HEADER:], "<i2").astype(np.float32)
    resampled = scipy.signal.resample_poly(samples, RATE, rate)
    return np.asarray(resampled / np.abs(resampled).max() * LEVEL, np.float32)


def held(sound: Floats, noise: int, talkers: Sequence[Floats], draw: np.random.Generator) -> bytes:
    """What a microphone hears while the button is held: speech at `RATIO_DB` above a noise.

    noise: which of the station's, in turn. talkers: sounds of the people in it.
    """
    before, after = (np.zeros(int(draw.uniform(*PAUSE_S) * RATE), np.float32) for _ in range(2))
    whole = np.concatenate([before, sound, after])
    makers = list((HEARD | UNHEARD).values())
    made = make_noise(makers[noise % len(makers)], len(whole) / RATE + 1, talkers, draw)
    return samples_of(mixed(whole, made, RATIO_DB))


def samples_of(sound: Floats) -> bytes:
    """Samples of 16 bits, as a sound card gives them."""
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


def wanted(recogniser: Recogniser, thing: str, wishes: str) -> Request:
    """What a sentence of `asked.json` asks for, by the name of a thing and by wishes.

    Raises:
        KeyError: the catalogue has no such thing.
    """
    features = recogniser.vocabulary.things[spoken(thing)] if thing else ()
    return Request(thing, tuple(sorted(features)), **dict.fromkeys(wishes.split(), True))


def measure(
    recogniser: Recogniser, part: str, voices: Sequence[str], limit: int | None = None
) -> list[Heeded]:
    """Every sentence of a part of `asked.json` in these voices. limit: at most so many of each."""
    sentences = json.loads(SENTENCES.read_text(encoding="utf-8"))[part]
    rows = [
        (text, wanted(recogniser, *request)) for text, *request in sentences["requests"][:limit]
    ]
    rows += [(text, None) for text in sentences["others"][:limit]]
    draw = np.random.default_rng(0)
    talkers = [say(voices[0], text) for text in sentences["others"][:8]]
    found = []
    each = [(voice, *row) for voice in voices for row in rows]
    for number, (voice, text, want) in enumerate(tqdm(each, part, unit="sentence", disable=None)):
        sound = held(say(voice, text), number, talkers, draw)
        found.append(_heed(recogniser, voice, text, want, sound))
    return found


def measure_speech(recogniser: Recogniser, data: Path, every: int) -> list[Heeded]:
    """Every nth clip of the data folder's acted speech, which asks for nothing."""
    voices = load_voice(data)
    clips = tqdm(voices.sounds[::every], "acted speech", unit="clip", disable=None)
    return [_heed(recogniser, "people", "", None, samples_of(clip)) for clip in clips]


def _heed(
    recogniser: Recogniser, voice: str, text: str, want: Request | None, sound: bytes
) -> Heeded:
    began = time.perf_counter()
    heard = recogniser.hear(sound)
    taken = time.perf_counter() - began
    return Heeded(voice, text, want, recogniser.taken(heard), heard, taken)


def same(one: Request | None, other: Request | None) -> bool:
    """Whether two requests ask for the same, in whatever words."""
    return one is not None and other is not None and replace(one, thing=other.thing) == other


def report(found: Sequence[Heeded]) -> Iterator[str]:
    """Lines of figures, by voice and of all."""
    voices = list(dict.fromkeys(one.voice for one in found))
    for voice in (*voices, "all") if len(voices) > 1 else voices:
        rows = [one for one in found if voice in (one.voice, "all")]
        asked = [one for one in rows if one.wanted]
        others = [one for one in rows if not one.wanted]
        parts = [f"{voice:18}"]
        if asked:
            right = sum(same(one.got, one.wanted) for one in asked)
            wrong = sum(one.got is not None for one in asked) - right
            parts += [f"understood {right / len(asked):6.1%} of {len(asked)}, as something else"]
            parts += [f"{wrong / len(asked):6.1%};"]
        if others:
            taken = sum(one.got is not None for one in others)
            parts += [f"taken for a request: {taken / len(others):6.1%} of {len(others)}"]
        yield " ".join(parts)
    times = sorted(one.s for one in found)
    yield (
        f"seconds after release: median {np.median(times):.2f}, 95 % {np.quantile(times, 0.95):.2f}"
        f", longest {times[-1]:.2f}"
    )


def choices(found: Sequence[Heeded], recogniser: Recogniser) -> Iterator[str]:
    """What other thresholds than `LEAST_LIKELY` would give: lines, for tuning."""
    asked = sum(one.wanted is not None for one in found)
    for least in np.arange(-1.2, -0.55, 0.05):
        got = [(one.wanted, recogniser.taken(one.heard, least)) for one in found]
        right = sum(same(request, want) for want, request in got)
        false = sum(want is None and request is not None for want, request in got)
        yield (
            f"{least:.2f}: understood {right / asked:6.1%}, "
            f"taken for a request {false / max(1, len(found) - asked):6.1%}"
        )
