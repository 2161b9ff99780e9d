"""The temporal network: its initial state, its training, and both kinds of it."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.special import softmax

from device.inference.litert import load_model
from tools.scoring.temporal import (
    CEILING,
    ClipBatch,
    ClipBatches,
    predict_clips,
    rate,
    smoothed,
)
from tools.training.clips import KINDS, Kind, TemporalRecipe
from tools.training.networks import TINY, face_network
from tools.training.temporal import (
    Unrolled,
    initialise,
    kind_of,
    modes_of,
    temporal_network,
    train_temporal,
)
from tools.training.tflite import temporal_to_tflite

MAP = (3, 3, 16)


def step_of(kind: Kind) -> keras.Model:
    keras.utils.set_random_seed(1)
    return temporal_network(MAP, 7, kind=kind, embedding=64, rank=4)


def drawn_maps(clips: int, steps: int, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return draw.uniform(0, CEILING, (clips, steps, *MAP)).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_the_converted_step_gives_the_same_numbers_as_the_network(
    kind: Kind, tmp_path: Path
) -> None:
    step = step_of(kind)
    path = tmp_path / "temporal.tflite"
    path.write_bytes(temporal_to_tflite(step))
    model = load_model(path)
    draw = np.random.default_rng(0)
    given = {
        "features": drawn_maps(1, 1)[0],
        "h": draw.standard_normal((1, 64), np.float32),
        "c": draw.standard_normal((1, 64), np.float32),
    }
    outputs, exact = model.run(given), step(given, training=False)
    assert set(outputs) == {"emotion", "h", "c"}
    for name, value in outputs.items():
        np.testing.assert_allclose(value, np.asarray(exact[name]), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_training_over_clips_equals_running_step_by_step(kind: Kind) -> None:
    step, maps = step_of(kind), drawn_maps(2, 5)
    over_time = np.asarray(Unrolled(step)(maps, training=False))
    h = c = np.zeros((2, 64), np.float32)
    for index in range(5):
        outputs = step({"features": maps[:, index], "h": h, "c": c}, training=False)
        h, c = np.asarray(outputs["h"]), np.asarray(outputs["c"])
        np.testing.assert_allclose(over_time[:, index], outputs["emotion"], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_it_starts_as_an_exponential_mean_of_the_backbones_prediction(kind: Kind) -> None:
    keras.utils.set_random_seed(1)
    face, step = face_network(TINY), step_of(kind)
    initialise(step, face, 0.1)
    faces = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 1)).astype(np.float32)
    outputs = {name: np.asarray(value) for name, value in face(faces, training=False).items()}
    maps = np.repeat(outputs["features"][:, None], 200, axis=1)
    maps[0, 100:] = outputs["features"][1]  # the second face appears halfway through the first clip
    over_time = np.asarray(Unrolled(step)(maps, training=False))
    np.testing.assert_allclose(over_time[:, 99], outputs["emotion"], rtol=0.1, atol=0.05)
    np.testing.assert_allclose(over_time[0, 199], outputs["emotion"][1], rtol=0.1, atol=0.05)
    gone = (over_time[0, 99:] - over_time[0, 199]) / (over_time[0, 99] - over_time[0, 199])
    steps = round(0.1 * 20)
    assert gone.mean(axis=1)[steps] == pytest.approx(np.exp(-1), abs=0.05)


def test_the_card_names_the_kind() -> None:
    assert kind_of(step_of("dense")) == {"kind": "dense"}
    card = kind_of(step_of("tensor-train"))
    assert card["kind"] == "tensor-train"
    assert card["tensor_train"]["inputs"] == modes_of(MAP)


def test_the_modes_of_a_map_are_its_positions_and_factors_of_its_channels() -> None:
    assert modes_of((3, 3, 256)) == (9, 8, 8, 4)
    assert modes_of((4, 4, 96)) == (16, 6, 4, 4)


def noisy_clips(clips: int, seed: int) -> ClipBatch:
    """Maps of two similar expressions with noise, and frame predictions that flicker."""
    draw = np.random.default_rng(seed)
    truth = np.repeat(draw.integers(0, 2, (clips, 3)), 15, axis=1)
    maps = np.where(truth[..., None, None, None] == 1, 4.0, 2.0) + draw.normal(
        0, 2.0, (clips, 45, *MAP)
    )
    maps = np.clip(maps, 0, CEILING).astype(np.float32)
    pooled = maps.mean(axis=(2, 3)).mean(axis=-1) - 3 + draw.normal(0, 0.8, (clips, 45))
    frames = np.zeros((clips, 45, 7), np.float32)
    frames[..., 0], frames[..., 1] = -8 * pooled, 8 * pooled
    frames[..., 2:] = -6
    target = np.eye(7, dtype=np.float32)[truth]
    levels = np.rint(maps * 255 / CEILING).astype(np.uint8)
    return ClipBatch(levels, frames, target, np.full(clips, 15, np.float32))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_trained_network_is_steadier_than_single_frames(kind: Kind, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    face = face_network(TINY)
    batches = ClipBatches(*(noisy_clips(n, seed) for seed, n in enumerate((96, 32, 32))))
    recipe = TemporalRecipe(kind=kind, epochs=6, batch=16, rank=2, rate=1e-2)
    step = train_temporal(tmp_path, face, batches, recipe)
    assert (tmp_path / "temporal.keras").is_file()
    assert (tmp_path / "temporal history.png").is_file()
    path = tmp_path / "temporal.tflite"
    path.write_bytes(temporal_to_tflite(step))
    frames = softmax(batches.reported.frames, axis=-1)
    methods = {
        "frame": frames,
        "mean": smoothed(frames, batches.reported.fps, 0.2),
        kind: predict_clips(load_model(path), batches.reported),
    }
    figures = rate(methods, batches.reported)
    assert figures[kind]["accuracy"] > 0.9
    assert figures[kind]["switches_a_minute"] < figures["shown"]["switches_a_minute"] * 1.5
    assert figures[kind]["switches_a_minute"] < figures["frame"]["switches_a_minute"]
    assert figures[kind]["loss"] < figures["mean"]["loss"]
