"""Keras to TFLite: the face network in float or quantized, the temporal one in float.

Promises: static shapes (batch 1), signature names as the device expects them, and pixels 0 to 255
in; an int8 model takes them as uint8, without any arithmetic on the device. The ranges come from
training pictures alone. The device runs every type.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tools.training.networks import SIZE

Type = Literal["float", "dynamic", "int8", "int16"]
"""float: nothing is quantized. dynamic: int8 weights, float arithmetic (tflite-runtime 2.14 does
not load it). int8: everything, which is what an Edge TPU takes. int16: int8 weights, int16 between
the layers; inputs and outputs are float."""

TYPES: tuple[Type, ...] = get_args(Type)

OUTPUTS = ("emotion", "votes", "consensus", "age", "female", "embedding", "features")
"""What the shipped face model gives. The emotion that the device reads is `consensus`, where
there is one."""


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def face_to_tflite(
    network: keras.Model, calibration: Iterable[NDArray[np.uint8]], kind: Type = "int8"
) -> bytes:
    """Input "face" (1, 64, 64, 1), uint8 where kind is int8 and else float32; `OUTPUTS` out.

    calibration: a few hundred grey (64, 64) faces from which the ranges of all maps are taken.
    """

    def serve(face: tf.Tensor) -> dict[str, tf.Tensor]:
        given = network(face, training=False)
        return {name: given[name] for name in OUTPUTS if name in given}

    pictures = [np.zeros((SIZE, SIZE), np.uint8), np.full((SIZE, SIZE), 255, np.uint8)]

    def samples() -> Iterator[dict[str, NDArray[np.float32]]]:
        for picture in (*pictures, *calibration):
            yield {"face": picture[None, ..., None].astype(np.float32)}

    def quantize(converter: tf.lite.TFLiteConverter) -> None:
        if kind == "float":
            return
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind == "dynamic":
            return
        converter.representative_dataset = samples
        sets = tf.lite.OpsSet
        if kind == "int16":
            wide = sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            converter.target_spec.supported_ops = [wide]
            return
        converter.target_spec.supported_ops = [sets.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.int8

    signature = [tf.TensorSpec((1, SIZE, SIZE, 1), tf.float32, "face")]
    return _convert(network, serve, signature, quantize)


def temporal_to_tflite(network: keras.Model) -> bytes:
    """Float, one step: inputs and outputs keep the names the network gives them."""
    signature = [tf.TensorSpec((1, *t.shape[1:]), tf.float32, t.name) for t in network.inputs]

    def serve(*given: tf.Tensor) -> dict[str, tf.Tensor]:
        names = [tensor.name for tensor in network.inputs]
        return dict(network(dict(zip(names, given, strict=True)), training=False))

    return _convert(network, serve, signature, lambda converter: None)


def _convert(
    network: keras.Model,
    serve: Callable[..., dict[str, tf.Tensor]],
    signature: list[tf.TensorSpec],
    adjust: Callable[[tf.lite.TFLiteConverter], None],
) -> bytes:
    """By way of a saved model: only that keeps the signature's names."""
    archive = keras.export.ExportArchive()
    archive.track(network)
    archive.add_endpoint("serve", serve, signature)
    with tempfile.TemporaryDirectory() as folder, _quiet():
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        adjust(converter)
        return bytes(converter.convert())


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The converter's native code writes pages to standard error: they go nowhere."""
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
