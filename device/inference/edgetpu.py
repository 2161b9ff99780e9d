"""Whether an Edge TPU works here, found out in a child process.

libedgetpu crashes with newer TFLite runtimes (google-coral/edgetpu issue 712), and an accelerator
may be late at boot. So a child process runs the model once before the kiosk does. The wait is
bounded and its result reported: the CPU is never used silently. No combination of libedgetpu and
runtime has been tested on a real accelerator for this project.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from device.config import VisionConfig
from device.errors import UserError
from device.inference.litert import EDGETPU_LIBRARY, find_runtime

log = logging.getLogger(__name__)

PROBE_TIMEOUT_S = 8.0
PAUSE_S = 1.0
_ABSENT, _NOT_READY, _NO_MODEL = 3, 4, 5

INSTALL = "install libedgetpu1-std (coral.ai/software) or set `vision.accelerator: none`"


@dataclass(frozen=True, slots=True)
class Probe:
    """Result of a probe. works: the model ran. retry: waiting may help. reason: for the user."""

    works: bool
    retry: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Backend:
    """What runs the face model, and why, for the health message."""

    name: Literal["cpu", "edgetpu"]
    reason: str


Prober: TypeAlias = Callable[[Path], Probe]


def compiled(model: Path) -> Path:
    """The Edge TPU compiler's output for `face.tflite`: `face_edgetpu.tflite` beside it."""
    return model.with_name(f"{model.stem}_edgetpu.tflite")


def probe_edgetpu(
    model: Path, *, library: str = EDGETPU_LIBRARY, timeout_s: float = PROBE_TIMEOUT_S
) -> Probe:
    """Run a compiled model once through the delegate, in a child that may crash or hang."""
    command = [sys.executable, "-m", "device.inference.edgetpu", library, str(model)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, check=False, cwd=_ROOT
        )
    except subprocess.TimeoutExpired:
        return Probe(False, False, f"{library} did not answer within {timeout_s:g} s")
    if done.returncode == 0:
        return Probe(True, True, f"{library} ran {model.name}")
    if done.returncode < 0:
        how = signal.Signals(-done.returncode).name
        return Probe(False, False, f"{library} crashed a test process ({how})")
    lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or ["no reason"]
    return Probe(False, done.returncode == _NOT_READY, lines[-1])


def choose_backend(
    vision: VisionConfig,
    model: Path,
    *,
    probe: Prober = probe_edgetpu,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Backend:
    """The backend for `model`; waits at most `vision.accelerator_wait_s` for an Edge TPU.

    Raises:
        UserError: the accelerator does not work, and the configuration allows no fallback.
    """
    if vision.accelerator == "none":
        return Backend("cpu", "as configured")
    found = _wait(vision.accelerator_wait_s, compiled(model), probe, clock, sleep)
    if found.works:
        return Backend("edgetpu", found.reason)
    if not vision.accelerator_fallback:
        raise UserError(f"vision.accelerator: edgetpu: {found.reason}; {INSTALL}")
    log.warning("the Edge TPU is not used: %s; %s", found.reason, INSTALL)
    return Backend("cpu", f"edgetpu is configured, but {found.reason}")


def _wait(
    longest_s: float,
    model: Path,
    probe: Prober,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Probe:
    """Probe until it works, until waiting cannot help, or until the time is over."""
    if not model.is_file():
        return Probe(False, False, f"{model} is missing (edgetpu_compiler makes it)")
    deadline = clock() + longest_s
    while True:
        found = probe(model)
        if found.works or not found.retry or clock() + PAUSE_S > deadline:
            return found
        sleep(PAUSE_S)


_ROOT = Path(__file__).resolve().parents[2]


def _try(library: str, model: str) -> int:
    """Run in the child: an exit status, with a reason on standard output."""
    runtime = find_runtime()
    try:
        delegate = runtime.load_delegate(library)
    except OSError as error:
        print(error)
        return _ABSENT
    except ValueError as error:
        print(f"{library} finds no accelerator ({str(error).strip() or 'no reason given'})")
        return _NOT_READY
    try:
        interpreter = runtime.Interpreter(model_path=model, experimental_delegates=[delegate])
        interpreter.allocate_tensors()
        interpreter.invoke()
    except (ValueError, RuntimeError) as error:
        print(f"{library} cannot run {model} ({str(error).strip().splitlines()[-1]})")
        return _NO_MODEL
    return 0


if __name__ == "__main__":
    sys.exit(_try(*sys.argv[1:3]))
