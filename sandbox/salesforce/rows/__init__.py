"""Records: how values are stored, checked, derived, loaded and changed."""
