"""Evaluation of what ships: face models, detectors, temporal networks, architectures."""
