"""Noise as in a station, made by code and from other speakers' speech, to train and test with.

Guarantees: every noise has the mean power 1; `UNHEARD` is never trained on; whatever speech is in a
noise comes from the clips that it is made from, so that noise made from one fold has no voice of
another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from device.hearing.spectrogram import RATE

Floats = NDArray[np.float32]

Maker = Callable[[int, Sequence[Floats], np.random.Generator], NDArray[np.float64]]
"""Takes samples, sounds of speech, and a generator."""

_BLOCK = RATE // 100
_SILENCE_DB = 40.0


def spoken_part(sound: Floats) -> Floats:
    """The sound without silence at its ends: 40 dB below the loudest 10 ms."""
    blocks = sound[: len(sound) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    power = (blocks**2).mean(axis=1)
    heard = np.flatnonzero(power >= power.max() * 10 ** (-_SILENCE_DB / 10))
    return sound[heard[0] * _BLOCK : (heard[-1] + 1) * _BLOCK]


def speech_level(sound: Floats) -> float:
    """Root mean square of the spoken part."""
    return rms(spoken_part(sound))


def rms(sound: NDArray[np.floating]) -> float:
    """Root mean square, never 0."""
    return float(np.sqrt((sound.astype(np.float64) ** 2).mean() + 1e-20))


def mixed(sound: Floats, noise: Floats, ratio_db: float) -> Floats:
    """Speech with noise, `ratio_db` between its spoken part and the noise. noise: of mean power 1,
    as long as the sound at least."""
    level = speech_level(sound) * 10 ** (-ratio_db / 20)
    return sound + np.float32(level) * noise[: len(sound)]


def coloured(samples: int, exponent: float, draw: np.random.Generator) -> NDArray[np.float64]:
    """Noise whose power falls as frequency ** -exponent; 1: pink."""
    spectrum = np.fft.rfft(draw.standard_normal(samples))
    steps = np.maximum(np.arange(len(spectrum)), 1)
    return np.fft.irfft(spectrum / steps ** (exponent / 2), samples)


def pink(samples: int, speech: Sequence[Floats], draw: np.random.Generator) -> NDArray[np.float64]:
    """Ventilation and far traffic."""
    return coloured(samples, draw.uniform(0.6, 1.4), draw)


def hum(samples: int, speech: Sequence[Floats], draw: np.random.Generator) -> NDArray[np.float64]:
    """Mains, its harmonics and a fan."""
    time = np.arange(samples) / RATE
    tones = np.zeros(samples)
    for harmonic in range(1, 9):
        tone = np.sin(2 * np.pi * (50 * harmonic * time + draw.random()))
        tones += draw.uniform(0.1, 1) / harmonic * tone
    fan = coloured(samples, 1.0, draw)
    return tones / rms(tones) + draw.uniform(0.2, 1) * fan / rms(fan)


def talker(
    samples: int, speech: Sequence[Floats], draw: np.random.Generator
) -> NDArray[np.float64]:
    """One sentence after another, with pauses up to 0.4 s."""
    parts: list[NDArray[np.floating]] = []
    length = 0
    while length < samples:
        said = spoken_part(speech[draw.integers(len(speech))])
        parts += [said / rms(said), np.zeros(draw.integers(1, int(0.4 * RATE)))]
        length += len(said) + len(parts[-1])
    return np.concatenate(parts)[:samples]


def babble(
    samples: int, speech: Sequence[Floats], draw: np.random.Generator
) -> NDArray[np.float64]:
    """Four to eight people who talk at once."""
    voices = [talker(samples, speech, draw) for _ in range(draw.integers(4, 9))]
    return np.sum([draw.uniform(0.5, 1) * voice for voice in voices], axis=0)


def announcement(
    samples: int, speech: Sequence[Floats], draw: np.random.Generator
) -> NDArray[np.float64]:
    """A voice over a loudspeaker in a hall, with a chime every six seconds."""
    band = scipy.signal.butter(2, [300, 3400], "bandpass", fs=RATE, output="sos")
    said = scipy.signal.sosfilt(band, talker(samples, speech, draw))
    time = np.arange(RATE) / RATE
    hall = 0.06 * draw.standard_normal(RATE) * np.exp(-4 * time)
    hall[0] = 1
    said = scipy.signal.fftconvolve(said, hall)[:samples]
    for start in range(0, samples - RATE, 6 * RATE):
        tone = np.sin(2 * np.pi * draw.choice([523, 659, 784]) * time)
        said[start : start + RATE] += 2 * rms(said) * np.exp(-3 * time) * tone
    return said


def at_random(
    one: Callable[[np.random.Generator], NDArray[np.float64]],
    samples: int, a_second: float, draw: np.random.Generator,
) -> NDArray[np.float64]:  # fmt: skip
    """Short sounds, each another, at random times; `a_second`: how many on average."""
    found = np.zeros(samples)
    for start in draw.integers(samples, size=1 + draw.poisson(a_second * samples / RATE)):
        sound = one(draw)[: samples - start]
        found[start : start + len(sound)] += sound
    return found


def _step(draw: np.random.Generator) -> NDArray[np.float64]:
    fading = np.exp(-np.linspace(0, 5, int(draw.uniform(0.03, 0.2) * RATE)))
    lowest = draw.uniform(60, 800)
    edges = [lowest, lowest * draw.uniform(2, 8)]
    band = scipy.signal.butter(1, edges, "bandpass", fs=RATE, output="sos")
    knock = scipy.signal.sosfilt(band, draw.standard_normal(len(fading)))
    return draw.uniform(0.3, 1) * fading * knock / rms(knock)


def steps(samples: int, speech: Sequence[Floats], draw: np.random.Generator) -> NDArray[np.float64]:
    """Shoes of people who walk by, in the murmur of a hall."""
    shoes = at_random(_step, samples, draw.uniform(3, 8), draw)
    hall = coloured(samples, 1.5, draw)
    return shoes / rms(shoes) + draw.uniform(0.1, 0.5) * hall / rms(hall)


def _beep(draw: np.random.Generator) -> NDArray[np.float64]:
    turns = 2 * np.pi * draw.uniform(400, 4000) * np.arange(int(draw.uniform(0.06, 0.4) * RATE))
    tone = np.sin(turns / RATE) + draw.uniform(0, 0.5) * np.sin(2 * turns / RATE)
    return draw.uniform(0.3, 1) * tone * np.minimum(1, np.linspace(20, 0, len(tone)))


def machines(
    samples: int, speech: Sequence[Floats], draw: np.random.Generator
) -> NDArray[np.float64]:
    """Beeps of gates and tills, and a fan."""
    beeps = at_random(_beep, samples, draw.uniform(0.5, 3), draw)
    fan = coloured(samples, draw.uniform(0.5, 1.5), draw)
    return beeps / rms(beeps) + draw.uniform(0.2, 1) * fan / rms(fan)


def _cup(draw: np.random.Generator) -> NDArray[np.float64]:
    time = np.arange(RATE // 4)[:, None] / RATE
    rings = np.exp(-draw.uniform(15, 60, 4) * time)
    rings *= np.sin(2 * np.pi * draw.uniform(1500, 7000, 4) * time)
    return draw.uniform(0.2, 1) * (rings @ draw.uniform(0.2, 1, 4))


def cafe(samples: int, speech: Sequence[Floats], draw: np.random.Generator) -> NDArray[np.float64]:
    """Cups and plates among people who talk."""
    cups = at_random(_cup, samples, draw.uniform(1, 4), draw)
    said = babble(samples, speech, draw)
    return cups / rms(cups) + draw.uniform(0.5, 2) * said / rms(said)


def trolley(
    samples: int, speech: Sequence[Floats], draw: np.random.Generator
) -> NDArray[np.float64]:
    """Suitcase wheels over joints in the floor: rumble, knocks, and a squeak."""
    band = scipy.signal.butter(2, [80, 1200], "bandpass", fs=RATE, output="sos")
    rumble = scipy.signal.sosfilt(band, coloured(samples, 1.0, draw))
    sound = 0.3 * rumble / rms(rumble)
    time = np.arange(RATE // 10) / RATE
    start = 0
    while start + len(time) < samples:
        ring = np.sin(2 * np.pi * (draw.uniform(150, 2500) * time + draw.random()))
        sound[start : start + len(time)] += (
            draw.uniform(0.5, 3) * np.exp(-draw.uniform(30, 90) * time) * ring
        )
        start += int(draw.uniform(0.05, 0.16) * RATE)
    time = np.arange(samples) / RATE
    pitch = np.cumsum(2600 + 300 * np.sin(2 * np.pi * 1.7 * time)) / RATE
    return sound + 0.25 * np.sin(2 * np.pi * pitch) * (np.sin(2 * np.pi * 0.9 * time) > 0.3)


HEARD: dict[str, Maker] = {
    "pink": pink, "hum": hum, "babble": babble, "announcement": announcement, "steps": steps,
    "machines": machines, "cafe": cafe,
}  # fmt: skip
"""Trained on."""

UNHEARD: dict[str, Maker] = {"trolley": trolley}
"""Only tested with."""


def make_noise(
    maker: Maker, seconds: float, speech: Sequence[Floats], draw: np.random.Generator
) -> Floats:
    """Noise of the mean power 1."""
    sound = maker(int(seconds * RATE), speech, draw)
    return (sound / rms(sound)).astype(np.float32)
