"""Which operators of a `.tflite` an Edge TPU does not run, read from the file.

The file is read by TFLite's public schema. What the chip runs is Coral's table "Supported
operations" (coral.ai/docs/edgetpu/models-intro/#supported-operations, runtime 14, the last; also at
developer.axis.com, "Computer vision on device", ARTPEC-7). If `edgetpu_compiler` is installed, its
output is shown instead of this table.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from device.errors import UserError
from device.inference.edgetpu import compiled

SUPPORTED = frozenset({
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "EXPAND_DIMS",
    "FULLY_CONNECTED", "L2_NORMALIZATION", "LOGISTIC", "UNIDIRECTIONAL_SEQUENCE_LSTM", "MAXIMUM",
    "MAX_POOL_2D", "MEAN", "MINIMUM", "MUL", "PACK", "PAD", "PRELU", "QUANTIZE", "REDUCE_MAX",
    "REDUCE_MIN", "RELU", "RELU6", "RELU_N1_TO_1", "RESHAPE", "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR", "RSQRT", "SLICE", "SOFTMAX", "SPACE_TO_DEPTH", "SPLIT",
    "SQUARED_DIFFERENCE", "SQUEEZE", "STRIDED_SLICE", "SUB", "SUM", "TANH", "TRANSPOSE",
    "TRANSPOSE_CONV",
})  # fmt: skip
"""Names as in the schema's `BuiltinOperator`."""

UNFUSED = frozenset({"AVERAGE_POOL_2D", "MAX_POOL_2D", "CONCATENATION"})
"""Supported only without a fused activation function."""

REDUCTIONS = frozenset({"MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"})
"""Not supported over the batch dimension."""

MAX_SOFTMAX = 16_000

EIGHT_BITS = (schema.TensorType.INT8, schema.TensorType.UINT8)

NAMES, TYPES = (
    {value: name for name, value in vars(enum).items() if isinstance(value, int)}
    for enum in (schema.BuiltinOperator, schema.TensorType)
)


@dataclass(frozen=True, slots=True)
class Operator:
    """obstacle: why an Edge TPU does not run it; None: it does."""

    name: str
    obstacle: str | None


def operators_of(model: bytes) -> list[Operator]:
    """All operators of the first subgraph of a `.tflite`.

    Raises:
        UserError: not a `.tflite`.
    """
    if model[4:8] != b"TFL3":
        raise UserError("not a .tflite file: it does not begin as one (TFL3)")
    root = schema.ModelT.InitFromPackedBuf(model, 0)
    graph = root.subgraphs[0]
    operators = []
    for node in graph.operators:
        code = root.operatorCodes[node.opcodeIndex]
        # Codes above 127 are in the newer of the two fields, others in both or in the older.
        name = NAMES.get(max(code.builtinCode, code.deprecatedBuiltinCode), "?")
        if name == "CUSTOM":
            name = (code.customCode or b"?").decode()
        operators.append(Operator(name, _obstacle(name, node, graph.tensors, root.buffers)))
    return operators


def _obstacle(name: str, node: Any, tensors: Sequence[Any], buffers: Sequence[Any]) -> str | None:
    if name not in SUPPORTED:
        return "the Edge TPU has no such operator"
    used = [tensors[i] for i in (*node.inputs, *node.outputs) if i >= 0]
    for tensor in used:
        if buffers[tensor.buffer].data is not None:
            continue  # a constant
        if tensor.type not in EIGHT_BITS:
            return f"{TYPES[tensor.type].lower()} values; it takes 8 bits"
        if tensor.shapeSignature is not None and min(tensor.shapeSignature, default=1) < 0:
            return "a dynamic shape"
    options, shape = node.builtinOptions, tensors[node.inputs[0]].shape
    if name in UNFUSED and options is not None and options.fusedActivationFunction:
        return "a fused activation function"
    if name in REDUCTIONS and len(node.inputs) > 1:
        axes = buffers[tensors[node.inputs[1]].buffer].data
        axes = [] if axes is None else np.frombuffer(bytes(axes), "<i4") % len(shape)
        if 0 in axes:
            return "it reduces the batch dimension"
        if len(shape) - 1 in axes and shape[-1] % 4:
            return "it reduces a number of channels that is not a multiple of 4"
    if name == "FULLY_CONNECTED" and options is not None and options.weightsFormat:
        return "its weights are not in the default format"
    if name == "SOFTMAX" and shape[-1] > MAX_SOFTMAX:
        return f"more than {MAX_SOFTMAX} values"
    if name == "STRIDED_SLICE" and options and options.ellipsisMask | options.newAxisMask:
        return "an ellipsis or a new axis"
    return None


def describe(operators: Sequence[Operator]) -> Iterator[str]:
    """Lines for people: what does not run on the chip, why, and how many operators do."""
    total = len(operators)
    reasons = Counter((o.name, o.obstacle) for o in operators if o.obstacle)
    if not reasons:
        yield f"Edge TPU: runs all {total} operators"
    else:
        yield f"Edge TPU: does not run {reasons.total()} of {total} operators"
        for (name, obstacle), count in reasons.items():
            yield f"  {count:3} x {name}: {obstacle}"
        yield "  (a graph is split once: everything after the first of them runs on the CPU)"
    if any(o.name.startswith("RESIZE") and not o.obstacle for o in operators):
        yield "  a resize may run on the CPU for precision, depending on its sizes"


def check(model: Path, compiler: str = "edgetpu_compiler") -> Iterator[str]:
    """Lines for people. With the compiler, its log, and it writes `face_edgetpu.tflite` beside
    `face.tflite`; without it, the result by Coral's table.

    Raises:
        UserError: no such file, not a `.tflite`, or the compiler fails.
    """
    if not model.is_file():
        raise UserError(f"{model}: no such file")
    program = shutil.which(compiler)
    if program is None:
        yield f"{compiler} is not installed; by Coral's table of supported operations:"
        yield from describe(operators_of(model.read_bytes()))
        return
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [program, "--show_operations", "--out_dir", folder, str(model)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        output = Path(folder) / compiled(model).name
        if done.returncode or not output.is_file():
            last = (done.stderr or done.stdout).strip().splitlines()
            raise UserError(f"{model}: {compiler}: {last[-1] if last else 'it wrote no file'}")
        shutil.copyfile(output, compiled(model))
    yield from done.stdout.strip().splitlines()
