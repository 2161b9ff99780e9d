"""Which operators an Edge TPU runs, read from the file."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from device.errors import UserError
from tools.training.edgetpu_operators import check, describe, operators_of

MISSING = "no_such_edgetpu_compiler"


def converted(function: object, shape: tuple[int, ...]) -> bytes:
    """A float `.tflite` of one function."""
    spec = tf.TensorSpec(shape, tf.float32)
    concrete = tf.function(function).get_concrete_function(spec)
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert())


def test_an_edge_tpu_runs_every_operator_of_the_shipped_face_model(root: Path) -> None:
    operators = operators_of((root / "models" / "face.tflite").read_bytes())
    assert len(operators) > 20
    assert "CONV_2D" in {operator.name for operator in operators}
    assert [operator for operator in operators if operator.obstacle] == []


def test_float_operators_are_listed_with_the_reason(root: Path) -> None:
    lines = list(check(root / "models" / "temporal.tflite", compiler=MISSING))
    assert f"{MISSING} is not installed" in lines[0]
    assert "does not run" in lines[1]
    assert any("FULLY_CONNECTED: float32 values" in line for line in lines)


def test_an_unknown_operator_is_listed() -> None:
    operators = operators_of(converted(lambda x: tf.sin(x) + 1, (1, 4)))
    assert (operators[0].name, operators[0].obstacle) == (
        "SIN",
        "the Edge TPU has no such operator",
    )
    assert "does not run 2 of 2 operators" in next(describe(operators))


def test_a_file_that_is_not_a_model_is_a_user_error(tmp_path: Path) -> None:
    (tmp_path / "odd.tflite").write_bytes(b"hello, world")
    with pytest.raises(UserError, match=r"not a \.tflite file"):
        list(check(tmp_path / "odd.tflite", compiler=MISSING))
    with pytest.raises(UserError, match="no such file"):
        list(check(tmp_path / "none.tflite", compiler=MISSING))


COMPILER = """#!/bin/sh
# --show_operations --out_dir DIR MODEL
[ "$1 $2" = "--show_operations --out_dir" ] || exit 2
grep -q broken "$4" && { echo "Internal compiler error" >&2; exit 1; }
cp "$4" "$3/$(basename "$4" .tflite)_edgetpu.tflite"
echo "Operator Count Status"; echo "CONV_2D 14 Mapped to Edge TPU"
"""


def test_an_installed_compiler_is_used_and_its_file_is_kept(
    tmp_path: Path,
) -> None:
    compiler = tmp_path / "compiler"
    compiler.write_text(COMPILER)
    compiler.chmod(0o755)
    model = tmp_path / "face.tflite"
    model.write_bytes(b"fine")
    assert "CONV_2D 14 Mapped to Edge TPU" in list(check(model, compiler=str(compiler)))
    assert (tmp_path / "face_edgetpu.tflite").read_bytes() == b"fine"
    model.write_bytes(b"broken")
    with pytest.raises(UserError, match="Internal compiler error"):
        list(check(model, compiler=str(compiler)))
