"""The commands of `wayside`, one module each."""
