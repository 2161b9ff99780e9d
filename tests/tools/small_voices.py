"""Speech as RAVDESS and EmoDB are handed out, but of tones: pitch tells arousal, each class has
its own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from device.hearing.spectrogram import RATE


def tone(seconds: float, hertz: float, seed: int) -> np.ndarray:
    """Syllables of a harmonic tone with a little noise, and silence around them."""
    draw = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    said = sum(np.sin(2 * np.pi * k * hertz * time) / k for k in range(1, 6))
    said = 0.2 * said * (np.sin(2 * np.pi * 4 * time) > -0.5)
    said = np.pad(said, RATE // 10) + draw.standard_normal(len(said) + RATE // 5) * 0.001
    return said.astype(np.float32)


def encoded(sound: np.ndarray, kind: str = "WAV") -> bytes:
    content = io.BytesIO()
    subtype = "OPUS" if kind == "OGG" else "PCM_16"
    soundfile.write(content, sound, RATE, format=kind, subtype=subtype)
    return content.getvalue()


def voice_zip(path: Path, actors: Sequence[int], speakers: Sequence[int] = ()) -> None:
    """voice.zip with RAVDESS's eight emotions of each actor, twice, and EmoDB's seven of each
    speaker."""
    with zipfile.ZipFile(path, "w") as archive:
        for actor in actors:
            for emotion in range(1, 9):
                for repetition in (1, 2):
                    name = f"voice/ravdess/03-01-{emotion:02}-01-01-{repetition:02}-{actor:02}.wav"
                    sound = tone(
                        0.6, 90 * 1.2**emotion + actor, 100 * actor + 10 * emotion + repetition
                    )
                    archive.writestr(name, encoded(sound))
        for speaker in speakers:
            for number, code in enumerate("WLEAFTN"):
                sound = tone(0.6, 90 * 1.2**number + speaker, 1000 * speaker + number)
                archive.writestr(f"voice/emodb/{speaker:02}a01{code}a.wav", encoded(sound))
