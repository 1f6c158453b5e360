"""The demo: a world of its own, and the walk through the whole flow on it."""
