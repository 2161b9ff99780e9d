"""Where to mount a camera: what it sees from there, and whom."""
