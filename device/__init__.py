"""Everything that runs on a kiosk: one straight corridor from the camera to the screen."""

RELEASE = "0.1.0"
"""Version of what runs, as `status` tells it; `pyproject.toml` says the same."""
