"""What one person says of their own days, on a device of their own: `wayside diary`."""
