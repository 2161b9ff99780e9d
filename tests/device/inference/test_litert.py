"""The adapter to the TFLite runtimes, and one clear line for every broken model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from device.errors import UserError
from device.inference.litert import find_runtime, load_model, runtime_name


def test_the_first_installed_runtime_is_used() -> None:
    assert runtime_name() == "ai-edge-litert"
    found = find_runtime(("no_such_runtime.interpreter", "ai_edge_litert.interpreter"))
    assert found.__name__ == "ai_edge_litert.interpreter"


def test_without_a_runtime_the_error_says_what_to_install() -> None:
    with pytest.raises(UserError, match="pip install ai-edge-litert"):
        find_runtime(("no_such_runtime.interpreter",))


def test_a_model_cut_in_half_is_one_clear_line(face_models: Path, tmp_path: Path) -> None:
    whole = (face_models / "face_landmark.tflite").read_bytes()
    for share in (0, 0.5, 0.999):
        cut = tmp_path / "cut.tflite"
        cut.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(UserError, match=r"cut.tflite: not a complete model") as error:
            load_model(cut)
        assert "\n" not in str(error.value)


def test_a_text_file_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_text("not a model\n" * 100)
    with pytest.raises(UserError, match="not a complete model"):
        load_model(path)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent.tflite: no such model"):
        load_model(tmp_path / "absent.tflite")


def test_a_model_of_the_wrong_shape_says_which_tensor_and_what_it_takes(face_models: Path) -> None:
    model = load_model(face_models / "face_landmark.tflite")
    with pytest.raises(UserError, match=r"`input_1` has the shape \(1, 192, 192, 3\), takes \(1,"):
        model.require({"input_1": (1, 128, 128, 3)}, {})
    with pytest.raises(UserError, match="no output `emotion`, only conv2d_21, conv2d_31"):
        model.require({}, {"emotion": (1, 7)})
    model.require({"input_1": (1, -1, -1, 3)}, {"conv2d_31": (1, 1, 1, 1)})


def test_pixels_and_real_values_are_quantized_alike(models: Path) -> None:
    model = load_model(models / "face.tflite")
    pixels = np.arange(4096, dtype=np.uint8).reshape(1, 64, 64, 1)
    from_pixels = model.run({"face": pixels})
    from_reals = model.run({"face": pixels.astype(np.float32)})
    for name, value in from_pixels.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, from_reals[name])


def test_only_the_wanted_outputs_are_returned(models: Path) -> None:
    model = load_model(models / "face.tflite")
    inputs = {"face": np.full((1, 64, 64, 1), 128, np.uint8)}
    everything, some = model.run(inputs), model.run(inputs, {"age", "female"})
    assert some.keys() == {"age", "female"} < everything.keys()
    np.testing.assert_array_equal(some["age"], everything["age"])


def test_the_device_imports_nothing_that_is_only_for_a_workstation(root: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from device.config import VisionConfig\n"
        "from device.faces.detect import open_detector\n"
        "for name in ('blazeface', 'auto'):\n"
        "    vision = VisionConfig(detector=name)\n"
        "    open_detector(vision, Path('models/third_party'))[0].close()\n"
        "print(sorted({'tensorflow', 'keras', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
