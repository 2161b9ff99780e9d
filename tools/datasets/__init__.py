"""Face datasets: read from archives, folders, photos and videos, augmented and summarised."""
