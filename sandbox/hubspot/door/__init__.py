"""The door: which token may do what, and how often."""
