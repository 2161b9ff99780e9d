"""Stands for picamera2 0.3 on a Pi with one camera, as far as `device.camera.picamera` uses it.

Arguments are named as the real one names them; rows of the YUV stream are padded to 64 bytes, as
the ISP pads them; a camera that is open cannot be opened again. PICAMERA2_STANDIN says what is
attached: `ribbon`, `usb` or nothing.
"""

import os

import numpy as np

LOG = []


class Picamera2:
    holder = None

    @staticmethod
    def global_camera_info():
        ids = {"ribbon": "/base/soc/i2c0mux/i2c@1/imx219@10", "usb": "/base/scb/pcie/usb@0,0-1"}
        attached = os.environ.get("PICAMERA2_STANDIN", "")
        return [{"Model": attached, "Num": 0, "Id": ids[attached]}] if attached else []

    def __init__(self, camera_num=0, verbose_console=None, tuning=None, allocator=None):
        if Picamera2.holder is not None:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        Picamera2.holder = self
        self.sensor_resolution = (3280, 2464)
        self.started = False
        self.waiting = False
        self.config = None
        LOG.append("open")

    def create_video_configuration(
        self,
        main={},  # noqa: B006
        lores=None,
        raw={},  # noqa: B006
        transform=None,
        colour_space=None,
        buffer_count=6,
        controls={},  # noqa: B006
        display="main",
        encode="main",
        queue=True,
        sensor={},  # noqa: B006
        use_case="video",
    ):
        return dict(locals()) | {"self": None}

    def configure(self, camera_config=None):
        self.config = camera_config

    def camera_configuration(self):
        return self.config

    def start(self, config=None, show_preview=False):
        self.started = True

    def capture_arrays(self, names=("main",), wait=None, signal_function=None):
        assert self.started
        if os.environ.get("PICAMERA2_STANDIN_STALLS"):
            self.waiting = True
            raise TimeoutError
        return [self._array(name) for name in names], {"SensorTimestamp": 1}

    def _array(self, name):
        width, height = self.config[name]["size"]
        if self.config[name]["format"] == "BGR888":
            return np.full((height, width, 3), (200, 100, 50), np.uint8)
        stride = -(-width // 64) * 64
        planes = np.full((height * 3 // 2, stride), 128, np.uint8)
        planes[:height, :width] = 90
        planes[:height, width:] = 255
        return planes

    def cancel_all_and_flush(self):
        self.waiting = False

    def close(self):
        assert not self.waiting, "the real one would wait here for ever"
        if Picamera2.holder is self:
            Picamera2.holder = None
            LOG.append("close")
