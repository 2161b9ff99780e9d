"""Setting up a kiosk from a phone, by a page on the local network that is open for minutes."""
