"""The verbs of `wayside`, one file each."""
