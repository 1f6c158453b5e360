"""What is to be written, and what became of it, on a terminal."""
