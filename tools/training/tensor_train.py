"""A dense layer whose matrix is a tensor train: thousands of inputs for a few thousand weights.

Novikov, Podoprikhin, Osokin, Vetrov, "Tensorizing Neural Networks", NIPS 2015; used before an LSTM,
on the unpooled map, as in Yang, Krompass, Tresp, "Tensor-Train Recurrent Neural Networks for Video
Classification", ICML 2017, and in EmoPOI's mood network. The matrix W of shape (prod(m), prod(n))
is never built: W[(i1..id), (j1..jd)] = G1[i1,j1] G2[i2,j2] ... Gd[id,jd], where each G is a matrix
of size (r[k-1], r[k]).
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="wayside")
class TensorTrainDense(keras.layers.Layer):
    """`activation(x @ W + b)` with W in tensor-train form, for x of shape (N, prod(inputs)).

    inputs, outputs: the modes m and n, of equal length d. ranks: the d-1 inner ranks.
    Raises ValueError if their lengths or the width of x do not match.
    """

    def __init__(
        self,
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
        ranks: tuple[int, ...],
        activation: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not len(inputs) == len(outputs) == len(ranks) + 1:
            raise ValueError(
                f"modes {inputs} and {outputs} need {len(inputs) - 1} ranks between them; "
                f"got {ranks}"
            )
        self.inputs, self.outputs, self.ranks = tuple(inputs), tuple(outputs), tuple(ranks)
        self.activation = keras.activations.get(activation)

    @property
    def units(self) -> int:
        """Width of the output: the product of the output modes."""
        return math.prod(self.outputs)

    @property
    def weight_count(self) -> int:
        """Weights of the cores, without the bias."""
        return sum(math.prod(shape) for shape in self._core_shapes())

    @property
    def compression(self) -> float:
        """Weights of the full matrix for each weight of the cores."""
        return math.prod(self.inputs) * self.units / self.weight_count

    def _core_shapes(self) -> list[tuple[int, int, int, int]]:
        """Shape of each core: (rank before, input mode, output mode, rank after)."""
        ranks = (1, *self.ranks, 1)
        return [
            (ranks[k], m, n, ranks[k + 1])
            for k, (m, n) in enumerate(zip(self.inputs, self.outputs, strict=True))
        ]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the cores; their spread gives W the variance of Glorot's initialisation."""
        width = math.prod(self.inputs)
        if input_shape[-1] != width:
            raise ValueError(f"modes {self.inputs} take {width} values; got {input_shape[-1]}")
        # Each entry of W is a sum over prod(ranks) paths of a product of d normal numbers.
        variance = 2 / (width + self.units) / math.prod(self.ranks)
        spread = variance ** (0.5 / len(self.inputs))
        self.cores = [
            self.add_weight(
                shape=shape,
                initializer=keras.initializers.RandomNormal(stddev=spread),
                name=f"core_{index}",
            )
            for index, shape in enumerate(self._core_shapes())
        ]
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        """(N, prod(inputs)) to (N, prod(outputs)), by one matrix product for each core.

        Reshapes and transposes have at most four dimensions, which TFLite's operators support.
        """
        done = 1  # product of the output modes so far
        left = math.prod(self.inputs)  # product of the remaining input modes
        x = ops.reshape(x, (-1, 1, left))
        for core in self.cores:
            before, m, n, after = core.shape
            left //= m
            # (N, done, before, m, left); the product sums over `before` and `m`.
            x = ops.reshape(x, (-1, before * m, left))
            x = ops.transpose(x, (0, 2, 1))
            matrix = ops.reshape(ops.transpose(core, (0, 1, 3, 2)), (before * m, after * n))
            x = ops.matmul(ops.reshape(x, (-1, before * m)), matrix)
            x = ops.reshape(x, (-1, left, after, n))
            x = ops.transpose(x, (0, 3, 2, 1))  # n joins the outer axis, `after` meets the next m
            done *= n
            x = ops.reshape(x, (-1, after, left))
        # The outer axis holds (N, n1, n2, ... nd).
        x = ops.reshape(x, (-1, done))
        return self.activation(x + self.bias)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        """(N, units)."""
        return (input_shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        """The arguments that rebuild the layer."""
        return super().get_config() | {
            "inputs": self.inputs,
            "outputs": self.outputs,
            "ranks": self.ranks,
            "activation": keras.activations.serialize(self.activation),
        }
