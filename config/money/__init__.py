"""What amounts are counted in: currencies and their rates."""
