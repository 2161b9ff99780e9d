"""Where frames come from: live cameras, files, and the demo."""
