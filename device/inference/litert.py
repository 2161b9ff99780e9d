"""The adapter to the TFLite runtime: `ai-edge-litert`, or `tflite-runtime` if only that is there.

Every other module uses a `Model`, which maps named arrays to named arrays. A file that is
truncated, of another format or of another shape is a `UserError` of one line. Only this module and
`edgetpu.py` import a runtime.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from device.errors import UserError

RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")
EDGETPU_LIBRARY = "libedgetpu.so.1"

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a model. scale: 0 where the tensor is not quantized."""

    name: str
    index: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    zero_point: int


def find_runtime(names: Sequence[str] = RUNTIMES) -> ModuleType:
    """The first of the runtimes that can be imported.

    Raises:
        UserError: none of them is installed.
    """
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise UserError("no TFLite runtime is installed; run `pip install ai-edge-litert`")


def runtime_name() -> str:
    """Name of the runtime in use, such as `ai-edge-litert`."""
    return find_runtime().__name__.partition(".")[0].replace("_", "-")


@contextmanager
def without_chatter() -> Iterator[None]:
    """Silence standard error, to which the runtimes' C++ code writes dozens of lines that no
    setting stops. Errors are raised all the same."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def thread_count() -> int:
    """Threads for one model, 1 or 2: half of the cores, since the others draw the page."""
    return 1 if len(os.sched_getaffinity(0)) < 4 else 2


class Model:
    """A loaded model. Tensors have the names of its signature, if it has one, or their own."""

    def __init__(self, interpreter: Any, name: str) -> None:
        """Wrap an interpreter whose tensors are allocated; `name` is for error messages."""
        self.name = name
        self._interpreter = interpreter
        signatures = interpreter.get_signature_list()
        if signatures:
            # Conversion reorders input tensors: only the signature keeps their names.
            runner = interpreter.get_signature_runner(next(iter(signatures)))
            inputs, outputs = runner.get_input_details(), runner.get_output_details()
        else:
            inputs = {d["name"]: d for d in interpreter.get_input_details()}
            outputs = {d["name"]: d for d in interpreter.get_output_details()}
        self.inputs = {key: _tensor(key, detail) for key, detail in inputs.items()}
        self.outputs = {key: _tensor(key, detail) for key, detail in outputs.items()}
        self._pixels = {key: _pixel_table(t) for key, t in self.inputs.items()}

    def require(
        self,
        inputs: Mapping[str, tuple[int, ...]],
        outputs: Mapping[str, tuple[int, ...]],
    ) -> None:
        """Check that these tensors have these shapes; -1: any length.

        Raises:
            UserError: a tensor is missing or has another shape.
        """
        for word, wanted, found in (
            ("input", inputs, self.inputs),
            ("output", outputs, self.outputs),
        ):
            for key, shape in wanted.items():
                if key not in found:
                    raise UserError(
                        f"{self.name}: no {word} `{key}`, only {', '.join(sorted(found))}; "
                        "this is a different model: put the right file there"
                    )
                got = found[key].shape
                if len(got) != len(shape) or any(
                    b not in (-1, a) for a, b in zip(got, shape, strict=True)
                ):
                    raise UserError(
                        f"{self.name}: {word} `{key}` has the shape {got}, takes {shape}; "
                        "this is a different model: put the right file there"
                    )

    def run(
        self, inputs: Mapping[str, Array], outputs: Collection[str] | None = None
    ) -> dict[str, Array]:
        """One inference.

        inputs: in the shapes of `self.inputs`, all but those that were filled through `view`. A
        quantized tensor takes real values, float32 or uint8 pixels 0 to 255, which are quantized
        here, or quantized int8. outputs: names of those to return, None for all; quantized ones are
        returned as float32.
        """
        interpreter = self._interpreter
        for key, value in inputs.items():
            tensor = self.inputs[key]
            if value.dtype != tensor.dtype or tensor.dtype == np.uint8:
                value = self._converted(tensor, value)
            interpreter.set_tensor(tensor.index, value)
        interpreter.invoke()
        return {
            key: _real(tensor, interpreter.get_tensor(tensor.index))
            for key, tensor in self.outputs.items()
            if outputs is None or key in outputs
        }

    def view(self, tensor: Tensor) -> Array:
        """The memory of an input or output, to be filled or read without a copy.

        The next inference is a RuntimeError while anything refers to it.
        """
        return np.asarray(self._interpreter.tensor(tensor.index)())

    def invoke(self) -> None:
        """The bare inference on the current content of the input tensors."""
        self._interpreter.invoke()

    def _converted(self, tensor: Tensor, value: Array) -> Array:
        """`value` in the tensor's dtype, quantized where the tensor is."""
        if not tensor.scale:
            return value.astype(tensor.dtype, copy=False)
        if value.dtype == np.uint8:
            table = self._pixels[tensor.name]
            return value if table is None else np.asarray(table[value])
        return _quantized(tensor, value)


def load_model(path: Path, *, accelerator: Literal["none", "edgetpu"] = "none") -> Model:
    """Load a `.tflite` file and allocate its tensors.

    accelerator: `edgetpu` delegates the graph to libedgetpu, which may crash the process: probe it
    first (`device.inference.edgetpu`).

    Raises:
        UserError: no runtime, no such file, a truncated model, or one this runtime cannot run.
    """
    runtime = find_runtime()
    if not path.is_file():
        raise UserError(f"{path}: no such model; `make run` sets it up, `wayside check` says more")
    try:
        with without_chatter():
            delegates = [runtime.load_delegate(EDGETPU_LIBRARY)] if accelerator != "none" else None
            interpreter = runtime.Interpreter(
                model_path=str(path), num_threads=thread_count(), experimental_delegates=delegates
            )
            interpreter.allocate_tensors()
            return Model(interpreter, path.name)
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().rstrip(".").splitlines()[-1]
        raise UserError(
            f"{path}: not a complete model that {runtime_name()} can run ({reason}); "
            "put the right file there"
        ) from None


def _tensor(name: str, detail: Mapping[str, Any]) -> Tensor:
    scale, zero_point = detail["quantization"]
    shape = tuple(int(n) for n in detail["shape"])
    return Tensor(
        name, int(detail["index"]), shape, np.dtype(detail["dtype"]), float(scale), int(zero_point)
    )


def _quantized(tensor: Tensor, value: Array) -> Array:
    limits = np.iinfo(tensor.dtype)
    steps = np.rint(value / tensor.scale) + tensor.zero_point
    return np.asarray(np.clip(steps, limits.min, limits.max), tensor.dtype)


def _pixel_table(tensor: Tensor) -> Array | None:
    """The quantized values of the 256 pixel values; None where they are the same."""
    if not tensor.scale or (
        tensor.dtype == np.uint8 and (tensor.scale, tensor.zero_point) == (1, 0)
    ):
        return None
    return _quantized(tensor, np.arange(256, dtype=np.float32))


def _real(tensor: Tensor, value: Array) -> Array:
    if not tensor.scale:
        return value
    return (value.astype(np.float32) - tensor.zero_point) * np.float32(tensor.scale)
