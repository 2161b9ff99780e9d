"""What the kiosk does over time: the screen, opting out, counts and the context."""
