"""The runtime that runs models, their cards, and the Edge TPU."""
