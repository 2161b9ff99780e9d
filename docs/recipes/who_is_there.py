"""Who is in front of a camera after three seconds: the first half of the corridor."""

from pathlib import Path

from device.camera.sources import open_source
from device.config import load_config
from device.corridor import Corridor

config = load_config(Path("config.yaml"))
corridor = Corridor(config)
camera = open_source("demo", config.camera)
camera.open()
for _ in range(3 * 15):
    frame = camera.read()
    assert frame is not None, "the demo never ends"
    audience = corridor.see(frame).audience
print(f"{audience.size} there, {audience.company}")
corridor.close()
