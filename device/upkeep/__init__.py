"""Keeping a kiosk alive and telling how it is: watchdog, health, board and clock."""
