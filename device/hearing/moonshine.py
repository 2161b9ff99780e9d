"""Moonshine's smallest English model, a piece of text after another.

27 million parameters, MIT licence (https://github.com/moonshine-ai/moonshine), run by ONNX Runtime.
An encoder reads a sound, and a decoder says how likely each piece of text is to follow those
before. Guarantees: nothing is fetched, and nothing of a sound outlives its `Writing`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import UserError

PACKAGES = ("onnxruntime", "moonshine_voice")
"""What runs the model, and the package that has it in it, of which nothing else is used."""

INSIDE = "assets/tiny-en"

ENCODER, DECODER, PIECES = "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"

BEGIN, END = 1, 2
"""Numbers of the pieces before the first and after the last."""

PAST = "past_key_values"
"""What the decoder keeps of the steps before; its outputs call it `present`."""

HEADS, HEAD_SIZE = 8, 36
"""Of the decoder's attention."""

THREADS = 2
"""Each runs the model for one variant of a sound at a time, which is faster than two threads for
one variant (docs/experiments.md)."""

LEAST = 1e-30
"""Probability that stands for any below, whose logarithm could be infinite."""

Floats = NDArray[np.float32]


def missing() -> str | None:
    """Why nothing can be recognised here; None: it can."""
    for package in PACKAGES:
        if importlib.util.find_spec(package) is None:
            return f"{package.replace('_', '-')} is not installed (requirements/hearing.txt)"
    if not all((_folder() / name).is_file() for name in (ENCODER, DECODER, PIECES)):
        return "this moonshine-voice has no model in it (requirements/hearing.txt)"
    return None


class Moonshine:
    """The model in memory. pieces: of text, by number."""

    def __init__(self) -> None:
        """Raises:
        UserError: a package is not installed, or its model is missing.
        """
        if reason := missing():
            raise UserError(f"hearing.ask: {reason}")
        import onnxruntime

        folder, options = _folder(), onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._pool = ThreadPoolExecutor(THREADS, "moonshine")
        self._encoder, self._decoder = (
            onnxruntime.InferenceSession(folder / name, options) for name in (ENCODER, DECODER)
        )
        self.pieces = tuple(_pieces((folder / PIECES).read_bytes()))

    def hear(self, sounds: Sequence[Floats]) -> Writing:
        """Begin to write what is said.

        sounds: (N,) samples each, at 16 kHz, -1 to 1; variants of one sound.
        """
        return Writing(self._decoder, self._pool, list(self._pool.map(self._encoded, sounds)))

    def _encoded(self, sound: Floats) -> Floats:
        mask = np.ones((1, len(sound)), np.int64)
        given = {"input_values": sound[None], "attention_mask": mask}
        return np.asarray(self._encoder.run(None, given)[0][0])


class Writing:
    """Texts being written of one sound, all equally long. likely: (B, P) natural logarithms of the
    probability of each piece to come next, of each text, in the mean over the sound's variants; at
    first there is one text, empty. variants: how many there are."""

    def __init__(self, decoder: Any, pool: Executor, heard: Sequence[Floats]) -> None:
        """heard: (T, D) of the encoder, of each variant."""
        self._decoder, self._pool = decoder, pool
        names = [given.name for given in decoder.get_inputs()]
        self._computed = [name for name in names if name.startswith(PAST)]
        empty = np.zeros((1, HEADS, 0, HEAD_SIZE), np.float32)
        self._variants: list[dict[str, Any]] = [
            {
                "encoder_hidden_states": one[None],
                "encoder_attention_mask": np.ones((1, len(one)), np.int64),
                "use_cache_branch": np.array([False]),
            }
            | dict.fromkeys(self._computed, empty)
            for one in heard
        ]
        self.variants = len(heard)
        self.likely = self._step([BEGIN])
        # What the decoder computes of the sound alone stays, one row for all texts.
        self._computed = [name for name in self._computed if ".decoder." in name]
        for given in self._variants:
            given["use_cache_branch"] = np.array([True])

    def extend(self, texts: Sequence[int], pieces: Sequence[int]) -> None:
        """Go on with these texts, each by a piece. texts: rows of `likely`; one may be taken
        several times."""
        for given in self._variants:
            given |= {name: given[name][np.array(texts)] for name in self._computed}
        self.likely = self._step(pieces)

    def _step(self, pieces: Sequence[int]) -> Floats:
        written = {"input_ids": np.array(pieces, np.int64)[:, None]}
        shares = self._pool.map(lambda given: self._heard(given, written), self._variants)
        return np.asarray(np.log(np.maximum(np.mean(list(shares), axis=0), LEAST)))

    def _heard(self, given: dict[str, Any], written: dict[str, Any]) -> Floats:
        """Probabilities of the next piece by one variant, which is updated."""
        wanted = ["logits", *(name.replace(PAST, "present") for name in self._computed)]
        scores, *found = self._decoder.run(wanted, given | written)
        given.update(zip(self._computed, found, strict=True))
        last = np.exp(scores[:, -1] - scores[:, -1].max(axis=1, keepdims=True))
        return np.asarray(last / last.sum(axis=1, keepdims=True))


def _folder() -> Path:
    """Where the package, which is not imported, has the model."""
    found = importlib.util.find_spec(PACKAGES[1])
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / INSIDE


def _pieces(content: bytes) -> Iterator[str]:
    """Each is its length and its bytes. A length of 128 or more has two bytes, the low 7 bits in
    the first. Bytes that are no text by themselves become signs that no sentence has."""
    at = 0
    while at < len(content):
        length = content[at]
        at += 1
        if length >= 128:
            length += 128 * content[at] - 128
            at += 1
        yield content[at : at + length].decode(errors="replace")
        at += length
