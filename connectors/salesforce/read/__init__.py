"""Reading: pages of changes, records by id or key, deletes and merges."""
