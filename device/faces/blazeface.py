"""MediaPipe's BlazeFace models by LiteRT alone, for boards on which mediapipe does not run.

Follows MediaPipe's face detection graph (letterbox, anchors, decoding, weighted non-maximum
suppression), so that the boxes agree with those of `FaceDetector`. Two models: `far` (full range,
sparse, 192x192) finds small faces, `near` (short range, 128x128) is three times as fast.

Sources: Bazarevsky et al., BlazeFace, arXiv:1907.05047; the constants are those of
mediapipe/modules/face_detection/face_detection{,_full_range,_short_range}.pbtxt, version 0.10.21.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from device.inference.litert import load_model
from device.values import Box, Face, Floats, Frame, Image, KeypointLayout

Range = Literal["far", "near"]
SUPPRESSION_IOU = 0.3

KEYPOINTS = KeypointLayout(
    eyes=(0, 1),
    nose=2,
    sides=(4, 5),
    turned=(0.35, 1.0),
    crop_side=3.55,
    crop_rise=0.08,
    mesh_side=1.5,
)
"""Right eye, left eye, nose tip, mouth centre, right and left ear tragion.

crop_side, crop_rise: where FER-2013's training pictures lie about the keypoints found in them:
medians of 3.53 and 0.07 by the far model, 3.56 and 0.10 by the near one (docs/experiments.md).
mesh_side: that of mediapipe's face_detection_front_detection_to_roi.pbtxt, version 0.10.21.
"""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A BlazeFace file, the side of its input in pixels, and the names of its tensors.

    grids: (cells a side, anchors a cell) of each output layer.
    """

    name: str
    size: int
    grids: tuple[tuple[int, int], ...]
    input: str
    regressors: str
    scores: str


MODEL_FILES: dict[Range, ModelFile] = {
    "far": ModelFile(
        "face_detection_full_range_sparse.tflite",
        192,
        ((48, 1),),
        "input_1",
        "Identity",
        "Identity_1",
    ),
    "near": ModelFile(
        "face_detection_short_range.tflite",
        128,
        ((16, 2), (8, 6)),
        "input",
        "regressors",
        "classificators",
    ),
}


def anchors(grids: tuple[tuple[int, int], ...]) -> Floats:
    """Centres of the anchors, x and y from 0 to 1, row by row: shape (number of anchors, 2)."""
    parts = []
    for cells, count in grids:
        steps = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        y, x = np.meshgrid(steps, steps, indexing="ij")
        parts.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), count, axis=0))
    return np.concatenate(parts)


class BlazeFace:
    """A detector by LiteRT alone. `model` is public for the benchmark's bare calls."""

    def __init__(self, folder: Path, *, reach: Range = "far", threshold: float = 0.5) -> None:
        """Load the model of this reach from `folder`.

        Raises:
            UserError: the file is missing, broken, or not this BlazeFace.
        """
        file = MODEL_FILES[reach]
        self.model = load_model(folder / file.name)
        self._file = file
        self._centres = anchors(file.grids) * file.size
        self.model.require(
            {file.input: (1, file.size, file.size, 3)},
            {
                file.regressors: (1, len(self._centres), 16),
                file.scores: (1, len(self._centres), 1),
            },
        )
        self._input = self.model.inputs[file.input]
        self._regressors = self.model.outputs[file.regressors]
        self._scores = self.model.outputs[file.scores]
        # sigmoid(x) >= threshold as a bound on x: most anchors are dropped before decoding.
        self._logit = float(np.log(threshold / (1 - threshold)))
        self._canvas = np.zeros((file.size, file.size, 3), np.uint8)

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Faces of a frame, the best score first; boxes and keypoints in its pixels."""
        scale, left, top = self._letterbox(frame.rgb)
        self.model.invoke()
        scores = self.model.view(self._scores).ravel()
        kept = np.flatnonzero(scores >= self._logit)
        if not kept.size:
            return ()
        chances = (1 / (1 + np.exp(-scores[kept]))).astype(np.float32)
        points = _decode(self.model.view(self._regressors)[0, kept], self._centres[kept])
        points = (points - np.array([left, top], np.float32)) / np.float32(scale)
        return _suppress(points, chances)

    def close(self) -> None:
        """Nothing to free."""

    def _letterbox(self, rgb: Image) -> tuple[float, float, float]:
        """Scale the picture into the middle of a black square, the input; (scale, left, top) of it.

        MediaPipe maps edge to edge and takes pixel centres for edges. Done the same way, keypoints
        agree with its own to a millionth of the face; `cv2.resize` is off by half a pixel of the
        small square.
        """
        size = self._file.size
        height, width = rgb.shape[:2]
        scale = size / max(height, width)
        left, top = (size - width * scale) / 2, (size - height * scale) / 2
        # The rows of the black bars need no warping.
        first, end = max(0, int(top - scale)), size - int(top)
        self._canvas[:first] = self._canvas[end:] = 0
        placing = np.array([[scale, 0, left], [0, scale, top - first]])
        cv2.warpAffine(
            rgb, placing, (size, end - first), dst=self._canvas[first:end], flags=cv2.INTER_LINEAR
        )
        pixels = self.model.view(self._input)[0]
        np.multiply(self._canvas, np.float32(2 / 255), out=pixels)
        pixels -= 1
        return scale, left, top


def _decode(raw: Floats, centres: Floats) -> Floats:
    """Regressors (n, 16) and anchors (n, 2) to points (n, 8, 2) in input pixels: two corners, then
    six keypoints. Changes `raw`."""
    points = raw.reshape(-1, 8, 2)
    half = points[:, 1] / 2
    points[:, 1] = points[:, 0]
    points += centres[:, None]
    points[:, 0] -= half
    points[:, 1] += half
    return points


def _suppress(points: Floats, scores: Floats) -> tuple[Face, ...]:
    """Weighted non-maximum suppression: boxes that overlap the best become their mean.

    points: (n, 8, 2), two corners and six keypoints. The face keeps the best one's score.
    """
    # Boxes in Python's own numbers: for so few of them numpy takes several times as long.
    corners = points[:, :2].reshape(-1, 4).tolist()
    boxes = [Box(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in corners]
    rest = scores.argsort()[::-1].tolist()
    faces = []
    while rest:
        best = boxes[rest[0]]
        near = [rest[0], *(n for n in rest[1:] if best.iou(boxes[n]) > SUPPRESSION_IOU)]
        rest = [n for n in rest if n not in near]
        weights = scores[near]
        mean = (weights / weights.sum()) @ points[near].reshape(-1, 16)
        x0, y0, x1, y1 = mean[:4].tolist()
        box = Box(x0, y0, x1 - x0, y1 - y0)
        faces.append(Face(box, mean[4:].reshape(6, 2), float(weights[0]), KEYPOINTS))
    return tuple(faces)
