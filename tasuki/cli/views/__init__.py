"""What each read model looks like on a terminal."""
