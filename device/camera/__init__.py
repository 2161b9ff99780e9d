"""Sources of frames: live cameras, files, and the demo."""
