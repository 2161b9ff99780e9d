"""Prediction, metrics, intervals, plots and tables that training and evaluation share.

Imports only `device` and `tools.datasets`.
"""
