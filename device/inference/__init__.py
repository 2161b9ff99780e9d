"""The runtime of the models, their model cards, and the Edge TPU."""
