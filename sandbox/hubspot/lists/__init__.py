"""Lists of records: their definitions, their members, and who belongs by a filter."""
