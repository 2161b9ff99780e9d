"""What is heard of the person who holds the button: log-mel spectrograms and the tone of voice."""
