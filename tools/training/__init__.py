"""Training of the face and temporal networks: recipes, runs, distillation, conversion, export."""
