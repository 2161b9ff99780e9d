"""The guide's face: the mesh that ships, and clips that it can play."""
