"""What the models and the rooms of the corridor are worth, measured on what ships."""
