"""What an Edge TPU would run of a model, told from the file."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from device.errors import UserError
from tools.training.operators import check, describe, operators_of

MISSING = "no_such_edgetpu_compiler"


def converted(act: object, shape: tuple[int, ...]) -> bytes:
    """A float `.tflite` of one function."""
    spec = tf.TensorSpec(shape, tf.float32)
    concrete = tf.function(act).get_concrete_function(spec)
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert())


def test_all_of_the_face_model_that_ships_stays_on_the_chip(root: Path) -> None:
    operators = operators_of((root / "models" / "face.tflite").read_bytes())
    assert len(operators) > 20
    assert "CONV_2D" in {operator.name for operator in operators}
    assert [operator for operator in operators if operator.leaves] == []


def test_float_arithmetic_leaves_it_and_the_reason_is_said(root: Path) -> None:
    lines = list(check(root / "models" / "temporal.tflite", compiler=MISSING))
    assert f"{MISSING} is not installed" in lines[0]
    assert "would leave the chip" in lines[1]
    assert any("FULLY_CONNECTED: float32 values" in line for line in lines)


def test_an_operator_that_the_chip_does_not_have_is_named() -> None:
    operators = operators_of(converted(lambda x: tf.sin(x) + 1, (1, 4)))
    assert (operators[0].name, operators[0].leaves) == ("SIN", "the Edge TPU has no such operator")
    assert "2 of 2 operators would leave the chip" in next(describe(operators))


def test_a_file_that_is_no_model_is_one_clear_line(tmp_path: Path) -> None:
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


def test_where_the_compiler_is_installed_its_word_counts_and_its_file_is_kept(
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
