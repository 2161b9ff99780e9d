"""Faces: detection, tracking, verification, and the crop that recognition reads."""
