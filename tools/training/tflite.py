"""Keras to TFLite: the face network in float or quantized, the temporal one in float, the voice
network in int8.

Guarantees: static shapes (batch 1), the signature names that the device expects, and pixels from 0
to 255 as input; an int8 model takes them as uint8, so the device does no arithmetic. Quantization
ranges come from training pictures alone. The device runs every type.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device.faces.crop import CROP_SIZE
from tools.datasets.face_dataset import FaceDataset
from tools.datasets.voice import CLASSES, CORPORA, UNIT_CLASS, UNIT_CORPUS

Type = Literal["float", "dynamic", "int8", "int16"]
"""float: not quantized. dynamic: int8 weights, float arithmetic (tflite-runtime 2.14 does not load
it). int8: everything, as an Edge TPU needs. int16: int8 weights, int16 activations; float inputs
and outputs."""

TYPES: tuple[Type, ...] = get_args(Type)

OUTPUTS = ("emotion", "votes", "age", "female", "occluded", "embedding", "features")
"""Outputs of the face model, if the network has them."""

SAMPLES = 500
"""Faces from which quantization ranges are taken."""


def representative_faces(train: FaceDataset, count: int = SAMPLES) -> NDArray[np.uint8]:
    """(count, 64, 64) training pictures, drawn with a fixed seed, as representative dataset."""
    return train.pictures[np.random.default_rng(0).permutation(len(train))[:count]]


def face_to_tflite(
    network: keras.Model, samples: Iterable[NDArray[np.uint8]], kind: Type = "int8", *,
    size: int = CROP_SIZE, outputs: Sequence[str] = OUTPUTS,
) -> bytes:  # fmt: skip
    """Input "face" (1, size, size, 1), uint8 for int8 and otherwise float32; `outputs` in order.

    samples: grey (size, size) faces for the quantization ranges; black and white are added.
    """

    def serve(face: tf.Tensor) -> dict[str, tf.Tensor]:
        found = network(face, training=False)
        return {name: found[name] for name in outputs if name in found}

    extremes = [np.full((size, size), level, np.uint8) for level in (0, 255)]

    def representative_dataset() -> Iterator[dict[str, NDArray[np.float32]]]:
        for picture in (*extremes, *samples):
            yield {"face": picture[None, ..., None].astype(np.float32)}

    def quantize(converter: tf.lite.TFLiteConverter) -> None:
        if kind == "float":
            return
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind == "dynamic":
            return
        converter.representative_dataset = representative_dataset
        sets = tf.lite.OpsSet
        if kind == "int16":
            int16 = sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            converter.target_spec.supported_ops = [int16]
            return
        converter.target_spec.supported_ops = [sets.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.int8

    signature = [tf.TensorSpec((1, size, size, 1), tf.float32, "face")]
    return _convert(network, serve, signature, quantize)


def temporal_to_tflite(network: keras.Model) -> bytes:
    """Float, one step; inputs and outputs keep the network's names."""
    signature = [tf.TensorSpec((1, *t.shape[1:]), tf.float32, t.name) for t in network.inputs]

    def serve(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        names = [tensor.name for tensor in network.inputs]
        return dict(network(dict(zip(names, inputs, strict=True)), training=False))

    return _convert(network, serve, signature, lambda converter: None)


def voice_to_tflite(
    network: keras.Model, samples: Sequence[Mapping[str, NDArray[np.float32]]]
) -> bytes:
    """Int8: the network's inputs, one at a time; outputs "emotion", probabilities of `CLASSES`, and
    the logits "classes" of each corpus, "arousal" and "valence".

    An emotion's probability is the mean of what the corpora say, since a kiosk does not know whose
    language it hears. samples: (V, ...) inputs by name of some clips, for the quantization ranges.
    """
    merging = np.eye(len(CLASSES), dtype=np.float32)[UNIT_CLASS] / len(CORPORA)

    def serve(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        found = network(list(inputs), training=False)
        by_corpus = tf.split(found["classes"], np.bincount(UNIT_CORPUS).astype(np.int32), axis=1)
        shares = tf.concat([tf.nn.softmax(logits) for logits in by_corpus], axis=1)
        return {"emotion": shares @ merging, **found}

    def representative_dataset() -> Iterator[dict[str, NDArray[np.float32]]]:
        for clip in samples:
            for row in zip(*clip.values(), strict=True):
                yield {name: value[None] for name, value in zip(clip, row, strict=True)}

    def quantize(converter: tf.lite.TFLiteConverter) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative_dataset
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8

    signature = [
        tf.TensorSpec((1, *tensor.shape[1:]), tf.float32, tensor.name) for tensor in network.inputs
    ]
    return _convert(network, serve, signature, quantize)


def _convert(
    network: keras.Model,
    serve: Callable[..., dict[str, tf.Tensor]],
    signature: list[tf.TensorSpec],
    adjust: Callable[[tf.lite.TFLiteConverter], None],
) -> bytes:
    """By way of a saved model, which alone keeps the names of the signature."""
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
    """Discard standard error, to which the converter's native code writes pages."""
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
