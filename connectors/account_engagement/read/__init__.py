"""Reading: pages of what changed, records by id and key, deletes, counts."""
