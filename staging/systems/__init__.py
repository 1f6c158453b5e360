"""What we know of the systems behind our connections: their state, our calls, their schemas."""
