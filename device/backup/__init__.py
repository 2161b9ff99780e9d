"""A kiosk's settings in one file: what is in it, and how it is read."""
