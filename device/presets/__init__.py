"""Categories of places: the presets of the iD editor, their tags and their names."""
