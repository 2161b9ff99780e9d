"""Everything that runs on a kiosk: one straight corridor from the camera to the screen."""
