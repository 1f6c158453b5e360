"""Bulk API 2.0: ingest and query jobs that advance one step each time somebody looks at them."""
