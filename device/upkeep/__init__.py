"""Supervision of a running kiosk: watchdog, health, board sensors and clock."""
