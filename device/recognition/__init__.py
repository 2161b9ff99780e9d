"""Recognition: emotion, age and gender from the crop of a face."""
