"""The audience: readings are smoothed to visitors, and visitors joined to one audience."""
