"""How long one call of a `.tflite` takes, through the runtime that the kiosk uses."""

from __future__ import annotations

import time

import numpy as np

from device.inference.litert import Model


def median_ms(model: Model, calls: int = 300) -> float:
    """Median milliseconds of a call as the device makes it, inputs handed over and outputs read."""
    given = {name: np.zeros(tensor.shape, tensor.dtype) for name, tensor in model.inputs.items()}
    model.run(given)  # the first call makes its buffers
    taken = []
    for _ in range(calls):
        begun = time.perf_counter()
        model.run(given)
        taken.append(time.perf_counter() - begun)
    return round(float(np.median(taken)) * 1000, 4)
