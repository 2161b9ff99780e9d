"""An accelerator that is absent, late, broken or hanging is waited for and reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import VisionConfig
from device.errors import UserError
from device.inference.edgetpu import Probe, choose_backend, compiled, probe_edgetpu
from tests.device.inference.broken_library import write_crashing_library, write_hanging_library

WANTED = VisionConfig(accelerator="edgetpu", accelerator_wait_s=10)
NO_FALLBACK = WANTED.model_copy(update={"accelerator_fallback": False})


class Bench:
    """A clock that advances only in waits, and an accelerator with the given answers."""

    def __init__(self, *answers: Probe) -> None:
        self.answers = list(answers)
        self.now = 0.0
        self.probes = 0

    def probe(self, model: Path) -> Probe:
        self.probes += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def model(tmp_path: Path) -> Path:
    model = tmp_path / "face.tflite"
    compiled(model).write_bytes(b"compiled for an Edge TPU")
    return model


def choose(bench: Bench, vision: VisionConfig, model: Path) -> tuple[str, str]:
    backend = choose_backend(vision, model, probe=bench.probe, clock=bench.clock, sleep=bench.sleep)
    return backend.name, backend.reason


LATE = Probe(False, True, "finds no accelerator")
WORKS = Probe(True, True, "ran the model")
CRASH = Probe(False, False, "crashed a test process (SIGSEGV)")


def test_no_accelerator_is_probed_where_none_is_configured(model: Path) -> None:
    bench = Bench(WORKS)
    assert choose(bench, VisionConfig(), model) == ("cpu", "as configured")
    assert bench.probes == 0


def test_a_late_accelerator_is_waited_for_at_boot(model: Path) -> None:
    # failure 3
    bench = Bench(LATE, LATE, LATE, WORKS)
    assert choose(bench, WANTED, model)[0] == "edgetpu"
    assert bench.now == pytest.approx(3)


def test_a_missing_accelerator_costs_a_bounded_wait_and_is_reported(model: Path) -> None:
    # failure 2
    bench = Bench(LATE)
    name, reason = choose(bench, WANTED, model)
    assert name == "cpu"
    assert "finds no accelerator" in reason
    assert bench.now <= WANTED.accelerator_wait_s


def test_a_driver_that_crashed_is_not_probed_again(model: Path) -> None:
    bench = Bench(CRASH)
    name, reason = choose(bench, WANTED, model)
    assert (name, bench.probes, bench.now) == ("cpu", 1, 0.0)
    assert "SIGSEGV" in reason


def test_without_a_fallback_the_error_says_what_to_install(model: Path) -> None:
    with pytest.raises(UserError, match=r"SIGSEGV.*install libedgetpu1-std") as error:
        choose(Bench(CRASH), NO_FALLBACK, model)
    assert "\n" not in str(error.value)


def test_a_model_that_is_not_compiled_for_it_never_runs_on_the_cpu_silently(
    tmp_path: Path,
) -> None:
    bench = Bench(WORKS)
    name, reason = choose(bench, WANTED, tmp_path / "face.tflite")
    assert (name, bench.probes) == ("cpu", 0)
    assert "face_edgetpu.tflite is missing" in reason


def test_a_missing_driver_is_reported(model: Path) -> None:
    found = probe_edgetpu(model, library="libedgetpu-that-is-not-there.so.1", timeout_s=60)
    assert not found.works
    assert "libedgetpu-that-is-not-there.so.1: cannot open shared object file" in found.reason


def test_a_driver_that_crashes_ends_only_the_probe(model: Path, tmp_path: Path) -> None:
    library = write_crashing_library(tmp_path / "libedgetpu.so.1")
    found = probe_edgetpu(model, library=str(library), timeout_s=60)
    assert not found.works
    assert "crashed a test process (SIGSEGV)" in found.reason


def test_a_driver_that_hangs_is_reported_after_a_timeout(model: Path, tmp_path: Path) -> None:
    # failure 1: at the start, before any loop turns; later it is the watchdog's
    library = write_hanging_library(tmp_path / "libedgetpu.so.1")
    found = probe_edgetpu(model, library=str(library), timeout_s=1)
    assert not found.works
    assert "did not answer within 1 s" in found.reason
