"""Times the corridor frame by frame, and measures a whole kiosk in a process of its own.

Each frame in which the detector runs is followed at once by the bare `invoke()` of exactly the
models that it used, so that the two share whatever else the machine does at that moment. Their
ratio is the median over the frames. The pictures show the demo's two people, 640x480.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from operator import attrgetter
from statistics import fmean, median
from typing import Any, Literal

import cv2
import numpy as np
from tqdm import tqdm

from device.app import Kiosk
from device.camera.capture import FakeCamera
from device.camera.demo import PAUSE_S, STAY_S, Demo
from device.camera.files import Paced
from device.camera.images import frame_of
from device.config import Config
from device.corridor import Corridor
from device.faces.blazeface import BlazeFace
from device.inference.litert import Model
from device.session.counts import Counts
from device.upkeep.board import resident_mb
from device.upkeep.notify import Notifier
from device.upkeep.watchdog import Watchdog
from device.values import Context, Frame, Image

STEPS = {
    "detect": ("faces.detector", "detect"),
    "associate": ("faces.tracker", "associate"),
    "inspect": ("faces.inspector", "inspect"),
    "track": ("faces.tracker", "update"),
    "recognise": ("recogniser", "read"),
    "smooth": ("smoother", "update"),
    "match": ("matcher", "match"),
    "session": ("session", "update"),
}
"""Steps of the corridor, and the object and method of each."""

FPS = 15
WARM_FRAMES = 30
"""Frames before the measurement."""

SOAK_WARM = 5000
WARM_S, KIOSK_S = 6.0, 12.0
"""Seconds that a kiosk runs before and during the measurement of its load."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds. frame_ms: mean of all frames. The rest are medians of the frames in which the
    detector ran: detected_ms the whole frame, bare_ms its bare model calls, steps_ms each step.

    ratio: of whole frame to bare calls. interval: its 95 % confidence interval. calls: of each
    model, in the last frame.
    """

    faces: int
    frame_ms: float
    detected_ms: float
    bare_ms: float
    ratio: float
    interval: tuple[float, float]
    steps_ms: dict[str, float]
    calls: Mapping[str, int]


def measure(config: Config, faces: Literal[1, 4], frames: int) -> Timings:
    """Time the corridor on `frames` frames, which are 1 / `FPS` seconds apart on its own clock.

    Raises:
        RuntimeError: the corridor does not see all of the `faces` people.
    """
    corridor = Corridor(config)
    steps = {s: _timed(attrgetter(part)(corridor), method) for s, (part, method) in STEPS.items()}
    models = _models(corridor, config)
    called = _recorded(corridor, models)
    whole: list[float] = []
    detected: list[tuple[float, float, dict[str, float]]] = []
    for number, (grey, rgb) in enumerate(itertools.islice(scene(faces), WARM_FRAMES + frames)):
        frame = Frame(grey, rgb, at=1 + number / FPS)
        called.clear()
        for spent in steps.values():
            spent.clear()
        began = time.perf_counter()
        audience = corridor.see(frame).audience
        corridor.show(audience, Context(at=frame.at))
        elapsed = time.perf_counter() - began
        if number >= WARM_FRAMES:
            whole.append(elapsed)
            if steps["detect"]:
                bare = _bare_s([models[name] for name in called])
                detected.append((elapsed, bare, {step: sum(s) for step, s in steps.items()}))
    corridor.close()
    if audience.size != faces:
        raise RuntimeError(f"a scene of {faces} was seen as one of {audience.size}")
    ratio, low, high = median_interval([elapsed / bare for elapsed, bare, _ in detected])
    return Timings(
        faces=faces,
        frame_ms=1000 * fmean(whole),
        detected_ms=1000 * median(elapsed for elapsed, _, _ in detected),
        bare_ms=1000 * median(bare for _, bare, _ in detected),
        ratio=ratio,
        interval=(low, high),
        steps_ms={step: 1000 * median(spent[step] for _, _, spent in detected) for step in STEPS},
        calls=Counter(called),
    )


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Median and the ends of its 95 % confidence interval, which are two of the values.

    Their ranks are the binomial distribution's, by its normal approximation (Conover 1999,
    Practical Nonparametric Statistics, section 3.2).
    """
    ordered, count = sorted(values), len(values)
    rank = max(math.floor(count / 2 - 1.96 * math.sqrt(count) / 2), 1)
    return median(ordered), ordered[rank - 1], ordered[-rank]


def scene(faces: Literal[1, 4]) -> Iterator[tuple[Image, Image]]:
    """Grey and RGB pictures, 640x480, of one or four people who move slightly; endless."""
    demo = Demo(Config().camera.model_copy(update={"width": 640, "height": 480}))
    for number in itertools.count():
        # Back and forth through the seconds of a person's stay.
        since = 2 + abs((number / FPS) % 16 - 8)
        view = demo.view(since)
        if faces == 4:
            views = (view, demo.view(STAY_S + PAUSE_S + since))  # the second person
            middle = (v[40:400, 80:560] for v in views)  # so that faces are large enough
            small = [cv2.resize(v, (320, 240), interpolation=cv2.INTER_AREA) for v in middle]
            view = np.vstack([np.hstack(small), np.hstack(small[::-1])])
        frame = frame_of(view, 0.0)
        yield frame.grey, frame.rgb


def soak(config: Config, frames: int, warm_up: int = SOAK_WARM) -> tuple[float, float]:
    """Resident MB after `warm_up` frames and after all of them, people coming and leaving.

    The people are the demo's; each visit has new tracks, so state that is not dropped accumulates.
    """
    corridor, counts, demo = Corridor(config), Counts(config.privacy), Demo(config.camera)
    early = 0.0
    for number in tqdm(range(frames), unit="frame", leave=False):
        if number == warm_up:
            early = resident_mb() or 0.0
        frame = demo.read()
        audience, context = corridor.see(frame).audience, Context(at=frame.at)
        corridor.show(audience, context)
        counts.update(audience, context)
        counts.due(context)
    corridor.close()
    return early, resident_mb() or 0.0


def run_kiosk(
    config: Config,
    camera: Literal["demo", "nobody"],
    *,
    warm_s: float = WARM_S,
    seconds: float = KIOSK_S,
) -> tuple[float | None, float]:
    """Resident MB, and load in cores, of a whole kiosk in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as process:
        return process.submit(_kiosk, config, camera, warm_s, seconds).result()


def _kiosk(
    config: Config, camera: Literal["demo", "nobody"], warm_s: float, seconds: float
) -> tuple[float | None, float]:
    mqtt = config.mqtt.model_copy(update={"port": 0, "websocket_port": 0, "broker": "embedded"})
    display = config.display.model_copy(update={"port": 0})
    speech = config.speech.model_copy(update={"port": 0})
    config = config.model_copy(update={"mqtt": mqtt, "display": display, "speech": speech})
    wall = np.full((480, 640, 3), 150, np.uint8)
    empty = (frame_of(wall, number / FPS) for number in itertools.count())
    source = Paced(Demo(config.camera) if camera == "demo" else FakeCamera(empty))
    watchdog = Watchdog(Notifier(None))
    kiosk = Kiosk(config, source, watchdog, live=False, announce=lambda line: None)
    _turn_for(kiosk, warm_s)
    began, spent = time.monotonic(), time.process_time()
    _turn_for(kiosk, seconds)
    load = (time.process_time() - spent) / (time.monotonic() - began)
    memory = resident_mb()
    kiosk.stop()
    return memory, load


def _turn_for(kiosk: Kiosk, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        kiosk.turn()


def _timed(part: object, method: str) -> list[float]:
    """Seconds of every call of a part's method from now on."""
    spent: list[float] = []
    call: Callable[..., Any] = getattr(part, method)

    def timed(*given: Any) -> Any:
        began = time.perf_counter()
        answer = call(*given)
        spent.append(time.perf_counter() - began)
        return answer

    setattr(part, method, timed)
    return spent


def _models(corridor: Corridor, config: Config) -> dict[str, Model]:
    """The models that a frame may use, by name."""
    detector = corridor.faces.detector
    if not isinstance(detector, BlazeFace):
        # mediapipe runs the same file inside itself, where it cannot be called bare.
        detector = BlazeFace(config.models / "third_party", reach=config.vision.range)
    return {
        "detector": detector.model,
        "mesh": corridor.faces.mesh.model,
        **corridor.recogniser.models,
    }


def _recorded(corridor: Corridor, models: Mapping[str, Model]) -> list[str]:
    """Names of the models that are called from now on, in their order."""
    called: list[str] = []

    def record(name: str, part: Any, method: str) -> None:
        call: Callable[..., Any] = getattr(part, method)

        def recorded(*given: Any) -> Any:
            called.append(name)
            return call(*given)

        setattr(part, method, recorded)

    for name, model in models.items():
        if name != "detector":
            record(name, model, "run")
    record("detector", corridor.faces.detector, "detect")
    return called


def _bare_s(models: Sequence[Model]) -> float:
    """Seconds that these models take one after the other."""
    began = time.perf_counter()
    for model in models:
        model.invoke()
    return time.perf_counter() - began
