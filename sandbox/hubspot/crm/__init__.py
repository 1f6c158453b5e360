"""The `/crm/` endpoints: objects, batches, search, associations, properties, merges and lists."""
