"""The voice network: what kind of speech a view of 3 s is, for two corpora at once.

A few small networks that differ in their initial weights alone, since their mean is right more
often than one network as large as all of them. Each has statistics over time of the mel bands
themselves (mean, mean deviation, maximum, mean change) beside those of a small convolution over
time, then three heads: `classes` (of each corpus apart: one set for both is right less often),
`arousal` (one logit) and `valence`. Every operation has an int8 kernel of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from device.hearing.spectrogram import FRAMES, MELS
from tools.datasets.voice import UNIT_CLASS, VALENCES

HEADS = {"classes": len(UNIT_CLASS), "arousal": 1, "valence": len(VALENCES)}


@dataclass(frozen=True, slots=True)
class VoiceDesign:
    """members: networks. Of each, front: filters over frequency and time before those over time.
    channels: of the convolutions over time. statistics: units that read the statistics of the
    bands. dropout: before the heads and in the statistics."""

    members: int = 4
    front: int = 6
    channels: int = 32
    statistics: int = 32
    dropout: float = 0.3

    def build(self) -> keras.Model:
        """(N, FRAMES, MELS) views in, logits of `HEADS` by member out: (N, members, units)."""
        view = keras.Input((FRAMES, MELS), name="view")
        found = [self._member(view) for _ in range(self.members)]
        return keras.Model(
            view,
            {
                name: layers.Concatenate(1, name=f"{name}_by_member")([one[name] for one in found])
                for name in HEADS
            },
        )

    def _member(self, view: Any) -> dict[str, Any]:
        """Logits of each head, (N, 1, units)."""
        frames = layers.Reshape((FRAMES, 1, MELS))(view)
        frames = layers.AveragePooling2D((2, 1))(frames)  # 40 ms
        change = ops.abs(frames[:, 1:] - frames[:, :-1])
        steady = [*_statistics(frames), layers.GlobalAveragePooling2D()(change)]
        steady = layers.BatchNormalization()(layers.Concatenate()(steady))
        steady = layers.Dropout(self.dropout)(steady)
        steady = _normalised(layers.Dense(self.statistics, use_bias=False)(steady))

        length = FRAMES // 2
        maps = layers.BatchNormalization()(frames)
        maps = layers.Reshape((length, MELS, 1))(maps)
        maps = _convolved(maps, self.front, (3, 7), (1, 2))
        maps = layers.MaxPooling2D((1, 2))(maps)
        maps = layers.Reshape((length, 1, self.front * MELS // 4))(maps)
        maps = _convolved(maps, self.channels, (5, 1), (2, 1))
        maps = layers.SpatialDropout2D(0.1)(maps)
        maps = _convolved(maps, self.channels, (3, 1))
        maps = _convolved(maps, self.channels * 3 // 2, (3, 1), (2, 1))
        maps = _convolved(maps, self.channels * 3 // 2, (3, 1))
        moving = layers.BatchNormalization()(layers.Concatenate()(_statistics(maps)))

        both = layers.Dropout(self.dropout)(layers.Concatenate()([steady, moving]))
        heads = {name: layers.Dense(units)(both) for name, units in HEADS.items()}
        return {name: layers.Reshape((1, units))(heads[name]) for name, units in HEADS.items()}


def together(network: keras.Model) -> keras.Model:
    """The mean of a trained network's members: (N, FRAMES, MELS) views in, (N, units) logits of
    `HEADS` out."""
    outputs = {
        name: layers.GlobalAveragePooling1D(name=name)(by_member)
        for name, by_member in network.output.items()
    }
    return keras.Model(network.input, outputs)


def _normalised(values: Any) -> Any:
    return layers.ReLU(6.0)(layers.BatchNormalization()(values))


def _convolved(
    maps: Any, filters: int, size: tuple[int, int], strides: tuple[int, int] = (1, 1)
) -> Any:
    return _normalised(
        layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(maps)
    )


def _statistics(maps: Any) -> list[Any]:
    """Mean, mean deviation and maximum over time of (N, T, 1, C) maps."""
    mean = layers.GlobalAveragePooling2D(keepdims=True)(maps)
    deviation = layers.GlobalAveragePooling2D()(ops.abs(maps - mean))
    return [layers.Flatten()(mean), deviation, layers.GlobalMaxPooling2D()(maps)]
