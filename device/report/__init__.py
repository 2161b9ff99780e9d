"""A month of a kiosk for its town: numbers of items, and of visitors by hour, as one page."""
