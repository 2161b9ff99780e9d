"""Which operators of a `.tflite` an Edge TPU would not run, read from the file itself.

The file is read by TFLite's own schema, to which things are only ever added; no interpreter's
private functions. What the chip runs is Coral's table "Supported operations"
(coral.ai/docs/edgetpu/models-intro/#supported-operations, runtime 14, the last; Axis repeats it at
developer.axis.com, "Computer vision on device", ARTPEC-7, Supported ops). Where
`edgetpu_compiler` is installed its word counts, and this table only stands in for it.
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
"""Run only without a fused activation function."""

OVER_AXES = frozenset({"MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"})
"""Run only where they leave the batch dimension alone."""

LARGEST_SOFTMAX = 16_000

EIGHT_BITS = (schema.TensorType.INT8, schema.TensorType.UINT8)


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator of a model, in its order. leaves: why an Edge TPU would not run it; None: it
    would."""

    name: str
    output: str
    leaves: str | None


def operators_of(model: bytes) -> list[Operator]:
    """All operators of the first subgraph of a `.tflite`.

    Raises:
        UserError: these bytes are no `.tflite`.
    """
    if model[4:8] != b"TFL3":
        raise UserError("not a .tflite file: it does not begin as one (TFL3)")
    tree = schema.ModelT.InitFromPackedBuf(model, 0)
    names = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
    codes = [
        # Codes over 127 stand in the newer of the two fields, all others in both or in the older.
        names.get(max(code.builtinCode, code.deprecatedBuiltinCode), "?")
        for code in tree.operatorCodes
    ]
    graph = tree.subgraphs[0]
    made: list[Operator] = []
    for node in graph.operators:
        name = codes[node.opcodeIndex]
        if name == "CUSTOM":
            name = (tree.operatorCodes[node.opcodeIndex].customCode or b"?").decode()
        output = (graph.tensors[node.outputs[0]].name or b"").decode()
        made.append(Operator(name, output, _obstacle(name, node, graph.tensors, tree.buffers)))
    return made


def _obstacle(name: str, node: Any, tensors: Sequence[Any], buffers: Sequence[Any]) -> str | None:
    """Why the chip would not run this node."""
    if name not in SUPPORTED:
        return "the Edge TPU has no such operator"
    moving = [tensors[i] for i in (*node.inputs, *node.outputs) if i >= 0]
    moving = [t for t in moving if buffers[t.buffer].data is None]
    types = {v: k for k, v in vars(schema.TensorType).items() if isinstance(v, int)}
    for tensor in moving:
        if tensor.type not in EIGHT_BITS:
            return f"{types[tensor.type].lower()} values; it takes 8 bits"
        if tensor.shapeSignature is not None and min(tensor.shapeSignature, default=1) < 0:
            return "a shape that is not known beforehand"
    options = node.builtinOptions
    if name in UNFUSED and options is not None and options.fusedActivationFunction:
        return "an activation function is fused into it"
    given = tensors[node.inputs[0]].shape
    if name in OVER_AXES and len(node.inputs) > 1:
        axes = _integers(buffers[tensors[node.inputs[1]].buffer].data)
        if any(axis % len(given) == 0 for axis in axes):
            return "it reduces the batch dimension"
        if any(axis % len(given) == len(given) - 1 for axis in axes) and given[-1] % 4:
            return "it reduces channels whose number is no multiple of 4"
    if name == "FULLY_CONNECTED" and options is not None and options.weightsFormat:
        return "its weights are not in the default format"
    if name == "SOFTMAX" and given[-1] > LARGEST_SOFTMAX:
        return f"more than {LARGEST_SOFTMAX} values"
    if (
        name == "STRIDED_SLICE"
        and options is not None
        and options.ellipsisMask | options.newAxisMask
    ):
        return "an ellipsis or a new axis"
    return None


def _integers(data: Any) -> list[int]:
    """A constant tensor of int32."""
    if data is None:
        return []
    raw = bytes(data)
    return [int.from_bytes(raw[i : i + 4], "little", signed=True) for i in range(0, len(raw), 4)]


def describe(operators: Sequence[Operator]) -> Iterator[str]:
    """Lines for people: what would leave the chip, with the reason, and how many stay."""
    leaving = [operator for operator in operators if operator.leaves]
    total = len(operators)
    if not leaving:
        yield f"Edge TPU: all {total} operators are ones it runs"
    else:
        yield f"Edge TPU: {len(leaving)} of {total} operators would leave the chip"
        reasons = Counter((operator.name, operator.leaves) for operator in leaving)
        for (name, reason), count in reasons.items():
            yield f"  {count:3} x {name}: {reason}"
        yield "  (a graph is split once: what follows the first of them leaves the chip with it)"
    if any(operator.name.startswith("RESIZE") and not operator.leaves for operator in operators):
        yield "  a resize may be kept off the chip for precision, depending on its sizes"


def check(model: Path, compiler: str = "edgetpu_compiler") -> Iterator[str]:
    """Lines for people. With the compiler, its own log, and `face_edgetpu.tflite` is written beside
    `face.tflite`; without it, what Coral's table says.

    Raises:
        UserError: no such file, no `.tflite`, or the compiler refuses it.
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
        made = Path(folder) / compiled(model).name
        if done.returncode or not made.is_file():
            last = (done.stderr or done.stdout).strip().splitlines()
            raise UserError(f"{model}: {compiler}: {last[-1] if last else 'it made no file'}")
        shutil.copyfile(made, compiled(model))
    yield from done.stdout.strip().splitlines()
