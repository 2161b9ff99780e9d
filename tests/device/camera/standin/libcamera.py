"""Stands for libcamera's Python binding, as far as `device.camera.picamera` uses it."""


class ColorSpace:
    @staticmethod
    def Sycc() -> str:  # noqa: N802
        return "sYCC, full range"
