"""Metrics, calibration, intervals and plots that training and evaluation share."""
