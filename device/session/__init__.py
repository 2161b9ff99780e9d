"""State over time: the screen, opting out, hourly counts and the context."""
