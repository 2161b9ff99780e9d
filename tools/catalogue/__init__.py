"""From tables that people write to the catalogue the device reads; standard library only."""
