"""Writing: one record per call, one receipt each."""
