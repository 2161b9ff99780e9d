"""Everything that runs on a kiosk: one straight corridor from the camera to the screen."""

RELEASE = "0.1.0"
"""Version that is running, as in the message `status`; the same as in `pyproject.toml`."""
