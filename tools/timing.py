"""Times the corridor that runs on a kiosk, and weighs a whole kiosk in a process of its own.

Bare is LiteRT's `invoke()` of every model that a frame used, in the same process right afterwards.
The pictures are of the demo's two people, 640x480, at the kiosk's frame rate.
"""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
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
    "faces": ("detector", "detect"),
    "tracks": ("tracker", "update"),
    "recognise": ("recogniser", "read"),
    "audience": ("smoother", "update"),
    "match": ("matcher", "match"),
    "session": ("session", "update"),
}
"""Steps of the corridor, and the object and verb of each."""

FPS = 15
WARM_FRAMES = 30
SOAK_WARM = 5000
WARM_S, KIOSK_S = 6.0, 12.0
"""Seconds that a kiosk runs before its load is measured, and while it is."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds. frame_ms: of all frames; detected_ms, steps_ms, bare_ms: of the frames in
    which the detector ran, whose ratio is what overhead costs. calls: of each model, in the last
    of them."""

    faces: int
    frame_ms: float
    detected_ms: float
    bare_ms: float
    steps_ms: dict[str, float]
    calls: Mapping[str, int]

    @property
    def ratio(self) -> float:
        """Whole frame over its bare model calls."""
        return self.detected_ms / self.bare_ms


def measure(config: Config, faces: Literal[1, 4], frames: int) -> Timings:
    """Time the corridor on `frames` frames at the kiosk's frame rate with `faces` people.

    Raises:
        RuntimeError: the corridor does not see all of them, so that the figures mean nothing.
    """
    corridor = Corridor(config)
    calls = _Calls(corridor, config)
    steps = {s: _watched(getattr(corridor, part), verb) for s, (part, verb) in STEPS.items()}
    whole: list[float] = []
    detected: list[tuple[float, dict[str, float], Counter[str]]] = []
    for number, (grey, rgb) in enumerate(itertools.islice(scene(faces), WARM_FRAMES + frames)):
        frame = Frame(grey, rgb, at=1 + number / FPS)
        calls.made.clear()
        for spent in steps.values():
            spent.clear()
        began = time.perf_counter()
        audience = corridor.see(frame).audience
        corridor.show(audience, Context(at=frame.at))
        elapsed = time.perf_counter() - began
        if number >= WARM_FRAMES:
            whole.append(elapsed)
            if steps["faces"]:
                sums = {step: sum(spent) for step, spent in steps.items()}
                detected.append((elapsed, sums, calls.made.copy()))
    bare = calls.bare_s()
    corridor.close()
    if audience.size != faces:
        raise RuntimeError(f"a scene of {faces} was seen as one of {audience.size}")
    return Timings(
        faces=faces,
        frame_ms=1000 * fmean(whole),
        detected_ms=1000 * fmean(elapsed for elapsed, _, _ in detected),
        bare_ms=1000 * fmean(sum(n * bare[m] for m, n in made.items()) for _, _, made in detected),
        steps_ms={step: 1000 * fmean(sums[step] for _, sums, _ in detected) for step in STEPS},
        calls=detected[-1][2],
    )


def scene(faces: Literal[1, 4]) -> Iterator[tuple[Image, Image]]:
    """Grey and RGB pictures, 640x480, of one or four people who move a little; without end."""
    demo = Demo(Config().camera.model_copy(update={"width": 640, "height": 480}))
    for number in itertools.count():
        # There and back through the seconds in which a person stands before the wall.
        since = 2 + abs((number / FPS) % 16 - 8)
        view = demo.view(since)
        if faces == 4:
            views = (view, demo.view(STAY_S + PAUSE_S + since))  # the second person's turn
            middle = (v[40:400, 80:560] for v in views)  # so that faces are not too far away
            small = [cv2.resize(v, (320, 240), interpolation=cv2.INTER_AREA) for v in middle]
            view = np.vstack([np.hstack(small), np.hstack(small[::-1])])
        frame = frame_of(view, 0.0)
        yield frame.grey, frame.rgb


def soak(config: Config, frames: int, warm_up: int = SOAK_WARM) -> tuple[float, float]:
    """Resident MB after `warm_up` frames and after all of them, people coming and leaving.

    The people are the demo's; every track of theirs is new to everything that remembers.
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
    config = config.model_copy(update={"mqtt": mqtt, "display": display})
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


def _watched(part: object, verb: str) -> list[float]:
    """Seconds of every call of a part's verb from now on."""
    spent: list[float] = []
    call: Callable[..., Any] = getattr(part, verb)

    def timed(*given: Any) -> Any:
        began = time.perf_counter()
        answer = call(*given)
        spent.append(time.perf_counter() - began)
        return answer

    setattr(part, verb, timed)
    return spent


class _Calls:
    """Which models are called, and what their bare calls cost."""

    def __init__(self, corridor: Corridor, config: Config) -> None:
        self.made: Counter[str] = Counter()
        # mediapipe runs the same file inside itself, where it cannot be called bare.
        blazeface = BlazeFace(config.models / "third_party", reach=config.vision.range)
        # The detector's second look and the eyes share one mesh model.
        self._models = {
            "eyes": corridor.mesh.model,
            **corridor.recogniser.models,
            "detector": blazeface.model,
        }
        self._count("detector", corridor.detector, "detect")
        for name, model in self._models.items():
            if name != "detector":
                self._count(name, model, "run")

    def bare_s(self) -> dict[str, float]:
        """Median seconds of `invoke()` of each model."""
        return {name: _bare_s(model) for name, model in self._models.items()}

    def _count(self, name: str, part: Any, verb: str) -> None:
        call: Callable[..., Any] = getattr(part, verb)

        def counted(*given: Any) -> Any:
            self.made[name] += 1
            return call(*given)

        setattr(part, verb, counted)


def _bare_s(model: Model, runs: int = 100) -> float:
    spent = []
    for _ in range(runs):
        began = time.perf_counter()
        model.invoke()
        spent.append(time.perf_counter() - began)
    return median(spent)
