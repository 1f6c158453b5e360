"""The world generator: one deterministic company's data, and the truth about it."""
