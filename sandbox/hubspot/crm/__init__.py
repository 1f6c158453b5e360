"""The `/crm/` endpoints of records: objects, batches, search, associations and merges."""
