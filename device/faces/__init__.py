"""Faces in a frame: detection, tracking, landmarks and crops."""
