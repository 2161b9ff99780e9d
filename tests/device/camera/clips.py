"""Videos made by the tests, and all frames of one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from device.camera.files import PictureFolder, VideoFile
from device.values import Frame


def write_video(path: Path, frames: int = 50, codec: str = "mp4v", fps: float = 25) -> Path:
    """A video in which frame n is n*5 bright; every fifth holds noise, so that it has some size."""
    video = cv2.VideoWriter(
        str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*codec), fps, (160, 120)
    )
    random = np.random.default_rng(0)
    for n in range(frames):
        video.write(
            random.integers(0, 255, (120, 160, 3), np.uint8)
            if n % 5 == 4
            else np.full((120, 160, 3), n * 5 % 256, np.uint8)
        )
    video.release()
    return path


def read_all(camera: VideoFile | PictureFolder) -> list[Frame]:
    camera.open()
    frames = []
    while (frame := camera.read()) is not None:
        frames.append(frame)
    camera.close()
    return frames
