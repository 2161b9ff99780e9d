"""From tables of faces to the models that ship: networks, training, conversion, cards."""
