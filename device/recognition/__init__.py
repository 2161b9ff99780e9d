"""What a face shows: emotion, age, gender and open eyes."""
