"""What to suggest: rules, scores and reasons."""
