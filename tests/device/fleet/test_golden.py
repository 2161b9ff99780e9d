"""Golden outputs: the shipped models agree with themselves, and what predicts nonsense does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from device.errors import UserError
from device.fleet.golden import difference, state
from device.fleet.manifest import Golden


@pytest.fixture
def release(tmp_path: Path, root: Path) -> Path:
    """A release that holds the shipped face model alone."""
    (tmp_path / "models").mkdir()
    shutil.copy(root / "models" / "face.tflite", tmp_path / "models")
    return tmp_path


@pytest.mark.parametrize("model", ["face", "temporal"])
def test_a_shipped_model_agrees_with_itself(root: Path, model: str) -> None:
    name = f"models/{model}.tflite"
    golden = state(root / name, name, seed=7)
    assert difference(Golden.model_validate_json(golden.model_dump_json()), root) < 1e-5


def test_the_answer_to_another_input_does_not_agree(release: Path, root: Path) -> None:
    name = "models/face.tflite"
    golden = state(root / name, name, seed=0)
    for seed in range(1, 6):
        assert difference(golden.model_copy(update={"seed": seed}), release) > golden.tolerance


def test_a_model_without_most_of_its_weights_does_not_agree(release: Path, root: Path) -> None:
    name = "models/face.tflite"
    golden = state(root / name, name, seed=0)
    content = bytearray((root / name).read_bytes())
    content[1_000_000:1_500_000] = bytes(500_000)
    (release / name).write_bytes(content)
    assert not difference(golden, release) <= golden.tolerance


def test_a_model_without_an_output_does_not_agree(root: Path) -> None:
    name = "models/temporal.tflite"
    golden = state(root / name, name, seed=0)
    more = golden.model_copy(update={"outputs": golden.outputs | {"age": (0.0,)}})
    assert difference(more, root) == float("inf")


def test_a_file_that_is_no_model_is_one_line(release: Path) -> None:
    (release / "models" / "face.tflite").write_bytes(b"no model")
    with pytest.raises(UserError, match="not a complete model"):
        state(release / "models" / "face.tflite", "models/face.tflite", seed=0)
